// $countones by the processor's own instruction. Verilator's function needs a dozen operations for 32 bits, which was
// half of the time of a layer.
#pragma once

#include "verilated.h"

static inline IData spinsc_countones(int words, WDataInP const bits) {
    IData count = 0;
    for (int i = 0; i < words; ++i) count += static_cast<IData>(__builtin_popcount(bits[i]));
    return count;
}

// What Verilator writes into a model from here on; its own header has used the functions already.
#define VL_COUNTONES_I(bits) (static_cast<IData>(__builtin_popcount(bits)))
#define VL_COUNTONES_Q(bits) (static_cast<IData>(__builtin_popcountll(bits)))
#define VL_COUNTONES_W(words, bits) (spinsc_countones(words, bits))
