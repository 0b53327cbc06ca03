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
    """List the MIDI ports of each backend, and what it takes where there are none."""
    from musicgan.errors import MusicganError
    from musicgan.live.backends import alsa, jack, rtmidi

    backends = {"JACK": jack, "ALSA": alsa, "RtMidi": rtmidi}
    for title, backend in backends.items():
        click.echo(f"{title}:")
        try:
            into, out_of = backend.port_names()
        except MusicganError as error:
            click.echo(f"  {error}")
            continue
        for kind, found in (("outputs", into), ("inputs", out_of)):
            click.echo(f"  {kind}: {', '.join(map(repr, found)) or 'none'}")
    if sys.platform == "win32":
        click.echo(rtmidi.NO_VIRTUAL)
