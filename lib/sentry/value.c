/* lib/sentry/value.c - dynamic values. */
#include <stdlib.h>

#include "lib/sentry/parts.h"

mdw_value value_str(mdw_str text)
{
    return (mdw_value){.kind = MDW_VALUE_STRING, .u.string = text};
}

mdw_value value_u64(uint64_t value)
{
    return (mdw_value){.kind = MDW_VALUE_U64, .u.u64 = value};
}

mdw_value value_array(const mdw_value *items, size_t count)
{
    return (mdw_value){MDW_VALUE_ARRAY, (uint32_t)count, {.items = items}};
}

mdw_value value_object(const mdw_member *members, size_t count)
{
    return (mdw_value){MDW_VALUE_OBJECT, (uint32_t)count, {.members = members}};
}

mdw_member member(mdw_str key, mdw_value value)
{
    return (mdw_member){key, value};
}

mdw_str hex_spell(uint64_t value, char room[HEX_ROOM])
{
    size_t digits = 1;
    while (digits < 16 && value >> 4 * digits)
        digits++;
    room[0] = '0';
    room[1] = 'x';
    for (size_t i = 0; i < digits; i++)
        room[2 + i] = "0123456789abcdef"[value >> 4 * (digits - 1 - i) & 15];
    return (mdw_str){room, 2 + digits};
}

mdw_str hex_text(mdw_sentry *s, uint64_t value)
{
    char room[HEX_ROOM];
    return arena_str(s->store, hex_spell(value, room));
}

static int by_bytes(mdw_str a, mdw_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int diff = len ? memcmp(a.data, b.data, len) : 0;
    return diff ? diff : (a.len > b.len) - (a.len < b.len);
}

/* `count` of a value that is no container holds the order of arrival. */
static int by_key(const void *a, const void *b)
{
    const mdw_member *x = a, *y = b;
    int diff = by_bytes(x->key, y->key);
    if (diff)
        return diff;
    return (x->value.count > y->value.count) -
           (x->value.count < y->value.count);
}

size_t members_settle(mdw_member *members, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        members[i].value.count = (uint32_t)i;
    qsort(members, count, sizeof *members, by_key);
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && !by_bytes(members[i].key, members[i + 1].key))
            continue;
        members[kept] = members[i];
        members[kept++].value.count = 0;
    }
    return kept;
}
