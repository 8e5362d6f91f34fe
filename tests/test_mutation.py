"""Mutation testing itself, and a sample of its mutants, all of which co-simulation must notice."""

import datetime
import json
import os
import random

import pytest

from tests.mutation import __main__ as command
from tests.mutation import table
from tests.mutation.campaign import EQUIVALENT, KILLED, SURVIVED, Bench, Campaign
from tests.mutation.directory import Design
from tests.mutation.named import NAMED
from tests.mutation.named import SHAPE as NAMED_SHAPE
from tests.mutation.operators import OPERATORS
from tests.mutation.proofs import Proof, Prover
from tests.mutation.shapes import SHAPES

#: Chooses the sample; by default, the day does.
SEED_VARIABLE = "SPINSC_MUTATION_SEED"
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
    seed = int(os.environ.get(SEED_VARIABLE) or datetime.datetime.now(datetime.UTC).date().toordinal())
    print(f"{SEED_VARIABLE}={seed}")
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
