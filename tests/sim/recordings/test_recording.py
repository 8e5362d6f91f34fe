"""Recordings, their file, and the device map of the bit contract."""

import io
import json
import zipfile

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.models.builders import balanced_folding, random_network
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.metadata import Metadata, Split
from spinsc.sim.recordings.recording import DEFAULT_RECORDING, Recording
from spinsc.sim.recordings.sources import parse_rng

META = {"kind": "simulated", "device": "fair coin", "sampling_interval_s": 1e-6}


def coins(devices, steps, seed=0):
    return Recording.from_bits(np.random.default_rng(seed).integers(0, 2, (devices, steps)), META, allow_constant=True)


@pytest.mark.parametrize("steps", [1, 7, 8, 9, 64, 100])
def test_bits_are_those_packed(steps):
    bits = np.random.default_rng(steps).integers(0, 2, (5, steps), dtype=np.uint8)
    recording = Recording.from_bits(bits, META, allow_constant=True)
    assert np.array_equal(recording.bits(), bits)
    for device in range(5):
        for n in range(steps):
            assert recording.packed[device, n // 8] >> n % 8 & 1 == bits[device, n]
    for start in range(steps):
        for stop in range(start, steps + 1):
            assert np.array_equal(recording.bits(slice(1, 4), slice(start, stop)), bits[1:4, start:stop])


def test_recording_is_frozen():
    with pytest.raises(ValueError, match="read-only"):
        coins(2, 9).packed[0, 0] = 1
    with pytest.raises(ValueError, match="contiguous"):
        coins(2, 9).bits(steps=slice(0, 9, 2))


@pytest.mark.parametrize("steps", [2, 8, 9, 16, 65, 200])
@pytest.mark.parametrize("value", [0, 1])
def test_constant_device_is_named(steps, value):
    bits = np.random.default_rng(1).integers(0, 2, (4, steps))
    bits[:, 0], bits[:, -1] = 0, 1
    Recording.from_bits(bits, META)
    bits[2] = value
    with pytest.raises(InputError, match=rf"device 2 is stuck at {value} in all {steps} samples; .*--allow-constant"):
        Recording.from_bits(bits, META)
    bits[3] = 1
    with pytest.raises(InputError, match=r"device 2 \(and 1 more\) is stuck"):
        Recording.from_bits(bits, META)
    assert Recording.from_bits(bits, META, allow_constant=True).devices == 4


@pytest.mark.parametrize(("packed", "steps", "metadata", "message"), [
    (np.zeros((2, 2), np.int64), 16, META, "must be uint8"),
    (np.zeros(2, np.uint8), 16, META, "must be uint8"),
    (np.zeros((2, 2), np.uint8), 17, META, "take 3 bytes, not 2"),
    (np.zeros((2, 2), np.uint8), 8, META, "take 1 bytes, not 2"),
    (np.zeros((2, 0), np.uint8), 0, META, "at least one sample"),
    (np.zeros((0, 2), np.uint8), 16, META, "at least one sample"),
    (np.full((2, 2), 255, np.uint8), 15, META, "after the last sample must be 0"),
    (np.full((2, 2), 85, np.uint8), 16, {}, "'kind' must be"),
    (np.full((2, 2), 85, np.uint8), 16, {"kind": "guessed"}, "'kind' must be"),
    (np.full((2, 2), 85, np.uint8), 16, META | {"device": 5}, r"got `int` - at `\$.device`"),
    (np.full((2, 2), 85, np.uint8), 16, META | {"operator": "Jane"}, "unknown field `operator`.*; .*'parameters'"),
    (np.full((2, 2), 85, np.uint8), 16, META | {"sampling_interval_s": 0}, "positive time in seconds, not 0"),
])
def test_bad_recordings(packed, steps, metadata, message):
    with pytest.raises(InputError, match=message):
        Recording(packed, steps, metadata)


@pytest.mark.parametrize(("bits", "message"), [
    ([[0, 1], [2, 1]], "sample 0 of device 1 is 2"),
    ([0.0, 1.0, np.nan], "sample 2 of device 0 is nan"),
    ([0, -1], "sample 1 of device 0 is -1"),
    (["a", "b"], "must be numbers"),
    (np.zeros((2, 2, 2)), "shape"),
])
def test_bad_samples(bits, message):
    with pytest.raises(InputError, match=message):
        Recording.from_bits(bits, META)


def test_split_into_consecutive_pieces():
    recording = coins(3, 103)
    split = recording.split(8)
    assert (split.devices, split.steps) == (8, 34)
    for device in range(8):
        piece = device % 3
        expected = recording.bits(slice(device // 3, device // 3 + 1), slice(34 * piece, 34 * (piece + 1)))
        assert np.array_equal(split.bits(slice(device, device + 1)), expected)
    assert split.metadata.split == Split(devices=3, steps=103, pieces=3)
    assert recording.split(3) is recording
    with pytest.raises(InputError, match="3 devices with 103 samples cannot be split into 310; at least 104"):
        recording.split(310)


def test_split_finds_a_stuck_piece():
    bits = np.random.default_rng(0).integers(0, 2, (1, 1000))
    bits[0, 500:] = 1
    with pytest.raises(InputError, match=r"device 2 .* stuck at 1"):
        Recording.from_bits(bits, META).split(4)


@pytest.mark.parametrize("steps", [1, 13, 1000])
def test_save_and_load(tmp_path, steps):
    recording = coins(7, steps)
    recording.save(tmp_path / "a.npz")
    loaded = Recording.load(tmp_path / "a.npz", allow_constant=True)
    assert np.array_equal(loaded.packed, recording.packed)
    assert (loaded.steps, loaded.metadata, loaded.hash) == (steps, Metadata.of(META), recording.hash)
    loaded.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_load_refuses_constant_devices(tmp_path):
    Recording.from_bits(np.zeros((1, 100)), META, allow_constant=True).save(tmp_path / "a.npz")
    with pytest.raises(InputError, match=r"a\.npz: device 0 is stuck at 0"):
        Recording.load(tmp_path / "a.npz")
    assert Recording.load(tmp_path / "a.npz", allow_constant=True).steps == 100


def test_load_refuses_damaged_files(tmp_path):
    path = tmp_path / "a.npz"
    coins(9, 3001).save(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(5)
    damaged = [whole[:size] for size in (0, 1, 30, 100, len(whole) // 2, len(whole) - 30, len(whole) - 1)]
    for place in rng.integers(0, len(whole), 60):
        changed = bytearray(whole)
        changed[place] ^= 1 << int(rng.integers(8))
        damaged.append(bytes(changed))
    messages = []
    for content in damaged:
        path.write_bytes(content)
        try:
            loaded = Recording.load(path)
        except InputError as error:
            messages.append(str(error))
        else:  # a bit that nothing reads, such as a zip entry's time
            assert loaded.hash == coins(9, 3001).hash
    assert len(messages) > 50
    assert all(str(path) in message and "\n" not in message for message in messages)


def _rewrite(path, change, packed=None):
    with np.load(path) as archive:
        meta, samples = json.loads(archive["meta"].tobytes()), archive["packed"]
    changed = np.frombuffer(json.dumps(change(meta)).encode(), np.uint8)
    np.savez(path, meta=changed, packed=samples if packed is None else packed)


@pytest.mark.parametrize(("change", "message"), [
    (lambda m: m | {"format": "spinsc-network"}, "is not a spinsc recording"),
    (lambda m: [m], "is not a spinsc recording"),
    (lambda m: m | {"version": 2}, "has format version 2, this spinsc reads 1"),
    (lambda m: m | {"steps": 90}, "states .* devices x 90 steps, but holds samples of shape"),
    (lambda m: m | {"steps": "100"}, "is inconsistent"),
    (lambda m: {k: v for k, v in m.items() if k != "steps"}, "is inconsistent"),
    (lambda m: m | {"devices": 4}, "states 4 devices x 100 steps, but holds samples of shape"),
    (lambda m: m | {"hash": "0"}, "was changed after it was written"),
    (lambda m: m | {"metadata": None}, "'kind' must be"),
])
def test_load_refuses_inconsistent_files(tmp_path, change, message):
    path = tmp_path / "a.npz"
    coins(3, 100).save(path)
    _rewrite(path, change)
    with pytest.raises(InputError, match=message):
        Recording.load(path)


def test_load_refuses_foreign_files(tmp_path):
    path = tmp_path / "a.npz"
    for packed in (np.float64(1), np.array([["a"]]), np.zeros((3, 13, 2), np.uint8)):
        coins(3, 100).save(path)
        _rewrite(path, lambda m: m, packed)
        with pytest.raises(InputError, match=r"shape|uint8"):
            Recording.load(path)
    np.savez(path, a=np.zeros(3))
    with pytest.raises(InputError, match="not a readable recording"):
        Recording.load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("meta.npy", b"text")
    with pytest.raises(InputError, match="not a readable recording"):
        Recording.load(path)
    pickled = io.BytesIO()
    np.save(pickled, np.array([{}], dtype=object), allow_pickle=True)
    path.write_bytes(pickled.getvalue())
    with pytest.raises(InputError, match="not a readable recording"):
        Recording.load(path)
    with pytest.raises(InputError, match="not a readable recording"):
        Recording.load(tmp_path)
    with pytest.raises(InputError, match="no recording file"):
        Recording.load(tmp_path / "b.npz")


def test_network_without_random_numbers():
    network = random_network((6, 4, 2), input_states=2, weight_states=2, activation_states=2, length=3, seed=1)
    streams = parse_rng("smtj", network)
    assert not streams.numbers(0, 31)[0].any()
    assert streams.layer_bits(0, 3).shape == (0, network.steps[0])


def test_default_recording_fits_the_default_network():
    sizes = (784, 100, 10)
    network = random_network(sizes, input_states=5, weight_states=5, activation_states=5, length=100, seed=1)
    assert [layer.folding for layer in network.layers] == balanced_folding(sizes)
    streams = parse_rng("recording:default", network)
    assert streams.period == 8
    recording = Recording.load(DEFAULT_RECORDING)
    assert recording.metadata.kind == "simulated"
    model = SMTJ(**recording.metadata.parameters)
    assert model == SMTJ(seed=1)
    assert model.simulate(288, 10_400).hash == recording.hash
