"""Modules that are made into Verilog on their own, and used by name."""

from typing import Any

from amaranth.hdl import ClockSignal, Instance, ResetSignal
from amaranth.lib import wiring
from amaranth.lib.wiring import In


def external(name: str, signature: wiring.Signature) -> tuple[Instance, Any]:
    """Instance of the Verilog module ``name`` that was made from a component of this signature.

    Returns
    -------
    instance : Instance
        To be added as a submodule.
    interface : object
        Has the members of the component, to be connected as those of the component would be.
    """
    interface: Any = signature.create()
    ports = {f"{'i' if member.flow == In else 'o'}_{'__'.join(map(str, path))}": value
             for path, member, value in signature.flatten(interface)}
    return Instance(name, i_clk=ClockSignal(), i_rst=ResetSignal(), **ports), interface
