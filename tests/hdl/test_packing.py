"""Packing of bits, and the memory image of each component, against brute force."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spinsc.hdl.activation import QuantizedActivation, threshold_width
from spinsc.hdl.argmax import Argmax, bias_width
from spinsc.hdl.packing import (
    binary_words,
    grouped_bits,
    hexadecimal_lines,
    integer_bits,
    joined_bits,
    plane_bits,
)
from spinsc.hdl.quantizer import InputQuantizer
from spinsc.hdl.replay import ReplayMemories
from spinsc.hdl.shapes import MOST_SELECTED_STATES, LayerShape, SideShape, state_width
from spinsc.hdl.units import weight_image
from tests.planes import pack_planes


def words_of(bits):
    """Each row as an integer."""
    return [sum(int(bit) << b for b, bit in enumerate(row)) for row in bits]


@given(arrays(np.uint8, st.tuples(st.integers(0, 5), st.integers(1, 70)), elements=st.integers(0, 1)))
def test_hexadecimal_lines(bits):
    lines = hexadecimal_lines(bits).splitlines()
    assert len(lines) == len(bits)
    for line, row in zip(lines, bits, strict=True):
        assert len(line) == -(-len(row) // 4), "a word has as many digits as its width needs"
        assert int(line, 16) == sum(int(bit) << b for b, bit in enumerate(row))


@given(st.data(), st.integers(1, 40))
def test_integer_bits(data, width):
    values = data.draw(st.lists(st.integers(-(1 << width - 1), (1 << width) - 1), min_size=1, max_size=20))
    bits = integer_bits(np.array(values, np.int64), width)
    assert bits.shape == (len(values), width)
    for value, row in zip(values, bits, strict=True):
        assert sum(int(bit) << b for b, bit in enumerate(row)) == value % (1 << width)


@given(st.data(), st.integers(1, 12), st.integers(1, 6))
def test_joined_bits(data, width, integers):
    values = data.draw(arrays(np.int64, st.tuples(st.integers(1, 5), st.just(integers)),
                              elements=st.integers(0, (1 << width) - 1)))
    assert words_of(joined_bits(values, width)) == [
        sum(int(value) << n * width for n, value in enumerate(row)) for row in values]


@given(arrays(np.uint8, st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 9)),
              elements=st.integers(0, 31)))
def test_plane_bits(values):
    bits = plane_bits(values, 5)
    assert bits.shape == (*values.shape[:2], 5 * values.shape[2])
    for rows, expected in zip(bits, values, strict=True):
        assert words_of(rows) == [pack_planes(row.tolist(), 5) for row in expected]


@given(arrays(np.uint8, st.tuples(st.integers(0, 5), st.integers(1, 70)), elements=st.integers(0, 1)))
def test_binary_words(bits):
    words = binary_words(bits)
    assert words.shape == (len(bits), -(-bits.shape[1] // 8))
    assert [int.from_bytes(word.tobytes(), "big") for word in words] == words_of(bits)


@given(st.integers(1, 4), st.integers(1, 12), st.integers(1, 5), st.data())
def test_grouped_bits(runs, length, width, data):
    group = data.draw(st.integers(1, length))
    bits = data.draw(arrays(np.uint8, (runs * length, width), elements=st.integers(0, 1)))
    words = grouped_bits(bits, length, group)
    each = -(-length // group)
    assert words.shape == (runs * each, group * width)
    for number, word in enumerate(words):
        run, first = number // each, number % each * group
        for b, part in enumerate(word.reshape(group, width)):
            t = first + b
            expected = bits[run * length + t] if t < length else np.zeros(width)
            assert np.array_equal(part, expected)


@given(st.data(), st.integers(2, 256), st.integers(1, 12), st.integers(1, 12))
def test_weight_image(data, states, inputs, neurons):
    lanes, units = data.draw(st.integers(1, inputs)), data.draw(st.integers(1, neurons))
    weights = data.draw(arrays(np.uint8, (neurons, inputs), elements=st.integers(0, states - 1)))
    shape = LayerShape(inputs, neurons, lanes, units, 3, SideShape(3, 1), SideShape(states, 2))
    words = weight_image(shape, weights)
    # with many states, the memory has their comparator thresholds
    compared = states > MOST_SELECTED_STATES
    width = 3 if compared else state_width(states)
    assert words.shape == (units, shape.passes * shape.chunks, width * lanes)
    for unit in range(units):
        for number in range(shape.passes):
            for chunk in range(shape.chunks):
                for lane in range(lanes):
                    neuron, i = number * units + unit, chunk * lanes + lane
                    state = weights[neuron, i] if neuron < neurons and i < inputs else states - 1
                    word = words[unit, number * shape.chunks + chunk]
                    expected = (8 * int(state) + states - 1) // (2 * (states - 1)) if compared else state
                    assert sum(int(word[b * lanes + lane]) << b for b in range(width)) == expected


def test_image_of_the_quantizer():
    (word,) = words_of(InputQuantizer(4, 1, "").image(np.array([3, 255, 256])))
    assert word == 3 | 255 << 9 | 256 << 18


def test_image_of_activations():
    unit = QuantizedActivation(2, 4, 20, "")
    assert threshold_width(20) == 5
    assert words_of(unit.image(np.array([[0, 7, 21], [1, 1, 20]]))) == [7 << 5 | 21 << 10, 1 | 1 << 5 | 20 << 10]


def test_image_of_biases():
    assert bias_width(20) == 6
    assert words_of(Argmax(3, 20, "").image(np.array([-20, 20, -1]))) == [44, 20, 63]


@given(st.data(), st.sampled_from([0, 2]))
def test_image_of_a_replay_memory(data, delay):
    """A word per cycle: the steps that fill delay lines one by one, then B at a time, chunk by chunk."""
    unroll = 1 if delay else data.draw(st.integers(1, 5))
    shape = LayerShape(7, 3, 3, 2, 5, SideShape(3, 1, 2, delay=delay), SideShape(3, 1), unroll)
    samples = data.draw(arrays(np.uint8, (shape.fill + shape.compute_steps, shape.devices), elements=st.integers(0, 1)))
    words = words_of(ReplayMemories.image(shape, samples))
    assert len(words) == shape.cycles
    steps = words_of(samples)
    assert words[:shape.fill] == steps[:shape.fill]
    for number, word in enumerate(words[shape.fill:]):
        chunk, cycle = divmod(number, shape.cycles_per_chunk)
        taken = steps[shape.fill + chunk * 5:shape.fill + (chunk + 1) * 5][cycle * unroll:(cycle + 1) * unroll]
        assert word == sum(step << b * shape.devices for b, step in enumerate(taken))
