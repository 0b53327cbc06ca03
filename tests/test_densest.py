"""The script that tells how dense music gets: its count by hand, and its table."""

import importlib
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny_model import choir_codec, tiny_model

from musicgan.corpus.cache import Corpus
from musicgan.errors import CorpusError
from musicgan.model.file import save_model

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def script():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        yield importlib.import_module("densest")


def rows(*waits):
    made = np.zeros((len(waits), 5), np.int64)
    made[:, 0] = waits
    return made


def test_onsets_are_counted_where_they_are_densest_and_chords_once(script):
    quavers, crotchets = [2] * 32, [4] * 40
    assert script.densest(rows(*crotchets), grid=4) == 1
    assert script.densest(rows(*crotchets, *quavers, *crotchets), grid=4) == 2
    assert script.densest(rows(*[4, 0] * 40), grid=4) == 1
    assert script.densest(rows(*quavers[:8]), grid=4) == 0.5  # half of 16 beats are silent
    assert script.densest(rows(), grid=4) == 0


def test_what_comes_later_than_songs_are_long_does_not_count(script):
    assert script.densest(rows(*[4] * 129, *[1] * 64), grid=4) == 1


def test_the_table(script, tmp_path, monkeypatch, capsys):
    folder = ROOT / "midi_data" / "bach-chorales"
    monkeypatch.setenv("MUSICGAN_CACHE", str(tmp_path))
    codec = choir_codec()
    manifest = Corpus.open(folder, codec).manifest_hash
    model = tmp_path / "tiny.safetensors"
    save_model(tiny_model(codec, single=True, changes={"manifest": manifest}), model)
    monkeypatch.setattr(script, "UP_TO", 32)
    monkeypatch.setattr(sys, "argv", ["densest.py", str(model), str(folder), "--songs", "2"])
    script.tell(script.__doc__, script.report)
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.startswith("share of | 4 onsets a beat | 5")
    assert [re.sub(r"\d+ ", "", line.split(" | ")[0]) for line in lines] == [
        "pieces learned", "held out", "songs"
    ]  # fmt: skip
    found = np.array([line.split(" | ")[1:] for line in lines], float)
    assert (found[0] == 0).all()  # chorales are never so dense
    assert ((found >= 0) & (found <= 1)).all()


def test_other_music_than_it_learned_is_refused(script, tmp_path, monkeypatch):
    monkeypatch.setenv("MUSICGAN_CACHE", str(tmp_path))
    model = tmp_path / "tiny.safetensors"
    save_model(tiny_model(choir_codec(), single=True), model)
    with pytest.raises(CorpusError, match="not the music that tiny"):
        script.report(model, ROOT / "midi_data" / "bach-chorales", 2)
