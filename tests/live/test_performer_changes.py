"""What was planned changes on the way: the tempo, the rest of a bar, a bar that is held."""

import pytest

from .performing import BAR, TPB, bar, heard, ons, performer, play, quarters, rest_of_bar, sounding


def test_a_change_of_tempo_moves_what_is_not_yet_given():
    perform, backend = performer(lookahead_sec=0.1)
    perform.add(bar(0, (0, 1, 60), (2, 3, 62)))
    play(perform, backend, 1.5)
    perform.clock.set_tempo(60, backend.time_sec)
    play(perform, backend, 5.0)
    assert heard(backend)[2:] == [(2.5, "on", 62), (3.5, "off", 62)]


def test_a_change_of_tempo_moves_what_the_queue_was_given_already():
    perform, backend = performer(lookahead_sec=2.0)
    perform.add(quarters(0, 60))
    play(perform, backend, 1.2)
    perform.clock.set_tempo(60, backend.time_sec)  # at beat 0.4 and a bit
    begin = perform.clock.due_sec(0)
    play(perform, backend, 6.0)
    expected = [(1.0, 60)] + [(begin + beat, 60 + beat) for beat in (1, 2, 3)]
    assert ons(backend) == [(pytest.approx(at, abs=0.001), pitch) for at, pitch in expected]
    assert not sounding(backend)


@pytest.mark.parametrize("queued", [True, False])
def test_the_rest_of_a_bar_is_replaced_and_what_is_past_stands(queued):
    perform, backend = performer(queued)
    perform.add(quarters(0, 60))
    perform.add(quarters(1, 70))
    play(perform, backend, 1.7)
    perform.replace(rest_of_bar(0, 2, (2, 2.5, 80), (3, 3.5, 81)))
    perform.add(quarters(1, 90))
    play(perform, backend, 5.2)
    assert [pitch for _, pitch in ons(backend)] == [60, 61, 80, 81, 90, 91, 92, 93]
    assert perform.sender.counts.underruns == 0


def test_what_comes_too_late_of_a_replaced_bar_is_left_out():
    perform, backend = performer()
    perform.add(quarters(0, 60))
    play(perform, backend, 2.3)  # beat 2.6
    perform.replace(rest_of_bar(0, 2, (2, 2.5, 80), (3, 3.5, 81)))
    play(perform, backend, 3.5)
    assert [pitch for _, pitch in ons(backend)] == [60, 61, 62, 81]


def test_a_bar_still_to_come_is_replaced_with_all_after_it():
    perform, backend = performer()
    for number in range(3):
        perform.add(quarters(number, 60 + 10 * number))
    play(perform, backend, 1.2)
    perform.replace(quarters(1, 40))
    play(perform, backend, 8.0)
    assert [pitch for _, pitch in ons(backend)] == [60, 61, 62, 63, 40, 41, 42, 43]


def test_where_a_change_can_begin_is_the_next_beat_that_leaves_time_for_it():
    perform, backend = performer()
    assert perform.change_at(0.2, TPB) == (0, pytest.approx(1.0))
    perform.add(quarters(0, 60))
    play(perform, backend, 1.6)  # beat 1.2
    assert perform.change_at(0.2, TPB) == (2 * TPB, pytest.approx(0.4, abs=0.02))
    assert perform.change_at(0.6, TPB) == (3 * TPB, pytest.approx(0.9, abs=0.02))
    assert perform.change_at(0.2, BAR) == (BAR, pytest.approx(1.4, abs=0.02))


@pytest.mark.parametrize("queued", [True, False])
def test_a_held_bar_comes_again_and_again_and_then_the_next_one(queued):
    perform, backend = performer(queued)
    perform.add(quarters(0, 60))
    perform.add(quarters(1, 70))
    play(perform, backend, 2.0)
    perform.hold(True)
    play(perform, backend, 6.0)
    perform.hold(False)
    play(perform, backend, 9.3)
    pitches = [pitch for _, pitch in ons(backend)]
    assert pitches == [60, 61, 62, 63] * 3 + [70, 71, 72, 73]
    assert [round(at, 1) for at, _ in ons(backend)] == [1 + beat / 2 for beat in range(16)]
    assert perform.sender.counts.underruns == 0


@pytest.mark.parametrize("is_held", [True, False])
def test_after_the_last_bar_there_is_nothing_to_change_but_what_would_come_next(is_held):
    perform, backend = performer()
    for number in range(3):
        perform.add(quarters(number, 60))
    play(perform, backend, 5.5)
    perform.hold(is_held)
    play(perform, backend, 6.5)
    song_tick, _ = perform.change_at(1.0, TPB)
    assert song_tick == 3 * BAR
