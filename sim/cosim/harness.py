"""The top module of bulk simulations: the emitted network among its junctions, a source, recorders and a clock.

The SystemVerilog beside this file is the rest of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from amaranth.hdl import Cat, ClockDomain, ClockSignal, Const, Instance, Module, ResetSignal, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from spinsc.gen.manifest import Manifest
from spinsc.gen.random_sources.registry import RANDOM_SOURCES
from spinsc.hdl.random_ports import device_order
from spinsc.hdl.verilog import verilog_text
from spinsc.sim.cosim import run_folder
from spinsc.sim.simulators.base import Design

BULK_TOP = "spinsc_tb_bulk"
#: Its input for a clock that the simulator makes.
CLOCK = "given_clock"
#: The modules of the harness that are written by hand.
SOURCES = tuple(sorted(Path(__file__).parent.glob("spinsc_tb_*.sv")))
#: Images' worth of cycles without a result after which a simulation is given up.
PATIENCE_IMAGES = 8
#: Outputs of ``spinsc_tb_stress.sv`` and their bits.
STRESS_PORTS = {"stressed": 1, "running": 1, "over": 1, "reset": 1, "pause": 1, "ready": 1, "noise": 8, "image": 13,
                "images": 8}


def network_among_junctions(m: Module, manifest: Manifest) -> dict[str, Signal]:
    """Instance of the emitted network with its random ports tied to arrays of junctions; its other ports by name."""
    ports = {port.name: Signal(port.width, name=port.name) for port in manifest.ports
             if port.name not in ("clk", "rst")}
    connections: dict[str, Any] = {
        f"{port.direction[0]}_{port.name}": ports[port.name] for port in manifest.ports
        if port.name in ports}
    m.submodules.network = Instance(
        manifest.top, i_clk=ClockSignal(), i_rst=ResetSignal(), **connections)
    if RANDOM_SOURCES.find(manifest.random_source).at_ports:
        for number, layer in enumerate(manifest.layers):
            sides = [ports[name] for side in ("activation", "weight") if (name := f"random{number}_{side}") in ports]
            if sides:
                devices, unroll = layer.devices.count, layer.unroll
                random = Signal(unroll * devices, name=f"random{number}")
                m.submodules[f"junctions{number}"] = Instance(
                    f"{manifest.prefix}_smtj_array", p_DEVICES=devices, p_STEPS=layer.fill_steps + layer.compute_steps,
                    p_LAYER=number, p_UNROLL=unroll, p_REST=layer.rest,
                    i_clk=ClockSignal(), i_rst=ResetSignal(), i_step=ports[f"random{number}_step"],
                    i_partial=ports.get(f"random{number}_partial", Const(0, 1)), o_random=random)
                # The array gives a sample of all devices for each time step, the network takes them side by side.
                m.d.comb += device_order(unroll, *sides).eq(random)
    return ports


class BulkTop(wiring.Component):
    """Everything in HDL: images and recordings come from files, results go to files.

    Members
    -------
    given_clock : In(1)
        The clock, where the simulator makes it: the `clock` of a `Design`.
    done : Out(1)
    """

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        super().__init__({CLOCK: In(1), "done": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        manifest = self.manifest
        m.domains.sync = domain = ClockDomain()
        stress = {name: Signal(width, name=name) for name, width in STRESS_PORTS.items()}
        cycle, started, reset = Signal(64), Signal(), stress["reset"]
        m.submodules.clock = Instance(
            "spinsc_tb_clock", i_given=getattr(self, CLOCK), i_reset=reset, o_clk=domain.clk, o_rst=domain.rst,
            o_cycle=cycle, o_started=started)
        m.submodules.stress = Instance(
            "spinsc_tb_stress", p_FILE=run_folder.SCHEDULE, i_clk=ClockSignal(), i_started=started,
            **{f"o_{name}": signal for name, signal in stress.items()})
        clocked = {"i_clk": ClockSignal(), "i_rst": ResetSignal()}
        ports = network_among_junctions(m, manifest)
        wrong = Signal(2)
        m.submodules.source = Instance(
            "spinsc_tb_source", p_FILE=run_folder.IMAGES, p_PIXELS=manifest.inputs,
            p_PIXELS_PER_BEAT=manifest.pixels_per_beat, p_FRAMED=Const(manifest.tlast, 1), **clocked,
            i_running=stress["running"], i_pause=stress["pause"], i_noise=stress["noise"], i_first=stress["image"],
            i_images=stress["images"], o_tdata=ports["s_axis_tdata"], o_tvalid=ports["s_axis_tvalid"],
            o_tlast=ports.get("s_axis_tlast", Signal(name="no_tlast")),
            i_tready=ports["s_axis_tready"], o_wrong=wrong)
        m.submodules.sink = Instance(
            "spinsc_tb_sink", p_FILE=run_folder.RESULTS, p_CLASS_WIDTH=len(ports["m_axis_tdata"]),
            p_CLASSES=manifest.classes, p_SCORE_WIDTH=manifest.score_width, p_FLUSH=run_folder.FLUSH_CYCLES,
            p_PATIENCE=PATIENCE_IMAGES * sum(layer.cycles_per_image for layer in manifest.layers), **clocked,
            i_cycle=cycle, i_stressed=stress["stressed"], i_over=stress["over"], i_ready=stress["ready"],
            i_tdata=ports["m_axis_tdata"], i_tuser=ports["m_axis_tuser"], i_tvalid=ports["m_axis_tvalid"],
            o_tready=ports["m_axis_tready"], o_done=self.done)
        if manifest.tlast:
            m.submodules.framing = Instance(
                "spinsc_tb_framing", p_FILE=run_folder.violations_name("framing"), **clocked, i_cycle=cycle,
                i_tvalid=ports["m_axis_tvalid"], i_tlast=ports["m_axis_tlast"], i_error=ports["frame_error"],
                i_wrong=wrong)
        words = {"m_axis": (ports["m_axis_tvalid"], Cat(ports["m_axis_tdata"], ports["m_axis_tuser"]))}
        for number in range(len(manifest.layers)):
            state = ports.get(f"trace{number}_state", Const(0, 1))
            index, accumulator = ports[f"trace{number}_index"], ports[f"trace{number}_accumulator"]
            m.submodules[f"trace{number}"] = Instance(
                "spinsc_tb_trace", p_FILE=run_folder.trace_name(number), p_INDEX_WIDTH=len(index),
                p_STATE_WIDTH=len(state), p_ACCUMULATOR_WIDTH=len(accumulator), **clocked, i_done=self.done,
                i_valid=ports[f"trace{number}_valid"], i_index=index, i_state=state, i_accumulator=accumulator)
            words[f"trace{number}"] = ports[f"trace{number}_valid"], Cat(index, state, accumulator)
        for name, (valid, data) in words.items():
            m.submodules[f"known_{name}"] = Instance(
                "spinsc_tb_known", p_FILE=run_folder.violations_name(name), p_NAME=name, p_WIDTH=len(data), **clocked,
                i_cycle=cycle, i_valid=valid, i_data=data)
        recorded = recorded_wires(ports, len(manifest.layers))
        m.submodules.cycles = Instance(
            "spinsc_tb_cycles", p_FILE=run_folder.CYCLES, p_WIDTH=len(recorded), i_clk=ClockSignal(),
            i_cycle=cycle, i_running=stress["running"], i_done=self.done, i_data=recorded)
        return m


def recorded_wires(ports: Mapping[str, Value], layers: int) -> Value:
    """What is recorded of cycles under stress: words of 32 bits, :func:`run_folder.cycle_type` without the cycle."""
    nothing = Const(0, 1)

    def words(*values: Value) -> list[Value]:
        joined = Cat(*values)
        return [joined, Const(0, -len(joined) % 32)]

    parts = words(ResetSignal(), *(ports[name] for name in run_folder.CYCLE_FLAGS[1:]))
    parts += words(ports["m_axis_tdata"]) + words(ports["m_axis_tuser"])
    for number in range(layers):
        parts += words(*(ports.get(name.format(number), nothing) for name in run_folder.LAYER_FLAGS))
        for name in ("index", "state", "accumulator"):
            parts += words(ports.get(f"trace{number}_{name}", nothing))
    return Cat(*parts)


def bulk_design(manifest: Manifest, hardware: Sequence[Path], folder: Path) -> Design:
    """The simulation of an emitted network, whose Verilog is ``hardware``; the top is written into ``folder``."""
    return design(BulkTop(manifest), BULK_TOP, ["done"], [*hardware, *SOURCES], folder, CLOCK)


def design(top: wiring.Component, name: str, public: Sequence[str], sources: Sequence[Path], folder: Path,
           clock: str = "") -> Design:
    """A simulation of some Verilog under ``top``, which is written into ``folder``."""
    path = folder / f"{name}.v"
    path.write_text(verilog_text(top, name))
    return Design(name, tuple(source.resolve() for source in (*sources, path)), tuple(public), clock=clock)
