"""midi_data/: what the manifest says is so, and the script makes the same files again."""

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest

from musicgan.midifile import read_midi

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "midi_data"
MAX_BYTES = 400_000


def rows():
    with (FOLDER / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def maker(monkeypatch):
    """The script as a module; needs music21."""
    pytest.importorskip("music21")
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import make_midi_data

    return make_midi_data


def test_the_manifest_lists_exactly_the_files_that_are_there():
    files = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.mid"))
    assert [row["path"] for row in rows()] == files
    assert len(files) >= 40
    assert sum((FOLDER / name).stat().st_size for name in files) < MAX_BYTES


def test_every_file_is_the_one_in_the_manifest():
    for row in rows():
        assert sha256(FOLDER / row["path"]) == row["sha256"], row["path"]
        assert row["composer"] and row["source"] and row["licence"], row["path"]


def test_no_bundled_encoding_carries_a_claim():
    assert not [row for row in rows() if "©" in row["licence"]]


def test_each_part_of_the_split_has_pieces_of_both_kinds():
    parts = {(row["path"].partition("/")[0], row["split"]) for row in rows()}
    assert parts == {
        (kind, part)
        for kind in ("bach-chorales", "ryans-mammoth")
        for part in ("train", "valid", "test")
    }


def test_the_split_is_the_one_that_the_script_makes(maker):
    """It failed from when sketches became a table (1054211) until it was run again."""
    assert maker.splits_of(FOLDER) == {row["path"]: row["split"] for row in rows()}


@pytest.mark.parametrize("row", rows(), ids=lambda row: Path(row["path"]).stem)
def test_every_file_reads_and_lies_on_sixteenths(row):
    score = read_midi(FOLDER / row["path"])
    notes = score.notes
    assert len(notes) > 100
    assert not (notes["onset_tick"] % 120).any()
    assert not (notes["duration_tick"] % 120).any()
    voices = ["Soprano", "Alto", "Tenor", "Bass"]
    is_chorale = row["path"].startswith("bach-chorales/")
    assert [track.name for track in score.tracks] == voices or not is_chorale
    assert len(score.tracks) == (4 if is_chorale else 1)


@pytest.mark.parametrize(
    "name", ["bach-chorales/bwv66.6.mid", "ryans-mammoth/AndrewCareysSlipjig.mid"]
)
def test_making_a_file_again_gives_the_same_bytes(name, maker, tmp_path):
    [task] = [t for t in maker.tasks_of("sample", tmp_path) if t.target == tmp_path / name]
    made = maker.make(task)
    [row] = [row for row in rows() if row["path"] == name]
    assert sha256(task.target) == row["sha256"]
    assert (made.composer, made.licence) == (row["composer"], row["licence"])
    assert made.source.split()[2:] == row["source"].split()[2:]  # music21 itself may be another


def test_a_file_that_is_there_is_not_made_again_unless_asked(maker, tmp_path):
    name = "ryans-mammoth/AndrewCareysSlipjig.mid"
    target = tmp_path / name
    target.parent.mkdir()
    target.write_bytes(b"made before")
    for again, size in ((False, 11), (True, (FOLDER / name).stat().st_size)):
        [task] = [t for t in maker.tasks_of("sample", tmp_path, again) if t.target == target]
        maker.make(task)
        assert target.stat().st_size == size


@pytest.mark.parametrize("name", ["bwv1.6", "bwv27.6", "bwv171.6"])
def test_a_chorale_says_what_the_reference_files_say(name, maker, shared):
    """One with a horn, one with two sopranos, one whose part names hold line breaks."""
    import music21
    from corpus_scores import score_of

    reference = read_midi(shared / "data" / "bach-chorales" / f"{name}.mid")
    source = Path(music21.__file__).parent / "corpus" / "bach" / f"{name}.mxl"
    made = score_of(source)
    assert np.array_equal(made.notes, reference.notes)
    assert made.keys == reference.keys
    assert made.ticks_per_beat == reference.ticks_per_beat
    assert [t.program for t in made.tracks] == [t.program for t in reference.tracks]


def test_a_piece_without_its_voices_is_refused(maker):
    import music21
    from corpus_scores import UnfitError, score_of

    corpus = Path(music21.__file__).parent / "corpus"
    with pytest.raises(UnfitError, match="no part called Soprano"):
        score_of(corpus / "bach" / "bwv846.mxl")
