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


def leave(out, row, seed, points, floor=1.0):
    """What a row leaves behind."""
    folder = out / "chorales" / f"seed{seed}" / row
    folder.mkdir(parents=True)
    trained = {"updates": 10, "seconds": 60, "history": [{"score": 1, "step": 5}]}
    (folder / "trained.json").write_text(json.dumps(trained))
    (folder / "figures.json").write_text(json.dumps({"points": points}))
    floor = dict.fromkeys(table.COLUMNS, floor)
    floors = {"train": floor, "valid": floor, "train_sd": floor}
    (out / "chorales" / "floors.json").write_text(json.dumps(floors))


def halved(points):
    return [{**p, "frechet": p["frechet"] / 2, "bleu_4": p["bleu_4"] + 0.01} for p in points]


def test_each_seed_is_compared_with_the_control_of_its_own_seed(tmp_path, capsys):
    for seed in (0, 1):
        leave(tmp_path, "mle", seed, [LOW, HIGH])
        leave(tmp_path, "ours", seed, halved([LOW, HIGH]))
    kept = tmp_path / "kept"
    assert table.main(["chorales", "--out", str(tmp_path), "--keep", str(kept)]) == 0
    told = capsys.readouterr().out
    assert "| 0.50 | 11.0 ± 0.0 | 50 ± 0 % (2) | 0.0100 ± 0.0000 |" in told
    assert "| maximum likelihood (2) | 12.0 ± 0.0 | 11.5 ± 0.0 | 11.0 ± 0.0 |" in told
    assert (kept / "chorales.png").stat().st_size > 5000
    # What was kept says the same without the results themselves.
    table.main(["chorales", "--out", str(tmp_path / "nothing"), "--keep", str(kept)])
    assert capsys.readouterr().out == told


def test_every_method_is_put_beside_both_controls_of_its_own_seed(tmp_path, capsys):
    for row in ("mle", "mle-updates", "mle-time"):
        leave(tmp_path, row, 0, [LOW, HIGH])
    leave(tmp_path, "ours", 0, [LOW, HIGH])
    table.main(["chorales", "--out", str(tmp_path)])
    assert "Frechet lower by, at" not in capsys.readouterr().out  # `matched` has said it
    leave(tmp_path, "match-pairs", 0, halved([LOW, HIGH]))
    table.main(["chorales", "--out", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    begin = "| feature matching per pair, than likelihood, as much"
    assert [line.count("50 % (1)") for line in lines if line.startswith(begin)] == [5]
    assert "| Frechet lower by, at self-BLEU | 0.40 | 0.45 | 0.50 | 0.55 | 0.60 |" in lines


def test_what_another_machine_ran_is_added_to_what_was_kept(tmp_path, capsys):
    one, other, kept = (tmp_path / name for name in ("one", "other", "kept"))
    leave(one, "mle", 0, [LOW, HIGH])
    leave(one, "ours", 0, halved([LOW, HIGH]))
    table.main(["chorales", "--out", str(one), "--keep", str(kept)])
    leave(other, "mle", 1, [LOW, HIGH])
    leave(other, "ours", 1, halved([LOW, HIGH]))
    table.main(["chorales", "--out", str(other), "--keep", str(kept)])
    assert "50 ± 0 % (2)" in capsys.readouterr().out
    assert set(json.loads((kept / "chorales.json").read_text())["rows"]["mle"]) == {"0", "1"}


def test_a_row_run_again_takes_the_place_of_what_was_kept(tmp_path):
    one, other, kept = (tmp_path / name for name in ("one", "other", "kept"))
    for out, points in ((one, [LOW, HIGH]), (other, halved([LOW, HIGH]))):
        for row in ("mle", "ours"):
            leave(out, row, 0, points)
        table.main(["chorales", "--out", str(out), "--keep", str(kept)])
    rows = json.loads((kept / "chorales.json").read_text())["rows"]
    assert [point["frechet"] for point in rows["mle"]["0"]["points"]] == [6.0, 5.0]


def test_figures_of_other_pieces_are_not_mixed(tmp_path):
    one, other, kept = (tmp_path / name for name in ("one", "other", "kept"))
    for row in ("mle", "ours"):
        leave(one, row, 0, [LOW, HIGH])
        leave(other, row, 1, [LOW, HIGH], floor=1.2)
    table.main(["chorales", "--out", str(one), "--keep", str(kept)])
    with pytest.raises(SystemExit, match="measured on other pieces"):
        table.main(["chorales", "--out", str(other), "--keep", str(kept)])


def test_nothing_run_and_nothing_kept_is_said(tmp_path):
    with pytest.raises(SystemExit, match="no row has been measured yet"):
        table.main(["chorales", "--out", str(tmp_path), "--keep", str(tmp_path)])
