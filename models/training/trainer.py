"""Quantization-aware training on images, with or without the noise of the bitstreams in the loop."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from spinsc.errors import InputError
from spinsc.models.data.catalogue import SPLITS, recognize
from spinsc.models.data.images import Images
from spinsc.models.data.own import OwnSets, own_sets
from spinsc.models.data.sources import load_dataset
from spinsc.models.network import Network
from spinsc.models.nn.quantizer import InputQuantizer, quantile_thresholds
from spinsc.models.training.augmentation import Augmentation
from spinsc.models.training.checkpoint import (
    checkpoint_path,
    load_checkpoint,
    read_start,
    save_checkpoint,
    save_weights,
    state_path,
    weights_of,
)
from spinsc.models.training.config import TrainingConfig
from spinsc.models.training.quantization import QuantizedNetwork
from spinsc.progress import Bar, progress_bar

EVALUATION_BATCH = 1000
_STEP_BYTES = 24 << 20  # of the tensors of a step; what is above 32 MiB teaches glibc nothing


class Trainer:
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
        quantizer = InputQuantizer(config.states, None if config.input_thresholds == "even" else
                                   quantile_thresholds(config.states, images.images[order[:cut].numpy()]))
        self.sizes = (images.images.shape[1], *config.hidden, images.classes)
        self.model = QuantizedNetwork(self.sizes, quantizer, config.length, initial, config.noise).to(self.device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=config.learning_rate, fused=True)
        self.batches = cut // config.batch_size
        self.scheduler = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, config.learning_rate, total_steps=config.epochs * self.batches)
        self.epoch = 0
        #: Mean loss, and accuracy on the validation images in per cent, after each epoch.
        self.curve: list[tuple[float, float]] = []
        # glibc learns from this that blocks come and go, and does not return them after every step; the page faults
        # took an eighth of the time
        torch.empty(_STEP_BYTES, dtype=torch.uint8)

    def run_epoch(self, bar: Bar) -> float:
        """One pass over the training images; returns the mean loss."""
        config = self.config
        order = torch.randperm(len(self.pixels), generator=self.generator, device=self.device)
        noise = self.generator if config.sc else None
        self.model.train()
        total = torch.zeros((), device=self.device)
        for number in range(self.batches):
            batch = order[number * config.batch_size:(number + 1) * config.batch_size]
            pixels = self.augment(self.pixels.index_select(0, batch), self.generator)
            loss = functional.cross_entropy(self.model(pixels, noise), self.labels[batch])
            self.model.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            self.scheduler.step()
            self.model.clamp_weights()
            total += loss.detach()
            bar.advance()
        self.epoch += 1
        mean = float(total) / self.batches
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
                right += int((self.model(pixels[part], noise).argmax(1) == labels[part]).sum())
        return 100 * right / len(labels)

    def accuracy_on(self, images: Images) -> float:
        """`accuracy` on a set of images."""
        return self.accuracy(torch.as_tensor(np.array(images.images)).to(self.device),
                             torch.as_tensor(images.labels.astype(np.int64)).to(self.device))

    @property
    def identity(self) -> dict[str, Any]:
        """What a start and the training that begins there must have in common; the seed, as it decides the split."""
        return {"sizes": list(self.sizes), "states": self.config.states, "seed": self.config.seed}

    def state_dict(self) -> dict[str, Any]:
        return {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(),
                "scheduler": self.scheduler.state_dict(), "generator": self.generator.get_state(), "epoch": self.epoch,
                "curve": self.curve}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        self.generator.set_state(state["generator"].cpu())
        self.epoch = int(state["epoch"])
        self.curve = state["curve"]


def train(hidden: tuple[int, ...], states: int, length: int, *, out: str | os.PathLike[str],
          data: str | os.PathLike[str] | None = None, test: str | os.PathLike[str] | None = None,
          label_column: str | None = None, keep_state: bool = False, progress: bool = True,
          **settings: Any) -> Network:
    """Train a network on a data set and write its artifact.

    Parameters
    ----------
    out : path
        The artifact, a .npz file. Beside it, ``<out>.checkpoint`` keeps the state after each epoch until the end; the
        same call after an interruption goes on from there and gives the same network, to the bit.
    data, test, label_column : optional
        Data of your own, see `spinsc.models.data.own.own_sets`. Without a ``dataset`` among the settings, it is
        recognized if it is a known one; other settings follow its size if they are not given (see `fitting_settings`).
    keep_state : bool
        See `train_on`.
    progress : bool
        Whether to show a progress bar on stderr.
    settings
        The other attributes of `TrainingConfig`.
    """
    config = TrainingConfig(hidden, states, length, **settings)  # checked before data are read
    if data is None:
        if test is not None or label_column is not None:
            raise InputError("a test set and a column of labels belong to data of your own; give data, too")
        known, tested = (load_dataset(config.dataset, split) for split in SPLITS)
        return train_on(config, known, tested, out, keep_state=keep_state, progress=progress)
    sets = own_sets(data, test, seed=config.seed, label_column=label_column)
    config = TrainingConfig(hidden, states, length, **fitting_settings(sets) | settings)
    return train_on(config, sets.training, sets.test, out, keep_state=keep_state, progress=progress, facts=sets.facts)


def fitting_settings(sets: OwnSets) -> dict[str, Any]:
    """Settings for data of your own, where none are given: those that follow from their size and kind.

    An eighth of the samples is set aside for validation, at most as many as usual; a batch is a sixteenth at most. Rows
    of a table are no images, which could be moved.
    """
    samples, usual = len(sets.training), TrainingConfig((), 2, 1)
    settings: dict[str, Any] = {
        "dataset": recognize(sets.training, "train"),
        "validation_images": min(usual.validation_images, max(1, samples // 8)),
        "batch_size": min(usual.batch_size, max(2, 1 << (samples // 16).bit_length() - 1 if samples >= 16 else 2))}
    return settings | ({"augmentation": 0.0} if sets.table else {})


def train_on(config: TrainingConfig, training: Images, test: Images, out: str | os.PathLike[str], *,
             keep_state: bool = False, progress: bool = True, facts: Mapping[str, Any] | None = None) -> Network:
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
    facts : mapping, optional
        More for the provenance.

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
    if training.shape[0] == 1 and config.augmentation:
        raise InputError(f"augmentation must be 0 for rows of features, which are no images, not {config.augmentation}")
    out = Path(out)
    _check_writable(out)
    begun = read_start(config.start) if config.start else None
    key = {"config": str(config), "images": hashlib.sha256(training.images.tobytes()).hexdigest(),
           "labels": hashlib.sha256(training.labels.tobytes()).hexdigest(),
           "start": hashlib.sha256(begun or b"").hexdigest()}
    with _threads(config.threads):
        trainer = Trainer(config, training)
        if begun is not None:
            trainer.model.load_state_dict(weights_of(begun, config.start, trainer.identity))
        validation = _run(trainer, checkpoint_path(out), key, progress)
        test_accuracy = trainer.accuracy_on(test)
    network = trainer.model.export(config.length, _provenance(trainer, training, {
        "images_sha256": key["images"], "validation_accuracy_percent": validation,
        "learning_curve": trainer.curve,
        "test_accuracy_percent": test_accuracy, **(facts or {})}))
    if keep_state:
        save_weights(state_path(out), trainer.identity, trainer.model.state_dict())
    network.save(out)
    checkpoint_path(out).unlink(missing_ok=True)
    return network


def _provenance(trainer: Trainer, training: Images, measured: dict[str, Any]) -> dict[str, Any]:
    """How the network came about, and what was measured."""
    config = trainer.config
    return {"origin": "trained", "command": config.command, "settings": dataclasses.asdict(config),
            "dataset": config.dataset,
            "data": f"{_size(training)}, {training.classes} classes, "
                    f"{len(trainer.pixels)} training and {config.validation_images} validation images", **measured,
            "accuracy_model": f"{'Gaussian noise' if config.noise == 'independent' else 'shared bits'} of streams of "
                              f"{config.length} bits",
            "versions": {"python": sys.version.split()[0], "torch": torch.__version__, "numpy": np.__version__}}


def _size(images: Images) -> str:
    height, width = images.shape
    return f"{width} features" if height == 1 else f"{height} x {width} pixels"


def _run(trainer: Trainer, checkpoint: Path, key: dict[str, Any], progress: bool) -> float:
    """Train to the last epoch, from a checkpoint if there is one; accuracy on the validation images in per cent."""
    config = trainer.config
    if checkpoint.exists():
        trainer.load_state_dict(load_checkpoint(checkpoint, key))
    validation = trainer.accuracy(*trainer.validation) if trainer.epoch else 0.0
    try:
        with progress_bar("training", config.epochs * trainer.batches, unit="step",
                          done=trainer.epoch * trainer.batches, shown=progress) as bar:
            while trainer.epoch < config.epochs:
                bar.describe(f"epoch {trainer.epoch + 1}/{config.epochs}")
                loss = trainer.run_epoch(bar)
                validation = trainer.accuracy(*trainer.validation)
                trainer.curve.append((round(loss, 5), round(validation, 3)))
                bar.remark(f"loss {loss:.4f}, validation {validation:.2f} %")
                save_checkpoint(checkpoint, key, trainer.state_dict())
    except KeyboardInterrupt:
        if checkpoint.exists():
            raise KeyboardInterrupt(f"stopped in epoch {trainer.epoch + 1} of {config.epochs}; the same command "
                                    f"goes on from {checkpoint}") from None
        raise KeyboardInterrupt("stopped before the first epoch was done; nothing was written") from None
    return validation


def validation_part(images: Images, seed: int, number: int = TrainingConfig.validation_images) -> Images:
    """The ``number`` of the training images that a training of this seed sets aside; to choose networks by."""
    aside = _order(len(images), torch.Generator().manual_seed(seed))[len(images) - number:].numpy()
    return dataclasses.replace(images, images=images.images[aside], labels=images.labels[aside])


def _order(images: int, generator: torch.Generator) -> torch.Tensor:
    """Numbers of the images, those for training before those set aside; the generator's first draw."""
    return torch.randperm(images, generator=generator)


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
