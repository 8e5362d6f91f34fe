"""Real-valued features and the bytes that the hardware takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.models.contract import PIXEL_LEVELS

if TYPE_CHECKING:
    from spinsc.models.network import Network


@dataclass(frozen=True, eq=False)
class FeatureScaling:
    """How each feature becomes a byte: floor(gain x + offset), cut to 0..255.

    It belongs to a network as its training data do, is kept in its provenance, and has to be done before the hardware.

    Attributes
    ----------
    gain, offset : float64, shape (features,)
    """

    gain: npt.NDArray[np.float64]
    offset: npt.NDArray[np.float64]

    @classmethod
    def spanning(cls, values: npt.NDArray[np.floating[Any]]) -> Self:
        """That takes the smallest value of each feature to 0 and the largest to 255, rounded to the nearest."""
        low, high = values.min(0).astype(np.float64), values.max(0).astype(np.float64)
        gain = (PIXEL_LEVELS - 1) / np.where(high > low, high - low, 1.0)
        return cls(gain, 0.5 - low * gain)

    @classmethod
    def of_network(cls, network: Network) -> Self | None:
        """That of the data a network was trained on; None if these were bytes."""
        facts = network.provenance.get("features")
        return None if facts is None else cls(*(np.array(facts[name], np.float64) for name in ("gain", "offset")))

    def bytes(self, values: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.uint8]:
        """Bytes of values (n, features)."""
        if values.shape[1] != len(self.gain):
            raise InputError(f"there are {values.shape[1]} features, but the network was trained on {len(self.gain)}")
        return np.clip(np.floor(self.gain * values + self.offset), 0, PIXEL_LEVELS - 1).astype(np.uint8)

    @property
    def facts(self) -> dict[str, list[float]]:
        """For a network's provenance."""
        return {"gain": self.gain.tolist(), "offset": self.offset.tolist()}
