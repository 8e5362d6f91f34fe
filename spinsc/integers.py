"""Arithmetic of integers that several packages need."""


def ceil_div(dividend: int, divisor: int) -> int:
    """The quotient rounded up; exact for integers of any size, unlike a division of floats."""
    return -(-dividend // divisor)
