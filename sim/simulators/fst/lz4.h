// What Verilator's writer of waveforms (.fst) needs of LZ4, so that no package of the system has to be installed for it.
// Blocks as of https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md: sequences of a token (lengths of the
// literals and of the match), literals, and how far back the match lies; found by the last place of each four bytes.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

inline int LZ4_compressBound(int size) { return size + size / 255 + 16; }

// Bytes written to `target`, which has room for LZ4_compressBound(size); or 0 if `capacity` is less than that.
inline int LZ4_compress_default(const char* source, char* target, int size, int capacity) {
    // The last match begins at least 12 bytes before the end, and the last 5 bytes are literals.
    constexpr int LEAST_MATCH = 4, LAST_MATCH = 12, LAST_LITERALS = 5, FARTHEST = 65535, HASH_BITS = 14;
    if (capacity < LZ4_compressBound(size)) return 0;
    std::vector<int> places(1 << HASH_BITS, -1);
    char* out = target;
    const auto put_length = [&out](int rest) {
        for (; rest >= 255; rest -= 255) *out++ = static_cast<char>(255);
        *out++ = static_cast<char>(rest);
    };
    const auto put = [&](int begin, int end, int back, int match) {  // a match of length 0 is none
        const int literals = end - begin, more = match ? match - LEAST_MATCH : 0;
        *out++ = static_cast<char>(std::min(literals, 15) << 4 | std::min(more, 15));
        if (literals >= 15) put_length(literals - 15);
        out = std::copy(source + begin, source + end, out);
        if (!match) return;
        *out++ = static_cast<char>(back);
        *out++ = static_cast<char>(back >> 8);
        if (more >= 15) put_length(more - 15);
    };
    int begun = 0;
    for (int at = 0; at + LAST_MATCH <= size;) {
        std::uint32_t four;
        std::memcpy(&four, source + at, sizeof four);
        int& place = places[four * 2654435761u >> (32 - HASH_BITS)];
        const int before = place;
        place = at;
        if (before < 0 || at - before > FARTHEST || std::memcmp(source + before, source + at, LEAST_MATCH)) {
            ++at;
            continue;
        }
        int length = LEAST_MATCH;
        while (at + length < size - LAST_LITERALS && source[before + length] == source[at + length]) ++length;
        put(begun, at, at - before, length);
        begun = at += length;
    }
    put(begun, size, 0, 0);
    return static_cast<int>(out - target);
}
