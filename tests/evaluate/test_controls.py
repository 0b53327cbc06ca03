"""Negative controls: what spoils music, and which measures notice.

A measure tells a control from real music when it is further from what real music scores than five
standard deviations of that. What `blind_to` names is exactly what it does not tell.
"""

from pathlib import Path

import numpy as np
import pytest

from musicgan.codecs.events import DURATION, PITCH, VOICE, WAIT, EventsCodec
from musicgan.codecs.slots import Slot
from musicgan.evaluate.controls import (
    CONSTANT,
    COPIES,
    REPEATED,
    SHUFFLED_ONSETS,
    SHUFFLED_PITCHES,
    control_sets,
    one_constant_note,
    shuffled_onsets,
    shuffled_pitches,
)
from musicgan.evaluate.measures import HEADLINES, MEASURES
from musicgan.evaluate.music_set import MusicSet
from musicgan.evaluate.results import evaluate_sets
from musicgan.midifile import read_midi

BUNDLED = Path(__file__).resolve().parents[2] / "midi_data/bach-chorales"
CODEC = EventsCodec(grid=4, slots=tuple(Slot(name) for name in "SATB"))
NAMES = (SHUFFLED_PITCHES, SHUFFLED_ONSETS, REPEATED, COPIES, CONSTANT)
TOLD = 5.0
CHORALES = 198
DRAWS = 10
SEEDS = 3


def read(paths):
    return MusicSet.of([path.stem for path in paths], [read_midi(path) for path in paths], CODEC)


@pytest.fixture(scope="module")
def bundled():
    """The chorales of midi_data."""
    return read(sorted(BUNDLED.glob("*.mid")))


@pytest.fixture(scope="module")
def separation(shared):
    """{(measure, control): median distance from real music} on chorales."""
    paths = sorted((shared / "data/bach-chorales").glob("*.mid"))[:CHORALES]
    source, real, training = (read(paths[third::3]) for third in range(3))
    found = {}
    for seed in range(SEEDS):
        for name, control in control_sets(source, training, seed).items():
            # Chance is in the choice of eight songs; the others need no second try.
            if seed and name != REPEATED:
                continue
            sets = control, real, training
            for result in evaluate_sets(*sets, measures=HEADLINES, draws=DRAWS, seed=seed):
                found.setdefault((result.measure.name, name), []).append(result.separation)
    return {key: float(np.median(values)) for key, values in found.items()}


def test_headlines_are_blind_to_what_they_say_and_to_nothing_else(separation):
    blind = {
        measure.name: {name for name in NAMES if separation[measure.name, name] <= TOLD}
        for measure in HEADLINES
    }
    assert blind == {measure.name: set(measure.blind_to) for measure in HEADLINES}


def test_every_control_is_told_by_some_headline_and_only_copies_by_few(separation):
    for name in NAMES:
        telling = [m.name for m in HEADLINES if separation[m.name, name] > TOLD]
        assert len(telling) >= (2 if name == COPIES else 4)


def test_forty_windows_are_enough_to_tell_spoiled_music(bundled):
    """On the 24 chorales of midi_data, which come with the program."""
    controls = control_sets(bundled)
    for measure in ("frechet", "bleu_4", "coverage", "chord_share", "parallel_share"):
        [chosen] = [m for m in HEADLINES if m.name == measure]
        for name in (SHUFFLED_PITCHES, SHUFFLED_ONSETS):
            [result] = evaluate_sets(controls[name], bundled, measures=[chosen], draws=DRAWS)
            assert result.separation > 3, (measure, name)
            assert not result.at_floor


def test_other_chorales_are_at_the_floor(bundled):
    even, odd = (bundled.take(np.arange(first, len(bundled.names), 2)) for first in (0, 1))
    results = evaluate_sets(odd, even, measures=HEADLINES, draws=DRAWS)
    assert not [result.measure.name for result in results if result.at_floor is False]


def test_shuffling_keeps_what_it_says(bundled):
    rng = np.random.default_rng(0)
    rows = bundled.rows[0]
    pitches, onsets = shuffled_pitches(rows, rng), shuffled_onsets(rows, rng)
    others = [WAIT, VOICE, DURATION]
    assert np.array_equal(pitches[:, others], rows[:, others])
    assert not np.array_equal(pitches[:, PITCH], rows[:, PITCH])
    for voice in range(4):
        mine = rows[:, VOICE] == voice
        assert sorted(pitches[mine, PITCH]) == sorted(rows[mine, PITCH])
    assert np.array_equal(onsets[:, 1:], rows[:, 1:])
    assert sorted(onsets[:, WAIT]) == sorted(rows[:, WAIT])
    assert not np.array_equal(onsets[:, WAIT], rows[:, WAIT])


def test_one_constant_note_is_one_voice_on_one_pitch(bundled):
    rows = one_constant_note(bundled.rows[0], np.random.default_rng(0))
    assert np.unique(rows[:, [WAIT, VOICE, PITCH]], axis=0).tolist() == [[1, 0, 60]]


def test_control_sets_are_as_large_as_the_real_one_and_repeat(bundled):
    one, same, other = (control_sets(bundled, bundled, seed) for seed in (1, 1, 2))
    assert set(one) == set(NAMES)
    for name, some in one.items():
        assert len(some.names) == len(bundled.names)
        assert [rows.tolist() for rows in some.rows] == [rows.tolist() for rows in same[name].rows]
    assert len(set(one[REPEATED].names)) == 8
    assert set(one[REPEATED].names) != set(other[REPEATED].names)
    assert COPIES not in control_sets(bundled)


def test_the_expected_measures_hardly_tell_shuffled_pitches(bundled):
    """Why none of them is a headline. Polyphony sees that voices meet on a pitch less often."""
    shuffled = control_sets(bundled)[SHUFFLED_PITCHES]
    expected = [measure for measure in MEASURES if measure.name.startswith("muspy")]
    results = evaluate_sets(shuffled, bundled, measures=expected, draws=DRAWS)
    told = [r.measure.name for r in results if r.separation is not None and r.separation > TOLD]
    assert told in ([], ["muspy_polyphony"])
