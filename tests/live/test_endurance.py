"""Nobody is waited for, nothing piles up: a session that hangs, and an hour's bars."""

import os
import signal
import tracemalloc

from musicgan.compose.bars import LiveSong
from musicgan.compose.player import open_player
from musicgan.compose.settings import MAX_BARS, Settings

from .command import NAME, silent, stream


def test_a_session_that_hangs_does_not_hold_the_music_up(choir_file, recorder):
    """Stopped, it reads nothing, and the pipe to it fills; what it is told is dropped."""
    playing = stream(choir_file, "--tempo", "400")
    try:
        recorder.connect(f"{NAME}:out")
        recorder.wait_for(lambda: len(recorder.notes()) > 20)
        os.kill(playing.pid, signal.SIGSTOP)
        heard = len(recorder.notes())
        recorder.wait_for(lambda: len(recorder.notes()) > heard + 200)
        os.kill(playing.pid, signal.SIGCONT)
        since = recorder.client.frame_time
        playing.terminate()
        silent(recorder, since)
        assert playing.wait(5) == 0
    finally:
        # Left behind it would keep the server of the tests after this one.
        playing.kill()


def test_a_song_without_end_takes_no_more_memory_the_longer_it_lasts(choir_file):
    """Seven minutes of it at 120 beats a minute, against the first three."""
    song = LiveSong(open_player(choir_file), Settings(bars=MAX_BARS, seed=1, critic=0))
    tracemalloc.start()
    try:
        held = []
        for bars in (90, 200):
            while song.next().number + 1 < bars:
                pass
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert held[1] < held[0] + 300_000
