"""Registers one after another."""

from amaranth.hdl import Module, Signal, Value


def delayed(m: Module, value: Value, *names: str, reset_less: bool = False) -> Value:
    """``value`` after a register of its shape for each name, the first one nearest to it."""
    for name in names:
        register = Signal(value.shape(), name=name, reset_less=reset_less)
        m.d.sync += register.eq(value)
        value = register
    return value
