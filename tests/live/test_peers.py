"""Who is connected to the ports goes, comes back, or is new: no note is left sounding with them."""

import time
from collections import defaultdict

import pytest

from musicgan.compose.player import open_player
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.live.backends.jack import JackBackend

from .command import BPM, NAME, STEP, silent, stream

OUT = f"{NAME}:out"


def on(pitch):
    return bytes([0x90, pitch, 90])


def off(pitch):
    return bytes([0x80, pitch, 0])


@pytest.fixture
def other(jackd):
    """Another recorder."""
    from .jack_recorder import JackRecorder  # it loads numba, which not every worker needs

    made = JackRecorder("other")
    yield made
    made.close()


def lengths(recorder):
    """{(channel, pitch): [(frame, frames to the next note-off there)]}."""
    found, begun = defaultdict(list), {}
    for frame, message in recorder.got:
        place = (message[0] & 15, message[1])
        if message[0] & 0xF0 == 0x90:
            begun[place] = frame
        elif message[0] & 0xF0 == 0x80 and place in begun:
            at = begun.pop(place)
            found[place].append((at, frame - at))
    return found


def test_who_comes_back_hears_first_the_end_of_what_has_ended(recorder):
    backend = JackBackend("away")
    recorder.connect("away:out")
    time.sleep(0.2)  # a connection takes a period or two
    for pitch in (60, 61, 62):
        backend.send_now(on(pitch))
    recorder.wait_for(lambda: len(recorder.got) == 3)
    recorder.disconnect("away:out")
    time.sleep(0.2)
    for message in (off(60), off(62), on(62)):
        backend.send_now(message)
    time.sleep(0.2)
    recorder.connect("away:out")
    recorder.wait_for(lambda: recorder.sounding() == {(0, 61), (0, 62)})
    for message in (off(61), off(62), on(60), off(60)):
        backend.send_now(message)
    recorder.wait_for(lambda: len(recorder.got) == 8)
    backend.close()
    assert [message for _, message in recorder.got[3:]] == [
        off(60), off(61), off(62), on(60), off(60),
    ]  # fmt: skip


def test_a_stream_goes_on_without_its_peer_and_leaves_no_note_with_it(playing, recorder):
    for _ in range(5):
        recorder.wait_for(recorder.sounding)
        recorder.disconnect(OUT)
        time.sleep(0.2)
        heard, held = recorder.got, recorder.sounding()
        time.sleep(0.3)
        assert recorder.got == heard
        recorder.connect(OUT)
        # `sounding` says, too, if one of them was struck again before it had ended.
        recorder.wait_for(lambda held=held: not held & recorder.sounding())
        recorder.wait_for(lambda heard=heard: len(recorder.got) > len(heard) + 20)
    since = recorder.client.frame_time
    playing.terminate()
    silent(recorder, since)


def test_who_comes_and_goes_does_not_disturb_who_stays(choir_file, recorder, other):
    process = stream(choir_file, "--bars", "8", "--port", "recorder:in")
    recorder.wait_for(recorder.notes, 30)
    for _ in range(10):
        other.connect(OUT)
        time.sleep(0.1)
        other.disconnect(OUT)
    assert process.wait(30) == 0
    assert other.notes()
    song = compose(open_player(choir_file), Settings(8, 3, BPM, temperature=0.95))
    expected = defaultdict(list)
    for note in song.notes:
        expected[int(note["track"]), int(note["pitch"])].append(note)
    first = recorder.notes()[0][0] - STEP * song.notes["onset_tick"].min()
    heard = lengths(recorder)
    assert heard.keys() == expected.keys()
    for place, notes in heard.items():
        for (frame, length), note in zip(notes, expected[place], strict=True):
            assert frame - first == pytest.approx(STEP * note["onset_tick"], abs=1)
            # What may be struck again in a bar to come ends when it is clear that none comes.
            if note["onset_tick"] + note["duration_tick"] < 8 * 16:
                assert length == pytest.approx(STEP * note["duration_tick"], abs=1)


def test_a_player_who_is_disconnected_lets_go_of_what_they_held(recorder):
    keyboard, backend = JackBackend("keyboard"), JackBackend("listener")
    backend.listen("keyboard:out")
    time.sleep(0.2)
    for message in (on(60), on(64), off(64)):
        keyboard.send_now(message)
    heard = []

    def until(count):
        def came():
            heard.extend(backend.heard())
            return len(heard) >= count

        recorder.wait_for(came)

    until(3)
    recorder.client.disconnect("keyboard:out", "listener:in")
    until(4)
    assert [message for _, message in heard] == [on(60), on(64), off(64), off(60)]
    keyboard.close()
    backend.close()
