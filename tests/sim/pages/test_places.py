"""The files that a mismatch names."""

from types import SimpleNamespace

import pytest

from spinsc.sim.cosim.comparison import Comparison, Mismatch, merge
from spinsc.sim.pages.cosimulation import places_to_look

LAYERS = [SimpleNamespace(neuron_module=f"neuron{n}", layer_module=f"layer{n}", outcome_file=f"outcome{n}.mem",
                          weight_files=(f"w{n}_0.mem", f"w{n}_1.mem")) for n in (0, 1)]
MANIFEST = SimpleNamespace(layers=LAYERS, top="top")


@pytest.mark.parametrize(("quantity", "layer", "files"), [
    ("accumulator", 0, ["mem/w0_1.mem", "rtl/neuron0.v", "rtl/layer0.v"]),
    ("surplus accumulator", 1, ["mem/w1_1.mem", "rtl/neuron1.v", "rtl/layer1.v"]),
    ("state", 0, ["mem/outcome0.mem", "rtl/top.v"]), ("class", 1, ["mem/outcome1.mem", "rtl/top.v"])])
def test_files_of_a_word(quantity, layer, files):
    assert places_to_look(Mismatch(0, layer, 3, quantity, 1, 2), MANIFEST) == files


def test_the_first_mismatch_of_each_image_survives_merging():
    one = Comparison(origins=[Mismatch(4, 1, 0, "score", 0, 1), Mismatch(4, 0, 7, "accumulator", 0, 1),
                              Mismatch(2, 1, 1, "class", 0, 1)], confusion=[[1, 0, 0], [0, 0, 2]])
    one.count("layer 0 accumulator", 5, 1)
    other = Comparison(origins=[Mismatch(9, 0, 0, "state", 0, 1)], confusion=[[0, 1, 0], [0, 3, 0]])
    other.count("layer 0 accumulator", 5, 2)
    total = merge([one, other])
    assert [(found.image, found.layer, found.neuron) for found in total.origins] == [(2, 1, 1), (4, 0, 7), (9, 0, 0)]
    assert total.confusion == [[1, 1, 0], [0, 3, 2]]
    assert total.places == {"layer 0 accumulator": [10, 3]}
    assert (total.words, total.mismatches) == (10, 3)
    assert Comparison.from_json(total.to_json()) == total
