"""Reports on co-simulations: the table, what differs and where it begins, and the lines of the long regression."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from spinsc.sim.report.coverage import coverage_data, coverage_rows
from spinsc.sim.report.facts import images_data, images_line, network_data, network_line, streams_data, streams_line
from spinsc.sim.report.report import Report
from spinsc.sim.report.table import Pairs

if TYPE_CHECKING:
    from spinsc.models.data.images import Images
    from spinsc.models.network import Network
    from spinsc.models.streams.protocol import Streams
    from spinsc.sim.cosim.comparison import Comparison
    from spinsc.sim.cosim.report import Report as Outcome
    from spinsc.sim.cosim.report import StressOutcome
    from spinsc.sim.coverage.directed import Directed
    from spinsc.sim.coverage.told import Told

#: Mismatches and neurons that are printed one by one.
SHOWN = 8
REGRESSION_HEADER = (f"{'network':<16}{'images':>8}{'words':>13}{'bits':>15}{'mismatches':>12}{'RTL':>9}{'golden':>9}"
                     f"{'cycles':>9}{'build':>8}{'run':>8}")


def cosimulation_report(outcome: Outcome, network: Network, images: Images, first: int, streams: Streams, source: str,
                        verdict: Mapping[str, str], told: Sequence[list[Told]], directed: Directed | None) -> Report:
    """A whole co-simulation.

    ``verdict`` are lines on the recording, if one was given; ``told`` is the coverage of thresholds, before that of
    directed images without them.
    """
    rows = [("network", network_line(network)), ("images", images_line(images, first)),
            ("random bits", streams_line(network, streams, source, len(images))),
            *verdict.items(), *found_rows(outcome), *coverage_rows(told, directed)]
    failed = () if outcome.passed else ("\n".join(failure_lines(outcome, network)),)
    return Report((Pairs(rows), *failed, verdict_line(outcome)), {
        "passed": outcome.passed, "network": network_data(network), "images": images_data(images, first),
        "random_bits": streams_data(streams, source), "recording": verdict.get("recording"),
        "what_would_do": verdict.get("what would do"), **_found_data(outcome),
        **coverage_data(told, directed)}, outcome.passed)


def verdict_line(outcome: Outcome) -> str:
    """Whether it passed, in a sentence."""
    if outcome.passed:
        return "PASSED: every accumulator, state, score and class equals the golden model's"
    under = "" if outcome.stress is None or outcome.stress.passed else "; wrong under stress"
    return f"FAILED: {outcome.comparison.mismatches:,} of {outcome.comparison.words:,} words differ{under}"


def found_rows(outcome: Outcome) -> list[tuple[str, str]]:
    """What was compared and found, as names and values."""
    found = outcome.comparison
    simulated = "-" if outcome.cycles_per_image is None else f"{outcome.cycles_per_image:,.1f}"
    rate = (found.images - outcome.resumed) / max(outcome.simulation_s, 1e-9)
    resumed = f"; {outcome.resumed:,} images before, by the run that was interrupted" if outcome.resumed else ""
    return [
        ("words compared", f"{found.words:,} (accumulators, states, scores and classes of all layers)"),
        ("bits compared", f"{found.bits:,}"), ("mismatches", f"{found.mismatches:,}"),
        *([("stress", _stress_line(outcome.stress))] if outcome.stress is not None else []),
        ("accuracy, Verilog", f"{100 * found.correct / found.labelled:.2f} %"),
        ("accuracy, golden", f"{100 * found.correct_golden / found.labelled:.2f} %"),
        ("cycles per image", f"{simulated} simulated, {outcome.predicted_cycles_per_image:,} predicted"),
        ("latency", f"{outcome.latency:,} cycles from the reset to the first class, {outcome.predicted_latency:,} "
                    "predicted"),
        ("build", f"{outcome.build_s:.1f} s, {outcome.simulator}"),
        ("simulation", f"{outcome.simulation_s:.1f} s, {rate:,.0f} images/s{resumed}"),
        ("edited files", _edited(outcome)),
        *([("waveform", f"{outcome.waveform}; 'gtkwave {outcome.waveform.with_suffix('.gtkw').name}' there shows it")]
          if outcome.waveform is not None else [])]


def _stress_line(stress: StressOutcome) -> str:
    found, seeds = stress.comparison, stress.seeds
    seed = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"
    verdict = f"{found.mismatches:,} mismatches" + (
        f", {len(found.violations)} violations" if found.violations else "")
    return (f"{verdict} in {found.words:,} words of {found.images:,} images, {stress.resets:,} resets, "
            f"{stress.cycles:,} cycles with pauses ({seed})")


def _edited(outcome: Outcome) -> str:
    if not outcome.manifest.files:
        return "no digests in manifest.json: cannot tell what was edited"
    return ", ".join(outcome.edited) or "none since they were emitted"


def _found_data(outcome: Outcome) -> dict[str, Any]:
    found = outcome.comparison
    return {
        "words": found.words, "bits": found.bits, "mismatches": found.mismatches,
        "listed": [dataclasses.asdict(mismatch) for mismatch in found.listed],
        "bad_neurons": found.bad_neurons, "violations": found.violations, "on_time": not outcome.untimely,
        "accuracy_verilog": found.correct / found.labelled, "accuracy_golden": found.correct_golden / found.labelled,
        "cycles_per_image": outcome.cycles_per_image,
        "predicted_cycles_per_image": outcome.predicted_cycles_per_image,
        "latency_cycles": outcome.latency, "predicted_latency_cycles": outcome.predicted_latency,
        "build_seconds": outcome.build_s, "simulation_seconds": outcome.simulation_s,
        "stress": None if outcome.stress is None else _stress_data(outcome.stress),
        "simulator": {"name": outcome.simulator.name, "version": outcome.simulator.version,
                      "origin": outcome.simulator.origin},
        "resumed_images": outcome.resumed, "edited_files": outcome.edited if outcome.manifest.files else None,
        "waveform": outcome.waveform}


def _stress_data(stress: StressOutcome) -> dict[str, Any]:
    found = stress.comparison
    return {"passed": stress.passed, "seeds": stress.seeds, "images": found.images, "words": found.words,
            "bits": found.bits, "resets": stress.resets, "cycles": stress.cycles, "mismatches": found.mismatches,
            "listed": [dataclasses.asdict(mismatch) for mismatch in found.listed], "violations": found.violations}


def failure_lines(outcome: Outcome, network: Network) -> list[str]:
    """What differs, where it begins, and where to look further."""
    found = outcome.comparison
    lines = []
    if outcome.untimely:
        lines += ["Results arrived at other clock cycles than the manifest predicts."]
    if found.violations:
        lines += ["Bits that nobody has set:", *(f"  {line}" for line in found.violations[:SHOWN])]
    if found.listed:
        lines += ["The first that differ:", *(f"  {mismatch}" for mismatch in found.listed[:SHOWN])]
    if found.bad_neurons:
        lines += ["", "Where it begins (neurons that are wrong although all layers before them are right):",
                  *(f"  {line}" for line in origin_lines(found, network))]
    if outcome.stress is not None and not outcome.stress.passed:
        under = outcome.stress.comparison
        lines += ["", "Wrong under stress:", *(f"  {text}" for text in under.violations[:SHOWN]),
                  *(f"  {mismatch}" for mismatch in under.listed[:SHOWN])]
    return lines


def origin_lines(found: Comparison, network: Network) -> list[str]:
    """A line for each layer in which errors begin, the worst neurons first."""
    lines = []
    for layer, counts in sorted(found.bad_neurons.items()):
        neurons = network.layers[layer].neurons
        worst = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        shown = ", ".join(f"{neuron} ({count:,} image{'s' if count > 1 else ''})" for neuron, count in worst[:SHOWN])
        if len(counts) == neurons > 1:
            lines.append(f"layer {layer}: all {neurons} neurons, in up to {worst[0][1]:,} images")
        elif len(counts) > SHOWN:
            lines.append(f"layer {layer}: {len(counts)} of {neurons} neurons, most often {shown}")
        else:
            lines.append(f"layer {layer}: neuron{'s' if len(counts) > 1 else ''} {shown}")
    return lines


def regression_line(name: str, outcome: Outcome) -> str:
    """A network's line of the long regression, below `REGRESSION_HEADER`, as soon as it is done; then what differs."""
    found = outcome.comparison
    line = (f"{name:<16}{found.images:>8,}{found.words:>13,}{found.bits:>15,}{found.mismatches:>12,}"
            f"{found.correct / found.images:>9.2%}{found.correct_golden / found.images:>9.2%}"
            f"{outcome.cycles_per_image or 0:>9,.0f}{outcome.build_s:>7.0f}s{outcome.simulation_s:>7.0f}s")
    under = [] if outcome.stress is None else [*outcome.stress.comparison.violations, *outcome.stress.comparison.listed]
    return "\n".join([line, *(f"  {mismatch}" for mismatch in found.listed), *(f"  stress: {each}" for each in under)])


def regression_data(name: str, outcome: Outcome) -> dict[str, Any]:
    """A network of the long regression in values of JSON."""
    return {"name": name, "passed": outcome.passed, "images": outcome.comparison.images, **_found_data(outcome)}
