"""The log: every so many updates and each evaluation, as JSON that any program reads."""

import json

from musicgan.train.log_file import LogFile
from musicgan.train.loop import Loop

from .test_loop import Counter


def test_the_log_is_one_json_object_a_line(tmp_path):
    log = LogFile(tmp_path / "run" / "log.jsonl", every=3, clock=lambda: 12.34)
    Loop([Counter(max_steps=6, eval_steps=4)], tmp_path / "c", {}, [log]).run()
    data = log.path.read_bytes()
    assert data.endswith(b"}\n") and b"\r" not in data
    assert [json.loads(line) for line in data.splitlines()] == [
        {"time": 12.3, "phase": "count", "step": 3, "of": 6, "weight": 3},
        {"time": 12.3, "phase": "count", "step": 4, "held_out": {"score": -4, "weight": 4}},
        {"time": 12.3, "phase": "count", "step": 6, "of": 6, "weight": 6},
        {"time": 12.3, "phase": "count", "step": 6, "held_out": {"score": -6, "weight": 6}},
    ]
