/* lib/sentry/event_id.c - an id that is the same whenever the same dump is
 * looked at, with whatever symbols: made of what the dump itself records. */
#include <xxhash.h>

#include "lib/sentry/parts.h"

enum { ID_DIGITS = 32 };

static void mix(XXH128_hash_t *hash, uint64_t value)
{
    unsigned char raw[24]; /* little-endian, for one id on all hosts */
    const uint64_t words[] = {hash->low64, hash->high64, value};
    for (size_t i = 0; i < sizeof raw; i++)
        raw[i] = (unsigned char)(words[i / 8] >> 8 * (i % 8));
    *hash = XXH3_128bits(raw, sizeof raw);
}

static void mix_text(XXH128_hash_t *hash, mdw_str text)
{
    XXH128_hash_t own = XXH3_128bits(text.len ? text.data : "", text.len);
    mix(hash, own.low64);
    mix(hash, own.high64);
}

static void mix_process(const mdw_sentry *s, XXH128_hash_t *hash)
{
    const mdw_process_info *p = &s->process;
    mix(hash, p->dump_time);
    mix(hash, p->has_pid ? p->pid : UINT64_MAX);
    mix(hash, p->has_times ? p->create_time : UINT64_MAX);
    mix(hash, s->system.arch);
    mix(hash, s->system.os);
    mix_text(hash, s->system.os_version);
}

static void mix_exceptions(const mdw_sentry *s, XXH128_hash_t *hash)
{
    for (size_t i = 0; i < mdw_state_exception_count(s->state); i++) {
        mdw_exception e = MDW_INIT(mdw_exception);
        (void)mdw_state_exception(s->state, i, &e);
        mix(hash, e.thread_id);
        mix(hash, e.code);
        mix(hash, e.flags);
        mix(hash, e.address);
        for (size_t n = 0; n < sizeof e.info / sizeof *e.info; n++)
            mix(hash, e.info[n]);
    }
}

static void mix_stacks(const mdw_sentry *s, XXH128_hash_t *hash)
{
    for (size_t i = 0; i < mdw_state_thread_count(s->state); i++) {
        mdw_thread t = MDW_INIT(mdw_thread);
        (void)mdw_state_thread(s->state, i, &t);
        mix(hash, t.id);
    }
    for (size_t i = 0; i < mdw_state_stack_count(s->state); i++) {
        mdw_stack stack = MDW_INIT(mdw_stack);
        (void)mdw_state_stack(s->state, i, &stack);
        for (size_t n = 0; n < MDW_MAX_REGS; n++)
            if (stack.regs.valid >> n & 1)
                mix(hash, stack.regs.value[n]);
    }
}

static void mix_modules(const mdw_sentry *s, XXH128_hash_t *hash)
{
    for (size_t i = 0; i < s->module_count; i++) {
        mdw_module m = MDW_INIT(mdw_module);
        (void)mdw_state_module(s->state, i, &m);
        mix(hash, m.range.start);
        mix(hash, m.range.size);
        mix_text(hash, m.code_file);
        mix_text(hash, m.code_id);
    }
}

/* RFC 9562: version 8 is for ids made in a way of one's own. */
static void mark_version(XXH128_hash_t *hash)
{
    hash->high64 = (hash->high64 & ~UINT64_C(0xF000)) | 0x8000;
    hash->low64 = (hash->low64 & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 63;
}

mdw_status build_event_id(mdw_sentry *s)
{
    char *text = arena_take(s->store, ID_DIGITS, 1);
    if (!text)
        return MDW_E_MEMORY;
    if (!s->options.event_id.len)
        s->options.event_id = s->data_id;
    const char *have = s->options.event_id.data;
    XXH128_hash_t hash = {0, 0};
    if (!s->options.event_id.len) {
        mix_process(s, &hash);
        mix_exceptions(s, &hash);
        mix_stacks(s, &hash);
        mix_modules(s, &hash);
        mark_version(&hash);
    }
    for (unsigned i = 0; i < ID_DIGITS; i++) {
        uint64_t half = i < 16 ? hash.high64 : hash.low64;
        char digit = "0123456789abcdef"[half >> 4 * (15 - i % 16) & 15];
        if (s->options.event_id.len)
            digit = (char)(have[i] >= 'A' && have[i] <= 'F' ? have[i] | 32
                                                            : have[i]);
        text[i] = digit;
    }
    s->event.event_id = (mdw_str){text, ID_DIGITS};
    s->options.event_id = s->event.event_id;
    return MDW_OK;
}
