"""Songs in files: the same bytes for the same seed, and inside, what made them."""

import json
import os
import xml.etree.ElementTree as ET
from dataclasses import replace

import mido
import pytest
from midi_bytes import EOT, PEDALLED_SCALE, midi

import musicgan
from musicgan.compose.accompany import WAYS
from musicgan.compose.player import player_of
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.compose.tasks import MelodyTask
from musicgan.compose.write import draw_seed, provenance, takes, write_songs
from musicgan.errors import MidiReadError, MidiWriteError
from musicgan.midifile import read_midi
from musicgan.score import Key, Metre, Tempo

SETTINGS = Settings(bars=2, seed=11, key=Key(0, 9, True), tempo_bpm=96)


def write(player, out, settings=SETTINGS, count=1, **options):
    """All songs written, as a list."""
    return list(write_songs(player, takes(settings, count), out, **options))


def text_of(path):
    """The text event of a MIDI file."""
    tracks = mido.MidiFile(path).tracks
    return next(message.text for message in tracks[0] if message.type == "text")


def by_name(score):
    """The notes with the names of their tracks: one in which nothing is played is not written."""
    names = [track.name for track in score.tracks]
    return sorted((*note[:4], names[note[4]]) for note in score.notes.tolist())


def test_the_file_is_the_song(choir, tmp_path):
    (written,) = write(choir, tmp_path / "song.mid")
    song = compose(choir, SETTINGS)
    assert by_name(read_midi(tmp_path / "song.mid").snapped(4)) == by_name(song)
    assert (written.path, written.seed, written.bars) == (tmp_path / "song.mid", 11, 2)
    assert (written.notes, written.key, round(written.bpm)) == (len(song), Key(0, 9, True), 96)


def test_key_tempo_and_metre_are_in_the_file(choir, tmp_path):
    write(choir, tmp_path / "song.mid")
    score = read_midi(tmp_path / "song.mid")
    assert score.keys == (Key(0, 9, True),)
    assert score.tempos == (Tempo(0, 625_000),)
    assert score.metres == (Metre(0, 4, 4),)


def test_the_same_seed_is_the_same_bytes_and_another_another(choir, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write(choir, tmp_path / name, Settings(bars=2, seed=seed))
    one, two, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert one == two
    assert one != other


def test_nothing_is_left_sounding(band, tmp_path):
    write(band, tmp_path / "song.mid", Settings(bars=3))
    sounding = {}
    for message in mido.MidiFile(tmp_path / "song.mid"):
        if message.type in ("note_on", "note_off"):
            key = message.channel, message.note
            struck = message.type == "note_on" and message.velocity > 0
            sounding[key] = sounding.get(key, 0) + (1 if struck else -1)
            assert sounding[key] in (0, 1)
    assert sounding
    assert set(sounding.values()) == {0}


def test_the_file_says_how_to_make_it_again(choir, choir_file, tmp_path):
    write(choir, tmp_path / "song.mid")
    said = json.loads(text_of(tmp_path / "song.mid"))
    assert said == {
        "musicgan": musicgan.__version__,
        "model": choir.file.digest,
        "style": "tiny",
        "bars": 2,
        "seed": 11,
        "tempo_bpm": 96,
        "key": "Am",
        "temperature": 1.0,
        "top_p": 1.0,
        "critic": 8,
        "block": 8,
    }
    assert len(choir.file.digest) == 12
    assert "\n" not in provenance(choir, SETTINGS)


def test_several_songs_are_numbered_on_consecutive_seeds(choir, tmp_path):
    written = write(choir, tmp_path / "take.mid", count=3)
    names = ["take-001.mid", "take-002.mid", "take-003.mid"]
    assert [one.path.name for one in written] == names
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert [one.seed for one in written] == [11, 12, 13]
    assert [json.loads(text_of(one.path))["seed"] for one in written] == [11, 12, 13]
    write(choir, tmp_path / "alone.mid", Settings(**{**vars(SETTINGS), "seed": 12}))
    assert (tmp_path / "alone.mid").read_bytes() == written[1].path.read_bytes()


def test_a_primer_is_read_from_a_file(choir, tmp_path):
    write(choir, tmp_path / "first.mid", Settings(bars=1, seed=3))
    (written,) = write(choir, tmp_path / "second.mid", primer=tmp_path / "first.mid")
    first, second = (read_midi(tmp_path / f"{n}.mid").snapped(4) for n in ("first", "second"))
    before_last = first.notes["onset_tick"] < first.notes["onset_tick"].max()
    begin = first.notes[before_last][["onset_tick", "pitch"]].tolist()
    assert second.notes[["onset_tick", "pitch"]].tolist()[: len(begin)] == begin
    assert written.bars == 3
    assert json.loads(text_of(written.path))["primer"] == "first.mid"


@pytest.mark.parametrize("pedal", [False, True])
def test_a_primer_is_heard_as_the_model_learned_to_hear(choir, tmp_path, monkeypatch, pedal):
    """Sixteen quavers that the pedal makes crotchets; the last onset may be composed anew."""
    monkeypatch.setattr(choir.codec, "pedal", pedal)
    (tmp_path / "scale.mid").write_bytes(midi(PEDALLED_SCALE + EOT, division=120))
    write(choir, tmp_path / "song.mid", Settings(bars=5, seed=1), primer=tmp_path / "scale.mid")
    song = read_midi(tmp_path / "song.mid").snapped(4)
    assert song.notes["duration_tick"][:15].tolist() == [4 if pedal else 2] * 15


def test_a_primer_that_is_not_there_or_not_midi_is_said(choir, tmp_path):
    (tmp_path / "words.mid").write_text("no music")
    for name in ("none.mid", "words.mid"):
        with pytest.raises(MidiReadError, match=name):
            write(choir, tmp_path / "song.mid", primer=tmp_path / name)
    assert not (tmp_path / "song.mid").exists()


def test_a_folder_that_is_not_there_is_said_before_anything_is_composed(choir, tmp_path):
    with pytest.raises(MidiWriteError, match=r"the folder .*nowhere does not exist; create it"):
        write(choir, tmp_path / "nowhere" / "song.mid", Settings(bars=10_000))
    with pytest.raises(MidiWriteError, match="is a folder; give a file name"):
        write(choir, tmp_path, Settings(bars=10_000))
    with pytest.raises(MidiWriteError, match=r"the folder .* does not exist|is not a folder"):
        (tmp_path / "file").write_text("")
        write(choir, tmp_path / "file" / "song.mid", Settings(bars=10_000))


def test_a_folder_without_permission_is_said(choir, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(MidiWriteError, match="no permission to write in"):
        write(choir, tmp_path / "song.mid", Settings(bars=10_000))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "kind"), [("song.musicxml", None), ("song.mid", "musicxml")])
def test_a_song_can_be_musicxml(choir, tmp_path, name, kind):
    if not os.environ.get("CI"):
        pytest.importorskip("music21")
    (written,) = write(choir, tmp_path / name, kind=kind)
    root = ET.parse(tmp_path / name).getroot()
    assert root.tag == "score-partwise"
    assert len(root.findall("part")) == 4
    assert all(len(part.findall("measure")) == written.bars for part in root.findall("part"))


def test_a_seed_can_be_typed_again():
    seeds = {draw_seed() for _ in range(50)}
    assert len(seeds) > 40
    assert all(0 <= seed < 1_000_000 for seed in seeds)


def test_around_a_melody_it_says_how_many_ways_were_tried(choir, tmp_path):
    write(choir, tmp_path / "tune.mid")
    task = MelodyTask.read(tmp_path / "tune.mid", "soprano")
    said = json.loads(provenance(choir, Settings(seed=1), task=task))
    asked = json.loads(provenance(choir, Settings(seed=1, critic=2), task=task))
    assert (said["critic"], asked["critic"]) == (max(choir.critic_habit, WAYS), 2)
    typical = {**choir.file.metadata["typical"], "critic": 2}
    few = replace(choir.file, metadata={**choir.file.metadata, "typical": typical})
    two = player_of(few, tmp_path)
    assert two.critic_habit == 2
    again = json.loads(provenance(two, Settings(seed=1), task=task))["critic"]
    songs = [task.compose(two, Settings(seed=1, critic=critic)) for critic in (None, again, 2)]
    assert songs[0] == songs[1] != songs[2]
