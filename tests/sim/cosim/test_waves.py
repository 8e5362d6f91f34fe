"""Waveforms: of any image, whatever is found; of a layer; and what a viewer shows first of them."""

import os
import re
import subprocess

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.layer import Folding
from spinsc.sim.cosim.directory import open_directory, random_numbers
from spinsc.sim.cosim.run import cosimulate
from spinsc.sim.cosim.waves import NETWORK
from spinsc.sim.simulators.verilator import FST
from tests.fst import Waveform
from tests.tools import ANY_SIMULATOR, needs_icarus, needs_waves, needs_waves_of_verilator

SEED, IMAGES, FIRST = 4, 3, 3
CLOCK = f"{NETWORK}.clk"
pytestmark = needs_waves


@pytest.fixture(scope="module")
def emitted(tmp_path_factory):
    plain = random_network((20, 9, 6), input_states=5, weight_states=7, activation_states=3, length=11, seed=SEED,
                           folding=[Folding(7, 4), Folding(4, 6)])
    folder = tmp_path_factory.mktemp("waves")
    for source in ("ports", "lfsr"):
        emit(plain if source == "ports" else plain.with_folding(unroll=4), folder / source, source=source,
             tlast=source == "lfsr")
    return folder


def run(directory, simulator, **options):
    """A run with all right, and the golden model's words of its last image."""
    manifest, network = open_directory(directory)
    images = np.random.default_rng(SEED).integers(0, 256, (IMAGES, network.inputs), dtype=np.uint8)
    streams = random_numbers(manifest, network, directory)
    report = cosimulate(directory, images, np.zeros(IMAGES, np.int64), streams, first=FIRST, simulator=simulator,
                        stress=0, **options)
    assert report.passed
    return report, evaluate(network, images[-1:], streams, first=FIRST + IMAGES - 1)


def words(waveform, layer, names):
    """What is on a layer's trace while it is valid."""
    signals = [f"{NETWORK}.trace{layer}_{name}" for name in ("valid", *names)]
    return [[int(value, 2) for value in values] for valid, *values in waveform.samples(CLOCK, *signals) if valid == "1"]


def shown(path):
    """Signals of a save file of GTKWave's with their groups, and the file that it names."""
    lines = path.read_text().splitlines()
    groups = [line[1:] for line in lines if line.startswith("-")][::2]
    signals = [re.sub(r"^\+\{.*\} |\[\d+:0\]$", "", line) for line in lines if line.startswith("+")]
    return groups, signals, lines[0].removeprefix("[dumpfile] ").strip('"')


@pytest.mark.parametrize(("simulator", "source"), [
    pytest.param("verilator", "ports", marks=needs_waves_of_verilator),
    pytest.param("icarus", "lfsr", marks=needs_icarus)])
def test_the_waveform_of_an_image_has_the_golden_words(emitted, simulator, source):
    report, golden = run(emitted / source, simulator, waves=FIRST + 2)
    assert report.waveform.name == f"image{FIRST + 2}.fst"
    waveform = Waveform(report.waveform)
    # the sink may wait for more after the last image, of which there is none
    hidden = words(waveform, 0, ["index", "accumulator", "state"])
    assert hidden == [[neuron, *values] for neuron, values in enumerate(
        zip(golden.accumulators[0][0].tolist(), golden.states[0][0].tolist(), strict=True))]
    assert words(waveform, 1, ["index", "accumulator"]) == [*map(list, enumerate(golden.accumulators[1][0].tolist()))]
    classes = {int(value, 2) for valid, value in waveform.samples(
        CLOCK, f"{NETWORK}.m_axis_tvalid", f"{NETWORK}.m_axis_tdata") if valid == "1"}
    assert classes == {int(golden.classes[0])}

    groups, signals, named = shown(report.waveform.with_suffix(".gtkw"))
    assert groups == ["clock", "stream in", *(f"layer {layer}: {part}" for layer in (0, 1) for part in (
        "state buffer", "random numbers", "products and counts of unit 0", "accumulators",
        ("activation", "argmax")[layer])), "out"]
    assert named == report.waveform.name
    assert [name for name in signals if name not in waveform.widths] == []
    assert len(signals) > 50
    surfer = report.waveform.with_suffix(".sucl").read_text().splitlines()
    assert [line.removeprefix("variable_add ") for line in surfer if line.startswith("variable_add ")] == signals
    assert [line.removeprefix("divider_add ") for line in surfer if line.startswith("divider_add ")] == groups


def test_the_sums_of_a_unit_grow_to_the_golden_ones(emitted):
    """Counts of unit 1 of layer 0, added up over each pass, are the accumulators of neurons 1, 5 and 9."""
    report, golden = run(emitted / "ports", ANY_SIMULATOR, waves=FIRST + 2)
    inside = f"{NETWORK}.layer0.neuron_units.g_unit[1].neuron.accumulator"
    sums, total = [], 0
    for valid, first, last, count in Waveform(report.waveform).samples(
            CLOCK, *(f"{inside}.{name}" for name in ("valid", "first", "last", "count"))):
        if valid == "1":
            total = (0 if first == "1" else total) + int(count, 2)
            if last == "1":
                sums.append(total)
    assert sums[:2] == golden.accumulators[0][0, 1::4].tolist()


@pytest.mark.parametrize("layer", [0, 1])
def test_of_one_layer(emitted, layer):
    report, golden = run(emitted / "ports", ANY_SIMULATOR, waves=FIRST + 2, waves_layer=layer)
    assert report.waveform.name == f"image{FIRST + 2}-layer{layer}.fst"
    waveform = Waveform(report.waveform)
    inner = {name for name in waveform.widths if name.startswith(f"{NETWORK}.")}
    assert any(name.startswith(f"{NETWORK}.layer{layer}.neuron_units.g_unit[0].neuron.") for name in inner)
    assert not any(name.startswith(f"{NETWORK}.layer{1 - layer}.") for name in inner)
    assert [value[1] for value in words(waveform, layer, ["index", "accumulator"])] \
        == golden.accumulators[layer][0].tolist()
    groups, signals, _ = shown(report.waveform.with_suffix(".gtkw"))
    assert {group.partition(":")[0] for group in groups} == {"clock", f"layer {layer}", "out"}
    assert [name for name in signals if name not in waveform.widths] == []


def test_what_there_is_no_waveform_of_is_refused(emitted):
    for options, said in (
            ({"waves": FIRST + IMAGES}, r"--waves 6: the images of this run are 3 to 5"),
            ({"waves": 0}, r"--waves 0: the images"),
            ({"waves": True, "waves_layer": 2}, r"--waves-layer must be from 0 to 1, not 2"),
            ({"waves_layer": 1}, r"no effect without waveforms; give --waves")):
        with pytest.raises(InputError, match=said):
            run(emitted / "ports", ANY_SIMULATOR, **options)


def test_without_a_number_there_is_none_of_what_is_right(emitted):
    assert run(emitted / "ports", ANY_SIMULATOR, waves=True)[0].waveform is None


def test_blocks_of_lz4_are_what_went_in(tmp_path):
    """Blocks of our compressor, read by a decompressor written from the description of the format."""
    (tmp_path / "main.cpp").write_text("""
        #include "lz4.h"
        #include <iostream>
        #include <iterator>
        int main() {
            std::string in(std::istreambuf_iterator<char>(std::cin), {}), out(LZ4_compressBound(in.size()), 0);
            if (LZ4_compress_default(in.data(), out.data(), in.size(), out.size() - 1)) return 1;
            out.resize(LZ4_compress_default(in.data(), out.data(), in.size(), out.size()));
            std::cout << out;
        }""")
    subprocess.run(["g++", "-std=c++17", f"-I{FST}", "-o", tmp_path / "main", tmp_path / "main.cpp"], check=True)
    rng = np.random.default_rng(SEED)
    repeated = bytes(rng.integers(0, 256, 700, dtype=np.uint8))
    for content in (b"", b"a", b"a" * 11, b"a" * 12, b"a" * 13, b"a" * 5000, repeated, repeated * 3,
                    repeated + bytes(70_000) + repeated, bytes(rng.integers(0, 2, 200_000, dtype=np.uint8))):
        block = subprocess.run([tmp_path / "main"], input=content, capture_output=True, check=True).stdout
        assert decompressed(block) == content
        assert len(block) <= len(content) + len(content) // 255 + 16
    assert len(block) < 0.7 * len(content)


def decompressed(block):
    """As of the LZ4 block format: sequences, of which the last has at least 5 literals and no match."""
    out, at = bytearray(), 0

    def length(nibble):
        nonlocal at
        total = nibble
        while nibble == 15:
            at += 1
            total += block[at - 1]
            if block[at - 1] < 255:
                break
        return total

    while True:
        token = block[at]
        at += 1
        literals = length(token >> 4)
        out += block[at:at + literals]
        at += literals
        if at == len(block):
            assert not out or literals >= min(5, len(out))
            return bytes(out)
        back = int.from_bytes(block[at:at + 2], "little")
        at += 2
        for _ in range(length(token & 15) + 4):
            out.append(out[-back])


def test_a_machine_without_zlib_is_told_before_any_work(emitted, tmp_path, monkeypatch):
    compiler = tmp_path / "g++"
    compiler.write_text('#!/bin/sh\ncase "$*" in *-E*) exit 1;; esac\necho g++\n')
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(InputError, match=r"waveforms need zlib.h, .*: install the package zlib1g-dev"):
        run(emitted / "ports", "verilator", waves=True)
