"""A whole evaluation: sides compared, measured, searched for copies; ready to be told as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from musicgan.evaluate.compare import Comparison, compare
from musicgan.evaluate.copies import Copy, nearest_pieces
from musicgan.evaluate.descriptors import DESCRIPTORS
from musicgan.evaluate.music_set import MusicSet
from musicgan.evaluate.reading import reading
from musicgan.evaluate.results import Result, evaluate_sets
from musicgan.evaluate.side import Side

FORMAT_VERSION = 1
LIKELIHOODS = {
    "nll": "the real pieces, as the model expects them, their form given if it takes one (a bound)",
    "nll_without_noise": "the same, no noise fitted to them (z = 0)",
    "nll_without_form": "the same, not told which bars come back: for comparing with other models",
    "reverse_nll": "the real pieces, as a fresh model expects them that learned from the songs",
    "reverse_nll_real": "the same, learned from as many notes of training pieces",
}
"""Figures that only a model can give, in nats a note."""


@dataclass(frozen=True)
class Evaluation:
    """What was compared, measured and found."""

    sources: dict[str, str]
    """{side: where its music is from}"""
    comparison: Comparison
    results: list[Result]
    copies: list[Copy]
    """One a generated piece, from the training pieces; where there are none, from the real."""
    real_copies: list[Copy]
    """One a real piece, from the training pieces; empty where there are none."""
    likelihood: dict[str, float] = field(default_factory=dict)
    """What only a model can be asked, in nats a note; empty for files."""

    @property
    def copied_from(self) -> str:
        """The side in which `copies` were looked for."""
        return "real" if self.comparison.training is None else "training"

    @property
    def copied_set(self) -> MusicSet:
        """The set of that side."""
        return self.comparison.training or self.comparison.real

    @property
    def usual_run(self) -> tuple[int, int] | None:
        """The longest run a real piece has from the training pieces: median and most, in notes."""
        runs = [copy.longest for copy in self.real_copies]
        return (int(np.median(runs)), max(runs)) if runs else None

    def with_likelihood(self, figures: dict[str, float]) -> Evaluation:
        """The same with a model's own figures."""
        return replace(self, likelihood=figures)

    def to_json(self) -> dict[str, Any]:
        """All of it, JSON-ready."""
        comparison = self.comparison
        return {
            "format": FORMAT_VERSION,
            "sides": {side: self._side(side, music) for side, music in comparison.sides.items()},
            "grid": comparison.real.grid,
            "voices": [slot.name for slot in comparison.real.codec.slots],
            "is_merged": comparison.is_merged,
            "window_notes": comparison.length,
            "remarks": comparison.remarks,
            "measures": [_measured(result) for result in self.results],
            "likelihood": self.likelihood,
            "longest_run_of_real_pieces": sorted(copy.longest for copy in self.real_copies),
            "copies": [self._copied(copy) for copy in self.copies],
            "same": [asdict(same) for same in comparison.same],
        }

    def _side(self, side: str, music: MusicSet) -> dict[str, Any]:
        return {
            "source": self.sources[side],
            "pieces": len(music.names),
            "notes": sum(map(len, music.rows)),
            "windows": len(music.windows),
            "descriptors": dict(zip(DESCRIPTORS, music.descriptors.mean(0).tolist(), strict=True)),
            "unusable": self.comparison.unusable[side],
        }

    def _copied(self, copy: Copy) -> dict[str, Any]:
        return {
            "song": self.comparison.generated.names[copy.song],
            "from": self.copied_from,
            "piece": self.copied_set.names[copy.piece],
            "share_of_8_note_runs": copy.share8,
            "longest_notes": copy.longest,
            "song_at_note": copy.song_at,
            "piece_at_note": copy.piece_at,
        }


def _measured(result: Result) -> dict[str, Any]:
    measure = result.measure
    return {
        "name": measure.name,
        "title": measure.title,
        "headline": measure.headline,
        "target": measure.target,
        "value": result.value,
        "interval": result.interval,
        "real": result.real,
        "real_spread": result.spread,
        "at_floor": result.at_floor,
        "reading": reading(result),
        "blind_to": list(measure.blind_to),
        "note": measure.note,
    }


def evaluate(
    generated: Side,
    real: Side,
    training: Side | None = None,
    *,
    sources: dict[str, str],
    merge: bool = False,
    seed: int = 0,
    remarks: Sequence[str] = (),
    progress: Callable[[str], None] | None = None,
) -> Evaluation:
    """Compare, measure, look for copies. `progress` is called with what comes next.

    `remarks` are told before those of the comparison.

    Raises `EvaluateError` as `compare` does.
    """
    compared = compare(generated, real, training, merge)
    compared = replace(compared, remarks=[*remarks, *compared.remarks])
    sets = (compared.generated, compared.real, compared.training)
    results = evaluate_sets(*sets, seed=seed, progress=progress)
    if progress is not None:
        progress("copies")
    copies = nearest_pieces(compared.generated, compared.training or compared.real)
    training_set = compared.training
    usual = nearest_pieces(compared.real, training_set) if training_set is not None else []
    return Evaluation(sources, compared, results, copies, usual)


def longest_copy(evaluation: Evaluation) -> Copy:
    """The copy with the longest run, of equal ones the first."""
    return evaluation.copies[int(np.argmax([copy.longest for copy in evaluation.copies]))]
