"""The house: floors, what the playing side may load, and what the tree may hold."""

import ast
import configparser
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "musicgan"
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_BYTES = 8_000_000
# Spelled so that this file does not find itself.
MACHINE = re.compile(rb"/(?:work|home|root|Users|farm)" + rb"/[\w.-]|/tmp/(?:bash|pytest)" + rb"_")

BLOCKER = """
import importlib, pkgutil, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {refused!r}:
            raise ImportError(f"{{name}} is refused")

sys.meta_path.insert(0, Refuse())
import musicgan

# What JACK runs is made into machine code when it is loaded; `live/test_jack_code.py` does that.
elsewhere = ("musicgan.train", "musicgan.__main__", "musicgan.live.backends.jack_process")
for found in pkgutil.walk_packages(musicgan.__path__, "musicgan."):
    if not found.name.startswith(elsewhere):
        importlib.import_module(found.name)
        print(found.name)
"""


def tracked():
    """Files that are, or would be, part of a commit; all but hidden ones where there is no git."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if listed.returncode == 0 and listed.stdout:
        paths = [ROOT / os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    else:
        shown = ("[a-z]*", "[A-Z]*")
        tops = [top for pattern in shown for top in ROOT.glob(pattern) if top.name != "shared"]
        paths = [p for top in tops for p in (top.rglob("*") if top.is_dir() else [top])]
    return [path for path in paths if path.is_file() and "__pycache__" not in path.parts]


def public(node, prefix=""):
    """Public functions, classes and methods below a node, as (dotted name, node)."""
    for child in node.body:
        is_class = isinstance(child, ast.ClassDef)
        if not (is_class or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)):
            continue
        if not child.name.startswith("_"):
            yield prefix + child.name, child
            if is_class:
                yield from public(child, f"{prefix}{child.name}.")


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def python(script):
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, cwd=ROOT
    )


def test_a_module_imports_only_from_floors_below_it():
    script = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    result = python(script)
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


def test_playing_needs_no_torch_and_loads_nothing_it_may_not_need():
    """Every module but the training ones loads where neither of these is installed."""
    result = python(BLOCKER.format(refused={"torch", "tensorboard", "music21", "pretty_midi"}))
    assert result.returncode == 0, result.stderr
    loaded = result.stdout.split()
    for room in ("codecs.events", "compose.song", "corpus.cache", "model.generator", "evaluate"):
        assert f"musicgan.{room}" in loaded


def test_a_refused_library_is_really_refused():
    """The blocker of the test above blocks: numpy refused stops the package."""
    result = python(BLOCKER.format(refused={"numpy"}))
    assert result.returncode != 0
    assert "numpy is refused" in result.stderr


def test_no_file_is_too_big_for_a_clone():
    assert not [path for path in tracked() if path.stat().st_size > MAX_BYTES]


def test_no_path_of_anybodys_machine_is_in_the_tree():
    texts = [path for path in tracked() if path.suffix not in (".mid", ".png", ".safetensors")]
    assert len(texts) > 50
    found = [(path.name, match) for path in texts for match in MACHINE.findall(path.read_bytes())]
    assert not found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_and_everything_public_says_what_it_is(path):
    tree = tree_of(path)
    assert ast.get_docstring(tree), f"{path} has no docstring"
    missing = [name for name, node in public(tree) if not ast.get_docstring(node)]
    assert not missing


def test_the_readme_maps_every_room_and_no_other():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rooms = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    rooms |= {path.stem for path in PACKAGE.glob("[a-z]*.py")}
    assert set(re.findall(r"^\| `(\w+/?)` \|", readme, re.MULTILINE)) == rooms


@pytest.mark.parametrize("floors", [True, False])
def test_every_interpreter_is_asked_for_what_setup_cfg_names(floors):
    """One requirement a line, those that only some Pythons have whole, too."""
    from packaging.requirements import Requirement

    path = ROOT / "scripts" / "check_interpreters.py"
    spec = importlib.util.spec_from_file_location("check_interpreters", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    needs = {need.name: need for need in map(Requirement, script.requirements(floors))}
    assert {"numpy", "click", "mido", "symusic", "tomli"} <= needs.keys()
    assert {spec.operator for need in needs.values() for spec in need.specifier} == {
        "==" if floors else ">="
    }
    assert str(needs["tomli"].marker) == 'python_version < "3.11"'


def test_the_test_command_pins_what_setup_cfg_allows():
    """A constraint outside the stated range would make the README's test command fail."""
    from packaging.requirements import Requirement
    from packaging.version import Version

    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    extras = config["options.extras_require"]
    stated = "\n".join([config["options"]["install_requires"], extras["train"], extras["report"]])
    stated_lines = [line for line in stated.splitlines() if line and not line.startswith("#")]
    needs = {need.name: need.specifier for need in map(Requirement, stated_lines)}
    lines = (ROOT / "tests" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert pins
    for pin in pins:
        [version] = [Version(spec.version) for spec in pin.specifier]
        assert version in needs[pin.name]
