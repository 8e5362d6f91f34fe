"""Exact products of small integers, for the golden model's fast form."""

from __future__ import annotations

import torch
from torch import Tensor

# Sums of 2**17 products below 2**7 are exact in the 24 bits of a float32.
_FLOAT_TERMS = 1 << 17


def multiply(a: Tensor, b: Tensor) -> Tensor:
    """a @ b.T of int8 matrices, exactly, as int32. No entry is -128, and in one of the two they are -1, 0 or 1.

    Those limits keep it exact on CPUs without VNNI, whose products shift one operand by 128 and add pairs in 16 bits:
    2 * (1 + 128) * 127 < 2**15.
    """
    rows, columns = len(a), len(b)
    if a.device.type == "cuda":
        a, b = _padded(a, *_multiples(a, 32)), _padded(b, *_multiples(b, 8))
    elif a.device.type == "cpu" and torch.backends.cpu.get_cpu_capability().startswith("AVX"):
        # The product is silently left out where a dimension is 1 and its stride of no use (pytorch issue 195066).
        inner = max(a.shape[1], 2)
        a, b = _padded(a, max(rows, 2), inner), _padded(b, max(columns, 2), inner)
    else:
        product = torch.zeros(rows, columns, dtype=torch.int32, device=a.device)
        for first in range(0, a.shape[1], _FLOAT_TERMS):
            terms = slice(first, first + _FLOAT_TERMS)
            product += (a[:, terms].float() @ b[:, terms].float().T).int()
        return product
    return torch._int_mm(a, b.T)[:rows, :columns]


def _multiples(matrix: Tensor, rows: int) -> tuple[int, int]:
    """Shape that CUDA's int8 product takes: rows a multiple of ``rows``, columns of 8."""
    return len(matrix) + -len(matrix) % rows, matrix.shape[1] + -matrix.shape[1] % 8


def _padded(matrix: Tensor, rows: int, columns: int) -> Tensor:
    """The matrix with zeros up to the given shape."""
    if matrix.shape == (rows, columns):
        return matrix
    return torch.nn.functional.pad(matrix, (0, columns - matrix.shape[1], 0, rows - len(matrix)))
