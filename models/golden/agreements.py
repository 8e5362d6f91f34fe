"""Numbers of steps at which the bits of two states agree, counted on bits packed along time; compiled by numba.

A *segment* is what one chunk takes of a device in one column (an image or a neuron): L bits, which stay where they lie.
They are read by pairs of words, with masks for the bits that belong to it, in as many *parts* as need be. Comparators
and counts work on a *tile*, the segments that a vector holds: segments of a lane follow each other by column and then
by chunk, which is how the samples of a device lie in memory where slots follow each other. Addresses and pitches are in
bytes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from spinsc.models.compiled import compiled
from spinsc.models.golden.vectors import (
    PAIR_BYTES,
    PAIRS,
    VECTOR_BYTES,
    WORD_BYTES,
    address,
    and_where_set,
    copy_int,
    fill,
    gather,
    load,
    load_word,
    ones,
    prefetch,
    scatter_columns,
    store,
    store_int_differences,
    store_int_sums,
    store_short_differences,
    store_short_sums,
    turn_picked_shorts,
    turn_shorts,
    where_equal,
    widen,
)

_LINE_BYTES = 64
_BYTES_AHEAD = 1 << 14  # of all devices, asked for before they are needed
_COMPARISON_BYTES = 4 * WORD_BYTES


@compiled
def _locate(starts: Any, chunks: int, length: int, last: int, offsets: Any, masks: Any, contiguous: Any) -> None:
    """Find the segments of some columns: the bytes at which their parts begin, none beyond ``last``, and their masks.

    Shapes: (tiles, parts, segments of a tile), with masks of both words. Tiles whose segments are adjacent are marked.
    """
    _, parts, tile, words = masks.shape
    number = at = 0
    for column in range(len(starts)):
        for chunk in range(chunks):
            first = starts[column] + chunk * length
            for part in range(parts):
                wanted = (first >> 3) + PAIR_BYTES * part
                byte = min(wanted, last)
                offsets[number, part, at] = byte
                for word in range(words):
                    bit = 8 * (byte + WORD_BYTES * word)
                    begin, end = max(first, 8 * wanted, bit), min(first + length, bit + 64)
                    mask = np.uint64(0)
                    if end > begin:
                        mask = ~mask >> np.uint64(64 - (end - begin)) << np.uint64(begin - bit)
                    masks[number, part, at, word] = mask
            at += 1
            if at == tile:
                number, at = number + 1, 0
    if at:  # what is left of the last tile has no bits
        number += 1
        for free in range(at, tile):
            for part in range(parts):
                offsets[number - 1, part, free] = offsets[number - 1, part, at - 1]
                for word in range(words):
                    masks[number - 1, part, free, word] = np.uint64(0)
    for found in range(number):
        apart = parts - 1
        for at in range(tile - 1):
            apart |= offsets[found, 0, at + 1] - offsets[found, 0, at] - PAIR_BYTES
        contiguous[found] = apart == 0


@compiled
def _turn_thresholds(states: Any, table: Any, turned: Any) -> None:
    """Thresholds of some columns' states, by lane and segment."""
    lanes = len(table)
    chunks = (states.shape[1] + lanes - 1) // lanes
    for column in range(len(states)):
        for chunk in range(chunks):
            for lane in range(min(lanes, states.shape[1] - chunk * lanes)):
                turned[lane, column * chunks + chunk] = table[lane, states[column, chunk * lanes + lane]]


@compiled
def _fetch(samples: int, begins: int, planes: int, offsets: int, contiguous: int, parts: int, to: int,
           pitch: int) -> None:
    """A tile's words of each device, which is a plane of its number's bits."""
    for _ in range(parts):
        for plane in range(planes):
            row = samples + load_word(begins + WORD_BYTES * plane)
            if contiguous:
                store(to + VECTOR_BYTES * plane, load(row + load_word(offsets)))
            else:
                store(to + VECTOR_BYTES * plane, gather(row, offsets))
        offsets += WORD_BYTES * PAIRS
        to += pitch


@compiled
def _ones_of_segments(planes: int, pitch: int, bits: int, parts: int, tuned: bool, thresholds: int, to: int) -> None:
    """Ones of each segment's own state, given by its threshold: ``r < T``, made from the lowest bit up."""
    own = widen(thresholds)
    for _ in range(parts):
        if tuned:
            found = where_equal(own, 0, fill(0), fill(-1))
            for bit in range(bits):
                found = where_equal(own, bit + 1, load(planes + VECTOR_BYTES * bit), found)
            store(to, found)
        else:
            zeros = fill(-1)
            for bit in range(bits):
                zeros = and_where_set(own, bit, zeros, load(planes + VECTOR_BYTES * bit))
            store(to, and_where_set(own, bits, zeros, fill(0)) ^ fill(-1))
        planes += pitch
        to += pitch


@compiled
def _joined(planes: int, comparison: int) -> Any:
    """Bits of a state, or their complement: see `spinsc.models.golden.words.comparisons`."""
    first, end, ands = (load_word(comparison), load_word(comparison + WORD_BYTES),
                        load_word(comparison + 2 * WORD_BYTES))
    if first == end:
        return fill(0)
    at = planes + VECTOR_BYTES * first
    bits = load(at)
    for _ in range((end - first - 1) // 2):
        a, b = load(at + VECTOR_BYTES), load(at + 2 * VECTOR_BYTES)
        if ands & 3 == 3:
            bits = bits & a & b
        elif ands & 3 == 2:
            bits = (bits | a) & b
        elif ands & 3 == 1:
            bits = bits & a | b
        else:
            bits = bits | a | b
        ands >>= 2
        at += 2 * VECTOR_BYTES
    if (end - first) % 2 == 0:
        last = load(at + VECTOR_BYTES)
        bits = bits & last if ands & 1 else bits | last
    return bits


@compiled
def _ones_of_states(planes: int, pitch: int, parts: int, comparisons: int, states: int, to: int) -> None:
    """Ones of each state, for all segments."""
    for part in range(parts):
        for state in range(states):
            bits = _joined(planes + pitch * part, comparisons + _COMPARISON_BYTES * state)
            complement = load_word(comparisons + _COMPARISON_BYTES * state + 3 * WORD_BYTES)
            store(to + pitch * part + VECTOR_BYTES * state, bits ^ fill(complement))


@compiled
def _count_columns(planes: int, own: int, pitch: int, parts: int, length: int, comparisons: int, states: int,
                   masks: int, short: bool, to: int, to_pitch: int, ahead: int, begins: int, planes_ahead: int,
                   lines: int) -> None:
    """Steps at which the own ones agree with those of each state.

    Not many lines can be on their way at a time, so those for a later tile are asked for in between.
    """
    first = to
    at_once = (planes_ahead + states - 2) // (states - 1)
    for _ in range(1, states):
        comparisons += _COMPARISON_BYTES
        to += to_pitch
        for _ in range(min(at_once, planes_ahead)):
            byte = ahead + load_word(begins)
            for _ in range(lines):
                prefetch(byte)
                byte += _LINE_BYTES
            begins += WORD_BYTES
        planes_ahead -= at_once
        equal = load_word(comparisons + 3 * WORD_BYTES) ^ -1
        counts = fill(0)
        part = 0
        while True:
            differ = _joined(planes + pitch * part, comparisons) ^ load(own + pitch * part)
            counts = counts + ones((differ ^ fill(equal)) & load(masks + VECTOR_BYTES * part))
            part += 1
            if part == parts:
                break
        if short:
            store_short_sums(to, counts)
        else:
            store_int_sums(to, counts)
    # The lowest state has zeros where the highest has ones.
    if short:
        store_short_differences(first, length, to)
    else:
        store_int_differences(first, length, to)


@compiled
def _spread(counts: int, column_pitch: int, columns: int, chunks: int, short: bool, to: int, chunk_pitch: int) -> None:
    """Counts of a state in some columns, by column and chunk, to the entries of their inputs, by input and column."""
    if short:
        for chunk in range(0, chunks, 8):
            for column in range(0, columns, 16):
                turn_shorts(counts + column_pitch * column + 2 * chunk, column_pitch,
                            to + chunk_pitch * chunk + 2 * column, chunk_pitch, chunks - chunk)
    else:
        for chunk in range(chunks):
            for column in range(columns):
                copy_int(counts + column_pitch * column + 4 * chunk, to + chunk_pitch * chunk + 4 * column)


@compiled
def count(samples: Any, pitch: int, starts: Any, states: Any, length: int, begins: Any, own_bits: int, thresholds: Any,
          own_tuned: bool, comparisons: Any, offsets: Any, masks: Any, contiguous: Any, turned: Any, vectors: Any,
          counts: Any, entries: Any) -> None:
    """Fill a table's entries.

    Longer than other functions, as it is one loop over the parts that the functions above do.

    Parameters
    ----------
    samples : uint8, one-dimensional
    pitch : int
        Bytes of a device.
    starts : int64, shape (columns,)
        Sample that each column's first step reads; columns fill whole tiles.
    states : uint8, shape (columns, inputs)
    length : int
        L.
    begins : int64, shape (lanes, bits)
        Byte at which each device of a lane begins, the own ones first.
    own_bits : int
    thresholds : int64, shape (lanes, own states)
        Or the states themselves, if they are tuned.
    own_tuned : bool
    comparisons : int64, shape (lanes, other states, 4)
    offsets, masks, contiguous, turned, vectors, counts
        Room for what a block of columns needs.
    entries : int16 or int32, shape (blocks, inputs, other states, columns of a block)
    """
    inputs, other_states, width = entries.shape[1:]
    lanes, planes = begins.shape
    all_tiles, parts, tile, _ = masks.shape
    item = entries.itemsize
    chunks = all_tiles * tile // width
    bytes_of_tile = tile * length // 8 + PAIR_BYTES
    distance = min(max(1, _BYTES_AHEAD // (VECTOR_BYTES * max(1, planes))), chunks)
    vectors_pitch, counts_pitch = VECTOR_BYTES * vectors.shape[1], item * tile * chunks
    input_pitch = item * other_states * width
    fetched = address(vectors)
    own = fetched + VECTOR_BYTES * planes
    for block in range(len(entries)):
        first = block * width
        used = min(width, len(starts) - first)
        _locate(starts[first:first + used], chunks, length, pitch - PAIR_BYTES, offsets, masks, contiguous)
        _turn_thresholds(states[first:first + used], thresholds, turned)
        for lane in range(lanes):
            # Only the last chunk may lack an input for this lane.
            used_chunks = chunks if (chunks - 1) * lanes + lane < inputs else chunks - 1
            begins_there = address(begins) + WORD_BYTES * planes * lane
            for column in range(0, used, tile):
                begins_next, tiles_next = begins_there, column // tile * chunks + chunks
                if column + tile == used:
                    begins_next, tiles_next = begins_there + WORD_BYTES * planes, 0
                for number in range(chunks):
                    at = column // tile * chunks + number
                    _fetch(address(samples), begins_there, planes,
                           address(offsets) + WORD_BYTES * PAIRS * parts * at, contiguous[at], parts, fetched,
                           vectors_pitch)
                    _ones_of_segments(fetched, vectors_pitch, own_bits, parts, own_tuned,
                                      address(turned) + 4 * (turned.shape[1] * lane + tile * at), own)
                    ahead, begins_ahead, lines = at + distance, begins_there, 0
                    if number + distance >= chunks:
                        ahead, begins_ahead = tiles_next + number + distance - chunks, begins_next
                    if number + distance < chunks or tiles_next or lane + 1 < lanes:
                        span = offsets[ahead, parts - 1, tile - 1] - offsets[ahead, 0, 0] + PAIR_BYTES
                        lines = ((span if 0 < span < bytes_of_tile else bytes_of_tile) + _LINE_BYTES - 1) // _LINE_BYTES
                    _count_columns(fetched + VECTOR_BYTES * own_bits, own, vectors_pitch, parts, length,
                                   address(comparisons) + _COMPARISON_BYTES * other_states * lane, other_states,
                                   address(masks) + VECTOR_BYTES * parts * at, item == 2,
                                   address(counts) + item * tile * number, counts_pitch,
                                   address(samples) + offsets[ahead, 0, 0], begins_ahead, planes if lines else 0, lines)
                for state in range(other_states):
                    _spread(address(counts) + counts_pitch * state, counts_pitch // tile, tile, used_chunks, item == 2,
                            address(entries) + input_pitch * (inputs * block + lane) + item * (width * state + column),
                            input_pitch * lanes)


@compiled
def _count_pairs(own: int, own_states: int, other: int, other_states: int, pitch: int, parts: int, masks: int,
                 to: int, to_pitch: int) -> None:
    """Steps at which the ones of each own state agree with those of each other state."""
    for one in range(own_states):
        for another in range(other_states):
            counts = fill(0)
            for part in range(parts):
                differ = (load(own + pitch * part + VECTOR_BYTES * one)
                          ^ load(other + pitch * part + VECTOR_BYTES * another))
                counts = counts + ones((differ ^ fill(-1)) & load(masks + VECTOR_BYTES * part))
            store_short_sums(to, counts)
            to += to_pitch


@compiled
def count_pairs(samples: Any, pitch: int, starts: Any, length: int, begins: Any, own_bits: int, own_comparisons: Any,
                other_comparisons: Any, offsets: Any, masks: Any, contiguous: Any, vectors: Any, counts: Any,
                places: Any, pairs: Any) -> None:
    """Count for all pairs of states; see `count`.

    Parameters
    ----------
    places
        Room for where a tile's segments have their pairs.
    pairs : int16, shape (columns and 16 more, chunks * lanes, own states, other states and some more)
    """
    _, inputs, own_states, row = pairs.shape
    lanes, planes = begins.shape
    _, parts, tile, _ = masks.shape
    columns, chunks, other_states = len(starts), inputs // lanes, other_comparisons.shape[1]
    vectors_pitch, counts_pitch = VECTOR_BYTES * vectors.shape[1], 2 * tile * chunks
    fetched = address(vectors)
    own = fetched + VECTOR_BYTES * planes
    other = own + VECTOR_BYTES * own_states
    for column in range(tile):
        for chunk in range(chunks):
            places[column * chunks + chunk] = 2 * row * own_states * (inputs * column + lanes * chunk)
    _locate(starts, chunks, length, pitch - PAIR_BYTES, offsets, masks, contiguous)
    for lane in range(lanes):
        begins_there = address(begins) + WORD_BYTES * planes * lane
        for column in range(0, columns, tile):
            segments = min(tile, columns - column) * chunks
            for number in range((segments + tile - 1) // tile):
                at = column // tile * chunks + number
                _fetch(address(samples), begins_there, planes, address(offsets) + WORD_BYTES * PAIRS * parts * at,
                       contiguous[at], parts, fetched, vectors_pitch)
                _ones_of_states(fetched, vectors_pitch, parts,
                                address(own_comparisons) + _COMPARISON_BYTES * own_states * lane, own_states, own)
                _ones_of_states(fetched + VECTOR_BYTES * own_bits, vectors_pitch, parts,
                                address(other_comparisons) + _COMPARISON_BYTES * other_states * lane, other_states,
                                other)
                _count_pairs(own, own_states, other, other_states, vectors_pitch, parts,
                             address(masks) + VECTOR_BYTES * parts * at,
                             address(counts) + 2 * tile * number, counts_pitch)
            to = address(pairs) + 2 * row * own_states * (inputs * column + lane)
            for one in range(own_states):
                for another in range(0, other_states, 8):
                    there = address(counts) + counts_pitch * (other_states * one + another)
                    for segment in range(0, segments, 16):
                        scatter_columns(there + 2 * segment, counts_pitch, to + 2 * (row * one + another),
                                        address(places) + WORD_BYTES * segment)


@compiled
def pick_pairs(pairs: Any, offsets: Any, states: Any, entries: Any) -> None:
    """Fill a table's entries with the counts of each image's states, from the pairs at a byte of all."""
    images, inputs = states.shape
    _, _, own_states, row = pairs.shape
    _, _, other_states, width = entries.shape
    for image in range(0, images, 16):
        for input_ in range(inputs):
            first = address(entries) + 2 * width * other_states * (image // width * inputs + input_)
            for another in range(0, other_states, 8):
                turn_picked_shorts(address(pairs) + 2 * (row * own_states * input_ + another),
                                   address(offsets) + WORD_BYTES * image, address(states) + inputs * image + input_,
                                   inputs, 2 * row, first + 2 * (width * another + image % width), 2 * width,
                                   other_states - another)
