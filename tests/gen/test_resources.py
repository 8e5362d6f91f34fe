"""What a network takes of an FPGA: the estimate against synthesis, and foldings that fit."""

import dataclasses
import itertools

import pytest

from benchmarks.resources import PARTS, errors, total
from spinsc.errors import InputError
from spinsc.gen.cycles import network_cycles
from spinsc.gen.design import layer_shapes
from spinsc.gen.fitting import MOST_UNROLLED, fit_to
from spinsc.gen.resources import (
    MOST_USED,
    Usage,
    measured,
    model,
    neuron_terms,
    read_shape,
    shape_fields,
    stochastic_neuron,
)
from spinsc.gen.targets.registry import TARGETS
from spinsc.models.builders import random_network
from spinsc.models.shipped import load_network

WITHIN = 0.15
DESIGNS = measured()
NAMES = [f"{design['family']} {design['design']}" for design in DESIGNS]


def of_family(design):
    return [other for other in DESIGNS if other["family"] == design["family"]]


def test_enough_designs_were_synthesized():
    assert [(design["family"], design["design"]) for design in DESIGNS] == [
        (TARGETS.find(name).family, number) for name, numbers in PARTS.items() for number in numbers]
    assert len(DESIGNS) >= 12


@pytest.mark.parametrize("design", DESIGNS, ids=NAMES)
def test_estimate_is_near_to_synthesis(design):
    luts, flip_flops, rams = errors(design, of_family(design))
    assert abs(luts) < WITHIN
    assert abs(flip_flops) < WITHIN
    assert abs(rams) <= max(2, WITHIN * total(design).rams)  # Yosys mixes shapes of blocks


def test_a_wrong_result_is_noticed():
    design = next(each for each in DESIGNS if each["family"] == "ecp5" and len(each["layers"]) == 2)
    wrong = design | {"neuron": [[luts * 1.6, *others] for luts, *others in design["neuron"]],
                      "layer": [[luts * 1.6, *others] for luts, *others in design["layer"]]}
    assert abs(errors(wrong, of_family(design))[0]) > WITHIN


@pytest.mark.parametrize("design", DESIGNS, ids=NAMES)
def test_flip_flops_of_a_neuron_are_counted(design):
    for fields, (_, flip_flops, _) in zip(design["layers"], design["neuron"], strict=True):
        shape = read_shape(fields)
        assert shape_fields(shape) == fields
        assert abs(neuron_terms(stochastic_neuron(shape)).flip_flops - flip_flops) <= max(4, 0.1 * flip_flops)


def small_network():
    return random_network((196, 32, 10), input_states=5, weight_states=5, activation_states=5, length=100, seed=1)


@pytest.fixture(scope="module", params=["ecp5-25k", "ecp5-85k", "ice40-hx8k", "xc7a35t"])
def fitted(request):
    return fit_to(small_network(), TARGETS.find(request.param), pixels_per_beat=4, lfsr=True)


def test_it_fits_and_uses_the_part(fitted):
    """Largest parts have room for all that is of use: an image comes in as many cycles as the last layer gathers."""
    assert fitted.total.fits(fitted.part)
    folded = small_network().with_foldings(fitted.foldings)
    shapes = layer_shapes(folded, pipeline=True)
    assert all(shape.unroll <= MOST_UNROLLED for shape in shapes)
    assert fitted.cycles_per_image == network_cycles(shapes, min(4, shapes[0].lanes))
    assert fitted.images_per_s == pytest.approx(fitted.part.clock_mhz * 1e6 / fitted.cycles_per_image)
    used = max(fitted.total.luts / fitted.part.luts, fitted.total.flip_flops / fitted.part.flip_flops)
    assert used > 0.6 * MOST_USED or fitted.cycles_per_image < 120


def test_shipped_network_is_faster_than_by_hand_and_a_clock_counts():
    fitted = fit_to(load_network("mlp1-k5"), TARGETS.find("ecp5-25k"), clock_mhz=50, pixels_per_beat=4, lfsr=True)
    assert fitted.cycles_per_image < 49_000 / 4  # of S = 16, P = 10, a fifth of the part
    assert fitted.images_per_s == 50e6 / fitted.cycles_per_image


def test_without_lfsrs_there_is_room_for_more():
    inside, outside = (fit_to(small_network(), TARGETS.find("ice40-hx8k"), pixels_per_beat=4, lfsr=lfsr)
                       for lfsr in (True, False))
    assert outside.cycles_per_image < inside.cycles_per_image


def test_a_network_that_does_not_fit_is_refused():
    small = dataclasses.replace(TARGETS.find("ice40-up5k"), luts=500)
    network = random_network((20, 9, 4), input_states=5, weight_states=5, activation_states=5, length=100, seed=1)
    with pytest.raises(InputError, match=r"ice40-up5k is too small for this network: .*; choose a larger --target"):
        fit_to(network, small, pixels_per_beat=4, lfsr=True)


def test_usage_adds_up():
    part = dataclasses.replace(TARGETS.find("ecp5-25k"), luts=100, flip_flops=100, rams=10)
    assert Usage(40, 30, 4) * 2 + Usage(5, 5, 0.5) == Usage(85, 65, 8.5)
    assert Usage(85, 85, 8.5).fits(part)
    for worse in itertools.permutations((86, 0, 0)):
        assert not Usage(*worse).fits(part)


def test_factors_are_not_negative():
    for family in ("ecp5", "ice40", "xc7"):
        assert all((factors >= 0).all() for factors in model(family).factors.values())
