"""Songs of one model, composed like real pieces, as a side to be evaluated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from musicgan.codecs.base import hears_pedal
from musicgan.compose.kinds import AnyPlayer, open_any
from musicgan.compose.like import songs_like
from musicgan.compose.player import Player
from musicgan.corpus.cache import Corpus
from musicgan.corpus.piece import Piece, make_piece
from musicgan.corpus.scan import Progress, shown
from musicgan.corpus.split import PARTS, Part
from musicgan.evaluate.side import Side, hear, read_side

OWN = "Real are the test pieces of what the model was trained on: it never saw them."
OTHER = (
    "The real pieces are not the folder that the model was trained on: it may have learned from "
    "some of them."
)


@dataclass(frozen=True)
class OwnSongs:
    """A model, what it composed, and the music this is to be measured against."""

    player: AnyPlayer
    sides: tuple[Side, Side, Side | None]
    """Generated, real and training."""
    pieces: list[Piece]
    """The real ones, as the model's codec has them."""
    remarks: list[str]
    """What a reader must know of the choice of pieces."""

    def likelihoods(
        self, reverse_minutes: float | None, seed: int, say: Callable[[str], None] | None
    ) -> dict[str, float]:
        """Nats a note: of the real pieces, and of a fresh model that learned from the songs.

        Empty for a model of frames, whose likelihoods are not comparable. Needs torch.
        """
        if not isinstance(self.player, Player):
            return {}
        from musicgan.train.measure import model_nll, reverse_nll

        tell = say or (lambda _: None)
        tell("the real pieces")
        found = model_nll(self.player, self.pieces)
        if reverse_minutes is not None:
            generated, _, training = self.sides
            named = {"reverse_nll": generated, "reverse_nll_real": training}
            taught = {n: self._pieces_of(side) for n, side in named.items() if side is not None}
            fewest = min(sum(len(piece.rows) for piece in pieces) for pieces in taught.values())
            for name, pieces in taught.items():
                tell(f"a fresh model, {reverse_minutes:g} minutes ({name})")
                lessons = as_much(pieces, fewest)
                found[name] = reverse_nll(self.player, lessons, self.pieces, reverse_minutes, seed)
        return found

    def _pieces_of(self, side: Side) -> list[Piece]:
        return [make_piece(p.name, p.score, self.player.codec) for p in side.pieces]


def as_much(pieces: list[Piece], rows: int) -> list[Piece]:
    """Pieces, spread evenly, of about so many rows in all: none learns from more than another."""
    share = min(1.0, rows / sum(len(piece.rows) for piece in pieces))
    count = max(2, round(share * len(pieces)))
    return [pieces[i] for i in np.linspace(0, len(pieces) - 1, count).round().astype(int)]


def compose_songs(
    model: Path,
    real: Path,
    train: Path | None,
    *,
    songs: int,
    bars: int,
    temperature: float,
    critic: int | None,
    seed: int,
    progress: Progress | None = None,
) -> OwnSongs:
    """Songs of a model file, each in the metre, tempo, key and length of a real piece.

    The real pieces are drawn at random. Where `real` is the folder that the model was trained on,
    they are those held out from its training and selection, and those it learned from are the
    training pieces unless `train` names others. Raises any `MusicganError`.
    """
    player = open_any(model)
    corpus = Corpus.open(real, player.codec)
    is_own = corpus.manifest_hash == player.file.metadata.get("manifest")
    parts: tuple[Part, ...] = ("test",) if is_own else PARTS
    pieces = [piece for part in parts for piece in corpus.pieces(part)]
    pedal = hears_pedal(player.codec)
    there = read_side([real], pedal=pedal)
    training = read_side([train], pedal=pedal) if train is not None else None
    if is_own:
        learned = {shown(piece.name) for piece in corpus.pieces("train")}
        training = training or there.only(learned)
        there = there.only({shown(piece.name) for piece in pieces})
    chosen = np.random.default_rng(seed).integers(len(pieces), size=songs)
    made = []
    drawn = songs_like(
        player, (pieces[i] for i in chosen), critic=critic, temperature=temperature,
        first_seed=1000 * seed, most_bars=bars,
    )  # fmt: skip
    for number, song in enumerate(drawn, 1):
        made.append(hear(f"song {number}", song))
        if progress is not None:
            progress(number, songs)
    return OwnSongs(player, (Side(made, {}), there, training), pieces, [OWN if is_own else OTHER])
