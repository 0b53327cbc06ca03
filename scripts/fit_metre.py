"""Fits the weights of `musicgan.pulse` and measures it: needs torch and folders of honest metres.

    python scripts/fit_metre.py DATA

DATA holds a folder for each collection named in `COLLECTIONS`. Every second piece fits, the
others are asked: is the metre right, is the bar right up to a factor of two, is the first bar
line right? Printed weights go into `musicgan/pulse.py` by hand.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from musicgan.corpus.scan import find_midi
from musicgan.midifile import read_midi
from musicgan.pulse import (
    ACCENTS,
    CANDIDATES,
    Weights,
    accents_of,
    candidate_features,
    hear_bars,
)
from musicgan.score import Score

EVERY = 3
METRES = {(2, 4): 0, (3, 4): 1, (4, 4): 2, (2, 2): 2, (6, 8): 3}


@dataclass(frozen=True)
class Collection:
    has_true_lines: bool
    """Its bar lines are where they belong."""
    has_played_loudness: bool = True
    """Its velocities were played, not derived from the metre."""
    metre: tuple[int, int] | None = None
    """What all of it is in, where files do not say or lie."""


COLLECTIONS = {
    "openscore-lieder": Collection(True),
    "piano-midi-de": Collection(True),
    "nottingham": Collection(True, has_played_loudness=False),
    "freedoom": Collection(True),
    "bach-chorales": Collection(False),
    "ryans-mammoth": Collection(False, has_played_loudness=False),
    "pop909": Collection(False, metre=(4, 4)),
}


@dataclass
class Example:
    collection: str
    score: Score
    number: int
    first_cell: int
    features: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]


def examples(data: Path) -> list[Example]:
    found = []
    for name, about in COLLECTIONS.items():
        for file in find_midi(data / name)[::EVERY]:
            score = read_midi(data / name / file)
            stated = {(metre.numerator, metre.denominator) for metre in score.metres}
            metre = about.metre or (stated.pop() if len(stated) == 1 else None)
            first, accents = accents_of(score)
            if metre in METRES and accents.shape[1] >= 32:
                if not about.has_played_loudness:
                    accents[ACCENTS.index("loudness")] = 0
                features = [candidate_features(accents, c) for c in CANDIDATES]
                tensors = [
                    (torch.from_numpy(a), torch.from_numpy(b), torch.from_numpy(c))
                    for a, b, c in features
                ]
                found.append(Example(name, score, METRES[metre], first, tensors))
    return found


class Model(torch.nn.Module):
    """The scores of `pulse` without its phase bias: the notes alone must tell where bars begin."""

    def __init__(self) -> None:
        super().__init__()
        many = len(ACCENTS)
        self.downbeat, self.recurrence = _parameter(many), _parameter(many)
        self.inner, self.bias = _parameter(len(CANDIDATES), many), _parameter(len(CANDIDATES))

    def forward(self, example: Example) -> list[torch.Tensor]:
        scores = []
        for number, (on_line, inside, recurrence) in enumerate(example.features):
            score = self.downbeat @ on_line + self.inner[number] @ inside
            score = score + self.recurrence @ recurrence + self.bias[number]
            scores.append(score - np.log(CANDIDATES[number].length))
        return scores


def _parameter(*shape: int) -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.zeros(*shape, dtype=torch.float64))


def fit(model: Model, chosen: list[Example], rng: np.random.Generator) -> None:
    counts = Counter((example.collection, example.number) for example in chosen)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(25):
        order = rng.permutation(len(chosen))
        for start in range(0, len(order), 64):
            losses, weights = [], []
            for example in (chosen[i] for i in order[start : start + 64]):
                scores = model(example)
                own = scores[example.number]
                line = -example.first_cell % CANDIDATES[example.number].length
                known = COLLECTIONS[example.collection].has_true_lines
                right = own[line] if known else torch.logsumexp(own, 0)
                losses.append(torch.logsumexp(torch.cat(scores), 0) - right)
                weights.append(counts[example.collection, example.number] ** -0.5)
            weight = torch.tensor(weights, dtype=torch.float64)
            loss = (torch.stack(losses) * weight).sum() / weight.sum()
            optimizer.zero_grad()
            torch.autograd.backward(loss + 1e-3 * model.inner.pow(2).sum())
            optimizer.step()


def measure(asked: list[Example], weights: Weights) -> None:
    tally: dict[str, list[list[bool]]] = defaultdict(list)
    for example in asked:
        bars = hear_bars(example.score, weights)
        if bars is None:
            continue
        right, length = CANDIDATES[example.number], CANDIDATES[example.number].length
        metre = (bars.numerator, bars.denominator) == (right.numerator, right.denominator)
        triple = bars.numerator in (3, 6)
        tally[example.collection].append(
            [metre, triple == (length == 12), bars.first_cell % length == 0]
        )
    print(f"{'held out':18}{'files':>7}{'metre':>8}{'duple or triple':>17}{'line':>7}")
    for name, rows in tally.items():
        metre, family, line = np.mean(rows, axis=0)
        shown = f"{line:7.1%}" if COLLECTIONS[name].has_true_lines else "      -"
        print(f"{name:18}{len(rows):7}{metre:8.1%}{family:17.1%}{shown}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    everything = examples(parser.parse_args().data)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(everything))
    model = Model()
    fit(model, [everything[i] for i in order[::2]], rng)
    columns = (model.downbeat, model.inner, model.recurrence, model.bias)
    weights = Weights(*(column.detach().numpy().round(2) for column in columns))
    for name, value in weights._asdict().items():
        print(f"{name}=np.array({value.tolist()}),")
    measure([everything[i] for i in order[1::2]], weights)


if __name__ == "__main__":
    main()
