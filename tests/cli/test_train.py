"""`musicgan train`: a folder in, a model out that plays; mistakes are one line."""

import shutil
from pathlib import Path

import mido
import pytest
from click.testing import CliRunner
from train.making import few_songs

from musicgan.cli import main
from musicgan.model.file import ModelFile, read_metadata

TUNES = Path(__file__).parents[2] / "midi_data" / "bach-chorales"


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def some_tunes(folder):
    folder.mkdir()
    for tune in sorted(TUNES.glob("*.mid"))[:16]:
        shutil.copy(tune, folder)
    return folder


@pytest.fixture
def folder(tmp_path):
    return some_tunes(tmp_path / "music")


@pytest.fixture
def styles(tmp_path, monkeypatch):
    """An empty folder of own styles."""
    monkeypatch.setenv("MUSICGAN_STYLES", str(tmp_path / "styles"))
    return tmp_path / "styles"


SETTINGS = 'minutes = 0.1\nhidden = 12\ngrid = 8\nvary-tempo = 20\nvoice = ["S:40", "A"]\n'


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder of tunes and of one text, learned; the folder of styles and what was printed."""
    root = tmp_path_factory.mktemp("trained")
    music = some_tunes(root / "music")
    (music / "text.mid").write_text("no music")
    (root / "settings.toml").write_text(SETTINGS)
    with few_songs() as patch:
        patch.setenv("MUSICGAN_STYLES", str(root / "styles"))
        found = run("train", music, "--config", root / "settings.toml", "--hidden", 8)
        assert found.exit_code == 0, found.output
        yield root / "styles", found.output


def test_a_folder_becomes_a_style_of_its_name_that_plays(trained, tmp_path):
    styles, printed = trained
    assert (styles / "music.safetensors.run" / "log.jsonl").is_file()
    assert "play it with: musicgan generate --style music" in printed
    song = tmp_path / "song.mid"
    played = run("generate", "--style", "music", "--out", song, "--bars", 4, "--seed", 1)
    assert played.exit_code == 0, played.output
    assert any(message.type == "note_on" for message in mido.MidiFile(song))


def test_a_style_that_is_there_is_not_replaced(trained, folder):
    again = run("train", folder, "--minutes", 0.1)
    assert again.exit_code == 2
    assert "there is a style 'music': choose another name, or: musicgan models remove music" in (
        " ".join(again.output.split())
    )


def test_settings_come_from_a_file_and_the_command_line_goes_before(trained):
    styles, _ = trained
    said = read_metadata(styles / "music.safetensors")
    assert (said["options"]["hidden"], said["options"]["grid"]) == (8, 8)
    assert [slot[0] for slot in said["codec"]["options"]["slots"]] == ["S", "A", "Tenor", "Bass"]
    assert said["music"]["pieces"] + said["music"]["held_out"] < 16


def test_files_that_cannot_be_used_are_counted(trained):
    assert "1 files cannot be used: musicgan data" in trained[1]


def test_a_model_at_a_path_is_played_from_there(folder, tmp_path, monkeypatch):
    made = ModelFile({}, {"metrics": {"likelihood": {"score": 2.5, "step": 9}}}, "")
    monkeypatch.setattr("musicgan.train.run.train", lambda *_, **__: made)
    out = tmp_path / "mine.safetensors"
    found = run("train", folder, "--out", out)
    assert found.exit_code == 0, found.output
    assert "likelihood: best score 2.5 at step 9" in found.output
    assert f"play it with: musicgan generate --model {out} --out song.mid" in found.output


@pytest.mark.parametrize(
    ("words", "text", "name", "value"),
    [
        ([], "", "pedal", None),
        (["--pedal"], "", "pedal", True),
        (["--no-pedal"], "pedal = true", "pedal", False),
        ([], "pedal = false", "pedal", False),
        ([], "", "drums", None),
        (["--no-drums"], "drums = true", "drums", False),
        ([], "drums = true", "drums", True),
        ([], "", "slow_critic", None),
        (["--no-slow-critic"], "", "slow_critic", False),
        ([], "slow-critic = true", "slow_critic", True),
        ([], "", "candidates", None),
        (["--critic", 0], "critic = 4", "candidates", 0),
        ([], "critic = 4", "candidates", 4),
        ([], "", "parallels", None),
        (["--parallels", 0.5], "", "parallels", 0.5),
        ([], "", "crossings", None),
        ([], "crossings = 2", "crossings", 2),
        (["--returns", 3], "returns = 2", "returns", 3),
        (["--tessitura", 1], "tessitura = 0.5", "tessitura", 1),
        (["--dropout", 0.95], "", "dropout", 0.95),
    ],
)
def test_what_the_music_would_decide_can_be_asked_for(
    folder, tmp_path, monkeypatch, words, text, name, value
):
    made, seen = ModelFile({}, {"metrics": {}}, ""), []
    monkeypatch.setattr(
        "musicgan.train.run.train", lambda _, __, options, **___: seen.append(options) or made
    )
    (tmp_path / "settings.toml").write_text(text)
    where = "--out", tmp_path / "x.safetensors", "--config", tmp_path / "settings.toml"
    assert run("train", folder, *words, *where).exit_code == 0
    assert [getattr(options, name) for options in seen] == [value]


def test_one_voice_need_not_be_a_list_of_one(folder, tmp_path):
    (tmp_path / "settings.toml").write_text('voice = "S:128"')
    words = ("--out", tmp_path / "x.safetensors", "--config", tmp_path / "settings.toml")
    found = run("train", folder, *words)
    assert "voice 'S:128': write NAME or NAME:PROGRAM" in found.output


def test_an_unfinished_training_is_not_begun_anew_by_mistake(folder, styles):
    run_folder = styles / "mine.safetensors.run"
    run_folder.mkdir(parents=True)
    (run_folder / "checkpoint.safetensors").write_bytes(b"hours of work")
    found = run("train", folder, "--name", "mine", "--minutes", 0.1)
    assert found.exit_code == 2
    said = " ".join(found.output.split())
    assert "there is an unfinished training: --resume goes on with 'mine'" in said
    assert (run_folder / "checkpoint.safetensors").read_bytes() == b"hours of work"
    assert run("models", "remove", "mine", "--yes").exit_code == 0
    assert not run_folder.exists()


def test_a_name_that_cannot_be_is_refused_before_anything_is_read(tmp_path, styles):
    for name, said in (("chorale", "comes with musicgan"), ("a/b", "a name is letters")):
        found = run("train", tmp_path, "--name", name)
        assert found.exit_code == 2
        assert said in found.output


@pytest.mark.parametrize(
    ("text", "said"),
    [("minuets = 3", "no setting 'minuets': choose of codec, "), ("minutes =", "Invalid value")],
)
def test_a_settings_file_that_cannot_be_read_says_why(folder, tmp_path, text, said):
    (tmp_path / "settings.toml").write_text(text)
    words = ("--out", tmp_path / "x.safetensors", "--config", tmp_path / "settings.toml")
    found = run("train", folder, *words)
    assert found.exit_code == 2
    assert said in " ".join(found.output.split())


@pytest.mark.parametrize(
    ("option", "value", "range_"),
    [
        ("--minutes", "0", "from 0.1"),
        ("--seed", "-1", "from 0 to 9223372036854775807"),
        ("--seed", str(2**63), "from 0 to 9223372036854775807"),
        ("--hidden", "4", "from 8 to 4096"),
        ("--grid", "49", "from 1 to 48"),
        ("--fine", "65", "from 1 to 64"),
        ("--velocities", "0", "from 1 to 127"),
        ("--dropout", "0.96", "from 0 to 0.95"),
        ("--transpose", "13", "from 0 to 12"),
        ("--vary-velocity", "-1", "from 0 to 126"),
        ("--vary-tempo", "101", "from 0 to 100"),
        ("--critic", "257", "from 0 to 256"),
        ("--parallels", "0", "from 0.02 to 10"),
        ("--crossings", "11", "from 0.02 to 10"),
        ("--returns", "0.01", "from 0.02 to 10"),
        ("--tessitura", "1.1", "from 0 to 1"),
    ],
)
def test_what_is_out_of_range_is_refused_with_the_range(folder, tmp_path, option, value, range_):
    found = run("train", folder, "--out", tmp_path / "x.safetensors", option, value)
    assert found.exit_code == 2
    assert option in found.output and range_ in found.output
    assert not list(tmp_path.glob("x*"))


def test_a_device_that_is_not_there_is_one_line_before_anything_is_read(tmp_path):
    for name in ("gramophone", "cuda:99", "meta"):
        found = run("train", tmp_path, "--out", tmp_path / "x.safetensors", "--device", name)
        assert found.exit_code == 1
        line = found.output.splitlines()[-1]
        assert line.startswith(f"Error: device {name!r} cannot be used here: choose of cpu")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--voice", "lead"),
        ("--from", "lieder"),
        ("--velocities", "4"),
        ("--tracks", "order"),
        ("--transpose", "6"),
        ("--vary-velocity", "9"),
        ("--vary-tempo", "9"),
        ("--slow-critic", None),
        ("--critic", "4"),
        ("--parallels", "0.5"),
        ("--crossings", "0.5"),
        ("--returns", "0.5"),
        ("--tessitura", "0.5"),
    ],
)
def test_what_frames_know_nothing_of_is_refused(folder, tmp_path, option, value):
    out = tmp_path / "x.safetensors"
    found = run(
        "train", folder, "--out", out, "--codec", "pianoroll", option, *filter(None, [value])
    )
    assert found.exit_code == 2
    assert f"Invalid value for {option}: only for --codec events: leave it out" in found.output


def test_a_folder_that_is_not_there_is_one_line_before_torch_is_looked_for(tmp_path, monkeypatch):
    monkeypatch.setattr("musicgan.cli.train.find_spec", lambda name: None)
    found = run("train", tmp_path / "nowhere", "--out", tmp_path / "x.safetensors")
    assert found.exit_code == 1
    assert found.stderr.endswith("nowhere does not exist: give a folder of MIDI files\n")
    assert len(found.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "nope"], "style 'nope': choose one of "),
        (["--resume", "--name", "nothere"], "there is no unfinished training of 'nothere'"),
        (["--resume", "--out", "a.safetensors"], "a.safetensors.run holds no unfinished training"),
    ],
)
def test_what_is_not_there_is_said_before_anything_is_read(tmp_path, styles, words, said):
    result = run("train", tmp_path / "nowhere", *words)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_a_training_that_is_refused_leaves_nothing(tmp_path, styles):
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "a.mid").write_bytes(b"no music")
    assert run("train", tmp_path / "music", "--name", "mine").exit_code == 1
    assert list(styles.iterdir()) == []
