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
HARDLY = 0.005


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
    """How a value stands to real music's, in a phrase."""
    found = verdict(result)
    if found == "unknown":
        return "not measurable on these pieces"
    if found == "at":
        return "within what real music scores"
    assert result.value is not None and result.real is not None
    if result.real <= 0:
        return f"real music's is {number(result.real)}"
    ratio = result.value / result.real
    if ratio >= 2:
        return f"{ratio:.1f} times real music's"
    if ratio < HARDLY:
        return "hardly any beside real music's"
    if ratio <= 0.5:
        return f"{ratio:.0%} of real music's"
    return f"{abs(ratio - 1):.0%} {'more' if ratio > 1 else 'less'} than real music's"


def number(value: float | None) -> str:
    """A figure with three significant digits, as people write it."""
    if value is None:
        return "-"
    size = abs(value)
    if size >= 100:
        return f"{value:.0f}"
    if size >= 10:
        return f"{value:.1f}"
    if size >= 1 or value == 0:
        return f"{value:.2f}" if value else "0"
    return f"{value:.3f}" if size >= 0.01 else f"{value:.4f}"
