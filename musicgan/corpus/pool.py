"""Files through worker processes: a file that kills or hangs its worker costs that file alone.

Workers are plain subprocesses that speak JSON lines, not `multiprocessing`: a script that opens
a corpus needs no `if __name__ == "__main__"`, and the parent always knows which file a dead
worker held.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from musicgan.errors import CorpusError

TIMEOUT_SEC = 120.0
"""A file that takes longer is given up."""
MAX_WORKERS = 8
FILES_PER_WORKER = 32
"""Fewer files than this are not worth another process."""


def worker_count(files: int, workers: int | None = None) -> int:
    """Processes to start for `files` files; None chooses by the machine's processors."""
    if workers is not None:
        return max(1, min(workers, files))
    return max(1, min(MAX_WORKERS, os.cpu_count() or 1, files // FILES_PER_WORKER))


def run_tasks(
    setups: Sequence[Mapping[str, Any]], names: Sequence[str], timeout_sec: float = TIMEOUT_SEC
) -> Generator[tuple[str, dict[str, Any]], None, None]:
    """Yield (name, answer) for every name, in the order they finish; one worker a setup.

    `setups` are what each worker's `ingest.Ingest` is made with. The answer for a file whose
    worker died or hung is {"error": why}. Raises `CorpusError` when workers cannot start.
    """
    waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    answers: queue.SimpleQueue[tuple[str, dict[str, Any]]] = queue.SimpleQueue()
    for name in names:
        waiting.put(name)
    workers = [_Worker(setup, waiting, answers) for setup in setups]
    try:
        for worker in workers:
            waiting.put(None)
            worker.start()
        for _ in names:
            yield _next_answer(answers, workers, timeout_sec)
    finally:
        for worker in workers:
            worker.stop()


def _next_answer(
    answers: queue.SimpleQueue[tuple[str, dict[str, Any]]],
    workers: Sequence[_Worker],
    timeout_sec: float,
) -> tuple[str, dict[str, Any]]:
    while True:
        with contextlib.suppress(queue.Empty):
            return answers.get(timeout=min(1.0, timeout_sec))
        for worker in workers:
            worker.kill_if_older(timeout_sec)
        if not any(worker.is_alive() for worker in workers) and answers.empty():
            raise CorpusError(
                "no worker process can start: call with workers=0 to work in this one"
            )


class _Worker:
    """A thread that feeds one process, and starts another when that one dies."""

    def __init__(
        self,
        setup: Mapping[str, Any],
        waiting: queue.SimpleQueue[str | None],
        answers: queue.SimpleQueue[tuple[str, dict[str, Any]]],
    ) -> None:
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._setup = setup
        self._waiting = waiting
        self._answers = answers
        self._process: subprocess.Popen[str] | None = None
        self._since_sec: float | None = None
        self._stopped = False

    def start(self) -> None:
        """Begin to take names."""
        self._thread.start()

    def is_alive(self) -> bool:
        """Whether it still takes names."""
        return self._thread.is_alive()

    def _feed(self) -> None:
        """Feed names until the queue says None or no process will start."""
        while not self._stopped and (name := self._waiting.get()) is not None:
            if self._process is None and not self._open_process():
                self._waiting.put(name)
                return
            self._since_sec = time.monotonic()
            answer = self._ask(name)
            self._since_sec = None
            if answer is None:
                answer = {"error": self._epitaph()}
            self._answers.put((name, answer))
        self._end()

    def _open_process(self) -> bool:
        # The package may be imported from a source tree that the child would not find.
        package_home = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(filter(None, [package_home, os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "musicgan.corpus.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="ascii",
            env={**os.environ, "PYTHONPATH": path},
        )
        return self._ask(self._setup) is not None

    def _ask(self, question: object) -> dict[str, Any] | None:
        """The process's answer, None if it died."""
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except (OSError, ValueError):
            return None
        return json.loads(line) if line.endswith("\n") else None

    def _epitaph(self) -> str:
        process, self._process = self._process, None
        assert process is not None
        process.kill()
        code = process.wait()
        self._close(process)
        return f"the reader broke down on it (exit {code})"

    def kill_if_older(self, limit_sec: float) -> None:
        """End a process that has held one file for longer than `limit_sec`."""
        since, process = self._since_sec, self._process
        if since is not None and process is not None and time.monotonic() - since > limit_sec:
            process.kill()

    def stop(self) -> None:
        """End the process, at work or not, and the thread with it."""
        self._stopped = True
        process = self._process
        if process is not None and self._since_sec is not None:
            process.kill()
        self._waiting.put(None)
        self._thread.join(timeout=5.0)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            self._close(process)
            process.wait()

    @staticmethod
    def _close(process: subprocess.Popen[str]) -> None:
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
