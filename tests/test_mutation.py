"""Mutation testing itself, and a sample of its mutants, all of which co-simulation must notice."""

import dataclasses
import itertools
import json
import random

import numpy as np
import pytest

from spinsc.models.golden.evaluation import evaluate
from spinsc.sim.cosim.directory import open_directory
from tests.mutation import __main__ as command
from tests.mutation import table
from tests.mutation.campaign import EQUIVALENT, KILLED, SURVIVED, Bench, Campaign
from tests.mutation.directory import Design
from tests.mutation.named import NAMED
from tests.mutation.named import SHAPE as NAMED_SHAPE
from tests.mutation.operators import OPERATORS
from tests.mutation.proofs import Proof, Prover
from tests.mutation.reasons import reason
from tests.mutation.sample import SEED_VARIABLE, sample_seed
from tests.mutation.shapes import SHAPES

SAMPLE = 60
KNOWN = {("spinsc_neuron0.multiplier_0", "product: without ~"): KILLED,
         ("spinsc_layer0.sequencer", "last_of_chunk: >= for =="): EQUIVALENT}


@pytest.fixture(scope="module")
def designs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("designs")
    for name, shape in SHAPES.items():
        shape.emit(folder / name)
    return {name: Design(folder / name) for name in SHAPES}


def test_every_form_of_verilog_is_read(designs):
    """The reader stops at what it does not know; there are faults of every kind, and in every file."""
    for design in designs.values():
        assert {fault.operator for _, fault in design.faults} | {"memories"} == set(OPERATORS)
        assert {name for name, _ in design.faults} == {path.name for path in (design.directory / "rtl").iterdir()}
    modules = {fault.changes[0].site.module for design in designs.values() for _, fault in design.faults}
    assert {"spinsc_popcount", "spinsc_rom", "spinsc_weights", "spinsc_neuron0_units", "spinsc_layer0.buffer",
            "spinsc_layer0.sequencer", "spinsc_layer0.weight_fanout", "spinsc_neuron0.accumulator",
            "spinsc_network.activation0", "spinsc_network.argmax", "spinsc_network.quantizer",
            "spinsc_network.lfsr0_weight", "spinsc_network.replay1"} <= modules


def test_mutant_is_one_change_of_the_text(designs, tmp_path):
    design = designs["lfsr"]
    design.write_one(None, tmp_path / "none")
    for mutant in design.choose(40):
        folder = tmp_path / str(mutant.number)
        design.write_one(mutant, folder)
        changed = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*")) if path.is_file()
                   and path.read_bytes() != (tmp_path / "none" / path.relative_to(folder)).read_bytes()]
        assert changed == [mutant.file]


def test_named_faults_are_among_the_mutants(designs):
    chosen = designs[NAMED_SHAPE].choose(len(NAMED), named=NAMED)
    assert [mutant.what.partition(", ")[2] for mutant in chosen] == [named.what for named in NAMED]


def test_reasons_are_those_of_all_inputs(designs):
    """A bit of layer 0 of a replaying network has a reason if, and only if, no image of all tells it."""
    shape, design = SHAPES["replay-deep"], designs["replay-deep"]
    manifest, network = open_directory(design.directory)
    pixels = itertools.product((0, *map(int, network.input_thresholds)), repeat=network.inputs)
    images = np.array(list(pixels), np.uint8)
    sums = evaluate(network, images, shape.streams(network)).accumulators
    found = []
    for number, flip in itertools.product((0, 1), design.flips):
        layer, entry = network.layers[number], manifest.layers[number]
        if flip.file == f"layer{number}_thresholds.mem":
            thresholds = layer.outcome.integers(layer.inputs, network.length)
            place, bit = divmod(flip.bit, int(layer.inputs * network.length + 1).bit_length())
            of_neuron, threshold = sums[number][:, flip.word], thresholds[flip.word, place]
            same = np.array_equal(of_neuron >= threshold, of_neuron >= threshold ^ 1 << bit)
        elif flip.file in entry.weight_files:
            bit, lane = divmod(flip.bit, entry.lanes)
            neuron = flip.word // entry.chunks * entry.units + entry.weight_files.index(flip.file)
            source, weights = flip.word % entry.chunks * entry.lanes + lane, layer.weights.copy()
            if source >= layer.inputs or weights[neuron, source] ^ 1 << bit >= entry.weight_states:
                continue  # there is no such network
            weights[neuron, source] ^= 1 << bit
            flipped = dataclasses.replace(network, layers=tuple(
                dataclasses.replace(other, weights=weights) if other is layer else other for other in network.layers))
            same = np.array_equal(sums[number], evaluate(flipped, images, shape.streams(network)).accumulators[number])
        else:
            continue
        why = reason(flip, manifest, design.directory)
        assert (why is not None) == same or (number == 1 and why is None), flip
        found.append((number, why is not None))
    assert len(set(found)) == 4


def test_equal_where_it_matters(designs, tmp_path):
    """Registers that differ in cycles in which nobody looks are proved to change nothing; and not, where one looks."""
    design = designs["lfsr"]
    prover = Prover(design, open_directory(design.directory)[0], tmp_path / "proofs")
    faults = {mutant.what.partition(": ")[2]: mutant for mutant in design.choose(20_000)
              if mutant.file == "rtl/spinsc_neuron0_units.sv"}
    assert prover.compare(faults["weights always loaded"], 0).verdict == "equivalent"
    assert prover.compare(faults["weights loaded where they are not"], 0).verdict == "different"


def test_known_mutants(tmp_path, monkeypatch):
    """One that must be killed, one that changes nothing, and what is said where nothing notices or excuses it."""
    campaign = Campaign(SHAPES["lfsr"], tmp_path)
    mutants = [mutant for mutant in campaign.design.choose(20_000)
               if (mutant.module, mutant.what.partition(", ")[2]) in KNOWN]
    expected = [KNOWN[mutant.module, mutant.what.partition(", ")[2]] for mutant in mutants]
    assert sorted(expected) == [EQUIVALENT, KILLED]
    found = campaign.run(mutants)
    assert [result.verdict for result in found] == expected

    monkeypatch.setattr(Bench, "__init__", None)
    assert campaign.run(mutants) == found  # kept from before, so that nothing is built again
    monkeypatch.undo()

    monkeypatch.setattr(Prover, "prove", lambda self, mutant: Proof("different", "spinsc_network", 3))
    campaign.results.unlink()
    verdicts = [result.verdict for result in campaign.run(mutants)]
    assert sorted(verdicts) == [KILLED, SURVIVED]


def test_command_fails_where_one_survives(tmp_path, monkeypatch, capsys):
    found = []
    monkeypatch.setattr(Campaign, "run", lambda self, mutants, progress: found)
    monkeypatch.setattr("sys.argv", ["mutation", "--shape", "lfsr-single", "--folder", str(tmp_path)])
    for verdict, code in ((KILLED, 0), (EQUIVALENT, 0), (SURVIVED, 1)):
        found.append(command.Result("rtl/a.v: line 1, b", OPERATORS[0], verdict, "somehow"))
        assert command.main() == code
    assert "SURVIVED: rtl/a.v: line 1, b" in capsys.readouterr().out


def test_sample(tmp_path):
    """Some of the mutants that are recorded of a network of each random source, others every day."""
    seed = sample_seed()
    recorded = json.loads(table.RECORD.read_text())
    of_sources = {shape["source"]: shape["name"] for shape in reversed(recorded["shapes"])}
    survivors = []
    for name in of_sources.values():
        campaign = Campaign(SHAPES[name], tmp_path)
        known = [mutant["mutant"] for mutant in recorded[SURVIVED] if mutant["shape"] == name]
        every = campaign.design.choose(command.MUTANTS, named=NAMED if name == NAMED_SHAPE else ())
        decided = [mutant for mutant in every if mutant.name not in known]  # the others take ABC long, every time
        mutants = random.Random(seed).sample(decided, SAMPLE // len(of_sources))
        survivors += [result for result in campaign.run(mutants) if result.verdict == SURVIVED]
    assert not survivors, f"{SEED_VARIABLE}={seed}: {survivors}"


def test_table_on_the_page_is_the_record():
    recorded = json.loads(table.RECORD.read_text())
    assert f"{table.BEGIN}\n{table.markdown(recorded)}{table.END}" in table.PAGE.read_text()
    assert len(recorded["named"]) == len(NAMED)
    assert all(fault["by"].startswith("stress") for fault in recorded["named"])
    assert len(recorded[SURVIVED]) == sum(
        counts["survived"] for shape in recorded["shapes"] for counts in shape["operators"].values())
