"""A port is found by what one remembers of its name."""

import pytest

from musicgan.errors import PortError
from musicgan.live.backends.matching import match

NAMES = ["FluidSynth:midi", "ardour:MIDI 1/midi_in 1", "ardour:MIDI 2/midi_in 1", "midi"]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("fluid", "FluidSynth:midi"), ("MIDI 2", "ardour:MIDI 2/midi_in 1"), ("*synth*", NAMES[0]),
        ("midi", "midi"), ("FLUIDSYNTH:MIDI", "FluidSynth:midi"),
    ],
)  # fmt: skip
def test_a_name_a_pattern_or_a_part_in_any_case(asked, meant):
    assert match(asked, NAMES) == meant


def test_where_several_could_be_meant_they_are_listed():
    with pytest.raises(PortError, match=r"'ardour' could be 'ardour:MIDI 1.*', 'ardour:MIDI 2"):
        match("ardour", NAMES)


@pytest.mark.parametrize(("names", "choices"), [(NAMES[:1], "'Fluid.*'"), ([], "there are none")])
def test_where_none_is_meant_the_choices_are_listed(names, choices):
    with pytest.raises(PortError, match=f"port 'x' is not there; choose one of: {choices}"):
        match("x", names)
