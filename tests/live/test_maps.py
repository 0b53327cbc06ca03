"""Map files: what they may say, and that what was learned is found again."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicgan.errors import MapError
from musicgan.live.controls import CONTROLS, DEFAULT_MAP
from musicgan.live.maps import read_map, write_map

maps = st.lists(
    st.tuples(st.integers(0, 119), st.sampled_from(sorted(CONTROLS))),
    unique_by=(lambda pair: pair[0], lambda pair: pair[1]),
).map(dict)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "knobs.toml"


def test_a_file_says_it_all(path):
    path.write_bytes(
        "\ufeff# Für mich\r\n[cc] # knobs\r\n\r\ndensity=21\r\n voice_1 = 36 # pad".encode()
    )
    assert read_map(path) == {21: "density", 36: "voice_1"}


@given(maps)
def test_what_is_written_is_read_again_also_by_a_reader_of_toml(tmp_path_factory, map):
    path = tmp_path_factory.getbasetemp() / "map.toml"
    path.unlink(missing_ok=True)
    write_map(path, map)
    assert read_map(path) == map
    tomllib = pytest.importorskip("tomllib")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    assert table == {"cc": {name: cc for cc, name in map.items()}}


def test_what_is_learned_is_put_into_the_file_and_all_else_in_it_stays(path):
    path.write_bytes(
        "# Für mich\r\n\r\n[cc]\r\n  voice_1=1 # pad 1\r\n".encode()
        + b"hold = 20\r\ndensity = 21  # = 21!"
    )
    write_map(path, {22: "density", 1: "voice_1", 20: "panic"})
    assert path.read_bytes().decode().split("\r\n") == [
        "# Für mich", "", "[cc]", "  voice_1=1 # pad 1", "# hold = 20", "density = 22  # = 21!",
        "panic = 20  # silence now, then go on", "",
    ]  # fmt: skip


@given(maps, maps)
def test_what_is_written_over_another_map_is_read_again(tmp_path_factory, before, after):
    path = tmp_path_factory.getbasetemp() / "both.toml"
    path.unlink(missing_ok=True)
    write_map(path, before)
    write_map(path, after)
    assert read_map(path) == after


def test_a_file_that_is_not_there_yet_gives_the_defaults(path):
    assert read_map(path) == DEFAULT_MAP
    assert not path.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[cc]\nvolume = 7", r"line 2: unknown control 'volume': there are temperature, density, "),
        ("[cc]\ndensity = 120", r"line 2: density = 120 is out of range: from 0 to 119"),
        ("[cc]\ndensity = -1", r"line 2: density = -1 is out of range"),
        ("[cc]\ndensity = 9\nhold = 9", r"line 3: CC 9 is given to both density and hold"),
        ("[cc]\nhold = 8\nhold = 9", r"line 3: hold is given twice"),
        ("[cc]\ndensity = 'x'", r"line 2: .*: write a control and its CC, such as density = 71"),
        ("[cc]\ndensity", r"line 2: 'density': write a control and its CC"),
        ("[cc]\n[keys]", r"line 2: '\[keys\]': write a control"),
        ("density = 9", r"line 1: 'density = 9': the file begins with \[cc\]"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(path, text, said):
    path.write_text(text)
    with pytest.raises(MapError, match=rf"knobs\.toml, {said}") as caught:
        read_map(path)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_read_or_written_is_said_in_one_line(path, tmp_path):
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MapError, match=r"knobs\.toml: is not text in UTF-8"):
        read_map(path)
    with pytest.raises(MapError, match="cannot be read: "):
        read_map(tmp_path)
    with pytest.raises(MapError, match=r"the folder .*nowhere does not exist; create it first"):
        read_map(tmp_path / "nowhere" / "knobs.toml")
    with pytest.raises(MapError, match="cannot be written: No such file"):
        write_map(tmp_path / "nowhere" / "knobs.toml", {})


def test_a_map_error_can_be_sent_to_another_process():
    assert str(pickle.loads(pickle.dumps(MapError("line")))) == "line"
