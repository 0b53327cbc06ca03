"""The pages that are made of code or run it: the API page and the quickstart notebook."""

import ast
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from make_api_page import PAGE, page  # noqa: E402

NOTEBOOK = json.loads((ROOT / "docs" / "quickstart.ipynb").read_text(encoding="utf-8"))
CELLS = ["".join(c["source"]) for c in NOTEBOOK["cells"] if c["cell_type"] == "code"]


def test_the_api_page_says_what_the_docstrings_say():
    assert PAGE.read_text(encoding="utf-8") == page(), "run python scripts/make_api_page.py"


def test_everything_on_the_page_says_something():
    sections = page().split("\n##")[1:]
    assert len(sections) > 20
    for section in sections:
        title, _, text = section.lstrip("#").partition("\n")
        prose = text.split("```")[-1].strip()
        assert len(prose) > 20, title


def test_the_notebook_holds_no_outputs():
    """They would differ by machine, and lie after the next change."""
    for cell in NOTEBOOK["cells"]:
        assert not cell.get("outputs") and not cell.get("execution_count")


def test_every_cell_of_the_quickstart_runs(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    from train.making import few_songs

    (tmp_path / "midi_data").symlink_to(ROOT / "midi_data")
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    values = []
    with few_songs():
        for cell in CELLS:
            tree = ast.parse(cell)
            last = tree.body[-1]
            shown = isinstance(last, ast.Expr)
            body = ast.Module(tree.body[: -1 if shown else None], [])
            exec(compile(body, "cell", "exec"), names)
            if shown:
                values.append(eval(compile(ast.Expression(last.value), "cell", "eval"), names))
    assert values[0] > 40
    assert values[2] == ["Alto", "Bass", "Soprano", "Tenor"]
    assert values[-1][1] in ("chorale", "fiddle", "lieder")
    assert {path.name for path in tmp_path.glob("*.mid")} == {"tune.mid", "chorale.mid", "mine.mid"}
