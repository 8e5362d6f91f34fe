"""What the golden model gives for some images. Apart from it, so that readers of a trace need no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Trace:
    """All integers of some consecutive images.

    Attributes
    ----------
    input_states : uint8, shape (images, inputs)
    accumulators : list of int32, shape (images, neurons)
        Of every layer.
    states : list of uint8, shape (images, neurons)
        Of every hidden layer.
    scores : int64, shape (images, classes)
        Accumulators of the output layer plus its biases.
    classes : int64, shape (images,)
    """

    input_states: npt.NDArray[np.uint8]
    accumulators: list[npt.NDArray[np.int32]]
    states: list[npt.NDArray[np.uint8]]
    scores: npt.NDArray[np.int64]
    classes: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.classes)

    def part(self, rows: slice) -> Trace:
        """That of some of the images."""
        return Trace(self.input_states[rows], [layer[rows] for layer in self.accumulators],
                     [layer[rows] for layer in self.states], self.scores[rows], self.classes[rows])
