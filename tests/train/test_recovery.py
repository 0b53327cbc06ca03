"""Troubles that a run survives: no memory, losses that are no numbers, a full disk."""

import errno
import math
import weakref

import pytest
import torch

from musicgan.errors import CheckpointError, TrainingError
from musicgan.train import loop as loop_module
from musicgan.train.loop import Loop
from musicgan.train.phase import Ease
from musicgan.train.recovery import BAD_STEPS, is_out_of_memory

from .test_loop import Counter, Seen


class Hearing(Seen):
    """An observer that keeps what it is told of troubles."""

    def __init__(self):
        super().__init__()
        self.troubles = []

    def on_trouble(self, line):
        self.troubles.append(line)


class Crammed(Counter):
    """A phase that cannot begin, or not be evaluated, with more than a quarter of the batch."""

    def __init__(self, where, **kind):
        super().__init__(**kind)
        self.where, self.tried = where, []

    def _needs_room(self, where):
        if where == self.where:
            self.tried.append(self.ease.batch)
            if self.ease.batch > 1 / 4:
                raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    def begin(self):
        self._needs_room("begin")
        super().begin()

    def evaluate(self):
        self._needs_room("evaluate")
        return super().evaluate()


class Troubled(Counter):
    """A phase with memory for batches of `fits`, and losses that are finite up to `steady`."""

    def __init__(self, fits=1.0, steady=1.0, **kind):
        super().__init__(**kind)
        self.fits, self.steady, self.batches, self.back = fits, steady, [], 0

    def step(self, progress):
        self.batches.append(self.ease.rows(64))
        if self.ease.batch > self.fits:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        figures = super().step(progress)
        return figures | {"loss": 1.0 if self.ease.rate <= self.steady else math.nan}

    def restore(self, selected):
        super().restore(selected)
        self.back += 1


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "checkpoint.safetensors"


def test_out_of_memory_halves_the_batch_until_it_fits(path):
    phase, seen = Troubled(fits=1 / 4, max_steps=5), Hearing()
    Loop([phase], path, {}, [seen]).run()
    assert phase.batches == [64, 32, 16, 16, 16, 16, 16]
    assert phase.weight.item() == 5
    assert seen.troubles == [f"out of memory: going on with 1/{n} of the batch" for n in (2, 4)]


def test_a_batch_that_never_fits_ends_the_run_in_words(path):
    with pytest.raises(TrainingError, match="out of memory in the count phase even with 1/64"):
        Loop([Troubled(fits=0)], path, {}, [Hearing()]).run()


@pytest.mark.parametrize("where", ["begin", "evaluate"])
def test_also_where_a_phase_begins_or_is_evaluated(path, where):
    phase, seen = Crammed(where, max_steps=2), Hearing()
    Loop([phase], path, {}, [seen]).run()
    assert phase.tried[:3] == [1, 1 / 2, 1 / 4]
    assert phase.weight.item() == 2
    assert seen.troubles == [f"out of memory: going on with 1/{n} of the batch" for n in (2, 4)]


def test_what_did_not_fit_is_let_go_of_before_memory_is_asked_back(path, monkeypatch):
    class Big:
        """What a step holds."""

    held = []

    def step(progress):
        big = Big()
        held.append(weakref.ref(big))
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    alive = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: alive.append(held[-1]()))
    phase = Counter(max_steps=1)
    phase.step = step
    with pytest.raises(TrainingError):
        Loop([phase], path, {}, [Hearing()]).run()
    assert alive == [None] * 6


def test_other_errors_are_not_taken_for_that():
    for error in (
        MemoryError(),
        torch.cuda.OutOfMemoryError(),
        RuntimeError("can't allocate memory: 1"),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    ):
        assert is_out_of_memory(error)
    for error in (RuntimeError("shapes differ"), ValueError("can't allocate memory")):
        assert not is_out_of_memory(error)


def test_a_real_want_of_memory_on_the_cpu_is_known_for_one():
    with pytest.raises(RuntimeError) as found:
        torch.empty(1 << 50)
    assert is_out_of_memory(found.value)


def test_losses_that_are_no_numbers_send_it_back_at_half_the_rate(path):
    phase, seen = Troubled(steady=1 / 2, max_steps=10, eval_steps=2), Hearing()
    Loop([phase], path, {}, [seen]).run()
    assert phase.ease == Ease(rate=0.5)
    # Back to step 2, where it was evaluated, then on; at the end the best once more.
    assert phase.weight.item() == 2 + 10 - BAD_STEPS
    assert phase.back == 2
    assert seen.troubles == [
        "the loss is not finite: back to the best weights so far, on at 1/2 of the learning rate"
    ]


def test_one_bad_update_is_no_trouble(path):
    phase, seen = Counter(max_steps=4), Hearing()
    usual = phase.step
    phase.step = lambda done: usual(done) | {"loss": math.inf if phase.weight == 2 else 1.0}
    Loop([phase], path, {}, [seen]).run()
    assert seen.troubles == [] and phase.ease == Ease()


def test_what_diverges_at_any_rate_ends_in_words(path):
    with pytest.raises(
        TrainingError, match="the count phase diverges: no finite loss even at 1/256"
    ):
        Loop([Troubled(steady=0, max_steps=100)], path, {}, [Hearing()]).run()


def test_the_ease_is_part_of_the_checkpoint_and_ends_with_the_phase(path):
    first, second = Troubled(fits=1 / 2, max_steps=4, name="a"), Troubled(max_steps=4, name="b")
    loop = Loop([first, second], path, {}, [Hearing()])
    loop._stop = True  # as ctrl-C leaves it
    with pytest.raises(loop_module.Interrupted):
        loop.run()
    again = [Troubled(fits=1 / 2, max_steps=4, name="a"), Troubled(max_steps=4, name="b")]
    loop = Loop(again, path, {}, [Hearing()])
    loop.resume()
    loop.run()
    # The first try and the step that fitted were before; nothing has to be found out again.
    assert first.batches == [64, 32] and again[0].batches == [32, 32, 32]
    assert again[1].batches == [64] * 4


def test_a_full_disk_is_told_of_once_and_tried_again(path, monkeypatch):
    monkeypatch.setattr(loop_module, "CHECKPOINT_SEC", 0)
    usual, full = loop_module.save_checkpoint, [True] * 3
    saved = []

    def save(state, where):
        if full:
            full.pop()
            raise CheckpointError(f"{where}: the checkpoint cannot be written: {errno.ENOSPC}")
        saved.append(state["progress"]["step"])
        usual(state, where)

    monkeypatch.setattr(loop_module, "save_checkpoint", save)
    seen = Hearing()
    Loop([Counter(max_steps=6)], path, {}, [seen]).run()
    assert saved == [4, 5, 6, 0]
    assert len(seen.troubles) == 2
    assert "cannot be written" in seen.troubles[0] and "make room" in seen.troubles[0]
    assert seen.troubles[1] == "the checkpoint is written"
