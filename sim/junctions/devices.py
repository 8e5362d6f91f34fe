"""Families of junctions by name: the models of this package, and those of others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.registry import Registry
from spinsc.sim.junctions.model import JunctionModel
from spinsc.sim.recordings.recording import Recording

#: Another package adds a family by an entry point of the group ``spinsc.junctions`` that names a `JunctionModel`.
DEVICES: Registry[type[JunctionModel]] = Registry("family of junctions", "spinsc.junctions", {
    "smtj": "spinsc.sim.junctions.smtj:SMTJ", "actuated": "spinsc.sim.junctions.actuated:Actuated"})


def expected_autocorrelation(recording: Recording, lags: int) -> npt.NDArray[np.float64] | None:
    """Closed form of a simulated recording's mean autocorrelation at lags 1..``lags``, shape (lags,).

    None if the metadata do not name a model, or the devices are no longer the model's.
    """
    facts = recording.metadata
    family = next((model for model in DEVICES.values() if model.device == facts.device), None)
    if family is None or facts.kind != "simulated" or facts.split is not None or facts.made_by:
        return None
    try:
        model = family(**facts.parameters)
    except (TypeError, InputError):
        return None
    of_devices = model.autocorrelation(recording.devices, lags, probabilities=facts.probabilities)
    return np.asarray(of_devices.mean(axis=0))
