"""A melody that a song is composed around: which track of a file it is, and who plays it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from musicgan.codecs.base import Rows
from musicgan.codecs.events import DURATION, PITCH, VOICE, WAIT
from musicgan.codecs.slots import Slot
from musicgan.compose.per_voice import find_voice
from musicgan.compose.player import Player
from musicgan.errors import ComposeError
from musicgan.model.steps import Ints
from musicgan.score import Score, pitch_name
from musicgan.theory import downbeats

SHOWN = 4
"""Notes that an error names."""


@dataclass(frozen=True)
class Tune:
    """A melody on the model's grid, in one of its voices."""

    voice: int
    rows: Rows
    """[N, 5]"""
    velocity: Ints
    """[N] as the file has them."""

    @property
    def onset_step(self) -> Ints:
        """Where its notes begin, [N]."""
        return np.asarray(self.rows[:, WAIT].cumsum())

    @property
    def end_step(self) -> int:
        """Where the last of them ends."""
        return int((self.onset_step + self.rows[:, DURATION]).max())


def hear_tune(player: Player, score: Score, track: str | None, voice: str | None) -> Tune:
    """The melody of `score`: its track `track`, by name or number from 1, unless given the highest.

    It goes to the voice called `voice`, unless given to the one with the highest range that has
    all its notes, as they stand or else all of them octaves away. On the grid a voice of one note
    at a time lets go of each for the next.

    Raises `ComposeError` for a track or voice that is not there, and where notes do not fit.
    """
    number = find_track(score, track)
    notes = score.notes[score.notes["track"] == number].copy()
    notes["track"] = 0
    melody = replace(score, notes=notes, tracks=(score.tracks[number],))
    snapped = melody.snapped(player.codec.grid).notes
    onset, pitch = snapped["onset_tick"], snapped["pitch"].astype(np.int64)
    asked = None if voice is None else find_voice(player.codec.slots, voice)
    together = onset[1:][np.diff(onset) == 0]
    own, shift = _cast(player, melody, pitch, together, asked)
    slot = Slot(is_drum=melody.tracks[0].is_drum)
    rows = player.codec.with_slots([slot]).encode(melody)
    rows[:, VOICE], rows[:, PITCH] = own, pitch + shift
    if player.rules.single[own]:
        rows[:-1, DURATION] = np.minimum(rows[:-1, DURATION], rows[1:, WAIT])
    return Tune(own, rows, snapped["velocity"].astype(np.int64))


def find_track(score: Score, asked: str | None) -> int:
    """The number, from 0, of the track that has the melody. Raises `ComposeError`."""
    pitched = [
        number
        for number, track in enumerate(score.tracks)
        if not track.is_drum and (score.notes["track"] == number).any()
    ]
    if not pitched:
        raise ComposeError("the file of the melody holds no notes with pitches")
    if asked is None:
        notes = score.notes
        return max(pitched, key=lambda t: float(notes["pitch"][notes["track"] == t].mean()))
    name = asked.strip().casefold()
    names = {number: score.tracks[number].name.casefold() for number in pitched}
    found = [number for number, known in names.items() if known == name]
    found = found or [number for number in pitched if name == str(number + 1)]
    found = found or [number for number, known in names.items() if name and name in known]
    if len(found) != 1:
        said = "is more than one track" if found else "is none of the tracks"
        listed = ", ".join(f"{number + 1} {score.tracks[number].name}".strip() for number in names)
        raise ComposeError(f"melody-track {asked!r} {said} that can be a melody: {listed}")
    return found[0]


def _cast(
    player: Player, melody: Score, pitch: Ints, together: Ints, asked: int | None
) -> tuple[int, int]:
    """The voice that plays the melody, and how many semitones it is moved."""
    slots, (low, high) = player.codec.slots, player.rules.ranges.T
    able = [v for v in range(len(slots)) if not slots[v].is_drum and low[v] <= high[v]]
    if not able:
        raise ComposeError("a melody needs a voice with pitches, and this model plays drums alone")
    if asked is not None:
        if asked not in able:
            raise ComposeError(f"melody-voice {slots[asked].name}: it plays no melody")
        able = [asked]
    alone = [v for v in able if not (len(together) and player.rules.single[v])]
    if not alone:
        where = _bars_of(player, melody, together[:1])[0]
        raise ComposeError(
            f"the melody has several notes at once, first in bar {where}, and "
            f"{_names(player, able)} play one at a time; choose another track or voice"
        )
    choices = [
        (abs(shift), -int(low[v] + high[v]), v, shift)
        for v in alone
        for shift in range(-120, 121, 12)
        if pitch.min() + shift >= low[v] and pitch.max() + shift <= high[v]
    ]
    if not choices:
        raise ComposeError(_misfits(player, melody, pitch, alone))
    *_, voice, shift = min(choices)
    return voice, shift


def _misfits(player: Player, melody: Score, pitch: Ints, voices: list[int]) -> str:
    """What does not fit the voice, and the octave, that has most of the melody."""
    onset = melody.snapped(player.codec.grid).notes["onset_tick"]
    best: tuple[int, int, Ints] | None = None
    for voice in voices:
        low, high = player.rules.ranges[voice]
        for shift in sorted(range(-120, 121, 12), key=abs):
            outside = np.flatnonzero((pitch + shift < low) | (pitch + shift > high))
            if best is None or len(outside) < len(best[2]):
                best = voice, shift, outside
    assert best is not None
    voice, shift, outside = best
    bars = _bars_of(player, melody, onset[outside])
    # A note that comes again in its bar is named once.
    named = dict.fromkeys(
        f"{pitch_name(int(pitch[i]))} (bar {bar})" for i, bar in zip(outside, bars, strict=True)
    )
    shown = list(named)[:SHOWN]
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    low, high = (pitch_name(int(p)) for p in player.rules.ranges[voice])
    moved = f"moved by {shift // 12:+} octaves" if shift else "as it stands"
    return (
        f"the melody fits {_names(player, voices)} in no octave: {player.codec.slots[voice].name} "
        f"plays {low} to {high}, which leaves out, {moved}, {', '.join(shown)}{more}; choose "
        "another voice or style, or transpose it"
    )


def _names(player: Player, voices: list[int]) -> str:
    return ", ".join(player.codec.slots[voice].name for voice in voices)


def _bars_of(player: Player, melody: Score, onset_step: Ints) -> list[int]:
    """The bars of the file that onsets on the grid fall in, from 1."""
    lines = downbeats(melody.snapped(player.codec.grid))
    return [int(bar) for bar in np.searchsorted(lines, onset_step, side="right")]
