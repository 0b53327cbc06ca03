"""Tables: curves compared where songs are equally alike, seed by seed, with an interval."""

import json

import pytest

from scripts.experiments import table

LOW = {"temperature": 1.0, "candidates": 0, "self_bleu_4": 0.4, "bleu_4": 0.3, "frechet": 12.0}
HIGH = {"temperature": 0.9, "candidates": 0, "self_bleu_4": 0.6, "bleu_4": 0.4, "frechet": 10.0}


def test_a_measure_is_read_off_between_the_temperatures():
    assert table.at_matched([HIGH, LOW], "frechet", 0.45) == pytest.approx(11.5)


def test_and_not_beyond_the_ends_of_the_curve():
    assert table.at_matched([HIGH, LOW], "frechet", 0.39) is None
    assert table.at_matched([], "frechet", 0.5) is None


def test_only_what_all_seeds_have_is_averaged():
    found = table.shared_points({"0": {"points": [LOW, HIGH]}, "1": {"points": [HIGH]}})
    assert found == [[HIGH], [HIGH]]


def test_the_interval_is_student_s():
    mean, half = table.with_interval([1.0, 2.0, 3.0])
    assert (mean, half) == (2.0, pytest.approx(2.920 / 3**0.5))
    assert table.with_interval([5.0]) == (5.0, None)


def test_each_seed_is_compared_with_the_control_of_its_own_seed(tmp_path, capsys):
    def halved(points):
        return [{**p, "frechet": p["frechet"] / 2, "bleu_4": p["bleu_4"] + 0.01} for p in points]

    for seed in ("0", "1"):
        for row, points in (("mle", [LOW, HIGH]), ("ours", halved([LOW, HIGH]))):
            folder = tmp_path / "chorales" / f"seed{seed}" / row
            folder.mkdir(parents=True)
            trained = {"updates": 10, "seconds": 60, "history": [{"score": 1, "step": 5}]}
            (folder / "trained.json").write_text(json.dumps(trained))
            (folder / "figures.json").write_text(json.dumps({"points": points}))
    floor = dict.fromkeys(table.COLUMNS, 1.0)
    floors = {"train": floor, "valid": floor, "train_sd": floor}
    (tmp_path / "chorales" / "floors.json").write_text(json.dumps(floors))
    kept = tmp_path / "kept"
    assert table.main(["chorales", "--out", str(tmp_path), "--keep", str(kept)]) == 0
    told = capsys.readouterr().out
    assert "| 0.50 | 11.0 ± 0.0 | 50 ± 0 % (2) | 0.0100 ± 0.0000 |" in told
    assert "| maximum likelihood (2) | 12.0 ± 0.0 | 11.5 ± 0.0 | 11.0 ± 0.0 |" in told
    assert (kept / "chorales.png").stat().st_size > 5000
    # What was kept says the same without the results themselves.
    table.main(["chorales", "--out", str(tmp_path / "nothing"), "--keep", str(kept)])
    assert capsys.readouterr().out == told
