"""Every row trains and is measured, once, on a collection of a few tunes."""

import json
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from train.making import ADVERSARIAL, few_songs, tune

from musicgan.midifile import write_midi
from musicgan.train.log_file import LogFile
from musicgan.train.loop import Interrupted
from scripts.experiments import guided_cost, measuring, rows
from scripts.experiments.__main__ import main, write_floors
from scripts.experiments.ground import Collection, Place

FEW = Collection("tunes", 0.1, likelihood_steps=4)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Fifteen tunes; few songs, few of everything."""
    root = tmp_path_factory.mktemp("experiment")
    for seed in range(15):
        path = root / "data" / "tunes" / f"{seed}.mid"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_midi(tune(seed, bars=16), path)
    with few_songs() as patch:
        patch.setenv("MUSICGAN_CACHE", str(root / "cache"))
        patch.setattr(rows, "CRITIC_LESSONS", 1)
        patch.setattr("scripts.experiments.songs.SAID_NOTES", 16)
        patch.setattr(rows, "TEXTBOOK_UPDATES", 2)
        patch.setattr("scripts.experiments.training.LogFile", partial(LogFile, every=1))
        patch.setattr(measuring, "TEMPERATURES", (1.0, 0.9))
        patch.setattr(measuring, "GUIDES", ((2, 1.0), (4, 1.0)))
        patch.setattr(measuring, "COUNTS", (0, 2))
        patch.setattr("scripts.experiments.figures.SONGS", 8)
        patch.setattr("scripts.experiments.figures.NOTES", 64)
        patch.setattr("scripts.experiments.measuring.NOTES", 64)
        patch.setattr("scripts.experiments.textbook_frames.SONGS", 8)
        patch.setattr("scripts.experiments.textbook_frames.MOST_STEPS", 64)
        patch.setattr("scripts.experiments.textbook_frames.UPDATES", 1)
        yield Place(
            "tunes", root / "data", 0, root / "out", hidden=16, device="cpu", updates=2,
            collection=FEW, adversarial=ADVERSARIAL,
        )  # fmt: skip


def test_the_split_is_written_down_and_no_piece_is_on_two_sides(place):
    lines = place.write_split().read_text().splitlines()
    assert lines[0] == "part,file"
    names = [line.split(",")[1] for line in lines[1:]]
    assert len(names) == len(set(names)) == 15
    assert {line.split(",")[0] for line in lines[1:]} == {"train", "valid", "test"}


def test_what_a_guided_note_costs_is_asked_of_one_song_and_of_many(place, monkeypatch):
    """By a clock on which every drawing of songs takes a second."""
    seconds = count()
    monkeypatch.setattr("scripts.experiments.songs.time.process_time", lambda: next(seconds))
    monkeypatch.setattr(guided_cost, "TOGETHER", (1, 4))
    found = list(guided_cost.costs_ms(place, rounds=1))
    assert found == [[1000 / 16, 1000 / 16 / 4]] * len(guided_cost.CANDIDATES)


def test_networks_of_the_experiment_do_not_look_back(place):
    assert not place.run().config.layout.looks_back


def test_floors_are_those_of_real_music(place):
    write_floors(place)
    found = json.loads((place.out / "tunes" / "floors.json").read_text())
    assert found["test"]["frechet"] == pytest.approx(0, abs=1e-6)
    assert found["train"]["frechet"] > 0


def test_every_row_trains_and_is_measured_once(place, monkeypatch):
    """In one test: rows begin where others ended."""
    for name in rows.ROWS:
        rows.train_row(place, name)
        measuring.measure_row(place, name)
        trained, found = place.read(name, "trained.json"), place.read(name, "figures.json")
        assert trained["updates"] > 0 and trained["seconds"] > 0
        if name.startswith("textbook"):
            assert len(found["points"]) == 1
        else:
            assert len(found["points"]) == 2
            assert all(point["frechet"] > 0 for point in found["points"])
    equal_time(*(place.read(row, "trained.json") for row in ("ours", "mle-updates", "mle-time")))
    # Another temperature is measured beside the old ones.
    before = place.read("mle", "figures.json")["points"]
    monkeypatch.setattr(measuring, "TEMPERATURES", (1.0, 0.95, 0.9))
    measuring.measure_row(place, "mle")
    after = place.read("mle", "figures.json")["points"]
    assert [point["temperature"] for point in after] == [1.0, 0.95, 0.9]
    assert after[::2] == before
    monkeypatch.setattr(measuring, "TEMPERATURES", (1.0, 0.9))
    # A second call finds all done: it makes no networks.
    monkeypatch.setattr(Place, "run", None)
    for name in rows.ROWS:
        rows.train_row(place, name)
        measuring.measure_row(place, name)


def equal_time(ours, cheap, more):
    """As many updates as our phase would have had time for, and one at least."""
    updates = round(ours["seconds"] * cheap["updates"] / cheap["seconds"])
    assert more["updates"] == max(1, updates)


def test_a_row_that_starts_from_another_says_which_is_missing(place):
    other = Place("tunes", place.data, 9, place.out, 16, collection=FEW, adversarial=ADVERSARIAL)
    with pytest.raises(SystemExit, match="run the row 'mle' with this seed first"):
        rows.train_row(other, "ours")


def test_an_unknown_row_is_named_with_those_there_are(capsys):
    with pytest.raises(SystemExit):
        main(["chorales", "nonsense", "--data", str(Path("nowhere"))])
    assert "no row 'nonsense'" in capsys.readouterr().err


def test_a_stopped_row_says_how_to_go_on(monkeypatch, capsys):
    def stop(place, row):
        raise Interrupted("somewhere")

    entry = "scripts.experiments.__main__"
    monkeypatch.setattr(f"{entry}.write_floors", lambda place: None)
    monkeypatch.setattr(Place, "write_split", lambda place: None)
    monkeypatch.setattr(f"{entry}.train_row", stop)
    assert main(["chorales", "mle"]) == 130
    assert "the same command goes on (checkpoint: somewhere)" in capsys.readouterr().err
