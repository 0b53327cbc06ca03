"""What a player does at the desk and on the keyboard, and what the composer is asked for then."""

import time

import numpy as np
import pytest

from musicgan.compose.steering import Steering
from musicgan.live.clocks.internal import LEAD_SEC
from musicgan.live.orders import Answer, End, More, NewBar, Steer

from .port_thread import BAR, BAR_SEC, TPB, bar, cc


def test_a_knob_has_the_music_composed_anew_from_a_beat_and_what_was_asked_before_is_void(begin):
    port = begin()
    port.give(bar(0), bar(1))
    assert port.order() == More()
    port.backend.play(*cc("density", 127))
    order = port.order()
    assert isinstance(order, Steer) and order.take == 1
    assert order.steering == Steering(density=1.0)
    assert order.from_step % 4 == 0 and order.from_step <= 32
    port.bars.send(NewBar(0, bar(2, 40)))
    tick = order.from_step * TPB // 4
    port.bars.send(NewBar(1, bar(tick // BAR, 70, from_tick=tick)))
    port.give(bar(tick // BAR + 1, 71), None, take=1)
    pitches = [pitch for _, pitch in [*port.told(), *port.notes()][-4:] if isinstance(pitch, int)]
    assert pitches[-2:] == [70, 71] and 40 not in pitches


def test_keys_of_the_terminal_move_the_same_knobs(begin):
    port = begin()
    port.give(bar(0), bar(1))
    port.control.send(("key", "D"))
    while isinstance(order := port.order(), More):
        port.bars.send(NewBar(0, bar(2)))
    assert order.steering == Steering(density=0.1)


def test_a_voice_is_muted_by_its_number(begin):
    port = begin()
    port.control.send(("key", "1"))
    port.give(bar(0), bar(1), None)
    assert port.told()[-1][1]["notes"] == 0


def test_a_bar_is_held_and_let_go(begin):
    port = begin()
    port.give(bar(0, 60), bar(1, 62))
    time.sleep(LEAD_SEC + 0.1)
    port.control.send(("key", "h"))
    time.sleep(3 * BAR_SEC)
    port.control.send(("key", "h"))
    for number in range(2, 9):
        while not port.bars.poll(0.1) and port.thread.is_alive():
            pass
        if not port.thread.is_alive():
            break
        port.bars.recv()
        port.bars.send(NewBar(0, bar(number, 60 + 2 * number)) if number < 3 else End(0))
    pitches = [pitch for _, pitch in port.notes()]
    assert pitches[:3] == [60, 60, 60] and pitches[-2:] == [62, 64]
    assert set(pitches[:-2]) == {60}
    apart = np.diff([at for at, _ in port.notes()])
    assert apart == pytest.approx(BAR_SEC)


def test_the_chord_of_the_left_hand_is_kept_to(begin):
    port = begin(duet="chords")
    port.give(bar(0), bar(1))
    for pitch in (48, 52, 67):
        port.backend.play(0x90, pitch, 80)
    orders = []
    while not orders or orders[-1].steering.chord != {0, 4}:
        order = port.order()
        if isinstance(order, Steer):
            orders.append(order)
            tick = order.from_step * TPB // 4
            port.bars.send(NewBar(order.take, bar(tick // BAR, 70, from_tick=tick)))
        else:
            port.bars.send(NewBar(orders[-1].take if orders else 0, bar(2)))
    assert orders[-1].steering == Steering(chord=frozenset({0, 4}))


def test_in_a_duet_the_model_rests_while_the_player_plays_and_answers_after_a_pause(begin):
    port = begin(duet="follow")
    port.give(bar(0, 60), bar(1, 62))
    time.sleep(LEAD_SEC + 0.1)
    port.backend.play(0x90, 72, 80)
    time.sleep(0.15)
    port.backend.play(0x80, 72, 0)
    while isinstance(order := port.order(), More):
        port.bars.send(NewBar(0, bar(2)))
    assert isinstance(order, Answer)
    assert [note.pitch for note in order.notes] == [72]
    assert order.from_step % 16 == 0
    number = order.from_step // 16
    assert 0 < order.from_step - order.notes[0].onset_step <= 2 * 16
    port.bars.send(NewBar(1, bar(number, 80)))
    port.give(bar(number + 1, 81), None, take=1)
    port.told()
    notes = port.notes()
    assert [pitch for _, pitch in notes] == [60, 80, 81]
    bars = [at / BAR_SEC for at, _ in notes]
    assert bars == [pytest.approx(round(b), abs=0.01) for b in bars]
    assert 72 not in [m[1] for _, m in port.backend.sent if m[0] < 0xB0]


def test_what_comes_back_through_a_loop_is_not_taken_for_a_player(begin):
    port = begin(duet="follow")
    port.give(bar(0, 60), bar(1, 62))
    while not port.backend.sent:
        time.sleep(0.01)
    at, message = next(entry for entry in port.backend.sent if entry[1][0] & 0xF0 == 0x90)
    time.sleep(max(0.0, at + 0.002 - time.monotonic()))
    port.backend.to_hear.append((at + 0.002, message))
    port.give(bar(2, 64), None)
    port.told()
    assert [pitch for _, pitch in port.notes()] == [60, 62, 64]


def test_what_is_played_is_sent_on_only_when_asked_and_ends_with_the_music(begin):
    port = begin(thru=True)
    port.give(bar(0), bar(1))
    port.backend.play(0x93, 40, 80)
    time.sleep(0.1)
    port.end()
    own = [m for _, m in port.backend.sent if m[0] in (0x93, 0x83)]
    assert own == [b"\x93\x28\x50", b"\x83\x28\x00"]


def test_a_note_before_the_music_has_begun_does_not_keep_it_from_beginning(begin):
    port = begin(duet="follow")
    port.backend.play(0x90, 72, 80)
    time.sleep(0.05)
    port.give(bar(0, 60), bar(1, 62), None)
    assert port.told()[-1][1]["reason"] == "finished"
    assert [pitch for _, pitch in port.notes()] == [60, 62]


def test_answers_are_asked_for_in_vain_while_the_clock_stands(begin):
    port = begin(clock="midi", must_listen=True)
    port.give(bar(0), bar(1))
    port.control.send(("key", "a"))
    states = (port.control.recv() for _ in range(100))
    assert any("no time yet" in what.get("said", "") for _, what in states)
    port.end()
    assert port.told()[-1][1]["reason"] == "stopped"


def test_who_begins_to_play_in_the_last_bar_is_answered(begin):
    port = begin(duet="follow")
    port.give(bar(0, 60), bar(1, 62), None)
    time.sleep(LEAD_SEC + 0.1)
    port.backend.play(0x90, 72, 80)
    time.sleep(0.15)
    port.backend.play(0x80, 72, 0)
    order = port.order()
    assert isinstance(order, Answer) and [note.pitch for note in order.notes] == [72]
    port.bars.send(End(1))
    assert port.told()[-1][1]["reason"] == "finished"


def test_half_a_note_on_is_none(begin):
    port = begin()
    port.backend.play(0x90, 72)
    port.give(bar(0, 60), None)
    assert port.told()[-1][1]["reason"] == "finished"
