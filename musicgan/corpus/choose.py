"""Settings that follow from a collection: grid, track slots, velocity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.events import EventsCodec
from musicgan.codecs.pianoroll import PianorollCodec
from musicgan.codecs.slots import FAMILIES, Slot
from musicgan.corpus.scan import find_midi
from musicgan.errors import CorpusError, MidiReadError
from musicgan.instruments import FAMILY_NAMES
from musicgan.midifile import read_midi
from musicgan.score import Score, Track

SAMPLE_FILES = 200
MAX_SLOTS = 8
COMMON = 0.3
"""A kind of track gets a slot when at least this share of the files has it."""
ORDER, INSTRUMENT = "order", "instrument"
"""What tells which track goes to which slot."""
PEDAL_FILES = 24
"""Of the sample, so many are asked whether the pedal is part of the music: in half of them ..."""
PEDAL_SHARE = 0.1
"""... it makes this share of the notes longer."""
OFF_GRID, FINE = 0.5, 8
"""Where half of the files have less than this share of their notes on the grid they are played, and
each step is told in so many parts: at 120 beats a minute a part of a sixteenth is 16 ms."""
COMMON_ORDER = 0.5
"""Tracks go by their order when at least this share has the commonest family of its place."""


def choose_codec(
    folder: Path,
    voices: Sequence[str] = (),
    grid: int | None = None,
    velocities: int | None = None,
    tracks: str | None = None,
    pedal: bool | None = None,
    fine: int | None = None,
    drums: bool | None = None,
) -> EventsCodec:
    """A note-tuple codec for the files under `folder`, from an even sample of them.

    `voices` name the slots, as "NAME" or "NAME:PROGRAM"; `grid` is in steps a beat; `velocities`
    are told apart; `tracks` go to slots by `ORDER` or by `INSTRUMENT`; `pedal` is folded into
    durations; onsets are told to one of `fine` parts of a step; `drums` have a slot. None: as the
    music has it. Raises `CorpusError` when no file can be read, for more voices than the files
    have and for drums that none has, `CodecError` for the grid, the velocities and the parts.
    """
    sample = _sample(folder)
    scores = list(sample.values())
    grid = grid if grid is not None else grid_of(scores)
    used = np.median([len(np.unique(score.notes["velocity"])) for score in scores])
    return EventsCodec(
        grid=grid,
        slots=_named(slots_of(scores, tracks, drums), voices),
        velocity_bins=velocities if velocities is not None else 8 if used > 4 else 1,
        pedal=pedal if pedal is not None else uses_pedal(sample),
        fine=fine if fine is not None else fine_of(scores, grid),
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
        named[index] = replace(old, name=name, program=int(program) if program else old.program)
    return tuple(named)


def choose_frames_codec(
    folder: Path, grid: int | None = None, drums: bool | None = None
) -> PianorollCodec:
    """A frame codec for the files under `folder`: cells for the pitches they use, no velocity.

    `grid` is in steps a beat, `drums` as in `choose_codec`. Raises `CorpusError` when none can be
    read, and for drums that none has.
    """
    scores = list(_sample(folder).values())
    low, high = np.quantile(np.concatenate([s.notes["pitch"] for s in scores]), [0.0005, 0.9995])
    # A codec has an octave at least: what lies outside moves into it.
    low_pitch = min(int(low), 127 - 11)
    return PianorollCodec(
        grid=grid if grid is not None else grid_of(scores),
        slots=slots_of(scores, drums=drums),
        low_pitch=low_pitch,
        high_pitch=max(int(np.ceil(high)), low_pitch + 11),
    )


def _sample(folder: Path) -> dict[Path, Score]:
    """The scores with notes among an even sample of the files under `folder`."""
    names = find_midi(folder)
    scores = {}
    for name in names[:: -(-len(names) // SAMPLE_FILES)]:
        try:
            scores[folder / name] = read_midi(folder / name)
        except MidiReadError:
            continue
    scores = {path: score for path, score in scores.items() if len(score)}
    if not scores:
        raise CorpusError(f"{folder}: not one file of it can be read as music")
    return scores


def uses_pedal(sample: Mapping[Path, Score]) -> bool:
    """Whether in half of these files, which read so without the pedal, it makes notes longer."""
    shares = []
    for path in list(sample)[:: -(-len(sample) // PEDAL_FILES)]:
        heard = read_midi(path, pedal=True).notes
        longer = sample[path].notes["duration_tick"] != heard["duration_tick"]
        shares.append(longer.mean())
    return float(np.median(shares)) >= PEDAL_SHARE


def grid_of(scores: Sequence[Score]) -> int:
    """12 steps a beat where triplets are part of the music, else 4."""

    def off(grid: int) -> float:
        return 1 - float(np.mean([on_grid_share(score, grid) for score in scores]))

    return 12 if off(4) > 0.02 and off(12) < 0.5 * off(4) else 4


def fine_of(scores: Sequence[Score], grid: int) -> int:
    """Parts of a step to tell onsets by: `FINE` where most of the files are played, else 1."""
    on_grid = np.median([on_grid_share(score, grid) for score in scores])
    return FINE if on_grid < OFF_GRID else 1


def on_grid_share(score: Score, grid: int) -> float:
    """Share of notes within half a tick of a grid point: a third of a beat may be no whole tick."""
    beat = score.ticks_per_beat
    miss = (score.notes["onset_tick"] * grid + beat // 2) % beat - beat // 2
    return float(np.mean(np.abs(miss) * 2 <= grid))


def slots_of(
    scores: Sequence[Score], tracks: str | None = None, drums: bool | None = None
) -> tuple[Slot, ...]:
    """One slot for each common place among the pitched tracks, and one for common drums.

    Where files list their instruments in orders of their own, or `tracks` is `INSTRUMENT`, one for
    each common instrument. With `drums` these have a slot however rare they are, or none. Raises
    `CorpusError` where there are none to have it.
    """
    pitched = [[t for t in played(score) if not t.is_drum] for score in scores]
    by_order = _slots_by_order(pitched)
    by_family = _slots_by_family(scores, pitched)
    mixed = len(by_order) > 1 and _order_says(pitched, len(by_order)) < COMMON_ORDER
    by_instrument = tracks == INSTRUMENT if tracks else mixed and len(by_family) > 1
    slots = list(by_family if by_instrument else by_order)
    share = np.mean([any(track.is_drum for track in score.tracks) for score in scores])
    if drums and not share:
        looked = f"{len(scores)} files looked at"
        raise CorpusError(f"drums are asked for, but none of the {looked} has any: leave them out")
    if share >= COMMON if drums is None else drums:
        slots.append(Slot("drums", 0, True))
    return tuple(slots) or (Slot(),)


def _slots_by_order(pitched: Sequence[Sequence[Track]]) -> list[Slot]:
    counts = np.array([len(tracks) for tracks in pitched])
    slots: list[Slot] = []
    for place in range(MAX_SLOTS):
        there = [tracks[place] for tracks in pitched if len(tracks) > place]
        if not there or (place and np.mean(counts > place) < COMMON):
            break
        slots.append(Slot(_name(there) or f"voice {place + 1}", _program(there)))
    return slots


def _order_says(pitched: Sequence[Sequence[Track]], places: int) -> float:
    """Share of the tracks in these places that are of the commonest family in theirs."""
    usual, tracks = 0, 0
    for place in range(places):
        there = [some[place].program // 8 for some in pitched if len(some) > place]
        usual += Counter(there).most_common(1)[0][1]
        tracks += len(there)
    return usual / tracks


def _slots_by_family(scores: Sequence[Score], pitched: Sequence[Sequence[Track]]) -> list[Slot]:
    """A slot for each common family; the others join the one that is nearest in mean pitch."""
    files = Counter(family for tracks in pitched for family in {t.program // 8 for t in tracks})
    common = [f for f, count in files.most_common(MAX_SLOTS) if count >= COMMON * len(scores)]
    if not common:
        return []
    mean = _mean_pitches(scores)
    takes: dict[int, list[int]] = {family: [] for family in sorted(common)}
    for family in FAMILIES:
        home = family if family in takes else min(takes, key=lambda c: abs(mean[family] - mean[c]))
        takes[home].append(family)
    return [
        Slot(
            FAMILY_NAMES[family],
            _program([t for tracks in pitched for t in tracks if t.program // 8 == family]),
            families=tuple(families),
        )
        for family, families in takes.items()
    ]


def _mean_pitches(scores: Sequence[Score]) -> NDArray[np.float64]:
    """Of each family's notes, [16]; of all notes where it has none."""
    count, total = np.zeros(len(FAMILIES)), np.zeros(len(FAMILIES))
    for score in scores:
        is_drum = np.array([track.is_drum for track in score.tracks])
        family = np.array([track.program // 8 for track in score.tracks])
        notes = score.notes[~is_drum[score.notes["track"]]]
        of = family[notes["track"]]
        count += np.bincount(of, minlength=len(FAMILIES))
        total += np.bincount(of, weights=notes["pitch"], minlength=len(FAMILIES))
    usual = total.sum() / max(1, count.sum())
    return np.asarray(np.divide(total, count, out=np.full(16, usual), where=count > 0))


def _program(tracks: Sequence[Track]) -> int:
    return Counter(track.program for track in tracks).most_common(1)[0][0]


def _name(tracks: Sequence[Track]) -> str:
    """What the tracks are called; nothing where each has a name of its own, such as the song's."""
    ((name, count),) = Counter(track.name for track in tracks).most_common(1)
    enough = max(min(2, len(tracks)), COMMON * len(tracks))
    return name if count >= enough else ""


def played(score: Score) -> list[Track]:
    """The tracks that have notes."""
    used = np.unique(score.notes["track"])
    return [score.tracks[index] for index in used]
