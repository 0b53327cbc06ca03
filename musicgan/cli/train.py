"""`musicgan train`: learn from a folder of MIDI files, write one model file."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

MOST_SEED = 2**63 - 1
EVENTS_ONLY = {
    "voices": "--voice",
    "transpose": "--transpose",
    "vary_velocity": "--vary-velocity",
    "vary_tempo": "--vary-tempo",
}
"""Options that frames know nothing of."""
EXAMPLES = """\b
Examples:
  musicgan train ~/my-midis --out my-style.safetensors
  musicgan train ~/my-midis --out my-style.safetensors --minutes 30
  musicgan train ~/my-midis --out my-style.safetensors --resume
  musicgan generate --model my-style.safetensors --out song.mid
"""


@click.command(epilog=EXAMPLES)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Model to write.")
@click.option("--minutes", type=float, help="Time budget.  [default: to the plateau]")
@click.option("--seed", default=0, show_default=True, help="Repeats a run exactly on the CPU.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint beside the model.")
@click.option(
    "--codec",
    type=click.Choice(["events", "pianoroll"]),
    default="events",
    show_default=True,
    help="Note tuples, or frames for the differentiable GAN.",
)
@click.option("--device", help="cpu, cuda, cuda:1.  [default: CUDA where there is one]")
@click.option("--hidden", type=int, help="Width of the generator.  [default: by the time given]")
@click.option("--dropout", default=0.4, show_default=True, help="More for smaller collections.")
@click.option(
    "--voice",
    "voices",
    multiple=True,
    metavar="NAME[:PROGRAM]",
    help="Name of the first, second, ... track.  [default: the files']",
)
@click.option("--grid", type=int, help="Steps a beat.  [default: 4, or 12 for triplets]")
@click.option("--transpose", default=6, show_default=True, help="Semitones to vary the key by.")
@click.option(
    "--vary-velocity", default=0, show_default=True, help="Play it louder or softer by up to this."
)
@click.option(
    "--vary-tempo", default=0.0, show_default=True, help="Percent to vary the tempo by, as heard."
)
@click.option("--style", help="Name stored in the model.  [default: the file's]")
@click.option("--licence", default="unstated", help="Licence of the music, stored in the model.")
def train(folder: Path, out: Path, resume: bool, **asked: Any) -> None:
    """Train a model on every MIDI file under FOLDER.

    Ctrl-C saves; --resume goes on. Logs for TensorBoard lie in OUT.run.
    """
    from musicgan.errors import MissingExtraError

    _check(out, asked)
    if find_spec("torch") is None:
        raise MissingExtraError("training", "train")
    from musicgan.train.augment import Augmentation
    from musicgan.train.loop import Interrupted
    from musicgan.train.options import Options
    from musicgan.train.run import train as train_model
    from musicgan.train.watch import Watch

    options = Options(
        style=asked["style"] or out.stem,
        licence=asked["licence"],
        minutes=asked["minutes"],
        seed=asked["seed"],
        device=asked["device"],
        hidden=asked["hidden"],
        dropout=asked["dropout"],
        codec=asked["codec"],
        augmentation=Augmentation(
            asked["transpose"], asked["vary_velocity"], asked["vary_tempo"] / 100
        ),
        voices=asked["voices"],
        grid=asked["grid"],
    )
    try:
        with Watch(out) as watch:
            model = train_model(folder, out, options, resume=resume, watch=watch)
    except Interrupted as interrupted:
        click.echo(f"stopped; go on with --resume (checkpoint: {interrupted})", err=True)
        raise click.exceptions.Exit(130) from interrupted
    for phase, best in model.metadata["metrics"].items():
        click.echo(f"{phase}: best score {best['score']:.4g} at step {best['step']}")
    click.echo(f"{out}: play it with: musicgan generate --model {out} --out song.mid")


def _check(out: Path, asked: dict[str, Any]) -> None:
    if asked["minutes"] is not None and not 0.1 <= asked["minutes"] <= 100_000:
        raise click.BadParameter("out of range: from 0.1 to 100000", param_hint="--minutes")
    limits = {"seed": MOST_SEED, "transpose": 12, "vary-velocity": 126, "vary-tempo": 100}
    for name, most in limits.items():
        if not 0 <= asked[name.replace("-", "_")] <= most:
            raise click.BadParameter(f"out of range: from 0 to {most}", param_hint=f"--{name}")
    if asked["grid"] is not None and not 1 <= asked["grid"] <= 48:
        raise click.BadParameter("out of range: from 1 to 48", param_hint="--grid")
    if asked["hidden"] is not None and not 8 <= asked["hidden"] <= 4096:
        raise click.BadParameter("out of range: from 8 to 4096", param_hint="--hidden")
    if not 0 <= asked["dropout"] < 0.95:
        raise click.BadParameter("out of range: from 0 to 0.95", param_hint="--dropout")
    source = click.get_current_context().get_parameter_source
    for name, option in EVENTS_ONLY.items() if asked["codec"] == "pianoroll" else ():
        if source(name) is not ParameterSource.DEFAULT:
            raise click.BadParameter("only for --codec events: leave it out", param_hint=option)
    if out.is_dir() or not out.parent.is_dir():
        raise click.BadParameter(f"{out}: not a file in an existing folder", param_hint="--out")
