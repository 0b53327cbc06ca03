"""Workers may die; the work goes on."""

import os
import signal
import sys
import threading

import pytest

from musicgan.corpus import pool
from musicgan.corpus.pool import run_tasks, worker_count

CRASHING_WORKER = """
import json, os, sys, time
for number, line in enumerate(sys.stdin):
    name = json.loads(line)
    if name == "crash":
        os.abort()
    if name == "hang":
        time.sleep(600)
    print(json.dumps({"length": len(name)}), flush=True)
"""


@pytest.fixture
def fake_worker(monkeypatch, tmp_path):
    """Workers run `CRASHING_WORKER` instead of the real thing."""
    script = tmp_path / "worker.py"
    script.write_text(CRASHING_WORKER)
    popen = pool.subprocess.Popen

    def start(command, **options):
        return popen([sys.executable, str(script)], **options)

    monkeypatch.setattr(pool.subprocess, "Popen", start)


def test_a_file_that_kills_its_worker_costs_that_file(fake_worker):
    names = ["one", "crash", "three", "crash", "seven77"]
    answers = sorted(run_tasks([{}, {}], names), key=lambda pair: pair[0])
    assert [name for name, _ in answers] == sorted(names)
    for name, answer in answers:
        if name == "crash":
            assert "broke down" in answer["error"]
        else:
            assert answer == {"length": len(name)}


def test_a_file_that_hangs_is_given_up(fake_worker):
    answers = dict(run_tasks([{}], ["hang", "after"], timeout_sec=0.5))
    assert "broke down" in answers["hang"]["error"]
    assert answers["after"] == {"length": 5}


def test_workers_end_when_the_caller_stops_early(fake_worker):
    before = threading.active_count()
    tasks = run_tasks([{}, {}], ["a", "b", "hang", "hang"])
    next(tasks)
    tasks.close()
    assert threading.active_count() == before


def test_a_worker_killed_from_outside_is_replaced(folder):
    """As the kernel does when memory runs out."""
    root = folder(6)
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.mid"))
    workers = []
    original = pool._Worker.__init__

    def remember(self, *arguments):
        original(self, *arguments)
        workers.append(self)

    pool._Worker.__init__ = remember
    try:
        tasks = run_tasks([{"folder": str(root)}], names)
        answers = [next(tasks)]
        os.kill(workers[0]._process.pid, signal.SIGTERM)
        answers += tasks
    finally:
        pool._Worker.__init__ = original
    assert sorted(name for name, _ in answers) == names
    assert sum("report" in answer for _, answer in answers) >= len(names) - 1


def test_small_folders_get_one_worker():
    assert worker_count(3) == 1
    assert worker_count(10**6) <= pool.MAX_WORKERS
    assert worker_count(3, workers=8) == 3
