"""A telegraph signal as an oscilloscope saves it, read by the hardware as if its junctions gave it."""

import numpy as np
import pytest

from spinsc.models.shipped import load_network
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.importing.read import Excerpt, import_recording

IMAGES = 2


@pytest.fixture
def recording(tmp_path):
    """Stands for the measurement: one junction, in volts with noise, long enough to be cut into all that are needed."""
    network = load_network("mlp1-k5").with_folding(28, 50)
    samples = network.devices * max(network.samples) * IMAGES
    bits = SMTJ().simulate(1, samples).bits()[0]
    volts = 0.3 * bits + np.random.default_rng(0).normal(0, 0.02, samples)
    table = tmp_path / "scope.npy"
    np.save(table, volts.astype(np.float32))
    path = tmp_path / "bits.npz"
    import_recording([table], excerpt=Excerpt(sampling_interval_s=20e-9)).save(path)
    return path


def test_the_hardware_on_measured_bits(recording, spinsc_cosim):
    spinsc_cosim("build/mlp1").assert_equal(images=IMAGES, rng=f"recording:{recording}", split=True)
