"""A stream that others lead, through real ports: JACK's transport and MIDI clock."""

import time

import jack
import pytest

from musicgan.compose.bars import LiveSong
from musicgan.compose.player import open_player
from musicgan.compose.settings import MAX_BARS, Settings
from musicgan.live.backends.jack import JackBackend

from .command import BPM, RATE, STEP, silent, stream

BAR = 16 * STEP


def start_from(server, frame):
    """Start the transport there, standing."""
    server.transport_frame = round(frame)
    time.sleep(0.2)
    server.transport_start()


def wait_for_music(recorder):
    """Until the stream makes the transport wait for it; no bar begins meanwhile."""
    server = recorder.client
    for _ in range(100):
        start_from(server, BAR / 2)
        recorder.wait_for(lambda: server.transport_state != jack.STOPPED)
        time.sleep(0.04)  # with nobody to wait for it is starting for a period
        state = server.transport_state
        server.transport_stop()
        time.sleep(0.2)
        if state == jack.STARTING:
            return
    pytest.fail("nobody makes the transport wait")


@pytest.mark.parametrize("bar", [0, 2])
def test_a_transport_that_starts_at_a_bar_line_is_heard_from_that_line_on(
    choir_file, recorder, bar
):
    server, observer = recorder.client, JackBackend("observer")
    process = stream(choir_file, "--clock", "jack", "--port", "recorder:in")
    wait_for_music(recorder)
    start_from(server, bar * BAR)
    recorder.wait_for(lambda: len(recorder.notes()) > 8)
    place = observer.transport()
    since = server.frame_time
    process.terminate()
    silent(recorder, since)
    process.wait(5)
    observer.close()
    song = LiveSong(open_player(choir_file), Settings(MAX_BARS, 3, BPM, temperature=0.95))
    onset = min(note.onset_step for note in song.next().notes)
    frame = recorder.notes()[0][0] - (place.at_frame - place.frame)
    assert frame == round(bar * BAR + onset * STEP)


def test_a_transport_that_stops_in_the_middle_of_a_note_is_silence(choir_file, recorder):
    server = recorder.client
    process = stream(choir_file, "--clock", "jack", "--port", "recorder:in")
    wait_for_music(recorder)
    server.transport_start()
    recorder.wait_for(lambda: len(recorder.notes()) > 20 and recorder.sounding(), 30)
    server.transport_stop()
    recorder.wait_for(lambda: not recorder.sounding(), 5)
    heard = len(recorder.notes())
    time.sleep(0.5)
    assert len(recorder.notes()) == heard
    server.transport_start()
    recorder.wait_for(lambda: len(recorder.notes()) > heard + 10, 30)
    since = server.frame_time
    process.terminate()
    silent(recorder, since)
    process.wait(5)


def test_midi_clock_from_another_program_leads_within_its_tempo(choir_file, recorder):
    sender = JackBackend("conductor")
    process = stream(
        choir_file, "--port", "recorder:in", "--input", "conductor:out", "--clock", "midi"
    )
    time.sleep(6)
    assert not recorder.notes()
    begin, apart = sender.now_sec() + 0.3, 60 / 200 / 24
    sender.send(begin - 0.01, b"\xfa")
    for pulse in range(20 * 24):
        sender.send(begin + pulse * apart, b"\xf8")
    sender.send(begin + 20 * 24 * apart, b"\xfc")
    recorder.wait_for(lambda: sender.now_sec() > begin + 20 * 24 * apart + 0.3, 20)
    assert not recorder.sounding()
    step = RATE * 60 / 200 / 4
    notes = recorder.notes()
    assert len(notes) > 10
    steps = [(frame / RATE - begin) * RATE / step for frame, *_ in notes]
    steady = [s for s in steps if s > 32]
    offset = steady[0] - round(steady[0])
    assert abs(offset) < 0.2
    assert max(abs(s - offset - round(s - offset)) for s in steady) < 0.05
    process.terminate()
    process.wait(5)
    sender.close()
