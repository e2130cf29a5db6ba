/* lib/symbol/crc32.h - the checksum of debug links. */
#ifndef MDW_SYMBOL_CRC32_H
#define MDW_SYMBOL_CRC32_H

#include "lib/base/text.h"

/* ISO 3309, reflected 0xEDB88320, as zlib and .gnu_debuglink have it. Four bits
 * at a time: a table of sixteen. */
static inline uint32_t crc32_of(mdw_bytes bytes)
{
    static const uint32_t table[16] = {
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
        0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
        0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
    uint32_t crc = UINT32_MAX;
    for (text t = text_from(bytes, 0); t.at < t.end; t.at++) {
        crc ^= (unsigned char)*t.at;
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

#endif
