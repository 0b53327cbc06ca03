#!/usr/bin/env python3
"""Make MIDI files of music21's own corpus: the small set in midi_data/, or the full sets.

    python scripts/make_midi_data.py                              # the sample, into midi_data/
    python scripts/make_midi_data.py --set chorales --out corpora/chorales
    python scripts/make_midi_data.py --set all --out corpora/all --workers 4

Needs `pip install 'musicgan[score]'`. Stopped halfway it goes on where it was; the same music21
writes the same bytes. Each folder gets a manifest.csv.
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

import click
from corpus_scores import UnfitError, credits_of, score_of

from musicgan.corpus.duplicates import exact_groups, near_groups, sketch_table
from musicgan.corpus.scan import scan
from musicgan.corpus.split import PARTS, split
from musicgan.midifile import write_midi

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = ("path", "sha256", "split", "composer", "source", "licence")

# Chorales whose encodings carry no claim of their own, and traditional tunes of many kinds of
# dance, without triplets or grace notes: every one lies on a grid of sixteenths.
# fmt: off
SAMPLE_CHORALES = [
    "bwv7.7", "bwv20.7", "bwv66.6", "bwv72.6", "bwv92.9", "bwv93.7", "bwv99.6", "bwv111.6",
    "bwv125.6", "bwv135.6", "bwv146.8", "bwv157.5", "bwv158.4", "bwv165.6", "bwv197.7-a",
    "bwv244.10", "bwv244.17", "bwv244.29-a", "bwv244.40", "bwv245.5", "bwv245.40",
    "bwv248.23-s", "bwv248.28", "bwv274",
]
SAMPLE_RYANS = [
    "AdmiralsHornpipe", "AndrewCareysSlipjig", "CollegeHornpipe", "DevilsDreamReel",
    "DurangsHornpipe", "FishersHornpipe", "GarryOwenJig", "HasteToTheWeddingJig",
    "LarryOGaffJig", "LarryONielsClog", "MissCampbellsReel", "MyBonnieLaddieHighlandFling",
    "RockyRoadToDublinJig", "SmashTheWindowsReel", "SoldiersJoy",
    "StPatricksDayInTheMorningJig",
]
# fmt: on

LICENCE = {
    "chorales": "public-domain music; encoding distributed with music21 by permission",
    "ryans": "public-domain tune (printed 1883); transcription contributed to music21",
}
FOLDER = {"chorales": "bach-chorales", "ryans": "ryans-mammoth"}


class Task(NamedTuple):
    """One piece of the corpus and the file it becomes."""

    kind: str
    source: Path
    target: Path
    again: bool = False


class Made(NamedTuple):
    """What the manifest says of a piece besides its file's hash and split."""

    composer: str
    source: str
    licence: str


def tasks_of(which: str, out: Path, again: bool = False) -> list[Task]:
    """The pieces of a set: sample, chorales, ryans or all; `again` rewrites what is there."""
    import music21

    corpus = Path(music21.__file__).parent / "corpus"
    found = {
        "chorales": [p for p in (corpus / "bach").iterdir() if p.suffix in (".mxl", ".xml")],
        "ryans": list((corpus / "ryansMammoth").glob("*.abc")),
    }
    if which == "sample":
        names = {"chorales": SAMPLE_CHORALES, "ryans": SAMPLE_RYANS}
        found = {kind: [p for p in found[kind] if p.stem in names[kind]] for kind in found}
    return [
        Task(kind, path, out / FOLDER[kind] / f"{path.stem}.mid", again)
        for kind in (found if which in ("sample", "all") else (which,))
        for path in sorted(found[kind])
    ]


def make(task: Task) -> Made:
    """Write one piece unless it is there already. Raises `UnfitError` for what cannot be used."""
    import music21

    credit = credits_of(task.source)
    if task.again or not task.target.exists():
        task.target.parent.mkdir(parents=True, exist_ok=True)
        write_midi(score_of(task.source), task.target)
    composer = "J. S. Bach" if task.kind == "chorales" else credit.composer or "traditional"
    source = f"music21 {music21.__version__} corpus/{task.source.parent.name}/{task.source.name}"
    licence = LICENCE[task.kind] + (f"; {credit.statement}" if credit.statement else "")
    return Made(composer, source, licence)


def make_all(tasks: Sequence[Task], workers: int) -> Iterator[tuple[Task, Made | UnfitError]]:
    """Every task with its outcome, as they come."""
    with ProcessPoolExecutor(max_workers=workers) as pool:
        futures = {pool.submit(make, task): task for task in tasks}
        for future in as_completed(futures):
            error = future.exception()
            if error is not None and not isinstance(error, UnfitError):
                raise error
            yield futures[future], error or future.result()


def splits_of(out: Path) -> dict[str, str]:
    """The part of each file under `out`, by path: the split that training on it would make."""
    reports = scan(out, workers=0)
    hashes = [report.notes_sha256 for report in reports]
    groups = near_groups(sketch_table([r.sketch for r in reports]), exact_groups(hashes))
    return {r.name: PARTS[p] for r, p in zip(reports, split(hashes, groups), strict=True)}


def write_manifest(out: Path, made: dict[Path, Made]) -> None:
    """`manifest.csv` of everything in `made`, sorted by path."""
    parts = splits_of(out)
    with (out / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for path in sorted(made):
            name = path.relative_to(out).as_posix()
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            writer.writerow((name, digest, parts[name], *made[path]))


@click.command()
@click.option(
    "--set",
    "which",
    type=click.Choice(["sample", "chorales", "ryans", "all"]),
    default="sample",
    show_default=True,
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to fill.")
@click.option("--workers", type=click.IntRange(1), default=min(4, os.cpu_count() or 1))
@click.option("--again", is_flag=True, help="Rewrite files that are there already.")
def main(which: str, out: Path | None, workers: int, again: bool) -> None:
    """Make MIDI files of music21's own corpus."""
    if out is None and which != "sample":
        raise click.UsageError(f"--set {which} needs --out FOLDER: midi_data/ is for the sample")
    out = out or ROOT / "midi_data"
    tasks = tasks_of(which, out, again)
    made: dict[Path, Made] = {}
    left_out: list[str] = []
    with click.progressbar(make_all(tasks, workers), length=len(tasks), label=which) as bar:
        for task, outcome in bar:
            if isinstance(outcome, UnfitError):
                left_out.append(f"{task.source.name}: {outcome}")
            else:
                made[task.target] = outcome
    write_manifest(out, made)
    size = sum(path.stat().st_size for path in made)
    for line in sorted(left_out):
        click.echo(f"left out {line}", err=True)
    click.echo(f"{out}: {len(made)} files, {size / 1e3:.0f} kB; {len(left_out)} left out")


if __name__ == "__main__":
    main()
