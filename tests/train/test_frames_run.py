"""From a folder of MIDI to a frame model to a song, and the same when interrupted on the way."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from musicgan.cli import main
from musicgan.compose.kinds import open_any
from musicgan.compose.styles import run_folder
from musicgan.corpus.choose import choose_frames_codec
from musicgan.errors import CheckpointError, CorpusError
from musicgan.midifile import read_midi, write_midi
from musicgan.notes import empty_notes
from musicgan.score import Score
from musicgan.train.events_run import EventsRun
from musicgan.train.frames_adversarial import FramesAdversarialOptions
from musicgan.train.frames_run import FramesRun
from musicgan.train.likelihood import LikelihoodOptions
from musicgan.train.loop import Interrupted, Loop
from musicgan.train.options import Options
from musicgan.train.run import train
from musicgan.train.watch import Watch

from .making import few_songs, tune, write_tunes

OPTIONS = Options(
    style="tests",
    codec="pianoroll",
    hidden=16,
    dropout=0.1,
    likelihood=LikelihoodOptions(batch=4, bf16=False),
    likelihood_steps=4,
    adversarial_steps=3,
    frames=FramesAdversarialOptions(batch=4, critic_warmup=1),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Ten tunes for a lead and a bass, and a cache of their own beside them."""
    music = write_tunes(tmp_path_factory.mktemp("music"), 10, bars=12)
    with few_songs() as patch:
        patch.setenv("MUSICGAN_CACHE", str(music.parent / "cache of frames"))
        yield music


@pytest.fixture(scope="module")
def whole(folder, tmp_path_factory):
    """What an uninterrupted run makes of them, the watch looking on; and where."""
    out = tmp_path_factory.mktemp("whole") / "frames.safetensors"
    with Watch(out) as watch:
        return train(folder, out, OPTIONS, watch=watch), out


def test_a_folder_becomes_a_model_and_the_model_a_song(folder, whole, tmp_path):
    """The path a user takes."""
    model, out = whole
    assert model.metadata["kind"] == "frames"
    assert set(model.metadata["metrics"]) == {"likelihood", "adversarial"}
    assert open_any(out).codec == choose_frames_codec(folder)
    records = [json.loads(line) for line in (run_folder(out) / "log.jsonl").open()]
    assert any("frechet" in record.get("held_out", {}) for record in records)

    song = tmp_path / "song.mid"
    asked = ["--model", str(out), "--bars", "4", "--key", "Dm", "--tempo", "100", "--seed", "3"]
    result = CliRunner().invoke(main, ["generate", *asked, "--out", str(song)])
    assert result.exit_code == 0, result.output
    assert "4 bars" in result.output and "Dm, 100 bpm, seed 3" in result.output
    score = read_midi(song)
    assert len(score) and (score.keys[0].tonic, score.keys[0].is_minor) == (2, True)
    assert [track.name for track in score.tracks][:2] == ["lead", "bass"]


class StopAfter:
    """An observer that interrupts once, as SIGINT would."""

    def __init__(self, steps):
        self.steps, self.loop = steps, None

    def on_step(self, *_):
        self.steps -= 1
        if not self.steps:
            self.loop._stop = True

    def on_evaluation(self, *_):
        pass


@pytest.mark.parametrize("steps", [2, 4, 5])
def test_an_interrupted_run_ends_in_the_same_model(folder, whole, tmp_path, monkeypatch, steps):
    """In the first phase, at its end, and in the second: bit for bit."""
    stop = StopAfter(steps)
    begin = Loop.__init__

    def watched(loop, phases, checkpoint, identity, observers=(), *rest):
        begin(loop, phases, checkpoint, identity, [*observers, stop], *rest)
        stop.loop = loop

    monkeypatch.setattr(Loop, "__init__", watched)
    out = tmp_path / "broken.safetensors"
    with pytest.raises(Interrupted):
        train(folder, out, OPTIONS)
    resumed = train(folder, out, OPTIONS, resume=True)
    assert resumed.metadata == whole[0].metadata
    for name, value in whole[0].weights.items():
        assert np.array_equal(resumed.weights[name], value), name


def test_a_checkpoint_of_note_tuples_is_not_taken_for_one_of_frames(folder, whole):
    out = whole[1]
    other = Options(**{**vars(OPTIONS), "codec": "events"})
    with pytest.raises(CheckpointError, match="another"):
        train(folder, out, other, resume=True)


def test_options_of_the_other_codec_are_named_as_unused():
    """So that they neither matter nor keep a run from being resumed."""
    fields = set(vars(Options()))
    assert set(FramesRun.unused) < fields and set(EventsRun.unused) < fields
    assert not set(FramesRun.unused) & set(EventsRun.unused)


def test_the_codec_has_cells_for_the_pitches_there_are(folder):
    """The bass walks from 38 up, the lead to 82 at most; no velocity is kept."""
    codec = choose_frames_codec(folder)
    assert (codec.grid, codec.velocity_bins) == (4, 1)
    assert 38 <= codec.low_pitch <= 40 and 78 <= codec.high_pitch <= 82
    assert [slot.name for slot in codec.slots] == ["lead", "bass"]


def test_music_too_short_to_learn_from_is_said_so(tmp_path):
    music = tmp_path / "short"
    music.mkdir()
    for seed in range(10):
        whole = tune(seed, bars=1)
        write_midi(whole.with_notes(whole.notes[:3]), music / f"{seed}.mid")
    with pytest.raises(CorpusError, match="give more music"):
        train(music, tmp_path / "out.safetensors", OPTIONS)


def test_a_folder_of_silence_is_said_so(tmp_path):
    music = tmp_path / "silence"
    music.mkdir()
    write_midi(Score(empty_notes()), music / "nothing.mid")
    with pytest.raises(CorpusError, match="not one file"):
        choose_frames_codec(music)
