"""`musicgan train`: learn from a folder of MIDI files, write one model file."""

from __future__ import annotations

import re
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from musicgan.cli.paths import GivenPath
from musicgan.cli.train_check import check

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CHECKPOINT = "checkpoint.safetensors"
NONE = "start one, without --resume"
EXAMPLES = """\b
Examples:
  musicgan train ~/my-midis --name my-style --minutes 60
  musicgan train ~/my-midis --name my-style --resume
  musicgan generate --style my-style --out song.mid
  musicgan train ~/my-midis --out elsewhere.safetensors --config settings.toml
"""


def _settings_file(context: click.Context, option: click.Parameter, path: Path | None) -> None:
    """Take the options' defaults from a TOML file; what the command line says goes before."""
    if path is None:
        return
    known = {
        parameter.opts[0].removeprefix("--"): parameter
        for parameter in context.command.params
        if isinstance(parameter, click.Option) and parameter is not option
    }
    try:
        settings = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise click.BadParameter(f"{path}: {error}") from None
    unknown = [key for key in settings if key not in known]
    if unknown:
        raise click.BadParameter(
            f"{path}: no setting {unknown[0]!r}: choose of {', '.join(sorted(known))}"
        )
    context.default_map = {
        str(known[key].name): [value] if known[key].multiple and isinstance(value, str) else value
        for key, value in settings.items()
    }


@click.command(epilog=EXAMPLES)
@click.argument("folder", type=GivenPath())
@click.option("--name", help="To play it by, with --style.  [default: the folder's name]")
@click.option(
    "--out",
    type=GivenPath(),
    help="File to write.  [default: among your own styles: musicgan models]",
)
@click.option(
    "--config",
    type=GivenPath(exists=True, dir_okay=False),
    callback=_settings_file,
    is_eager=True,
    expose_value=False,
    help="TOML file with any of these options: minutes = 30.",
)
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
@click.option(
    "--from",
    "start",
    default="nearest",
    show_default=True,
    help="Style or model file to begin with: the nearest bundled one, or none.",
)
@click.option(
    "--hidden",
    type=int,
    help="Width of the generator, which begins at random.  [default: by the start, or the time]",
)
@click.option("--dropout", default=0.4, show_default=True, help="More for smaller collections.")
@click.option(
    "--slow-critic/--no-slow-critic",
    default=None,
    help="Let the critic learn slowly.  [default: with fewer than 150 pieces]",
)
@click.option(
    "--voice",
    "voices",
    multiple=True,
    metavar="NAME[:PROGRAM]",
    help="Name of the first, second, ... track.  [default: the files']",
)
@click.option(
    "--tracks",
    type=click.Choice(["order", "instrument"]),
    help="What tells which track is which voice.  [default: by the files]",
)
@click.option(
    "--drums/--no-drums",
    default=None,
    help="Give drums a track.  [default: where a third of the files have some]",
)
@click.option("--velocities", type=int, help="Told apart.  [default: 8, or 1 where all are alike]")
@click.option("--grid", type=int, help="Steps a beat.  [default: 4, or 12 for triplets]")
@click.option(
    "--pedal/--no-pedal",
    default=None,
    help="Fold the sustain pedal into durations.  [default: where the files use it]",
)
@click.option(
    "--fine",
    type=int,
    help="Parts of a step to tell onsets by.  [default: 8, or 1 where the music is on the grid]",
)
@click.option("--transpose", default=6, show_default=True, help="Semitones to vary the key by.")
@click.option(
    "--vary-velocity", default=0, show_default=True, help="Play it louder or softer by up to this."
)
@click.option(
    "--vary-tempo", default=0.0, show_default=True, help="Percent to vary the tempo by, as heard."
)
@click.option(
    "--critic",
    type=int,
    help="Candidates weighed when it plays; 0: none.  [default: what serves best of 0, 2, 4, 8]",
)
@click.option(
    "--parallels",
    type=float,
    help="Times as likely as learned that it plays parallel octaves and fifths.  "
    "[default: as often as the music]",
)
@click.option(
    "--crossings",
    type=float,
    help="Times as likely as learned that its voices cross.  [default: as often as in the music]",
)
@click.option(
    "--returns",
    type=float,
    help="Times as likely as learned that bars come again as they were.  "
    "[default: as often as in the music]",
)
@click.option(
    "--tessitura",
    type=float,
    help="How strictly voices keep to their usual heights, 0 to 1.  "
    "[default: what serves best of 0 and 0.5]",
)
@click.option("--licence", default="unstated", help="Licence of the music, stored in the model.")
def train(folder: Path, name: str | None, out: Path | None, resume: bool, **asked: Any) -> None:
    """Train a model on every MIDI file under FOLDER.

    Ctrl-C saves; --resume goes on. Logs for TensorBoard lie beside the model, in a folder that
    ends in .run.
    """
    from musicgan.corpus.scan import check_folder
    from musicgan.errors import MissingExtraError

    check(asked)
    is_own = out is None
    name, out = _place(folder, name, out, resume)
    check_folder(folder)  # before torch is loaded, which takes seconds
    if find_spec("torch") is None:
        raise MissingExtraError("training", "train")
    from musicgan.train import team
    from musicgan.train.augment import Augmentation
    from musicgan.train.loop import Interrupted
    from musicgan.train.options import Options
    from musicgan.train.run import train as train_model
    from musicgan.train.watch import Watch

    options = Options(
        style=name,
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
        velocities=asked["velocities"],
        tracks=asked["tracks"],
        pedal=asked["pedal"],
        fine=asked["fine"],
        drums=asked["drums"],
        slow_critic=asked["slow_critic"],
        candidates=asked["critic"],
        parallels=asked["parallels"],
        crossings=asked["crossings"],
        returns=asked["returns"],
        tessitura=asked["tessitura"],
        start=asked["start"],
    )
    try:
        with Watch(out) as watch:
            model = train_model(folder, out, options, resume=resume, watch=watch)
    except Interrupted as interrupted:
        if team.leads():
            click.echo(f"stopped; go on with --resume (checkpoint: {interrupted})", err=True)
        raise click.exceptions.Exit(130) from interrupted
    if not team.leads():
        return
    _say_how_good(model.metadata["metrics"])
    played = f"--style {name}" if is_own else f"--model {shlex.quote(str(out))}"
    click.echo(f"{out}: play it with: musicgan generate {played} --out song.mid")


def _say_how_good(metrics: dict[str, Any]) -> None:
    """The selected evaluation of each phase, and how much the model has learned by heart."""
    for phase, best in metrics.items():
        click.echo(f"{phase}: best score {best['score']:.4g} at step {best['step']}")
    found = metrics.get("guidance", {})
    if "long_copied" not in found:
        return
    own, real = found["copied"], found["copied_by_real"]
    long, long_real = found["long_copied"], found["long_copied_by_real"]
    click.echo(
        f"copied: {own:.1%} of its runs of 8 notes, {long:.1%} of those of 16; "
        f"pieces held out: {real:.1%}, {long_real:.1%}"
    )


def _place(folder: Path, name: str | None, out: Path | None, resume: bool) -> tuple[str, Path]:
    """The model's name and file. Raises `click.BadParameter`."""
    from musicgan.compose.styles import own_path, run_folder
    from musicgan.errors import ModelFileError

    if out is not None:
        if out.is_dir() or not out.parent.is_dir():
            raise click.BadParameter(f"{out}: not a file in an existing folder", param_hint="--out")
        if resume and not (run_folder(out) / CHECKPOINT).exists():
            raise click.BadParameter(f"{run_folder(out)} holds no unfinished training: {NONE}")
        return name or out.stem, out
    name = name or re.sub(r"[^\w.-]+", "-", folder.resolve().name).strip("-.") or "my-style"
    try:
        out = own_path(name)
        out.parent.mkdir(parents=True, exist_ok=True)
    except ModelFileError as error:
        raise click.BadParameter(str(error), param_hint="--name") from None
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}; give a file with --out") from None
    unfinished = (run_folder(out) / CHECKPOINT).exists()
    if resume and not unfinished:
        raise click.BadParameter(f"there is no unfinished training of {name!r}: {NONE}")
    if not resume and (out.exists() or unfinished):
        there = "is a style" if out.exists() else "is an unfinished training: --resume goes on with"
        raise click.BadParameter(
            f"there {there} {name!r}: choose another name, or: musicgan models remove {name}",
            param_hint="--name",
        )
    return name, out
