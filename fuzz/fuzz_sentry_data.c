/* fuzz/fuzz_sentry_data.c - whatever clients send, what is refused leaves no
 * trace, and the rest folds into one object of bounded depth in which no key
 * comes twice, the same each time; and that is a message that protobuf-c reads.
 */
#include <stdlib.h>
#include <string.h>

#include "event_message.h"
#include "lib/base/reader.h"
#include "lib/base/str.h"
#include "lib/sentry/data.h"

#ifdef HAVE_PROTOBUF
#include "lib/sentry/pb.h"
#endif

#define EXPECT(cond)                                                           \
    do                                                                         \
        if (!(cond))                                                           \
            abort();                                                           \
    while (0)

enum { DEEPEST = DATA_DEPTH + 16, FEW = 64 };

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x100000001B3);
}

static uint64_t mix_text(uint64_t hash, mdw_str text)
{
    EXPECT(text.data || !text.len);
    for (size_t i = 0; i < text.len; i++)
        hash = mix(hash, (unsigned char)text.data[i]);
    return mix(hash, text.len);
}

static uint64_t look(const mdw_value *v, unsigned depth, uint64_t hash)
{
    EXPECT(depth < DEEPEST && v->kind <= MDW_VALUE_OBJECT);
    hash = mix(hash, v->kind);
    if (v->kind == MDW_VALUE_STRING)
        return mix_text(hash, v->u.string);
    if (v->kind == MDW_VALUE_DOUBLE)
        EXPECT(v->u.number - v->u.number == 0); /* finite */
    for (uint32_t i = 0; v->kind == MDW_VALUE_ARRAY && i < v->count; i++)
        hash = look(&v->u.items[i], depth + 1, hash);
    for (uint32_t i = 0; v->kind == MDW_VALUE_OBJECT && i < v->count; i++) {
        const mdw_member *m = &v->u.members[i];
        for (uint32_t n = 0; n < i && i < FEW; n++)
            EXPECT(m->key.len != v->u.members[n].key.len ||
                   memcmp(m->key.data, v->u.members[n].key.data, m->key.len) !=
                       0);
        hash = look(&m->value, depth + 1, mix_text(hash, m->key));
    }
    return hash;
}

#ifdef HAVE_PROTOBUF
typedef struct message {
    uint8_t data[1 << 22];
    size_t len;
} message;

static bool keep(void *user, const void *data, size_t len)
{
    message *m = user;
    if (len > sizeof m->data - m->len)
        return false;
    memcpy(m->data + m->len, data, len);
    m->len += len;
    return true;
}

/* All of it, where the library writes what has no record. */
static void write_event(const mdw_value *value)
{
    static message wire; /* a target's own, not the library's */
    pb w;
    wire.len = 0;
    pb_init(&w, (mdw_sink){keep, &wire},
            &sentry_protos__relay__v1__event__descriptor);
    pb_put_object(&w, value);
    mdw_status status = pb_finish(&w);
    EXPECT(status == MDW_OK || w.len > sizeof wire.data);
    if (status == MDW_OK)
        EXPECT(wire.len == w.len && is_event(wire.data, wire.len));
}
#else
static void write_event(const mdw_value *value)
{
    (void)value;
}
#endif

static uint64_t folded(const mdw_sentry_data *d)
{
    mdw_value value;
    mdw_str id;
    arena *store = arena_new(NULL, 0);
    EXPECT(store && data_fold(d, store, &value, &id) == MDW_OK);
    EXPECT(value.kind == MDW_VALUE_OBJECT && (!id.len || id.len == 32));
    uint64_t hash = mix_text(look(&value, 0, 1), id);
    write_event(&value);
    arena_close(store);
    return hash;
}

static mdw_status add(mdw_sentry_data *d, reader *r, mdw_error *err)
{
    static const char *const files[] = {
        "__sentry-event", "__sentry-breadcrumb1", "__sentry-breadcrumb2"};
    uint8_t what = reader_u8(r);
    mdw_str key = str_from(reader_bytes(r, reader_u8(r)));
    uint64_t len = reader_u16(r);
    mdw_bytes value =
        reader_bytes(r, len < reader_left(r) ? len : (uint64_t)reader_left(r));
    if (what < 3)
        return mdw_sentry_data_file(d, str_of(files[what]), value, err);
    if (what & 1)
        key = STR("sentry");
    return mdw_sentry_data_field(d, key, str_from(value), err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mdw_sentry_data *d = NULL;
    mdw_error err;
    reader r = reader_at((mdw_bytes){data, size}, 0, 0, false);
    EXPECT(mdw_sentry_data_new(NULL, NULL, &d, NULL) == MDW_OK);
    uint64_t before = folded(d);
    for (unsigned i = 0; i < FEW && reader_left(&r); i++) {
        mdw_status status = add(d, &r, &err);
        uint64_t after = folded(d);
        EXPECT(after == folded(d));
        EXPECT(status != MDW_E_MEMORY);
        EXPECT(status == MDW_OK || (status < 0 && after == before));
        before = after;
    }
    mdw_sentry_data_close(d);
    return 0;
}
