"""The folder of one simulation: names and layouts of everything that it reads and writes, for all who do either.

| file | written by | content |
|---|---|---|
| ``images.bytes`` | Python | pixels, a byte each, image after image |
| ``expected.npz`` | Python | the golden model's integers, and the labels |
| ``layout.json`` | Python | what the records hold, and the predicted cycles |
| ``stress.schedule``, ``stress.json`` | Python | pauses and resets of every cycle; what they mean. Only of stress |
| ``results`` | ``spinsc_tb_sink.sv`` | `result_type`, one for each image |
| ``layer{n}.trace`` | ``spinsc_tb_trace.sv`` | `TRACE_RECORD`, one for each neuron of each image |
| ``cycles`` | ``spinsc_tb_cycles.sv`` | `cycle_type`, one for each change under a schedule, and one for its end |
| ``{name}.violations`` | ``spinsc_tb_known.sv`` | lines of text: words with bits that nobody has set |
| ``framing.violations`` | ``spinsc_tb_framing.sv`` | lines of text: frames that are not the images |
| ``comparison.json`` | the testbench | `Comparison` |
| ``results.xml``, ``simulation.log`` | cocotb, the simulator | |

The folder of recordings may be another one, as many simulations can share it: ``layer{n}.bits``, read by the emitted
``spinsc_smtj_array.sv``. Words are in the machine's byte order.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spinsc.gen.prefix import DEFAULT_PREFIX
from spinsc.integers import ceil_div
from spinsc.models.golden.trace import Trace
from spinsc.sim.cosim.comparison import Comparison
from spinsc.sim.cosim.schedule import Schedule, Stress

if TYPE_CHECKING:
    from spinsc.gen.manifest import Manifest
    from spinsc.models.network import Network

#: Cycles for which the harness may keep results to itself.
FLUSH_CYCLES = 4096
IMAGES = "images.bytes"
RESULTS = "results"
SCHEDULE, CYCLES = "stress.schedule", "cycles"
_EXPECTED, _LAYOUT, _STRESS, _COMPARISON = "expected.npz", "layout.json", "stress.json", "comparison.json"
#: Environment variables of the testbench: its folder, and the process that waits for it.
_FOLDER, _PARENT = "SPINSC_RUN", "SPINSC_PARENT"
#: cocotb's test module of bulk runs. Its name only: importing it would load cocotb, which takes 0.1 s.
TESTBENCH = f"{__package__}.testbench"

#: Record of one neuron's result in a trace.
TRACE_RECORD = np.dtype([("index", "u4"), ("state", "u4"), ("accumulator", "u4")])

#: Bits of what `cycle_type` has of a cycle, and of a layer in it, from the lowest on; ``{}`` is the layer's number.
CYCLE_FLAGS = ("rst", "s_axis_tvalid", "s_axis_tready", "m_axis_tvalid", "m_axis_tready")
LAYER_FLAGS = ("trace{}_valid", "random{}_step", "random{}_last", "random{}_partial")


def cycle_type(layers: int, tuser_bits: int) -> np.dtype[Any]:
    """Record of cycles from ``cycle`` on in which nothing changes.

    It has `CYCLE_FLAGS`, what is on ``m_axis``, and of each layer `LAYER_FLAGS` and its trace.
    """
    layer = np.dtype([("flags", "u4"), *TRACE_RECORD.descr])
    return np.dtype([("cycle", "u4"), ("flags", "u4"), ("tdata", "u4"), ("tuser", "u4", (ceil_div(tuser_bits, 32),)),
                     ("layers", layer, (layers,))])


def result_type(classes: int) -> np.dtype[Any]:
    """Record of one image among the results."""
    return np.dtype([("cycle", "u8"), ("class", "u4"), ("scores", "i4", (classes,))])


def trace_name(layer: int) -> str:
    """File of a layer's trace."""
    return f"layer{layer}.trace"


def violations_name(watched: str) -> str:
    """File of what is wrong with a word of this name, whatever its value; there only if something is."""
    return f"{watched}.violations"


def recording_name(layer: int) -> str:
    """File of the recorded bits of a layer's devices."""
    return f"layer{layer}.bits"


@dataclass(frozen=True)
class Layout:
    """What a run records of a network, and when it should.

    Attributes
    ----------
    neurons, accumulator_bits, state_bits : tuple of int
        Of each layer; a state of 0 bits is none.
    score_bits, class_bits : int
    latency, cycles_per_image : int
        Predicted clock cycles from the reset to the first class, and between classes.
    """

    neurons: tuple[int, ...]
    accumulator_bits: tuple[int, ...]
    state_bits: tuple[int, ...]
    score_bits: int
    latency: int
    cycles_per_image: int

    #: A class counts as a byte, whatever its port has.
    class_bits = 8

    @classmethod
    def of(cls, network: Network, manifest: Manifest) -> Layout:
        """Words as the network has them; cycles as the manifest predicts them."""
        from spinsc.models.outcome import Activation  # here, as the testbench does without

        full_scales = [layer.inputs * length
                       for layer, length in zip(network.layers, network.lengths, strict=True)]
        return cls(
            tuple(layer.neurons for layer in network.layers), tuple(scale.bit_length() for scale in full_scales),
            tuple((layer.outcome.states - 1).bit_length() if isinstance(layer.outcome, Activation) else 0
                  for layer in network.layers),
            (2 * full_scales[-1]).bit_length() + 1, manifest.latency_cycles, manifest.cycles_per_image)

    @property
    def classes(self) -> int:
        """Neurons of the last layer."""
        return self.neurons[-1]


@dataclass(frozen=True, eq=False)
class Expected:
    """What the hardware should give for some consecutive images, the first of which is number ``first``."""

    trace: Trace
    labels: npt.NDArray[np.integer[Any]]
    first: int


@dataclass(frozen=True)
class RunFolder:
    """See the module. ``path`` is absolute."""

    path: Path

    @classmethod
    def of_testbench(cls) -> RunFolder:
        """The one of the simulation that this process is, from its environment."""
        return cls(Path(os.environ[_FOLDER]))

    @property
    def log(self) -> Path:
        """What the simulator prints."""
        return self.path / "simulation.log"

    @property
    def cocotb_results(self) -> Path:
        """Outcome of the cocotb tests."""
        return self.path / "results.xml"

    def write(self, images: npt.NDArray[np.uint8], expected: Expected, layout: Layout) -> None:
        """Make the folder, with all that a simulation of ``images`` reads but the recordings."""
        self.path.mkdir(parents=True)
        images.tofile(self.path / IMAGES)
        (self.path / _LAYOUT).write_text(json.dumps(dataclasses.asdict(layout)))
        trace = expected.trace
        np.savez(self.path / _EXPECTED, input_states=trace.input_states, scores=trace.scores, classes=trace.classes,
                 labels=expected.labels, first=np.array(expected.first),
                 **{f"accumulators{n}": values for n, values in enumerate(trace.accumulators)},  # type: ignore[arg-type]
                 **{f"states{n}": values for n, values in enumerate(trace.states)})  # type: ignore[arg-type]

    def write_stress(self, schedule: Schedule, stress: Stress) -> None:
        """Have the simulation play a schedule."""
        schedule.words.astype(">u4").tofile(self.path / SCHEDULE)
        (self.path / _STRESS).write_text(json.dumps(stress.to_json()))

    def new_start(self) -> RunFolder:
        """A folder in here for one start of the simulation, with the same inputs.

        Each start has its own, so that one that was given up and lives on does not write into the next one's.
        """
        run = RunFolder(Path(tempfile.mkdtemp(prefix="run-", dir=self.path)))
        for file in self.path.iterdir():
            if file.is_file():
                (run.path / file.name).symlink_to(file)
        return run

    def plusargs(self, images: int, recording: Path, prefix: str = DEFAULT_PREFIX) -> list[str]:
        """Arguments that tell the harness, and the junctions of a network with this prefix, where they read and write.
        """
        return [f"+spinsc_run={self.path}", f"+{prefix}_recording={recording}", f"+spinsc_images={images}",
                *(["+spinsc_stress"] if (self.path / SCHEDULE).exists() else [])]

    def environment(self, parent: int | None = None) -> dict[str, str]:
        """Environment that tells the testbench the same, and with which process it ends, even if that is killed."""
        # The testbench's one assertion says all there is; rewriting it would import pytest, half of the time to start.
        return {_FOLDER: str(self.path), "COCOTB_REWRITE_ASSERTION_FILES": ""} \
            | ({} if parent is None else {_PARENT: str(parent)})

    def finished_images(self, classes: int) -> int:
        """Images whose class has been recorded so far, here or by whichever start."""
        sizes = [0]
        for results in (self.path / RESULTS, *self.path.glob(f"*/{RESULTS}")):
            with contextlib.suppress(OSError):
                sizes.append(results.stat().st_size)
        return max(sizes) // result_type(classes).itemsize

    def layout(self) -> Layout:
        """What was given to :meth:`write`."""
        values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value
                                  for name, value in json.loads((self.path / _LAYOUT).read_text()).items()}
        return Layout(**values)

    def expected(self) -> Expected:
        """What was given to :meth:`write`."""
        with np.load(self.path / _EXPECTED) as archive:
            layers = sum(name.startswith("accumulators") for name in archive)
            trace = Trace(
                archive["input_states"], [archive[f"accumulators{n}"] for n in range(layers)],
                [archive[f"states{n}"] for n in range(layers - 1)], archive["scores"], archive["classes"])
            return Expected(trace, archive["labels"], int(archive["first"]))

    def trace(self, layer: int) -> npt.NDArray[np.void]:
        """Records of a layer's results, of which an interrupted simulation may have written less."""
        return _records(self.path / trace_name(layer), TRACE_RECORD)

    def results(self, classes: int) -> npt.NDArray[np.void]:
        """Records of the images' results."""
        return _records(self.path / RESULTS, result_type(classes))

    def stress(self) -> Stress | None:
        """What was given to :meth:`write_stress`, if anything was."""
        with contextlib.suppress(FileNotFoundError):
            return Stress.from_json(json.loads((self.path / _STRESS).read_text()))
        return None

    def cycles(self, layout: Layout) -> npt.NDArray[np.void]:
        """Records of what changed under a schedule, and of its end."""
        return _records(self.path / CYCLES, cycle_type(len(layout.neurons), layout.classes * layout.score_bits))

    def violations(self) -> list[str]:
        """What the harness noted, by the words that it watches."""
        return [line for path in sorted(self.path.glob(violations_name("*"))) for line in path.read_text().splitlines()]

    def write_comparison(self, comparison: Comparison) -> None:
        """Say what was found."""
        (self.path / _COMPARISON).write_text(json.dumps(comparison.to_json()))

    def comparison(self) -> Comparison | None:
        """What was found, if all of it was written."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            return Comparison.from_json(json.loads((self.path / _COMPARISON).read_text()))
        return None


def parent_process() -> int:
    """The process with which this testbench ends."""
    return int(os.environ.get(_PARENT, os.getppid()))


def _records(path: Path, kind: np.dtype[Any]) -> npt.NDArray[np.void]:
    """Whole records of a file; none if the simulation did not write it."""
    raw = path.read_bytes() if path.exists() else b""
    return np.frombuffer(raw[:len(raw) // kind.itemsize * kind.itemsize], kind)
