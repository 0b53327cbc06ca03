"""A folder of anything becomes one report a file."""

from pathlib import Path

import pytest

from musicgan.corpus import known
from musicgan.corpus.ingest import Ingest
from musicgan.corpus.report import FileReport
from musicgan.corpus.scan import find_midi, scan
from musicgan.errors import CorpusError


def test_every_suffix_in_any_case_at_any_depth(tmp_path):
    for name in ("a.mid", "b.MIDI", "deep/er/c.Kar", "d.rmi", "e.txt", "mid"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert find_midi(tmp_path) == ["a.mid", "b.MIDI", "d.rmi", "deep/er/c.Kar"]


def test_a_loop_of_links_ends(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.mid").write_bytes(b"")
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "broken.mid").symlink_to(tmp_path / "nowhere")
    assert find_midi(tmp_path) == ["a/one.mid"]


def test_a_folder_that_may_be_listed_and_not_entered_ends_nothing(tmp_path, monkeypatch):
    for name in ("closed/a.mid", "closed/deep/b.mid", "open/c.mid"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    usual = Path.stat

    def stat(path, **how):
        if "closed" in path.parent.parts:
            raise PermissionError(13, "Permission denied")
        return usual(path, **how)

    monkeypatch.setattr(Path, "stat", stat)
    monkeypatch.setattr(Path, "is_file", lambda path: bool(path.stat()))  # until Python 3.12
    assert find_midi(tmp_path) == ["open/c.mid"]


def test_no_folder_a_file_and_an_empty_folder_are_told_apart(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    for name, words in (("no", "does not exist"), ("file", "is a file"), ("empty", "no MIDI")):
        with pytest.raises(CorpusError, match=words) as caught:
            scan(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_a_report_says_what_is_in_a_file(folder):
    report = scan(folder(1), workers=0)[0]
    assert report.error is None
    assert (report.name, report.notes, report.tracks, report.drum_tracks) == ("tune0.mid", 45, 2, 0)
    assert report.seconds == pytest.approx(20 * 0.666667, abs=0.01)
    assert (report.stated_metre, report.metre) == ("4/4", "4/4")
    assert report.bpm == pytest.approx(90, abs=0.01)
    assert report.polyphony == pytest.approx(2.0)
    assert report.velocities == 3
    assert report.on_sixteenth == 1.0


def test_a_report_survives_json(folder):
    report = scan(folder(1), workers=0)[0]
    assert FileReport.from_json(report.to_json()) == report


def test_processes_report_what_one_process_reports(folder, tmp_path):
    root = folder(5)
    (root / "odd.mid").write_bytes(b"MThd, or so it seems")
    seen = []
    reports = scan(root, workers=2, progress=lambda done, total: seen.append((done, total)))
    assert reports == scan(root, workers=0, cache_dir=tmp_path / "another cache")
    assert [report.name for report in reports if report.error] == ["odd.mid"]
    assert seen == [(done, 6) for done in range(1, 7)]


def test_a_file_is_read_again_only_when_it_has_changed(folder, tmp_path, monkeypatch):
    read = []
    file = Ingest.file
    monkeypatch.setattr(Ingest, "file", lambda self, name: read.append(name) or file(self, name))
    root, cache = folder(4), tmp_path / "cache"
    first = scan(root, 0, cache_dir=cache)
    assert len(read) == 4
    assert scan(root, 0, cache_dir=cache) == first
    assert len(read) == 4
    (root / "tune0.mid").write_bytes((root / "tune2.mid").read_bytes() + b"\0")
    (root / "tune2.mid").unlink()
    again = scan(root, 0, cache_dir=cache)
    assert read[4:] == ["tune0.mid"]
    assert [report.name for report in again] == find_midi(root)
    assert again == scan(root, 0, cache_dir=tmp_path / "another cache")


def test_a_damaged_or_interrupted_cache_is_as_good_as_none(folder, tmp_path, monkeypatch):
    root, cache = folder(3), tmp_path / "cache"
    first = scan(root, 0, cache_dir=cache)
    (kept,) = cache.glob("*.scan")
    kept.write_text(kept.read_text()[:-20])
    assert scan(root, 0, cache_dir=cache) == first
    kept.unlink()

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan(root, 0, interrupt, cache_dir=cache)
    assert list(cache.iterdir()) == []


def test_a_full_disk_costs_the_memory_and_not_the_reports(folder, tmp_path, monkeypatch):
    def full(path, data):
        raise OSError(28, "No space left on device")

    root = folder(3)
    monkeypatch.setattr(known, "write_whole", full)
    assert [report.error for report in scan(root, 0, cache_dir=tmp_path / "cache")] == [None] * 3


def test_a_file_that_could_not_be_opened_is_tried_again(folder, tmp_path, monkeypatch):
    root, cache = folder(3), tmp_path / "cache"
    refused = {"report": FileReport("tune0.mid", "", error="Permission denied").to_json()}
    with monkeypatch.context() as patch:
        patch.setattr(Ingest, "file", lambda self, name: refused)
        assert {report.error for report in scan(root, 0, cache_dir=cache)} == {"Permission denied"}
    assert [report.error for report in scan(root, 0, cache_dir=cache)] == [None] * 3


def test_hostile_files_end_nothing(shared):
    """Every malformed file gets one line; the rest of the collection is read."""
    reports = scan(shared / "hostile", workers=1)
    assert [report.name for report in reports] == find_midi(shared / "hostile")
    assert sum(report.error is None for report in reports) > 50
    for report in reports:
        assert report.error is None or (report.error and "\n" not in report.error)
        assert not (report.error or "").startswith(("TypeError", "ValueError", "IndexError"))
