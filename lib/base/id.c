/* lib/base/id.c - the two texts of a debug id. */
#include "mdwalk/module.h"

static char *hex(char *at, uint64_t value, int digits, bool upper)
{
    const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    for (int i = digits; i--; value >>= 4)
        at[i] = set[value & 15];
    return at + digits;
}

static char *hex_short(char *at, uint32_t value)
{
    int digits = 1;
    while (digits < 8 && value >> 4 * digits)
        digits++;
    return hex(at, value, digits, false);
}

size_t mdw_debug_id_text(const mdw_debug_id *id, uint32_t style,
                         char text[MDW_ID_TEXT_MAX])
{
    bool breakpad = style == MDW_ID_BREAKPAD;
    char *at = text;
    int bytes = id->form == MDW_DEBUG_ID_GUID    ? 16
                : id->form == MDW_DEBUG_ID_PDB20 ? 4
                                                 : 0;
    for (int i = 0; i < bytes; i++) {
        bool group = i == 4 || i == 6 || i == 8 || i == 10;
        if (!breakpad && group)
            *at++ = '-';
        at = hex(at, id->guid[i], 2, breakpad || bytes == 4);
    }
    if (bytes && (breakpad || id->age || bytes == 4)) {
        if (!breakpad)
            *at++ = '-';
        at = hex_short(at, id->age);
    }
    *at = 0;
    return (size_t)(at - text);
}
