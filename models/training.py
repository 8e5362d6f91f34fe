"""Quantization-aware training, with the noise of the bitstreams in the loop.

States and thresholds follow ``docs/bit-contract.md``. In training a state k of K is kept as the odd-or-even integer
2k - (K-1), so that sums of products are exact in float32; rounding passes gradients straight through. With ``sc`` on,
each sum z over I products gets Gaussian noise of the variance that independent bitstreams of L bits give it: XNOR of
bits with means a and w is a coin of mean a w and variance 1 - a^2 w^2, and z is estimated by the mean of L of them
for each of the I products, hence

    var(z) = sum_i (1 - a_i^2 w_i^2) / L.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import itertools
import os
import pickle
import struct
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional
from tqdm import tqdm  # type: ignore[import-untyped]

from .data import CLASSES, IMAGE_SHAPE, PIXELS, Images, load_mnist
from .errors import InputError
from .network import MAX_STATES, Layer, Network, balanced_folding, write_atomically

CHECKPOINT_VERSION = 1
EVALUATION_BATCH = 1000
FAR = 1e12


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
    epochs : int
        Passes over the training images.
    seed : int
        Of the split, the initial weights, the order, the augmentation and the noise.
    device : str
        torch's name of the device: "cpu", "cuda".
    batch_size : int
        Images a step.
    learning_rate : float
        Largest learning rate of the one-cycle schedule.
    augmentation : float
        Strength of the random affine maps of the images: 0 none, 1 up to 12 degrees, 15 % and 2 pixels.
    validation_images : int
        Training images set aside to report validation accuracy.
    threads : int
        Of the CPU. The order of float additions depends on it, so it is not the machine's number of cores; and on a
        busy machine several threads that wait for each other are far slower than one.
    """

    hidden: tuple[int, ...]
    states: int
    length: int
    sc: bool = True
    epochs: int = 60
    seed: int = 0
    device: str = "cpu"
    batch_size: int = 256
    learning_rate: float = 0.03
    augmentation: float = 0.5
    validation_images: int = 5000
    threads: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", tuple(int(n) for n in self.hidden))
        for name, value, low, high in (
                ("states", self.states, 2, MAX_STATES), ("length", self.length, 1, 1 << 20),
                ("epochs", self.epochs, 1, 100_000), ("seed", self.seed, 0, (1 << 63) - 1),
                ("batch_size", self.batch_size, 2, 1 << 20), ("validation_images", self.validation_images, 1, 1 << 30),
                ("threads", self.threads, 1, 1024),
                *(("hidden", width, 1, 1 << 16) for width in self.hidden)):
            if not low <= value <= high:
                raise InputError(f"{name} must be from {low} to {high}, not {value}")
        if not 0 < self.learning_rate <= 1:
            raise InputError(f"learning_rate must be above 0 and at most 1, not {self.learning_rate}")
        if not 0 <= self.augmentation <= 4:
            raise InputError(f"augmentation must be from 0 to 4, not {self.augmentation}")
        try:
            kind = torch.device(self.device).type
        except RuntimeError:
            raise InputError(f"device {self.device!r} is unknown; give 'cpu' or 'cuda'") from None
        if kind not in ("cpu", "cuda"):
            raise InputError(f"device {self.device!r} is not supported; give 'cpu' or 'cuda'")
        if kind == "cuda" and not torch.cuda.is_available():
            raise InputError(f"device {self.device!r} is not available to this torch; give 'cpu'")

    @property
    def sizes(self) -> tuple[int, ...]:
        return (PIXELS, *self.hidden, CLASSES)

    @property
    def command(self) -> str:
        """The command line that trains this network, without its output file."""
        words = ["spinsc train", "--hidden", ",".join(map(str, self.hidden)), "--states", str(self.states),
                 "--length", str(self.length)]
        defaults = {field.name: field.default for field in dataclasses.fields(self)}
        if not self.sc:
            words.append("--no-sc")
        for name in ("epochs", "seed", "device"):
            if getattr(self, name) != defaults[name]:
                words += [f"--{name}", str(getattr(self, name))]
        return " ".join(words)


def input_thresholds(states: int) -> npt.NDArray[np.int64]:
    """Pixel thresholds that round pixel/255 to the nearest of ``states`` even steps, shape (states - 1,)."""
    k = np.arange(1, states, dtype=np.int64)
    return -((-255 * (2 * k - 1)) // (2 * (states - 1)))


class _Round(torch.autograd.Function):
    """Integer 2k - (K-1) of the state nearest to a real number; gradients pass where it is in [-1, 1]."""

    @staticmethod
    def forward(ctx: Any, real: torch.Tensor, intervals: int) -> torch.Tensor:
        ctx.save_for_backward(real)
        ctx.intervals = intervals
        state = torch.floor((real + 1) * (intervals / 2) + 0.5).clamp_(0, intervals)
        return state.mul_(2).sub_(intervals)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        real, = ctx.saved_tensors
        return gradients[0] * ctx.intervals * (real.abs() <= 1), None


def _rounded(real: torch.Tensor, states: int) -> torch.Tensor:
    return cast(torch.Tensor, _Round.apply(real, states - 1))  # type: ignore[no-untyped-call]


class QuantizedNetwork(nn.Module):
    """The network as it is trained: real weights behind rounding, batch norm, and the streams' noise.

    Attributes
    ----------
    weights : list of float32 parameters, shape (neurons, inputs)
        Real weights, kept in [-1, 1]; the forward pass sees their nearest states.
    norms : list of nn.BatchNorm1d
        One for each hidden layer, on z.
    log_scale : parameter, shape ()
        Logarithm of the one factor from the output layer's z to logits. One for all classes, because the hardware
        compares the sums as they are.
    bias : parameter, shape (classes,)
        Added to the logits.
    """

    def __init__(self, sizes: tuple[int, ...], states: int, length: int, generator: torch.Generator) -> None:
        super().__init__()
        self.states = states
        self.length = length
        self.weights = nn.ParameterList(
            nn.Parameter(torch.empty(neurons, inputs).uniform_(-1, 1, generator=generator))
            for inputs, neurons in itertools.pairwise(sizes))
        self.norms = nn.ModuleList(nn.BatchNorm1d(neurons) for neurons in sizes[1:-1])
        for norm in self.norms:
            cast(nn.BatchNorm1d, norm).weight.data.fill_(0.5)
        self.log_scale = nn.Parameter(torch.tensor(float(-np.log(np.sqrt(sizes[-2])))))
        self.bias = nn.Parameter(torch.zeros(sizes[-1]))

    def sums(self, number: int, a: torch.Tensor, noise: torch.Generator | None) -> torch.Tensor:
        """z of layer ``number`` for activations ``a``, integers 2k - (K-1) of shape (n, inputs)."""
        full = self.states - 1
        w = _rounded(self.weights[number], self.states)
        z = (a @ w.T) / (full * full)
        if noise is None:
            return z
        with torch.no_grad():
            variance = (a.shape[1] - (a * a) @ (w * w).T / full**4) / self.length
            draw = torch.empty_like(z).normal_(generator=noise).mul_(variance.clamp_(min=0).sqrt_())
        return z + draw

    def forward(self, a: torch.Tensor, noise: torch.Generator | None = None) -> torch.Tensor:
        """Logits, shape (n, classes), of input states as integers 2k - (K-1); with ``noise``, those of bitstreams."""
        for number, norm in enumerate(self.norms):
            a = _rounded(norm(self.sums(number, a, noise)), self.states)
        return self.sums(len(self.norms), a, noise) * self.log_scale.exp() + self.bias

    def clamp_weights(self) -> None:
        with torch.no_grad():
            for weight in self.weights:
                weight.clamp_(-1, 1)

    def export(self, length: int, provenance: dict[str, Any] | None = None) -> Network:
        """The integer network, with batch norm folded into thresholds (see the bit contract)."""
        sizes = (self.weights[0].shape[1], *(weight.shape[0] for weight in self.weights))
        midpoints = (2 * np.arange(1, self.states) - 1) / (self.states - 1) - 1
        layers = []
        for number, (lanes, units) in enumerate(balanced_folding(sizes)):
            rounded = _rounded(self.weights[number].detach(), self.states).cpu().numpy().astype(np.int64)
            weights = ((rounded + self.states - 1) // 2).astype(np.uint8)
            if number < len(self.norms):
                gamma, beta = _affine(cast(nn.BatchNorm1d, self.norms[number]))
                weights[gamma < 0] = self.states - 1 - weights[gamma < 0]
                layers.append(Layer(weights, self.states, self.states, lanes, units,
                                    z_thresholds=fold_thresholds(np.abs(gamma), beta, midpoints)))
            else:
                bias = self.bias.detach().cpu().double().numpy() / np.exp(float(self.log_scale.detach()))
                layers.append(Layer(weights, self.states, self.states, lanes, units, z_biases=bias))
        return Network(tuple(layers), input_thresholds(self.states), length, provenance or {})


def _affine(norm: nn.BatchNorm1d) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Batch norm in evaluation as y = gamma z + beta, each of shape (neurons,)."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    mean, variance, scale, shift = (tensor.detach().cpu().double().numpy()
                                    for tensor in (norm.running_mean, norm.running_var, norm.weight, norm.bias))
    gamma = scale / np.sqrt(variance + norm.eps)
    return gamma, shift - gamma * mean


def fold_thresholds(gamma: npt.NDArray[np.float64], beta: npt.NDArray[np.float64],
                    midpoints: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The z from which on gamma z + beta reaches each midpoint, shape (neurons, midpoints).

    A gamma of (nearly) zero is a neuron of constant state: its thresholds are always or never reached.
    """
    gap = midpoints - beta[:, None]
    # far beyond every sum, yet finite, so that differences of thresholds are numbers
    never = np.where(gap > 0, FAR, -FAR)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        z = gap / gamma[:, None]
    return np.where(np.abs(z) < FAR, z, never)


def augmented(images: torch.Tensor, strength: float, generator: torch.Generator) -> torch.Tensor:
    """Images (n, 784), float pixels, under random affine maps: rotation, scale, shear, shift; rounded to bytes."""
    if strength == 0:
        return images
    n = len(images)
    draw = torch.empty(n, 6, device=images.device).uniform_(-1, 1, generator=generator) * strength
    angle, shear = draw[:, 0] * np.radians(12), draw[:, 1] * 0.15
    wide, high = torch.exp(draw[:, 2] * 0.15), torch.exp(draw[:, 3] * 0.15)
    shift = draw[:, 4:] * (2 * 2 / IMAGE_SHAPE[0])
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = (wide * cos, wide * (shear * cos - sin), shift[:, 0], high * sin, high * (shear * sin + cos), shift[:, 1])
    grid = functional.affine_grid(torch.stack(rows, 1).view(n, 2, 3), [n, 1, *IMAGE_SHAPE], align_corners=False)
    return functional.grid_sample(images.view(n, 1, *IMAGE_SHAPE), grid, align_corners=False).round_().view(n, PIXELS)


class _Quantizer:
    """From pixels to integers 2k - (K-1), by table."""

    def __init__(self, states: int, device: torch.device) -> None:
        table = np.searchsorted(input_thresholds(states), np.arange(256), side="right")
        self.table = torch.as_tensor(2 * table - (states - 1), dtype=torch.float32, device=device)

    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.table[pixels.int()]


class _Trainer:
    """State of one training run; everything that a resumed run needs is in `state_dict`."""

    def __init__(self, config: TrainingConfig, images: Images) -> None:
        self.config = config
        self.device = torch.device(config.device)
        self.generator = torch.Generator(self.device).manual_seed(config.seed)
        initial = torch.Generator().manual_seed(config.seed)
        order = torch.randperm(len(images), generator=initial)
        if config.validation_images + config.batch_size > len(images):
            raise InputError(f"{len(images)} training images are too few for validation_images="
                             f"{config.validation_images} and batch_size={config.batch_size}; give more or lower these")
        pixels = torch.as_tensor(np.array(images.images))[order].to(self.device)
        labels = torch.as_tensor(images.labels.astype(np.int64))[order].to(self.device)
        cut = len(images) - config.validation_images
        self.pixels, self.labels = pixels[:cut], labels[:cut]
        self.validation = pixels[cut:], labels[cut:]
        self.quantizer = _Quantizer(config.states, self.device)
        self.model = QuantizedNetwork(config.sizes, config.states, config.length, initial).to(self.device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=config.learning_rate)
        self.steps = cut // config.batch_size
        self.scheduler = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, config.learning_rate, total_steps=config.epochs * self.steps)
        self.epoch = 0

    def run_epoch(self, bar: tqdm[Any]) -> float:
        """One pass over the training images; returns the mean loss."""
        config = self.config
        order = torch.randperm(len(self.pixels), generator=self.generator, device=self.device)
        noise = self.generator if config.sc else None
        self.model.train()
        total = torch.zeros((), device=self.device)
        for step in range(self.steps):
            batch = order[step * config.batch_size:(step + 1) * config.batch_size]
            pixels = augmented(self.pixels[batch].float(), config.augmentation, self.generator)
            loss = functional.cross_entropy(self.model(self.quantizer(pixels), noise), self.labels[batch])
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            self.scheduler.step()
            self.model.clamp_weights()
            total += loss.detach()
            bar.update()
        self.epoch += 1
        mean = float(total) / self.steps
        if not np.isfinite(mean):
            raise InputError(f"the loss is {mean} in epoch {self.epoch}; "
                             f"give a learning_rate below {config.learning_rate}")
        return mean

    def accuracy(self, pixels: torch.Tensor, labels: torch.Tensor) -> float:
        """Share of right classes with the streams' noise, in per cent; the draws are the same at every call."""
        noise = torch.Generator(self.device).manual_seed(self.config.seed + 1)
        self.model.eval()
        right = 0
        with torch.inference_mode():
            for begin in range(0, len(labels), EVALUATION_BATCH):
                part = slice(begin, begin + EVALUATION_BATCH)
                right += int((self.model(self.quantizer(pixels[part]), noise).argmax(1) == labels[part]).sum())
        return 100 * right / len(labels)

    def state_dict(self) -> dict[str, Any]:
        return {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(),
                "scheduler": self.scheduler.state_dict(), "generator": self.generator.get_state(), "epoch": self.epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        self.generator.set_state(state["generator"].cpu())
        self.epoch = int(state["epoch"])


def train(hidden: tuple[int, ...], states: int, length: int, *, out: str | os.PathLike[str], sc: bool = True,
          epochs: int = TrainingConfig.epochs, seed: int = TrainingConfig.seed, device: str = TrainingConfig.device,
          data_folder: str | os.PathLike[str] | None = None, progress: bool = True) -> Network:
    """Train a network on MNIST and write its artifact; see `TrainingConfig` for the parameters.

    Parameters
    ----------
    out : path
        The artifact, a .npz file. Beside it, ``<out>.checkpoint`` keeps the state after each epoch until the end; the
        same call after an interruption goes on from there and gives the same network, to the bit.
    data_folder : path, optional
        See `spinsc.models.data.load_mnist`.
    progress : bool
        Whether to show a progress bar on stderr.
    """
    config = TrainingConfig(hidden, states, length, sc=sc, epochs=epochs, seed=seed, device=device)
    return train_on(config, load_mnist("train", data_folder), load_mnist("test", data_folder), out, progress=progress)


def train_on(config: TrainingConfig, training: Images, test: Images, out: str | os.PathLike[str], *,
             progress: bool = True) -> Network:
    """`train` with any settings and images. ``test`` is used once, at the end, for the figure in the provenance.

    Raises
    ------
    InputError
        If ``out`` cannot be written, or a checkpoint beside it is damaged or of other settings.
    KeyboardInterrupt
        With a message that says how to go on.
    """
    out = Path(out)
    _check_writable(out)
    checkpoint = out.with_name(out.name + ".checkpoint")
    key = {"version": CHECKPOINT_VERSION, "config": str(config),
           "images": hashlib.sha256(training.images.tobytes()).hexdigest()}
    with _threads(config.threads):
        trainer = _Trainer(config, training)
        if checkpoint.exists():
            trainer.load_state_dict(_load_checkpoint(checkpoint, key))
        validation = trainer.accuracy(*trainer.validation) if trainer.epoch else 0.0
        total = config.epochs * trainer.steps
        try:
            with tqdm(total=total, initial=trainer.epoch * trainer.steps, unit="step", disable=not progress) as bar:
                while trainer.epoch < config.epochs:
                    bar.set_description(f"epoch {trainer.epoch + 1}/{config.epochs}", refresh=False)
                    loss = trainer.run_epoch(bar)
                    validation = trainer.accuracy(*trainer.validation)
                    bar.set_postfix_str(f"loss {loss:.4f}, validation {validation:.2f} %")
                    _save_checkpoint(checkpoint, key, trainer)
        except KeyboardInterrupt:
            if checkpoint.exists():
                raise KeyboardInterrupt(f"stopped in epoch {trainer.epoch + 1} of {config.epochs}; the same command "
                                        f"goes on from {checkpoint}") from None
            raise KeyboardInterrupt("stopped before the first epoch was done; nothing was written") from None
        pixels = torch.as_tensor(np.array(test.images)).to(trainer.device)
        labels = torch.as_tensor(test.labels.astype(np.int64)).to(trainer.device)
        test_accuracy = trainer.accuracy(pixels, labels)
    network = trainer.model.export(config.length, {
        "origin": "trained", "command": config.command, "settings": dataclasses.asdict(config),
        "data": f"MNIST format, {len(trainer.pixels)} training and {config.validation_images} validation images",
        "images_sha256": key["images"], "validation_accuracy_percent": validation,
        "test_accuracy_percent": test_accuracy,
        "accuracy_model": f"Gaussian noise of streams of {config.length} bits",
        "versions": {"python": sys.version.split()[0], "torch": torch.__version__, "numpy": np.__version__}})
    network.save(out)
    checkpoint.unlink(missing_ok=True)
    return network


@contextlib.contextmanager
def _threads(number: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _check_writable(out: Path) -> None:
    """Fail before an hour of training rather than after it."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {out.parent} ({error.strerror}); give another output file") from None
    if out.is_dir() or not os.access(out.parent, os.W_OK):
        raise InputError(f"cannot write {out}: {'it is a folder' if out.is_dir() else 'no permission'}; "
                         "give another output file")


def _save_checkpoint(path: Path, key: dict[str, Any], trainer: _Trainer) -> None:
    buffer = io.BytesIO()
    torch.save(key | {"state": trainer.state_dict()}, buffer)
    write_atomically(path, buffer.getvalue())


def _load_checkpoint(path: Path, key: dict[str, Any]) -> dict[str, Any]:
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
        state = cast(dict[str, Any], found["state"])
        differing = [name for name, value in key.items() if found[name] != value]
    except (OSError, EOFError, RuntimeError, KeyError, TypeError, ValueError, pickle.UnpicklingError,
            struct.error, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is not a readable checkpoint ({type(error).__name__}); "
                         "delete it to begin again") from None
    if differing:
        raise InputError(f"{path} is from a run of other settings ({', '.join(differing)}); "
                         "delete it to begin again, or give another output file")
    return state
