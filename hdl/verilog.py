"""Components as Verilog, always written in the same way."""

from amaranth.back import verilog
from amaranth.lib.wiring import Component


def verilog_text(component: Component, name: str) -> str:
    """The module ``name``, and those inside it, without places in the Python source or attributes for its tools."""
    text: str = verilog.convert(component, name=name, emit_src=False, strip_internal_attrs=True)
    return text
