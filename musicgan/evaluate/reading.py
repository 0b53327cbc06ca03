"""A figure in plain words: what it means beside what real music scores."""

from __future__ import annotations

from typing import Literal

from musicgan.evaluate.results import Result

Verdict = Literal["at", "near", "apart", "unknown"]
WORDS: dict[Verdict, str] = {
    "at": "like real music",
    "near": "near real music",
    "apart": "apart from real music",
    "unknown": "not measured",
}


def verdict(result: Result) -> Verdict:
    """Where a value lies: where real music does, beyond it by no more than as much again, or apart.

    A value that is better than real music's counts as real music's.
    """
    if result.at_floor is None or result.value is None or result.spread is None:
        return "unknown"
    if result.at_floor:
        return "at"
    low, high = result.spread
    beyond = max(low - result.value, result.value - high)
    return "near" if beyond <= high - low else "apart"


def reading(result: Result) -> str:
    """One sentence on a result."""
    found = verdict(result)
    if found == "unknown":
        return "Cannot be measured on these pieces."
    assert result.value is not None and result.spread is not None and result.real is not None
    low, high = (number(bound) for bound in result.spread)
    if found == "at":
        return f"Like real music, which lies between {low} and {high}."
    more = "more" if result.value > result.real else "less"
    if result.measure.target == "real":
        return (
            f"{'A little ' + more if found == 'near' else more.capitalize()} than real music, "
            f"which lies between {low} and {high}."
        )
    if result.real > 0 and result.measure.target == "lower":
        factor = result.value / result.real
        return f"{factor:.1f} times what real music scores against itself ({low} to {high})."
    return f"Short of real music, which reaches {low} to {high}."


def number(value: float | None) -> str:
    """A figure with three significant digits, as people write it."""
    if value is None:
        return "-"
    size = abs(value)
    if size >= 100:
        return f"{value:.0f}"
    if size >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 1 else f"{value:.3f}"
