"""Two-state chains in discrete time, many steps at once, packed along time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from spinsc.integers import ceil_div

#: Steps for which a chain's probabilities stand still.
STRETCH = 256
_PROBABILITY_BITS = 32
_BLOCK_STEPS = 1 << 16
_EVERY_SECOND = np.uint8(0b10101010)

Words = npt.NDArray[np.uint64]
Levels = tuple[int, int, int]  # P(0 to 1), P(1 to 1) and P(1), in units of 2^-32


def scaled(to_one: float, stay_one: float, one: float) -> Levels:
    """Levels from probabilities."""
    scale = 2**_PROBABILITY_BITS
    return round(to_one * scale), round(stay_one * scale), round(one * scale)


def simulate_chains(sources: Sequence[tuple[np.random.SFC64, list[Levels]]], steps: int) -> npt.NDArray[np.uint8]:
    """States of two-state chains, packed along time, shape (chains, 8 * ceil(steps / 64)).

    Parameters
    ----------
    sources : sequence of (generator, levels)
        Of each chain; levels for each stretch of STRETCH steps, or one for all. P(1 to 1) is at least P(0 to 1) in all
        of them, or at most.
    """
    # A uniform number u puts a chain in state 1 below P(0 to 1), in state 0 from P(1 to 1) on, and between the two
    # leaves it as it was: exactly the chain's transition probabilities, with one number per step. Where P(1 to 1) is
    # the smaller one, the numbers between the two turn the state round; that is a chain that is held there, if every
    # second state is looked at inverted.
    ones = np.zeros((len(sources), 8 * ceil_div(steps, 64)), np.uint8)
    held = np.zeros_like(ones)
    initial = np.zeros(len(sources), np.uint64)
    turned = np.zeros(len(sources), bool)
    for row, (generator, levels) in enumerate(sources):
        turned[row] = any(stay < to for to, stay, _ in levels)
        if turned[row]:
            levels = [(stay, to, one) for to, stay, one in levels]
        to_one: int | npt.NDArray[np.uint64]
        stay_one: int | npt.NDArray[np.uint64]
        to_one, stay_one, one = levels[0]
        initial[row] = int(generator.random_raw()) >> 32 < one
        for start in range(0, steps, _BLOCK_STEPS):
            count = min(_BLOCK_STEPS, steps - start)
            raw = generator.random_raw(ceil_div(count, 2)).astype("<u8", copy=False).view("<u4")[:count]
            if len(levels) > 1:
                stretches = levels[start // STRETCH:ceil_div(start + count, STRETCH)]
                to_one, stay_one = (np.repeat(np.array(side, np.uint64), STRETCH)[:count]
                                    for side in list(zip(*stretches, strict=True))[:2])
            low = np.packbits(raw < to_one, bitorder="little")
            ones[row, start // 8:start // 8 + len(low)] = low
            if np.any(stay_one > to_one):
                held[row, start // 8:start // 8 + len(low)] = np.packbits(raw < stay_one, bitorder="little") ^ low
    if not held.any():
        return ones
    ones[turned] = (ones[turned] ^ _EVERY_SECOND) & ~held[turned]
    initial ^= turned
    states = _resolve_held(_as_words(ones), _as_words(held), initial).astype("<u8", copy=False).view(np.uint8)
    states[turned] ^= _EVERY_SECOND
    return states


def _resolve_held(ones: Words, held: Words, initial: Words) -> Words:
    """State at every step, where ``held`` steps repeat the one before: state[n] = ones[n] | held[n] & state[n-1].

    This is the carry chain of an adder (ones generate, held propagates), so it is solved like one: by a Kogge-Stone
    prefix inside each 64-bit word (step n is bit n mod 64), and by the same function across the words.

    Parameters
    ----------
    ones, held : uint64, shape (devices, words)
        Never both 1.
    initial : uint64, shape (devices,)
        State before step 0, 0 or 1.
    """
    ones, held = ones.copy(), held.copy()
    for distance in (1, 2, 4, 8, 16, 32):
        shift = np.uint64(distance)
        ones |= held & (ones << shift)
        held &= (held << shift) | ((np.uint64(1) << shift) - np.uint64(1))
    before = initial[:, None]
    if ones.shape[1] > 1:
        top = np.uint64(63)
        after = _unpack(_resolve_held(_pack(ones >> top), _pack(held >> top), initial), ones.shape[1])
        before = np.concatenate([before, after[:, :-1]], axis=1)
    return ones | (held & (np.uint64(0) - before))


def _as_words(packed: npt.NDArray[np.uint8]) -> Words:
    return packed.view("<u8").astype(np.uint64, copy=False)


def _pack(flags: Words) -> Words:
    padded = np.zeros((len(flags), ceil_div(flags.shape[1], 64) * 64), np.uint8)
    padded[:, :flags.shape[1]] = flags
    return _as_words(np.packbits(padded, axis=1, bitorder="little"))


def _unpack(words: Words, count: int) -> Words:
    packed = words.astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(packed, axis=1, count=count, bitorder="little").astype(np.uint64)
