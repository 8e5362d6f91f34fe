"""Packed bits of any streams: the same bits as their numbers."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.packing import packed_bits
from spinsc.models.streams.protocol import PackedBits
from spinsc.models.streams.recorded import RecordedStreams
from tests.models.streams.recordings import coins


@pytest.mark.parametrize("length", [3, 24, 61, 64, 100, 128, 130, 200])
def test_packed_bits_are_the_same_samples(length):
    network = random_network((20, 9, 4), input_states=5, weight_states=11, activation_states=2, length=length, seed=1,
                             folding=[Folding(7, 4), Folding(9, 3)])
    recorded = RecordedStreams(coins(network.devices + 1, 12 * max(network.steps) + 3), network)
    for streams in (recorded, IdealStreams(network, 1, 12),
                    SimpleNamespace(period=12, numbers=recorded.numbers)):  # leaves the packing to packed_bits
        for slots in ([11], [3, 4, 5], [*range(12), 0], [7, 7, 2]):
            for number, layer in enumerate(network.layers):
                samples, starts = packed_bits(network, streams, number, slots)
                bits = np.unpackbits(samples, axis=1, bitorder="little")
                for slot, start in zip(slots, starts, strict=True):
                    r_a, r_w = streams.numbers(number, slot)
                    planes = [r >> b & 1 for r, side in zip((r_a, r_w), layer.sides, strict=True)
                              for b in range(side.bits)]
                    np.testing.assert_array_equal(bits[:, start:start + len(r_a)].T, np.concatenate(planes, 1))
    with pytest.raises(ValueError, match="slots must be from 0 to 11, not 11 to 12"):
        recorded.packed(0, [11, 12])


@pytest.mark.parametrize(("change", "message"), [
    (lambda bits: PackedBits(bits.samples[1:], bits.starts), r"contiguous bytes of 12 devices.*not uint8 \(11, "),
    (lambda bits: PackedBits(bits.samples[:, ::2], bits.starts), "contiguous bytes of 12 devices"),
    (lambda bits: PackedBits(bits.samples[:, :7].copy(), bits.starts), "at least 8 of each"),
    (lambda bits: PackedBits(bits.samples, bits.starts[1:]), "300 steps of each of 2 images"),
    (lambda bits: PackedBits(bits.samples, bits.starts - 1), "300 steps of each of 2 images"),
    (lambda bits: PackedBits(bits.samples, bits.starts + 605), "300 steps of each of 2 images"),
])
def test_packed_bits_that_do_not_fit_are_refused(change, message):
    network = random_network((9, 2), input_states=5, weight_states=5, activation_states=2, length=100, seed=1,
                             folding=[Folding(3, 2)])
    streams = RecordedStreams(coins(network.devices, 900), network)
    streams.packed = lambda layer, slots: change(RecordedStreams.packed(streams, layer, slots))
    with pytest.raises(InputError, match=message) as error:
        packed_bits(network, streams, 0, [0, 1])
    assert "\n" not in str(error.value)
