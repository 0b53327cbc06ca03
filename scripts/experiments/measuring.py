"""Rows measured: over temperatures, or over numbers of candidates where a critic guides them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from musicgan.codecs.base import Rows
from musicgan.model.critic import Critic
from musicgan.model.generator import Generator
from musicgan.train.events_run import EventsRun
from musicgan.train.rollout import played

from .figures import NOTES, measured, real_set, song_set, templates, training_set
from .ground import Place, keep
from .rows import ROWS, load_weights, textbook_events, window_of
from .songs import cost_ms, distinct_greedy, free_songs, guided_songs
from .textbook_frames import NAME as FRAMES
from .textbook_frames import TextbookFrames

TEMPERATURES = (1.2, 1.1, 1.05, 1.0, 0.95, 0.9, 0.85, 0.8, 0.75)
GUIDES = ((4, 1.0), (8, 1.05), (8, 1.0), (8, 0.95), (8, 0.9), (16, 1.0), (16, 0.95), (32, 1.0))
"""Candidates and temperature."""
COUNTS = (0, 4, 8, 16, 32)
"""Candidates whose cost is measured."""

Setting = dict[str, float]
Made = tuple[Setting, list[Rows], Sequence[Any]]
"""How songs were drawn, their rows, and the pieces whose conditions they have."""


def measure_row(place: Place, name: str) -> None:
    """Measure a trained row where it was not measured yet; `figures.json` keeps what is found."""
    path = place.row(name) / "figures.json"
    kept = json.loads(path.read_text()) if path.is_file() else {"points": []}
    known = [{key: point[key] for key in _KEYS if key in point} for point in kept["points"]]
    missing = [setting for setting in settings_of(name) if setting not in known]
    if not missing:
        return
    run, codec = place.run(), place.codec
    window = window_of(run)
    train, test = (place.songs(run, part) for part in ("train", "test"))
    real, training = real_set(test, codec, window), training_set(train, codec, window)
    for setting, rows, like in _songs(place, name, run, missing):
        some = song_set(rows, like, codec, window)
        point = {**setting, **(measured(some, real, training) if some is not None else {})}
        kept["points"].append(point)
        print(name, {k: round(v, 3) if v is not None else v for k, v in point.items()}, flush=True)
    order = settings_of(name)
    kept["points"].sort(key=lambda p: order.index({k: p[k] for k in _KEYS if k in p}))
    keep({**kept, **_extra(name, run)}, path)


_KEYS = ("temperature", "candidates")


def settings_of(name: str) -> list[Setting]:
    """How the songs of a row are drawn, one point each."""
    if name.startswith("textbook"):
        return [{}]
    pairs = GUIDES if ROWS[name].guided else [(0, t) for t in TEMPERATURES]
    return [{"temperature": t, "candidates": k} for k, t in pairs]


def _songs(place: Place, name: str, run: EventsRun, settings: Sequence[Setting]) -> Iterator[Made]:
    """The sets of songs that a row is measured by."""
    if name == FRAMES:
        yield from TextbookFrames(place).sets(place.row(name), place.codec)
        return
    like = templates(
        place.songs(run, "train"), np.random.default_rng([place.seed, 7]), window_of(run)
    )
    if name.startswith("textbook"):
        phase = textbook_events(place, run)
        yield {}, list(phase.draw(len(like), NOTES, np.random.default_rng([place.seed, 8]))), like
        return
    load_weights(place, name, run)
    generator, critic = _played(run)
    for setting in settings:
        rng = np.random.default_rng([place.seed, 8])
        candidates, temperature = int(setting["candidates"]), setting["temperature"]
        if candidates:
            rows = guided_songs(generator, critic, like, NOTES, rng, temperature, candidates)
        else:
            rows = free_songs(generator, like, NOTES, rng, temperature)
        yield setting, list(rows), like


def _extra(name: str, run: EventsRun) -> dict[str, Any]:
    """What is measured once a row."""
    if name.startswith("textbook"):
        return {}
    generator, critic = _played(run)
    song = run.songs[0][0]
    if not ROWS[name].guided:
        return {"distinct_greedy": distinct_greedy(generator, song)}
    return {"cost_ms": {str(k): cost_ms(generator, critic, [song], k) for k in COUNTS}}


def _played(run: EventsRun) -> tuple[Generator, Critic]:
    config = run.config
    generator = Generator(played(run.generator), config)
    return generator, Critic(played(run.critic.ema.module), config)
