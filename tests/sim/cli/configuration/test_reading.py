"""``spinsc.toml``: what is no configuration is refused by a line that names the key; the schema is the types'."""

import json
from pathlib import Path

import pytest

from spinsc.errors import InputError
from spinsc.sim.cli.commands.cosim import Cosim
from spinsc.sim.cli.commands.recording_import import RecordingImport
from spinsc.sim.cli.commands.train import Train
from spinsc.sim.cli.configuration.reading import Part, load_configuration, made_by
from spinsc.sim.cli.configuration.schema import key, schema
from spinsc.sim.cli.configuration.steps import plan_steps

ROOT = Path(__file__).parents[4]
SCHEMA = ROOT / "docs" / "spinsc.schema.json"


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def read(text):
        path = Path("spinsc.toml")
        path.write_text(text)
        return load_configuration(path)
    return read


WRONG = [
    ("", "network: is missing"),
    ("network = 3", "network: must be a text or a table, not 3"),
    ("[network]", "network: give one of network.train, network.import"),
    ("[network.train]\nhidden=[3]\nlength=4", "network.train.states: is missing"),
    ("[network.train]\nhidden=[3]\nstates=3\nlength=4\n[network.import]\nmodel='x'",
     "network: give one of network.train, network.import"),
    ("[network.train]\nhidden=[3]\nstates=3\nlength=4\nno-sc=1", "network.train.no-sc: must be true or false, not 1"),
    ("network='x'\nout=''", 'out: must be not empty, not ""'),
    ("network='x'\n[chekcs]", "chekcs: unknown key (did you mean checks?)"),
    ("network='x'\n[checks]\nimagse=1", "checks.imagse: unknown key (did you mean images?)"),
    ("network='x'\n[checks]\nimages=0", "checks.images: must be at least 1, not 0"),
    ("network='x'\n[checks]\nimages='ten'", 'checks.images: must be a whole number, not "ten"'),
    ("network='x'\n[checks]\nstress-sed=1", "checks.stress-sed: unknown key (did you mean stress-seed?)"),
    ("network='x'\n[hardware]\narithmetic='decimal'",
     'hardware.arithmetic: must be stochastic or binary, not "decimal"'),
    ("network='x'\n[recording.import]\nfiles=['a', 3]", "recording.import.files[1]: must be a text, not 3"),
    ("network='x'\n[recording.import]\nfiles=['a']\nlevels=[1]", "recording.import.levels: must be 2 values, not [1]"),
    ("network='x'\n[recording.import]\nfiles=[]", "recording.import.files: must be not empty, not []"),
    ("network=", "no TOML: Invalid value (at end of document)")]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_what_is_wrong_is_named_with_its_key(load, text, message):
    with pytest.raises(InputError) as error:
        load(text)
    assert str(error.value) == f"spinsc.toml: {message}"


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        load_configuration(tmp_path / "spinsc.toml")


WRONG_FOR_COMMANDS = [
    ("network='mlp1-k5'\n[hardware]\nrng='dice'", "hardware.rng: must be ports, lfsr or replay, not 'dice'"),
    ("network='mlp1-k5'\n[hardware]\nplan=' '", "hardware.plan: must not be empty"),
    ("network='mlp1-k5'\n[hardware]\nboard=''", "hardware.board: must not be empty"),
    ("network='mlp1-k5'\n[recording.simulate]\nbias=nan", "recording.simulate.bias: must be a number, not 'nan'"),
    ("network='mlp1-k5'\n[hardware]\nlanes=3\ntarget='ecp5-25k'",
     "hardware.target: ecp5-25k and hardware.lanes 3 both"),
    ("network='mlp1-k5'\n[hardware]\nclock=5.0", "hardware.clock: 5.0 has no effect without hardware.target"),
    ("network='mlp1-k5'\n[hardware]\nrng='replay'", "hardware.rng: replay and recording must be given together"),
    ("network='mlp1-k5'\nrecording='default'\n[hardware]\nrng='lfsr'",
     'recording: has no effect on hardware with random bits of its own (hardware.rng = "lfsr")'),
    ("network='mlp1-k55'", "network: 'mlp1-k55' is neither a shipped network ("),
    ("network='mlp1-k5'\nrecording='none.npz'", "recording: "),
    ("network='mlp1-k5'\n[hardware]\nfold='none.json'", "hardware.fold: there is no none.json"),
    ("[network.train]\nhidden=[2]\nstates=3\nlength=4\ndata='none.csv'",
     "network.train.data: there is no none.csv"),
    ("network='mlp1-k5'\n[recording.import]\nfiles=['none.csv']", "recording.import.files: there is no none.csv"),
    ("network='mlp1-k5'\n[checks]\nreport='page.txt'", "checks.report: page.txt must end in .html"),
    ("network='mlp1-k5'\n[checks]\nstress=2\nno-stress=true", "checks.stress: 2 has no effect with checks.no-stress")]


@pytest.mark.parametrize(("text", "message"), WRONG_FOR_COMMANDS)
def test_what_a_command_would_refuse_is_named_with_its_key(load, text, message):
    configuration = load(text)

    def check():
        for step in plan_steps(configuration, Path("spinsc.toml"), "spinsc run"):
            step.check()

    with pytest.raises(InputError) as error:
        check()
    assert str(error.value).startswith(f"spinsc.toml: {message}")


def test_options_have_the_values_that_the_command_line_gives_them(load):
    found = load("[network.train]\nhidden=[20, 10]\nstates=5\nlength=8\nno-sc=false\n"
                 "[recording.import]\nfiles=['a.csv', 'b.csv']\nlevels=[0.1, 0.4]\n[checks]\nimages=7\nfirst=2\n")
    file = Path("spinsc.toml")
    train = Part("network.train", made_by(found.network)[1], file).command(Train, "line", out="x.npz", seed=None)
    assert (train.hidden, train.states, train.given) == (((20, 10),), 5, {"hidden", "states", "length", "sc", "out"})
    assert train.sc is True
    measured = Part("recording.import", made_by(found.recording)[1], file).command(RecordingImport, "line", out="y")
    assert (measured.files, measured.levels) == (("a.csv", "b.csv"), (0.1, 0.4))
    checks = Part("checks", found.checks, file).command(Cosim, "line", directory="d", rng=None)
    assert (checks.images, checks.first, checks.given, checks.line) == (7, 2, {"images", "first", "directory"}, "line")


def test_an_option_that_is_turned_round_means_what_it_says(load):
    found = load("[network.train]\nhidden=[2]\nstates=5\nlength=8\nno-sc=true")
    assert Part("", made_by(found.network)[1], Path()).command(Train, "", out="x").sc is False


def test_schema_in_the_docs_is_that_of_the_types():
    """``python -m spinsc.sim.cli.configuration.schema docs/spinsc.schema.json`` makes it."""
    assert json.loads(SCHEMA.read_text()) == schema()


def test_every_key_is_described_and_is_an_option():
    definitions = schema()["$defs"]
    assert definitions["Checks"]["properties"]["images"]["minimum"] == 1
    for name in ("Train", "Import", "Measured", "Simulated", "Hardware", "Checks"):
        for of_key in definitions[name]["properties"].values():
            assert of_key["description"]
    assert {key(Cosim, name) for name in Cosim.arguments()} - set(definitions["Checks"]["properties"]) == {
        "directory", "rng", "force", "json"}
