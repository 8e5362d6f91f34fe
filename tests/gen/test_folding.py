"""Choice of the folding: fast enough, nothing cheaper, and clear errors."""

import dataclasses
import itertools
import json

import pytest

from spinsc.errors import InputError
from spinsc.gen.cycles import gather_cycles, layer_cycles, network_cycles
from spinsc.gen.design import layer_shape, layer_shapes
from spinsc.gen.folding import choose_folding, load_folding
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding

PIXELS_PER_BEAT = 2


def small(sizes=(9, 7, 4), length=6):
    return random_network(sizes, input_states=5, weight_states=5, activation_states=3, length=length, seed=1)


@pytest.mark.parametrize("target", [12, 13, 17, 20, 40, 60, 100, 378, 1000])
def test_fast_enough_and_nothing_cheaper(target):
    network = small()
    foldings = choose_folding(network, target, pixels_per_beat=PIXELS_PER_BEAT)
    assert network_cycles(layer_shapes(network.with_foldings(foldings)), PIXELS_PER_BEAT) <= target
    for number, (layer, chosen) in enumerate(zip(network.layers, foldings, strict=True)):
        for other in itertools.product(range(1, layer.inputs + 1), range(1, layer.neurons + 1), range(1, 7)):
            if other[0] * other[1] * other[2] < chosen.lanes * chosen.units * chosen.unroll:
                shape = layer_shape(dataclasses.replace(layer, folding=Folding(*other)), 6)
                cycles = max(layer_cycles(shape), gather_cycles(shape, 1 if number else PIXELS_PER_BEAT))
                assert cycles > target, f"{other} is cheaper than {chosen}"


def test_layers_with_delays_are_not_unrolled():
    network = small().with_plan("groups=2,delay=1")
    for target in (50, 100, 400):
        foldings = choose_folding(network, target, pixels_per_beat=PIXELS_PER_BEAT)
        chosen = network.with_foldings(foldings)
        assert network_cycles(layer_shapes(chosen), PIXELS_PER_BEAT) <= target
        assert all(layer.folding.unroll == 1 for layer in chosen.layers if layer.fill)
    with pytest.raises(InputError, match=r"give at least --target-cycles (\d+)$"):
        choose_folding(network, 5)


def test_max_lanes():
    assert all(folding.lanes <= 2 for folding in choose_folding(small(), 60, max_lanes=2))


def test_impossible_target_names_the_least_possible_one():
    with pytest.raises(InputError, match=r"layer 0 .* give at least --target-cycles 10$"):
        choose_folding(small(), 5)
    choose_folding(small(), 10)


@pytest.mark.parametrize(("target", "lanes"), [(0, None), (100, 0)])
def test_bad_numbers(target, lanes):
    with pytest.raises(InputError, match="must be at least 1, not 0"):
        choose_folding(small(), target, lanes)


def test_folding_file(tmp_path):
    path = tmp_path / "fold.json"
    path.write_text(json.dumps([{"lanes": 4, "units": 7, "unroll": 6}, {"lanes": 2, "units": 1}]))
    network = small().with_foldings(load_folding(path))
    assert [layer.folding for layer in network.layers] == [Folding(4, 7, 6), Folding(2, 1, 1)]
    assert network.with_folding(unroll=2).hash == network.hash, "B decides no bit"


@pytest.mark.parametrize("text", ["", "{", "3", '[{"lanes": 4}]', '[{"lanes": 4, "units": "7"}]',
                                  '[{"lanes": 4, "units": 7, "chunks": 2}]', '[{"lanes": true, "units": 7}]'])
def test_bad_folding_file(tmp_path, text):
    path = tmp_path / "fold.json"
    path.write_text(text)
    with pytest.raises(InputError, match="should hold"):
        load_folding(path)


def test_folding_of_another_network():
    with pytest.raises(InputError, match="a folding is needed for each of the 2 layers, not 1"):
        small().with_foldings([Folding(1, 1)])
    with pytest.raises(InputError, match=r"unroll \(B\) of layer 1 must be at most the length L = 6, not 7"):
        small().with_foldings([Folding(1, 1), Folding(1, 1, 7)])
