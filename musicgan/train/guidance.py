"""Phase four: how many candidates the critic should weigh when songs are played, if any.

A critic that knows its style makes songs better; weighed too heavily it makes them worse where
the generator is near the music already. Which it is cannot be told but by listening: songs are
composed as `musicgan generate` composes them, in the manner of the pieces held out, and
measured against those. Of the same songs it is said how much of them stands in the music that
was learned from.

Where songs move in parallel octaves and fifths more often than the pieces do, or less often, these
are made rarer or commoner (`compose.voice_leading`), unless songs are then further from the pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Rows
from musicgan.compose.like import songs_like
from musicgan.compose.player import Player, with_rules
from musicgan.compose.voice_leading import COMMONEST, RAREST
from musicgan.corpus.piece import Piece
from musicgan.evaluate.copies import KnownRuns
from musicgan.evaluate.cuts import MOST_WINDOWS, windows
from musicgan.evaluate.descriptors import DESCRIPTORS, descriptor_matrix
from musicgan.evaluate.distances import frechet
from musicgan.evaluate.ngrams import marks
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
PARALLELS = list(DESCRIPTORS).index("parallel_share")
NO_CHANCE = 2.0
"""Standard errors; what lies less apart may be chance."""
TINY = 1e-9
TEMPERATURE = 0.95
"""That of `musicgan generate`."""


class GuidancePhase:
    """Measures each of `STRENGTHS` once; keeps the one whose songs are nearest to `pieces`.

    The best of them is then tried with parallels put right. The distance is Frechet's on musical
    descriptors. `learned` are the pieces trained on. Where `candidates` are given, or `parallels`,
    these are the habit, and only what is left open is tried.
    """

    name = "guidance"
    share = 0.04
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
        minutes: float | None = None,
        candidates: int | None = None,
        parallels: float | None = None,
    ) -> None:
        self._player, self._pieces, self._length, self._seed = player, pieces, length, seed
        self._songs = songs_for(minutes)
        self._strengths = STRENGTHS if candidates is None else (candidates,)
        self._asked_parallels = parallels
        self.max_steps = len(self._strengths)
        self._learned = learned
        self._at = 0
        self._best: dict[str, float] | None = None
        """Figures of the best of `STRENGTHS` so far."""
        self._present: dict[str, Any] = {}
        self.chosen = candidates or 0
        """Candidates that served best."""
        self.parallels = 1.0 if parallels is None else parallels
        """How many times as likely they become: see `Rules`."""

    @property
    def habits(self) -> dict[str, Any]:
        """What the model file says is typical of composing with it.

        A critic that was not listened to weighs nothing, unless that is asked for.
        """
        return {"critic": self.chosen, "parallels": round(self.parallels, 4)}

    def begin(self) -> None:
        """The first of them is measured before any step."""

    def step(self, progress: float) -> dict[str, float]:
        """On to the next."""
        self._at += 1
        return {}

    def evaluate(self) -> dict[str, float]:
        """Frechet distance of songs with so many candidates; at last with parallels put right."""
        if self._at < len(self._strengths):
            asked = self._asked_parallels
            figures = self._measured(self._strengths[self._at], 1.0 if asked is None else asked)
            if self._best is None or figures["score"] < self._best["score"]:
                self._best = figures
            return figures
        best = self._best
        if best is None:
            return {"score": float("inf")}
        are_settled = self._asked_parallels is not None or best["parallels_apart"] < NO_CHANCE
        if are_settled or not best["parallels"]:
            self._present = {name: best[name] for name in self._present}
            return best
        # What is likely stays likelier than that: .3 times as likely leaves .62 of the parallels of
        # the chorale model, .1 leaves .31; 2 times brings the lieder 1.29 as many, 4 brings 1.75.
        times = (best["parallels_of_real"] / best["parallels"]) ** 2
        times = min(max(times, RAREST), COMMONEST)
        figures = self._measured(int(best["candidates"]), times)
        # In parallels songs are nearer the pieces now; for the rest it is enough that they are no
        # further, by more than chance.
        return {**figures, "score": figures["score"] * (1 - WORTH)}

    def _measured(self, candidates: int, times: float) -> dict[str, float]:
        """Figures of songs with so many candidates, and with parallels so likely."""
        self._present = {"candidates": candidates, "times": times}
        player = with_rules(self._player(), parallels=times)
        rng = np.random.default_rng([self._seed, 5])
        pieces = [self._pieces[i] for i in rng.integers(len(self._pieces), size=self._songs)]
        songs = songs_like(
            player, pieces, critic=candidates, temperature=TEMPERATURE,
            first_seed=self._seed, most_bars=MOST_BARS,
        )  # fmt: skip
        made = [player.codec.encode(song) for song in songs]
        given = [piece.rows.astype(np.int64) for piece in self._pieces]
        drawn, real = self._described(player, made), self._described(player, given)
        # Songs too short for two windows say nothing.
        distance = frechet(real, drawn) if min(len(real), len(drawn)) > 1 else float("inf")
        return {
            **self._present,
            "frechet": distance,
            **_parallels(drawn[:, PARALLELS], real[:, PARALLELS]),
            "copied": self._copied(made, COPIED_NOTES),
            "copied_by_real": self._copied(given, COPIED_NOTES),
            "long_copied": self._copied(made, LONG_NOTES),
            "long_copied_by_real": self._copied(given, LONG_NOTES),
            "score": distance * (1 + WORTH * self._strengths.index(candidates)),
        }

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
        return {
            "at": self._at, "best": self._best, "chosen": self.chosen, "parallels": self.parallels
        }  # fmt: skip

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self._at, self.chosen = state["at"], state["chosen"] or 0
        # Checkpoints of before parallels were measured know nothing of these.
        self._best, self.parallels = state.get("best"), state.get("parallels", 1.0)

    def selected(self) -> dict[str, Any]:
        """What was measured last."""
        return dict(self._present)

    def restore(self, selected: dict[str, Any]) -> None:
        """The best of them is the model's habit from now on."""
        self.chosen, self.parallels = selected["candidates"], selected.get("times", 1.0)


def _parallels(drawn: Floats, real: Floats) -> dict[str, float]:
    """Mean shares of parallels in windows [N] and [M], and how many standard errors apart."""
    if min(len(drawn), len(real)) < 2:
        return {"parallels": 0.0, "parallels_of_real": 0.0, "parallels_apart": 0.0}
    gap = abs(drawn.mean() - real.mean())
    error = np.sqrt(drawn.var() / len(drawn) + real.var() / len(real))
    return {
        "parallels": float(drawn.mean()),
        "parallels_of_real": float(real.mean()),
        "parallels_apart": float(gap / max(error, TINY)),
    }


def songs_for(minutes: float | None) -> int:
    """Songs to measure for each choice in a run of so many minutes; None: as long as it takes."""
    return affordable(SONGS, FEWEST_SONGS, minutes, LONG_MINUTES)
