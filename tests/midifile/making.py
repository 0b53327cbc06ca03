"""Scores and bytes for the tests of reading and writing MIDI."""

import io

import mido
from hypothesis import strategies as st

from musicgan.midifile import read_midi, write_midi
from musicgan.midifile.bulk import read_bulk
from musicgan.midifile.chunks import find_contents
from musicgan.midifile.raw import to_score
from musicgan.midifile.tolerant import read_tolerant
from musicgan.notes import empty_notes
from musicgan.score import Key, Metre, Score, Tempo, Track


def spans(score: Score) -> list[tuple[int, int, int]]:
    """(onset, end, pitch) of every note."""
    return [(onset, onset + length, pitch) for onset, length, pitch, _, _ in score.notes.tolist()]


def make_score(rows: list[tuple[int, int, int, int, int]], **rest: object) -> Score:
    """A score of (onset, duration, pitch, velocity, track) rows."""
    notes = empty_notes(len(rows))
    notes[:] = rows
    return Score(notes, **rest)  # type: ignore[arg-type]


def both_ways(data: bytes) -> Score:
    """The score of `data`, which the fast and the patient way must agree on."""
    patient = to_score(read_tolerant(find_contents(data)))
    fast = read_bulk(data)
    assert fast is None or to_score(fast) == patient
    assert read_midi(data) == patient
    return patient


@st.composite
def normal_scores(draw: st.DrawFn) -> Score:
    """Scores that a file can say: one note a pitch and track at a time, every track used."""
    ticks_per_beat = draw(st.sampled_from([1, 4, 12, 96, 480, 10080]))
    count = draw(st.integers(1, 17))
    names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=9)
    tracks = draw(
        st.lists(
            st.builds(Track, names, st.integers(0, 127), st.booleans()),
            min_size=count,
            max_size=count,
        )
    )
    row = st.tuples(
        st.integers(0, 5000), st.integers(1, 900), st.integers(0, 127), st.integers(1, 127)
    )
    rows = [(*draw(row), track) for track in range(count)]
    rows += [
        (*note, track)
        for note, track in draw(st.lists(st.tuples(row, st.integers(0, count - 1)), max_size=30))
    ]
    ticks = st.integers(0, 9000)
    metre = st.builds(Metre, ticks, st.integers(1, 255), st.sampled_from([1, 2, 4, 8, 16, 32]))
    key = st.builds(Key, ticks, st.integers(0, 11), st.booleans())
    tempo = st.builds(Tempo, ticks, st.integers(10_000, (1 << 24) - 1))
    score = make_score(
        rows,
        tracks=tuple(tracks),
        tempos=tuple(draw(st.lists(tempo, max_size=4))),
        metres=tuple(draw(st.lists(metre, max_size=4))),
        keys=tuple(draw(st.lists(key, max_size=4))),
        ticks_per_beat=ticks_per_beat,
    )
    return score.snapped(ticks_per_beat)


def written(score: Score, text: str = "") -> bytes:
    buffer = io.BytesIO()
    write_midi(score, buffer, text)
    return buffer.getvalue()


def reference_notes(file: mido.MidiFile) -> list[tuple[int, int, int, int]]:
    """(onset, end, pitch, velocity) of all notes, message by message, as the rules are told."""
    notes: list[tuple[int, int, int, int]] = []
    for track in file.tracks:
        tick = 0
        sounding: dict[tuple[int, int], tuple[int, int]] = {}
        pardoned: dict[tuple[int, int], int] = {}  # note-offs of notes that a re-trigger ended

        for message in track:
            if message.time:
                pardoned.clear()
            tick += message.time
            if message.type not in ("note_on", "note_off"):
                continue
            where = (message.channel, message.note)
            begins = message.type == "note_on" and message.velocity > 0
            if not begins and pardoned.get(where):
                pardoned[where] -= 1
                continue
            if where in sounding:
                onset, velocity = sounding.pop(where)
                notes.append((onset, tick, message.note, velocity))
                if begins:
                    pardoned[where] = pardoned.get(where, 0) + 1
            if begins:
                sounding[where] = (tick, message.velocity)
        for (_, pitch), (onset, velocity) in sounding.items():
            notes.append((onset, tick, pitch, velocity))
    return notes
