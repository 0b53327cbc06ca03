"""The command line: one command a file, found by name, loaded when it is called."""

from __future__ import annotations

import os
import warnings
from importlib import import_module
from typing import NamedTuple, cast

import click

from musicgan import __version__
from musicgan.errors import MusicganError

INTERRUPTED = 130
"""Exit code after ctrl-C, as shells have it: 128 + SIGINT."""


class Entry(NamedTuple):
    """Where a command is, and its line in the listing."""

    target: str
    short_help: str


# The listing's lines stand here so that `musicgan --help` need not load a single command.
COMMANDS = {
    "generate": Entry("musicgan.cli.generate:generate", "Write a song to a MIDI file."),
    "stream": Entry("musicgan.cli.stream:stream", "Play into a DAW, in time."),
    "ports": Entry("musicgan.cli.ports:ports", "List the MIDI ports there are."),
    "train": Entry("musicgan.cli.train:train", "Learn from a folder of MIDI files."),
    "models": Entry("musicgan.cli.models:models", "List, show, remove or export models."),
    "evaluate": Entry("musicgan.cli.evaluate:evaluate", "Measure generated music against real."),
    "data": Entry("musicgan.cli.data:data", "Look at a folder of MIDI files before training."),
}


def one_thread() -> None:
    """Have numpy multiply on one thread, here and in child processes; before it is imported.

    The products of one note are too small to share: more threads only wait for each other.
    """
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")


class LazyGroup(click.Group):
    """A group that imports a command only when it is asked for by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the table's order, which is the order a newcomer needs them in."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command called `cmd_name`, or None; its module is imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].target.split(":")
        return cast("click.Command", getattr(import_module(module), attribute))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The listing, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.short_help) for name, entry in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; a warning, an error on purpose and one of a file are one line each.

        Exit code 1 after an error, 130 after ctrl-C.
        """
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _warn
                return super().invoke(ctx)
        except MusicganError as error:
            raise click.ClickException(" ".join(str(error).split())) from error
        except OSError as error:
            if error.filename is None:
                raise
            raise click.ClickException(f"{error.filename}: {error.strerror}") from error
        except KeyboardInterrupt:
            click.echo(err=True)  # leaves the line on which the terminal wrote ^C
            raise click.exceptions.Exit(INTERRUPTED) from None


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    """Without the line of code that `warnings` would show."""
    click.echo(f"Warning: {' '.join(str(message).split())}", err=True)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="musicgan")
def main() -> None:
    """A recurrent GAN for music: writes songs and learns from your MIDI files.

    \b
    Examples:
      musicgan generate --out song.mid
      musicgan COMMAND --help
    """
