"""``spinsc import``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spinsc.extras import need
from spinsc.sim.cli.command import option, positional
from spinsc.sim.cli.options import ForceOption, JsonOption

if TYPE_CHECKING:
    from spinsc.sim.report.report import Report


@dataclass(frozen=True, kw_only=True)
class Import(ForceOption, JsonOption):
    """Turn a network that was trained elsewhere into one of states and thresholds."""

    summary = "turn a trained network (ONNX, QONNX, a described state dict) into one of states and thresholds"

    model: str = positional("MODEL", "an .onnx file, or a .json or .toml file that describes a state dict")
    out: str = option("-o", "--out", metavar="FILE", required=True, help="the network file to write (.npz)")
    length: int = option(metavar="L", low=1, default=100, help="stream length in bits")
    states: int | None = option(
        metavar="K", low=2, help="states of the weights and activations that are real numbers; needs --calibration")
    input_states: int | None = option(
        metavar="K", low=2, help="states of the input, if the network does not quantize it; by default --states or 256")
    calibration: str | None = option(
        metavar="PATH", help="samples that the network takes: .npz, .npy, a table, or a folder of IDX files; bytes, or "
        "real numbers, which then become bytes feature by feature")
    data: str | None = option(
        metavar="PATH", help="labelled samples to compare with; by default those of --calibration")
    pixel_range: tuple[float, float] = option(
        metavar=("LOW", "HIGH"), nargs=2, default=(0.0, 1.0), help="what bytes 0 and 255 are to the trained network")
    seed: int = option(metavar="N", low=0, default=0, help="seed of the streams that it is compared with")

    def check(self) -> None:
        self.writes("out", self.out, (self.model, self.calibration, self.data), self.force)
        if self.model.lower().endswith(".onnx"):
            need(f"reading {self.model}", "onnx")

    def result(self) -> Report:
        from spinsc.models.data.samples import load_samples
        from spinsc.models.importing.read import import_network
        from spinsc.sim.importing import compare
        from spinsc.sim.report.networks import import_report

        calibration = None if self.calibration is None else load_samples(self.calibration, "train")
        tested = calibration if self.data is None else load_samples(self.data, "test")
        found = import_network(self.model, self.length, states=self.states, input_states=self.input_states,
                               calibration=None if calibration is None else calibration.values,
                               pixel_range=self.pixel_range)
        comparison = None if tested is None else compare(found, tested, seed=self.seed)
        found.network.save(self.out)
        return import_report(found, comparison, self.out)
