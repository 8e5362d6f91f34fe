"""Import of a trained network: read, calibrate what is real in it, fold."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.models.contract import MAX_STATES, check_range
from spinsc.models.data.features import FeatureScaling
from spinsc.models.exact import exact_classes
from spinsc.models.importing.calibrate import in_own_ranges, quantize
from spinsc.models.importing.folding import Inputs, byte_inputs, fold, merged, real_inputs
from spinsc.models.importing.importer import NETWORK_IMPORTERS, NetworkImporter
from spinsc.models.importing.steps import Affine, Floats, Linear, Quantizer, TrainedNetwork, unquantized
from spinsc.models.network import Network

#: What bytes 0 and 255 stand for, where nothing else is said.
PIXEL_RANGE = (0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Imported:
    """A network that was trained elsewhere.

    Attributes
    ----------
    network : Network
    trained : TrainedNetwork
        As it was read.
    pixel_range : (float, float)
        What bytes 0 and 255 stand for.
    notes : tuple of str
        What the user should know.
    """

    network: Network
    trained: TrainedNetwork
    pixel_range: tuple[float, float]
    notes: tuple[str, ...]

    def bytes(self, values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
        """What the hardware takes, of bytes or real numbers (n, features)."""
        if values.dtype == np.uint8:
            return values
        scaling = FeatureScaling.of_network(self.network)
        if scaling is None:
            raise InputError("the network was imported for bytes; give samples of unsigned bytes")
        return scaling.bytes(values)

    def classes(self, values: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Classes by the network as it was trained, and as it was imported, without streams."""
        original = self.trained(_real(values, self.pixel_range)).argmax(1)
        return original, exact_classes(self.network, self.bytes(values))


def import_network(source: Any, length: int, *, states: int | None = None, input_states: int | None = None,
                   calibration: npt.NDArray[Any] | None = None,
                   pixel_range: tuple[float, float] = PIXEL_RANGE) -> Imported:
    """Turn a trained network into one of states and thresholds.

    Parameters
    ----------
    source : path or object
        What one of `NETWORK_IMPORTERS` recognizes: an .onnx file, a description (.json, .toml), a module of PyTorch.
    length : int
        L, bits.
    states : int, optional
        K of the weights and activations that are real numbers, which are then chosen by ``calibration``.
    input_states : int, optional
        K of the input, where the network does not quantize it: by default ``states``, or else 256, as bytes have.
    calibration : array (n, features), optional
        What the network takes: unsigned bytes, or real numbers, which then become bytes feature by feature.
    pixel_range : (float, float)
        What bytes 0 and 255 stand for, for bytes.

    Raises
    ------
    InputError
        If a part of it has no place in the hardware, or calibration is needed; the message names it.
    """
    for name, value in (("states", states), ("input_states", input_states)):
        if value is not None:
            check_range(name, value, 2, MAX_STATES)
    if not pixel_range[0] < pixel_range[1]:
        raise InputError(f"the range of pixels must ascend, not be {pixel_range[0]:g} to {pixel_range[1]:g}")
    trained = find_importer(source).read(Path(source) if isinstance(source, str | os.PathLike) else source)
    if calibration is not None and calibration.shape[1:] != (trained.features,):
        raise InputError(f"calibration data have {calibration.shape[1:]} features, but {trained.source} takes "
                         f"{trained.features}")
    prepared = _output_with_one_scale(trained, states)
    real = unquantized(prepared.steps)
    if real and (states is None or calibration is None):
        raise InputError(f"{real[0]}{f' (and {len(real) - 1} more)' if len(real) > 1 else ''} are real numbers in "
                         f"{trained.source}; give states (--states K) and calibration data (--calibration DATA) to "
                         "quantize them")
    prepared = _with_quantized_input(prepared, input_states or states or MAX_STATES, calibration, pixel_range)
    if real and states is not None and calibration is not None:
        prepared = quantize(prepared, states, _real(calibration, pixel_range))
    provenance = {"origin": "imported", "source": trained.source, "dataset": "", "notes": list(prepared.notes),
                  "pixel_range": list(pixel_range), "states": states, "input_states": input_states,
                  "spinsc_version": importlib.metadata.version("spinsc")}
    prepared = dataclasses.replace(prepared, steps=tuple(merged(prepared.steps)))
    network = fold(prepared, length, _inputs(prepared, calibration, pixel_range), provenance)
    return Imported(network, trained, pixel_range, prepared.notes)


def find_importer(source: Any) -> NetworkImporter:
    """The first importer that recognizes a file or an object."""
    path = Path(source) if isinstance(source, str | os.PathLike) else source
    for importer in NETWORK_IMPORTERS.values():
        if importer.recognize(path):
            return importer
    known = "; ".join(importer.title for importer in NETWORK_IMPORTERS.values())
    given = source if isinstance(path, Path) else type(source).__name__
    raise InputError(f"{given} is no network that spinsc imports: {known}")


def _real(values: npt.NDArray[Any], pixel_range: tuple[float, float]) -> Floats:
    """What the trained network takes."""
    if values.dtype != np.uint8:
        return np.asarray(values, np.float64)
    low, high = pixel_range
    return low + (high - low) * values / 255


def _inputs(trained: TrainedNetwork, calibration: npt.NDArray[Any] | None, pixel_range: tuple[float, float]) -> Inputs:
    if calibration is None or calibration.dtype == np.uint8:
        return byte_inputs(trained.steps, trained.features, *pixel_range)
    return real_inputs(trained.steps, trained.features)


def _with_quantized_input(trained: TrainedNetwork, states: int, calibration: npt.NDArray[Any] | None,
                          pixel_range: tuple[float, float]) -> TrainedNetwork:
    """With a quantizer before the first linear layer, of even steps over all that can come or came."""
    place = next(number for number, step in enumerate(trained.steps) if isinstance(step, Linear))
    before, linear, after = trained.steps[:place], trained.steps[place], trained.steps[place + 1:]
    assert isinstance(linear, Linear)
    if any(isinstance(step, Quantizer) for step in before):
        return trained
    as_bytes = calibration is None or calibration.dtype == np.uint8
    x: Floats = np.array([pixel_range]).T * np.ones(trained.features)
    if calibration is not None and not as_bytes:
        x = np.asarray(calibration, np.float64)
    for step in before:
        x = step(x)
    if not as_bytes and linear.unit is None:
        taken = in_own_ranges("the input", linear, x.min(0), x.max(0), states)
    else:
        low, high = np.array(x.min()), np.array(x.max())
        middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-12)
        taken = [Affine("the input", 1 / half, -middle / half), Quantizer.even("the input", -1.0, 1.0, states),
                 Affine("the input", half, middle), linear]
    note = f"the input is not quantized in {trained.source}: it gets {states} even steps over the range of the " \
           f"{'pixels' if as_bytes else 'calibration data'}"
    return dataclasses.replace(trained, steps=(*before, *taken, *after), notes=(*trained.notes, note))


def _output_with_one_scale(trained: TrainedNetwork, states: int | None) -> TrainedNetwork:
    """With the scales after a real last layer in its weights; one of a scale for each class is made real on request."""
    last = max(number for number, step in enumerate(trained.steps) if isinstance(step, Linear))
    linear, after = trained.steps[last], trained.steps[last + 1:]
    assert isinstance(linear, Linear)
    if not all(isinstance(step, Affine) for step in after):
        return trained  # folding says why not
    scale, shift = np.ones(len(linear.weights)), np.zeros(len(linear.weights))
    for step in after:
        assert isinstance(step, Affine)
        scale, shift = scale * step.scale, shift * step.scale + step.shift
    of_classes = np.abs(scale) * (1.0 if linear.unit is None else linear.unit[:, 0])
    notes = trained.notes
    if linear.unit is not None:
        if states is None or np.ptp(of_classes) <= 1e-6 * of_classes.max():
            return trained
        notes = (*notes, f"the classes of {linear.name} have scales of their own; its weights are quantized again, to "
                 f"{states} states of one scale")
    steps = (*trained.steps[:last], Linear(linear.name, linear.weights * scale[:, None]),
             Affine(linear.name, np.ones(()), shift))
    return dataclasses.replace(trained, steps=steps, notes=notes)
