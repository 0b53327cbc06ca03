"""Phase four: how a model composes when it is played: what it is held to, and the critic's say.

Networks do some things more often than the music they learned from, or more rarely
(`train.faults`); where notes are drawn each can be put right, unless songs are then further from
the pieces. Their voices may wander from their heights (`compose.tessitura`). A critic that knows
its style makes songs better; weighed too heavily it makes them worse where the generator is near
the music already. Which it is cannot be told but by listening: songs are composed as `musicgan
generate` composes them, in the manner of the pieces held out, and measured against those. Of the
same songs it is said how much of them stands in the music that was learned from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.compose.like import songs_like
from musicgan.compose.player import Player, with_rules
from musicgan.corpus.piece import Piece
from musicgan.evaluate.copies import KnownRuns
from musicgan.evaluate.cuts import MOST_WINDOWS, windows
from musicgan.evaluate.descriptors import descriptor_matrix
from musicgan.evaluate.distances import frechet
from musicgan.evaluate.ngrams import marks
from musicgan.train.faults import FAULTS, Shares, compared, shares, times
from musicgan.train.pace import affordable
from musicgan.train.phase import Ease

Floats = NDArray[np.float64]

STRENGTHS = (0, 2, 4, 8)
"""Candidates to choose from."""
WORTH = 0.05
"""More candidates take longer: each of the `STRENGTHS` must bring songs so much nearer, as a share
of the distance, to be taken before the one below it. About as much is chance."""
SONGS = 48
FEWEST_SONGS = 6
LONG_MINUTES = 20.0
"""Runs that are given less time measure fewer songs, for composing these takes about a minute."""
MOST_BARS = 32
COPIED_NOTES, LONG_NOTES = 8, 16
"""A run of so many notes that stands in a piece learned from is a copy, a short or a long one."""
MOST_LEARNED = 2_000_000
"""Notes in which copies are looked for: beyond, memory would grow with the collection."""
TINY = 1e-9
TESSITURA = 0.5
"""That is tried. Frechet distances of the fiddle's songs were 5.6 without it, 4.5 so, and 4.6 in
full, which kept tunes in too little room."""
USUAL = {**dict.fromkeys(FAULTS, 1.0), "tessitura": 0.0}
"""What songs are held to where nothing is put right, by the name of the rule."""
FIGURES = {name: f"{name}_times" if name in FAULTS else name for name in USUAL}
"""What the figures of songs call what they were held to, by the name of the rule."""
NO_CHANCE = 2.0
"""Standard errors; what lies less apart may be chance."""
TEMPERATURE = 0.95
"""That of `musicgan generate`."""


class GuidancePhase:
    """Measures songs without a critic, with each of `FAULTS` put right, with voices held to their
    heights, then with more candidates.

    What brings songs nearer to `pieces` is kept. The distance is Frechet's on musical descriptors.
    `learned` are the pieces trained on. Where `candidates` are given, or what `rules` are to say by
    the names of `USUAL`, these are the habit, and only what is left open is tried.
    """

    name = "guidance"
    share = 0.06
    fewest = 0
    eval_steps = 1
    patience = 0
    ease = Ease()

    def __init__(
        self,
        player: Callable[[], Player],
        pieces: Sequence[Piece],
        learned: Sequence[Piece],
        length: int,
        seed: int,
        songs: int | None = None,
        candidates: int | None = None,
        rules: Mapping[str, float | None] | None = None,
    ) -> None:
        self._player, self._pieces, self._length, self._seed = player, pieces, length, seed
        self._songs = SONGS if songs is None else songs
        self._strengths = STRENGTHS if candidates is None else (candidates,)
        self._asked = {name: value for name, value in (rules or {}).items() if value is not None}
        self.max_steps = len(self._strengths) + len(USUAL) - 1
        self._learned = learned
        self._at = 0
        self._best: dict[str, float] | None = None
        """Figures of the best so far."""
        self._present: dict[str, Any] = {}
        self.chosen = candidates or 0
        """Candidates that served best."""
        self.rules = self._unchanged
        """What songs are held to, by the name of the rule: see `Rules`."""

    @property
    def habits(self) -> dict[str, Any]:
        """What the model file says is typical of composing with it.

        A critic that was not listened to weighs nothing, unless that is asked for.
        """
        return {"critic": self.chosen, **{n: round(value, 4) for n, value in self.rules.items()}}

    def begin(self) -> None:
        """The first of them is measured before any step."""

    def step(self, progress: float) -> dict[str, float]:
        """On to the next."""
        self._at += 1
        return {}

    def evaluate(self) -> dict[str, float]:
        """Frechet distance of songs as they come, with faults put right, with more candidates."""
        best, at = self._best, self._at
        if not at:
            figures = self._measured(self._strengths[0], self._unchanged)
        elif best is None or not np.isfinite(best["score"]):
            return {"score": float("inf")}
        elif at <= len(FAULTS):
            figures = self._put_right(list(FAULTS)[at - 1], best)
        elif at == len(USUAL):
            figures = self._held_to_heights(best)
        else:
            figures = self._measured(self._strengths[at - len(USUAL)], _rules_of(best))
            figures["score"] *= self._worth(best)
        if best is None or figures["score"] < best["score"]:
            self._best = figures
        return figures

    @property
    def _unchanged(self) -> dict[str, float]:
        """Faults as likely as is asked for, or as the networks have them."""
        return {**USUAL, **self._asked}

    def _put_right(self, name: str, best: dict[str, float]) -> dict[str, float]:
        """Figures of songs in which a fault is as common as in the pieces; `best` where it is."""
        own, of_real = best[name], best[f"{name}_of_real"]
        if name in self._asked or not own or best[f"{name}_apart"] < NO_CHANCE:
            return self._as_it_is(best)
        changed = {**_rules_of(best), name: times(name, own, of_real)}
        figures = self._measured(int(best["candidates"]), changed)
        # In this songs are nearer the pieces now; for the rest it is enough that they are no
        # further, by more than chance.
        figures["score"] *= self._worth(best) * (1 - WORTH)
        return figures

    def _held_to_heights(self, best: dict[str, float]) -> dict[str, float]:
        """Figures of songs whose voices are; `best` where nothing is known of heights."""
        heights = self._player().rules.heights
        if "tessitura" in self._asked or heights is None or not heights.any():
            return self._as_it_is(best)
        changed = {**_rules_of(best), "tessitura": TESSITURA}
        figures = self._measured(int(best["candidates"]), changed)
        figures["score"] *= self._worth(best) * (1 + WORTH)
        return figures

    def _as_it_is(self, best: dict[str, float]) -> dict[str, float]:
        """Nothing is tried."""
        self._present = {given: best[given] for given in self._present}
        return best

    def _worth(self, best: dict[str, float]) -> float:
        """By what the distance of the best was multiplied for the faults that were put right."""
        return best["score"] / max(best["frechet"], TINY) / self._dearer(best["candidates"])

    def _dearer(self, candidates: float) -> float:
        """By what a distance is multiplied for so many candidates."""
        return 1 + WORTH * self._strengths.index(int(candidates))

    def _measured(self, candidates: int, rules: Mapping[str, float]) -> dict[str, float]:
        """Figures of songs with so many candidates and under these rules."""
        self._present = {"candidates": candidates}
        self._present |= {FIGURES[name]: value for name, value in rules.items()}
        player = with_rules(self._player(), **rules)
        rng = np.random.default_rng([self._seed, 5])
        pieces = [self._pieces[i] for i in rng.integers(len(self._pieces), size=self._songs)]
        songs = list(
            songs_like(
                player, pieces, critic=candidates, temperature=TEMPERATURE,
                first_seed=self._seed, most_bars=MOST_BARS,
            )
        )  # fmt: skip
        made = [player.codec.encode(song) for song in songs]
        drawn, (real, of_real, copied_by_real) = self._described(player, made), self._real
        # Songs too short for two windows say nothing.
        distance = frechet(real, drawn) if min(len(real), len(drawn)) > 1 else float("inf")
        return {
            **self._present,
            "frechet": distance,
            **compared(shares(drawn, ((song, None) for song in songs)), of_real),
            "copied": self._copied(made, COPIED_NOTES),
            "long_copied": self._copied(made, LONG_NOTES),
            **copied_by_real,
            "score": distance * self._dearer(candidates),
        }

    @cached_property
    def _real(self) -> tuple[Floats, Shares, dict[str, float]]:
        """Of the pieces held out: their windows described, faults, and how much they copy."""
        player, rows = self._player(), [piece.rows.astype(np.int64) for piece in self._pieces]
        described = self._described(player, rows)
        whole = (
            (player.codec.decode_on_grid(one), piece.bar_start_step)
            for one, piece in zip(rows, self._pieces, strict=True)
        )
        copied = {
            "copied_by_real": self._copied(rows, COPIED_NOTES),
            "long_copied_by_real": self._copied(rows, LONG_NOTES),
        }
        return described, shares(described, whole), copied

    def _copied(self, songs: Sequence[Rows], notes: int) -> float:
        """Share of the runs of so many `notes` in these songs that stand in music learned from."""
        found, runs = np.sum([self._known[notes].count(rows) for rows in songs], axis=0)
        return float(found / max(1, runs))

    @cached_property
    def _known(self) -> dict[int, KnownRuns]:
        learned, notes = [], 0
        for piece in self._learned:
            if notes >= MOST_LEARNED:
                break
            learned.append(marks(piece.rows.astype(np.int64)))
            notes += len(piece.rows)
        return {length: KnownRuns(learned, length) for length in (COPIED_NOTES, LONG_NOTES)}

    def _described(self, player: Player, songs: Sequence[Rows]) -> Floats:
        grid = player.codec.grid
        cut = [w for rows in songs for w in windows(rows, grid, self._length, MOST_WINDOWS)]
        return descriptor_matrix(player.codec.decode_on_grid(rows) for rows in cut)

    def state(self) -> dict[str, Any]:
        """Which is measured, the best so far, and which was chosen."""
        return {"at": self._at, "best": self._best, "chosen": self.chosen, "rules": self.rules}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self._at, self.chosen = state["at"], state["chosen"] or 0
        # Checkpoints of before these were measured know nothing of them.
        self.rules = self.rules | state.get("times", {}) | state.get("rules", {})
        best = state.get("best") or {}
        self._best = best if FAULTS.keys() <= best.keys() else None

    def selected(self) -> dict[str, Any]:
        """What was measured last."""
        return dict(self._present)

    def restore(self, selected: dict[str, Any]) -> None:
        """The best of them is the model's habit from now on."""
        self.chosen = selected["candidates"]
        self.rules = _rules_of(selected)


def _rules_of(figures: Mapping[str, float]) -> dict[str, float]:
    """What songs of these figures were held to, by the name of the rule."""
    return {name: figures.get(FIGURES[name], usual) for name, usual in USUAL.items()}


def songs_for(minutes: float | None) -> int:
    """Songs to measure for each choice in a run of so many minutes; None: as long as it takes."""
    return affordable(SONGS, FEWEST_SONGS, minutes, LONG_MINUTES)
