"""A whole run: from a folder of MIDI to a model that plays, also when it is interrupted."""

import importlib
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from musicgan.codecs.events import EventsCodec
from musicgan.compose.player import open_player
from musicgan.compose.settings import Settings
from musicgan.compose.song import compose
from musicgan.compose.styles import run_folder
from musicgan.corpus.cache import Corpus
from musicgan.corpus.choose import choose_codec
from musicgan.errors import CheckpointError, CorpusError, ModelFileError
from musicgan.midifile import write_midi
from musicgan.model.file import load_model, save_model
from musicgan.notes import NOTE
from musicgan.score import Score, Track
from musicgan.train.events_run import EventsRun
from musicgan.train.guidance import FIGURES, USUAL
from musicgan.train.loop import Interrupted
from musicgan.train.options import WIDE, Options
from musicgan.train.run import identity, overrun, train
from musicgan.train.watch import Watch

from .making import ADVERSARIAL, BASS, LEAD, LIKELIHOOD, few_songs, tune, write_tunes

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = Options(
    style="made", licence="CC0", device="cpu", hidden=16, seed=3,
    likelihood=LIKELIHOOD, adversarial=ADVERSARIAL,
    likelihood_steps=4, adversarial_steps=2, critic_steps=2,
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twelve tunes for lead and bass; the cache lies beside them."""
    return write_tunes(tmp_path_factory.mktemp("music"), 12, bars=8)


@pytest.fixture(scope="module", autouse=True)
def small(folder):
    """A cache of its own, and few songs to judge by."""
    with few_songs() as patch:
        patch.setenv("MUSICGAN_CACHE", str(folder.parent / "cache of tests"))
        yield


@pytest.fixture(scope="module")
def trained(folder, small, tmp_path_factory):
    """The model file of a run from start to end."""
    out = tmp_path_factory.mktemp("trained") / "made.safetensors"
    train(folder, out, OPTIONS)
    return out


class Stop:
    """A watch that presses Ctrl-C at one step."""

    def __init__(self, phase, step):
        self.at, self.said = (phase, step), []

    def say(self, line):
        self.said.append(line)

    def begin(self, run, history):
        self.run, self.history = run, history

    def on_file(self, done, total):
        self.read = (done, total)

    def on_step(self, phase, step, max_steps, figures):
        if (phase, step) == self.at:
            os.kill(os.getpid(), signal.SIGINT)

    def on_evaluation(self, phase, step, figures):
        [self.song], _ = self.run.samples(1, 4)


def test_a_folder_becomes_a_model_that_plays(trained, folder):
    player = open_player(trained)
    song = compose(player, Settings(bars=4, seed=1))
    assert len(song)
    assert [track.name for track in song.tracks] == ["lead", "bass"]
    assert player.critic is not None
    meta = player.file.metadata
    said = (meta["kind"], meta["style"], meta["licence"], meta["seed"])
    assert said == ("events", "made", "CC0", 3)
    assert meta["steps"] == {"likelihood": 4, "adversarial": 2, "critic": 2, "guidance": 5}
    assert set(meta["metrics"]) == set(meta["steps"])
    guidance = meta["metrics"]["guidance"]
    assert np.isfinite(guidance["score"])  # its songs were long enough to be measured
    assert player.critic_habit == guidance["candidates"]
    rules, typical = player.rules, meta["typical"]
    for name, figure in FIGURES.items():
        kept = pytest.approx(guidance[figure], abs=1e-4)
        assert getattr(rules, name) == kept == typical[name]
    for known in ("heights", "silences"):
        assert (getattr(rules, known) == np.array(typical[known], np.float32)).all()
    assert meta["manifest"] == Corpus.open(folder, choose_codec(folder)).manifest_hash
    assert run_folder(trained).joinpath("checkpoint.safetensors").is_file()


def test_in_no_time_there_is_a_model_without_a_critic_and_with_more_there_is_the_rest(
    folder, tmp_path
):
    out, hurried = tmp_path / "hurried.safetensors", replace(OPTIONS, minutes=1e-6)
    with Watch(out) as watch:
        train(folder, out, hurried, watch=watch)
    player = open_player(out)
    assert len(compose(player, Settings(bars=4, seed=1)))
    assert (player.critic, player.critic_habit) == (None, 0)
    assert player.file.metadata["steps"] == {"likelihood": 1}
    log = run_folder(out).joinpath("log.jsonl").read_text()
    assert "no time is left for what follows: adversarial, critic, guidance" in log
    train(folder, out, replace(OPTIONS, minutes=None), resume=True)
    assert open_player(out).critic is not None
    steps = load_model(out).metadata["steps"]
    assert set(steps) == {"likelihood", "adversarial", "critic", "guidance"}


def test_habits_can_be_settled_anew_for_a_finished_model(
    trained, folder, tmp_path, capsys, monkeypatch
):
    """They come out as they did in its training, figures and all; of other music they would not."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    script = importlib.import_module("settle_habits")
    model = load_model(trained)
    bare = {**model.metadata, "typical": {**model.metadata["typical"]}}
    for habit in ("critic", "heights", "silences", *USUAL):
        del bare["typical"][habit]
    save_model(replace(model, metadata=bare), tmp_path / "bare.safetensors")
    assert script.settled(tmp_path / "bare.safetensors", folder).metadata == model.metadata
    assert capsys.readouterr().out.count("guidance") == 6
    bare["typical"] |= {"critic": 0, "parallels": 3.0, "tessitura": 0.25}
    save_model(replace(model, metadata=bare), tmp_path / "bare.safetensors")
    kept = script.settled(tmp_path / "bare.safetensors", folder, keeps=True).metadata["typical"]
    assert (kept["critic"], kept["parallels"], kept["tessitura"]) == (0, 3, 0.25)
    for known in ("heights", "silences"):
        assert kept[known] == model.metadata["typical"][known]
    with pytest.raises(CorpusError, match="not the music that bare"):
        script.settled(tmp_path / "bare.safetensors", write_tunes(tmp_path, 3, bars=8))


def test_the_model_knows_the_ranges_of_its_voices(trained, folder):
    player = open_player(trained)
    song = compose(player, Settings(bars=8, seed=2))
    low, high = player.rules.ranges[song.notes["track"]].T
    assert ((song.notes["pitch"] >= low) & (song.notes["pitch"] <= high)).all()


@pytest.mark.parametrize(("phase", "step"), [("likelihood", 2), ("critic", 1), ("guidance", 1)])
def test_ctrl_c_and_resume_give_the_same_model(folder, trained, tmp_path, phase, step):
    out = tmp_path / "made.safetensors"
    stop = Stop(phase, step)
    with pytest.raises(Interrupted):
        train(folder, out, OPTIONS, watch=stop)
    assert not out.exists()
    assert "2 velocities" not in stop.said[0] and "voices: lead, bass" in stop.said[0]
    watch = Stop("nothing", 0)
    train(folder, out, OPTIONS, resume=True, watch=watch)
    assert out.read_bytes() == trained.read_bytes()
    assert stop.history is None
    assert watch.history is not None
    if phase == "critic":
        # It was watched, sampled and interrupted, and none of that left a trace.
        assert len(stop.song)


@pytest.mark.parametrize("pedal", [False, True])
def test_whether_the_pedal_is_heard_is_said(folder, pedal):
    codec = EventsCodec(slots=(LEAD, BASS), pedal=pedal)
    said = EventsRun(Corpus.open(folder, codec), codec, OPTIONS).summary()
    assert f"pedal: {'folded into durations' if pedal else 'left out'}" in said


@pytest.mark.parametrize(
    ("asked", "how"), [(None, "slowly"), (True, "slowly"), (False, "at its usual rate")]
)
def test_how_the_critic_of_few_pieces_learns_is_said(folder, asked, how):
    codec = choose_codec(folder)
    options = replace(OPTIONS, slow_critic=asked)
    assert (
        f"its critic learns {how}"
        in EventsRun(Corpus.open(folder, codec), codec, options).summary()
    )


def test_a_run_may_not_be_resumed_with_other_options_or_music(folder, tmp_path):
    out = tmp_path / "made.safetensors"
    with pytest.raises(Interrupted):
        train(folder, out, OPTIONS, watch=Stop("likelihood", 1))
    with pytest.raises(CheckpointError, match="made with another options"):
        train(folder, out, replace(OPTIONS, dropout=0.1), resume=True)
    more = tmp_path / "more"
    more.mkdir()
    for seed in range(11):
        write_midi(tune(seed, bars=8), more / f"{seed}.mid")
    with pytest.raises(CheckpointError, match="made with another collection"):
        train(more, out, OPTIONS, resume=True)


def test_what_makes_it_another_run(folder):
    codec = choose_codec(folder)
    corpus = Corpus.open(folder, codec)

    def of(**changes):
        return identity(EventsRun(corpus, codec, replace(OPTIONS, **changes)))

    assert of() == of(minutes=5.0) == of(device=None)
    changed = [of(seed=4), of(style="x"), of(adversarial=replace(ADVERSARIAL, block=4))]
    assert len({one["options"] for one in [of(), *changed]}) == 4
    assert of(hidden=None, minutes=5.0) != of(hidden=None, minutes=50.0) == of(hidden=WIDE)


def test_networks_of_other_sizes_are_another_run(folder):
    codec = choose_codec(folder)
    run = EventsRun(Corpus.open(folder, codec), codec, OPTIONS)
    before = identity(run)
    run.config = replace(run.config, head_widths=(10, 10, 10, 10, 10))
    after = identity(run)
    assert {key for key in before if before[key] != after[key]} == {"network"}


def test_too_little_music_is_refused_in_words(tmp_path):
    for seed in range(12):
        write_midi(tune(seed, bars=1), tmp_path / f"{seed}.mid")
    with pytest.raises(CorpusError, match=r"too few pieces of 16 notes|fewer than 32 notes"):
        train(tmp_path, tmp_path / "out", OPTIONS)


def test_a_model_that_cannot_be_written_is_kept_elsewhere(folder, trained, tmp_path, monkeypatch):
    spare = tmp_path / "spare"
    spare.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spare))
    out = tmp_path / "made.safetensors"
    usual = save_model

    def full(model, path):
        if path == out:
            raise ModelFileError(f"{path}: the model cannot be written: No space left on device")
        usual(model, path)

    monkeypatch.setattr("musicgan.train.run.save_model", full)
    with pytest.raises(ModelFileError, match=f"No space left on device; it is kept at {spare}"):
        train(folder, out, OPTIONS)
    assert (spare / "made.safetensors").read_bytes() == trained.read_bytes()


def test_fine_tuning_has_rates_and_a_length_of_its_own(folder):
    codec = choose_codec(folder)
    corpus = Corpus.open(folder, codec)
    at_random = EventsRun(corpus, codec, Options(device="cpu")).phases[0]
    begun = EventsRun(corpus, codec, Options(device="cpu", start="lieder")).phases[0]
    assert (at_random.options.rate, begun.options.rate) == (2e-3, 1e-3)
    assert (at_random.eval_steps, begun.eval_steps) == (100, 25)
    assert (at_random.max_steps, begun.max_steps) == (600, 200)


def test_drums_alone_are_learned_and_played(tmp_path):
    """From the folder to the model, the choice of candidates included."""
    rng = np.random.default_rng(0)
    for number in range(12):
        rows = [
            (i * 60, 30, int(rng.choice([36, 38, 42])), int(rng.integers(30, 127)), 0)
            for i in range(160)
        ]
        kit = Score(np.array(rows, NOTE), (Track("kit", 0, True),), ticks_per_beat=240)
        write_midi(kit, tmp_path / f"{number}.mid")
    out = tmp_path / "kit.safetensors"
    train(tmp_path, out, replace(OPTIONS, grid=12))
    song = compose(open_player(out), Settings(bars=2, seed=1))
    assert len(song) and song.keys == () and [t.is_drum for t in song.tracks] == [True]


def test_a_run_that_took_much_longer_than_it_was_given_says_so():
    assert overrun(None, 9999) is None and overrun(20, 20.5 * 60) is None
    assert overrun(1, 240).startswith("it took 4.0 minutes instead of 1: ")
