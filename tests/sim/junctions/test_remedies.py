"""What would do where bits are not good enough: what is named does it, and nothing is named that does not."""

import numpy as np
import pytest

from spinsc.models.data.catalogue import embedded_images
from spinsc.models.shipped import load_network
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.junctions import mitigation
from spinsc.sim.junctions.model import simulate
from spinsc.sim.junctions.remedies import remedies
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.fitting import fitting
from spinsc.sim.recordings.verdict import judge
from spinsc.sim.studies.synthetic import make

DIGITS = embedded_images("mnist")
NETWORK = load_network("mlp1-k5")


def text_for(recording):
    return remedies(recording, NETWORK, DIGITS.images, DIGITS.labels)


def test_a_remedy_that_is_named_works():
    recording = make("correlated", NETWORK, 0.15, 1)
    text = text_for(recording)
    assert text.startswith("improve --shuffle NET (then 0.")
    shuffled = RecordedStreams(mitigation.shuffle(recording, NETWORK), NETWORK)
    assert not judge(shuffled, DIGITS.images, DIGITS.labels).excessive
    # 16 images are 4 at every 4th sample, so that 4 times 4 images are missing
    assert "improve --every 4 and 20,800 more samples per device" in text


def test_devices_in_store_are_used():
    model = SMTJ(seed=3, bias_kt=0.06)
    text = text_for(model.simulate(2 * NETWORK.devices, 16 * max(NETWORK.samples)))
    assert "improve --xor 2 (then 0." in text
    assert "needs" not in text


def test_what_nothing_helps_is_said():
    text = text_for(make("copies", NETWORK, 1.0, 1))
    assert text.startswith("none of what spinsc can do with these bits; best ")
    assert text.endswith("(--xor 2 needs 552 and calibrate 1,104 devices, 276 are recorded)")


def test_tuned_networks_and_shared_layers():
    for plan in ("tuned", "shared"):
        network = NETWORK.with_plan(plan)
        recording = simulate(SMTJ(seed=1, sampling_interval_s=5e-10), network, 16 * max(network.samples))
        text = remedies(recording, network, DIGITS.images[:200], DIGITS.labels[:200])
        assert "calibrate (" not in text if plan == "tuned" else "--shuffle" not in text


def test_what_a_recording_suffices_for():
    few = SMTJ(seed=1).simulate(40, 30_000)
    text = fitting(few, NETWORK)
    lanes = int(text.split()[1])
    folded = NETWORK.with_folding(lanes)
    assert folded.devices <= 40
    assert max(folded.samples) <= 30_000
    assert NETWORK.with_folding(lanes + 1).devices > 40
    assert fitting(SMTJ(seed=1).simulate(2, 50), NETWORK) == ""
    assert "networks mlp1-k5, mlp1w-k5" in fitting(SMTJ(seed=1).simulate(400, 1400), NETWORK)


def test_a_recording_that_is_too_small_says_so(tmp_path):
    from spinsc.errors import InputError
    from spinsc.sim.recordings.sources import parse_rng

    SMTJ(seed=1).simulate(40, 30_000).save(tmp_path / "a.npz")
    with pytest.raises(InputError, match=r"needs 276 devices, but .* has 40; .*; it suffices for --lanes \d+"):
        parse_rng(f"recording:{tmp_path / 'a.npz'}", NETWORK)
    SMTJ(seed=1).simulate(900, 800).save(tmp_path / "b.npz")
    with pytest.raises(InputError, match=r"takes 1300 samples .* has 800; .*it suffices for --lanes \d+ .*-l16"):
        parse_rng(f"recording:{tmp_path / 'b.npz'}", NETWORK)
    assert np.all(parse_rng(f"recording:{tmp_path / 'a.npz'}", NETWORK, split=True).period == 3)
