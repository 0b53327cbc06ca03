"""What somebody played, in voices and as the past of a song that answers."""

import numpy as np
import pytest

from musicgan.codecs.stream import Sounded
from musicgan.compose.answer import hear_answered, to_voices
from musicgan.compose.bars import LiveSong
from musicgan.compose.rules import Rules
from musicgan.compose.settings import Settings
from musicgan.compose.steering import Steering
from musicgan.score import Key

CHOIR = Rules(np.array([[60, 81], [54, 74], [48, 69], [36, 64]]), np.ones(4, bool))


def melody(*pitches, begin_step=64, voice=0):
    """A note a beat on sixteenths."""
    return [Sounded(begin_step + 4 * i, 4, pitch, 90, voice) for i, pitch in enumerate(pitches)]


def answer(choir, notes, from_step=96, bars=4, **settings):
    """The bars of a song that leaves nothing to chance."""
    asked = Settings(bars=bars, top_p=0.01, critic=0, **settings)
    return list(LiveSong(choir, asked, hear_answered(choir, notes, from_step)).bars())


def voices(rules, *chords):
    """(pitch, voice) of chords a beat apart."""
    notes = [Sounded(4 * i, 4, pitch, 80, 9) for i, chord in enumerate(chords) for pitch in chord]
    return [(note.pitch, note.voice) for note in to_voices(notes, rules)]


def test_a_full_chord_goes_to_the_voices_from_the_top():
    assert voices(CHOIR, (48, 72, 64, 55)) == [(72, 0), (64, 1), (55, 2), (48, 3)]


def test_fewer_notes_go_to_the_highest_voices_that_have_them():
    assert voices(CHOIR, (72,)) == [(72, 0)]
    assert voices(CHOIR, (56,), (40,)) == [(56, 1), (40, 3)]
    assert voices(CHOIR, (72, 43)) == [(72, 0), (43, 3)]


def test_what_no_voice_has_goes_to_the_nearest_and_inner_notes_beyond_all_voices_nowhere():
    assert voices(CHOIR, (90,)) == [(90, 0)]
    assert voices(CHOIR, (52, 48, 43, 36)) == [(52, 0), (48, 1), (43, 2), (36, 3)]
    assert voices(CHOIR, (84, 76, 72, 67, 60, 48)) == [(84, 0), (76, 1), (60, 2), (48, 3)]


def test_voices_that_play_chords_share_what_is_left_over():
    piano = Rules(np.array([[40, 100], [20, 70], [127, 0], [0, 127]]), np.array([False] * 4))
    notes = [Sounded(0, 4, pitch, 80, 0) for pitch in (84, 76, 72, 60, 48)]
    given = [(note.pitch, note.voice) for note in to_voices(notes, piano, drums={3})]
    assert given == [(84, 0), (76, 0), (72, 0), (60, 1), (48, 1)]


def test_a_single_voice_lets_go_of_its_note_for_the_next_one():
    notes = [Sounded(3, 9, 74, 80, 0), Sounded(0, 9, 72, 80, 0)]
    assert to_voices(notes, CHOIR) == [Sounded(0, 3, 72, 80, 0), Sounded(3, 9, 74, 80, 0)]


def test_what_is_heard_of_them(choir):
    heard = hear_answered(choir, melody(60, 62, 64, 65, 67, 69, 71, 72, 74), 95)
    # From the bar line before them; what begins at step 96 is left out, what lasts so long is cut.
    assert heard.start_step == 64
    assert heard.rows[:, 0].tolist() == [0, 4, 4, 4, 4, 4, 4, 4]
    assert heard.rows[:, 3].tolist() == [4, 4, 4, 4, 4, 4, 4, 3]
    assert heard.key == Key(0, 0)


@pytest.mark.parametrize("from_step", [96, 101])
def test_an_answer_begins_where_it_should_and_holds_none_of_what_was_played(choir, from_step):
    notes = melody(60, 62, 64, 65, 67, 69, 71, 72)
    bars = answer(choir, notes, from_step)
    first = from_step // 16
    assert [bar.number for bar in bars][:2] == [first, first + 1]
    assert bars[0].from_step == from_step
    found = [note for bar in bars for note in bar.notes]
    assert len(found) > 10
    assert all(from_step <= note.onset_step for note in found)
    end = max(note.onset_step + note.duration_step for note in found)
    assert bars[-1].start_step < end <= bars[-1].start_step + 16


def test_an_answer_has_the_bars_of_its_settings(choir):
    assert len(answer(choir, melody(60, 62), bars=3)) == 3


def test_another_melody_has_another_answer(choir):
    def found(*pitches, **settings):
        return [bar.notes for bar in answer(choir, melody(*pitches), key=Key(0, 0), **settings)]

    assert found(60, 62, 64, 65) == found(60, 62, 64, 65)
    assert found(60, 62, 64, 65) != found(72, 71, 69, 67)


def test_the_key_is_what_was_played_unless_asked_otherwise(choir):
    in_d = melody(62, 64, 66, 67, 69, 71, 73, 74, 69, 66, 62, begin_step=0)
    heard = hear_answered(choir, in_d, 48)
    assert LiveSong(choir, Settings(), heard).plan.key == Key(0, 2)
    assert LiveSong(choir, Settings(key=Key(0, 5)), heard).plan.key == Key(0, 5)


def test_a_long_silence_before_the_answer_is_none_to_its_end(choir):
    bars = answer(choir, melody(60, begin_step=0), from_step=160)
    assert bars[0].from_step == 160
    assert all(note.onset_step >= 160 for bar in bars for note in bar.notes)


def test_without_notes_a_song_just_begins_there(choir):
    bars = answer(choir, [], from_step=96)
    assert bars[0].from_step == 96
    plain = LiveSong(choir, Settings(bars=4, top_p=0.01, critic=0))
    moved = [(n.onset_step - 96, n.pitch, n.voice) for bar in bars for n in bar.notes]
    assert moved == [(n.onset_step, n.pitch, n.voice) for bar in plain.bars() for n in bar.notes]


def test_an_answer_can_be_steered_and_is_taken_back_no_further_than_its_beginning(choir):
    song = LiveSong(choir, Settings(bars=4), hear_answered(choir, melody(60, 62, 64), 96))
    song.rewind(0, Steering(density=1.0))
    assert song.next().from_step == 96
    song.next()
    song.rewind(0, Steering())
    assert (song.next().from_step, song.next().number) == (96, 7)
