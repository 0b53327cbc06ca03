"""Somebody at a keyboard beside the model, through real ports: what they play and what comes of it.

Pitch 1 is far below what the model may play: where it is heard, it is the player's.
"""

import time
from itertools import pairwise

import pytest

from musicgan.compose.bars import LiveSong
from musicgan.compose.player import open_player
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.compose.styles import bundled_path
from musicgan.live.backends.jack import JackBackend

from .command import BPM, RATE, STEP, silent, start_stream, stream

ANSWER, LEARN, VOICE_1 = 82, 85, 102
"""CCs of the default map."""
C_MAJOR, F_MAJOR = (48, 52, 55), (41, 53, 57)


class Keyboard(JackBackend):
    """A player's."""

    def __init__(self):
        super().__init__("keyboard")

    def strike(self, *pitches, channel=0):
        """Hold these down."""
        for pitch in pitches:
            self.send_now(bytes([0x90 | channel, pitch, 80]))

    def let_go(self, *pitches, channel=0):
        """No longer."""
        for pitch in pitches:
            self.send_now(bytes([0x80 | channel, pitch, 0]))

    def press(self, cc):
        """A button, down and up."""
        self.send_now(bytes([0xB0, cc, 127]))
        self.send_now(bytes([0xB0, cc, 0]))


@pytest.fixture
def keyboard(jackd):
    made = Keyboard()
    yield made
    made.close()


@pytest.fixture
def play(choir_file, keyboard, recorder):
    """Begin a stream that hears the keyboard, and wait until it has sounded for a while."""
    begun = []

    def play(*options, start=stream, model=choir_file):
        process = start(model, "--port", "recorder:in", "--input", "keyboard:out", *options)
        begun.append(process)
        recorder.wait_for(lambda: len(recorder.notes()) > 12, 30)
        return process

    yield play
    for process in begun:
        process.kill()
        process.wait()


def pitches(recorder):
    """Those that were heard."""
    return {pitch for _, _, pitch in recorder.notes()}


def test_in_a_duet_the_model_rests_while_a_note_is_held_and_goes_on_after_it(
    play, keyboard, recorder
):
    process = play("--duet", "follow")
    keyboard.strike(1)
    recorder.wait_for(lambda: not recorder.sounding(), 5)
    heard = len(recorder.notes())
    time.sleep(1.0)
    assert len(recorder.notes()) == heard
    keyboard.let_go(1)
    recorder.wait_for(lambda: len(recorder.notes()) > heard + 8, 30)
    for voice in range(4):
        keyboard.press(VOICE_1 + voice)
    recorder.wait_for(lambda: not recorder.sounding(), 5)
    since = recorder.client.frame_time
    process.terminate()
    silent(recorder, since)
    assert 1 not in pitches(recorder)


def test_a_keyboard_that_is_unplugged_in_the_middle_of_a_note_does_not_silence_the_model(
    play, keyboard, recorder
):
    play("--duet", "follow")
    keyboard.strike(1)
    recorder.wait_for(lambda: not recorder.sounding(), 5)
    heard = len(recorder.notes())
    recorder.client.disconnect("keyboard:out", "under test:in")
    recorder.wait_for(lambda: len(recorder.notes()) > heard + 8, 30)


def test_what_was_played_is_answered_when_a_button_asks_for_it(
    play, choir_file, keyboard, recorder
):
    process = play("--bars", "24")
    for pitch in (1, 60, 64, 67, 72):
        keyboard.strike(pitch)
        time.sleep(0.1)
        keyboard.let_go(pitch)
    asked = recorder.client.frame_time
    keyboard.press(ANSWER)
    recorder.wait_for(lambda: recorder.client.frame_time - asked > 8 * RATE, 20)
    since = recorder.client.frame_time
    process.terminate()
    silent(recorder, since)
    song = compose(open_player(choir_file), Settings(24, 3, BPM, temperature=0.95))
    composed = sorted(song.notes[["onset_tick", "track", "pitch"]].tolist())
    first = recorder.notes()[0][0] - STEP * composed[0][0]
    heard = sorted((round((at - first) / STEP), c, p) for at, c, p in recorder.notes())
    press = (asked - first) / STEP
    before = [note for note in heard if note[0] < press]
    assert before == composed[: len(before)]
    # The next bar line, or the one after it where that was too near.
    assert not set(composed) >= {note for note in heard if note[0] > press + 2 * 16}
    assert 1 not in pitches(recorder)


def test_a_cc_is_learned_and_found_again_in_the_map(play, keyboard, recorder, tmp_path):
    path = tmp_path / "knobs.toml"
    path.write_text("# mine\n[cc]\nlearn = 85\nvoice_1 = 102  # a pad\n")
    process = play("--map", str(path))
    for cc in (VOICE_1, VOICE_1, LEARN, 20, 20):
        keyboard.press(cc)
    recorder.wait_for(lambda: not any(channel == 0 for channel, _ in recorder.sounding()), 5)
    heard = len(recorder.notes())
    recorder.wait_for(lambda: len(recorder.notes()) > heard + 12, 30)
    assert all(channel for _, channel, _ in recorder.notes()[heard + 1 :])
    process.terminate()
    assert process.wait(5) == 0
    assert path.read_text() == "# mine\n[cc]\nlearn = 85\nvoice_1 = 20  # a pad\n"


def test_what_is_played_goes_through_where_it_is_asked_for_and_ends_with_the_music(
    play, keyboard, recorder
):
    process = play("--thru")
    keyboard.strike(1, channel=9)
    recorder.wait_for(lambda: (9, 1) in recorder.sounding(), 5)
    since = recorder.client.frame_time
    process.terminate()
    silent(recorder, since, channels=5)


def share(recorder, chord, since_frame, until_frame, is_beat):
    """How many of the notes on the beat belong to the chord, from 0 to 1."""
    notes = [
        pitch % 12 in {tone % 12 for tone in chord}
        for frame, _, pitch in recorder.notes()
        if since_frame <= frame < until_frame and is_beat(frame)
    ]
    assert len(notes) > 8
    return sum(notes) / len(notes)


def test_the_chords_of_the_left_hand_are_kept_to_from_the_next_beat_on(play, keyboard, recorder):
    model = bundled_path("chorale")
    options = ("--duet", "chords", "--tempo", "120", "--virtual", "under test")
    process = play(*options, start=start_stream, model=model)
    beat, now = RATE // 2, lambda: recorder.client.frame_time
    onset = LiveSong(open_player(model), Settings(seed=3)).next().notes[0].onset_step
    first = recorder.notes()[0][0] - onset * beat // 4

    def is_beat(frame):
        return (frame - first + beat // 8) % beat < beat // 4

    changes = [first]
    for chord in (C_MAJOR, F_MAJOR):
        changes.append(now())
        keyboard.strike(*chord)
        recorder.wait_for(lambda: now() - changes[-1] > 12 * beat, 20)
        keyboard.let_go(*chord)
    changes.append(now())
    process.terminate()
    process.wait(5)
    free, held, other = pairwise(changes)
    assert share(recorder, C_MAJOR, *free, is_beat) < 0.7
    for chord, (since, until) in ((C_MAJOR, held), (F_MAJOR, other)):
        # The next beat that leaves time to compose; on a busy machine it may be the bar line.
        assert share(recorder, chord, since + RATE // 4, until, is_beat) > 0.85
        assert share(recorder, chord, since + 4 * beat, until, is_beat) == 1
