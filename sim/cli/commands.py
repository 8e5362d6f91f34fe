"""What each command of ``spinsc`` does: it calls the public functions of the packages and prints their results.

Every function takes the options of its command and returns an exit code. Heavy imports are inside, so that each
command waits only for what it needs.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm  # type: ignore[import-untyped]

from spinsc.errors import InputError
from spinsc.models.advice import advice
from spinsc.models.artifact import load_artifact, save_artifact
from spinsc.models.data.catalogue import (
    DATASETS,
    Images,
    describe_sources,
    embedded_images,
    find_dataset,
    load_dataset,
    load_images,
)
from spinsc.models.network import Network
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.recordings.recording import Recording, recording_path
from spinsc.sim.recordings.sources import find_random_bits, parse_rng

if TYPE_CHECKING:
    from spinsc.models.streams.protocol import Streams
    from spinsc.sim.cosim.compare import Comparison
    from spinsc.sim.cosim.run import Report

DEFAULT_COSIM_IMAGES = 1000
#: Mismatches and neurons that are printed one by one.
SHOWN = 8


def networks() -> int:
    """The shipped networks and their training commands."""
    from spinsc.models.shipped import SHIPPED

    rows, commands = [], []
    for shipped in SHIPPED:
        if not shipped.path.exists():
            rows.append([shipped.name, *["-"] * 6, "not in this package; train it by the command below"])
        else:
            network = load_artifact(shipped.path)
            plan = f" ({network.plan})" if network.plan else ""
            rows.append([shipped.name, _sizes(network) + plan, str(network.layers[0].weight.states),
                         str(network.length), DATASETS[network.dataset].title,
                         f"{network.provenance['test_accuracy_percent']:.2f} %", f"{network.devices:,}",
                         f"{max(network.samples):,}"])
        commands.append([shipped.name, shipped.command])
    print(_table(["name", "layers", "states", "L", "data", "accuracy", "devices", "steps an image"], rows))
    print("\nAccuracy is that of all 10,000 test images in training's model of the streams; 'spinsc eval NAME' "
          "computes it with real bits.\n\nTrained by:")
    for name, command in commands:
        print(f"  {name:{max(map(len, (name for name, _ in commands)))}}  {command}")
    return 0


def train(hidden: Sequence[Sequence[int]], states: int, length: int, out: str, data: str | None,
          **settings: Any) -> int:
    """Train a network and write its file."""
    from spinsc.models.training import trainer as training

    network = training.train(tuple(width for part in hidden for width in part), states, length, out=out,
                             data_folder=data, **settings)
    facts = network.provenance
    print(_pairs([
        ("network", _describe(network)),
        ("validation accuracy", f"{facts['validation_accuracy_percent']:.2f} %"),
        ("test accuracy", f"{facts['test_accuracy_percent']:.2f} % ({facts['accuracy_model']})"),
        ("written to", out)]))
    return 0


def evaluate(network: str, length: int | None, images: int | None, first: int, dataset: str | None, data: str | None,
             rng: str, device: str, lanes: int | None, neurons: int | None, plan: str | None, **options: Any) -> int:
    """Accuracy of a network by the golden model."""
    chosen = _folded(network, length, lanes, neurons, plan=plan)
    _warn_of_plan(chosen)
    digits = choose_images(chosen, dataset, data, first, images)
    streams = _streams(chosen, rng, digits, first, **options)
    verdict = _verdict(streams, rng, digits)

    from spinsc.models.golden.evaluation import accuracy

    started = time.monotonic()
    share = accuracy(chosen, digits.images, digits.labels, streams, first=first, device=device,
                     progress=sys.stderr.isatty())
    seconds = time.monotonic() - started
    print(_pairs([
        ("network", f"{network}: {_describe(chosen)}"),
        ("images", _stretch(digits, first)),
        ("random bits", _describe_streams(streams, rng, len(digits))), *verdict,
        ("accuracy", f"{100 * share:.2f} % ({round(share * len(digits)):,} of {len(digits):,})"),
        ("speed", f"{len(digits) / seconds:,.0f} images/s on {device}, {seconds:.2f} s")]))
    return 0


def emit(network: str, out: str, length: int | None, lanes: int | None, neurons: int | None, unroll: int | None,
         plan: str | None, fold: str | None, target_cycles: int | None, max_lanes: int | None, rng: str,
         recording: str | None, split: bool, pixels_per_beat: int | None) -> int:
    """Write the Verilog of a network."""
    ways = {"--fold": fold, "--target-cycles": target_cycles,
            "--lanes, --neurons or --unroll": lanes or neurons or unroll}
    given = [f"{way} {value}" for way, value in ways.items() if value is not None]
    if len(given) > 1:
        raise InputError(f"{' and '.join(given)} both decide the folding; give one of them")
    if max_lanes is not None and target_cycles is None:
        raise InputError(f"--max-lanes {max_lanes} goes with --target-cycles; --lanes sets the lanes of every layer")
    chosen = _folded(network, length, lanes, neurons, unroll, plan)
    if fold is not None or target_cycles is not None:
        from spinsc.gen.folding import choose_folding, load_folding

        chosen = chosen.with_foldings(load_folding(fold) if fold is not None else choose_folding(
            chosen, target_cycles or 0, max_lanes, *([pixels_per_beat] if pixels_per_beat else [])))
    if (rng == "replay") != (recording is not None):
        raise InputError(f"--rng replay takes its bits from --recording FILE, so give both or neither, not --rng {rng} "
                         f"{'with' if recording is not None else 'without'} --recording")

    _warn_of_plan(chosen)

    from spinsc.gen.emit import DEFAULT_PIXELS_PER_BEAT
    from spinsc.gen.emit import emit as write

    replay = None
    if recording is not None:
        streams = RecordedStreams(Recording.load(recording_path(recording)), chosen, split=split)
        replay = {number: unpack_words(streams.layer_words(number, range(1)), layer.devices)
                  for number, layer in enumerate(chosen.layers)}
    manifest = write(chosen, out, source=rng, replay=replay,  # type: ignore[arg-type]
                     pixels_per_beat=DEFAULT_PIXELS_PER_BEAT if pixels_per_beat is None else pixels_per_beat)
    rows = [[str(number), f"{layer.inputs:,}", f"{layer.neurons:,}", str(layer.lanes), str(layer.units),
             str(layer.unroll), str(layer.chunks), str(layer.passes), f"{layer.cycles_per_image:,}",
             f"{layer.devices.count:,}", str(layer.accumulator_width)]
            for number, layer in enumerate(manifest.layers)]
    rows.append(["all", "", f"{sum(layer.neurons for layer in manifest.layers):,}", "", "", "", "", "",
                 f"{manifest.cycles_per_image:,}", f"{manifest.devices:,}", ""])
    print(_table(["layer", "inputs", "neurons", "S", "P", "B", "chunks", "passes", "cycles/image", "devices",
                  "acc. bits"], rows))
    print()
    print(_pairs([
        ("network", f"{network}: {_describe(chosen)}"), ("top module", manifest.top),
        ("random bits", {"ports": "s-MTJ ports", "lfsr": "LFSRs", "replay": f"memories that replay {recording}"}[rng]),
        ("input stream", f"{manifest.pixels_per_beat} pixels a beat, {manifest.beats_per_image} beats an image"),
        ("files", f"{len(manifest.files)} in {out}, listed in {Path(out) / 'manifest.json'}")]))
    return 0


def cosim(directory: str, images: int | None, first: int, dataset: str | None, data: str | None, embedded: bool,
          rng: str | None, waves: bool, jobs: int, shard_size: int | None, scheduler: str | None,
          **options: Any) -> int:
    """Simulate emitted Verilog and compare every layer with the golden model; 1 if anything differs."""
    if embedded and data is not None:
        raise InputError(f"--embedded and --data {data} exclude each other; give one")
    if jobs < 1:
        raise InputError(f"--jobs must be at least 1, not {jobs}")

    from spinsc.sim.cosim.run import cosimulate, open_directory, random_numbers

    manifest, network = open_directory(Path(directory))
    _warn_of_plan(network)
    digits = choose_images(network, dataset, data, first, images, embedded=embedded, default=DEFAULT_COSIM_IMAGES)
    streams = random_numbers(manifest, network, Path(directory), rng, images=len(digits), first=first,
                             **options)
    with tqdm(total=len(digits), unit="image", desc="building", leave=False, disable=None) as bar:
        def advance(done: int) -> None:
            if not bar.n:  # the rate is that of the simulation, without the build before it
                bar.reset()
                bar.set_description("simulating", refresh=False)
            bar.update(done - bar.n)

        report = cosimulate(
            directory, digits.images, digits.labels, streams, first=first, jobs=jobs, shard_size=shard_size,
            scheduler=scheduler, waves=waves, progress=advance,
            notice=lambda text: tqdm.write(f"spinsc: {text}", file=sys.stderr))
    source = rng or ("smtj" if manifest.random_source == "ports" else manifest.random_source)
    random_bits = [("random bits", _describe_streams(streams, source, len(digits))), *_verdict(streams, rng, digits)]
    print(_cosim_table(report, network, digits, first, random_bits))
    if not report.passed:
        print("\n".join(["", *_failure_lines(report, network), "", f"FAILED: {report.comparison.mismatches:,} of "
                         f"{report.comparison.words:,} words differ"]))
        return 1
    print("\nPASSED: every accumulator, state, score and class equals the golden model's")
    return 0


def simulate_recording(out: str, devices: int | None, steps: int | None, network: str | None, plan: str | None,
                       images: int | None, seed: int, **junction: Any) -> int:
    """Record simulated junctions."""
    from spinsc.sim.junctions.smtj import SMTJ

    probabilities = None
    if network is None:
        if devices is None or steps is None or images is not None or plan is not None:
            raise InputError("say how much to record: --devices N and --steps N, or --network NET and --images N "
                             "(and perhaps --plan)")
    else:
        chosen = _folded(network, plan=plan)
        count = 8 if images is None else images
        if count < 1:
            raise InputError(f"--images must be at least 1, not {count}")
        devices = max(1, chosen.devices) if devices is None else devices
        steps = max(chosen.samples) * count if steps is None else steps
        if chosen.tuned:
            probabilities = np.full(max(devices, chosen.devices), 0.5)
            probabilities[:chosen.devices] = chosen.device_probabilities
            probabilities = probabilities[:devices]
    fields = {name: junction[option] for option, name in (
        ("dwell_time_0", "dwell_time_0_s"), ("dwell_time_1", "dwell_time_1_s"), ("bias", "bias_kt"),
        ("barrier_spread", "barrier_spread_kt"), ("bias_spread", "bias_spread_kt"),
        ("sampling_interval", "sampling_interval_s"), ("temperature", "temperature_k"),
        ("attempt_time", "attempt_time_s"), ("drift", "drift_kt"), ("drift_time", "drift_time_s"),
        ("flips", "flip_probability"), ("flip_time", "flip_time_s")) if option in junction}
    if "dwell_time" in junction:
        fields = {"dwell_time_0_s": junction["dwell_time"], "dwell_time_1_s": junction["dwell_time"]} | fields
    if "barrier" in junction:
        if "dwell_time_0_s" in fields or "dwell_time_1_s" in fields:
            raise InputError(f"--barrier {junction['barrier']:g} sets the dwell times; leave out --dwell-time")
        model = SMTJ.from_barrier(junction["barrier"], seed=seed, **fields)
    elif "attempt_time" in junction and "temperature" not in junction:
        raise InputError(f"--attempt-time {junction['attempt_time']:g} needs --barrier or --temperature; "
                         "give one with it or none")
    else:
        model = SMTJ(seed=seed, **fields)
    recording = model.simulate(devices, steps, probabilities=probabilities)
    recording.save(out)
    print(_describe_recording(recording, out))
    return 0


def improve_recording(file: str, out: str, xor: int | None, every: int | None, von_neumann: bool, shuffle: str | None,
                      allow_constant: bool) -> int:
    """Make better bits from those of a recording."""
    from spinsc.sim.junctions import mitigation

    path = recording_path(file)
    recording = Recording.load(path, allow_constant=allow_constant)
    if xor is not None:
        made = mitigation.xor(recording, xor)
    elif every is not None:
        made = mitigation.every(recording, every)
    elif von_neumann:
        made = mitigation.von_neumann(recording)
    else:
        from spinsc.models.shipped import load_network

        made = mitigation.shuffle(recording, load_network(str(shuffle)))
    made.save(out)
    print(_describe_recording(made, out))
    return 0


def calibrate(network: str, recording: str, out: str, random_bits: int, common: bool, allow_constant: bool) -> int:
    """Choose a network's thresholds for the junctions of a recording."""
    from spinsc.models.shipped import load_network
    from spinsc.sim.junctions.calibration import calibrate as choose

    path = recording_path(recording)
    known = Recording.load(path, allow_constant=allow_constant)
    found = choose(load_network(network), known, random_bits=random_bits, common=common)
    facts = {"recording": known.hash, "common": common}
    made = dataclasses.replace(found.network, provenance=found.network.provenance | {"calibration": facts})
    save_artifact(made, out)
    print(_pairs([
        ("network", _describe(made)), ("random numbers", f"of {random_bits} bits, {made.devices:,} devices"),
        ("P(1) of a state is off by", f"{found.before:.3f} at most with the thresholds of ideal junctions, "
                                      f"{found.after:.3f} with the calibrated ones"),
        ("written to", out)]))
    return 0


def import_recording(files: Sequence[str], out: str, voltage_column: Sequence[str] | None, threshold: str,
                     sampling_interval: float | None, **options: Any) -> int:
    """Turn the files that people have into a recording."""
    from spinsc.sim.recordings.importing.read import import_recording as read

    value: float | str = threshold
    if threshold not in ("midpoint", "otsu"):
        try:
            value = float(threshold)
        except ValueError:
            raise InputError(f"--threshold must be a voltage, midpoint or otsu, not {threshold!r}") from None
    recording = read(files, voltage_columns=voltage_column, threshold=value, sampling_interval_s=sampling_interval,
                     **options)
    recording.save(out)
    print(_describe_recording(recording, out))
    return 0


def describe_recording(file: str, picture: str | None, rows: int, lags: int, allow_constant: bool,
                       **output: bool) -> int:
    """Statistics of a recording as a table, as JSON, as a picture."""
    from spinsc.sim.recordings.statistics import measure

    path = recording_path(file)
    recording = Recording.load(path, allow_constant=allow_constant)
    statistics = measure(recording, lags)
    if picture is not None:
        from spinsc.sim.junctions.smtj import expected_autocorrelation
        from spinsc.sim.recordings.picture import save_picture

        save_picture(recording, statistics, picture,
                     expected_autocorrelation(recording, statistics.autocorrelation.shape[1]))
    if output["json"]:
        print(json.dumps({"metadata": recording.metadata, "devices": recording.devices, "hash": recording.hash}
                         | statistics.as_dict(), indent=1))
    else:
        print(_describe_recording(recording, path), statistics.table(rows), sep="\n\n")
    return 0


def study(name: str, out: str, seeds: int, jobs: int, scheduler: str | None, **options: Any) -> int:
    """Run a study and print its tables."""
    if seeds < 1:
        raise InputError(f"--seeds must be at least 1, not {seeds}")
    module = importlib.import_module(f"spinsc.sim.studies.{name}")
    print(module.run(Path(out), seeds=seeds, jobs=jobs, scheduler=scheduler, **options))
    return 0


def data(dataset: str, folder: str | None) -> int:
    """Find or fetch a data set."""
    sets = {"train": load_dataset(dataset, "train", folder), "test": load_dataset(dataset, "test", folder)}
    sources = describe_sources(dataset, folder)
    print(_table(["source", "", "where"],
                 [[source.name, "ready" if source.available else "-", source.detail] for source in sources]))
    print()
    print(_pairs([(name, f"{len(found):,} images from {found.source}") for name, found in sets.items()]))
    return 0


def doctor() -> int:
    """What is installed and what is missing."""
    from spinsc.sim.cli.doctor import examine

    checks = examine()
    print(_table(["", "part", "", "found"], [
        ["ok" if check.found else "MISSING" if check.required else "-", check.name,
         "required" if check.required else "optional", check.detail] for check in checks]))
    missing = [check for check in checks if not check.found]
    for check in missing:
        print(f"\n{check.name}, {check.purpose}: {check.remedy}", end="")
    if missing:
        print()
    lacking = [check.name for check in missing if check.required]
    if lacking:
        raise InputError(f"{', '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} missing: "
                         + "; ".join(check.remedy for check in missing if check.required))
    print("\nEverything that is required is here.")
    return 0


def choose_images(network: Network, dataset: str | None, path: str | None, first: int, count: int | None, *,
                  embedded: bool = False, default: int | None = None) -> Images:
    """Images ``first`` to ``first + count - 1`` of a test set.

    The first 1,000 images of the test sets come with the package, so nothing is searched for where they suffice.

    Parameters
    ----------
    network : Network
        What the images are for.
    dataset : str or None
        Name of a data set, by default that which the network was trained on.
    path : str or None
        Folder of IDX files, or a .npz file; otherwise the test set of ``dataset``.
    first : int
    count : int or None
        By default all that there are from ``first`` on, at most ``default``.
    embedded : bool
        Take the images from the package, whatever the others ask for.

    Raises
    ------
    InputError
        If there are not as many, or they do not suit the network.
    """
    if first < 0:
        raise InputError(f"--first must be at least 0, not {first}")
    if count is not None and count < 1:
        raise InputError(f"--images must be at least 1, not {count}")
    wanted = default if count is None else count
    name = network.dataset if dataset is None else find_dataset(dataset).name
    if path is not None:
        found = load_images(path) if Path(path).suffix == ".npz" else load_dataset(name, "test", path)
    elif not name:
        raise InputError("the network was trained on images of one's own; give test images of their kind by --data, "
                         f"or --dataset {' or '.join(DATASETS)}")
    else:
        found = embedded_images(name)
        if not embedded and (wanted is None or first + wanted > len(found)):
            found = load_dataset(name, "test")
            found = dataclasses.replace(found, source=f"{DATASETS[name].title} test set ({found.source})")
    if found.images.shape[1] != network.inputs:
        raise InputError(f"{found.source}: the images have {found.shape[0]} x {found.shape[1]} = "
                         f"{found.images.shape[1]} pixels, but the network takes {network.inputs}; "
                         "give images of its kind by --data")
    if found.classes > network.classes:
        raise InputError(f"{found.source}: there are labels up to {found.classes - 1}, but the classes of the network "
                         f"are 0 to {network.classes - 1}; give images of its kind by --data")
    if first >= len(found) or (count is not None and first + count > len(found)):
        raise InputError(f"image {first + (count or 1) - 1} is wanted, but {found.source} has {len(found)} images, "
                         f"numbers 0 to {len(found) - 1}; lower --images or --first")
    return found[first:len(found) if wanted is None else first + wanted]


def unpack_words(words: Any, devices: int) -> Any:
    """Samples, uint8 of shape (steps, devices), of words of `RecordedStreams.layer_words`."""
    return np.unpackbits(np.ascontiguousarray(words[:, ::-1]), axis=1, bitorder="little")[:, :devices]


def _folded(name: str, length: int | None = None, lanes: int | None = None, neurons: int | None = None,
            unroll: int | None = None, plan: str | None = None) -> Network:
    from spinsc.models.shipped import load_network

    network = load_network(name)
    if length is not None:
        network = network.with_length(length)
    network = network.with_folding(lanes, neurons, unroll)
    return network if plan is None else network.with_plan(plan)


def _warn_of_plan(network: Network) -> None:
    warning = advice(network)
    if warning is not None:
        print(f"spinsc: warning: {warning}", file=sys.stderr)


def _streams(network: Network, rng: str, digits: Images, first: int, **options: Any) -> Streams:
    return parse_rng(rng, network, images=len(digits), first=first, **options)


def _sizes(network: Network) -> str:
    return "-".join(map(str, network.sizes))


def _describe(network: Network) -> str:
    """Sizes, K and L; where K is not the same everywhere: of the input, the weights, the activations."""
    sides = ([network.layers[0].activation.states], [layer.weight.states for layer in network.layers],
             [layer.activation.states for layer in network.layers[1:]])
    if len({states for side in sides for states in side}) == 1:
        states = f"{sides[0][0]}"
    else:
        states = " / ".join("+".join(map(str, dict.fromkeys(side))) or "-" for side in sides) \
            + " (input / weights / activations)"
    return f"{_sizes(network)}, K = {states}, L = {network.length}" + (f", plan {network.plan}" if network.plan else "")


def _stretch(digits: Images, first: int) -> str:
    return f"{len(digits):,}, numbers {first:,} to {first + len(digits) - 1:,} of: {digits.source}"


def _describe_streams(streams: Streams, rng: str, images: int) -> str:
    if rng == "replay":
        words = "the hardware's replay memories"
    else:
        source, argument = find_random_bits(rng)
        words = source.describe(streams, argument)
    period = f"{streams.period} image{'s' if streams.period > 1 else ''}"
    return words + (f", repeating every {period}" if streams.period < images else f", no repetition within {period}")


def _verdict(streams: Streams, rng: str | None, digits: Images) -> list[tuple[str, str]]:
    """A line on whether the recording is good enough, where one was given."""
    if rng is None or not rng.startswith("recording:") or not isinstance(streams, RecordedStreams) \
            or not streams.network.devices:
        return []
    from spinsc.sim.recordings.verdict import judge

    return [("recording", judge(streams, digits.images, digits.labels).line)]


def _describe_recording(recording: Recording, path: str | Path) -> str:
    interval = recording.sampling_interval_s
    facts = recording.metadata
    return _pairs([
        ("recording", str(path)), ("kind", f"{facts['kind']}{', ' if facts.get('device') else ''}"
                                           f"{facts.get('device', '')}"),
        ("source", str(facts.get("source") or "-")), ("devices", f"{recording.devices:,}"),
        ("samples", f"{recording.steps:,} of each device"),
        ("sampling interval", "unknown" if interval is None else f"{interval:g} s"),
        ("sha256", recording.hash)])


def _cosim_table(report: Report, network: Network, digits: Images, first: int,
                 random_bits: Sequence[tuple[str, str]]) -> str:
    found = report.comparison
    simulated = "-" if report.cycles_per_image is None else f"{report.cycles_per_image:,.1f}"
    simulated_now = found.images - report.resumed
    rate = simulated_now / max(report.simulation_s, 1e-9)
    resumed = f"; {report.resumed:,} images before, by the run that was interrupted" if report.resumed else ""
    return _pairs([
        ("network", _describe(network)), ("images", _stretch(digits, first)), *random_bits,
        ("words compared", f"{found.words:,} (accumulators, states, scores and classes of all layers)"),
        ("bits compared", f"{found.bits:,}"), ("mismatches", f"{found.mismatches:,}"),
        ("accuracy, Verilog", f"{100 * found.correct / found.images:.2f} %"),
        ("accuracy, golden", f"{100 * found.correct_golden / found.images:.2f} %"),
        ("cycles per image", f"{simulated} simulated, {report.predicted_cycles_per_image:,} predicted"),
        ("latency", f"{report.latency:,} cycles from the reset to the first class, {report.predicted_latency:,} "
                    "predicted"),
        ("build", f"{report.build_s:.1f} s, Verilator {report.simulator.version} ({report.simulator.origin})"),
        ("simulation", f"{report.simulation_s:.1f} s, {rate:,.0f} images/s{resumed}"),
        ("edited files", ", ".join(report.edited) or "none since they were emitted")])


def _failure_lines(report: Report, network: Network) -> list[str]:
    found = report.comparison
    lines = []
    if report.untimely:
        lines += ["Results came in other cycles than predicted."]
    if found.listed:
        lines += ["The first that differ:", *(f"  {mismatch}" for mismatch in found.listed[:SHOWN])]
    if found.bad_neurons:
        lines += ["", "Where it begins (neurons that are wrong although all layers before them are right):",
                  *(f"  {line}" for line in blame(found, network))]
    if report.waveform is not None:
        lines += ["", f"waveform of the first bad image: {report.waveform}"]
    return lines


def blame(found: Comparison, network: Network) -> list[str]:
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


def _pairs(rows: Sequence[tuple[str, str]]) -> str:
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:{width}}  {value}" for name, value in rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Aligned columns; those of numbers to the right."""
    lines = [header, *rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(header))]
    right = [any(row[n] for row in rows) and all(row[n] in ("", "-") or row[n][0].isdigit() for row in rows)
             for n in range(len(header))]
    return "\n".join("  ".join(f"{text:{'>' if to_right else '<'}{width}}"
                               for text, width, to_right in zip(line, widths, right, strict=True)).rstrip()
                     for line in lines)
