"""Members of a real Link session agree on tempo, beat and bar lines; each is a process."""

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from musicgan.errors import MissingExtraError
from musicgan.live.backends.fake import FakeBackend
from musicgan.live.clocks import ClockOptions
from musicgan.live.clocks.link import LEAD_SEC
from musicgan.live.clocks.registry import open_clock

SCRIPT = Path(__file__).with_name("link_peers.py")
AGREE_MS = 20
BAR_SEC = 4 * 60 / 100


def own_network():
    """The command that runs another one in a network of its own, if there is one."""
    unshare = shutil.which("unshare")
    for options in ("-n", "-rn"):
        if (
            unshare
            and subprocess.run([unshare, options, "true"], capture_output=True).returncode == 0
        ):
            return [unshare, options]
    return None


def missing(what, must_be_there):
    if must_be_there and os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module")
def seen():
    """What the members told; see `link_peers.main`."""
    network = own_network()
    missing = None
    if find_spec("aalink") is None:
        missing = "aalink is not installed: pip install 'musicgan[link]'"
    elif network is None:
        missing = (
            "Link's tests need a network of their own: unshare, as root or in a user namespace"
        )
    if missing is not None:
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    result = subprocess.run(
        [*network, sys.executable, str(SCRIPT)], capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_a_joined_session_is_followed_in_tempo_and_in_the_bar(seen):
    assert max(seen["phase_ms"]) < AGREE_MS
    assert max(seen["phase_ms_at_the_end"]) < AGREE_MS


def test_joining_is_reported_at_most_once_and_a_change_of_tempo_never(seen):
    begun_early, begun_as_a_member = seen["reported_in_all"]
    assert seen["reported_after_join"] in (1, 2)  # that it has begun, and that it has jumped
    assert begun_early == seen["reported_after_join"]
    assert begun_as_a_member == 1


def test_a_member_begins_at_a_bar_line_of_the_others_within_a_bar(seen):
    assert seen["begin_off_bar_line_ms"] < AGREE_MS
    assert 0 < seen["begin_in_sec"] < 1.2 * BAR_SEC


def test_what_is_due_moves_with_the_tempo_that_another_sets(seen):
    for key in ("due_before", "due_after"):
        due_in_sec, by_tempo_sec = seen[key]
        assert due_in_sec == pytest.approx(by_tempo_sec, abs=AGREE_MS / 1000)
    assert seen["due_later_by_sec"] > 0.5
    assert seen["due_off_bar_line_ms"] < AGREE_MS


def test_a_tempo_of_ours_is_the_sessions(seen):
    assert seen["set_tempo"] is True
    assert seen["bpms_at_the_end"] == pytest.approx(
        [132] * 3, abs=0.01
    )  # it travels in whole microseconds


def test_the_display_counts_the_others_until_they_leave(seen):
    assert seen["sources"] == ["Link, 2 peers", "Link, 2 peers"]
    assert seen["sources_after_one_left"] == ["Link, 1 peer"]


class ScriptedLink:
    """A session that a test moves about; its time is that of `backend`."""

    def __init__(self, bpm, backend):
        self.tempo, self.num_peers, self.enabled = bpm, 0, False
        self.backend, self.from_sec, self.from_beat = backend, 0.0, 0.0

    @property
    def time(self):
        return timedelta(seconds=self.backend.time_sec)

    @property
    def beat(self):
        return self.from_beat + (self.backend.time_sec - self.from_sec) * self.tempo / 60

    def request_beat(self, beat):
        self.from_beat, self.from_sec = beat, self.backend.time_sec

    def change_tempo(self, bpm, ago_sec):
        """As it is heard of: after it has come to be."""
        since_sec = self.backend.time_sec - ago_sec
        self.from_beat += (since_sec - self.from_sec) * self.tempo / 60
        self.tempo, self.from_sec = bpm, since_sec


@pytest.fixture
def scripted(monkeypatch):
    """(clock at 120, the session, polls of the clock after so many seconds)."""
    backend, links = FakeBackend(), []

    def make(bpm):
        links.append(ScriptedLink(bpm, backend))
        return links[0]

    monkeypatch.setitem(sys.modules, "aalink", SimpleNamespace(Link=make))
    clock = open_clock("link", ClockOptions(480, 120, 1440), backend)

    def polls(*after_sec):
        found = []
        for sec in after_sec:
            backend.time_sec += sec
            found.append(clock.poll(backend.time_sec))
        return found

    return clock, links[0], polls


def test_ticks_are_the_sessions_beats_and_its_bar_is_the_songs(scripted):
    clock, link, polls = scripted
    assert link.enabled and link.quantum == 3
    assert not clock.is_rolling and clock.due_sec(0) == float("inf")
    assert polls(5) == [False]
    clock.begin(5.0)
    assert clock.is_rolling and clock.due_sec(0) == pytest.approx(5 + LEAD_SEC)
    assert polls(0.01, 0.99) == [True, False]
    assert clock.tick_at(6.0) == pytest.approx(link.beat * 480)


def test_a_leap_of_the_beat_is_reported_once_and_a_trifle_is_followed_in_silence(scripted):
    clock, link, polls = scripted
    clock.begin(0.0)
    polls(0.01)
    link.from_beat += 1.3
    assert polls(0.01, 0.01) == [True, False]
    before_tick = clock.tick_at(link.backend.time_sec)
    link.from_beat -= 0.01
    assert polls(0.0) == [False]
    assert clock.tick_at(link.backend.time_sec) == pytest.approx(before_tick - 4.8)


def test_another_number_for_the_same_bar_is_no_leap(scripted):
    clock, link, polls = scripted
    clock.begin(0.0)
    polls(0.01)
    before_sec = clock.due_sec(4800)
    link.from_beat += 7 * 3
    assert polls(0.01) == [False]
    assert clock.due_sec(4800) == pytest.approx(before_sec)


@pytest.mark.parametrize("bpm", [20, 119, 400])
def test_a_change_of_tempo_that_is_heard_of_late_is_no_leap(scripted, bpm):
    clock, link, polls = scripted
    clock.begin(0.0)
    polls(0.01, 0.5)
    link.change_tempo(bpm, ago_sec=0.1)
    assert polls(0.01) == [False]
    assert clock.bpm == bpm
    assert clock.due_sec(clock.tick_at(0.0) + 480) == pytest.approx(60 / bpm)


def test_without_its_part_the_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "aalink", None)
    with pytest.raises(MissingExtraError, match=r"Ableton Link .*musicgan\[link\]"):
        open_clock("link", ClockOptions(480, 120, 1920), FakeBackend())
