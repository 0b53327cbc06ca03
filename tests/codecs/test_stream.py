"""The stream of notes is the decoded score, whatever the rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.codecs.events import EventsCodec
from musicgan.codecs.samples import garbage_rows, sample_scores
from musicgan.codecs.stream import Sounded, StreamDecoder
from musicgan.score import Key, Metre, Tempo

SLOTS = (("piano", 0, False), ("bass", 32, False), ("drums", 0, True))
CODEC = EventsCodec(4, SLOTS, velocity_bins=8)
FINE = EventsCodec(4, SLOTS, velocity_bins=2, fine=4)

# Few pitches, short waits: notes struck again while they sound, at once, and as they end.
crowded = st.tuples(
    st.integers(0, 2), st.integers(0, 1), st.integers(60, 61), st.integers(1, 4), st.integers(0, 7)
)
anything = st.tuples(*[st.integers(-3, 130) | st.integers(-(2**63), 2**63 - 1)] * 5)
rows = st.lists(crowded, max_size=30) | st.lists(crowded | anything, max_size=15)


def streamed(rows, codec=CODEC):
    """The score of a stream run to its end, and the decoder, and each push's notes."""
    decoder = StreamDecoder(codec)
    pushed = [decoder.push(row) for row in rows]
    last = decoder.close()
    return decoder.score([note for part in [*pushed, last] for note in part]), decoder, pushed


@given(rows)
def test_the_stream_run_to_its_end_is_the_decoded_score(listed):
    array = np.array(listed, np.int64).reshape(-1, 5)
    for codec in (CODEC, FINE):
        score, decoder, _ = streamed(array, codec)
        assert score == codec.decode(array)
        assert decoder.close() == []


@pytest.mark.parametrize("codec", [CODEC, FINE])
def test_so_it_is_for_real_and_for_garbage_rows(codec):
    for array in garbage_rows(5, np.dtype(np.int64)).values():
        assert streamed(array, codec)[0] == codec.decode(array)
    for score in sample_scores(1).values():
        array = codec.encode(score)
        assert streamed(array, codec)[0] == codec.decode(array)


@given(rows)
def test_a_note_comes_out_when_it_is_over_and_not_before(listed):
    _, decoder, pushed = streamed(np.array(listed, np.int64).reshape(-1, 5))
    now = 0
    for row, notes in zip(listed, pushed, strict=True):
        now += int(CODEC.legal(np.array([row]))[0, 0])
        assert all(note.onset_step + note.duration_step <= now for note in notes)
    assert decoder.onset_step == now


def test_a_pitch_struck_again_ends_the_note_it_was():
    decoder = StreamDecoder(CODEC)
    assert decoder.push(np.array([1, 0, 60, 8, 7])) == []
    assert decoder.push(np.array([0, 1, 60, 2, 7])) == []
    assert decoder.push(np.array([2, 0, 60, 4, 0])) == [
        Sounded(1, 2, 60, 120, 1),
        Sounded(1, 2, 60, 120, 0),
    ]
    assert decoder.close() == [Sounded(3, 4, 60, 8, 0)]


def test_struck_twice_at_once_the_longer_stays_with_the_greater_velocity():
    decoder = StreamDecoder(CODEC)
    decoder.push(np.array([0, 0, 60, 8, 0]))
    decoder.push(np.array([0, 0, 60, 2, 7]))
    assert decoder.close() == [Sounded(0, 8, 60, 120, 0)]


def test_the_score_holds_what_it_is_told():
    maps = ((Tempo(0, 400_000),), (Metre(0, 3, 4),), (Key(0, 2),))
    score = StreamDecoder(CODEC).score([Sounded(0, 8, 60, 120, 1)], *maps)
    assert (score.tempos, score.metres, score.keys) == maps
    assert score.ticks_per_beat == 4
    assert [track.name for track in score.tracks] == ["piano", "bass", "drums"]
    assert score.notes.tolist() == [(0, 8, 60, 120, 1)]
