"""Bit planes in plain integers, as the tests' own account of the order of bits."""

from collections.abc import Sequence


def pack_planes(values: Sequence[int], width: int) -> int:
    """Bit planes of ``values``: bit b of entry s becomes bit b*len(values) + s."""
    lanes = len(values)
    return sum((k >> b & 1) << (b * lanes + s) for s, k in enumerate(values) for b in range(width))
