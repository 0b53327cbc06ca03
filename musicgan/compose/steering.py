"""Where the knobs stand that a player turns while a song is being composed: see `effects`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Steering:
    """Where the knobs stand. The default leaves the song as its settings have it.

    What lies beyond a range counts as its end.
    """

    temperature: float | None = None
    """None: the settings'."""
    density: float = 0.0
    """-1 sparse to 1 dense: about half to twice the notes."""
    register: float = 0.0
    """-1 low to 1 high, within the voices' ranges."""
    critic: int | None = None
    """Candidates that the critic weighs; None: the settings', 0: no critic."""
    morph: float = 0.0
    """0 to 1: how far the noise z has gone from the song's own to another one, along the arc."""
    idea: int = 0
    """A number: another one begins anew with another noise z, in the same key and bars."""
    chord: frozenset[int] = frozenset()
    """Pitch classes that harmony is held to, 0 to 11; empty: free.

    What begins on a beat belongs to them wherever its voice has room for one of them. Off the beat
    it does more often, and what does not ends by the next beat. Drums are free.
    """
