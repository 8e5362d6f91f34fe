"""From a network to a folder of Verilog, memory images and a manifest that stands alone."""

from __future__ import annotations

import contextlib
import importlib.resources
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
from amaranth.lib.wiring import Component

from spinsc import hdl
from spinsc.errors import InputError
from spinsc.gen.boards.board import Board
from spinsc.gen.boards.registry import BOARDS
from spinsc.gen.describe import describe, file_digests
from spinsc.gen.design import layer_designs
from spinsc.gen.flow.files import write_flow
from spinsc.gen.manifest import MANIFEST, NETWORK, TOP, Manifest
from spinsc.gen.memories import USUAL_BLOCK
from spinsc.gen.prefix import check_prefix, rename_files
from spinsc.gen.random_sources.registry import RANDOM_SOURCES
from spinsc.gen.random_sources.source import RandomSource
from spinsc.hdl.network import PIXEL_THRESHOLDS_FILE, NetworkHardware
from spinsc.hdl.packing import Bits, hexadecimal_lines
from spinsc.hdl.units import neuron_hardware, units_module, units_source, units_template, weight_files, weight_image
from spinsc.hdl.verilog import verilog_text
from spinsc.models.network import Network

DEFAULT_PIXELS_PER_BEAT = 4

LINT_WAIVERS = """\
`verilator_config
// The Verilog writer names both ends of a connection and declares a dummy register for each combinational block.
lint_off -rule UNUSEDSIGNAL -file "*spinsc_*.v"
// Registers have an initial value, which an FPGA loads at power-up, and are written at clock edges.
lint_off -rule PROCASSINIT -file "*spinsc_*.v"
// A component is a module of the network's file, not a file of its own.
lint_off -rule DECLFILENAME -file "*spinsc_*.v"
// It leaves the extension and truncation of operands to the rules of Verilog, which are what the source means.
lint_off -rule WIDTHEXPAND -file "*spinsc_*.v"
lint_off -rule WIDTHTRUNC -file "*spinsc_*.v"
// The units of a layer have ports that not every shape of neuron has.
lint_off -rule UNUSEDSIGNAL -file "*spinsc_*_units.sv"
"""


def emit(network: Network, directory: str | os.PathLike[str], *, source: RandomSource | str = "ports",
         pixels_per_beat: int = DEFAULT_PIXELS_PER_BEAT, tlast: bool = False, pipeline: bool = False,
         pack_memories: bool = False, prefix: str | None = None, board: Board | str | None = None,
         block_bits: int = USUAL_BLOCK, flow: bool = False) -> Manifest:
    """Write the hardware of ``network`` to a new directory.

    Parameters
    ----------
    network : Network
    directory : path
        Must not exist, or be empty. It appears complete or not at all.
    source : RandomSource or str
        Where the hardware takes its random numbers from; a name stands for a source that takes no recorded bits.
    pixels_per_beat : int
        Pixels in a beat of the input stream; cut to the lanes of the first layer. With a board, it is 1.
    tlast : bool
        Both streams have ``tlast``, and an image of the wrong length is dropped.
    pipeline : bool
        With more registers, for a faster clock: the same results, some cycles later.
    pack_memories : bool
        The weights of a layer lie in one memory where that takes less of an FPGA than one for each unit.
    prefix : str, optional
        Names of modules, macros and plusargs begin with it, not with "spinsc", and those of memory images too.
    board : Board or str, optional
        The folder ``board`` gets a top for this board, its constraints and a list of sources.
    block_bits : int
        Bits of a block of memory that weights are packed for.
    flow : bool
        With files for FuseSoC, Yosys and LibreLane, and constraints; see :mod:`spinsc.gen.flow`.

    Returns
    -------
    Manifest

    Raises
    ------
    InputError
        If the directory is not empty, a value is out of range, or the source or the board cannot serve the network.
    """
    if pixels_per_beat < 1:
        raise InputError(f"pixels per beat must be at least 1, not {pixels_per_beat}")
    if prefix is not None:
        check_prefix(prefix)
    if isinstance(source, str):
        source = RANDOM_SOURCES.find(source).create()
    if isinstance(board, str):
        board = BOARDS.find(board)
    if board is not None:
        pixels_per_beat = 1
    source.check(network)
    with _new_directory(Path(directory)) as root:
        per_beat = min(pixels_per_beat, network.layers[0].folding.lanes)
        designs = layer_designs(network, pipeline, (per_beat, block_bits) if pack_memories else None)
        hardware = NetworkHardware(designs, per_beat, source.hardware(), tlast)
        board_top = None if board is None else board.top(hardware)
        for folder in ("rtl", "mem"):
            (root / folder).mkdir()
        _write_rtl(root / "rtl", hardware)
        _write_memories(root / "mem", network, hardware)
        source.write(root, network)
        (root / "lint.vlt").write_text(LINT_WAIVERS)
        network.save(root / NETWORK)
        if board is not None and board_top is not None:
            board.write(root, board_top)
        if prefix is not None:
            rename_files(root, prefix)
        manifest = describe(root, network, hardware, source, prefix, None if board is None else board.name)
        if flow:
            write_flow(root, manifest)
            manifest = msgspec.structs.replace(manifest, files=file_digests(root))
        manifest.save(root / MANIFEST)
    return manifest


@contextlib.contextmanager
def _new_directory(target: Path) -> Iterator[Path]:
    """A temporary directory that becomes ``target`` if the block succeeds."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target} is not empty; give a new folder, or remove that one")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        yield temporary
        temporary.chmod(0o755)
        temporary.replace(target)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _write_rtl(folder: Path, hardware: NetworkHardware) -> None:
    neurons = {design.neuron_module: design.shape.neuron for design in hardware.layers}
    for name, shape in neurons.items():
        _write_verilog(folder / f"{name}.v", neuron_hardware(shape), name)
        (folder / f"{units_module(name)}.sv").write_text(units_source(_primitive(units_template(shape)), name))
    for design in hardware.layers:
        _write_verilog(folder / f"{design.layer_module}.v", hardware.layer_hardware(design.number), design.layer_module)
    _write_verilog(folder / f"{TOP}.v", hardware, TOP)
    for primitive in hdl.PRIMITIVES:
        (folder / primitive).write_text(_primitive(primitive))


def _primitive(name: str) -> str:
    return importlib.resources.files(hdl).joinpath(name).read_text()


def _write_verilog(path: Path, component: Component, name: str) -> None:
    path.write_text(verilog_text(component, name))


def _write_memories(folder: Path, network: Network, hardware: NetworkHardware) -> None:
    def write(name: str, image: Bits) -> None:
        (folder / name).write_text(hexadecimal_lines(image))

    write(PIXEL_THRESHOLDS_FILE, hardware.quantizer.image(network.input_thresholds))
    for layer, length, design, outcome in zip(network.layers, network.lengths, hardware.layers, hardware.outcomes,
                                              strict=True):
        images = weight_image(design.shape, layer.weights)
        for name, image in zip(weight_files(design.weight_stem, design.shape), images, strict=True):
            write(name, image)
        write(design.outcome_file, outcome.image(layer.outcome_integers(length)))
