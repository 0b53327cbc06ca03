"""The composing process, in a thread: what it answers to each order."""

import threading
from multiprocessing import Pipe

import pytest

from musicgan.compose.player import open_player
from musicgan.compose.settings import Settings
from musicgan.compose.steering import Steering
from musicgan.live import composer
from musicgan.live.composer import ComposerOptions, Composing
from musicgan.live.orders import Answer, End, Failed, HeardNote, More, NewBar, Steer

BAR = 4 * 480


def composing(choir_file, bars=3, endless=False):
    options = ComposerOptions(choir_file, Settings(bars=bars, seed=3), (0, 1, 2, 3), endless)
    return Composing(open_player(choir_file), options)


def test_bars_come_one_by_one_and_then_the_end(choir_file):
    made = composing(choir_file)
    bars = [made.obey(More()) for _ in range(4)]
    assert [answer.bar.start_tick for answer in bars[:3]] == [0, BAR, 2 * BAR]
    assert bars[3] == End(0)


def test_an_endless_stream_goes_on_with_another_song_whose_bars_are_numbered_on(choir_file):
    made = composing(choir_file, bars=2, endless=True)
    bars = [made.obey(More()).bar for _ in range(5)]
    assert [bar.number for bar in bars] == [0, 1, 2, 3, 4]
    assert [bar.start_tick for bar in bars] == [number * BAR for number in range(5)]
    assert all(note.on_tick >= bar.start_tick for bar in bars for note in bar.notes)
    first = [[(n.on_tick - bar.start_tick, n.pitch) for n in bar.notes] for bar in bars]
    assert first[:2] != first[2:4]


def test_a_turned_knob_composes_the_rest_of_a_bar_anew_in_another_take(choir_file):
    made = composing(choir_file)
    made.obey(More())
    made.obey(More())
    answer = made.obey(Steer(1, 20, Steering(register=1.0)))
    assert (answer.take, answer.bar.number, answer.bar.from_tick) == (1, 1, 20 * 120)
    assert all(note.on_tick >= 20 * 120 for note in answer.bar.notes)
    assert made.obey(More()).take == 1


def test_what_a_player_played_is_answered_from_a_bar_line_on(choir_file):
    notes = tuple(HeardNote(step, 4, 60 + step % 5, 80) for step in range(32, 64, 4))
    answer = composing(choir_file, bars=8).obey(Answer(1, 64, notes))
    assert isinstance(answer, NewBar)
    assert (answer.bar.number, answer.bar.start_tick) == (4, 64 * 120)


def test_a_model_that_fails_is_told_in_one_line(choir_file, monkeypatch):
    class Broken:
        def __init__(self, player, options):
            pass

        def obey(self, order):
            raise ValueError("no")

    monkeypatch.setattr(composer, "Composing", Broken)
    monkeypatch.setattr(composer.signal, "signal", lambda *_: None)
    asked, ask = Pipe()
    orders, bars = Pipe()
    ask.send(ComposerOptions(choir_file, Settings(), (0, 1, 2, 3)))
    bars.send(More())
    thread = threading.Thread(target=composer.run_composer, args=(asked, orders))
    thread.start()
    assert bars.poll(10)
    assert bars.recv() == Failed("the composer failed: ValueError: no")
    thread.join()


@pytest.mark.parametrize("endless", [False, True])
def test_an_answer_can_be_steered_and_goes_on(choir_file, endless):
    made = composing(choir_file, bars=8, endless=endless)
    made.obey(Answer(1, 64, (HeardNote(60, 4, 62, 80),)))
    answer = made.obey(Steer(2, 68, Steering(density=1.0)))
    assert (answer.take, answer.bar.from_tick) == (2, 68 * 120)
