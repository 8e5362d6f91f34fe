"""Quantization-aware training on images, with or without the noise of the bitstreams in the loop."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import os
import pickle
import shlex
import struct
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch.nn import functional
from tqdm import tqdm  # type: ignore[import-untyped]

from spinsc.errors import InputError
from spinsc.files import write_atomically
from spinsc.models.artifact import save_artifact
from spinsc.models.contract import MAX_STATES
from spinsc.models.data.catalogue import SPLITS, Images, find_dataset, load_dataset, recognize
from spinsc.models.network import Network
from spinsc.models.training.augmentation import Augmentation
from spinsc.models.training.quantization import PixelQuantizer, QuantizedNetwork

CHECKPOINT_VERSION = 2
STATE_VERSION = 1
FINE_TUNING_EPOCHS = 12
FINE_TUNING_RATE = 0.003
EVALUATION_BATCH = 1000


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
        Strength of the random maps of the images, see `Augmentation`; 0 is none.
    validation_images : int
        Training images set aside to report validation accuracy.
    threads : int
        Of the CPU. The order of float additions depends on it, so it is not the machine's number of cores; and on a
        busy machine several threads that wait for each other are far slower than one.
    start : str
        State file of a trained network of the same sizes, states and seed (see `train_on`) whose weights this training
        begins with, such as that of another stream length. Empty: random weights.
    dataset : str
        Name of the data set (see `data.DATASETS`), which the artifact keeps. Empty: images of one's own.
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
    dataset: str = "mnist"

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
        if self.dataset:
            find_dataset(self.dataset)
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
        for name in ("epochs", "seed", "device", "learning_rate", "augmentation", "start", "dataset"):
            # images of one's own have no name; their folder is given with --data
            if getattr(self, name) not in (defaults[name], ""):
                words += [f"--{name.replace('_', '-')}", shlex.quote(str(getattr(self, name)))]
        return " ".join(words)


class _Trainer:
    """State of one training run; everything that a resumed run needs is in `state_dict`."""

    def __init__(self, config: TrainingConfig, images: Images) -> None:
        self.config = config
        self.device = torch.device(config.device)
        self.generator = torch.Generator(self.device).manual_seed(config.seed)
        initial = torch.Generator().manual_seed(config.seed)
        order = _order(len(images), initial)
        if config.validation_images + config.batch_size > len(images):
            raise InputError(f"{len(images)} training images are too few for validation_images="
                             f"{config.validation_images} and batch_size={config.batch_size}; give more or lower these")
        pixels = torch.as_tensor(np.array(images.images))[order].to(self.device)
        labels = torch.as_tensor(images.labels.astype(np.int64))[order].to(self.device)
        cut = len(images) - config.validation_images
        self.pixels, self.labels = pixels[:cut], labels[:cut]
        self.validation = pixels[cut:], labels[cut:]
        self.augment = Augmentation(config.augmentation, images.shape, self.device)
        self.quantizer = PixelQuantizer(config.states)
        self.sizes = (images.images.shape[1], *config.hidden, images.classes)
        self.model = QuantizedNetwork(self.sizes, config.states, config.length, initial).to(self.device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=config.learning_rate, fused=True)
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
            pixels = self.augment(self.pixels[batch].float(), self.generator)
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


def train(hidden: tuple[int, ...], states: int, length: int, *, out: str | os.PathLike[str],
          data_folder: str | os.PathLike[str] | None = None, keep_state: bool = False, progress: bool = True,
          **settings: Any) -> Network:
    """Train a network on a data set and write its artifact.

    Parameters
    ----------
    out : path
        The artifact, a .npz file. Beside it, ``<out>.checkpoint`` keeps the state after each epoch until the end; the
        same call after an interruption goes on from there and gives the same network, to the bit.
    data_folder : path, optional
        See `spinsc.models.data.catalogue.load_dataset`. Without a ``dataset`` among the settings, it is recognized.
    keep_state : bool
        See `train_on`.
    progress : bool
        Whether to show a progress bar on stderr.
    settings
        The other attributes of `TrainingConfig`.
    """
    config = TrainingConfig(hidden, states, length, **settings)
    training, test = (load_dataset(config.dataset, split, data_folder) for split in SPLITS)
    if data_folder is not None and "dataset" not in settings:
        config = dataclasses.replace(config, dataset=recognize(training, "train"))
    return train_on(config, training, test, out, keep_state=keep_state, progress=progress)


def train_on(config: TrainingConfig, training: Images, test: Images, out: str | os.PathLike[str], *,
             keep_state: bool = False, progress: bool = True) -> Network:
    """`train` with any images. ``test`` is used once, at the end, for the figure in the provenance.

    To train for another stream length, begin with the state of a network that is trained already::

        base = TrainingConfig((512, 512, 512), states=5, length=100)
        train_on(base, training, test, "base.npz", keep_state=True)
        short = fine_tuning(base, length=16, start=state_path("base.npz"))
        train_on(short, training, test, "short.npz")

    Parameters
    ----------
    keep_state : bool
        Whether to write the real-valued weights to ``state_path(out)``, for a training that starts there. They are
        written before the artifact, so where that exists, the state does.

    Raises
    ------
    InputError
        If the two sets are not of the same kind, ``out`` cannot be written, a checkpoint beside it is damaged or of
        other settings, or ``config.start`` is no state of a network like this one.
    KeyboardInterrupt
        With a message that says how to go on.
    """
    if test.shape != training.shape or test.classes > training.classes:
        raise InputError(f"{test.source} holds {test.classes} classes of {test.shape[0]} x {test.shape[1]} pixels, but "
                         f"{training.source} {training.classes} of {training.shape[0]} x {training.shape[1]}; "
                         "give a training and a test set of the same kind")
    out = Path(out)
    _check_writable(out)
    checkpoint = out.with_name(out.name + ".checkpoint")
    begun = _read_start(config.start) if config.start else None
    key = {"version": CHECKPOINT_VERSION, "config": str(config),
           "images": hashlib.sha256(training.images.tobytes()).hexdigest(),
           "labels": hashlib.sha256(training.labels.tobytes()).hexdigest(),
           "start": hashlib.sha256(begun or b"").hexdigest()}
    with _threads(config.threads):
        trainer = _Trainer(config, training)
        if begun is not None:
            trainer.model.load_state_dict(_trained_state(begun, trainer))
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
        "dataset": config.dataset,
        "data": f"{training.shape[0]} x {training.shape[1]} pixels, {training.classes} classes, "
                f"{len(trainer.pixels)} training and {config.validation_images} validation images",
        "images_sha256": key["images"], "validation_accuracy_percent": validation,
        "test_accuracy_percent": test_accuracy,
        "accuracy_model": f"Gaussian noise of streams of {config.length} bits",
        "versions": {"python": sys.version.split()[0], "torch": torch.__version__, "numpy": np.__version__}})
    if keep_state:
        _save(state_path(out), _identity(trainer) | {"model": trainer.model.state_dict()})
    save_artifact(network, out)
    checkpoint.unlink(missing_ok=True)
    return network


def validation_part(images: Images, seed: int, number: int = TrainingConfig.validation_images) -> Images:
    """The ``number`` of the training images that a training of this seed sets aside; to choose networks by."""
    aside = _order(len(images), torch.Generator().manual_seed(seed))[len(images) - number:].numpy()
    return dataclasses.replace(images, images=images.images[aside], labels=images.labels[aside])


def _order(images: int, generator: torch.Generator) -> torch.Tensor:
    """Numbers of the images, those for training before those set aside; the generator's first draw."""
    return torch.randperm(images, generator=generator)


def fine_tuning(base: TrainingConfig, length: int, start: str | os.PathLike[str], **settings: Any) -> TrainingConfig:
    """Settings of a short training for streams of ``length`` bits that begins with the state of ``base``.

    Parameters
    ----------
    start : path
        The state file of ``base``, see `state_path`.
    settings
        Other attributes of `TrainingConfig`, instead of those of ``base`` or of a short training, which has few
        epochs, a low learning rate and half the augmentation.
    """
    short: dict[str, Any] = {"epochs": FINE_TUNING_EPOCHS, "learning_rate": FINE_TUNING_RATE,
                             "augmentation": base.augmentation / 2}
    return dataclasses.replace(base, length=length, start=os.fspath(start), **short | settings)


def state_path(out: str | os.PathLike[str]) -> Path:
    """Where the training of the artifact ``out`` keeps its state, on request."""
    return Path(out).with_suffix(".state")


def _identity(trainer: _Trainer) -> dict[str, Any]:
    """What a start and the training that begins there must have in common; the seed, because it decides the split."""
    return {"version": STATE_VERSION, "sizes": list(trainer.sizes), "states": trainer.config.states,
            "seed": trainer.config.seed}


def _read_start(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read the state {path} ({error.strerror}); "
                         "give a file that 'spinsc train --keep-state' wrote") from None


def _trained_state(content: bytes, trainer: _Trainer) -> dict[str, Any]:
    config = trainer.config
    found = _unpickled(content, f"{config.start} is not a readable state", "give a file that 'spinsc train "
                       "--keep-state' wrote")
    differing = [f"{name} {found.get(name)}, not {value}" for name, value in _identity(trainer).items()
                 if found.get(name) != value]
    if differing or "model" not in found:
        raise InputError(f"the state {config.start} is of another network ({'; '.join(differing) or 'no weights'}); "
                         "give one that was trained with the same --hidden, --states and --seed")
    return cast(dict[str, Any], found["model"])


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
    _save(path, key | {"state": trainer.state_dict()})


def _load_checkpoint(path: Path, key: dict[str, Any]) -> dict[str, Any]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path} ({error.strerror}); delete it to begin again") from None
    found = _unpickled(content, f"{path} is not a readable checkpoint", "delete it to begin again")
    differing = [name for name, value in key.items() if found.get(name) != value]
    if differing or "state" not in found:
        raise InputError(f"{path} is from a run of other settings ({', '.join(differing)}); "
                         "delete it to begin again, or give another output file")
    return cast(dict[str, Any], found["state"])


def _save(path: Path, content: dict[str, Any]) -> None:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_atomically(path, buffer.getvalue())


def _unpickled(content: bytes, problem: str, remedy: str) -> dict[str, Any]:
    try:
        found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        if not isinstance(found, dict):
            raise TypeError
    except (OSError, EOFError, RuntimeError, KeyError, TypeError, ValueError, pickle.UnpicklingError,
            struct.error, zipfile.BadZipFile) as error:
        raise InputError(f"{problem} ({type(error).__name__}); {remedy}") from None
    return found
