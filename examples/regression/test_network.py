"""The network, bit for bit."""

import pytest


def test_network(spinsc_cosim):
    report = spinsc_cosim("build/mlp1").assert_equal(images=20)
    assert report.cycles_per_image == report.predicted_cycles_per_image


@pytest.mark.spinsc_cosim(images=3, first=500, seed=7)
def test_other_bits_and_images(spinsc_cosim):
    assert spinsc_cosim("build/mlp1").assert_equal().comparison.images == 3
