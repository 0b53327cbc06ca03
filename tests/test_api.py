"""musicgan as a library: every function once, as a reader of its docstring would call it."""

import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest
from tiny_model import choir_codec, tiny_model
from train.making import ADVERSARIAL, LIKELIHOOD, few_songs, write_tunes

import musicgan
from musicgan import api
from musicgan.api import Corpus, EventsCodec, compose, load_model, read_midi, styles, write_midi
from musicgan.errors import ComposeError, MissingExtraError, ModelFileError
from musicgan.model.file import save_model


@pytest.fixture
def model(tmp_path):
    """A tiny choir's file."""
    path = tmp_path / "tiny.safetensors"
    save_model(tiny_model(choir_codec(), single=True), path)
    return path


def test_a_song_is_composed_as_asked(model, tmp_path):
    player = load_model(model)
    song = player.compose(bars=3, seed=4, key="Am", metre="3/4", tempo_bpm=90, temperature=1)
    assert song == player.compose(
        bars=3, seed=4, key="Am", metre="3/4", tempo_bpm=90, temperature=1
    )
    assert (song.keys[0].tonic, song.keys[0].is_minor) == (9, True)
    assert (song.metres[0].numerator, song.metres[0].denominator) == (3, 4)
    write_midi(song, tmp_path / "song.mid")
    assert len(read_midi(tmp_path / "song.mid")) == len(song)
    assert compose(str(model), bars=3, seed=4, key="Am", metre="3/4", tempo_bpm=90) != song
    longer = player.compose(bars=2, primer=song)
    assert longer.end_tick > song.end_tick
    assert player.about["style"] == "tiny"


def test_styles_are_found_by_name_and_mistakes_are_one_line(model):
    assert {"chorale", "drums", "fiddle", "lieder"} <= set(styles())
    assert load_model("fiddle").about["style"] == "fiddle"
    with pytest.raises(ModelFileError, match="style 'nope': choose one of"):
        load_model("nope")
    with pytest.raises(ComposeError, match="bars 0 is out of range"):
        load_model(model).compose(bars=0)


def test_a_corpus_opens_and_a_model_comes_of_it(tmp_path):
    from musicgan.train.options import Options

    write_tunes(tmp_path, 12, bars=8)
    corpus = Corpus.open(tmp_path, EventsCodec(grid=4, slots=[("lead", 0, False)]))
    assert len(corpus.pieces("train")) > len(corpus.pieces("test")) > 0
    options = Options(
        device="cpu", hidden=16, likelihood=LIKELIHOOD, adversarial=ADVERSARIAL,
        likelihood_steps=2, adversarial_steps=1, critic_steps=1,
    )  # fmt: skip
    with few_songs():
        player = api.train(tmp_path, tmp_path / "mine.safetensors", minutes=0.2, options=options)
    assert len(player.compose(bars=2))


def test_a_stream_is_played_to_a_file(model, tmp_path):
    """In a process of its own, as a script is."""
    script = tmp_path / "play.py"
    script.write_text(
        "from musicgan.api import load_model\n"
        'if __name__ == "__main__":\n'
        f"    player = load_model({str(model)!r})\n"
        f"    out = {str(tmp_path / 'out.mid')!r}\n"
        "    player.stream(backend='file', port=out, bars=2, tempo_bpm=240, seed=3)\n"
    )
    subprocess.run([sys.executable, script], check=True, timeout=60, capture_output=True)
    assert len(read_midi(tmp_path / "out.mid"))


def test_importing_it_needs_no_torch():
    script = "import sys; sys.modules['torch'] = None; import musicgan.api"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_training_without_torch_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(api, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"training needs an optional part: pip install"):
        api.train(tmp_path, tmp_path / "mine.safetensors")


def test_the_package_has_what_the_library_has():
    assert musicgan.__all__ == api.__all__
    assert set(api.__all__) < set(dir(musicgan))
    for name in {*api.__all__} - {"compose", "train"}:  # packages have these names, see below
        assert getattr(musicgan, name) is getattr(api, name)
    with pytest.raises(AttributeError, match="'musicgan' has no attribute 'nope'"):
        musicgan.nope  # noqa: B018


def test_and_loads_it_when_it_is_asked_for():
    script = (
        "import sys, musicgan; assert 'numpy' not in sys.modules; "
        "musicgan.load_model; assert 'numpy' in sys.modules and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_a_package_that_has_the_name_of_a_function_is_called_as_it(model, monkeypatch):
    """Imported or not."""
    assert isinstance(sys.modules["musicgan.compose"], ModuleType)
    assert musicgan.compose(str(model), bars=2, seed=3) == compose(str(model), bars=2, seed=3)
    monkeypatch.setattr(api, "train", lambda *given, **named: (given, named))
    import_module("musicgan.train.options")
    assert musicgan.train("folder", "out", minutes=1) == (("folder", "out"), {"minutes": 1})
    monkeypatch.delattr(musicgan, "train")
    assert musicgan.train("folder", "out") == (("folder", "out"), {})
