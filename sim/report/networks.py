"""Reports on networks: those that are shipped, one that was trained, one that was calibrated."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spinsc.models.data.catalogue import DATASETS
from spinsc.sim.report.facts import network_data, network_line, sizes
from spinsc.sim.report.report import Report
from spinsc.sim.report.table import Pairs, Table

if TYPE_CHECKING:
    from spinsc.models.importing.read import Imported
    from spinsc.models.network import Network
    from spinsc.models.shipped import ShippedNetwork
    from spinsc.sim.importing import Comparison
    from spinsc.sim.junctions.calibration import Calibration


def shipped_report(networks: Sequence[tuple[ShippedNetwork, Network | None]]) -> Report:
    """Shipped networks, each with what the package holds of it, if it does."""
    rows = [["name", "layers", "states", "L", "data", "accuracy", "in training", "devices", "steps per image"]]
    for shipped, network in networks:
        if network is None:
            rows.append([shipped.name, *["-"] * 7, "not in this package; train it by the command below"])
            continue
        plan = f" ({network.plan})" if network.plan else ""
        rows.append([shipped.name, sizes(network) + plan, str(network.layers[0].weight.states), str(network.length),
                     DATASETS[network.dataset].title, f"{shipped.accuracy_percent:.2f} %",
                     f"{network.provenance['test_accuracy_percent']:.2f} %",
                     f"{network.devices:,}", f"{max(network.samples):,}"])
    note = ("Accuracy is that of all 10,000 test images with the bits of simulated s-MTJs, by 'spinsc eval NAME'; in "
            "training, that of training's model of the streams.")
    width = max(len(shipped.name) for shipped, _ in networks)
    commands = "\n".join(["Trained by:", *(
        f"  {shipped.name:{width}}  "
        + ("" if shipped.start is None else f"(after {shipped.start.name} with --keep-state) ") + shipped.own_command
        for shipped, _ in networks)])
    return Report((Table(rows), note, commands), {
        "networks": [_shipped(shipped, network) for shipped, network in networks]})


def _shipped(shipped: ShippedNetwork, network: Network | None) -> dict[str, Any]:
    if network is None:
        return {"name": shipped.name, "available": False, "command": shipped.command}
    return network_data(network, shipped.name) | {
        "available": True, "command": shipped.command, "dataset": network.dataset,
        "accuracy": network.provenance["test_accuracy_percent"] / 100,
        "accuracy_exact": shipped.accuracy_percent / 100, "steps_per_image": max(network.samples)}


def training_report(network: Network, out: str | Path) -> Report:
    """A network that was trained."""
    facts: Mapping[str, Any] = network.provenance
    rows = Pairs([
        ("network", network_line(network)),
        ("validation accuracy", f"{facts['validation_accuracy_percent']:.2f} %"),
        ("test accuracy", f"{facts['test_accuracy_percent']:.2f} % ({facts['accuracy_model']})"),
        ("written to", str(out))])
    return Report((rows,), {
        "network": network_data(network), "validation_accuracy": facts["validation_accuracy_percent"] / 100,
        "test_accuracy": facts["test_accuracy_percent"] / 100, "accuracy_model": facts["accuracy_model"], "out": out})


def import_report(found: Imported, compared: Comparison | None, out: str | Path) -> Report:
    """A network that was trained elsewhere, and what it lost."""
    network = found.network
    rows = [("network", network_line(network)), ("from", found.trained.source),
            *(("note", note) for note in found.notes)]
    if compared is None:
        rows.append(("compared", "with nothing; give --data to see what was lost"))
    else:
        rows += [("samples", f"{compared.samples:,} of {compared.source}"),
                 ("same class", f"{100 * compared.agreement:.2f} % as the trained network without streams, "
                                f"{100 * compared.agreement_streams:.2f} % with them")]
        if compared.trained is not None and compared.exact is not None and compared.streams is not None:
            lost = 100 * (compared.exact - compared.streams)
            rows += [("accuracy", f"{100 * compared.trained:.2f} % as trained, {100 * compared.exact:.2f} % imported, "
                                  f"{100 * compared.streams:.2f} % with streams of {network.length} bits"),
                     ("streams cost", f"{lost:.2f} points")]
    rows.append(("written to", str(out)))
    return Report((Pairs(rows),), {
        "network": network_data(network), "source": found.trained.source, "notes": list(found.notes), "out": out,
        "comparison": None if compared is None else dataclasses.asdict(compared)})


def calibration_report(found: Calibration, random_bits: int, out: str | Path) -> Report:
    """A network whose thresholds were chosen for the junctions of a recording."""
    network = found.network
    rows = Pairs([
        ("network", network_line(network)), ("random numbers", f"of {random_bits} bits, {network.devices:,} devices"),
        ("P(1) of a state is off by", f"{found.before:.3f} at most with the thresholds of ideal junctions, "
                                      f"{found.after:.3f} with the calibrated ones"),
        ("written to", str(out))])
    return Report((rows,), {
        "network": network_data(network), "random_bits": random_bits, "largest_error_before": found.before,
        "largest_error_after": found.after, "out": out})
