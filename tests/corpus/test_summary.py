"""Many reports become one summary."""

from dataclasses import replace

from musicgan.corpus.report import FileReport, report_score
from musicgan.corpus.summary import summarize
from musicgan.score import Track

from .conftest import tune


def test_copies_count_once_in_the_split_and_unreadable_files_not_at_all():
    reports = [report_score(f"{seed}.mid", "", tune(seed)) for seed in (0, 1, 2, 2)]
    summary = summarize([*reports, FileReport("bad.mid", "", error="why")])
    assert (summary["files"], summary["readable"], summary["exact_copies"]) == (5, 4, 1)
    assert summary["exact"] == [["2.mid", "2.mid"]]
    assert summary["split"] == {"train": 1, "valid": 1, "test": 1}
    assert summary["unreadable"] == {"bad.mid": "why"}
    assert summary["notes"] == 4 * 45
    assert summary["metres"] == {"4/4": 4}


def test_drums_count_in_neither_keys_nor_polyphony():
    beat = replace(tune(1), tracks=2 * (Track(is_drum=True),))
    alone, mixed = report_score("a.mid", "", beat), report_score("b.mid", "", tune(2))
    assert (alone.key, alone.polyphony) == ("", 0.0)
    summary = summarize([alone, mixed])
    assert summary["keys"] == {mixed.key: 1}
    assert summary["percentiles"]["polyphony"] == 3 * [mixed.polyphony]
    assert summarize([alone])["percentiles"]["polyphony"] == []


def test_nothing_readable_is_summarized_too():
    summary = summarize([FileReport("bad.mid", "", error="why")])
    assert summary["readable"] == summary["notes"] == 0
    assert summary["split"] is None
    assert summary["percentiles"]["bpm"] == []
