"""Memory images against brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spinsc.gen.packing import hexadecimal_lines, integer_bits, replay_words, state_bits, weight_words


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


@pytest.mark.parametrize("states", range(2, 257))
def test_state_bits(states):
    assert 2 ** (state_bits(states) - 1) < states <= 2 ** state_bits(states)


@given(st.data(), st.integers(2, 256), st.integers(1, 12), st.integers(1, 12))
def test_weight_words(data, states, inputs, neurons):
    lanes, units = data.draw(st.integers(1, inputs)), data.draw(st.integers(1, neurons))
    weights = data.draw(arrays(np.uint8, (neurons, inputs), elements=st.integers(0, states - 1)))
    words = weight_words(weights, states, lanes, units)
    chunks, passes, width = -(-inputs // lanes), -(-neurons // units), state_bits(states)
    assert words.shape == (units, passes * chunks, width * lanes)
    for unit in range(units):
        for number in range(passes):
            for chunk in range(chunks):
                for lane in range(lanes):
                    neuron, i = number * units + unit, chunk * lanes + lane
                    state = weights[neuron, i] if neuron < neurons and i < inputs else states - 1
                    word = words[unit, number * chunks + chunk]
                    assert sum(int(word[b * lanes + lane]) << b for b in range(width)) == state


@given(st.integers(1, 4), st.integers(1, 12), st.integers(1, 5), st.data())
def test_replay_words(chunks, length, devices, data):
    unroll = data.draw(st.integers(1, length))
    bits = data.draw(arrays(np.uint8, (chunks * length, devices), elements=st.integers(0, 1)))
    words = replay_words(bits, length, unroll)
    cycles = -(-length // unroll)
    assert words.shape == (chunks * cycles, unroll * devices)
    for cycle, word in enumerate(words):
        chunk, group = divmod(cycle, cycles)
        for b, samples in enumerate(word.reshape(unroll, devices)):
            t = group * unroll + b
            expected = bits[chunk * length + t] if t < length else np.zeros(devices)
            assert np.array_equal(samples, expected)
