"""One worker process of `pool`: a line of JSON in, a line of JSON out, until the input ends."""

from __future__ import annotations

import json
import os
import signal
import sys


def main() -> None:
    """Answer the setup with {}, then each file name with what `Ingest.file` returns."""
    # An interrupt is the parent's to handle: it closes our input. Whatever a library prints
    # must not get between the answers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)

    from musicgan.corpus.ingest import Ingest

    ingest = None
    for line in sys.stdin:
        if ingest is None:
            ingest = Ingest.from_setup(json.loads(line))
            answer: object = {}
        else:
            answer = ingest.file(json.loads(line))
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
