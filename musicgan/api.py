"""musicgan as a library: what the commands do, as functions with types.

    from musicgan import load_model, write_midi

    song = load_model("fiddle").compose(bars=32, form="AABB", seed=7)
    write_midi(song, "tune.mid")

Scores count time in ticks, `score.ticks_per_beat` of them a beat; pitches and velocities are those
of MIDI. Everything that can go wrong on purpose is a `musicgan.errors.MusicganError`, in one line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from musicgan.chords import parse_progression
from musicgan.codecs.events import EventsCodec
from musicgan.codecs.pianoroll import PianorollCodec
from musicgan.compose.kinds import AnyPlayer, compose_any, open_any
from musicgan.compose.settings import MAX_BARS, Settings, parse_key, parse_metre
from musicgan.compose.styles import SUFFIX, all_styles, style_path
from musicgan.corpus.cache import Corpus
from musicgan.errors import MissingExtraError
from musicgan.midifile import read_midi, write_midi
from musicgan.score import Score

if TYPE_CHECKING:
    from musicgan.train.options import Options

__all__ = [
    "Corpus", "EventsCodec", "PianorollCodec", "Player", "Score", "compose", "load_model",
    "read_midi", "styles", "train", "write_midi",
]  # fmt: skip


class Player:
    """A trained model, ready to play: made by `load_model` or `train`."""

    def __init__(self, path: Path, player: AnyPlayer) -> None:
        self.path = path
        """Its file."""
        self._player = player

    @property
    def about(self) -> Mapping[str, Any]:
        """What its file says of it: see `musicgan.model.file.ModelFile.metadata`."""
        return self._player.file.metadata

    def compose(
        self,
        *,
        bars: int = 16,
        seed: int = 0,
        key: str | None = None,
        metre: str | None = None,
        tempo_bpm: float | None = None,
        chords: str | None = None,
        form: str | None = None,
        temperature: float = 0.95,
        critic: int | None = None,
        primer: Score | None = None,
    ) -> Score:
        """A song; a tick of it is one step of the model's grid.

        `bars` 1 to 10000; `seed` repeats it exactly; `key` such as "F#m", `metre` "3/4",
        `tempo_bpm` beats a minute, 20 to 400; `chords` "C Am | F G", over and over; `form`
        "AABA"; `temperature` 0.05 to 5; `critic` how many candidates it weighs; `primer` is
        continued. What is None is the model's own habit. Raises `ComposeError`.
        """
        settings = Settings(
            bars=bars,
            seed=seed,
            key=None if key is None else parse_key(key),
            metre=None if metre is None else parse_metre(metre),
            tempo_bpm=tempo_bpm,
            chords=None if chords is None else parse_progression(chords),
            form=form,
            temperature=temperature,
            critic=critic,
        )
        return compose_any(self._player, settings, primer)

    def stream(
        self,
        *,
        virtual: str = "musicgan",
        port: str | None = None,
        backend: str = "auto",
        bars: int | None = None,
        seed: int = 0,
        key: str | None = None,
        tempo_bpm: float | None = None,
        temperature: float = 0.95,
        critic: int | None = None,
        clock: Literal["internal", "midi", "jack", "link"] = "internal",
        record: str | Path | None = None,
        channels: Sequence[int] | None = None,
    ) -> None:
        """Compose and play in time, until `bars` are over or SIGINT comes; no note is left on.

        Opens a port called `virtual`, or plays into the existing `port`. `record` is a MIDI file
        of what was sent; `channels` are those of the voices, 0 to 15. It starts two processes:
        call it below `if __name__ == "__main__":`. Raises `PortError`, `ModelFileError`,
        `MissingExtraError`, `MidiWriteError`.
        """
        from musicgan.live.backends.registry import open_backend
        from musicgan.live.session import Session
        from musicgan.live.show import StreamOptions, play

        settings = Settings(
            bars=MAX_BARS if bars is None else bars,
            seed=seed,
            key=None if key is None else parse_key(key),
            tempo_bpm=tempo_bpm,
            temperature=temperature,
            critic=critic,
        )
        options = StreamOptions(
            endless=bars is None,
            record=None if record is None else Path(record),
            clock=clock,
            channels=channels,
        )
        with Session(partial(open_backend, backend, virtual, port)) as session:
            play(session, self.path, settings, options)


def styles() -> list[str]:
    """Names that `load_model` knows: the bundled models, then your own."""
    return [style.name for style in all_styles()]


def load_model(style: str | Path) -> Player:
    """The model of a style, or of a model file. Raises `ModelFileError`."""
    is_file = isinstance(style, Path) or style.endswith(SUFFIX)
    path = Path(style) if is_file else style_path(str(style))
    return Player(path, open_any(path))


def compose(style: str | Path = "chorale", **asked: Any) -> Score:
    """A song of a style or model file; what can be asked is `Player.compose`'s."""
    return load_model(style).compose(**asked)


def train(
    folder: str | Path,
    out: str | Path,
    *,
    minutes: float | None = None,
    resume: bool = False,
    options: Options | None = None,
) -> Player:
    """Train on every MIDI file under `folder`, write the model to `out` and load it.

    `minutes` is a budget; without it training runs to the plateau. `options` are all that can be
    asked (`musicgan.train.options.Options`); `resume` goes on from the checkpoint beside `out`.
    Raises `MissingExtraError` without torch, `CorpusError`, `CheckpointError`, `TrainingError`,
    `DeviceError`, `ModelFileError`, and `musicgan.train.loop.Interrupted` after SIGINT.
    """
    from dataclasses import replace

    if find_spec("torch") is None:
        raise MissingExtraError("training", "train")
    from musicgan.train.options import Options
    from musicgan.train.run import train as train_file
    from musicgan.train.start import NEAREST

    out = Path(out)
    options = options or Options(style=out.stem, start=NEAREST)
    if minutes is not None:
        options = replace(options, minutes=minutes)
    train_file(Path(folder), out, options, resume=resume)
    return load_model(out)
