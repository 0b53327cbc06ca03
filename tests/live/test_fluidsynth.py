"""FluidSynth sounds what it is sent, when it is sent."""

import time

import numpy as np
import pytest

from musicgan.live.backends.jack import JackBackend

from .command import end_of, start_stream
from .fluidsynth import MIDI_PART, SOUND

RATE, HOP = 48_000, 48
DRUMS, CLAVES = 9, 75


@pytest.fixture
def listener(fluidsynth):
    """What is heard from FluidSynth."""
    from .jack_audio import JackListener  # it loads numba, which not every worker needs

    made = JackListener(SOUND)
    yield made
    made.close()


def loudness(samples):
    """The largest amplitude of each millisecond."""
    hops = len(samples) // HOP
    return np.abs(samples[: hops * HOP]).reshape(hops, HOP).max(axis=1)


def onset_frames(samples, quiet_ms=60):
    """Where it becomes loud after `quiet_ms` in which it was not."""
    loud = loudness(samples) > 0.05 * np.abs(samples).max()
    places = np.flatnonzero(loud)
    return HOP * places[np.diff(places, prepend=-quiet_ms) > quiet_ms]


def test_each_note_sounds_when_it_was_sent_for(listener):
    backend = JackBackend("under test", MIDI_PART)
    gaps_sec = np.random.default_rng(0).uniform(0.25, 0.5, 20)
    due_sec = backend.now_sec() + 0.5 + np.cumsum(gaps_sec)
    for at_sec in due_sec:
        backend.send(at_sec, bytes([0x90 | DRUMS, CLAVES, 110]))
        backend.send(at_sec + 0.05, bytes([0x80 | DRUMS, CLAVES, 0]))
    while backend.now_sec() < due_sec[-1] + 0.5:
        time.sleep(0.05)
    backend.close()
    heard = listener.begin_frame + onset_frames(listener.samples)
    assert len(heard) == len(due_sec)
    late_sec = heard / RATE - due_sec
    # FluidSynth begins whatever comes in a period at the start of that period.
    assert late_sec.min() > -0.006 and late_sec.max() < 0.015


def test_a_stream_is_heard_and_is_silent_afterwards(listener, choir_file):
    end_of(start_stream(choir_file, "--port", MIDI_PART, "--bars", "4", "--tempo", "240"))
    ended = len(listener.samples)
    while len(listener.samples) < ended + 2 * RATE:
        time.sleep(0.05)
    samples = listener.samples
    sounding = np.flatnonzero(np.abs(samples) > 0.001)
    assert len(sounding) > 2 * RATE
    assert np.abs(samples).max() > 0.05
    assert sounding[-1] < ended + RATE
