"""The page of a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from spinsc.sim.pages.facts import provenance
from spinsc.sim.pages.figures import COLOURS, new_figure, svg
from spinsc.sim.pages.page import Figure, Page, Pairs, Section
from spinsc.sim.report.facts import network_line

if TYPE_CHECKING:
    from spinsc.models.network import Network


def training_page(network: Network, rows: Sequence[tuple[str, str]], command: str, data: Mapping[str, Any]) -> Page:
    """Everything of a training; ``rows`` are printed, ``data`` is what ``--json`` prints."""
    facts = network.provenance
    loss, accuracy = zip(*facts["learning_curve"], strict=True)
    settings = [(name.replace("_", " "), str(value)) for name, value in facts["settings"].items() if value != ""]
    sections = [
        Section("Summary", [Pairs([*rows, ("data", facts["data"])])]),
        Section("Learning curve", [
            _curve("loss", loss, "mean loss", "Of the steps of each epoch."),
            _curve("accuracy", accuracy, "%", "Accuracy on the images set aside, with the streams' noise.")]),
        Section("Settings", [Pairs(settings)]),
        provenance(command, [("network, sha256", network.hash), ("training images, sha256", facts["images_sha256"])],
                   [])]
    verdict = f"{facts['test_accuracy_percent']:.2f} % of the test images classified right, with the streams' noise"
    return Page(f"spinsc train: {network_line(network)}", verdict, None, sections, data)


def _curve(name: str, values: Sequence[float], unit: str, caption: str) -> Figure:
    figure, axes = new_figure()
    axes.plot(range(1, len(values) + 1), values, color=COLOURS[name == "loss"], marker=".")
    axes.set(title=name, xlabel="epoch", ylabel=unit)
    axes.xaxis.get_major_locator().set_params(integer=True)
    return Figure(svg(figure, name), caption)
