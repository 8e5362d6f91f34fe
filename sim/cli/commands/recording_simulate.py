"""``spinsc recording simulate``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from spinsc.errors import InputError, did_you_mean
from spinsc.sim.cli.command import option
from spinsc.sim.cli.options import NETWORK, RECORDING_TO_WRITE, SEED, ForceOption, JsonOption, PlanOption

if TYPE_CHECKING:
    from spinsc.sim.junctions.model import JunctionModel
    from spinsc.sim.report.report import Report

DEFAULT_IMAGES = 8
_COMMON = {"sampling_interval": "sampling_interval_s", "drift_time": "drift_time_s", "flips": "flip_probability"}
#: Options that are fields of a family's model. Those of other packages are set by ``--set``.
_FIELDS: Mapping[str, Mapping[str, str]] = {
    "smtj": _COMMON | {
        "dwell_time_0": "dwell_time_0_s", "dwell_time_1": "dwell_time_1_s", "bias": "bias_kt",
        "barrier_spread": "barrier_spread_kt", "bias_spread": "bias_spread_kt", "temperature": "temperature_k",
        "attempt_time": "attempt_time_s", "drift": "drift_kt", "flip_time": "flip_time_s"},
    "actuated": _COMMON | {
        "midpoint": "midpoint_v", "width": "width_v", "voltage": "voltage_v", "midpoint_spread": "midpoint_spread_v",
        "width_spread": "width_spread", "memory": "memory_v", "resistance_drift": "resistance_drift",
        "pulse_time": "pulse_s", "resistance": "resistance_ohm", "reset_voltage": "reset_v", "reset_time": "reset_s"}}
_OWN = {"smtj": ("dwell_time", "barrier", *_FIELDS["smtj"]), "actuated": tuple(_FIELDS["actuated"])}


@dataclass(frozen=True, kw_only=True)
class RecordingSimulate(PlanOption, ForceOption, JsonOption):
    """Record simulated junctions; what is not given takes the default of the family's model."""

    summary = "record simulated junctions"
    parameters: ClassVar[Mapping[str, Sequence[str]]] = {
        **{field: [name, "dwell_time"] for fields in _FIELDS.values() for name, field in fields.items()},
        "barrier_kt": ["barrier"]}

    out: str = option("-o", "--out", metavar="FILE", required=True, help=RECORDING_TO_WRITE)
    devices: int | None = option(metavar="N", low=1, help="junctions; by default those that --network needs")
    steps: int | None = option(metavar="N", low=1, help="samples of each; by default those of --images images")
    network: str | None = option(metavar="NET", help=NETWORK)
    images: int | None = option(
        metavar="N", low=1, help=f"images that the recording is to cover; by default {DEFAULT_IMAGES}")
    seed: int = option(metavar="N", low=0, default=0, help=SEED)
    device: str = option(
        metavar="FAMILY", default="smtj", help="smtj: thermal switching, sampled; or actuated: stable junctions, of "
        "which a reset and a write pulse make a bit")
    settings: tuple[str, ...] = option(
        "--set", metavar="FIELD=VALUE", action="append", default=(), help="a parameter of the model of a family that "
        "another package has added; may be repeated")
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
    sampling_interval: float | None = option(metavar="S", help="time between samples, or pulses, in seconds")
    temperature: float | None = option(
        metavar="K", help="temperature in kelvin; barriers, dwell times and biases are those at 300 K")
    drift: float | None = option(
        metavar="KT", help="standard deviation of each device's bias over time, in kT")
    drift_time: float | None = option(metavar="S", help="correlation time of the drift, in seconds")
    flips: float | None = option(metavar="F", help="share of samples that the read-out inverts")
    flip_time: float | None = option(metavar="S", help="correlation time of the inverted samples, in seconds")
    midpoint: float | None = option(metavar="V", help="actuated: voltage of the pulse at which P(1) is 1/2")
    width: float | None = option(metavar="V", help="actuated: width of the sigmoid, from P(1) = 1/2 to 0.73")
    voltage: float | None = option(
        metavar="V", help="actuated: voltage of the pulse of junctions that are not tuned; by default the midpoint")
    midpoint_spread: float | None = option(
        metavar="V", help="actuated: standard deviation of the midpoint over devices")
    width_spread: float | None = option(
        metavar="X", help="actuated: relative standard deviation of the width over devices")
    memory: float | None = option(
        metavar="V", help="actuated: how much a 1 lowers the midpoint of the next bit, against a 0")
    resistance_drift: float | None = option(
        metavar="X", help="actuated: relative standard deviation of each device's resistance over time")
    pulse_time: float | None = option(metavar="S", help="actuated: duration of the pulse, for its energy")
    resistance: float | None = option(metavar="OHM", help="actuated: resistance while it lasts, for its energy")
    reset_voltage: float | None = option(metavar="V", help="actuated: voltage of the reset, for its energy")
    reset_time: float | None = option(metavar="S", help="actuated: duration of the reset, for its energy")

    def result(self) -> Report:
        from spinsc.sim.report.recordings import recording_report

        self.writes("out", self.out, (self.network,), self.force)
        self._check_options()
        devices, steps, probabilities = self._size()
        recording = self._junction().simulate(devices, steps, probabilities=probabilities)
        recording.save(self.out)
        return recording_report(recording, self.out)

    def _check_options(self) -> None:
        """Refuse a family that is none, and options that have no effect beside, or without, others."""
        from spinsc.sim.junctions.devices import DEVICES

        DEVICES.find(self.device)
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
        for family, names in _OWN.items():
            if family != self.device:
                idle = [name for name in names if name not in _OWN.get(self.device, ())]
                self.refuse_idle(True, idle, f"with --device {self.device}")
        self.refuse_idle(self.device in _FIELDS, ("settings",), f"with --device {self.device}, which has options of "
                         "its own")
        self.refuse_idle(not self.drift and not self.resistance_drift, ("drift_time",),
                         "without --drift" if self.device == "smtj" else "without --resistance-drift")
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

    def _junction(self) -> JunctionModel:
        from spinsc.sim.junctions.devices import DEVICES

        model = DEVICES.find(self.device)
        fields = {field: getattr(self, name) for name, field in _FIELDS.get(self.device, {}).items()
                  if name in self.given}
        if self.dwell_time is not None:
            fields = {"dwell_time_0_s": self.dwell_time, "dwell_time_1_s": self.dwell_time} | fields
        if self.barrier is not None:
            from spinsc.sim.junctions.smtj import SMTJ

            return SMTJ.from_barrier(self.barrier, seed=self.seed, **fields)
        return model(seed=self.seed, **fields, **_settings(self.settings, model))


def _settings(texts: Sequence[str], model: type[JunctionModel]) -> dict[str, float]:
    """Parameters of a model from ``FIELD=VALUE``; `InputError` if there is none of that name."""
    import inspect

    known = [name for name in inspect.signature(model).parameters if name != "seed"]
    found = {}
    for text in texts:
        name, _, value = text.partition("=")
        if name not in known:
            raise InputError(f"--set {text}: this family has no {name!r}{did_you_mean(name, known)}; it has "
                             f"{', '.join(known)}")
        try:
            found[name] = float(value)
        except ValueError:
            raise InputError(f"--set {text}: the value must be a number, not {value!r}") from None
    return found
