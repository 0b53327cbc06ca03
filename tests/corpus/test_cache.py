"""A corpus is encoded once, whole or not at all, and says the same ever after."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from midi_bytes import EOT, midi, pedalled

from musicgan.codecs.events import EventsCodec
from musicgan.codecs.pianoroll import PianorollCodec
from musicgan.codecs.slots import Slot
from musicgan.corpus import cache, ingest
from musicgan.corpus.cache import Corpus
from musicgan.corpus.piece import make_piece
from musicgan.corpus.places import digest
from musicgan.errors import CorpusError
from musicgan.folders import cache_folder
from musicgan.midifile import read_bounded, read_midi, write_midi
from musicgan.notes import NOTE, sort_notes
from musicgan.score import Score, Track

from .conftest import tune

CODEC = EventsCodec(slots=(Slot("tune"), Slot("bass", 32)))
PARTS = ("train", "valid", "test")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """No test touches the user's cache."""
    monkeypatch.setenv("MUSICGAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def all_pieces(corpus):
    return {piece.name: piece for part in PARTS for piece in corpus.pieces(part)}


def test_pieces_are_what_the_codec_makes_of_the_files(folder):
    root = folder(6)
    pieces = all_pieces(Corpus.open(root, CODEC, workers=2))
    assert len(pieces) == 6
    for name, piece in pieces.items():
        expected = make_piece(name, read_midi(root / name), CODEC)
        assert piece.rows.dtype == np.int64
        assert np.array_equal(piece.rows, expected.rows)
        assert np.array_equal(piece.bar_start_step, expected.bar_start_step)
        assert (piece.key, piece.metre) == (expected.key, expected.metre)
        assert piece.bpm == expected.bpm


@pytest.mark.parametrize(("pedal", "steps"), [(False, 2), (True, 4)])
def test_a_codec_that_hears_the_pedal_has_files_read_so(tmp_path, own_cache, pedal, steps):
    """Keys of half a beat, which sound for a whole one."""
    rng = np.random.default_rng(0)
    for number in range(3):
        body = pedalled(rng.integers(50, 80, 40).tolist()) + EOT
        (tmp_path / f"{number}.mid").write_bytes(midi(body, division=120))
    for workers in (0, 1):
        pieces = all_pieces(Corpus.open(tmp_path, EventsCodec(pedal=pedal), workers=workers))
        assert [piece.rows[:, 3].tolist() for piece in pieces.values()] == [[steps] * 40] * 3
        shutil.rmtree(own_cache)


def test_frames_are_kept_as_frames(folder):
    codec = PianorollCodec()
    root = folder(3)
    for name, piece in all_pieces(Corpus.open(root, codec, workers=0)).items():
        assert piece.rows.dtype == np.float32
        assert np.array_equal(piece.rows, codec.encode(read_midi(root / name)))


def test_parts_index_and_slice_like_lists(folder):
    train = Corpus.open(folder(8), CODEC, workers=0).pieces("train")
    names = [piece.name for piece in train]
    assert train[-1].name == names[-1]
    assert [piece.name for piece in train[1:3]] == names[1:3]
    with pytest.raises(IndexError):
        train[len(train)]
    with pytest.raises(CorpusError, match="choose one of train, valid, test"):
        Corpus.open(folder(8), CODEC, workers=0).pieces("dev")


def test_the_second_opening_reads_no_file(folder, monkeypatch):
    root = folder(4)
    first = Corpus.open(root, CODEC, workers=0)
    monkeypatch.setattr(ingest.Ingest, "file", lambda *_: pytest.fail("read again"))
    monkeypatch.setattr(cache, "_content_hash", lambda *_: pytest.fail("hashed again"))
    second = Corpus.open(root, CODEC, workers=0)
    assert second.manifest_hash == first.manifest_hash
    assert second.reports == first.reports


def test_a_moved_folder_is_not_encoded_again(folder, monkeypatch):
    root = folder(4)
    first = Corpus.open(root, CODEC, workers=0)
    moved = root.rename(root.with_name("elsewhere"))
    monkeypatch.setattr(ingest.Ingest, "file", lambda *_: pytest.fail("read again"))
    assert Corpus.open(moved, CODEC, workers=0).manifest_hash == first.manifest_hash


def test_a_changed_file_and_another_codec_are_encoded_anew(folder):
    root = folder(4)
    before = Corpus.open(root, CODEC, workers=0)
    write_midi(tune(99), root / "tune0.mid")
    after = Corpus.open(root, CODEC, workers=0)
    assert after.manifest_hash != before.manifest_hash
    expected = CODEC.encode(tune(99))
    assert np.array_equal(all_pieces(after)["tune0.mid"].rows, expected)
    coarse = Corpus.open(root, EventsCodec(grid=2), workers=0)
    assert coarse.manifest_hash == after.manifest_hash
    assert not np.array_equal(all_pieces(coarse)["tune0.mid"].rows, expected)


def test_the_number_of_workers_changes_no_byte(folder, tmp_path):
    root = folder(9)
    stores = []
    for workers in (0, 1, 3):
        home = tmp_path / f"cache{workers}"
        Corpus.open(root, CODEC, cache_dir=home, workers=workers)
        stores.append({p.relative_to(home): p.read_bytes() for p in home.rglob("*.*")})
    assert stores[0] == stores[1] == stores[2]


def test_an_interrupted_run_leaves_nothing(folder, own_cache):
    def interrupt(done, total):
        if done == 2:
            raise KeyboardInterrupt

    root = folder(4)
    with pytest.raises(KeyboardInterrupt):
        Corpus.open(root, CODEC, workers=0, progress=interrupt)
    assert list(own_cache.iterdir()) == []
    assert len(all_pieces(Corpus.open(root, CODEC, workers=0))) == 4


def test_exact_duplicates_are_kept_once_and_near_ones_on_one_side(folder):
    root = folder(3)
    for seed in range(3, 30):
        write_midi(tune(seed, 200), root / f"tune{seed}.mid")
        write_midi(tune(seed, 200).transposed(2), root / f"tune{seed} in D.mid")
    shutil.copy(root / "tune0.mid", root / "copy.mid")
    corpus = Corpus.open(root, CODEC, workers=0)
    names = {part: {piece.name for piece in corpus.pieces(part)} for part in PARTS}
    assert len(set.union(*names.values()) & {"copy.mid", "tune0.mid"}) == 1
    for seed in range(3, 30):
        pair = {f"tune{seed}.mid", f"tune{seed} in D.mid"}
        assert any(pair <= part for part in names.values())


def test_unreadable_files_are_reported_and_left_out(folder):
    root = folder(3)
    (root / "zero.mid").write_bytes(b"")
    corpus = Corpus.open(root, CODEC, workers=0)
    assert len(all_pieces(corpus)) == 3
    assert [report.name for report in corpus.reports if report.error] == ["zero.mid"]


def test_a_folder_with_nothing_to_learn_from_says_why(folder, tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.mid").write_bytes(b"no music")
    with pytest.raises(CorpusError, match=r"none of the 1 files .* a\.mid: "):
        Corpus.open(tmp_path / "bad", CODEC, workers=0)
    with pytest.raises(CorpusError, match="only 2 different pieces: too few to split"):
        Corpus.open(folder(2), CODEC, workers=0)
    with pytest.raises(CorpusError, match="does not exist"):
        Corpus.open(tmp_path / "nowhere", CODEC)


def test_a_cache_that_cannot_be_written_is_replaced_for_now(folder, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.warns(UserWarning, match="cannot be written .* set MUSICGAN_CACHE"):
        corpus = Corpus.open(folder(3), CODEC, cache_dir=tmp_path / "file" / "cache", workers=0)
    assert len(all_pieces(corpus)) == 3


def test_the_cache_folder_is_the_users_unless_told(monkeypatch, tmp_path):
    assert cache_folder() == (tmp_path / "cache").resolve()
    assert cache_folder(tmp_path / "own") == (tmp_path / "own").resolve()
    monkeypatch.delenv("MUSICGAN_CACHE")
    assert cache_folder().name == "musicgan"


def test_a_codec_no_worker_could_make_is_used_in_this_process(folder):
    class Foreign(EventsCodec):
        name = "not registered"

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        corpus = Corpus.open(folder(3), Foreign(), workers=4)
    assert len(all_pieces(corpus)) == 3


def test_a_script_without_a_main_guard_can_open_a_corpus(folder, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "from musicgan.corpus.cache import Corpus\n"
        "from musicgan.codecs.events import EventsCodec\n"
        "print(len(Corpus.open(sys.argv[1], EventsCodec(), workers=2).reports))\n"
    )
    command = [sys.executable, str(script), str(folder(4))]
    ran = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=True)
    assert ran.stdout == "4\n"


def test_pieces_know_their_lengths_and_the_notes_of_their_files(tmp_path):
    """Some notes meet on the grid, and drums have no slot: what is left of a file is known."""
    for seed in range(6):
        notes = [(i * 30, 20, 60 + (i + seed) % 12, 80, 0) for i in range(40)]
        drums = [(i * 120, 20, 36, 90, 1) for i in range(10)]
        score = Score(
            sort_notes(np.array(notes + drums, NOTE)), (Track("a"), Track("kit", 0, True)),
            ticks_per_beat=120,
        )  # fmt: skip
        write_midi(score, tmp_path / f"{seed}.mid")
    (tmp_path / "broken.mid").write_bytes(b"no MIDI")
    corpus = Corpus.open(tmp_path, EventsCodec(grid=4))
    pieces = corpus.pieces("train")
    assert pieces.lengths.tolist() == [len(piece.rows) for piece in pieces] == [40] * len(pieces)
    assert pieces.notes.tolist() == [50] * len(pieces)
    assert len(pieces.at_least(40)) == len(pieces) and len(pieces.at_least(41)) == 0
    assert corpus.unusable == 1


@pytest.mark.parametrize("parts", [[], ["a"], ["b", ["c", 1, 2], {"z": 1, "a": 2}]])
def test_a_digest_is_that_of_the_json_array(parts):
    """Models know by it what they have learned from: it may not change."""
    expected = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    assert digest(iter(parts)) == expected


def test_a_file_that_could_not_be_read_is_tried_again(folder, monkeypatch):
    """By nobody at first; then by its reader, which was at it when memory ran out."""
    root = folder(5)

    def refuse(path):
        if path.name == "tune3.mid":
            raise PermissionError(13, "Permission denied")
        return read_bounded(path)

    for modules in ((cache, ingest), (ingest,)):
        with monkeypatch.context() as patch:
            for module in modules:
                patch.setattr(module, "read_bounded", refuse)
            once, twice = (Corpus.open(root, CODEC, workers=0) for _ in range(2))
            assert once.unusable == twice.unusable == 1
        assert Corpus.open(root, CODEC, workers=0).unusable == 0
        shutil.rmtree(cache_folder(None))


def test_a_damaged_cache_is_made_anew(folder, own_cache):
    root = folder(5)
    whole = Corpus.open(root, CODEC, workers=0).manifest_hash
    (pointer,) = own_cache.glob("*.at")
    store = own_cache / pointer.read_text()
    for path in (pointer, *sorted(store.iterdir())):
        if path.name == "reports.jsonl":  # not looked at before somebody asks for it
            continue
        for damage in (path.read_bytes()[: path.stat().st_size // 2], b"", b"\xff"):
            path.write_bytes(damage)
            corpus = Corpus.open(root, CODEC, workers=0)
            assert corpus.manifest_hash == whole
            assert sum(len(piece.rows) for piece in all_pieces(corpus).values()) == 5 * 45


def test_a_cache_that_may_not_be_looked_into_is_replaced_for_now(folder, monkeypatch, tmp_path):
    root, locked = folder(3), tmp_path / "locked"
    usual = Path.read_text

    def read_text(path, *rest):
        if path.parent == locked:
            raise PermissionError(13, "Permission denied")
        return usual(path, *rest)

    monkeypatch.setattr(Path, "read_text", read_text)
    assert len(all_pieces(Corpus.open(root, CODEC, cache_dir=locked, workers=0))) == 3


def test_the_pedal_moves_no_piece_to_another_part(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(12):
        body = pedalled(rng.integers(50, 80, 40).tolist()) + EOT
        (tmp_path / f"{number}.mid").write_bytes(midi(body, division=120))
    with_pedal, without = (
        {part: [p.name for p in Corpus.open(tmp_path, codec, workers=0).pieces(part)]
         for part in PARTS}
        for codec in (EventsCodec(pedal=True), EventsCodec())
    )  # fmt: skip
    assert with_pedal == without
