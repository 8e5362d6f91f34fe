"""Single faults that only stress sees, put into emitted Verilog, and what it says of each; and hardware without any.

All faults of a network are in one build: which of them is real is read from a memory image when the simulation starts.
"""

import re
from dataclasses import dataclass

import numpy as np
import pytest

from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.sim.cosim.directory import open_directory, random_numbers
from spinsc.sim.cosim.pool import LocalShards
from spinsc.sim.cosim.run import build, cosimulate, load
from spinsc.sim.simulators.verilator import Verilator
from tests.coins import replay_of_coins
from tests.fst import Waveform
from tests.tools import ANY_SIMULATOR, needs_icarus, needs_waves

SEED, IMAGES, FIRST, PERIOD = 3, 20, 4, 5


@dataclass(frozen=True)
class Fault:
    """An edit of one module; ``ON`` stands for "the fault is real", and ``said`` of it is a pattern of some line."""

    name: str
    module: str
    pattern: str
    becomes: str
    said: str
    source: str = "ports"
    declared: str = ""


#: A line on a word that differs.
WORD = r"(cycle \d+, )?image \d+, layer \d, (neuron \d+ )?[a-z ]+: expected -?\d+, got (-?\d+|nothing)"


def not_reset(name, module, register, said=WORD, source="ports"):
    """A register that keeps its value in a reset; ``register`` is what it has next if nothing happens."""
    pattern = rf"(?s)(  = {re.escape(register)};\n(?:(?!  always|  assign).)*?    if \()rst\)"
    return Fault(f"{name} that is not reset", module, pattern, r"\1rst && !(ON))", said, source)


def outside(name, port, instead, said, declared=""):
    """A port that is ``instead`` of what a module inside gives to it, which is called ``inner_`` and its name."""
    return Fault(name, "spinsc_network", rf"\({port}\)", f"(inner_{port})", said,
                 declared=f"wire inner_{port}; assign {port} = ON ? {instead} : inner_{port}; {declared}")


FAULTS = [
    Fault("a result over another that waits", "spinsc_network.argmax", r"(assign input__ready = )(.*);",
          r"\1(ON) || (\2);", r"cycle \d+, image \d+, m_axis_tuser: changed before the class was taken"),
    Fault("a result that falls before it is taken", "spinsc_network.argmax", r"if \(output__ready\)",
          "if (output__ready || (ON))", r"cycle \d+, image \d+, m_axis_tvalid: fell before the class was taken"),
    Fault("a class that waits for the sink", "spinsc_network.argmax", r"(assign input__ready = )(.*);",
          r"\1(ON) ? ~output__valid & output__ready : (\2);",
          r"cycle \d+, image \d+, m_axis_tvalid: is 0, although the image has been there for \d+ cycles"),
    Fault("a class that changes while it waits", "spinsc_network", r"(assign m_axis_tdata = )(.*);",
          r"\1(\2) ^ 8'((ON) && waited);", r"cycle \d+, image \d+, m_axis_tdata: changed from \d+ to \d+ before",
          declared="reg waited = 0; always @(posedge clk) waited <= m_axis_tvalid && !m_axis_tready;"),
    not_reset("a valid result", "spinsc_network.argmax", "output__valid",
              r"cycle \d+, image \d+, m_axis_tvalid: is 1, although all was reset"),
    not_reset("a class counter", "spinsc_network.argmax", r"\$3 [1:0]"),
    not_reset("a threshold counter", "spinsc_network.activation0", r"\$4 [3:0]"),
    not_reset("a step counter", "spinsc_layer0.sequencer", "cycle",
              r"cycle \d+, image \d+, random0_(last|partial): is [01] in cycle \d+ of the 36 of an image"),
    not_reset("a word counter", "spinsc_layer0.sequencer", "word"),
    not_reset("a beat counter", "spinsc_layer1.buffer", "beat"),
    not_reset("a bank to be written", "spinsc_layer0.buffer", r"\$signal "),
    not_reset("a bank to be read", "spinsc_layer1.buffer", "read_bank"),
    not_reset("full banks", "spinsc_layer1.buffer", "full",
              r"cycle \d+, image \d+, random1_step: is 1, although all was reset"),
    not_reset("sums on their way", "spinsc_layer0", "left",
              r"cycle \d+, image \d+, trace0_valid: is 1, although all was reset"),
    Fault("ready without space", "spinsc_layer1.buffer", r"(assign input__ready = )free &", r"\1(free || (ON)) &",
          WORD),
    Fault("a pass over sums that wait", "spinsc_layer1.sequencer", r"= hold & last_of_pass;",
          "= hold & last_of_pass & !(ON);", WORD),
    Fault("sums handed on to nobody", "spinsc_layer0", r"= output__valid & output__ready;",
          "= output__valid & (output__ready || (ON));", WORD),
    Fault("a beat that nobody offered", "spinsc_layer1.buffer", r"(assign \\\$3  = \\\$2  \| )input__valid;",
          r"\1(input__valid || (ON) && &idle);", WORD,
          declared="reg [7:0] idle = 0; always @(posedge clk) "
                   "idle <= input__valid || rst ? 0 : &idle ? idle : idle + 1;"),
    Fault("no result after a long wait", "spinsc_network.argmax", r"(assign input__ready = )(.*);",
          r"\1(\2) && !((ON) && &waited);", r"image \d+, layer 1, neuron \d score: expected -?\d+, got nothing",
          declared="reg [7:0] waited = 0; always @(posedge clk) "
                   "waited <= rst ? 0 : &waited || !output__valid || output__ready ? waited : waited + 1;"),
    outside("a result too many, late", "m_axis_tvalid", "inner_m_axis_tvalid || idle == 60",
            r"surplus class: expected 0, got \d",
            declared="reg [7:0] idle = 8'hff; always @(posedge clk) "
                     "idle <= rst ? 8'hff : inner_m_axis_tvalid ? 8'h0 : &idle ? idle : idle + 8'h1;"),
    outside("a last step that nobody tells", "random0_last", "1'b0",
            r"cycle \d+, image \d+, random0_last: is 0 in cycle 35 of the 36 of an image"),
    outside("a last step in each chunk", "random1_last", "random1_partial",
            r"cycle \d+, image \d+, random1_last: is 1 in cycle \d+ of the 12 of an image"),
    outside("a step while nothing is there", "random0_step", "inner_random0_step | s_axis_tready & ~s_axis_tvalid",
            r"cycle \d+, image \d+, random0_step: is 1 before the image is there"),
    outside("a chunk that ends early while the sink stops", "random1_partial", "inner_random1_partial & m_axis_tready",
            r"cycle \d+, image \d+, random1_partial: is 0 in cycle \d+ of the 12 of an image"),
    not_reset("a register of an LFSR", "spinsc_network.lfsr1_weight", "state_31", source="lfsr"),
    not_reset("the position in a replay memory", "spinsc_network.replay0", r"\$4 [5:0]", source="replay"),
]
SOURCES = ("ports", "lfsr", "replay")


def module_of(directory, name):
    """File of the only module of this name, and its text before, in and after the module."""
    for path in (directory / "rtl").glob("*.v"):
        text = path.read_text()
        if found := re.search(rf"(?ms)^module \\?{re.escape(name)} ?\(.*?^endmodule", text):
            return path, text[:found.start()], found[0], text[found.end():]
    raise AssertionError(f"no module {name}")


def put_in(directory, fault, number):
    """Put a fault into its module, to be real when the memory image holds its number."""
    real = f"fault[0] == 8'd{number}"
    path, before, text, after = module_of(directory, fault.module)
    text, count = re.subn(fault.pattern, fault.becomes.replace("ON", real), text)
    assert count == 1, f"{fault.name}: {count} matches"
    if "fault [0:0]" not in text:
        text = text.replace(");", ');\n  reg [7:0] fault [0:0];\n  initial $readmemh("mem/fault.mem", fault);', 1)
    path.write_text(f"{before}{text.removesuffix('endmodule')}{fault.declared.replace('ON', real)}\nendmodule{after}")


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    """A network of two layers, whose S, P and B divide nothing, with all faults in it, for each random source."""
    folder = tmp_path_factory.mktemp("stress")
    network = random_network((20, 9, 4), input_states=5, weight_states=5, activation_states=3, length=7, seed=SEED,
                             folding=[Folding(7, 4, 2), Folding(4, 4, 2)])
    for name in SOURCES:
        source = replay_of_coins(network, np.random.default_rng(SEED)) if name == "replay" else name
        emit(network, folder / name, source=source, pixels_per_beat=3)
        for number, fault in enumerate(FAULTS, 1):
            if fault.source == name:
                put_in(folder / name, fault, number)
    return folder


def given(directory, number):
    """What a network with this fault is given: images, labels, random numbers."""
    (directory / "mem" / "fault.mem").write_text(f"{number:x}\n")
    manifest, network = open_directory(directory)
    rng = np.random.default_rng(SEED)
    images, labels = rng.integers(0, 256, (IMAGES, 20), dtype=np.uint8), rng.integers(0, 4, IMAGES)
    numbers = {"period": PERIOD} if manifest.random_source == "ports" else {}
    return images, labels, random_numbers(manifest, network, directory, **numbers)


def run(directory, number=0, **options):
    return cosimulate(directory, *given(directory, number), first=FIRST, **options)


def lines(report):
    found = report.stress.comparison
    return [*found.violations, *map(str, found.listed)]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("simulator", ["verilator", pytest.param("icarus", marks=needs_icarus)])
def test_nothing_is_wrong_with_what_is_right(faulty, source, simulator):
    report = run(faulty / source, simulator=simulator)
    assert lines(report) == []
    assert report.passed
    assert report.stress.comparison.images > 10
    assert report.stress.resets >= 6


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_that_only_stress_sees(faulty, fault):
    report = run(faulty / fault.source, FAULTS.index(fault) + 1)
    assert report.comparison.mismatches == 0
    assert report.comparison.violations == []
    assert not report.passed
    print(*lines(report), sep="\n")
    assert any(re.search(fault.said, line) for line in lines(report))


def test_no_python_is_started(faulty, tmp_path, monkeypatch):
    """With Verilator: it would take longer to start than all of the stress lasts."""
    directory, verilator = faulty / "ports", Verilator.find()
    job = load(directory, *given(directory, 0), FIRST)
    schedule = job.schedule(0, verilator)
    job.prepare_stress(tmp_path, schedule)
    shard = job.stressed_shard(tmp_path, schedule, build(directory, job.manifest, simulator=verilator), verilator)
    monkeypatch.setattr(Verilator, "environment", lambda self, *settings: {})
    ((_, found),) = LocalShards(1).simulate([shard], lambda: None)
    assert found.clean
    assert found.images > 10


@needs_waves
def test_waveform(faulty):
    report = run(faulty / "ports", 1, waves=True, simulator=ANY_SIMULATOR)
    assert report.waveform.name == "stress0.fst"
    end = Waveform(report.waveform).end / 10_000  # a cycle is 10 ns, in ps
    assert end - min(report.stress.comparison.wrong_cycles) < 200


def test_without_stress_nobody_notices(faulty):
    assert run(faulty / "ports", 1, stress=0).passed
