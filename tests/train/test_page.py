"""The page of a run: what it collects, that it is whole, and that a browser draws it."""

import json
import os
import re
import shutil
import subprocess

import pytest

from musicgan.codecs.slots import as_slots
from musicgan.train.look import Beside
from musicgan.train.page import EVERY, MOST_POINTS, Page

from .making import BASS, LEAD, tune

FIGURES = {"nll": 1.23456789, "frechet": 20.0, "score": float("inf")}


@pytest.fixture(scope="module")
def beside():
    return Beside(4, as_slots([LEAD, BASS]), [tune(seed, bars=16) for seed in range(4)])


@pytest.fixture
def page(tmp_path, beside):
    made = Page(tmp_path, "my </script> style", "a summary", beside, clock=lambda: "now")
    for step in range(1, 2 * EVERY + 1):
        made.step("likelihood", step, {"train_nll": 3.0 - step / 100})
    made.alarm("likelihood", 30, "it went wrong: do this")
    for step in (20, 40):
        song = tune(step)
        made.evaluation("likelihood", step, FIGURES, [song, tune(9)], [0.5] * len(song))
    made.evaluation("adversarial", 0, {"frechet": 12.0}, [tune(3)], None)
    return made


def data_of(folder):
    """What the page holds."""
    html = (folder / "report.html").read_text()
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    return json.loads(found.group(1))


def test_the_page_holds_curves_evaluations_and_alarms(page, tmp_path):
    data = data_of(tmp_path)
    assert data == json.loads((tmp_path / "report.json").read_text())
    assert (data["title"], data["summary"]) == ("my </script> style", "a summary")
    assert (data["updated"], data["running"]) == ("now", True)
    assert [point["step"] for point in data["curves"]] == [EVERY, 2 * EVERY]
    assert data["alarms"] == [{"phase": "likelihood", "step": 30, "text": "it went wrong: do this"}]
    first = data["evaluations"][0]
    assert (first["phase"], first["step"]) == ("likelihood", 20)
    assert first["figures"] == {"nll": 1.2346, "frechet": 20}
    assert len(first["song"]["notes"]) == len(first["song"]["verdicts"]) == len(tune(20))
    assert data["evaluations"][2]["song"]["verdicts"] is None
    page.end()
    assert data_of(tmp_path)["running"] is False


def test_a_resumed_run_goes_on_with_its_page_and_repeats_replace(page, tmp_path, beside):
    again = Page(tmp_path, "x", "", beside, resumed=True)
    again.step("likelihood", 40, {"train_nll": 9.0})
    again.evaluation("likelihood", 40, {"nll": 7.0}, [tune(1)], None)
    data = data_of(tmp_path)
    assert [point["step"] for point in data["curves"]] == [20, 40]
    places = [(record["phase"], record["step"]) for record in data["evaluations"]]
    assert places == [("likelihood", 20), ("adversarial", 0), ("likelihood", 40)]
    fresh = Page(tmp_path, "x", "", beside)
    fresh.write()
    assert data_of(tmp_path)["evaluations"] == []


def test_a_page_that_was_lost_begins_anew(tmp_path, beside):
    (tmp_path / "report.json").write_text("half")
    Page(tmp_path, "x", "", beside, resumed=True).write()
    assert data_of(tmp_path)["curves"] == []


def test_curves_of_long_runs_get_thinner_not_longer(tmp_path, beside):
    made = Page(tmp_path, "x", "", beside)
    for step in range(1, 3 * EVERY * MOST_POINTS):
        made.step("likelihood", step, {"train_nll": 1.0})
    made.write()
    steps = [point["step"] for point in data_of(tmp_path)["curves"]]
    assert MOST_POINTS / 2 <= len(steps) <= MOST_POINTS
    assert steps == sorted(steps)


def test_an_evaluation_without_a_song_has_figures_alone(tmp_path, beside):
    silent = tune(1).with_notes(tune(1).notes[:0])
    Page(tmp_path, "x", "", beside).evaluation("likelihood", 1, {"nll": 1.0}, [silent], None)
    [record] = data_of(tmp_path)["evaluations"]
    assert record == {"phase": "likelihood", "step": 1, "figures": {"nll": 1.0}}


def chromium():
    """A browser; where CI is set a missing one is a failure."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if not found and os.environ.get("CI"):
        pytest.fail("no Chromium: scripts/install_live_parts.sh installs it")
    return found or pytest.skip("needs Chromium")


def test_a_browser_draws_it(page, tmp_path):
    """Headless Chromium runs the page: charts, roll, shares, map, alarms; no errors."""
    command = [
        chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
        "--virtual-time-budget=3000", "--dump-dom", (tmp_path / "report.html").as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    dom = done.stdout
    assert "CONSOLE" not in done.stderr
    assert "<title>my &lt;/script&gt; style: a training</title>" in dom
    assert "likelihood 30: it went wrong: do this" in dom
    # Two charts have figures; the third, of a critic, has none and is left out.
    drawn = dom[dom.index('id="curves"') : dom.index("What it plays")]
    assert drawn.count("<svg") == 2
    assert "adversarial 0" in dom  # the last evaluation is shown first
    roll = dom[dom.index('id="roll"') : dom.index("Beside the pieces held out")]
    assert roll.count("<rect") == len(tune(3))
    beside = dom[dom.index('id="spreads"') : dom.index('id="data"')]
    assert beside.count("<svg") == 4 and beside.count("<circle") > 8
