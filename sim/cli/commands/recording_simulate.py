"""``spinsc recording simulate``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from spinsc.errors import InputError
from spinsc.sim.cli.command import option
from spinsc.sim.cli.options import NETWORK, RECORDING_TO_WRITE, SEED, ForceOption, JsonOption, PlanOption

if TYPE_CHECKING:
    from spinsc.sim.junctions.smtj import SMTJ
    from spinsc.sim.report.report import Report

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
    parameters: ClassVar[Mapping[str, Sequence[str]]] = {
        **{field: [name, "dwell_time"] for name, field in _FIELDS.items()}, "barrier_kt": ["barrier"]}

    out: str = option("-o", "--out", metavar="FILE", required=True, help=RECORDING_TO_WRITE)
    devices: int | None = option(metavar="N", low=1, help="junctions; by default those that --network needs")
    steps: int | None = option(metavar="N", low=1, help="samples of each; by default those of --images images")
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

    def result(self) -> Report:
        from spinsc.sim.report.recordings import recording_report

        self.writes("out", self.out, (self.network,), self.force)
        self._check_options()
        devices, steps, probabilities = self._size()
        recording = self._junction().simulate(devices, steps, probabilities=probabilities)
        recording.save(self.out)
        return recording_report(recording, self.out)

    def _check_options(self) -> None:
        """Refuse options that have no effect beside, or without, others."""
        if self.network is None and (self.devices is None or self.steps is None):
            raise InputError("say how much to record: --devices N and --steps N, or --network NET and --images N "
                             "(and perhaps --plan)")
        self.refuse_idle(self.network is None, ("images", "plan"), "without --network")
        self.refuse_idle(self.steps is not None, ("images",), "with --steps")
        self.refuse_idle(self.barrier is not None, ("dwell_time", "dwell_time_0", "dwell_time_1"), "with --barrier")
        self.refuse_idle(None not in (self.dwell_time_0, self.dwell_time_1), ("dwell_time",),
                         "with --dwell-time-0 and --dwell-time-1")
        self.refuse_idle(self.barrier is None and self.temperature is None, ("attempt_time",),
                         "without --barrier or --temperature")
        self.refuse_idle(not self.drift, ("drift_time",), "without --drift")
        self.refuse_idle(not self.flips, ("flip_time",), "without --flips")

    def _size(self) -> tuple[int, int, Any]:
        """Devices, samples of each, and the probabilities that they are tuned to, if they are."""
        if self.network is None:
            return self.devices or 0, self.steps or 0, None
        import numpy as np

        from spinsc.models.shipped import load_network

        network = self.planned(load_network(self.network))
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
            return SMTJ.from_barrier(self.barrier, seed=self.seed, **fields)
        return SMTJ(seed=self.seed, **fields)
