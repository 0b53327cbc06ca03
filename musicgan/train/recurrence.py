"""A GRU whose backward pass is one walk back through time, and weight products over all steps.

Torch's own GRU on a CPU is unrolled by autograd: it keeps and adds a gradient of every weight
matrix at every step. Here a step of the walk back only carries the gradient of the state; what
the weights get is one product over all steps at the end, as cuDNN does it. The formulas are
torch's own (Cho et al. 2014, reset gate after the product).

Shapes: B songs, T rows, E inputs, H hidden.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def run_gru(gru: nn.GRU, x: Tensor, hidden: Tensor) -> Tensor:
    """Hidden states [B, T, H] of a one-layer batch-first `gru` on x [B, T, E], hidden [B, H].

    On the CPU the numbers of torch's own faster, and autocast is followed. On CUDA torch's own
    (cuDNN) in float32, by TF32: under autocast torch has it compute in float16, whatever was asked
    for, of which gradients of large batches are too small for.
    """
    if x.is_cuda:
        with torch.autocast("cuda", enabled=False):
            out, _ = gru(x.float(), hidden.float()[None].contiguous())
        return torch.as_tensor(out)
    kind = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
    weights = (gru.weight_ih_l0, gru.weight_hh_l0, gru.bias_ih_l0, gru.bias_hh_l0)
    by_time = x.to(kind).transpose(0, 1).contiguous()
    out = _Gru.apply(by_time, *(tensor.to(kind) for tensor in (hidden, *weights)))  # type: ignore[no-untyped-call]
    return torch.as_tensor(out).transpose(0, 1)


class _Gru(torch.autograd.Function):
    """x [T, B, E], first state [B, H] and the four parameters -> states [T, B, H]."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, first: Tensor, w_in: Tensor, w_rec: Tensor, b_in: Tensor, b_rec: Tensor
    ) -> Tensor:
        steps, batch, size = x.shape[0], x.shape[1], first.shape[1]
        gates = 2 * size
        states = x.new_empty(steps + 1, batch, size)
        states[0] = first
        with torch.autocast("cpu", enabled=False):
            # These become the gates' values in place: fresh memory is dear.
            kept = (x.view(steps * batch, -1) @ w_in.t()).view(steps, batch, 3 * size)
            inner = x.new_empty(steps, batch, size)
            product = x.new_empty(batch, 3 * size)
            both, last = product[:, :gates], product[:, gates:]
            # The new gate has two biases, one of them inside, where the reset gate scales it.
            across, outside = w_rec.t(), b_in[gates:]
            bias = torch.cat([b_in[:gates] + b_rec[:gates], b_rec[gates:]])
            walk = zip(
                states[:-1].unbind(), states[1:].unbind(), kept[..., :gates].unbind(),
                kept[..., :size].unbind(), kept[..., size:gates].unbind(),
                kept[..., gates:].unbind(), inner.unbind(), strict=True,
            )  # fmt: skip
            for before, after, two, reset, update, new, heard in walk:
                torch.addmm(bias, before, across, out=product)
                torch.sigmoid(two.add_(both), out=two)
                heard.copy_(last)
                torch.tanh(new.add_(outside).addcmul_(reset, heard), out=new)
                torch.lerp(new, before, update, out=after)
        ctx.save_for_backward(x, w_in, w_rec, states, kept, inner)
        return states[1:]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, ...]:
        x, w_in, w_rec, states, kept, inner = ctx.saved_tensors
        steps, batch, size = inner.shape
        gates = 2 * size
        carried, product, scratch = (x.new_zeros(batch, size) for _ in range(3))
        w_two, w_new = w_rec[:gates], w_rec[gates:]
        slopes = torch.ops.aten
        walk = zip(
            grad.unbind(), states[:-1].unbind(), kept[..., :gates].unbind(),
            kept[..., :size].unbind(), kept[..., size:gates].unbind(), kept[..., gates:].unbind(),
            inner.unbind(), strict=True,
        )  # fmt: skip
        # Each slot of `kept` and `inner` is overwritten by its own gradient once it was read.
        for above, before, two, reset, update, new, heard in reversed(list(walk)):
            carried += above
            torch.mul(carried, update, out=product)
            torch.sub(before, new, out=scratch)
            scratch *= carried
            slopes.sigmoid_backward.grad_input(scratch, update, grad_input=update)
            torch.sub(carried, product, out=scratch)
            slopes.tanh_backward.grad_input(scratch, new, grad_input=new)
            torch.mul(new, heard, out=scratch)
            torch.mul(new, reset, out=heard)
            slopes.sigmoid_backward.grad_input(scratch, reset, grad_input=reset)
            product.addmm_(two, w_two)
            product.addmm_(heard, w_new)
            carried, product = product, carried
        flat, heard = kept.view(steps * batch, 3 * size), inner.view(steps * batch, size)
        before = states[:-1].view(steps * batch, size)
        to_w_rec = torch.cat([flat[:, :gates].t() @ before, heard.t() @ before])
        to_w_in = flat.t() @ x.view(steps * batch, -1)
        # As a product: a sum in bf16 would go through a float32 copy.
        ones = flat.new_ones(1, steps * batch)
        to_b_in, to_new = (ones @ flat)[0], (ones @ heard)[0]
        to_b_rec = torch.cat([to_b_in[:gates], to_new])
        return (flat @ w_in).view_as(x), carried, to_w_in, to_w_rec, to_b_in, to_b_rec
