"""A player's hands: what CCs and keys do, and what can be read of it."""

import pickle
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.compose.steering import Steering
from musicgan.live.controls import BUTTONS, CONTROLS, DEFAULT_MAP, KEYS, KNOBS
from musicgan.live.desk import Desk

DOC = Path(__file__).resolve().parents[2] / "docs" / "live.md"
RESERVED = {0, 6, 32, 38, 64, *range(96, 102), *range(120, 128)}


def cc(number, value, channel=0):
    return bytes([0xB0 | channel, number, value])


def cc_of(name, value):
    return cc(CONTROLS[name].cc, value)


def pressed(keys, voices=4):
    desk = Desk(voices)
    for key in keys:
        desk.press(key)
    return desk


def test_an_untouched_desk_leaves_the_song_as_it_is():
    desk = Desk(4)
    assert desk.steering == Steering()
    assert (desk.line(), desk.said, desk.learning) == ("", "", None)


def test_every_control_has_a_cc_and_keys_of_its_own():
    assert len(DEFAULT_MAP) == len(CONTROLS) == len(KNOBS) + len(BUTTONS)
    assert len(KEYS) == 2 * len(KNOBS) + len(BUTTONS)
    assert not RESERVED & set(DEFAULT_MAP)


@pytest.mark.parametrize(
    ("name", "at_0", "at_64", "at_127"),
    [("temperature", 0.05, 0.95, 5), ("density", -1, 0, 1), ("register", -1, 0, 1)],
)
def test_a_cc_covers_the_range_and_64_is_neutral(name, at_0, at_64, at_127):
    for value, where in ((0, at_0), (64, at_64), (127, at_127)):
        desk = Desk(4)
        assert desk.hear(cc_of(name, value))
        assert getattr(desk.steering, name) == where


def test_the_ends_of_critic_and_morph_are_those_of_the_wheel():
    desk = Desk(4)
    for value, critic, morph in ((0, 0, 0), (127, 16, 1)):
        desk.hear(cc_of("critic", value))
        desk.hear(cc_of("morph", value))
        assert (desk.steering.critic, desk.steering.morph) == (critic, morph)
    assert isinstance(desk.steering.critic, int)


@given(st.sampled_from(KNOBS), st.integers(0, 126))
def test_to_turn_on_is_never_to_turn_back(knob, value):
    assert knob.low <= knob.at_cc(value) <= knob.at_cc(value + 1) <= knob.high


@given(st.sampled_from(KNOBS), st.lists(st.booleans(), max_size=60))
def test_keys_move_by_a_step_and_stay_within_the_range(knob, ups):
    desk = Desk(4)
    for up in ups:
        desk.press(knob.keys[up])
        value = getattr(desk.steering, knob.name)
        assert knob.low <= value <= knob.high
        assert value == round(value, 2)


def test_a_key_begins_where_the_song_stands():
    desk = Desk(4, start={"temperature": 1.2, "critic": 8})
    assert desk.steering.temperature is None
    desk.press("T")
    desk.press("c")
    assert (desk.steering.temperature, desk.steering.critic) == (1.25, 7)


def test_what_changes_nothing_says_so():
    desk = Desk(4)
    assert desk.hear(cc_of("density", 100))
    assert not desk.hear(cc_of("density", 100))
    assert all(desk.press("M") for _ in range(10))
    assert not desk.press("M")
    assert not desk.press("ä")
    assert not desk.press("")


@pytest.mark.parametrize("channel", range(16))
def test_every_channel_is_heard(channel):
    assert Desk(4).hear(cc(71, 100, channel))


@given(st.binary(max_size=4))
def test_only_mapped_ccs_do_anything(message):
    desk = Desk(4)
    is_cc = len(message) == 3 and message[0] & 0xF0 == 0xB0 and message[1] in DEFAULT_MAP
    if desk.hear(message):
        assert is_cc
    elif not is_cc:
        assert vars(desk) == vars(Desk(4))


@pytest.mark.parametrize("number", range(120, 128))
def test_channel_mode_messages_do_nothing_even_where_a_map_names_them(number):
    desk = Desk(4, {number: "panic"})
    desk.press("l")
    assert not desk.hear(cc(number, 127))
    assert desk.map == {number: "panic"}


def test_a_button_fires_from_64_up_and_not_when_it_is_let_go():
    desk = Desk(4)
    for value in (127, 0, 64, 63):
        desk.hear(cc_of("answer", value))
    assert desk.answers == 2


def test_buttons():
    desk = pressed("iihapp")
    assert desk.steering == Steering(idea=2)
    assert (desk.is_holding, desk.answers, desk.panics) == (True, 1, 2)
    desk.press("h")
    assert not desk.is_holding


def test_number_keys_mute_the_voices_there_are():
    desk = pressed("131 42")
    assert desk.muted == {1, 2, 3}
    assert not desk.press("5")
    assert not desk.hear(cc_of("voice_9", 127))
    assert desk.hear(cc_of("voice_1", 127))
    assert desk.muted == {0, 1, 2, 3}


def test_the_line_tells_what_was_touched():
    desk = pressed("DDDtTh31")
    assert desk.line() == "temperature 0.95  density +0.3  hold  muted 1 3"
    assert pressed("dD").line() == "density +0"
    desk = Desk(4)
    desk.hear(cc_of("density", 64))
    assert desk.line() == "density +0"


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("DDD", "density +0.3"),
        ("i", "new idea 1"),
        ("h", "this bar is held"),
        ("hh", "going on"),
        ("a", "answering"),
        ("p", "silence"),
        ("2", "voice 2 muted"),
        ("22", "voice 2 sounds"),
        ("ll", "nothing learned"),
    ],
)
def test_what_happened_last_in_words(keys, said):
    assert pressed(keys).said == said


def test_the_next_cc_moves_the_control_touched_last():
    desk = pressed("dl")
    assert desk.learning == "density"
    assert desk.line() == "density -0.1  learn density"
    assert desk.hear(cc(21, 127))
    assert (desk.said, desk.learning) == ("CC 21 now moves density", None)
    assert desk.steering.density == -0.1, "the CC that is learned moves nothing yet"
    assert desk.hear(cc(21, 127)) and desk.steering.density == 1
    assert not desk.hear(cc_of("density", 0)), "one CC for a control"


def test_while_learning_a_key_chooses_and_does_nothing_else():
    desk = pressed("li")
    assert (desk.learning, desk.ideas) == ("idea", 0)
    desk.press("3")
    desk.hear(cc(74, 127))
    assert desk.said == "CC 74 now moves voice 3"
    assert desk.map[74] == "voice_3" and "temperature" not in desk.map.values()


def test_panic_is_silence_even_while_learning():
    assert pressed("lp").panics == 1


def test_a_learn_button_that_is_let_go_is_not_learned():
    desk = Desk(4)
    desk.hear(cc_of("learn", 127))
    assert not desk.hear(cc_of("learn", 0))
    assert desk.learning == "temperature"


def test_learning_leaves_the_defaults_of_others_alone():
    desk = pressed("dl")
    desk.hear(cc(21, 1))
    assert Desk(4).map == DEFAULT_MAP and 21 not in DEFAULT_MAP


def test_a_desk_can_be_sent_to_another_process():
    desk = pressed("DDi2hdl")
    again = pickle.loads(pickle.dumps(desk))
    assert vars(again) == vars(desk)
    assert again.hear(cc(21, 5)) and again.map[21] == "density"


def test_the_doc_names_every_control_its_keys_and_its_cc():
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (\d+) \| (.+) \|$", DOC.read_text(), re.MULTILINE)
    keys = {knob.name: f"`{knob.keys[0]}` `{knob.keys[1]}`" for knob in KNOBS}
    keys |= {button.name: f"`{button.key}`" for button in BUTTONS}
    assert [(name, key, int(number)) for name, key, number, _ in rows] == [
        (control.name, keys[control.name], control.cc) for control in CONTROLS.values()
    ]
