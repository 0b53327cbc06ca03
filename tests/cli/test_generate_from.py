"""`musicgan generate` from music that is there: continued, varied, filled, accompanied."""

import json

import mido
import pytest

from musicgan.midifile import read_midi


def test_a_primer_is_continued(generate, tmp_path):
    assert generate("--bars", 1, "--seed", 1, out="first.mid").exit_code == 0
    result = generate("--bars", 2, "--primer", tmp_path / "first.mid")
    assert result.exit_code == 0
    assert ": 3 bars, " in result.stdout


def test_a_song_like_another_has_its_frame_and_other_notes(generate, tmp_path):
    asked = ("--bars", 9, "--seed", 1, "--key", "Am", "--metre", "3/4", "--tempo", 80)
    assert generate(*asked, "--density", 1, out="first.mid").exit_code == 0
    result = generate("--like", tmp_path / "first.mid", "--seed", 2, "--count", 2)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count(": 9 bars, ") == 2
    first, *others = (
        read_midi(tmp_path / name) for name in ("first.mid", "song-001.mid", "song-002.mid")
    )
    for other in others:
        assert (other.metres, other.tempos) == (first.metres, first.tempos)
        assert other.notes.tolist() != first.notes.tolist()
    assert others[0].notes.tolist() != others[1].notes.tolist()
    text = (tmp_path / "song-001.mid").read_bytes()
    assert b'"like": "first.mid"' in text


def test_a_primer_is_continued_in_the_manner_of_another_piece(generate, tmp_path):
    for name, seed in (("first.mid", 1), ("other.mid", 2)):
        made = generate("--bars", 9, "--seed", seed, "--density", 1, out=name)
        assert made.exit_code == 0
    first, other = tmp_path / "first.mid", tmp_path / "other.mid"
    result = generate("--primer", first, "--like", other, "--bars", 2, "--seed", 3)
    assert result.exit_code == 0, result.stderr
    heard, song = (
        read_midi(path).notes["pitch"].tolist() for path in (first, tmp_path / "song.mid")
    )
    assert song[: len(heard)] == heard and len(song) > len(heard)


def test_a_morph_goes_from_one_to_the_other_on_one_seed(generate, tmp_path):
    for name, seed in (("a.mid", 1), ("b.mid", 2)):
        made = generate("--bars", 12, "--seed", seed, "--density", 1, out=name)
        assert made.exit_code == 0
    pair = (tmp_path / "a.mid", tmp_path / "b.mid")
    result = generate("--morph", *pair, "--steps", 3, "--bars", 2, "--seed", 4)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("2 bars") == result.stdout.count("seed 4") == 3
    songs = [(tmp_path / f"song-{n:03}.mid").read_bytes() for n in (1, 2, 3)]
    assert len(set(songs)) == 3
    assert b"50% of the way from a.mid to b.mid" in songs[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--steps", "3"), "--steps says how many songs --morph makes"),
        (("--morph", "a", "b", "--steps", "1"), "1 is out of range: from 2 to 1000"),
        (("--morph", "a", "b", "--like", "c"), "--like with --morph: give one of these"),
        (("--morph", "a", "b", "--count", "2"), "--morph with --count: give one of the two"),
    ],
)
def test_options_that_exclude_each_other_are_named(generate, tmp_path, arguments, said):
    result = generate(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_bars_are_composed_anew(generate, tmp_path):
    """Bar 2 of 3; how is said in the file, and the number of bars is not."""
    assert generate("--bars", 3, "--seed", 1, out="first.mid").exit_code == 0
    first = tmp_path / "first.mid"
    words = ["--infill", first, "--from", 2, "--to", 2, "--density", 0.5]
    result = generate(*words, "--seed", 5, "--count", 2, out="filled.mid")
    assert result.exit_code == 0, result.stderr
    assert ": 3 bars, " in result.stdout.splitlines()[0]
    before = read_midi(first)
    bar_tick = 4 * before.ticks_per_beat
    for name in ("filled-001.mid", "filled-002.mid"):
        filled = read_midi(tmp_path / name)
        outside = [s.notes[s.notes["onset_tick"] // bar_tick != 1] for s in (before, filled)]
        assert outside[0].tolist() == outside[1].tolist()
        assert filled != before
    [text] = [m.text for m in mido.MidiFile(tmp_path / name).tracks[0] if m.type == "text"]
    said = json.loads(text)
    asked = {name: said.get(name) for name in ("infill", "from", "to", "density", "seed", "bars")}
    assert list(asked.values()) == ["first.mid", 2, 2, "0.5", 6, None]


def test_a_song_is_composed_around_a_melody(generate, tmp_path):
    """Of a song its bass, played by the tenor; how is said in the file."""
    assert generate("--bars", 3, "--seed", 1, out="first.mid").exit_code == 0
    words = [
        "--melody",
        tmp_path / "first.mid",
        "--melody-track",
        "bass",
        "--melody-voice",
        "tenor",
    ]
    result = generate(*words, "--seed", 5, "--key", "G", out="around.mid")
    assert result.exit_code == 0, result.stderr
    assert ": 3 bars, " in result.stdout and ", G, " in result.stdout
    before, after = read_midi(tmp_path / "first.mid"), read_midi(tmp_path / "around.mid")
    melody = before.notes[before.notes["track"] == 3][["onset_tick", "duration_tick", "pitch"]]
    tenor = [track.name for track in after.tracks].index("tenor")
    played = after.notes[after.notes["track"] == tenor]
    assert played[["onset_tick", "duration_tick", "pitch"]].tolist() == melody.tolist()
    [text] = [m.text for m in mido.MidiFile(tmp_path / "around.mid").tracks[0] if m.type == "text"]
    said = json.loads(text)
    asked = [said.get(name) for name in ("melody", "melody_track", "melody_voice", "bars")]
    assert asked == ["first.mid", "bass", "tenor", None]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--melody-track", 1], "--melody-track, --melody-voice: give --melody TUNE.mid, too"),
        (["--melody", "SONG", "--primer", "SONG"], "--melody with --primer: give one of these"),
        (["--melody", "SONG", "--melody-track", "x"], "melody-track 'x' is none of the tracks"),
        (["--melody", "SONG", "--melody-voice", "x"], "voice 'x' is none of the voices: soprano"),
        (["--melody", "SONG", "--bars", 4], "--bars: with --melody the file says how many"),
        (["--melody", "SONG", "--bars", 16], "--bars: with --melody the file says how many"),
        (["--from", 1], "--from, --to: bars of a song; give it with --infill SONG.mid"),
        (["--to", 1], "--from, --to: bars of a song; give it with --infill SONG.mid"),
        (["--infill", "SONG"], "--infill: say which bars, such as --from 9 --to 16"),
        (["--infill", "SONG", "--from", 3, "--to", 2], "bar 3 to bar 2: the last comes before"),
        (["--infill", "SONG", "--from", 1, "--to", 3], "bar 3 is not in the song: it has"),
        (["--infill", "SONG", "--from", 1, "--to", 1, "--primer", "SONG"],
         "--infill with --primer: give one of these"),
        (["--infill", "SONG", "--from", 1, "--to", 1, "--key", "C"],
         "key: bars that are filled in keep the song's; leave it out"),
    ],
)  # fmt: skip
def test_a_bad_filling_or_melody_is_exit_2_in_one_line(generate, tmp_path, words, said):
    assert generate("--bars", 2, "--seed", 1, out="song.mid").exit_code == 0
    result = generate(*(tmp_path / "song.mid" if w == "SONG" else w for w in words), out="new.mid")
    assert result.exit_code == 2
    assert said in result.stderr.splitlines()[-1]
    assert not (tmp_path / "new.mid").exists()
