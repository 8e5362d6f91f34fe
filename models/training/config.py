"""The settings of a training."""

from __future__ import annotations

import dataclasses
import os
import shlex
from dataclasses import dataclass
from typing import Any

from spinsc.errors import InputError
from spinsc.models.contract import MAX_LENGTH, MAX_STATES, NOISES, check_choice
from spinsc.models.data.catalogue import find_dataset

FINE_TUNING_EPOCHS = 12
FINE_TUNING_RATE = 0.003
INPUT_THRESHOLDS = ("even", "quantiles")


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides the trained network, besides the data.

    Attributes
    ----------
    hidden : tuple of int
        Neurons of each hidden layer.
    states : int
        K of inputs, weights and activations, 2..256.
    length : int
        Stream length L, bits.
    sc : bool
        Whether the streams' noise is in the training loop.
    noise : {"independent", "shared"}
        That noise: Gaussian and each sum's own, or of bits that the neurons of a layer share; see `SCLinear`.
    epochs : int
        Passes over the training images.
    seed : int
        Of the split, the initial weights, the order, the augmentation and the noise.
    device : str
        torch's name of the device: "cpu", "cuda".
    batch_size : int
        Images per step of the optimizer.
    learning_rate : float
        Largest learning rate of the one-cycle schedule.
    augmentation : float
        Strength of the random maps of the images, see `Augmentation`; 0 is none.
    validation_images : int
        Training images set aside to report validation accuracy.
    threads : int
        Of the CPU. The order of float additions depends on it, so it is not the machine's number of cores; and on a
        busy machine several threads that wait for each other are far slower than one.
    start : str
        State file of a trained network of the same sizes, states and seed (see
        `spinsc.models.training.checkpoint.state_path`) whose weights this training begins with, such as that of another
        stream length. Empty: random weights.
    input_thresholds : {"even", "quantiles"}
        Where the states of the input begin: in even steps of the pixels, or so that equally many of the training set's
        pixels that are not 0 have each state.
    dataset : str
        Name of the data set (see `spinsc.models.data.catalogue.DATASETS`), which the artifact keeps. Empty: images of
        your own.
    """

    hidden: tuple[int, ...]
    states: int
    length: int
    sc: bool = True
    epochs: int = 60
    seed: int = 0
    device: str = "cpu"
    batch_size: int = 512
    learning_rate: float = 0.03
    augmentation: float = 0.5
    validation_images: int = 5000
    threads: int = 1
    start: str = ""
    input_thresholds: str = "even"
    dataset: str = "mnist"
    noise: str = "independent"

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", tuple(int(n) for n in self.hidden))
        for name, value, low, high in (
                ("states", self.states, 2, MAX_STATES), ("length", self.length, 1, MAX_LENGTH),
                ("epochs", self.epochs, 1, 100_000), ("seed", self.seed, 0, (1 << 63) - 1),
                ("batch_size", self.batch_size, 2, 1 << 20), ("validation_images", self.validation_images, 1, 1 << 30),
                ("threads", self.threads, 1, 1024),
                *(("hidden", width, 1, 1 << 16) for width in self.hidden)):
            if not low <= value <= high:
                raise InputError(f"{name} must be from {low} to {high}, not {value}")
        check_choice("input_thresholds", self.input_thresholds, INPUT_THRESHOLDS)
        check_choice("noise", self.noise, NOISES)
        if not 0 < self.learning_rate <= 1:
            raise InputError(f"learning_rate must be above 0 and at most 1, not {self.learning_rate}")
        if not 0 <= self.augmentation <= 4:
            raise InputError(f"augmentation must be from 0 to 4, not {self.augmentation}")
        if self.dataset:
            find_dataset(self.dataset)
        if self.device == "cpu":
            return
        import torch  # only here: a description of a training needs it no more

        try:
            kind = torch.device(self.device).type
        except RuntimeError:
            raise InputError(f"device {self.device!r} is unknown; give 'cpu' or 'cuda'") from None
        if kind not in ("cpu", "cuda"):
            raise InputError(f"device {self.device!r} is not supported; give 'cpu' or 'cuda'")
        if kind == "cuda" and (torch.device(self.device).index or 0) >= torch.cuda.device_count():
            raise InputError(f"device {self.device!r} is not available to this torch; give 'cpu'")

    @property
    def command(self) -> str:
        """The command line that trains this network, without its output file."""
        words = ["spinsc train --hidden", *([",".join(map(str, self.hidden))] if self.hidden else []),
                 "--states", str(self.states), "--length", str(self.length)]
        defaults = {field.name: field.default for field in dataclasses.fields(self)}
        if not self.sc:
            words.append("--no-sc")
        for name in ("noise", "epochs", "seed", "device", "batch_size", "learning_rate", "augmentation",
                     "validation_images", "input_thresholds", "start", "dataset"):
            # images of your own have no name; their folder is given with --data
            if getattr(self, name) not in (defaults[name], ""):
                words += [f"--{name.replace('_', '-')}", shlex.quote(str(getattr(self, name)))]
        return " ".join(words)


def fine_tuning(base: TrainingConfig, length: int, start: str | os.PathLike[str], **settings: Any) -> TrainingConfig:
    """Settings of a short training for streams of ``length`` bits that begins with the state of ``base``.

    Parameters
    ----------
    start : path
        The state file of ``base``, see `spinsc.models.training.checkpoint.state_path`.
    settings
        Other attributes of `TrainingConfig`, instead of those of ``base`` or of a short training, which has few
        epochs, a low learning rate and half the augmentation.
    """
    short: dict[str, Any] = {"epochs": FINE_TUNING_EPOCHS, "learning_rate": FINE_TUNING_RATE,
                             "augmentation": base.augmentation / 2}
    return dataclasses.replace(base, length=length, start=os.fspath(start), **short | settings)
