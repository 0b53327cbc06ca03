"""`musicgan stream` as a whole, its processes killed in every way, as a recorder hears it."""

import os
import signal
import time
from pathlib import Path

import mido
import pytest

from musicgan.compose.player import open_player
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose

from .command import BPM, STEP, children, silent, stream


def test_what_is_heard_is_the_song_on_the_grid_and_so_is_the_take(choir_file, recorder, tmp_path):
    take = tmp_path / "take.mid"
    process = stream(choir_file, "--bars", "6", "--record", str(take))
    recorder.connect("under test:out")
    assert process.wait(30) == 0
    assert "Ctrl-C stops" in process.stderr.read()
    song = compose(open_player(choir_file), Settings(6, 3, BPM, temperature=0.95))
    expected = sorted(song.notes[["onset_tick", "track", "pitch"]].tolist())
    first = recorder.notes()[0][0] - STEP * expected[0][0]
    heard = [(frame - first, channel, pitch) for frame, channel, pitch in recorder.notes()]
    assert sorted((round(at / STEP), c, p) for at, c, p in heard) == expected
    assert max(abs(at - round(at / STEP) * STEP) for at, _, _ in heard) <= 1
    assert not recorder.sounding()
    assert len(recorder.silences()) == 8
    kept = mido.MidiFile(take)
    onsets, tick = [], 0
    for message in kept.tracks[0]:
        tick += message.time
        if message.type == "note_on":
            onsets.append((tick / 120, message.channel, message.note))
    assert sorted(onsets) == expected


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_session_is_silence_at_once(playing, recorder, number):
    since = recorder.client.frame_time
    os.kill(playing.pid, number)
    silent(recorder, since)
    assert playing.wait(5) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_ctrl_c_or_a_closed_terminal_reaches_the_whole_group_and_does_no_harm(
    playing, recorder, number
):
    since = recorder.client.frame_time
    os.killpg(playing.pid, number)
    silent(recorder, since)
    assert playing.wait(5) == 0


def test_a_session_that_quits_at_once_leaves_silence(playing, recorder):
    since = recorder.client.frame_time
    os.killpg(playing.pid, signal.SIGQUIT)
    silent(recorder, since)
    assert playing.wait(5) == -signal.SIGQUIT


def test_after_the_composer_is_killed_there_is_silence_at_once(playing, recorder):
    since = recorder.client.frame_time
    os.kill(children(playing.pid)["composer"], signal.SIGKILL)
    silent(recorder, since)
    assert playing.wait(5) == 1
    assert "the composer is gone" in playing.stderr.read()


def test_after_the_session_is_killed_there_is_silence_at_once(playing, recorder):
    below = children(playing.pid)
    since = recorder.client.frame_time
    playing.kill()
    silent(recorder, since)
    for pid in below.values():
        recorder.wait_for(lambda pid=pid: not Path(f"/proc/{pid}").exists(), 5)


@pytest.mark.parametrize("bpm", [20, 400])
def test_the_slowest_and_the_fastest_tempo_end_in_silence_too(choir_file, recorder, bpm):
    process = stream(choir_file, "--tempo", str(bpm), "--port", "recorder:in")
    recorder.wait_for(lambda: len(recorder.notes()) > (4 if bpm == 20 else 40), 30)
    since = recorder.client.frame_time
    process.terminate()
    silent(recorder, since)
    assert process.wait(5) == 0


def test_a_composer_that_is_held_up_is_waited_for_and_goes_on_at_a_bar_line(playing, recorder):
    composer = children(playing.pid)["composer"]
    os.kill(composer, signal.SIGSTOP)
    recorder.wait_for(lambda: time.sleep(2.5) or not recorder.sounding(), 15)
    heard = recorder.notes()
    time.sleep(1)
    assert recorder.notes() == heard
    os.kill(composer, signal.SIGCONT)
    recorder.wait_for(lambda: len(recorder.notes()) > len(heard) + 8)
    first = recorder.notes()[0][0]
    late = [(frame - first) / STEP for frame, *_ in recorder.notes()[len(heard) :]]
    # No burst, and on the grid of the notes before.
    assert late == [pytest.approx(round(step), abs=0.01) for step in late]
    assert round(late[-1]) - round(late[0]) >= 1
    since = recorder.client.frame_time
    playing.terminate()
    silent(recorder, since)
