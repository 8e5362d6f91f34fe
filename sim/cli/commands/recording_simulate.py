"""``spinsc recording simulate``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spinsc.errors import InputError
from spinsc.sim.cli.command import option
from spinsc.sim.cli.options import NETWORK, RECORDING_TO_WRITE, SEED, ForceOption, JsonOption, PlanOption

if TYPE_CHECKING:
    from spinsc.sim.junctions.smtj import SMTJ

DEFAULT_IMAGES = 8
#: Options that are fields of `SMTJ`.
_FIELDS = {"dwell_time_0": "dwell_time_0_s", "dwell_time_1": "dwell_time_1_s", "bias": "bias_kt",
           "barrier_spread": "barrier_spread_kt", "bias_spread": "bias_spread_kt",
           "sampling_interval": "sampling_interval_s", "temperature": "temperature_k",
           "attempt_time": "attempt_time_s", "drift": "drift_kt", "drift_time": "drift_time_s",
           "flips": "flip_probability", "flip_time": "flip_time_s"}


@dataclass(frozen=True, kw_only=True)
class RecordingSimulate(PlanOption, ForceOption, JsonOption):
    """Record simulated junctions; what is not given takes the default of `SMTJ`."""

    summary = "record simulated s-MTJs"

    out: str = option("-o", "--out", metavar="FILE", required=True, help=RECORDING_TO_WRITE)
    devices: int | None = option(metavar="N", help="junctions; by default those that --network needs")
    steps: int | None = option(metavar="N", help="samples of each; by default those of --images images")
    network: str | None = option(metavar="NET", help=NETWORK)
    images: int | None = option(
        metavar="N", low=1, help=f"images that the recording is to cover; by default {DEFAULT_IMAGES}")
    seed: int = option(metavar="N", low=0, default=0, help=SEED)
    dwell_time: float | None = option(metavar="S", help="mean dwell time of both states, in seconds")
    dwell_time_0: float | None = option(metavar="S", help="mean dwell time of state 0, in seconds")
    dwell_time_1: float | None = option(metavar="S", help="mean dwell time of state 1, in seconds")
    barrier: float | None = option(metavar="KT", help="energy barrier in kT, instead of dwell times")
    attempt_time: float | None = option(
        metavar="S", help="attempt time in seconds, for --barrier or --temperature")
    bias: float | None = option(metavar="KT", help="tilt of the barrier in kT; a positive one favours ones")
    barrier_spread: float | None = option(
        metavar="KT", help="standard deviation of the barrier over devices, in kT")
    bias_spread: float | None = option(metavar="KT", help="standard deviation of the bias over devices, in kT")
    sampling_interval: float | None = option(metavar="S", help="time between samples, in seconds")
    temperature: float | None = option(
        metavar="K", help="temperature in kelvin; barriers, dwell times and biases are those at 300 K")
    drift: float | None = option(
        metavar="KT", help="standard deviation of each device's bias over time, in kT")
    drift_time: float | None = option(metavar="S", help="correlation time of the drift, in seconds")
    flips: float | None = option(metavar="F", help="share of samples that the read-out inverts")
    flip_time: float | None = option(metavar="S", help="correlation time of the inverted samples, in seconds")

    def run(self) -> int:
        from spinsc.sim.report.recordings import recording_report

        self.check_output(self.out, [] if self.network is None else [self.network])
        devices, steps, probabilities = self._size()
        recording = self._junction().simulate(devices, steps, probabilities=probabilities)
        recording.save(self.out)
        recording_report(recording, self.out).show(self.json)
        return 0

    def _size(self) -> tuple[int, int, Any]:
        """Devices, samples of each, and the probabilities that they are tuned to, if they are."""
        if self.network is None:
            if self.devices is None or self.steps is None or self.images is not None or self.plan is not None:
                raise InputError("say how much to record: --devices N and --steps N, or --network NET and --images N "
                                 "(and perhaps --plan)")
            return self.devices, self.steps, None
        import numpy as np

        from spinsc.models.shipped import load_network

        network = load_network(self.network)
        if self.plan is not None:
            network = network.with_plan(self.plan)
        devices = max(1, network.devices) if self.devices is None else self.devices
        steps = max(network.samples) * (self.images or DEFAULT_IMAGES) if self.steps is None else self.steps
        if not network.tuned:
            return devices, steps, None
        probabilities = np.full(max(devices, network.devices), 0.5)
        probabilities[:network.devices] = network.device_probabilities
        return devices, steps, probabilities[:devices]

    def _junction(self) -> SMTJ:
        from spinsc.sim.junctions.smtj import SMTJ

        fields = {field: getattr(self, name) for name, field in _FIELDS.items() if name in self.given}
        if self.dwell_time is not None:
            fields = {"dwell_time_0_s": self.dwell_time, "dwell_time_1_s": self.dwell_time} | fields
        if self.barrier is not None:
            if "dwell_time_0_s" in fields or "dwell_time_1_s" in fields:
                raise InputError(f"--barrier {self.barrier:g} sets the dwell times; leave out --dwell-time")
            return SMTJ.from_barrier(self.barrier, seed=self.seed, **fields)
        self.needs("temperature" in self.given, ("attempt_time",), "--barrier or --temperature")
        return SMTJ(seed=self.seed, **fields)
