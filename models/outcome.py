"""What a layer makes of its sums: states for the next layer, or the scores of the classes.

A further kind of activation is a class here, in `OUTCOMES`, a unit in ``hdl`` and its line in ``gen/design.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.models.arrays import check_ascending, frozen_copy
from spinsc.models.contract import MAX_STATES

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class Outcome(ABC):
    """What a layer makes of its sums.

    Attributes
    ----------
    name : str
        Of its integers in the network's file; that of the real numbers has a ``z_`` before it.
    z : float64, first axis as long as there are neurons
        Real numbers in units of the sums z of v_x * v_w, from which the integers of any stream length follow.
    """

    name: ClassVar[str]
    z: npt.NDArray[np.float64]

    @abstractmethod
    def integers(self, inputs: int, length: int) -> npt.NDArray[np.int64]:
        """Integers in units of the accumulators of I inputs at stream length L, of the shape of ``z``."""


class Activation(Outcome):
    """What a hidden layer makes of its sums: the states of the next layer's inputs."""

    @property
    @abstractmethod
    def states(self) -> int:
        """K of the activations that the layer gives."""

    @abstractmethod
    def states_of_z(self, z: npt.NDArray[Any]) -> npt.NDArray[np.integer]:
        """States, shape (images, neurons), from real sums of that shape."""

    @abstractmethod
    def states_of_accumulators(self, accumulators: Tensor, integers: Tensor) -> Tensor:
        """States from accumulators, on the device that they are on.

        Parameters
        ----------
        accumulators : int32, shape (images, neurons)
        integers : int32, shape (..., neurons)
            `integers`, transposed.

        Returns
        -------
        uint8, shape (images, neurons)
        """


@dataclass(frozen=True, eq=False)
class Thresholds(Activation):
    """Quantized activations: the state is the number of a neuron's thresholds that its sum reaches.

    Attributes
    ----------
    z : float64, shape (neurons, states - 1)
        Thresholds, non-descending along the last axis; infinities allowed, NaN not.
    """

    name: ClassVar[str] = "thresholds"

    def __post_init__(self) -> None:
        z = frozen_copy(self.z, np.float64)
        if z.ndim != 2 or not 1 <= z.shape[1] < MAX_STATES:
            raise InputError(f"z_thresholds must have shape (neurons, 1..{MAX_STATES - 1}), not {z.shape}")
        if np.isnan(z).any():
            raise InputError("z_thresholds contain NaN")
        check_ascending("thresholds", z)
        object.__setattr__(self, "z", z)

    @property
    def states(self) -> int:
        return int(self.z.shape[1]) + 1

    def integers(self, inputs: int, length: int) -> npt.NDArray[np.int64]:
        exact = np.ceil(length * (inputs + self.z) / 2)
        return np.clip(exact, 0, inputs * length + 1).astype(np.int64)

    def states_of_z(self, z: npt.NDArray[Any]) -> npt.NDArray[np.integer]:
        states: npt.NDArray[np.integer] = (z[:, :, None] >= self.z).sum(axis=2)
        return states

    def states_of_accumulators(self, accumulators: Tensor, integers: Tensor) -> Tensor:
        from spinsc.models.counting import thresholds_reached  # imports torch, which a description need not

        return thresholds_reached(accumulators, integers)


@dataclass(frozen=True, eq=False)
class Scores(Outcome):
    """What the output layer makes of its sums: a score of each class, its sum and a bias.

    Attributes
    ----------
    z : float64, shape (neurons,)
        Biases, finite.
    """

    name: ClassVar[str] = "biases"

    def __post_init__(self) -> None:
        z = frozen_copy(self.z, np.float64)
        if z.ndim != 1:
            raise InputError(f"z_biases must have shape (neurons,), not {z.shape}")
        if not np.isfinite(z).all():
            raise InputError("z_biases must be finite")
        object.__setattr__(self, "z", z)

    def integers(self, inputs: int, length: int) -> npt.NDArray[np.int64]:
        full_scale = inputs * length
        return np.clip(np.rint(length * self.z / 2), -full_scale, full_scale).astype(np.int64)


#: Every kind of outcome by the name of its integers in a network's file.
OUTCOMES: dict[str, type[Outcome]] = {kind.name: kind for kind in (Thresholds, Scores)}
