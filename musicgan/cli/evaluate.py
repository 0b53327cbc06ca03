"""`musicgan evaluate GENERATED --real FOLDER`: how near generated music is to real music."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from musicgan.cli import one_thread
from musicgan.cli.paths import GivenPath
from musicgan.cli.waiting import counting, saying

if TYPE_CHECKING:
    from musicgan.cli.own_songs import OwnSongs
    from musicgan.evaluate.side import Side

MODEL = ".safetensors"
MODEL_ONLY = ("songs", "bars", "temperature", "critic", "reverse_minutes")
EXAMPLES = """\b
Examples:
  musicgan evaluate songs --real held-out --train training
  musicgan evaluate theirs-1.mid theirs-2.mid --real held-out --out theirs.html
  musicgan evaluate my-style --real ~/my-midis --critic 8
"""


@click.command(epilog=EXAMPLES)
@click.argument("generated", nargs=-1, required=True, type=GivenPath())
@click.option("--real", required=True, type=GivenPath(), help="Folder of real MIDI.")
@click.option("--train", type=GivenPath(), help="What the system learned from.")
@click.option(
    "--out",
    type=GivenPath(),
    default=Path("evaluation.html"),
    show_default=True,
    help="Report to write; its figures go beside it as .json.",
)
@click.option("--merge-tracks", is_flag=True, help="Count all tracks of a piece as one voice.")
@click.option("--seed", default=0, show_default=True, help="Of random halves, and of songs.")
@click.option("--songs", default=96, show_default=True, help="Of a model: songs to compose.")
@click.option("--bars", default=64, show_default=True, help="Of a model: of the longest song.")
@click.option("--temperature", default=0.95, show_default=True, help="Of a model.")
@click.option("--critic", type=int, help="Of a model: candidates weighed.  [default: its habit]")
@click.option(
    "--reverse-minutes", type=float, help="Of a model: train a fresh one on its songs for so long."
)
@click.pass_context
def evaluate(
    context: click.Context, /, generated: tuple[Path, ...], real: Path, out: Path, **asked: Any
) -> None:
    """Measure generated MIDI files, whoever made them, against real ones.

    GENERATED is files, a folder of them, or one style or model file, which then composes songs
    like the real pieces. Where --real is the folder that the model was trained on, only the pieces
    held out from training count as real. Prints the headline measures; writes a report and its
    figures.
    """
    one_thread()
    generated = _by_name(generated)
    _check(context, generated, out, asked)
    from musicgan.cli.evaluate_show import show, write
    from musicgan.evaluate.evaluation import evaluate as evaluate_sides

    own = _compose(generated[0], real, asked) if generated[0].suffix == MODEL else None
    sides = own.sides if own is not None else _read(generated, real, asked["train"])
    with saying("measuring") as say:
        found = evaluate_sides(
            *sides,
            sources={
                "generated": ", ".join(map(str, generated)),
                "real": str(real),
                "training": str(asked["train"] or real),
            },
            merge=asked["merge_tracks"],
            seed=asked["seed"],
            remarks=own.remarks if own is not None else [],
            progress=say,
        )
    if own is not None:
        found = found.with_likelihood(_ask(own, asked))
    show(found)
    write(found, out)


def _by_name(generated: tuple[Path, ...]) -> tuple[Path, ...]:
    """The model's file where a style is named, and no file or folder is called so."""
    from musicgan.compose.styles import bundled_styles, own_styles, style_path

    name = str(generated[0])
    if generated[0].exists() or name not in [*bundled_styles(), *own_styles()]:
        return generated
    return (style_path(name), *generated[1:])


def _check(
    context: click.Context, generated: tuple[Path, ...], out: Path, asked: dict[str, Any]
) -> None:
    is_model = generated[0].suffix == MODEL
    if is_model and len(generated) > 1:
        raise click.UsageError("one model at a time: give a single .safetensors file")
    for name in MODEL_ONLY:
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if given and not is_model:
            option = "--" + name.replace("_", "-")
            raise click.UsageError(f"{option} is for a model file; these are MIDI files")
    ranges = {"songs": (2, 10_000), "seed": (0, 2**31), "reverse_minutes": (0.1, 100_000)}
    for name, (low, high) in ranges.items():
        if asked[name] is not None and not low <= asked[name] <= high:
            raise click.BadParameter(
                f"{asked[name]} is out of range: from {low} to {high}",
                param_hint="--" + name.replace("_", "-"),
            )
    if out.is_dir() or not out.parent.is_dir() or out.suffix.lower() not in (".html", ".htm", ""):
        raise click.BadParameter(
            f"{out}: give a file in an existing folder, such as report.html", param_hint="--out"
        )


def _read(
    generated: tuple[Path, ...], real: Path, train: Path | None
) -> tuple[Side, Side, Side | None]:
    from musicgan.evaluate.side import read_side

    with counting("reading generated") as progress:
        made = read_side(generated, progress)
    with counting("reading real") as progress:
        there = read_side([real], progress)
    if train is None:
        return made, there, None
    with counting("reading training") as progress:
        return made, there, read_side([train], progress)


def _compose(model: Path, real: Path, asked: dict[str, Any]) -> OwnSongs:
    from musicgan.cli.own_songs import compose_songs
    from musicgan.errors import ComposeError

    wanted = {name: asked[name] for name in ("songs", "bars", "temperature", "critic", "seed")}
    with counting("composing") as progress:
        try:
            return compose_songs(model, real, asked["train"], **wanted, progress=progress)
        except ComposeError as error:
            raise click.UsageError(str(error)) from error


def _ask(own: OwnSongs, asked: dict[str, Any]) -> dict[str, float]:
    """The model's likelihoods, where torch is there to ask for them."""
    if find_spec("torch") is None:
        click.echo("no likelihoods without torch: pip install 'musicgan[train]'", err=True)
        return {}
    with saying("listening") as say:
        return own.likelihoods(asked["reverse_minutes"], asked["seed"], say)
