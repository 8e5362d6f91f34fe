"""Memories: blocks of the shapes that FPGAs have, and weights in one memory of a layer."""


import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinsc.gen.emit import emit
from spinsc.gen.manifest import load_manifest
from spinsc.gen.memories import LUTS_PER_BLOCK, Memory, packed, weight_memory
from spinsc.hdl.shapes import LayerShape, SideShape
from spinsc.hdl.units import weight_image
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.sim.cosim.run import cosimulate
from tests.tools import needs_icarus

EXACT = SideShape(5, 2)


def layer(inputs=784, neurons=100, lanes=49, units=25, length=100):
    return LayerShape(inputs, neurons, lanes, units, length, EXACT, EXACT)


@pytest.mark.parametrize(("words", "width", "blocks"), [
    (512, 36, 1), (513, 36, 2), (490, 480, 14), (16_384, 1, 1), (2048, 9, 1), (4096, 9, 2), (1600, 147, 17)])
def test_blocks_of_ecp5(words, width, blocks):
    assert Memory("of a test", 1, words, width).blocks(18_432) == blocks
    assert Memory("of a test", 3, words, width).blocks(18_432) == 3 * blocks


@pytest.mark.parametrize(("words", "width", "blocks"), [(16, 30, 0), (64, 147, 0), (400, 147, 5)])
def test_shallow_memories_are_look_up_tables(words, width, blocks):
    memory = Memory("of a test", 1, words, width)
    assert memory.blocks(18_432) == blocks
    assert (memory.luts < 5 * LUTS_PER_BLOCK) == (blocks == 0)


def test_shallow_memories_become_few_deep_ones():
    """64 words of 147 bits for each of 25 units: 14,700 look-up tables, or 17 blocks for all."""
    shape = layer()
    memory = weight_memory(shape, 0)
    assert (memory.blocks(18_432), memory.luts) == (0, 14_700)
    better = packed(shape, 4, 18_432)
    assert (better.word_units, better.weight_memories) == (1, (1, 1600, 147))
    assert weight_memory(better, 0).blocks(18_432) == 17


def test_a_layer_without_time_or_need_stays_as_it_is():
    assert packed(layer(length=3), 4, 18_432).word_units is None
    assert packed(layer(inputs=100, neurons=10, lanes=16, units=10), 1, 18_432).word_units is None


@given(st.integers(1, 40), st.integers(1, 30), st.integers(1, 9), st.data())
def test_words_of_a_packed_memory(inputs, neurons, lanes, data):
    lanes = min(lanes, inputs)
    units = data.draw(st.integers(1, neurons))
    group = data.draw(st.sampled_from([g for g in range(1, units + 1) if units % g == 0]))
    single = layer(inputs, neurons, lanes, units)
    shape = LayerShape(inputs, neurons, lanes, units, 100, EXACT, EXACT, word_units=group)
    weights = np.random.default_rng(inputs).integers(0, 5, (neurons, inputs), dtype=np.uint8)
    (found,), of_units = weight_image(shape, weights), weight_image(single, weights)
    width = of_units.shape[2]
    for address, word in enumerate(found):
        chunk, first = divmod(address, units // group)
        for number in range(group):
            part = word[number * width:(number + 1) * width]
            assert np.array_equal(part, of_units[first * group + number, chunk])


@needs_icarus
@pytest.mark.parametrize(("pipeline", "unroll"), [(False, 1), (True, 1), (True, 2)])
def test_packed_networks(tmp_path, monkeypatch, lint, pipeline, unroll):
    """The same words in the same cycles; blocks are made cheap, so that small layers take them."""
    monkeypatch.setattr("spinsc.gen.memories.LUTS_PER_BLOCK", 1)
    network = random_network((40, 12, 5), input_states=5, weight_states=17, activation_states=3, length=20, seed=3,
                             folding=[Folding(7, 6, unroll), Folding(5, 5, unroll)])
    plain = emit(network, tmp_path / "plain", source="lfsr", pipeline=pipeline)
    manifest = emit(network, tmp_path / "hw", source="lfsr", pipeline=pipeline, pack_memories=True)
    assert all(entry.word_units is not None for entry in load_manifest(tmp_path / "hw").layers)
    assert [len(entry.weight_files) for entry in manifest.layers] == [1, 1]
    assert (manifest.cycles_per_image, manifest.latency_cycles) == (plain.cycles_per_image, plain.latency_cycles)
    rng = np.random.default_rng(4)
    report = cosimulate(tmp_path / "hw", rng.integers(0, 256, (7, 40), dtype=np.uint8), rng.integers(0, 5, 7),
                        simulator="icarus")
    assert report.passed
    assert report.comparison.timely
    assert lint(tmp_path / "hw") == ""


@needs_icarus
def test_words_in_another_order_are_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr("spinsc.gen.memories.LUTS_PER_BLOCK", 1)
    network = random_network((40, 12, 5), input_states=5, weight_states=3, activation_states=3, length=20, seed=3,
                             folding=[Folding(7, 6), Folding(5, 5)])
    manifest = emit(network, tmp_path / "hw", source="lfsr", pack_memories=True)
    path = tmp_path / "hw" / "mem" / manifest.layers[0].weight_files[0]
    words = path.read_text().split()
    path.write_text("\n".join([*words[1:], words[0]]) + "\n")
    rng = np.random.default_rng(4)
    report = cosimulate(tmp_path / "hw", rng.integers(0, 256, (7, 40), dtype=np.uint8), rng.integers(0, 5, 7),
                        simulator="icarus")
    assert not report.passed
