"""The ten names of ``import spinsc``: what the commands do, on objects. Heavy imports wait until a function runs."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.models.data.images import Images
from spinsc.models.network import Network
from spinsc.models.shipped import load_network
from spinsc.sim import studies

if TYPE_CHECKING:
    from torch import nn

    from spinsc.gen.manifest import Manifest
    from spinsc.models.data.catalogue import Split
    from spinsc.models.data.samples import Samples
    from spinsc.sim.cosim.report import Report
    from spinsc.sim.recordings.recording import Recording

__all__ = ["Evaluation", "Network", "cosim", "emit", "evaluate", "export", "import_recording", "load_network",
           "simulate_recording", "studies", "train"]

#: A network, the name of a shipped one, or a file.
NetworkLike: TypeAlias = Network | str | os.PathLike[str]
#: Labelled samples: a name of a data set, a file or folder, `Images`, or values (n, features), which are bytes or real
#: numbers, and labels (n,).
Data: TypeAlias = str | os.PathLike[str] | Images | tuple[npt.ArrayLike, npt.ArrayLike]


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """What the golden model makes of some labelled images.

    Attributes
    ----------
    network : Network
    classes, labels : integers, shape (n,)
        Found and right ones.
    rng : str
        Source of the random bits.
    """

    network: Network
    classes: npt.NDArray[np.int64]
    labels: npt.NDArray[np.uint8]
    rng: str

    @property
    def correct(self) -> int:
        """Images whose class is their label."""
        return int((self.classes == self.labels).sum())

    @property
    def accuracy(self) -> float:
        """Share of them, from 0 to 1."""
        return self.correct / len(self.labels)

    @property
    def confusion(self) -> npt.NDArray[np.int64]:
        """Images by label (rows) and class found (columns)."""
        table = np.zeros((self.network.classes,) * 2, np.int64)
        np.add.at(table, (self.labels, self.classes), 1)
        return table

    def __repr__(self) -> str:
        return f"Evaluation({100 * self.accuracy:.2f} % of {len(self.labels):,} images right, rng={self.rng!r})"


def train(data: Data = "mnist", *, hidden: Sequence[int], states: int, length: int,
          out: str | os.PathLike[str], test: Data | None = None, keep_state: bool = False, progress: bool = False,
          **settings: Any) -> Network:
    """Train a network with the streams' noise in the loop, and write its file, as ``spinsc train`` does.

    Parameters
    ----------
    data : Data
        To train on.
    hidden, states, length
        Neurons of each hidden layer; K; L in bits.
    out : path
        The network file to write (.npz). The same call after an interruption goes on where that one ended.
    test : Data, optional
        Looked at once, at the end; by default the test set that belongs to ``data``, or a fifth of it.
    keep_state : bool
        Also keep the real weights, for a training that starts from there.
    progress : bool
        Show a progress bar on standard error.
    settings
        Others of `spinsc.models.training.config.TrainingConfig`: ``epochs``, ``seed``, ``sc``, ``augmentation``, ...

    Raises
    ------
    InputError
    """
    from spinsc.models.data.catalogue import DATASETS
    from spinsc.models.data.own import OwnSets, divided, joined
    from spinsc.models.data.sources import load_dataset
    from spinsc.models.training import trainer
    from spinsc.models.training.config import TrainingConfig

    if isinstance(data, str) and data in DATASETS:
        config = TrainingConfig(tuple(hidden), states, length, **{"dataset": data, **settings})
        training = load_dataset(data, "train")
        tested = load_dataset(data, "test") if test is None else _samples(test, "test").images(None)
        return trainer.train_on(config, training, tested, out, keep_state=keep_state, progress=progress)
    if not isinstance(data, tuple | Images) and not isinstance(test, tuple | Images):
        return trainer.train(tuple(hidden), states, length, out=out, data=data, test=test, keep_state=keep_state,
                             progress=progress, **settings)
    seed = int(settings.get("seed", 0))
    sets: OwnSets = divided(_samples(data, "train"), seed) if test is None \
        else joined(_samples(data, "train"), _samples(test, "test"))
    config = TrainingConfig(tuple(hidden), states, length, **trainer.fitting_settings(sets) | settings)
    return trainer.train_on(config, sets.training, sets.test, out, keep_state=keep_state, progress=progress,
                            facts=sets.facts)


def evaluate(network: NetworkLike, data: Data | None = None, *, rng: str = "smtj", count: int | None = None,
             first: int = 0, seed: int | None = None, period: int | None = None, repeat: bool | None = None,
             device: str = "cpu", progress: bool = False) -> Evaluation:
    """Classes that the golden model finds, bit for bit those of the hardware, as ``spinsc eval`` does.

    Parameters
    ----------
    network : NetworkLike
    data : Data, optional
        By default the test set of the data that the network was trained on.
    rng : str
        ``smtj`` (simulated junctions), ``recording:FILE``, ``lfsr`` or ``ideal``.
    count, first
        How many images, and the number of the first one; by default all.
    seed, period, repeat
        Of the random bits: seed, images after which they repeat, and whether a recording starts again where it ends.
    device : str
        Where torch computes.

    Raises
    ------
    InputError
    """
    from spinsc.models.golden.evaluation import classify
    from spinsc.sim.recordings.sources import parse_rng

    network = _network(network)
    images = _stretch(network, data, first, count)
    streams = parse_rng(rng, network, images=len(images), first=first, seed=seed, period=period, repeat=repeat)
    classes = classify(network, images.images, streams, first=first, device=device, progress=progress)
    return Evaluation(network, classes, images.labels, rng)


def emit(network: NetworkLike, out: str | os.PathLike[str], *, rng: str = "ports", recording: str | None = None,
         length: int | None = None, lanes: int | None = None, neurons: int | None = None, unroll: int | None = None,
         plan: str | None = None, pixels_per_beat: int | None = None, tlast: bool = False, pipeline: bool = False,
         pack_memories: bool = False, prefix: str | None = None) -> Manifest:
    """Write Verilog, memory images and manifest of a network to a new folder, as ``spinsc emit`` does.

    Parameters
    ----------
    network : NetworkLike
    out : path
        A new or empty folder.
    rng : str
        Source of the random bits in the hardware: ``ports``, ``lfsr`` or ``replay`` (of ``recording``).
    recording : str, optional
        A file, or ``default``.
    length, lanes, neurons, unroll, plan
        Stream length L, inputs S and neurons P in parallel, steps B per cycle, plan of the random numbers; by default
        the network's.
    pixels_per_beat : int, optional
        Of the input stream.
    tlast, pipeline, pack_memories : bool
        Streams with tlast; more registers, for a faster clock; the weights of a layer in one memory.
    prefix : str, optional
        Before the names of all modules and files.

    Raises
    ------
    InputError
    """
    from spinsc.gen.emit import DEFAULT_PIXELS_PER_BEAT
    from spinsc.gen.emit import emit as emit_folder
    from spinsc.gen.random_sources.registry import RANDOM_SOURCES
    from spinsc.sim.replay_memories import recorded_image

    network = _network(network)
    network = network if length is None else network.with_length(length)
    network = network.with_folding(lanes, neurons, unroll)
    network = network if plan is None else network.with_plan(plan)
    kind = RANDOM_SOURCES.find(rng)
    kind.expect_recording(recording is not None)
    return emit_folder(network, out, source=kind.create(None if recording is None
                                                        else recorded_image(network, recording)),
                       pixels_per_beat=DEFAULT_PIXELS_PER_BEAT if pixels_per_beat is None else pixels_per_beat,
                       tlast=tlast, pipeline=pipeline, pack_memories=pack_memories, prefix=prefix)


def cosim(directory: str | os.PathLike[str], data: Data | None = None, *, count: int = 1000, first: int = 0,
          rng: str | None = None, seed: int | None = None, period: int | None = None, repeat: bool | None = None,
          jobs: int = 1, waves: bool | int = False, waves_layer: int | None = None, simulator: str = "verilator",
          stress: int = 1, stress_seed: int = 0) -> Report:
    """Simulate the Verilog in a folder and compare every layer with the golden model, as ``spinsc cosim`` does.

    Parameters
    ----------
    directory : path
        Written by `emit`, perhaps edited since.
    data, count, first
        See `evaluate`; fewer than ``count`` where there are not as many.
    rng : str, optional
        At ports: ``smtj`` (by default) or ``recording:FILE``.
    seed, period, repeat
        See `evaluate`; of bits at ports.
    jobs : int
        Processes.
    waves : bool or int
        Keep a waveform (.fst) of the first image that differs, or of the image of this number.
    waves_layer : int, optional
        Only of this layer.
    simulator : str
        ``verilator`` or ``icarus``.
    stress, stress_seed : int
        Schedules of pauses, stops and resets besides, 0 for none, and the seed of the first.

    Returns
    -------
    Report
        Its ``passed`` is the verdict.

    Raises
    ------
    InputError
    """
    from spinsc.sim.cosim.directory import open_directory, random_numbers
    from spinsc.sim.cosim.run import cosimulate

    folder = Path(directory)
    manifest, network = open_directory(folder)
    images = _stretch(network, data, first, None, most=count)
    streams = random_numbers(manifest, network, folder, rng, images=len(images), first=first, seed=seed, period=period,
                             repeat=repeat)
    return cosimulate(folder, images.images, images.labels, streams, first=first, jobs=jobs, waves=waves,
                      waves_layer=waves_layer, simulator=simulator, stress=stress, stress_seed=stress_seed)


def import_recording(files: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], *,
                     format: str | None = None, sampling_interval_s: float | None = None,
                     threshold: float | str = "midpoint", levels: tuple[float, float] | None = None,
                     voltage_columns: Sequence[str | int] | None = None, rows: str | None = None, junction: str = "",
                     source: str = "", allow_constant: bool = False, **layout: Any) -> Recording:
    """A recording from measured files, as ``spinsc recording import`` makes it; its `save` writes it.

    Parameters
    ----------
    files : path or paths
        Of one format, each with devices of its own.
    format : str, optional
        Such as ``csv``; by default told by content or extension.
    sampling_interval_s : float, optional
        By default from the times in the files.
    threshold : float or str
        A voltage, ``midpoint`` or ``otsu``.
    levels : (float, float), optional
        Voltages of the two states.
    voltage_columns : sequence, optional
        By name or position, one for each device.
    rows : str, optional
        ``FIRST:LAST``, only these samples.
    junction, source : str
        What the junctions are, and where the files come from; kept in the recording.
    allow_constant : bool
        Accept devices whose samples are all equal.
    layout
        Other attributes of `spinsc.sim.recordings.importing.importer.Options`.

    Raises
    ------
    InputError
    """
    from spinsc.sim.recordings.importing import read
    from spinsc.sim.recordings.importing.importer import Options
    from spinsc.sim.recordings.importing.survey import LevelOptions

    paths = [files] if isinstance(files, str | os.PathLike) else list(files)
    return read.import_recording(
        paths, format=format, options=Options(voltage_columns=voltage_columns, **layout),
        levels=LevelOptions(threshold, levels), excerpt=read.Excerpt(rows, sampling_interval_s=sampling_interval_s),
        device=junction, source=source, allow_constant=allow_constant)


def simulate_recording(network: NetworkLike | None = None, *, images: int = 8, devices: int | None = None,
                       steps: int | None = None, seed: int = 0, device: str = "smtj", **junction: Any) -> Recording:
    """A recording of simulated junctions, as ``spinsc recording simulate`` makes it; its `save` writes it.

    Parameters
    ----------
    network : NetworkLike, optional
        It needs ``devices``, and for ``images`` images so many ``steps``, unless these are given.
    images, devices, steps
    seed : int
        Of all random generators.
    device : str
        Family of junctions, a name of `spinsc.sim.junctions.devices.DEVICES`.
    junction
        Attributes of the family's model, `spinsc.sim.junctions.smtj.SMTJ` (``dwell_time_0_s``, ``bias_kt``, ...) or
        `spinsc.sim.junctions.actuated.Actuated` (``midpoint_v``, ``memory_v``, ...).

    Raises
    ------
    InputError
    """
    from spinsc.sim.junctions.devices import DEVICES

    probabilities = None
    if network is not None:
        found = _network(network)
        needed = max(1, found.devices)
        devices = needed if devices is None else devices
        steps = max(found.samples) * images if steps is None else steps
        if found.tuned:
            probabilities = np.full(max(devices, needed), 0.5)
            probabilities[:found.devices] = found.device_probabilities
            probabilities = probabilities[:devices]
    if devices is None or steps is None:
        raise InputError("say how much to record: devices=N and steps=N, or a network and images=N")
    return DEVICES.find(device)(seed=seed, **junction).simulate(devices, steps, probabilities=probabilities)


def export(model: nn.Module, length: int, *, states: int | None = None, calibration: npt.ArrayLike | None = None,
           provenance: Mapping[str, Any] | None = None) -> Network:
    """The network that a module of PyTorch has become, at stream length ``length``; `Network.save` writes it.

    Parameters
    ----------
    model : nn.Module
        A chain of the layers in `spinsc.models.nn` and of batch norm; or one that was trained without them, of linear
        layers, batch norms, rising activations and Brevitas' quantizers. See ``docs/own-networks.md``.
    length : int
        L, bits.
    states : int, optional
        K of the weights and activations of a float network, which are quantized by ``calibration``.
    calibration : array, shape (n, features), optional
        What such a network takes: bytes, or real numbers, which become bytes feature by feature.
    provenance : mapping, optional
        JSON-compatible facts to keep with it.

    Raises
    ------
    InputError
        If a part of it has no place in the hardware; the message names it.
    """
    from spinsc.models.importing.read import import_network
    from spinsc.models.nn.export import export as export_module
    from spinsc.models.nn.linear import SCLinear

    if any(isinstance(module, SCLinear) for module in getattr(model, "modules", tuple)()):
        if states is not None or calibration is not None:
            raise InputError("states and calibration data are for networks without SCLinear, which are quantized after "
                             "training; leave them out")
        return export_module(model, length, provenance=provenance)
    network = import_network(model, length, states=states,
                             calibration=None if calibration is None else np.asarray(calibration)).network
    return dataclasses.replace(network, provenance=network.provenance | dict(provenance or {}))


def _network(network: NetworkLike) -> Network:
    return network if isinstance(network, Network) else load_network(network)


def _samples(data: Data, split: Split) -> Samples:
    from spinsc.models.data.catalogue import DATASETS
    from spinsc.models.data.samples import Samples, as_samples, load_samples
    from spinsc.models.data.sources import load_dataset

    if isinstance(data, tuple):
        return as_samples(np.asarray(data[0]), np.asarray(data[1]), "the samples given")
    if isinstance(data, str) and data in DATASETS:
        data = load_dataset(data, split)
    if isinstance(data, Images):
        return Samples(data.images, data.labels, data.source, shape=data.shape)
    return load_samples(data, split)


def _stretch(network: Network, data: Data | None, first: int, count: int | None, most: int | None = None) -> Images:
    """Images ``first`` and so on that suit the network: ``count``, or all, at ``most`` as many as said."""
    from spinsc.models.data.features import FeatureScaling
    from spinsc.sim.images import choose_images, stretch

    if data is None:
        return choose_images(network, None, None, first, count, default=most)
    return stretch(network, _samples(data, "test").images(FeatureScaling.of_network(network)), first, count, most)
