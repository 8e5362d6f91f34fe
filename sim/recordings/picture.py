"""Picture of a recording's statistics; needs matplotlib (the extra "plots")."""

from __future__ import annotations

import importlib
import io
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.extras import need
from spinsc.files import write_atomically
from spinsc.sim.recordings.recording import Recording
from spinsc.sim.recordings.statistics import Statistics, dwell_counts, time_unit

COLOURS = ("#0072b2", "#d55e00")  # blue and vermilion of Okabe and Ito: distinct with colour blindness as well
GREY = "0.45"
PICTURE_FORMATS = (".png", ".pdf", ".svg")
FEW_DEVICES = 8  # too few for a histogram


def save_picture(recording: Recording, statistics: Statistics, path: str | os.PathLike[str],
                 expected: npt.NDArray[np.float64] | None = None) -> None:
    """Draw the statistics of a recording into a .png, .pdf or .svg file.

    Parameters
    ----------
    expected : float64, shape (lags,), optional
        Autocorrelation at the lags of ``statistics`` that the model of the devices expects.
    """
    path = Path(path)
    if path.suffix.lower() not in PICTURE_FORMATS:
        raise InputError(f"a picture's name must end in {', '.join(PICTURE_FORMATS)}, not {path.name!r}")
    need("drawing a picture", "plots")
    figures = importlib.import_module("matplotlib.figure")
    # A Figure made without pyplot needs no display and leaves no state behind.
    figure = figures.Figure(figsize=(14.5, 7.2), layout="constrained")
    (bias, dwell, drift), (correlation, entropy, memory) = figure.subplots(2, 3)
    for axes in (bias, dwell, drift, correlation, entropy, memory):
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(_title(recording, statistics), fontsize=11)
    _draw_bias(bias, statistics)
    _draw_dwells(dwell, recording, statistics)
    _draw_autocorrelation(correlation, statistics, expected)
    _draw_entropy(entropy, statistics)
    _draw_drift(drift, statistics)
    _draw_memory(memory, statistics)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=path.suffix.lower()[1:], dpi=130)
    write_atomically(path, buffer.getvalue())


def _title(recording: Recording, statistics: Statistics) -> str:
    devices = _count(statistics.devices, "device")
    text = f"{recording.metadata.kind} recording: {devices}, {statistics.steps:,} samples"
    if statistics.sampling_interval_s is not None:
        unit, scale = time_unit(statistics.sampling_interval_s)
        text += f" every {statistics.sampling_interval_s / scale:.4g} {unit}"
    device = recording.metadata.device
    return f"{device}\n{text}" if device else text


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("s" if number != 1 else "")


def _bins(values: npt.NDArray[np.float64], least: float) -> npt.NDArray[np.float64]:
    """Bin edges for a histogram at least ``least`` wide."""
    low, high = float(values.min()), float(values.max())
    margin = max(0.0, (least - (high - low)) / 2)
    return np.linspace(low - margin, high + margin, max(8, min(40, round(2 * math.sqrt(len(values))))) + 1)


def _draw_bias(axes: Any, statistics: Statistics) -> None:
    p1, error = statistics.p1, statistics.p1_error
    axes.set(title="Bias")
    if len(p1) < FEW_DEVICES:
        axes.errorbar(np.arange(len(p1)), p1, yerr=error, fmt="o", color=COLOURS[0], capsize=4,
                      label="device, with standard error")
        axes.axhline(0.5, color="black", lw=0.9, ls=":", label="1/2")
        axes.set(xlabel="device", ylabel="P(1)", xlim=(-0.5, len(p1) - 0.5), xticks=range(len(p1)))
    else:
        typical = float(np.median(error))
        axes.hist(p1, bins=_bins(p1, 8 * typical), color=COLOURS[0], alpha=0.85)
        axes.axvspan(p1.mean() - typical, p1.mean() + typical, color=GREY, alpha=0.2, lw=0,
                     label=f"mean {p1.mean():.4f} ± standard error\nof a single device ({typical:.4f})")
        axes.axvline(0.5, color="black", lw=0.9, ls=":", label="1/2")
        axes.set(xlabel="P(1)", ylabel="devices")
        axes.yaxis.get_major_locator().set_params(integer=True)
    axes.margins(y=0.3)
    axes.legend(frameon=False, fontsize=8, loc="upper left")


def _draw_dwells(axes: Any, recording: Recording, statistics: Statistics) -> None:
    # The share of dwells that last at least n samples needs no bins, however long the dwells are.
    lowest = 0.1
    for state, counts in enumerate(dwell_counts(recording)):
        total = int(counts.sum())
        if not total:
            continue
        mean = float((np.arange(len(counts)) * counts).sum() / total)
        lasting = np.cumsum(counts[::-1])[::-1][1:] / total
        n = np.arange(1, len(counts))
        axes.step(n, lasting, where="mid", color=COLOURS[state], lw=2.5, alpha=0.55,
                  label=f"state {state}: mean {mean:,.0f} samples" if mean >= 100 else
                  f"state {state}: mean {mean:.3g} samples")
        if mean > 1:
            axes.plot(n, (1 - 1 / mean) ** (n - 1), color=COLOURS[state], lw=1, ls="--")
        lowest = min(lowest, 1 / total)
    axes.plot([], [], color=GREY, lw=1, ls="--", label="exponential of the same mean")
    axes.set_yscale("log")
    axes.set(title="Dwell times", ylabel="share of dwells at least as long", ylim=(lowest / 2, 2))
    dt = statistics.sampling_interval_s
    if dt is None:
        axes.set_xlabel("dwell in samples")
    else:
        unit, scale = time_unit(dt)
        axes.set_xlabel(f"dwell in samples of {dt / scale:.4g} {unit}")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False, fontsize=8, loc="upper right")


def _draw_autocorrelation(axes: Any, statistics: Statistics, expected: npt.NDArray[np.float64] | None) -> None:
    measured = statistics.autocorrelation
    lags = np.arange(1, measured.shape[1] + 1)
    known = np.isfinite(measured).all(axis=1)
    if not known.any():
        axes.text(0.5, 0.5, "constant devices have no autocorrelation", ha="center", transform=axes.transAxes)
        axes.set(title="Autocorrelation", xlabel="lag in samples")
        return
    measured = measured[known]
    single = 1.96 / math.sqrt(statistics.steps)
    axes.axhspan(-single, single, color=GREY, alpha=0.15, lw=0, label="95 % of uncorrelated devices")
    if len(measured) > 1:
        low, high = np.percentile(measured, [5, 95], axis=0)
        axes.fill_between(lags, low, high, color=COLOURS[0], alpha=0.25, lw=0, label="5 to 95 % of the devices")
    mean = measured.mean(axis=0)
    axes.plot(lags, mean, "o", color=COLOURS[0], ms=4, label="mean of the devices" if len(measured) > 1 else "device")
    if expected is not None:
        closed, label = expected, "closed form of the model"
    else:
        closed, label = np.clip(mean[0], 0, 1) ** lags, "two-state chain, from lag 1"
    axes.plot(lags, closed, color=COLOURS[1], lw=1.2, label=label)
    highest = max(float(measured[:, 0].max()), 4 * single)
    axes.set(title="Autocorrelation", xlabel="lag in samples", ylabel="autocorrelation",
             ylim=(min(-2.5 * single, 1.2 * float(measured.min())), highest * 1.3))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False, fontsize=8, loc="upper right")


def _draw_drift(axes: Any, statistics: Statistics) -> None:
    drift, structure = statistics.structure.drift, statistics.structure
    parts = drift.p1.shape[1]
    place = (np.arange(parts) + 0.5) / parts
    axes.set(title="Drift", xlabel="part of the recording", ylabel="P(1)", xlim=(0, 1))
    if len(drift.p1) > 1:
        low, high = np.percentile(drift.p1, [5, 95], axis=0)
        axes.fill_between(place, low, high, color=COLOURS[0], alpha=0.25, lw=0, label="5 to 95 % of the devices")
    axes.plot(place, drift.common, color=COLOURS[0], lw=1.2, marker="o" if parts == 1 else "",
              label="mean of the devices" if len(drift.p1) > 1 else "device")
    if drift.found:
        worst = int(drift.deviation.argmax())
        axes.plot(place, drift.p1[worst], color=COLOURS[1], lw=1, label=f"device {worst}, which changes most")
    if structure.interference.found:
        axes.plot([], [], lw=0, label=f"interference every {structure.interference.period:.4g} samples, "
                                      f"amplitude {structure.interference.amplitude:.3f}")
    axes.margins(y=0.35)
    axes.legend(frameon=False, fontsize=8, loc="upper left")


def _draw_memory(axes: Any, statistics: Statistics) -> None:
    memory, dependence = statistics.structure.memory, statistics.structure.dependence
    known = np.isfinite(memory.time)
    axes.set(title="Integrated correlation time", xlabel="device", ylabel="samples")
    devices = np.flatnonzero(known)
    axes.errorbar(devices, memory.time[known], yerr=memory.error[known], fmt="o", ms=3, lw=0, elinewidth=0.7,
                  color=COLOURS[0], label="device, with standard error")
    axes.axhline(1, color="black", lw=0.9, ls=":", label="independent samples")
    if dependence.found:
        axes.plot([], [], lw=0, label=f"correlation of devices {dependence.pair[0]} and {dependence.pair[1]}: "
                                      f"{dependence.largest:.3f}")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.margins(y=0.35)
    axes.legend(frameon=False, fontsize=8, loc="upper left")


def _draw_entropy(axes: Any, statistics: Statistics) -> None:
    estimates = statistics.min_entropy_common, statistics.min_entropy_markov
    labels = "most common value (6.3.1)", "Markov (6.3.3)"
    axes.set(title="Min-entropy (NIST SP 800-90B)")
    if statistics.devices < FEW_DEVICES:
        for values, colour, label, shape in zip(estimates, COLOURS, labels, "os", strict=True):
            axes.plot(np.arange(len(values)), values, shape, color=colour, label=label)
        axes.set(xlabel="device", ylabel="bits per sample", xlim=(-0.5, statistics.devices - 0.5), ylim=(-0.03, 1.35),
                 xticks=range(statistics.devices), yticks=np.linspace(0, 1, 6))
    else:
        bins = _bins(np.concatenate([*estimates, [1.0]]), 0.01)
        for values, colour, label in zip(estimates, COLOURS, labels, strict=True):
            axes.hist(values, bins=bins, histtype="stepfilled", facecolor=colour, edgecolor=colour, alpha=0.6,
                      label=f"{label}: mean {values.mean():.4f}")
        axes.set(xlabel="bits per sample", ylabel="devices")
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.margins(y=0.3)
    axes.legend(frameon=False, fontsize=8, loc="upper left")
