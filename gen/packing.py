"""Memory images: integers as lines of hexadecimal words, in the bit order that the hardware reads."""

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint8]


def state_bits(states: int) -> int:
    """Bits of a state of ``states`` states."""
    return (states - 1).bit_length()


def hexadecimal_lines(bits: Bits) -> str:
    """Words of a memory image.

    Parameters
    ----------
    bits : uint8, shape (words, width)
        Entry [n, b] is bit b of word n.
    """
    words, width = bits.shape
    digits = -(-width // 4)
    padded = np.zeros((words, 8 * -(-width // 8)), np.uint8)
    padded[:, :width] = bits
    rows = np.packbits(padded[:, ::-1], axis=1)
    return "".join(f"{row.tobytes().hex()[-digits:]}\n" for row in rows)


def integer_bits(values: npt.NDArray[np.int64], width: int) -> Bits:
    """Two's complement bits, shape (*values.shape, width), lowest first."""
    return (values[..., None] >> np.arange(width) & 1).astype(np.uint8)


def weight_words(weights: npt.NDArray[np.uint8], states: int, lanes: int, units: int) -> Bits:
    """Weight memories of a layer.

    Unit p's word ``pass*C + chunk`` holds the weights of neuron pass*P + p for the S inputs of the chunk in bit
    planes. Lanes beyond the last input hold state K-1, units beyond the last neuron too.

    Returns
    -------
    uint8, shape (units, passes*chunks, state_bits*lanes)
    """
    neurons, inputs = weights.shape
    chunks, passes = -(-inputs // lanes), -(-neurons // units)
    padded = np.full((passes * units, chunks * lanes), states - 1, np.uint8)
    padded[:neurons, :inputs] = weights
    by_unit = padded.reshape(passes, units, chunks, lanes).transpose(1, 0, 2, 3).reshape(units, passes * chunks, lanes)
    planes = by_unit[:, :, None, :] >> np.arange(state_bits(states), dtype=np.uint8)[None, None, :, None] & np.uint8(1)
    return planes.reshape(units, passes * chunks, -1)


def replay_words(bits: Bits, length: int, unroll: int) -> Bits:
    """Words of a replay memory: the samples of the time steps of each cycle, the first lowest.

    Parameters
    ----------
    bits : uint8, shape (steps, devices)
        Samples of whole chunks of ``length`` steps.
    length, unroll : int
        L and B. The last cycle of a chunk is filled up with zeros.

    Returns
    -------
    uint8, shape (cycles, unroll*devices)
    """
    devices = bits.shape[1]
    cycles = -(-length // unroll)
    padded = np.zeros((len(bits) // length, cycles * unroll, devices), np.uint8)
    padded[:, :length] = bits.reshape(-1, length, devices)
    return padded.reshape(-1, unroll * devices)
