"""Ardour records what is streamed; what it wrote to the disk is what was sent."""

import time

import jack
import numpy as np
import pytest

from .ardour import TRACK, onsets
from .command import end_of, start_stream

RATE = 48_000


def by_pitch(notes):
    """(places, seconds from the first onset), one voice and pitch after the other."""
    ordered = sorted((channel, pitch, sec) for sec, channel, pitch in notes)
    times = np.array([sec for *_, sec in ordered])
    return [place for *place, _ in ordered], times - times.min()


def same_music(recorded, sent):
    """Every note, and as far from each other as they were sent."""
    (places, sec), (sent_places, sent_sec) = by_pitch(recorded), by_pitch(sent)
    assert len(sent) > 10
    assert places == sent_places
    assert sec == pytest.approx(sent_sec, abs=0.002)


def test_a_take_in_ardour_is_what_was_sent(ardour, choir_file, tmp_path):
    daw, sent = ardour("free"), tmp_path / "sent.mid"
    options = ("--port", "choir", "--bars", "6", "--tempo", "240", "--record", str(sent))
    end_of(start_stream(choir_file, *options))
    same_music(daw.take(), onsets(sent))


def test_slaved_to_jacks_transport_both_are_on_one_grid(ardour, choir_file, tmp_path):
    """Frame 0 of the transport is a bar line."""
    daw, sent, bpm = ardour("slaved"), tmp_path / "sent.mid", 120
    options = ("--port", "choir", "--bars", "4", "--tempo", str(bpm), "--record", str(sent))
    with jack.Client("transport", no_start_server=True) as transport:
        playing = start_stream(choir_file, *options, "--clock", "jack")
        while playing.poll() is None and not transport.get_all_connections(TRACK):
            time.sleep(0.05)
        transport.transport_start()
        end_of(playing)
    recorded = daw.take()
    same_music(recorded, onsets(sent))
    frames = RATE * np.array([sec for sec, *_ in recorded])
    step = RATE * 60 / bpm / 4
    # Ardour's take begins some periods after its transport.
    late = -frames[0] % step
    assert late < 0.05 * RATE
    assert np.abs(frames + late - step * np.round((frames + late) / step)).max() < 1
