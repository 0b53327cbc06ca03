"""`musicgan models`: the models that can be played by name."""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from musicgan.cli.paths import GivenPath

if TYPE_CHECKING:
    from musicgan.compose.styles import Style

MEGABYTE = 1e6
EXAMPLES = """\b
Examples:
  musicgan models
  musicgan models show lieder
  musicgan models remove my-style
  musicgan models export my-style --out my-style-onnx
"""


@click.group(invoke_without_command=True, epilog=EXAMPLES)
@click.pass_context
def models(context: click.Context) -> None:
    """List the models that `--style` finds: those that come with musicgan, and your own.

    The likelihood is of pieces held out from training, in nats a note; less is better, and only
    models of the same collection can be compared by it.
    """
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console
    from rich.table import Table

    from musicgan.compose.styles import all_styles
    from musicgan.errors import ModelFileError
    from musicgan.folders import styles_folder
    from musicgan.model.file import understood

    table = Table("style", "size", "trained", "learned from", "licence", "nats a note")
    for style in all_styles():
        # One that cannot be told of is passed over like files that are no models.
        with suppress(ModelFileError), understood(style.path):
            table.add_row(
                style.name,
                f"{style.path.stat().st_size / MEGABYTE:.1f} MB",
                _date(style),
                _pieces(style.metadata),
                str(style.metadata.get("licence", "unstated")),
                _nats(style.metadata),
            )
    console = Console()
    console.print(table)
    console.print(f"your own: {styles_folder()}", highlight=False, soft_wrap=True)


SHOW = """\b
Examples:
  musicgan models show lieder
  musicgan models show my-style.safetensors --json
"""


@models.command(epilog=SHOW)
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="All the file says of itself.")
def show(name: str, as_json: bool) -> None:
    """Show what the model NAME is: its music, its voices, how it was trained and how it measures.

    NAME is a style or a model file.
    """
    from musicgan.model.file import read_metadata, understood

    path = _file(name)
    about = read_metadata(path)
    if as_json:
        click.echo(json.dumps(about, indent=2, sort_keys=True))
        return
    with understood(path):
        described = _described(path, about)
    for label, said in described.items():
        click.echo(f"{label:>12}  {said}")


@models.command(epilog="\b\nExamples:\n  musicgan models remove my-style")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, yes: bool) -> None:
    """Delete your model NAME and what its training left beside it."""
    from importlib.util import find_spec

    from musicgan.compose.styles import own_path, remove_style, run_folder

    path = own_path(name)
    training = run_folder(path)
    if (os.path.lexists(path) or os.path.lexists(training)) and not yes:
        click.confirm(f"Delete {path} and its training?", abort=True)
    if training.exists() and find_spec("filelock") is not None:
        from musicgan.train.lock import alone_in

        with alone_in(training):
            pass  # nobody is at work there
    for gone in remove_style(name):
        click.echo(f"deleted {gone}")


@models.command(epilog="\b\nExamples:\n  musicgan models export my-style --out my-style-onnx")
@click.argument("name")
@click.option("--out", required=True, type=GivenPath(), help="Folder to write.")
def export(name: str, out: Path) -> None:
    """Write the model NAME as ONNX graphs, with an example that plays a song by them.

    NAME is a style or a model file. Needs torch and onnx.
    """
    from importlib.util import find_spec

    from musicgan.errors import MissingExtraError
    from musicgan.model.file import load_model

    model = load_model(_file(name))
    if out.exists() and not out.is_dir():
        raise click.BadParameter(f"{out}: is a file; give a folder", param_hint="--out")
    if find_spec("torch") is None:
        raise MissingExtraError("exporting", "train")
    from musicgan.train.export import export as export_model

    for path in export_model(model, out):
        click.echo(path)
    example, file = (shlex.quote(str(path)) for path in (out / "example.py", _file(name)))
    click.echo(f"play a song by it: python {example} {file} song.mid")


def _file(name: str) -> Path:
    """The model file of a style, or that is named itself."""
    from musicgan.compose.styles import SUFFIX, style_path

    return Path(name) if name.endswith(SUFFIX) else style_path(name)


def _described(path: Path, about: Mapping[str, Any]) -> dict[str, str]:
    """What a person wants to know, by label."""
    codec, typical = about["codec"]["options"], about["typical"]
    voices = zip(codec["slots"], about["voices"]["ranges"], strict=True)
    options = about.get("options", {})
    said = {
        "file": f"{path}, {path.stat().st_size / MEGABYTE:.1f} MB",
        "learned from": _pieces(about),
        "licence": str(about.get("licence", "unstated")),
        "voices": ", ".join(f"{slot[0]} ({low}-{high})" for slot, (low, high) in voices),
        "grid": f"{_grid(codec)}, {codec['velocity_bins']} velocities",
        "usually": f"{typical['metre'][0]}/{typical['metre'][1]}, {typical['bpm']} bpm",
        "held out": f"{_nats(about)} nats a note",
        "training": ", ".join(f"{phase} {steps}" for phase, steps in about["steps"].items()),
        "settings": ", ".join(
            f"{name} {value}" for name, value in sorted(options.items())
            if isinstance(value, int | float | str) and name not in ("licence", "style")
        ),
    }  # fmt: skip
    return {label: text for label, text in said.items() if text}


def _grid(codec: Mapping[str, Any]) -> str:
    parts = codec.get("fine", 1)
    return f"{codec['grid']} steps a beat" + (f", each in {parts} parts" if parts > 1 else "")


def _date(style: Style) -> str:
    if not style.is_own:
        return "bundled"
    return time.strftime("%Y-%m-%d", time.localtime(style.path.stat().st_mtime))


def _pieces(about: Mapping[str, Any]) -> str:
    music = about.get("music")
    return f"{music['pieces']} pieces" if music else "not stated"


def _nats(about: Mapping[str, Any]) -> str:
    """The likelihood of the weights that are in the file: after the last phase that moved them."""
    metrics = about.get("metrics", {})
    last = metrics.get("adversarial", metrics.get("likelihood", {}))
    return f"{last['nll']:.3f}" if "nll" in last else "not measured"
