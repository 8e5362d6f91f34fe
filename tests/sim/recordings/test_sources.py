"""Random bits by their names on the command line, ours and another package's."""

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.lfsr import LfsrStreams
from spinsc.sim.cli.main import main
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.sources import RANDOM_BITS, parse_rng
from tests.models.streams.recordings import coins, small_network


def test_parse_rng(tmp_path):
    network = small_network()
    steps = max(network.steps)
    smtj = parse_rng("smtj", network, seed=4)
    assert smtj.period == 32
    assert smtj.recording.hash == SMTJ(seed=4).simulate(network.devices, 32 * steps).hash
    assert parse_rng("smtj", network, period=5).period == 5
    assert parse_rng("smtj", network, repeat=False, images=40, first=2).period == 42
    with pytest.raises(InputError, match="covers 5 images"):
        parse_rng("smtj", network, period=5, repeat=False, images=6)
    recording = coins(network.devices, 3 * steps)
    recording.save(tmp_path / "a:b.npz")
    streams = parse_rng(f"recording:{tmp_path / 'a:b.npz'}", network, period=2)
    assert (streams.period, streams.recording.hash) == (2, recording.hash)
    assert isinstance(parse_rng("lfsr", network), LfsrStreams)
    ideal = parse_rng("ideal", network, seed=6, period=3)
    assert isinstance(ideal, IdealStreams)
    assert ideal.period == 3
    assert np.array_equal(ideal.numbers(0, 1)[0], IdealStreams(network, 6, 3).numbers(0, 1)[0])
    for spec in ("", "mtj", "recording", "recording:", "smtj:x", "lfsr:1", "Ideal"):
        with pytest.raises(InputError, match="choose smtj, recording:FILE"):
            parse_rng(spec, network)
    with pytest.raises(InputError, match="at least 1 image, not 0"):
        parse_rng("smtj", network, period=0)


@pytest.mark.parametrize(("spec", "option", "named"), [
    ("lfsr", {"seed": 0}, "--seed"), ("lfsr", {"period": 3}, "--period"), ("ideal", {"split": True}, "--split"),
    ("smtj", {"split": True, "allow_constant": True}, "--split and --allow-constant"),
    ("recording:default", {"seed": 1}, "--seed")])
def test_options_without_effect_are_refused(spec, option, named):
    with pytest.raises(InputError, match=f"^--rng {spec} takes no {named}; leave it out$"):
        parse_rng(spec, small_network(), **option)


def test_only_a_recording_that_is_given_must_last(tmp_path):
    network = small_network()
    coins(network.devices, 3 * max(network.steps)).save(tmp_path / "a.npz")
    name = f"recording:{tmp_path / 'a.npz'}"
    with pytest.raises(InputError, match=r"covers 3 images; .*--repeat"):
        parse_rng(name, network, images=4)
    assert parse_rng(name, network, images=4, repeat=True).period == 3
    assert parse_rng("smtj", network, images=40).period == 32
    assert parse_rng("smtj", network, images=4, period=3).period == 3


class Dice:
    """A source that another package might bring: the faces of dice, the same for all images."""

    usage = "dice:FACES"
    takes = ("seed",)

    def make(self, network, request):
        streams = IdealStreams(network, request.seed or 0, 1)
        streams.faces = int(request.argument)
        return streams

    def describe(self, streams, argument):
        return f"dice of {argument} faces"


@pytest.fixture
def dice(monkeypatch):
    monkeypatch.setitem(RANDOM_BITS, "dice", Dice())


def test_a_source_is_one_object_in_the_registry(dice, capsys):
    assert parse_rng("dice:6", small_network(), seed=3).faces == 6
    with pytest.raises(InputError, match="takes no --period"):
        parse_rng("dice:6", small_network(), period=2)
    choices = "smtj, recording:FILE, lfsr, ideal, replay:FILE or dice:FACES"
    with pytest.raises(InputError, match=f"'dice'; choose {choices}$"):
        parse_rng("dice", small_network())
    assert main(["eval", "mlp1-k5", "--images", "20", "--rng", "dice:20"]) == 0
    assert "random bits  dice of 20 faces, repeating every 1 image\n" in capsys.readouterr().out
