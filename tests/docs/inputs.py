"""Files that the pages take as given: measurements, networks and emitted folders of their readers."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

import spinsc
from spinsc.models.builders import random_network
from spinsc.models.data.catalogue import embedded_images
from spinsc.sim.junctions.smtj import SMTJ

EXAMPLES = Path(__file__).parents[2] / "examples"


def _emitted(name: str) -> Callable[[Path], None]:
    """Hardware that builds fast."""
    def make(folder: Path) -> None:
        spinsc.emit("mlp1-k5", folder / name, lanes=28, neurons=50)
    return make


def _command_line(folder: Path) -> None:
    _emitted("hw")(folder)
    _volts_table(folder / "scope.csv", 4_000)
    (folder / "docs").mkdir()


def _configuration(folder: Path) -> None:
    shutil.copytree(EXAMPLES / "configuration", folder / "examples" / "configuration",
                    ignore=shutil.ignore_patterns("build"))


def _hardware(folder: Path) -> None:
    (folder / "fold.json").write_text(json.dumps([{"lanes": 28, "units": 25, "unroll": 2}, {"lanes": 10, "units": 10}]))


def _own_networks(folder: Path) -> None:
    from tests.models.importing import test_importers as onnx

    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 300)
    table = rng.normal(0, 1, (300, 6)) + 2 * (np.arange(6) % 3 == labels[:, None])
    lines = [",".join(f"{value:.3f}" for value in row) + f",{('oak', 'elm', 'fir')[label]}"
             for row, label in zip(table, labels, strict=True)]
    (folder / "trees.csv").write_text("\n".join(["a,b,c,d,e,f,label", *lines]) + "\n")
    np.savez(folder / "data.npz", images=embedded_images().images[:400, 300:306])
    onnx.onnx_file(folder / "model.onnx", onnx.QUANTIZED_MLP, onnx.WEIGHTS)
    onnx.onnx_file(folder / "float.onnx", [
        ("MatMul", ["x", "w1"], "y1", {}), ("Relu", ["y1"], "r1", {}), ("Gemm", ["r1", "w2"], "y2", {"transB": 1})],
        onnx.WEIGHTS)


def _recordings(folder: Path) -> None:
    import pyarrow
    from pyarrow import parquet
    from scipy.io import savemat

    from tests.sim.recordings.importers.test_vcd import dump

    _volts_table(folder / "scope.csv", 20_000)
    bits = SMTJ(seed=3).simulate(4, 5_000).bits()
    for part in range(2):
        parquet.write_table(pyarrow.table({
            "timestep": np.arange(2_500) + 2_500 * part, "voltage": _volts(bits[0, 2_500 * part:2_500 * (part + 1)])}),
            folder / f"chunk-{part}.parquet")
    for name, row in zip("abc", bits, strict=False):
        np.save(folder / f"{name}.npy", row)
    savemat(folder / "scope.mat", {"t": 2e-8 * np.arange(5_000), "A": _volts(bits[0]), "B": _volts(bits[1])})
    (folder / "logic.vcd").write_text(dump(bits[:1], "1 ns", 20).replace(" d0 ", " D0 "))
    np.packbits(bits[0], bitorder="little").tofile(folder / "raw.bin")
    SMTJ(seed=4).simulate(1_104, 10_400).save(folder / "raw.npz")
    SMTJ(seed=5, dwell_time_0_s=3e-8, dwell_time_1_s=3e-8).simulate(3, 40_000).save(folder / "bits.npz")
    _curves(folder / "curves.csv")
    random_network((784, 20, 10), input_states=3, weight_states=3, activation_states=3, length=32, seed=0).save(
        folder / "mine.npz")


def _volts(bits: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    return 0.2 + 0.15 * bits + np.random.default_rng(len(bits)).normal(0, 0.008, len(bits))


def _volts_table(path: Path, samples: int) -> None:
    """What an oscilloscope saves of one junction."""
    volts = _volts(SMTJ(seed=6, dwell_time_0_s=2e-8, dwell_time_1_s=2e-8).simulate(1, samples).bits()[0])
    np.savetxt(path, np.column_stack([2e-8 * np.arange(samples), volts]), fmt="%.6g", delimiter=",",
               header="time_s,voltage_V", comments="")


def _curves(path: Path) -> None:
    """Switching probabilities of four junctions in two directions."""
    rng = np.random.default_rng(9)
    voltages = np.arange(400, 605, 10)
    rows = [f"A{device},{direction},{sign * voltage},{rng.binomial(100, p) / 100},100"
            for device in range(1, 5) for direction, sign in (("P to AP", 1), ("AP to P", -1))
            for middle in [rng.normal(500, 6)]
            for voltage, p in zip(voltages, 1 / (1 + np.exp((middle - voltages) / 20)), strict=True)]
    path.write_text("\n".join(["device,direction,voltage (mV),probability,cycles", *rows]) + "\n")


#: By page.
INPUTS: dict[str, Callable[[Path], None]] = {
    "docs/command-line.md": _command_line, "docs/configuration.md": _configuration,
    "docs/hardware.md": _hardware, "docs/own-networks.md": _own_networks,
    "docs/recordings.md": _recordings, "docs/regressions.md": _emitted("DIR"), "docs/verification.md": _emitted("DIR")}
