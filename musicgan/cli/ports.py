"""`musicgan ports`: what can be played into and listened to."""

from __future__ import annotations

import sys

import click

EXAMPLES = """\b
Examples:
  musicgan ports
  musicgan stream --port NAME
"""


@click.command(epilog=EXAMPLES)
def ports() -> None:
    """List the system's MIDI ports, and say what it cannot do."""
    from musicgan.errors import PortError
    from musicgan.live.backends.rtmidi import NO_VIRTUAL, input_names, output_names

    for title, names in (("outputs", output_names), ("inputs", input_names)):
        try:
            found = names()
        except PortError as error:
            raise click.ClickException(str(error)) from error
        click.echo(f"{title}:")
        for name in found or ["  (none)"]:
            click.echo(f"  {name.strip()}")
    if sys.platform == "win32":
        click.echo(NO_VIRTUAL)
