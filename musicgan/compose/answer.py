"""What somebody else has played, for a song to answer: given to voices, heard as its past."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from musicgan.codecs.stream import Sounded, StreamDecoder
from musicgan.compose.plan import usual_metre
from musicgan.compose.player import Player
from musicgan.compose.primer import Primer, hear_primer
from musicgan.compose.rules import Rules
from musicgan.score import Metre
from musicgan.timing import bar_length_step


def hear_answered(
    player: Player,
    notes: Iterable[Sounded],
    from_step: int,
    metre: tuple[int, int] | None = None,
) -> Primer:
    """A primer for a `LiveSong` that answers `notes` and begins at `from_step`, a bar line or not.

    Steps are counted from a bar line, in bars of `metre`, the model's usual one unless given.
    The notes, in the model's own voices (see `to_voices`), are heard as if the song had gone like
    that; what begins at `from_step` or later is not. Without notes the song just begins there.

    `LiveSong` composes the `bars` of its settings beginning with the bar of `from_step`, numbered
    from that first bar line; give it the metre and, to stay in a key, the key in its settings.
    """
    metre = metre or usual_metre(player)
    before = [note for note in notes if note.onset_step < from_step]
    if not before:
        return Primer(
            np.zeros((0, 5), np.int64), None, metre, None, 0, from_step, from_step, from_step
        )
    bar_step = bar_length_step(*metre, player.codec.grid)
    start_step = min(note.onset_step for note in before) // bar_step * bar_step
    shifted = [
        replace(
            note,
            onset_step=note.onset_step - start_step,
            duration_step=min(note.duration_step, from_step - note.onset_step),
        )
        for note in before
    ]
    score = StreamDecoder(player.codec).score(shifted, metres=(Metre(0, *metre),))
    return replace(
        hear_primer(player, score),
        metre=metre,
        bar_line_step=0,
        end_step=from_step,
        start_step=start_step,
        answer_step=from_step,
    )


def to_voices(notes: Iterable[Sounded], rules: Rules, drums: Collection[int] = ()) -> list[Sounded]:
    """`notes` by onset, each in a voice whose range has it, whatever voice they named.

    Of notes that begin together higher ones get higher voices, the highest that have them; a
    voice gets several only where there are more notes than voices and it can play chords. Inner
    notes that nobody can take are left out; a single voice lets go of its note for the next one.
    """
    low, high = rules.ranges.T
    able = [v for v in range(len(low)) if v not in drums and low[v] <= high[v]]
    voices = sorted(able, key=lambda v: -(low[v] + high[v]))
    out: list[Sounded] = []
    last: dict[int, int] = {}
    by_onset = sorted(notes, key=lambda note: (note.onset_step, -note.pitch))
    for onset_step, together in groupby(by_onset, key=lambda note: note.onset_step):
        for note in _spread(list(together), voices, rules):
            held = last.get(note.voice)
            if rules.single[note.voice] and held is not None:
                room_step = onset_step - out[held].onset_step
                out[held] = replace(
                    out[held], duration_step=min(out[held].duration_step, room_step)
                )
            last[note.voice] = len(out)
            out.append(note)
    return out


def _spread(chord: Sequence[Sounded], voices: Sequence[int], rules: Rules) -> list[Sounded]:
    """The notes of a chord, highest first, in `voices`, highest first."""
    room = dict.fromkeys(voices, 1)
    chordal = [voice for voice in voices if not rules.single[voice]]
    for i in range(len(chord) - len(voices) if chordal else 0):
        room[chordal[i % len(chordal)]] += 1
    places = [voice for voice in voices for _ in range(room[voice])]
    if len(chord) > len(places):
        below = len(places) // 2
        chord = [*chord[: len(places) - below], *chord[len(chord) - below :]]
    out, taken = [], 0
    for still, note in zip(range(len(chord) - 1, -1, -1), chord, strict=True):
        # A place each is left for the notes that are still to come.
        free = range(taken, len(places) - still)
        place = min(free, key=lambda p: _outside(note.pitch, *rules.ranges[places[p]]))
        out.append(replace(note, voice=places[place]))
        taken = place + 1
    return out


def _outside(pitch: int, low: int, high: int) -> int:
    """Semitones that `pitch` lies outside a range."""
    return max(low - pitch, pitch - high, 0)
