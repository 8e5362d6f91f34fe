"""The trained networks that come with the package."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from spinsc.errors import InputError, did_you_mean
from spinsc.models.artifact import load_artifact
from spinsc.models.network import Network
from spinsc.models.training.checkpoint import state_path
from spinsc.models.training.config import TrainingConfig, fine_tuning

FOLDER = Path(__file__).parent / "networks"


@dataclass(frozen=True)
class ShippedNetwork:
    """A network in the package and the run that made it.

    Attributes
    ----------
    name : str
        Given to `load_network`: the data set if it is not MNIST, mlp, number of hidden layers (w: wide), K, and L if it
        is not 100.
    config : TrainingConfig
        The settings it was trained with. A start is the state of another shipped network.
    accuracy_percent : float
        On all 10,000 test images, by the golden model with simulated s-MTJs: ``spinsc eval NAME``.
    """

    name: str
    config: TrainingConfig
    accuracy_percent: float

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.npz"

    @property
    def command(self) -> str:
        """The command line that trains it again, after that of the network whose state it begins with."""
        return self.own_command if self.start is None else f"{self.start.command} --keep-state && {self.own_command}"

    @property
    def own_command(self) -> str:
        """The last of its command lines."""
        return f"{self.config.command} --out {self.name}.npz"

    @property
    def start(self) -> ShippedNetwork | None:
        """The network whose state it begins with, if there is one."""
        return next((each for each in SHIPPED if str(state_path(each.path.name)) == self.config.start), None)


_MLP3_K5 = ShippedNetwork("mlp3-k5", TrainingConfig((512, 512, 512), states=5, length=100), 99.18)

SHIPPED = (
    ShippedNetwork("mlp1-k5", TrainingConfig((100,), states=5, length=100, augmentation=0.3), 98.15),
    ShippedNetwork("mlp1-k11", TrainingConfig((100,), states=11, length=100, augmentation=0.3), 98.47),
    ShippedNetwork("mlp1w-k5", TrainingConfig((256,), states=5, length=100), 98.75),
    ShippedNetwork("mlp1w-k11", TrainingConfig((256,), states=11, length=100), 98.72),
    _MLP3_K5,
    ShippedNetwork("mlp3-k11", TrainingConfig((512, 512, 512), states=11, length=100, epochs=80), 99.29),
    *(ShippedNetwork(f"mlp3-k5-l{length}", fine_tuning(_MLP3_K5.config, length, state_path(_MLP3_K5.path.name)),
                     accuracy) for length, accuracy in ((16, 99.09), (8, 98.64))),
    *(ShippedNetwork(f"mlp3-k5-l{length}", fine_tuning(
        _MLP3_K5.config, length, state_path(_MLP3_K5.path.name), noise="shared", epochs=16, learning_rate=0.006),
        accuracy) for length, accuracy in ((6, 98.92), (4, 98.53))),
    ShippedNetwork("fashion-mlp3-k5", TrainingConfig((512, 512, 512), states=5, length=100, epochs=40,
                                                     augmentation=0.25, dataset="fashion-mnist"), 89.68),
)


def load_network(name_or_path: str | os.PathLike[str]) -> Network:
    """A shipped network by name, or any artifact by path.

    Raises
    ------
    InputError
        If it is neither, or the file is damaged.
    """
    for shipped in SHIPPED:
        if os.fspath(name_or_path) == shipped.name:
            return load_artifact(shipped.path)
    if not Path(name_or_path).exists():
        names = ", ".join(shipped.name for shipped in SHIPPED)
        given = os.fspath(name_or_path)
        hint = did_you_mean(given, [shipped.name for shipped in SHIPPED])
        raise InputError(f"{given!r} is neither a shipped network ({names}) nor a file{hint}")
    return load_artifact(name_or_path)
