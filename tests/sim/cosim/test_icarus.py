"""Co-simulation by a four-valued simulator: the same words, and bits that nobody has set."""

import re
import shutil

import numpy as np
import pytest

from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.data.catalogue import embedded_images
from spinsc.models.layer import Folding
from spinsc.models.shipped import load_network
from spinsc.sim.cosim.directory import open_directory, random_numbers
from spinsc.sim.cosim.run import cosimulate
from tests.coins import replay_of_coins
from tests.fst import Waveform
from tests.tools import needs_icarus

pytestmark = needs_icarus

SEED, IMAGES, FIRST, PERIOD = 4, 7, 3, 5


@pytest.fixture(scope="module")
def emitted(tmp_path_factory):
    """A small network of three layers with awkward foldings and a plan, for each random source; one with tlast."""
    plain = random_network((20, 9, 6, 4), input_states=5, weight_states=7, activation_states=3, length=11, seed=SEED,
                           folding=[Folding(7, 4), Folding(4, 6), Folding(6, 3)])
    folder = tmp_path_factory.mktemp("icarus")
    unrolled = plain.with_folding(unroll=4)
    for source in ("ports", "lfsr", replay_of_coins(unrolled, np.random.default_rng(SEED))):
        name = getattr(source, "name", source)
        emit(plain.with_plan("groups=3,delay=2") if name == "ports" else unrolled, folder / name, source=source,
             tlast=name == "lfsr")
    return folder


def run(directory, **options):
    manifest, network = open_directory(directory)
    rng = np.random.default_rng(SEED)
    images = rng.integers(0, 256, (IMAGES, network.inputs), dtype=np.uint8)
    numbers = {"period": PERIOD} if manifest.random_source == "ports" else {}
    streams = random_numbers(manifest, network, directory, **numbers)
    return cosimulate(directory, images, rng.integers(0, network.classes, IMAGES), streams, first=FIRST,
                      simulator="icarus", stress=0, **options)


def in_rtl(directory, pattern, replacement):
    """Replace everywhere in the Verilog; how often."""
    count = 0
    for path in (directory / "rtl").glob("*.v"):
        text, here = re.subn(pattern, replacement, path.read_text(), flags=re.MULTILINE)
        path.write_text(text)
        count += here
    return count


def without_initial_values(directory):
    """Registers that begin unknown; but not those by which the Verilog writer has a block evaluated at the start."""
    count = in_rtl(directory, r"^(  reg (?:signed )?(?:\[\d+:0\] )?(?!\\\$auto)\S+ ?) = \S+;$", r"\1;")
    count += in_rtl(directory, r"^  initial begin\n(?:    \S+\[\d+\] = \S+;\n)+  end\n", "")
    assert count > 50
    return directory


@pytest.fixture
def copy(emitted, tmp_path):
    def make(source):
        shutil.copytree(emitted / source, tmp_path / "hw")
        return tmp_path / "hw"
    return make


@pytest.mark.parametrize("source", ["ports", "lfsr", "replay"])
def test_every_word_and_every_cycle(emitted, source):
    report = run(emitted / source)
    assert report.passed
    assert report.simulator.title == "Icarus Verilog"
    assert report.comparison.words == IMAGES * (9 + 9 + 6 + 6 + 4 + 4 + 1)
    assert report.comparison.timely
    assert report.cycles_per_image == report.predicted_cycles_per_image
    assert not report.comparison.violations
    assert not report.edited


@pytest.mark.parametrize("source", ["ports", "lfsr", "replay"])
def test_nothing_unknown_comes_out_without_initial_values(copy, source):
    report = run(without_initial_values(copy(source)))
    assert report.passed
    assert report.comparison.timely
    assert report.edited


def test_registers_that_are_not_reset_are_seen(copy):
    """With their initial values, nothing would tell."""
    directory = copy("lfsr")
    path = directory / "rtl" / "spinsc_network.v"
    before, argmax, after = re.split(r"(?s)(module \\spinsc_network\.argmax .*?endmodule)", path.read_text())
    argmax, count = re.subn(r"    if \(rst\) begin\n      \S+ += \S+;\n    end\n", "", argmax)
    assert count >= 2
    path.write_text(before + argmax + after)
    assert run(directory).passed
    report = run(without_initial_values(directory))
    assert not report.passed
    assert re.fullmatch(rf"after the reset before image {FIRST}, cycle \d+: trace2 has unknown bits \([01]*x[01x]*\)",
                        report.comparison.violations[0])


def test_unknown_bits_of_a_valid_word_are_named(copy):
    """A bias that the memory image does not have."""
    directory = copy("lfsr")
    path = directory / "mem" / "layer2_biases.mem"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(["x" * len(lines[0]), *lines[1:]]) + "\n")
    report = run(directory)
    assert not report.passed
    assert re.search(r"cycle \d+: m_axis has unknown bits \([01]*x[01x]*\)", report.comparison.violations[0])


def test_waveform(copy):
    directory = copy("ports")
    path = directory / "mem" / "layer2_biases.mem"
    path.write_text(path.read_text().replace("0", "1"))
    report = run(directory, waves=True, jobs=2)
    assert not report.passed
    assert report.waveform.name == f"image{FIRST}.fst"
    assert Waveform(report.waveform).widths
    assert [path.name for path in report.waveform.parent.glob(".*")] == []


def test_digits_of_a_shipped_network(tmp_path):
    emit(load_network("mlp1-k5"), tmp_path / "hw")
    digits = embedded_images("mnist")
    report = cosimulate(tmp_path / "hw", digits.images[:5], digits.labels[:5], jobs=2, simulator="icarus",
                        stress=0)
    assert report.passed
    assert report.comparison.correct == 5
    assert report.comparison.words == 5 * 221
