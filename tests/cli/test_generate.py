"""`musicgan generate`: what it writes, what it says, and how it refuses."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import mido
import pytest
from click.testing import CliRunner

from musicgan.cli import main
from musicgan.compose import styles
from musicgan.midifile import read_midi
from musicgan.model.file import load_model, save_model
from musicgan.score import Key, Tempo


def test_a_song_is_written_and_said_in_one_line(generate, tmp_path):
    result = generate("--bars", 2, "--seed", 7, "--key", "Am", "--tempo", 96)
    assert result.exit_code == 0
    score = read_midi(tmp_path / "song.mid")
    said = f"{tmp_path / 'song.mid'}: 2 bars, {len(score)} notes, Am, 96 bpm, seed 7\n"
    assert result.stdout == said
    assert result.stderr == ""
    assert score.keys == (Key(0, 9, True),)
    assert score.tempos == (Tempo(0, 625_000),)


def test_a_seed_repeats_a_song_exactly(generate, tmp_path):
    for name, seed in (("a.mid", 7), ("b.mid", 7), ("c.mid", 8)):
        assert generate("--seed", seed, "--bars", 2, out=name).exit_code == 0
    one, two, other = ((tmp_path / f"{name}.mid").read_bytes() for name in "abc")
    assert one == two != other


def test_without_a_seed_one_is_drawn_and_printed(generate, tmp_path):
    result = generate("--bars", 2)
    seed = re.search(r"seed (\d+)$", result.stdout)[1]
    assert generate("--bars", 2, "--seed", seed, out="again.mid").exit_code == 0
    assert (tmp_path / "again.mid").read_bytes() == (tmp_path / "song.mid").read_bytes()


def test_the_options_reach_the_song(generate, tmp_path):
    options = {"bars": 3, "seed": 5, "temperature": 0.9, "top-p": 0.8, "critic": 2, "key": "C"}
    options |= {"parallels": 0.5, "crossings": 0.25, "returns": 3, "tessitura": 0.75}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    assert generate(*words).exit_code == 0
    texts = [m.text for m in mido.MidiFile(tmp_path / "song.mid").tracks[0] if m.type == "text"]
    said = json.loads(texts[0])
    assert {name: said[name.replace("-", "_")] for name in options} == options


def test_chords_and_metre_reach_the_song(generate, tmp_path):
    """They are said in the file, and the key is the chords'."""
    result = generate("--chords", "| Dm C/E |Bb", "--metre", "3/4", "--bars", 4, "--seed", 1)
    assert ": 4 bars, " in result.stdout and " notes, Dm, " in result.stdout
    track = mido.MidiFile(tmp_path / "song.mid").tracks[0]
    [text] = [m.text for m in track if m.type == "text"]
    said = json.loads(text)
    assert (said["chords"], said["metre"]) == ("Dm C/E | Bb", [3, 4])
    [metre] = [m for m in track if m.type == "time_signature"]
    assert (metre.numerator, metre.denominator) == (3, 4)
    score = read_midi(tmp_path / "song.mid")
    first = score.notes[score.notes["onset_tick"] % (3 * score.ticks_per_beat) == 0]
    in_first = first[first["onset_tick"] // score.ticks_per_beat // 3 % 2 == 0]
    assert {int(pitch) % 12 for pitch in in_first["pitch"]} <= {2, 5, 9}


def test_density_and_register_reach_the_song(generate, tmp_path):
    words = ["--density", "-0.5", "--density", "Bass:1", "--register", "alto:-1"]
    assert generate(*words, "--bars", 1, "--seed", 1).exit_code == 0
    [text] = [m.text for m in mido.MidiFile(tmp_path / "song.mid").tracks[0] if m.type == "text"]
    said = json.loads(text)
    assert (said["density"], said["register"]) == ("-0.5, Bass:1", "alto:-1")
    result = generate("--bars", 1, "--seed", 1, out="plain.mid")
    assert result.exit_code == 0
    assert read_midi(tmp_path / "plain.mid") != read_midi(tmp_path / "song.mid")


def test_a_critic_that_is_not_there_is_said_to_be_missing(generate, model, tmp_path):
    assert generate("--bars", 1, "--critic", 4).stderr == ""
    file = load_model(model)
    deaf = {name: w for name, w in file.weights.items() if not name.startswith("critic.")}
    save_model(replace(file, weights=deaf), tmp_path / "deaf.safetensors")
    words = ["--model", tmp_path / "deaf.safetensors", "--bars", 1]
    result = generate(*words, "--critic", 4)
    assert result.exit_code == 0
    assert result.stderr.startswith("note: --critic 4: this model has no critic; train it with ")
    assert generate(*words).stderr == generate(*words, "--critic", 0).stderr == ""


def test_dynamics_reach_the_song(generate, tmp_path):
    """A crescendo over two bars, without a note changed."""
    assert generate("--bars", 2, "--seed", 1, "--dynamics", "pp < ff").exit_code == 0
    song = mido.MidiFile(tmp_path / "song.mid")
    [text] = [m.text for m in song.tracks[0] if m.type == "text"]
    assert json.loads(text)["dynamics"] == "pp<ff"
    loudness = [m.velocity for m in mido.merge_tracks(song.tracks) if m.type == "note_on"]
    loudness = [velocity for velocity in loudness if velocity]
    assert loudness == sorted(loudness) and loudness[0] < 60 and loudness[-1] > 85
    assert generate("--bars", 2, "--seed", 1, out="plain.mid").exit_code == 0
    plain, loud = (read_midi(tmp_path / f"{name}.mid").notes for name in ("plain", "song"))
    told = ["onset_tick", "duration_tick", "pitch", "track"]
    assert plain[told].tolist() == loud[told].tolist()


def test_instruments_reach_the_song(generate, tmp_path):
    """A flute begins at C4; the tiny choir sings from 40 to 80."""
    words = ["--instrument", "Soprano:flute", "--instrument", "bass:71"]
    assert generate(*words, "--bars", 4, "--seed", 1).exit_code == 0
    song = mido.MidiFile(tmp_path / "song.mid")
    [text] = [m.text for m in song.tracks[0] if m.type == "text"]
    assert json.loads(text)["instruments"] == "Soprano:Flute, bass:Bassoon"
    programs = [m.program for track in song.tracks for m in track if m.type == "program_change"]
    assert programs == [73, 52, 52, 70]
    score = read_midi(tmp_path / "song.mid")
    flute = score.notes["pitch"][score.notes["track"] == 0]
    assert len(flute) and flute.min() >= 60


def test_an_instrument_that_hardly_fits_is_warned_of(generate, tmp_path):
    result = generate("--instrument", "alto:piccolo", "--bars", 1)
    assert result.exit_code == 0
    said = "Warning: instrument alto:Piccolo: of what the voice plays it has only D5 to Ab5\n"
    assert result.stderr == said


def test_what_is_not_asked_for_is_not_said(generate, tmp_path):
    """Songs without the newer options are the bytes they were before."""
    assert generate("--bars", 1, "--seed", 1).exit_code == 0
    [text] = [m.text for m in mido.MidiFile(tmp_path / "song.mid").tracks[0] if m.type == "text"]
    usual = {"bars", "seed", "temperature", "top_p", "block", "critic"}
    assert set(json.loads(text)) == {"musicgan", "model", "style", *usual}


def test_several_songs_are_numbered(generate, tmp_path):
    result = generate("--count", 3, "--bars", 1, "--seed", 4)
    names = [f"song-00{i}.mid" for i in (1, 2, 3)]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert [line.split(" ")[-1] for line in result.stdout.splitlines()] == ["4", "5", "6"]


def test_a_picture_is_drawn_beside_the_song(generate, tmp_path):
    result = generate("--bars", 1, "--seed", 4, "--count", 2, "--picture")
    assert result.exit_code == 0
    for index in (1, 2):
        assert (tmp_path / f"song-00{index}.png").read_bytes().startswith(b"\x89PNG")
    (tmp_path / "other.png").mkdir()
    result = generate("--bars", 1, "--picture", out="other.mid")
    assert result.exit_code == 1
    assert result.stderr == f"Error: {tmp_path / 'other.png'}: cannot be written: Is a directory\n"


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--bars", "0", "bars 0 is out of range: from 1 to 10000"),
        ("--bars", "10001", "bars 10001 is out of range: from 1 to 10000"),
        ("--bars", "four", "'four' is not a valid integer"),
        ("--seed", "-1", "seed -1 is out of range: from 0 to "),
        ("--tempo", "19", "tempo 19.0 is out of range: from 20 to 400"),
        ("--tempo", "nan", "tempo nan is out of range: from 20 to 400"),
        ("--temperature", "0", "temperature 0.0 is out of range: from 0.05 to 5"),
        ("--top-p", "1.5", "top-p 1.5 is out of range: from 0.01 to 1"),
        ("--critic", "257", "critic 257 is out of range: from 0 to 256"),
        ("--parallels", "0", "parallels 0.0 is out of range: from 0.02 to 10"),
        ("--returns", "0", "returns 0.0 is out of range: from 0.02 to 10"),
        ("--tessitura", "2", "tessitura 2.0 is out of range: from 0 to 1"),
        ("--crossings", "11", "crossings 11.0 is out of range: from 0.02 to 10"),
        ("--count", "0", "0 is out of range: from 1 to 10000"),
        ("--key", "H", "key 'H': write a note and a mode, such as C, F#m, Bb or 'A minor'"),
        ("--key", "", "key '': write a note and a mode, such as C, F#m, Bb or 'A minor'"),
        ("--metre", "3", "metre '3': write beats in a bar and their value, such as 3/4"),
        ("--metre", "3/5", "metre 3/5: from 1 to 255 beats, of 1, 2, 4, 8, 16, 32, 64 or 128"),
        ("--chords", "C H", "chord 'H': begin with a capital letter from A to G, such as C, F#m"),
        ("--chords", "Cx", "chord 'Cx': 'x' is no kind of chord; known are maj, M, m, "),
        ("--chords", "", "chords: none are given; write one a bar, such as 'C Am F G'"),
        ("--chords", "C C C C C | F", "5 in a bar of 4 beats; at most one a beat, so put bar"),
        ("--density", "2", "density '2': write a number from -1 to 1, or a voice and a number"),
        ("--density", "nan", "density 'nan': write a number from -1 to 1, or a voice and a"),
        ("--register", "alto", "register 'alto': write a number from -1 to 1, or a voice and a"),
        ("--register", "x:1", "voice 'x' is none of the voices: soprano, alto, tenor, bass"),
        ("--dynamics", "x", "dynamics 'x': write marks from ppp, pp, p, mp, mf, f, ff, fff with"),
        ("--dynamics", "p>f", "dynamics 'p>f': p>f does not get softer; < leads to a louder mark"),
        ("--instrument", "flute", "instrument 'flute': write a voice and an instrument, such as"),
        ("--instrument", "Alto:x2", "instrument 'x2': none of General MIDI's; give a number from"),
        ("--instrument", "Alto:129", "instrument 129: General MIDI's numbers go from 1 to 128"),
        ("--instrument", "x:Flute", "voice 'x' is none of the voices: soprano, alto, tenor, bass"),
        ("--format", "wav", "'wav' is not one of 'mid', 'musicxml'"),
    ],
)
def test_a_bad_option_is_exit_2_with_the_range(generate, tmp_path, option, value, said):
    result = generate(option, value)
    assert result.exit_code == 2
    error = result.stderr.splitlines()[-1]
    assert error.startswith("Error: ")
    assert said in error
    assert list(tmp_path.iterdir()) == []


def test_out_is_needed(model):
    result = CliRunner().invoke(main, ["generate", "--model", str(model)])
    assert result.exit_code == 2
    assert "Missing option '--out'" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "out", "said"),
    [
        ([], "nowhere/song.mid", "the folder .*nowhere does not exist; create it first"),
        ([], "", "is a folder; give a file name"),
        (["--primer", "none.mid"], "song.mid", "none.mid: cannot be opened: No such file"),
        (["--primer", __file__], "song.mid", "test_generate.py: not a MIDI file"),
        (["--like", "none.mid"], "song.mid", "none.mid: cannot be opened: No such file"),
        (["--model", "none.safetensors"], "song.mid", "there is no such model file"),
        (["--model", __file__], "song.mid", "not a whole model file"),
    ],
)
def test_what_cannot_be_done_is_exit_1_in_one_line(generate, tmp_path, arguments, out, said):
    result = generate(*arguments, out=out)
    assert result.exit_code == 1
    assert re.fullmatch(rf"Error: .*{said}.*\n", result.stderr)
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def bundled(model, tmp_path, monkeypatch):
    """The tiny choir as the one model that comes with the package, by the name `tiny`."""
    folder = tmp_path / "bundled"
    folder.mkdir()
    (folder / "tiny.safetensors").write_bytes(model.read_bytes())
    monkeypatch.setattr(styles, "BUNDLED", folder)


def test_a_style_is_a_bundled_model(bundled, tmp_path):
    words = ["generate", "--style", "tiny", "--bars", "1", "--out", str(tmp_path / "song.mid")]
    assert CliRunner().invoke(main, words).exit_code == 0
    assert len(read_midi(tmp_path / "song.mid"))


def test_an_unknown_style_lists_the_choices(bundled, tmp_path):
    words = ["generate", "--style", "nope", "--out", str(tmp_path / "song.mid")]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert result.stderr == "Error: style 'nope': choose one of tiny\n"
    assert not (tmp_path / "song.mid").exists()


def test_generating_needs_neither_torch_nor_music21(model, tmp_path):
    """In a process of its own, where importing them fails."""
    script = (
        "import sys\n"
        "for name in ('torch', 'music21', 'pretty_midi', 'tensorboard'): sys.modules[name] = None\n"
        "from musicgan.cli import main\n"
        "main(sys.argv[1:], standalone_mode=False)\n"
    )
    words = ["generate", "--model", model, "--bars", "1", "--out", tmp_path / "song.mid"]
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert len(read_midi(tmp_path / "song.mid"))


@pytest.mark.parametrize("out", ["song.png", "song.mp3", "song.mxl", "song.txt"])
def test_a_name_of_something_else_is_refused_before_anything_is_composed(generate, tmp_path, out):
    result = generate("--picture", out=out)
    assert result.exit_code == 2
    assert f"{out}: a song is written as .mid or .musicxml" in " ".join(result.stderr.split())
    assert generate("--picture", "--format", "mid", out="song.png").exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_style_and_a_model_are_one_too_many(generate):
    result = generate("--style", "drums")
    assert result.exit_code == 2 and "--style with --model" in result.stderr


def test_a_model_file_given_as_a_style_is_told_where_it_belongs(bundled, tmp_path):
    words = ["generate", "--style", "my/own.safetensors", "--out", str(tmp_path / "a.mid")]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1 and "with --model" in result.stderr


def test_the_file_ends_with_the_last_bar(generate, tmp_path):
    for seed in range(5):
        assert generate("--bars", 3, "--metre", "5/8", "--seed", seed).exit_code == 0
        file = mido.MidiFile(tmp_path / "song.mid")
        lengths = {sum(message.time for message in track) for track in file.tracks}
        assert lengths == {3 * 5 * file.ticks_per_beat // 2}
