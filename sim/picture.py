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
from spinsc.models.errors import InputError
from spinsc.models.network import write_atomically

from .recording import Recording
from .smtj import SMTJ
from .statistics import Statistics, dwell_counts, time_unit

COLOURS = ("#0072b2", "#d55e00")  # blue and vermilion of Okabe and Ito: distinct with colour blindness as well
GREY = "0.45"
PICTURE_FORMATS = (".png", ".pdf", ".svg")


def save_picture(recording: Recording, statistics: Statistics, path: str | os.PathLike[str]) -> None:
    """Draw P(1), dwell times, autocorrelation and min-entropy of a recording into a .png, .pdf or .svg file."""
    path = Path(path)
    if path.suffix.lower() not in PICTURE_FORMATS:
        raise InputError(f"a picture's name must end in {', '.join(PICTURE_FORMATS)}, not {path.name!r}")
    try:
        figures = importlib.import_module("matplotlib.figure")
    except ImportError:
        raise InputError("pictures need matplotlib; install it with: pip install 'spinsc[plots]'") from None
    # A Figure made without pyplot needs no display and leaves no state behind.
    figure = figures.Figure(figsize=(10, 7.2), layout="constrained")
    (bias, dwell), (correlation, entropy) = figure.subplots(2, 2)
    for axes in (bias, dwell, correlation, entropy):
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(_title(recording, statistics), fontsize=11)
    _draw_bias(bias, statistics)
    _draw_dwells(dwell, recording, statistics)
    _draw_autocorrelation(correlation, recording, statistics)
    _draw_entropy(entropy, statistics)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=path.suffix.lower()[1:], dpi=130)
    write_atomically(path, buffer.getvalue())


def _title(recording: Recording, statistics: Statistics) -> str:
    devices = _count(statistics.devices, "device")
    text = f"{recording.metadata['kind']} recording: {devices}, {statistics.steps:,} samples"
    if statistics.sampling_interval_s is not None:
        unit, scale = time_unit(statistics.sampling_interval_s)
        text += f" every {statistics.sampling_interval_s / scale:.4g} {unit}"
    device = recording.metadata.get("device")
    return f"{device}\n{text}" if device else text


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("s" if number != 1 else "")


def _bins(values: npt.NDArray[np.float64], least: float) -> npt.NDArray[np.float64]:
    """Bin edges for a histogram at least ``least`` wide."""
    low, high = float(values.min()), float(values.max())
    margin = max(0.0, (least - (high - low)) / 2)
    return np.linspace(low - margin, high + margin, max(8, min(40, round(2 * math.sqrt(len(values))))) + 1)


def _draw_bias(axes: Any, statistics: Statistics) -> None:
    p1 = statistics.p1
    typical = float(np.median(statistics.p1_error))
    axes.hist(p1, bins=_bins(p1, 8 * typical), color=COLOURS[0], alpha=0.85)
    axes.axvspan(p1.mean() - typical, p1.mean() + typical, color=GREY, alpha=0.2, lw=0,
                 label=f"mean {p1.mean():.4f} ± one standard error\nof a single device ({typical:.4f})")
    axes.axvline(0.5, color="black", lw=0.9, ls=":", label="1/2")
    axes.set(title="Bias", xlabel="P(1) of a device", ylabel="devices")
    axes.margins(y=0.25)
    axes.legend(frameon=False, fontsize=8, loc="upper left")


def _draw_dwells(axes: Any, recording: Recording, statistics: Statistics) -> None:
    longest = 2
    lowest = 1.0
    for state, counts in enumerate(dwell_counts(recording)):
        total = int(counts.sum())
        if not total:
            continue
        shares = counts / total
        mean = float((np.arange(len(counts)) * shares).sum())
        lengths = np.flatnonzero(counts)
        longest = max(longest, int(lengths[-1]))
        lowest = min(lowest, 1 / total)
        # Slow junctions dwell for thousands of samples: then neighbouring lengths are averaged, as many as keep the
        # scatter low, or the picture is a cloud of single dwells.
        width = max(1, round(mean / 12))
        padded = np.append(shares[1:], np.zeros(-(len(shares) - 1) % width)).reshape(-1, width).mean(axis=1)
        centres = 1 + (width - 1) / 2 + width * np.arange(len(padded))
        seen = padded > 0
        axes.plot(centres[seen], padded[seen], "os"[state], color=COLOURS[state], ms=4,
                  label=f"state {state}: mean {mean:.3g} samples")
        n = np.linspace(1, lengths[-1], 200)
        stay = 1 - 1 / mean if mean > 1 else math.nan
        axes.plot(n, (1 - stay) * stay ** (n - 1), color=COLOURS[state], lw=1, alpha=0.7)
        lowest = min(lowest, float(padded[seen].min()))
    axes.plot([], [], color=GREY, lw=1, label="exponential of the same mean")
    axes.set_yscale("log")
    axes.set(title="Dwell times", xlabel="dwell in samples", ylabel="share of dwells", ylim=(lowest / 2, 2),
             xlim=(0 if longest > 40 else 0.5, longest * 1.03 + 0.5))
    dt = statistics.sampling_interval_s
    if dt is not None:
        unit, scale = time_unit(dt)
        top = axes.secondary_xaxis("top", functions=(lambda n: n * dt / scale, lambda t: t * scale / dt))
        top.set_xlabel(f"dwell in {unit}", fontsize=8)
        top.tick_params(labelsize=8)
        axes.set_title("Dwell times", pad=8)
    axes.legend(frameon=False, fontsize=8, loc="upper right")


def _draw_autocorrelation(axes: Any, recording: Recording, statistics: Statistics) -> None:
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
    model = _model(recording)
    if model is not None:
        closed, label = model.autocorrelation(statistics.devices, len(lags)).mean(axis=0), "closed form of the model"
    else:
        closed, label = np.clip(mean[0], 0, 1) ** lags, "two-state chain, from lag 1"
    axes.plot(lags, closed, color=COLOURS[1], lw=1.2, label=label)
    highest = max(float(measured[:, 0].max()), 4 * single)
    axes.set(title="Autocorrelation", xlabel="lag in samples", ylabel="autocorrelation",
             ylim=(min(-2.5 * single, 1.2 * float(measured.min())), highest * 1.15))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False, fontsize=8, loc="upper right")


def _draw_entropy(axes: Any, statistics: Statistics) -> None:
    estimates = statistics.min_entropy_common, statistics.min_entropy_markov
    bins = _bins(np.concatenate(estimates), 0.01)
    bins = np.linspace(bins[0], max(bins[-1], 1.0), len(bins))
    labels = "most common value (6.3.1)", "Markov (6.3.3)"
    for values, colour, label in zip(estimates, COLOURS, labels, strict=True):
        axes.hist(values, bins=bins, histtype="stepfilled", facecolor=colour, edgecolor=colour, alpha=0.6,
                  label=f"{label}: mean {values.mean():.4f}")
    axes.set(title="Min-entropy (NIST SP 800-90B)", xlabel="bits a sample", ylabel="devices")
    axes.margins(y=0.25)
    axes.legend(frameon=False, fontsize=8, loc="upper left")


def _model(recording: Recording) -> SMTJ | None:
    """The model that a recording was simulated with, as far as its metadata tell and its devices are the model's."""
    parameters = recording.metadata.get("parameters")
    if recording.metadata["kind"] != "simulated" or "split" in recording.metadata or not isinstance(parameters, dict):
        return None
    try:
        return SMTJ(**parameters)
    except (TypeError, InputError):
        return None
