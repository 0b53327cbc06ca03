"""Settings that follow from a collection: grid, track slots, velocity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from musicgan.codecs.events import EventsCodec
from musicgan.codecs.pianoroll import PianorollCodec
from musicgan.codecs.slots import Slot
from musicgan.corpus.scan import find_midi
from musicgan.errors import CorpusError, MidiReadError
from musicgan.midifile import read_midi
from musicgan.score import Score, Track

SAMPLE_FILES = 200
MAX_SLOTS = 8
COMMON = 0.3
"""A kind of track gets a slot when at least this share of the files has it."""


def choose_codec(folder: Path, voices: Sequence[str] = ()) -> EventsCodec:
    """A note-tuple codec for the files under `folder`, from an even sample of them.

    `voices` name the slots, as "NAME" or "NAME:PROGRAM". Raises `CorpusError` when no file can be
    read, or for more voices than the files have.
    """
    scores = _sample(folder)
    velocities = np.median([len(np.unique(score.notes["velocity"])) for score in scores])
    return EventsCodec(
        grid=grid_of(scores),
        slots=_named(slots_of(scores), voices),
        velocity_bins=8 if velocities > 4 else 1,
    )


def _named(slots: tuple[Slot, ...], voices: Sequence[str]) -> tuple[Slot, ...]:
    if len(voices) > len(slots):
        raise CorpusError(f"{len(voices)} voices named, but the files have {len(slots)}")
    named = list(slots)
    for index, voice in enumerate(voices):
        name, _, program = voice.partition(":")
        if program and not (program.isdigit() and int(program) <= 127):
            raise CorpusError(f"voice {voice!r}: write NAME or NAME:PROGRAM, program 0 to 127")
        old = slots[index]
        named[index] = Slot(name, int(program) if program else old.program, old.is_drum)
    return tuple(named)


def choose_frames_codec(folder: Path) -> PianorollCodec:
    """A frame codec for the files under `folder`: cells for the pitches they use, no velocity.

    Raises `CorpusError` when none can be read.
    """
    scores = _sample(folder)
    low, high = np.quantile(np.concatenate([s.notes["pitch"] for s in scores]), [0.0005, 0.9995])
    # A codec has an octave at least: what lies outside moves into it.
    low_pitch = min(int(low), 127 - 11)
    return PianorollCodec(
        grid=grid_of(scores),
        slots=slots_of(scores),
        low_pitch=low_pitch,
        high_pitch=max(int(np.ceil(high)), low_pitch + 11),
    )


def _sample(folder: Path) -> list[Score]:
    """The scores with notes among an even sample of the files under `folder`."""
    names = find_midi(folder)
    scores = []
    for name in names[:: -(-len(names) // SAMPLE_FILES)]:
        try:
            scores.append(read_midi(folder / name))
        except MidiReadError:
            continue
    scores = [score for score in scores if len(score)]
    if not scores:
        raise CorpusError(f"{folder}: not one file of it can be read as music")
    return scores


def grid_of(scores: Sequence[Score]) -> int:
    """12 steps a beat where triplets are part of the music, else 4."""

    def off(grid: int) -> float:
        return 1 - float(np.mean([on_grid_share(score, grid) for score in scores]))

    return 12 if off(4) > 0.02 and off(12) < 0.5 * off(4) else 4


def on_grid_share(score: Score, grid: int) -> float:
    """Share of notes within half a tick of a grid point: a third of a beat may be no whole tick."""
    beat = score.ticks_per_beat
    miss = (score.notes["onset_tick"] * grid + beat // 2) % beat - beat // 2
    return float(np.mean(np.abs(miss) * 2 <= grid))


def slots_of(scores: Sequence[Score]) -> tuple[Slot, ...]:
    """One slot for each place among the pitched tracks that is common, and one for drums."""
    pitched = [[t for t in played(score) if not t.is_drum] for score in scores]
    counts = np.array([len(tracks) for tracks in pitched])
    slots = []
    for place in range(MAX_SLOTS):
        there = [tracks[place] for tracks in pitched if len(tracks) > place]
        if place and np.mean(counts > place) < COMMON:
            break
        if not there:
            break
        program = Counter(track.program for track in there).most_common(1)[0][0]
        slots.append(Slot(_name(there) or f"voice {place + 1}", program))
    if np.mean([any(t.is_drum for t in score.tracks) for score in scores]) >= COMMON:
        slots.append(Slot("drums", 0, True))
    return tuple(slots) or (Slot(),)


def _name(tracks: Sequence[Track]) -> str:
    """What the tracks are called; nothing where each has a name of its own, such as the song's."""
    ((name, count),) = Counter(track.name for track in tracks).most_common(1)
    enough = max(min(2, len(tracks)), COMMON * len(tracks))
    return name if count >= enough else ""


def played(score: Score) -> list[Track]:
    """The tracks that have notes."""
    used = np.unique(score.notes["track"])
    return [score.tracks[index] for index in used]
