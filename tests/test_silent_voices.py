"""The script that tells how long voices are silent: its shares by hand, and its table."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny_model import choir_codec, tiny_model

from musicgan.corpus.cache import Corpus
from musicgan.errors import CorpusError
from musicgan.model.file import save_model

ROOT = Path(__file__).resolve().parents[1]
CHORALES = ROOT / "midi_data" / "bach-chorales"


@pytest.fixture(scope="module")
def script():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        yield importlib.import_module("silent_voices")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MUSICGAN_CACHE", str(tmp_path))


def rows(*notes):
    """Notes given as (wait, voice, duration) in steps."""
    made = np.zeros((len(notes), 5), np.int64)
    made[:, [0, 1, 3]] = notes
    return made


def test_the_shares_of_later_entries_and_longer_rests(script):
    """Voice 1 enters at beat 10 of the one and never in the other; voice 0 rests for 5 beats."""
    one = rows((0, 0, 4), (24, 0, 4), (16, 1, 4))
    other = rows((0, 0, 4), (20, 0, 4))
    assert script.ENTRY_BEATS[:3] == (4, 8, 16) and script.REST_BEATS[:2] == (4, 8)
    assert script.silent([one, other], 1, grid=4) == [1, 1, 0.5, 0.5, 0.5, 0, 0, 0, 0]
    assert script.silent([one, other], 0, grid=4) == [0, 0, 0, 0, 0, 0.5, 0, 0, 0]


def test_what_comes_later_than_songs_are_long_does_not_count(script):
    late = rows((0, 0, 4), (4 * script.UP_TO, 1, 4))
    assert script.silent([late], 1, grid=4)[:5] == [1] * 5


def test_the_table(script, tmp_path, monkeypatch, capsys):
    codec = choir_codec()
    manifest = Corpus.open(CHORALES, codec).manifest_hash
    model = tmp_path / "tiny.safetensors"
    save_model(tiny_model(codec, single=True, changes={"manifest": manifest}), model)
    monkeypatch.setattr(script, "UP_TO", 16)
    monkeypatch.setattr(
        sys, "argv", ["silent_voices.py", str(model), str(CHORALES), "--songs", "2"]
    )
    script.tell(script.__doc__, script.report)
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.startswith("voice | of | entry > 4 |") and head.endswith("| rest > 32")
    cells = [line.split(" | ") for line in lines]
    names = [slot.name for slot in codec.slots]
    assert [row[0] for row in cells] == [name for name in names for _ in range(3)]
    assert [row[1].split(" ", 1)[1] for row in cells[:3]] == ["learned", "held out", "songs"]
    found = np.array([row[2:] for row in cells], float)
    assert ((found >= 0) & (found <= 1)).all()
    assert (found[::3, :5] == 0).all()  # all voices of a chorale begin at once


def test_other_music_than_it_learned_is_refused(script, tmp_path):
    model = tmp_path / "tiny.safetensors"
    save_model(tiny_model(choir_codec(), single=True), model)
    with pytest.raises(CorpusError, match="not the music that tiny"):
        script.report(model, CHORALES, 2)


def test_what_cannot_be_read_is_said_in_a_line(script, tmp_path, monkeypatch, capsys):
    missing = str(tmp_path / "missing.safetensors")
    monkeypatch.setattr(sys, "argv", ["silent_voices.py", missing, str(CHORALES)])
    with pytest.raises(SystemExit) as ended:
        script.tell(script.__doc__, script.report)
    assert ended.value.code == 1
    assert capsys.readouterr().err.rstrip() == f"{missing}: there is no such model file"
