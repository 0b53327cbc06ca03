"""What torch does slowly on a CPU, done faster; on CUDA torch's own.

Each of these was among the dearest in a profile of a training step.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from musicgan.model.pitch_places import pitch_places
from musicgan.train import team

SMALL_TABLE = 256
"""Rows of an embedding that is cheaper as a bf16 product."""


def bag(index: Tensor, weight: Tensor) -> Tensor:
    """Sums of the rows of `weight` [V, E] named by `index` [N, C] -> [N, E].

    No row is named twice in one sum.
    """
    kind = _kind(weight)
    # On CUDA torch sorts all indices for the gradient, which takes longer than the network.
    learns = weight.is_cuda and torch.is_grad_enabled()
    if learns or (kind == torch.bfloat16 and len(weight) <= SMALL_TABLE):
        hot = weight.new_zeros(len(index), len(weight), dtype=kind).scatter_(1, index, 1)
        return hot @ weight.to(kind)
    if weight.is_cuda:
        return F.embedding_bag(index, weight, mode="sum")
    return torch.as_tensor(_Bag.apply(index, weight)).to(kind)  # type: ignore[no-untyped-call]


def linear(layer: nn.Linear, x: Tensor) -> Tensor:
    """What `layer` makes of x [..., I]."""
    if x.is_cuda:
        return torch.as_tensor(layer(x))
    kind = _kind(x)
    flat = x.reshape(-1, x.shape[-1]).to(kind)
    out = _Linear.apply(flat, layer.weight.to(kind), layer.bias.to(kind))  # type: ignore[no-untyped-call]
    return torch.as_tensor(out).view(*x.shape[:-1], -1)


def dropout(x: Tensor, share: float, training: bool) -> Tensor:
    """As `F.dropout`; on a CPU the share is rounded to 256ths, so that a random byte decides."""
    if x.is_cuda or not training or share == 0:
        return F.dropout(x, share, training)
    return x * _keep_mask(x, share)


def live(x: Tensor, share: float, training: bool) -> Tensor:
    """Dropout of relu of `x`."""
    if x.is_cuda or not training or share == 0:
        return F.dropout(F.relu(x), share, training)
    return torch.as_tensor(_Live.apply(x, share))  # type: ignore[no-untyped-call]


def spread_pitch(out: Tensor, tonic: Tensor, *below: Tensor) -> Tensor:
    """Outputs of the pitch head [N, O] -> logits of 128 pitches [N, 128].

    Every pitch has a logit of its own, as a degree above `tonic`, as a leap from the last pitch
    `below`, as a height above the lowest and, if there is a third, as what is off an echo; each
    [N], -1 for no pitch. See `model.pitch_places`.
    """
    places = _places(len(below) == 3, out.device)
    rows = (tonic, *(pitch % 129 for pitch in below))
    return torch.as_tensor(_SpreadPitch.apply(out, places, *rows))  # type: ignore[no-untyped-call]


def _keep_mask(like: Tensor, share: float) -> Tensor:
    """1 / (1 - p) where a value is kept and 0 where not, p being `share` in 256ths.

    The values of `like` are those of this process's rows.
    """
    dropped = min(255, round(share * 256))
    # A byte a value: torch's Bernoulli draws cost ten times as much.
    values = team.size() * like.numel()
    draws = torch.empty((values + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
    mask = torch.empty_like(like, memory_format=torch.contiguous_format)
    first = team.rank() * like.numel()
    chosen = draws.view(torch.uint8)[first : first + like.numel()]
    torch.ge(chosen.view(like.shape), dropped, out=mask)
    return mask.mul_(256 / (256 - dropped))


def _kind(x: Tensor) -> torch.dtype:
    """What autocast computes in, else the type of `x`."""
    device = x.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else x.dtype


@lru_cache
def _places(looks_back: bool, device: torch.device) -> tuple[Tensor, ...]:
    tables = pitch_places(looks_back).by
    return tuple(torch.as_tensor(np.ascontiguousarray(t), device=device) for t in tables)


class _Bag(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, index: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(index)
        ctx.rows = len(weight)
        return F.embedding_bag(index, weight, mode="sum")

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[None, Tensor]:
        (index,) = ctx.saved_tensors
        total = grad.new_zeros(ctx.rows, grad.shape[1], dtype=torch.float32)
        grad = grad.float()
        # Column by column: torch sorts all indices first.
        for column in index.unbind(1):
            total.index_add_(0, column, grad)
        return None, total


class _Live(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, share: float) -> Tensor:
        ctx.scale = 256 / (256 - min(255, round(share * 256)))
        kept = F.relu(x).mul_(_keep_mask(x, share))
        ctx.save_for_backward(kept)
        return kept

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (kept,) = ctx.saved_tensors
        # What is above 0 was both positive and kept.
        return torch.ops.aten.threshold_backward(grad, kept, 0).mul_(ctx.scale), None


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return torch.addmm(bias, x, weight.t())

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        # As a product: torch sums bf16 by way of a float32 copy.
        to_bias = (grad.new_ones(1, len(grad)) @ grad)[0]
        return grad @ weight, grad.t() @ x, to_bias


class _SpreadPitch(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, out: Tensor, tables: tuple[Tensor, ...], *rows: Tensor) -> Tensor:
        ctx.tables, ctx.width = tables, out.shape[1]
        ctx.save_for_backward(*rows)
        logits = out[:, :128].clone()
        for part in _parts(out):
            for table, row in zip(tables, rows, strict=True):
                logits[part] += out[part].gather(1, table.index_select(0, row[part]))
        return logits

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        rows = ctx.saved_tensors
        total = F.pad(grad, (0, ctx.width - 128))
        for part in _parts(grad):
            for table, row in zip(ctx.tables, rows, strict=True):
                total[part].scatter_add_(1, table.index_select(0, row[part]), grad[part])
        return total, *(None,) * (1 + len(rows))


def _parts(out: Tensor, size: int = 1024) -> list[slice]:
    """Slices of `size` rows: few enough that their 128 indices each stay in a CPU's cache."""
    if out.is_cuda:
        return [slice(None)]
    return [slice(begin, begin + size) for begin in range(0, len(out), size)]
