"""What directed images are to hit: values of accumulators, and pairs of classes that are the best of all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spinsc.models.golden.trace import Trace
from spinsc.models.network import Network
from spinsc.models.outcome import Thresholds
from spinsc.sim.coverage.activation import deciding_values
from spinsc.sim.coverage.argmax import MOST_CLASSES, decided
from spinsc.sim.coverage.reach import Reach
from spinsc.sim.coverage.told import HIGHER

#: Layer of a target that is a pair of classes.
CLASSES = -1


class Targets:
    """All that no image has hit yet, and the images that come nearest.

    Attributes
    ----------
    layer, place, value : int32, shape (targets,)
        An accumulator's layer, its neuron and the value wanted; of a pair of classes `CLASSES`, the number
        ``earlier * classes + later``, and the lead wanted of the later one, 0 or 1.
    nearest : uint8, shape (2, targets, inputs)
        Input states of the images seen so far that came nearest from below and from above.
    distance : int64, shape (2, targets)
        How near they came.
    """

    def __init__(self, network: Network, reach: Reach) -> None:
        self.network = network
        found = [np.zeros((0, 3), np.int64)]
        for number, layer in enumerate(network.layers):
            if isinstance(layer.outcome, Thresholds):
                values = deciding_values(network, number)
                same = reach.unreachable(number, values, np.ones(values.shape, bool))
                wanted = ~np.logical_or.reduce(list(same.values()))
                neurons = np.broadcast_to(np.arange(layer.neurons)[:, None], values.shape)
                found.append(np.unique(np.stack(
                    [np.full(wanted.sum(), number), neurons[wanted], values[wanted]], 1), axis=0))
        if network.classes <= MOST_CLASSES:
            earlier, later = np.triu_indices(network.classes, 1)
            for lead in (0, 1):
                found.append(np.stack([np.full(len(earlier), CLASSES), earlier * network.classes + later,
                                       np.full(len(earlier), lead)], 1))
        self.layer, self.place, self.value = np.concatenate(found).astype(np.int32).T
        self.distance = np.full((2, len(self)), np.iinfo(np.int64).max)
        self.nearest: npt.NDArray[np.uint8] = np.zeros((2, len(self), network.inputs), np.uint8)

    def __len__(self) -> int:
        return len(self.layer)

    def distances(self, trace: Trace) -> npt.NDArray[np.int64]:
        """How far each image is from each target, with its sign, shape (images, targets); 0 where it hits."""
        distances = np.empty((len(trace), len(self)), np.int64)
        for number, accumulators in enumerate(trace.accumulators):
            which = np.flatnonzero(self.layer == number)
            if len(which):
                distances[:, which] = accumulators[:, self.place[which]] - self.value[which]
        which = np.flatnonzero(self.layer == CLASSES)
        if len(which):
            distances[:, which] = self._of_classes(trace, which)
        return distances

    def _of_classes(self, trace: Trace, which: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        classes = self.network.classes
        scores = trace.scores
        earlier, later = self.place[which] // classes, self.place[which] % classes
        apart = scores[:, later] - scores[:, earlier] - self.value[which]
        behind = scores.max(1)[:, None] - np.maximum(scores[:, later], scores[:, earlier])
        distances: npt.NDArray[np.int64] = apart + np.where(apart < 0, -1, 1) * behind
        distances[distances == 0] = 1
        column = {(int(place), int(value)): n for n, (place, value) in enumerate(
            zip(self.place[which], self.value[which], strict=True))}
        for image, side, first, second in decided(scores):
            place = column.get((int(first * classes + second), int(side == HIGHER)))
            if place is not None:
                distances[image, place] = 0
        return distances

    def take_nearest(self, distances: npt.NDArray[np.int64], states: npt.NDArray[np.uint8]) -> None:
        """Remember images that came nearer than those before; ``states`` are those of the inputs."""
        if not len(distances) or not len(self):
            return
        columns = np.arange(len(self))
        for side, away in enumerate((-distances, distances)):
            away = np.where(away < 0, np.iinfo(np.int64).max, away)
            best = away.argmin(0)
            nearer = np.flatnonzero(away[best, columns] < self.distance[side])
            self.distance[side, nearer] = away[best[nearer], nearer]
            self.nearest[side, nearer] = states[best[nearer]]

    def drop(self, hit: npt.NDArray[np.bool_]) -> None:
        """Forget targets that were hit."""
        for name in ("layer", "place", "value"):
            setattr(self, name, getattr(self, name)[~hit])
        self.distance, self.nearest = self.distance[:, ~hit], self.nearest[:, ~hit]
