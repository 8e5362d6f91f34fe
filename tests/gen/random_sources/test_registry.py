"""The registry of random sources: every one can be made, and the golden model has its numbers."""

from pathlib import Path

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.gen.random_sources.registry import RANDOM_SOURCES
from spinsc.gen.random_sources.source import RecordedImage
from spinsc.models.builders import random_network
from spinsc.models.streams.lfsr import LfsrStreams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.recordings.replayed import ReplayedStreams
from spinsc.sim.recordings.sources import RANDOM_BITS, find_random_bits, parse_rng


def network():
    return random_network((9, 5, 3), input_states=5, weight_states=3, activation_states=3, length=4, seed=1)


def recorded(described):
    return RecordedImage({number: np.ones((described.samples[number], layer.devices), np.uint8)
                          for number, layer in enumerate(described.layers)}, "ones")


@pytest.mark.parametrize("name", list(RANDOM_SOURCES))
def test_names(name):
    source = RANDOM_SOURCES[name]
    assert source.name == name
    bits, _ = find_random_bits(source.golden(Path("folder")))
    assert bits in RANDOM_BITS.values()


@pytest.mark.parametrize(("name", "words", "streams"), [
    ("ports", "s-MTJ ports", RecordedStreams), ("lfsr", "LFSRs", LfsrStreams),
    ("replay", "memories that replay ones", ReplayedStreams)])
def test_own_sources(name, words, streams, tmp_path):
    described = network()
    kind = RANDOM_SOURCES.find(name)
    source = kind.create(recorded(described) if kind.takes_recording else None)
    source.check(described)
    (tmp_path / "mem").mkdir()
    source.write(tmp_path, described)
    assert source.words == words
    assert type(parse_rng(source.golden(tmp_path), described)) is streams
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {"ports": {"sim/spinsc_smtj_array.sv"}, "lfsr": set(), "replay": {
        "recording.npz", "mem/layer0_recording.mem", "mem/layer1_recording.mem"}}[name]


def test_recordings_go_with_replay_memories():
    with pytest.raises(InputError, match=r"^--rng replay and --recording must be given together$"):
        RANDOM_SOURCES.find("replay").create()
    with pytest.raises(InputError, match=r"must be given together, not --rng lfsr with --recording$"):
        RANDOM_SOURCES.find("lfsr").create(recorded(network()))


def test_lfsrs_do_not_serve_tuned_junctions():
    with pytest.raises(InputError, match="tuned"):
        RANDOM_SOURCES.find("lfsr").create().check(network().with_plan("tuned"))


def test_replayed_bits_that_do_not_fit(tmp_path):
    described = network()
    (tmp_path / "mem").mkdir()
    RANDOM_SOURCES.find("replay").create(recorded(described)).write(tmp_path, described)
    name = f"replay:{tmp_path / 'recording.npz'}"
    with pytest.raises(InputError, match=r"recording.npz holds bits of shape .* for layer 0, but the network reads 8 "):
        parse_rng(name, described.with_length(8))
    (tmp_path / "recording.npz").write_bytes(b"bits")
    with pytest.raises(InputError, match=r"recording\.npz does not hold the bits of replay memories"):
        parse_rng(name, described)
