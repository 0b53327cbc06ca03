"""The script that measures how bars which are filled in lead on: its table, from a few gaps."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]


def test_the_script_prints_its_table(monkeypatch, capsys):
    """Of what comes with the package: too little for figures, enough for the way to them."""
    spec = importlib.util.spec_from_file_location("gaps", ROOT / "scripts" / "gaps_filled.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    folder = ROOT / "midi_data"
    words = [str(folder), "--gaps", "2", "--bars", "2"]
    monkeypatch.setattr(sys, "argv", ["gaps_filled.py", *words])
    assert script.main() == 0
    out = capsys.readouterr().out
    assert re.search(r"\| 2 gaps of 2 bars: what is in them \|", out)
    nats = [float(n) for n in re.findall(r"\| (\d\.\d{3}) \|", out)]
    assert len(nats) == 3 and all(0.3 < n < 4 for n in nats)
    assert script.interval(np.array([0.5, 0.5])) == "+0.500 [+0.500, +0.500]"
