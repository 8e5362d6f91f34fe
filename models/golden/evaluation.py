"""The golden model: what the hardware computes from a network and its random numbers, bit for bit.

Built from ``docs/bit-contract.md`` alone; it shares no code with the RTL. Two forms give the same integers: the literal
one (`golden_literal`) forms every bit, the fast one (`golden_fast`) collapses each stream into a table first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from spinsc.errors import InputError
from spinsc.integers import ceil_div
from spinsc.models.contract import PIXEL_LEVELS
from spinsc.models.golden.binary import BinaryAccumulator
from spinsc.models.golden.fast import FastAccumulator
from spinsc.models.golden.literal import LiteralAccumulator
from spinsc.models.golden.trace import Trace
from spinsc.models.network import Network
from spinsc.models.outcome import Activation
from spinsc.models.streams.protocol import Slots, Streams
from spinsc.models.timing import one_thread_per_operation
from spinsc.progress import progress_bar

METHODS: dict[str, Callable[[Network, Streams, torch.device], Callable[[int, int, Tensor], Tensor]]] = {
    "fast": FastAccumulator, "literal": LiteralAccumulator}

# I * L and the threshold above it, I * L + 1, fit an int32.
_MAX_FULL_SCALE = 2**31 - 2
_ROWS_AT_ONCE = 1024


def evaluate(network: Network, images: npt.NDArray[np.uint8], streams: Streams, *, first: int = 0,
             method: str = "fast", device: str = "cpu", batch: int = 10_000) -> Trace:
    """All integers of some consecutive images.

    Parameters
    ----------
    network : Network
    images : uint8, shape (images, inputs)
        Pixels, row-major.
    streams : Streams
        Random numbers, made for the same network.
    first : int
        Index of the first image, which decides the slots: row b is image ``first + b``.
    method : {"fast", "literal"}
    device : str
        Name of a torch device.
    batch : int
        Images worked on at a time. Larger batches take more memory and, with a long period, less time.

    Raises
    ------
    InputError
        If the images or streams do not fit the network, or there is no such method or device.
    """
    parts = list(evaluate_batches(network, images, streams, first=first, method=method, device=device, batch=batch))
    if len(parts) == 1:
        return parts[0]
    return Trace(
        np.concatenate([part.input_states for part in parts]),
        [np.concatenate(layer) for layer in zip(*(part.accumulators for part in parts), strict=True)],
        [np.concatenate(layer) for layer in zip(*(part.states for part in parts), strict=True)],
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.classes for part in parts]))


def evaluate_batches(network: Network, images: npt.NDArray[np.uint8], streams: Streams, *, first: int = 0,
                     method: str = "fast", device: str = "cpu", batch: int = 10_000, progress: bool = False,
                     ) -> Iterator[Trace]:
    """`evaluate` in batches of consecutive images, each forgotten here once it is given out.

    Parameters
    ----------
    network, images, streams, first, method, device, batch
        See `evaluate`.
    progress : bool
        Show a progress bar on standard error.

    Yields
    ------
    Trace
        Of ``batch`` images, the last one of the rest; one of no images if there are none.
    """
    if images.ndim != 2 or images.shape[1] != network.inputs or images.dtype != np.uint8:
        raise InputError(f"images must be unsigned bytes of shape (images, {network.inputs}), "
                         f"not {images.dtype} {images.shape}")
    if first < 0:
        raise InputError(f"the index of the first image must be at least 0, not {first}")
    if batch < 1:
        raise InputError(f"the batch must be at least 1 image, not {batch}")
    if method not in METHODS:
        raise InputError(f"method must be one of {', '.join(METHODS)}, not {method!r}")
    for number, (layer, length) in enumerate(zip(network.layers, network.lengths, strict=True)):
        if layer.inputs * length > _MAX_FULL_SCALE:
            raise InputError(f"inputs * L of layer {number} must be at most {_MAX_FULL_SCALE}, "
                             f"not {layer.inputs * length}; take a smaller L")
    model = _Golden(network, streams, method, _device(device))
    return _batches(model, images, first, batch, progress)


def accuracy(network: Network, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.integer], streams: Streams, *,
             first: int = 0, method: str = "fast", device: str = "cpu", batch: int = 10_000,
             progress: bool = False) -> float:
    """Share of the images whose class is their label, from 0 to 1. Parameters as for `evaluate_batches`."""
    if labels.shape != images.shape[:1] or not len(labels):
        raise InputError(f"there must be a label for each of at least 1 image, "
                         f"not {labels.shape} labels for {len(images)} images")
    found = classify(network, images, streams, first=first, method=method, device=device, batch=batch,
                     progress=progress)
    return int((found == labels).sum()) / len(labels)


def classify(network: Network, images: npt.NDArray[np.uint8], streams: Streams, *, first: int = 0,
             method: str = "fast", device: str = "cpu", batch: int = 10_000, progress: bool = False,
             ) -> npt.NDArray[np.int64]:
    """Class of each image, shape (images,). Parameters as for `evaluate_batches`."""
    return np.concatenate([trace.classes for trace in evaluate_batches(
        network, images, streams, first=first, method=method, device=device, batch=batch, progress=progress)])


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.empty(0, device=device).cpu()
    except (RuntimeError, AssertionError, ImportError) as error:
        # an unknown name or no such device, a torch without CUDA, a device that holds no data: one error to the user
        reason = str(error).splitlines()[0]
        raise InputError(f"torch device {name!r} is not usable here ({reason}); use 'cpu'") from None
    return device


def _batches(model: _Golden, images: npt.NDArray[np.uint8], first: int, batch: int, progress: bool) -> Iterator[Trace]:
    with progress_bar("evaluating", len(images), unit="image", shown=progress) as bar:
        for start in range(0, max(len(images), 1), batch):
            trace = model(images[start:start + batch], first + start)
            bar.advance(len(trace))
            yield trace


class _Golden:
    """A network and its streams on a device."""

    def __init__(self, network: Network, streams: Streams, method: str, device: torch.device) -> None:
        self.network = network
        self.period = streams.period
        self.device = device
        self.accumulate = (BinaryAccumulator(network, device) if network.arithmetic == "binary"
                           else METHODS[method](network, streams, device))
        self.activations = [
            (layer.outcome, torch.from_numpy(layer.outcome_integers(length)).int().T.contiguous().to(device))
            for layer, length in zip(network.layers, network.lengths, strict=True)
            if isinstance(layer.outcome, Activation)]
        self.biases = network.layers[-1].outcome_integers(network.lengths[-1])
        state_of_pixel = np.searchsorted(network.input_thresholds, np.arange(PIXEL_LEVELS), side="right")
        self.state_of_pixel = state_of_pixel.astype(np.uint8).tobytes()

    def __call__(self, images: npt.NDArray[np.uint8], first: int) -> Trace:
        """Trace of consecutive images; ``first`` is the index of the first of them."""
        sizes = self.network.sizes
        trace = Trace(np.empty(images.shape, np.uint8),
                      [np.empty((len(images), size), np.int32) for size in sizes[1:]],
                      [np.empty((len(images), size), np.uint8) for size in sizes[1:-1]],
                      np.empty((len(images), sizes[-1]), np.int64), np.empty(len(images), np.int64))
        with one_thread_per_operation() as threads, _pool(threads) as pool:
            apart, accumulate = True, self._of_one_slot
            if isinstance(self.accumulate, FastAccumulator):
                form = self.accumulate.form_for(max(1.0, len(images) / self.period))
                if form != "tables":
                    apart, accumulate = False, partial(self.accumulate.across_slots, form)
            at_once = min(_ROWS_AT_ONCE, max(1, ceil_div(len(images), threads)))
            tasks = [pool.submit(self._fill, trace, images, rows, first, accumulate)
                     for rows in self._parts(len(images), first, at_once, apart=apart)]
            for task in tasks:
                task.result()
        return trace

    def _parts(self, count: int, first: int, at_once: int, *, apart: bool) -> Iterator[slice | npt.NDArray[np.int64]]:
        """Rows of the images to work out at a time, of one slot if these are to be kept apart, else slot by slot."""
        if apart:
            step = self.period * at_once
            for start_of_slot in range(min(self.period, count)):
                for start in range(start_of_slot, count, step):
                    yield slice(start, start + step, self.period)
        else:
            by_slot = np.argsort((first + np.arange(count)) % self.period, kind="stable")
            for start in range(0, count, at_once):
                consecutive = self.period >= first % self.period + count
                yield slice(start, start + at_once) if consecutive else by_slot[start:start + at_once]

    def _of_one_slot(self, number: int, slots: Slots, states: Tensor) -> Tensor:
        return self.accumulate(number, int(slots[0]), states)

    def _fill(self, trace: Trace, images: npt.NDArray[np.uint8], rows: slice | npt.NDArray[np.int64], first: int,
              accumulate: Callable[[int, Slots, Tensor], Tensor]) -> None:
        """Work out some images, ``rows`` of the trace, with ``accumulate`` of a layer, the images' slots and states."""
        pixels = images[rows]
        slots = (first + np.arange(len(images))[rows]) % self.period
        quantized = pixels.tobytes().translate(self.state_of_pixel)
        trace.input_states[rows] = np.frombuffer(quantized, np.uint8).reshape(pixels.shape)
        states = torch.from_numpy(np.ascontiguousarray(trace.input_states[rows])).to(self.device)
        for number, accumulators in enumerate(trace.accumulators):
            sums = accumulate(number, slots, states)
            accumulators[rows] = sums.numpy(force=True)
            if number < len(trace.states):
                activation, integers = self.activations[number]
                states = activation.states_of_accumulators(sums, integers)
                trace.states[number][rows] = states.numpy(force=True)
        trace.scores[rows] = trace.accumulators[-1][rows] + self.biases
        trace.classes[rows] = trace.scores[rows].argmax(1)


def _pool(threads: int) -> ThreadPoolExecutor:
    # Each new thread starts with an OpenMP team of its own, which oneDNN's products would use.
    return ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
