"""Real files, read as another library reads them, message by message."""

from pathlib import Path

import mido
import numpy as np

from musicgan.midifile import read_midi
from musicgan.midifile.bulk import read_bulk

from .making import both_ways, reference_notes, spans, written

FILES_PER_CORPUS = 5


def corpus_files(shared: Path) -> list[Path]:
    """A few files of every corpus, spread over it."""
    files = []
    for corpus in sorted((shared / "data").iterdir()):
        found = sorted(corpus.rglob("*.mid"))
        files += found[:: max(1, len(found) // FILES_PER_CORPUS)][:FILES_PER_CORPUS]
    return files


def test_real_files_are_read_as_mido_reads_them(shared: Path) -> None:
    files = corpus_files(shared)
    assert len(files) >= 40
    for path in files:
        score = both_ways(path.read_bytes())
        got = [
            (*span, velocity)
            for span, velocity in zip(spans(score), score.notes["velocity"], strict=True)
        ]
        assert sorted(got) == sorted(reference_notes(mido.MidiFile(path))), path.name


def test_most_real_files_are_read_the_fast_way(shared: Path) -> None:
    files = corpus_files(shared)
    fast = [path for path in files if read_bulk(path.read_bytes()) is not None]
    assert len(fast) >= 0.85 * len(files)


def test_real_files_survive_writing(shared: Path) -> None:
    for path in corpus_files(shared):
        score = read_midi(path)
        assert read_midi(written(score)) == score, path.name


def test_notes_are_sorted_and_of_the_declared_type(shared: Path) -> None:
    for path in corpus_files(shared):
        notes = read_midi(path).notes
        keys = np.stack([notes["onset_tick"], notes["track"], notes["pitch"]], axis=1)
        assert (np.lexsort(keys.T[::-1]) == np.arange(len(notes))).all(), path.name
