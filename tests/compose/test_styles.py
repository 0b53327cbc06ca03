"""Models by name: bundled ones, a person's own, and what cannot be."""

import pytest

from musicgan.compose.styles import (
    all_styles,
    bundled_styles,
    own_path,
    own_styles,
    remove_style,
    style_path,
)
from musicgan.errors import ModelFileError


@pytest.fixture
def mine(choir_file, tmp_path, monkeypatch):
    """A folder of own styles with one model, `mine`."""
    folder = tmp_path / "styles"
    folder.mkdir()
    monkeypatch.setenv("MUSICGAN_STYLES", str(folder))
    (folder / "mine.safetensors").write_bytes(choir_file.read_bytes())
    return folder


def test_own_models_are_found_beside_the_bundled(mine):
    assert own_styles() == ["mine"]
    assert style_path("mine") == own_path("mine") == mine / "mine.safetensors"
    assert style_path("chorale").parent.name == "bundled"
    found = all_styles()
    assert [style.name for style in found] == [*bundled_styles(), "mine"]
    assert [style.is_own for style in found] == [*[False] * len(bundled_styles()), True]
    assert found[-1].metadata["style"] == "tiny"


def test_what_is_no_model_is_passed_over(mine):
    (mine / "broken.safetensors").write_bytes(b"nothing")
    assert "broken" not in [style.name for style in all_styles()]


def test_an_unknown_name_lists_all_choices(mine):
    choices = ", ".join(sorted([*bundled_styles(), "mine"]))
    with pytest.raises(ModelFileError, match=f"style 'nope': choose one of {choices}"):
        style_path("nope")


def test_a_bundled_name_and_what_is_no_name_are_refused(mine):
    with pytest.raises(ModelFileError, match="style 'chorale' comes with musicgan"):
        own_path("chorale")
    for name in ("", "../up", "a/b", ".hidden", "two words"):
        with pytest.raises(ModelFileError, match="a name is letters, digits"):
            own_path(name)


def test_an_own_model_is_kept_when_musicgan_comes_with_its_name(mine):
    """An upgrade brings new styles; what was trained before them is still found and removed."""
    (mine / "mine.safetensors").rename(mine / "chorale.safetensors")
    assert style_path("chorale") == own_path("chorale") == mine / "chorale.safetensors"
    assert remove_style("chorale") == [mine / "chorale.safetensors"]
    assert style_path("chorale").parent.name == "bundled"


def test_removing_takes_the_run_along_and_nothing_else(mine):
    run = mine / "mine.safetensors.run"
    run.mkdir()
    (run / "log.jsonl").write_text("{}")
    (mine / "other.safetensors").write_bytes((mine / "mine.safetensors").read_bytes())
    assert remove_style("mine") == [mine / "mine.safetensors", run]
    assert [path.name for path in mine.iterdir()] == ["other.safetensors"]
    with pytest.raises(ModelFileError, match="style 'mine': choose one of other"):
        remove_style("mine")
    with pytest.raises(ModelFileError, match="comes with musicgan"):
        remove_style("chorale")


def test_links_are_removed_and_what_they_point_to_stays(mine, tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (mine / "gone.safetensors").symlink_to(tmp_path / "nowhere")
    (mine / "mine.safetensors.run").symlink_to(kept)
    assert remove_style("gone") == [mine / "gone.safetensors"]
    assert len(remove_style("mine")) == 2
    assert kept.is_dir() and not list(mine.iterdir())


def test_a_name_is_as_long_as_disks_have_room_for(mine):
    assert own_path("\u00e4" * 30)
    with pytest.raises(ModelFileError, match="60 bytes at most"):
        own_path("\u00e4" * 31)
