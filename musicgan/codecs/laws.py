"""The laws of a codec, checked: give `check_codec` your codec and it holds, or you learn where not.

A test of your own codec is one line: `check_codec(MyCodec(grid=12))`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musicgan.codecs.base import Codec
from musicgan.codecs.samples import garbage_rows, sample_scores
from musicgan.notes import NOTE, empty_notes, sort_notes
from musicgan.score import Score

TRANSPOSITIONS = (-5, 1, 12)
MAX_SHRINK_TRIES = 200
SHOWN_NOTES = 8

Law = Callable[[Codec, Score], "str | None"]
"""What is wrong with this codec on this score, or None."""


def check_codec(codec: Codec, scores: Sequence[Score] | None = None, seed: int = 0) -> None:
    """Raise AssertionError unless `codec` keeps every law of `codecs.base.Codec`.

    Laws are tried on `scores` and on `codecs.samples.sample_scores(seed)`, decoding also on
    garbage rows. The message names the law, the score, and the first difference on the smallest
    part of that score that still breaks the law.

    Laws: encode gives int64 or float32 rows [T, F] of one width; normalized is idempotent;
    decode(encode(s), like=n) == n for n = normalized(s); transposing commutes with encoding
    (for notes that stay within the pitches the codec leaves unmoved); garbage decodes to a
    normal score with nothing left sounding; options() survive JSON and rebuild the codec.
    """
    named = {f"given score {i}": score for i, score in enumerate(scores or ())}
    named |= sample_scores(seed)
    for name, score in named.items():
        for law, check in SCORE_LAWS.items():
            if _complaint(check, codec, score) is not None:
                small = _shrunk(check, codec, score)
                raise AssertionError(
                    f"codec {codec.name!r} breaks '{law}' on {name}: "
                    f"{_complaint(check, codec, small)}; the smallest such score: {_shown(small)}"
                )
    encoded = [codec.encode(score) for score in named.values()]
    _check_one_width(codec, encoded)
    _check_garbage(codec, encoded[0].shape[1], encoded[0].dtype, seed)
    _check_options(codec, list(named.values()))


def first_difference(got: Score, wanted: Score) -> str | None:
    """The first thing in which two scores differ, in words; None when they are equal."""
    for part in ("ticks_per_beat", "tracks", "tempos", "metres", "keys"):
        mine, theirs = getattr(got, part), getattr(wanted, part)
        if mine != theirs:
            return f"{part} {mine} instead of {theirs}"
    count = min(len(got), len(wanted))
    one, other = got.notes[:count], wanted.notes[:count]
    # A field at a time: numpy takes as long for two structured notes as for thousands of numbers.
    differs = np.logical_or.reduce([one[name] != other[name] for name in NOTE.names or ()])
    if differs.any():
        first = int(differs.argmax())
        return f"note {first} is {_note(one[first])} instead of {_note(other[first])}"
    if len(got) != len(wanted):
        return f"{len(got)} notes instead of {len(wanted)}"
    return None


def _note(note: np.void) -> str:
    return ", ".join(f"{name} {note[name]}" for name in note.dtype.names or ())


def _shown(score: Score) -> str:
    notes = "; ".join(_note(note) for note in score.notes[:SHOWN_NOTES]) or "no notes"
    more = f"; and {len(score) - SHOWN_NOTES} more" if len(score) > SHOWN_NOTES else ""
    return f"[{notes}{more}] at {score.ticks_per_beat} ticks a beat"


def _complaint(check: Law, codec: Codec, score: Score) -> str | None:
    try:
        return check(codec, score)
    except Exception as error:  # a codec that raises where it must not breaks the law
        return f"it raised {type(error).__name__}: {error}"


def _shrunk(check: Law, codec: Codec, score: Score) -> Score:
    """The score with pieces of it left out for as long as it still breaks the law."""
    size, tries = len(score) // 2, 0
    while size >= 1:
        start = 0
        while start < len(score) and tries < MAX_SHRINK_TRIES:
            tries += 1
            rest = np.delete(score.notes, slice(start, start + size))
            smaller = score.with_notes(rest)
            if len(rest) and _complaint(check, codec, smaller) is not None:
                score = smaller
            else:
                start += size
        size //= 2
    return score


def _law_shape(codec: Codec, score: Score) -> str | None:
    rows = codec.encode(score)
    if rows.ndim == 2 and rows.shape[1] and rows.dtype in (np.int64, np.float32):
        return None
    return f"rows are {rows.dtype} {list(rows.shape)} instead of int64 or float32 [T, F]"


def _law_idempotent(codec: Codec, score: Score) -> str | None:
    once = codec.normalized(score)
    return first_difference(codec.normalized(once), once)


def _law_round_trip(codec: Codec, score: Score) -> str | None:
    normal = codec.normalized(score)
    return first_difference(codec.decode(codec.encode(score), like=normal), normal)


def _law_transposing(codec: Codec, score: Score) -> str | None:
    unmoved = _unmoved_pitches(codec)
    is_drum = np.array([track.is_drum for track in score.tracks] or [False])
    pitch = score.notes["pitch"].astype(np.int64)
    for semitones in TRANSPOSITIONS:
        stays = np.isin(pitch, unmoved) & np.isin(pitch + semitones, unmoved)
        part = score.with_notes(score.notes[stays | is_drum[score.notes["track"]]])
        got = codec.decode(codec.encode(part.transposed(semitones)))
        wanted = codec.decode(codec.encode(part)).transposed(semitones)
        wanted = wanted.with_notes(sort_notes(wanted.notes))
        difference = first_difference(got, wanted)
        if difference is not None:
            return f"transposed by {semitones}: {difference}"
    return None


def _unmoved_pitches(codec: Codec) -> NDArray[np.int64]:
    """The pitches, of 0 to 127, that the codec says as they are."""
    notes = empty_notes(128)
    notes["onset_tick"] = np.arange(128) * codec.grid
    notes["duration_tick"] = 1
    notes["pitch"] = np.arange(128)
    notes["velocity"] = 64
    said = codec.normalized(Score(notes, ticks_per_beat=codec.grid))
    pitch = said.notes["pitch"].astype(np.int64)
    return np.asarray(pitch[said.notes["onset_tick"] == pitch * said.ticks_per_beat])


SCORE_LAWS: dict[str, Law] = {
    "rows are int64 or float32 [T, F]": _law_shape,
    "normalizing twice is normalizing once": _law_idempotent,
    "decode(encode(s)) == normalized(s)": _law_round_trip,
    "transposing commutes with encoding": _law_transposing,
}


def _check_one_width(codec: Codec, encoded: Sequence[NDArray[Any]]) -> None:
    kinds = {(str(rows.dtype), rows.shape[1]) for rows in encoded}
    if len(kinds) > 1:
        raise AssertionError(
            f"codec {codec.name!r} breaks 'all rows have one type and width': {sorted(kinds)}"
        )


def _check_garbage(codec: Codec, width: int, dtype: np.dtype[Any], seed: int) -> None:
    for name, rows in garbage_rows(width, dtype, seed).items():
        complaint = _garbage_complaint(codec, rows)
        if complaint is not None:
            for row in rows:  # one row that does it says more than sixty
                alone = _garbage_complaint(codec, row[None])
                if alone is not None:
                    complaint = f"{alone}; the row: {row[:SHOWN_NOTES].tolist()}"
                    break
            raise AssertionError(
                f"codec {codec.name!r} breaks 'garbage decodes to a normal score' "
                f"on {name}: {complaint}"
            )


def _garbage_complaint(codec: Codec, rows: NDArray[Any]) -> str | None:
    try:
        score = codec.decode(rows)
        notes = score.notes
        legal = {
            "onset_tick": notes["onset_tick"] >= 0,
            "duration_tick": notes["duration_tick"] >= 1,
            "pitch": notes["pitch"] <= 127,
            "velocity": (notes["velocity"] >= 1) & (notes["velocity"] <= 127),
            "track": notes["track"] < len(score.tracks),
        }
        for field, is_legal in legal.items():
            if not is_legal.all():
                first = int(np.flatnonzero(~is_legal)[0])
                return f"note {first} has an illegal {field}: {_note(notes[first])}"
        difference = first_difference(codec.normalized(score), score)
        return difference and f"not normal: normalizing gives {difference}"
    except Exception as error:  # decode must not raise for what the rows say
        return f"it raised {type(error).__name__}: {error}"


def _check_options(codec: Codec, scores: Sequence[Score]) -> None:
    law = f"codec {codec.name!r} breaks 'options() rebuild the codec through JSON'"
    options = dict(codec.options())
    try:
        rebuilt = type(codec)(**json.loads(json.dumps(options)))
    except Exception as error:
        raise AssertionError(f"{law}: {type(error).__name__}: {error}") from error
    same = ("name", "grid")
    for what in same:
        if getattr(rebuilt, what) != getattr(codec, what):
            raise AssertionError(f"{law}: {what} is {getattr(rebuilt, what)!r}")
    if dict(rebuilt.options()) != options:
        raise AssertionError(f"{law}: {dict(rebuilt.options())} instead of {options}")
    for score in scores:
        difference = first_difference(rebuilt.normalized(score), codec.normalized(score))
        if difference is not None or not np.array_equal(rebuilt.encode(score), codec.encode(score)):
            raise AssertionError(f"{law}: it encodes otherwise; {difference or 'rows differ'}")
