"""Several processes that train one model, each on rows of its own of every batch.

Lightning Fabric joins them, as torchrun or SLURM has begun them, and averages what they found; a
process that is alone needs nothing of it. Each draws the same random numbers, those for all rows,
and takes its own part; losses and statistics are those of all rows. So a step is the same one, to
rounding, however many take it.

Fabric's own wrapper of a network averages gradients while they are found. It sees one call of
`forward` a step; the second phase calls the generator in pieces, and holds it to the data in the
same loss. So the gradients are averaged after they were found, at once: a few million numbers.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import numpy as np
import torch
from torch import Tensor, nn

from musicgan.errors import DeviceError, MissingExtraError

T = TypeVar("T")

_fabric: Any = None
"""What joins this process to the others; None while it is alone."""


def join(device: torch.device) -> torch.device:
    """Join the processes that torchrun or SLURM began with this one; the device of this one.

    Alone, and once joined, nothing happens. Raises `DeviceError` when they cannot be joined, and
    `MissingExtraError` without Lightning Fabric.
    """
    global _fabric
    nodes, each = _begun()
    if nodes * each == 1:
        return device
    if _fabric is None:
        try:
            from lightning_fabric import Fabric
        except ImportError:
            raise MissingExtraError("training by several processes", "scale") from None
        logging.getLogger("lightning.fabric").setLevel(logging.WARNING)
        warnings.filterwarnings("ignore", module="lightning_fabric")
        try:
            _fabric = Fabric(accelerator=device.type, devices=each, num_nodes=nodes, strategy="ddp")
            _fabric.launch()
        except Exception as error:  # Fabric has its own, of no common kind
            line = str(error).strip().splitlines()[0]
            raise DeviceError(
                f"{nodes} x {each} processes cannot be joined: {line}; there must be a device for "
                "each, and each must see all of its machine's"
            ) from None
    return cast(torch.device, _fabric.device)


def _begun() -> tuple[int, int]:
    """How many machines take part, and how many processes on each."""
    told = os.environ
    if "TORCHELASTIC_RUN_ID" in told:
        each = int(told["LOCAL_WORLD_SIZE"])
        return int(told["WORLD_SIZE"]) // each, each
    if "SLURM_PROCID" in told and int(told.get("SLURM_NTASKS", "1")) > 1:
        nodes = int(told.get("SLURM_NNODES", "1"))
        return nodes, int(told["SLURM_NTASKS"]) // nodes
    return 1, 1


def size() -> int:
    """How many processes there are."""
    return 1 if _fabric is None else int(_fabric.world_size)


def rank() -> int:
    """Which of them this is, from 0."""
    return 0 if _fabric is None else int(_fabric.global_rank)


def leads() -> bool:
    """Whether this is the one that reads first, writes files and talks."""
    return rank() == 0


@contextmanager
def leader_first() -> Iterator[None]:
    """What is done in it, the leader does before the others begin: they find its cache."""
    if _fabric is None:
        yield
        return
    with _fabric.rank_zero_first():
        yield


def wait() -> None:
    """Until all are here."""
    if _fabric is not None:
        _fabric.barrier()


def agreed(value: T) -> T:
    """What the leader has."""
    return value if _fabric is None else cast(T, _fabric.broadcast(value))


def any_of(flag: bool) -> bool:
    """Whether it is so for one of them."""
    return flag if _fabric is None else bool(mean(torch.tensor(float(flag))) > 0)


def whole(rows: int) -> int:
    """So many rows, or a few more, so that each process has as many."""
    return -(-rows // size()) * size()


def own(rows: T) -> T:
    """This process's part of `rows` [N, ...], a sequence, an array or a tensor.

    Parts are as long as one another: where they do not go into N, some rows are in two.
    """
    if _fabric is None:
        return rows
    count = len(rows)  # type: ignore[arg-type]
    each = -(-count // size())
    mine = [(rank() * each + number) % count for number in range(each)]
    if isinstance(rows, np.ndarray | Tensor):
        return cast(T, rows[mine])
    return cast(T, [cast(Sequence[Any], rows)[number] for number in mine])


def gathered(part: Tensor) -> Tensor:
    """The parts [N, ...] of all, in order, [size x N, ...].

    The gradient reaches this process's part, as often as there are processes: gradients are
    averaged, and every row is only in one part.
    """
    if _fabric is None:
        return part
    parts = list(_fabric.all_gather(part.detach().contiguous()).to(part.device).unbind(0))
    if part.requires_grad:
        parts[rank()] = size() * part - (size() - 1) * part.detach()
    return torch.cat(parts)


def mean(value: Tensor) -> Tensor:
    """The mean over processes of a `value`; the gradient reaches this process's."""
    if _fabric is None:
        return value
    here = value.detach()
    return value + (_mean(here).to(here.device) - here)


def _mean(here: Tensor) -> Tensor:
    """Of all. Fabric's own would have a barrier before it, for which a device's host waits."""
    total = here.to(_fabric.device, copy=True)
    torch.distributed.all_reduce(total)
    return total / size()


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Give every process the mean of the gradients that all of them found."""
    if _fabric is None:
        return
    found = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in found])
    flat = _mean(flat)
    for gradient, part in zip(found, torch.split(flat, [g.numel() for g in found]), strict=True):
        gradient.copy_(part.view_as(gradient))


class OwnDraws(np.random.Generator):
    """Another's random numbers, this process's part of them; `random` has rows on axis 1."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng.bit_generator)

    def random(self, shape: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        """In [0, 1), [A, N, ...]; drawn for the rows of all processes."""
        first, rows, *rest = shape
        drawn = super().random((first, size() * rows, *rest), dtype, out)
        return drawn[:, rank() * rows : (rank() + 1) * rows]


def own_draws(rng: np.random.Generator) -> np.random.Generator:
    """`rng` for what draws for the rows of this process alone."""
    return rng if _fabric is None else OwnDraws(rng)


def own_normal(rng: np.random.Generator, *shape: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Standard normal numbers [N, ...] for N rows of this process."""
    rows, *rest = shape
    return own(rng.standard_normal((size() * rows, *rest)).astype(np.float32))


def normal_like(value: Tensor) -> Tensor:
    """Standard normal numbers by torch for the rows of `value` [N, ...]."""
    if _fabric is None or value.is_cuda:
        return torch.randn_like(value)
    return own(torch.randn(size() * len(value), *value.shape[1:], dtype=value.dtype))


def device_rng() -> list[Tensor]:
    """The states of the random numbers of this process's CUDA devices, if it has used any."""
    return torch.cuda.get_rng_state_all() if _draws_on_cuda() else []


def go_on_drawing(rng: list[Tensor], steps: int) -> None:
    """After a resume `steps` into a run: the leader from `rng`, others from seeds of their own."""
    if not _draws_on_cuda():
        return
    if not leads():
        torch.cuda.manual_seed(torch.cuda.initial_seed() + 1000 * steps)
    elif len(rng) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(rng)


def _draws_on_cuda() -> bool:
    return bool(torch.cuda.is_initialized())  # type: ignore[no-untyped-call]
