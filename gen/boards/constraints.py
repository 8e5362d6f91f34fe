"""Files that tell tools which port is which pin: LPF (ECP5), PCF (iCE40) and XDC (AMD)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Pin:
    """A pin of the FPGA, and what it is pulled to inside, if to anything."""

    site: str
    pull: Literal["up", "down"] | None = None


def lpf(pins: Mapping[str, Pin], clock: str, clock_mhz: float) -> str:
    """For Diamond and nextpnr-ecp5: all pins at 3.3 V."""
    lines = [line for port, pin in pins.items() for line in (
        f'LOCATE COMP "{port}" SITE "{pin.site}";',
        f'IOBUF PORT "{port}" IO_TYPE=LVCMOS33 PULLMODE={(pin.pull or "none").upper()};')]
    return "".join(f"{line}\n" for line in (*lines, f'FREQUENCY PORT "{clock}" {clock_mhz:g} MHZ;'))


def pcf(pins: Mapping[str, Pin], clock: str, clock_mhz: float) -> str:
    """For nextpnr-ice40, whose pins can be pulled up only."""
    lines = [f"set_io {'-pullup yes ' if pin.pull == 'up' else ''}{port} {pin.site}" for port, pin in pins.items()]
    return "".join(f"{line}\n" for line in (*lines, f"set_frequency {clock} {clock_mhz:g}"))


def xdc(pins: Mapping[str, Pin], clock: str, clock_mhz: float) -> str:
    """For Vivado: all pins at 3.3 V."""
    pulls = {"up": " PULLTYPE PULLUP", "down": " PULLTYPE PULLDOWN", None: ""}
    lines = [f"set_property -dict {{ PACKAGE_PIN {pin.site} IOSTANDARD LVCMOS33{pulls[pin.pull]} }} "
             f"[get_ports {{ {port} }}]" for port, pin in pins.items()]
    return "".join(f"{line}\n" for line in (
        *lines, f"create_clock -name {clock} -period {1000 / clock_mhz:g} [get_ports {{ {clock} }}]"))
