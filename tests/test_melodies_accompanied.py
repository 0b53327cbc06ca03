"""The script that measures accompaniments: its table, from a few melodies."""

import importlib.util
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_script_prints_its_table(monkeypatch, capsys):
    """Of what comes with the package: too little for figures, enough for the way to them."""
    path = ROOT / "scripts" / "melodies_accompanied.py"
    spec = importlib.util.spec_from_file_location("melodies", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    words = [str(ROOT / "midi_data" / "bach-chorales"), "--songs", "1"]
    monkeypatch.setattr(sys, "argv", ["melodies_accompanied.py", *words])
    assert script.main() == 0
    out = capsys.readouterr().out
    header, _, *rows = out.strip().splitlines()
    assert header.startswith("| 1 songs | melody notes kept | beats that form a chord |")
    names = ["the pieces", "around their melodies", "free"]
    assert [row.split("|")[1].strip() for row in rows] == names
    assert re.match(r"\| around their melodies \| 100\.0 \| \d", rows[1])
