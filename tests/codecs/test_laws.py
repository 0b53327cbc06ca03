"""The kit accepts codecs that keep the laws and catches, for each law, one that breaks it."""

import json

import numpy as np
import pytest

from musicgan.codecs.events import EventsCodec
from musicgan.codecs.laws import check_codec, first_difference
from musicgan.codecs.pianoroll import PianorollCodec
from musicgan.codecs.samples import garbage_rows, sample_scores
from musicgan.errors import CodecError
from musicgan.notes import NOTE
from musicgan.score import Score, Tempo, Track

BAND = (("lead", 0, False), ("bass", 32, False), ("drums", 0, True))


@pytest.mark.parametrize(("slots", "velocity_bins"), [(BAND, 8), (BAND[:1], 1), (BAND[2:], 127)])
@pytest.mark.parametrize("grid", [1, 4, 6, 12, 48])
@pytest.mark.parametrize("make", [EventsCodec, PianorollCodec])
def test_the_built_in_codecs_keep_the_laws(make, grid, slots, velocity_bins):
    check_codec(make(grid=grid, slots=slots, velocity_bins=velocity_bins), seed=grid)


class FloatRows(EventsCodec):
    def encode(self, score):
        return super().encode(score).astype(np.float64)


class LosesLastNote(EventsCodec):
    def encode(self, score):
        return super().encode(score)[:-1]


class DriftingNormal(EventsCodec):
    def normalized(self, score):
        normal = super().normalized(score)
        notes = normal.notes.copy()
        notes["onset_tick"] += 1
        return normal.with_notes(notes)


class LosesTempos(EventsCodec):
    def decode(self, rows, like=None):
        return super().decode(rows)


class LoudC(EventsCodec):
    """Plays every C louder: that round trips, but is not transposable."""

    def normalized(self, score):
        normal = super().normalized(score)
        notes = normal.notes.copy()
        notes["velocity"] = np.where(notes["pitch"] % 12 == 0, 90, 80)
        return normal.with_notes(notes)

    def decode(self, rows, like=None):
        return self.normalized(super().decode(rows, like))


class RefusesGarbage(EventsCodec):
    def decode(self, rows, like=None):
        if len(rows) and rows.min() < 0:
            raise CodecError("negative")
        return super().decode(rows, like)


class NeverEnds(EventsCodec):
    def decode(self, rows, like=None):
        score = super().decode(rows, like)
        notes = score.notes.copy()
        if len(rows):
            notes["duration_tick"][rows[:, 3] <= 0] = 0
        return score.with_notes(notes)


class AbnormalGarbage(EventsCodec):
    """Garbage velocities come out as they went in, where normal ones are all 80."""

    def decode(self, rows, like=None):
        score = super().decode(rows, like)
        notes = score.notes.copy()
        if len(rows) and len(notes) and rows[:, 4].max() > 0:
            notes["velocity"] = 81
        return score.with_notes(notes)


class NoTrack(EventsCodec):
    def decode(self, rows, like=None):
        score = super().decode(rows, like)
        notes = score.notes.copy()
        if len(rows) and rows[:, 1].max() > 100:
            notes["track"] += 7
        return score.with_notes(notes)


class ForgetsOption(EventsCodec):
    def options(self):
        return {"grid": self.grid}


class NotJson(EventsCodec):
    def options(self):
        return {**super().options(), "slots": self.slots}


class WidthOfLength(EventsCodec):
    """Rows grow a column when there are many."""

    def encode(self, score):
        rows = super().encode(score)
        return np.pad(rows, ((0, 0), (0, 1))) if len(rows) > 150 else rows

    def decode(self, rows, like=None):
        return super().decode(rows[:, :5], like)


@pytest.mark.parametrize(
    ("broken", "law"),
    [
        (FloatRows(), "rows are int64 or float32"),
        (WidthOfLength(), "all rows have one type and width"),
        (DriftingNormal(), "normalizing twice is normalizing once"),
        (LosesLastNote(), "decode.encode.s.. == normalized.s."),
        (LosesTempos(), "decode.encode.s.. == normalized.s.' on tempo, metre and key maps"),
        (LoudC(), "transposing commutes with encoding"),
        (RefusesGarbage(), "garbage decodes to a normal score.*raised CodecError: negative"),
        (NeverEnds(), "garbage decodes to a normal score.*illegal duration_tick"),
        (NoTrack(), "garbage decodes to a normal score.*illegal track"),
        (AbnormalGarbage(), "garbage decodes to a normal score.*not normal"),
        (ForgetsOption(velocity_bins=5), "options.. rebuild"),
        (NotJson(), "options.. rebuild.*TypeError"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, EventsCodec) else "",
)
def test_a_broken_law_is_named(broken, law):
    with pytest.raises(AssertionError, match=law):
        check_codec(broken)


def test_the_smallest_part_that_breaks_the_law_is_shown():
    class LosesMiddleC(EventsCodec):
        def encode(self, score):
            return super().encode(score.with_notes(score.notes[score.notes["pitch"] != 60]))

    rows = [(480 * i, 480, 55 + i % 8, 64, 0) for i in range(40)]
    with pytest.raises(AssertionError) as caught:
        check_codec(LosesMiddleC(), [Score(np.array(rows, NOTE))])
    assert "on given score 0: 0 notes instead of 1" in str(caught.value)
    assert str(caught.value).count("onset_tick") == 1
    assert "pitch 60" in str(caught.value)


def test_the_first_difference_is_told_in_words():
    score = Score(np.array([(0, 4, 60, 80, 0), (4, 4, 62, 80, 0)], NOTE), ticks_per_beat=4)
    notes = score.notes.copy()
    notes["pitch"][1] = 63
    assert first_difference(score, score) is None
    assert "note 1 is onset_tick 4, duration_tick 4, pitch 63" in str(
        first_difference(score.with_notes(notes), score)
    )
    assert first_difference(score.with_notes(notes[:1]), score) == "1 notes instead of 2"
    other = Score(score.notes, tempos=(Tempo(0, 1),), ticks_per_beat=4)
    assert "tempos" in str(first_difference(other, score))


def test_samples_are_awkward_and_repeatable():
    one, two = sample_scores(3), sample_scores(3)
    assert one == two
    assert one["four voices on the grid"] != sample_scores(4)["four voices on the grid"]
    assert len(one["empty score"]) == 0
    assert {t.is_drum for t in one["many tracks"].tracks} == {True, False}
    assert one["off-grid performance"].snapped(4).snapped(480) != one["off-grid performance"]
    for score in one.values():
        assert (score.notes["duration_tick"] >= 1).all()
        assert (score.notes["track"] < max(1, len(score.tracks))).all()


def test_garbage_has_the_type_it_was_asked_for():
    for dtype in (np.dtype(np.int64), np.dtype(np.float32)):
        made = garbage_rows(5, dtype)
        assert all(rows.dtype == dtype and rows.shape[1] == 5 for rows in made.values())
        assert json.dumps(sorted(made)) == json.dumps(sorted(garbage_rows(5, dtype, seed=1)))
    assert np.isnan(garbage_rows(5, np.dtype(np.float32))["NaN and infinities"]).any()


def test_given_scores_are_checked_too():
    tracks = (Track("a"), Track("b"))
    score = Score(np.array([(0, 1, 60, 80, 1)], NOTE), tracks)
    check_codec(PianorollCodec(), [score])
