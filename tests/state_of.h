/* tests/state_of.h - from a synthetic dump to its state, for the tests of the
 * state room. */
#ifndef STATE_OF_H
#define STATE_OF_H

#include <stdlib.h>

#include "mdwalk/dump.h"
#include "mdwalk/state.h"
#include "synth/streams.h"
#include "t.h"

typedef struct opened {
    synth *made;
    mdw_dump *dump;
    mdw_state *state;
} opened;

static inline opened state_with(synth *s, const mdw_state_options *options)
{
    opened o = {.made = s};
    mdw_error err = {0};
    mdw_status status = mdw_dump_open(synth_finish(s), NULL, &o.dump, &err);
    if (status == MDW_OK)
        status = mdw_state_from_dump(o.dump, options, &o.state, &err);
    if (status != MDW_OK) {
        fprintf(stderr, "[%s] no state: %s, %s\n", t_case,
                mdw_status_name(status), err.what ? err.what : "");
        exit(1);
    }
    return o;
}

static inline opened state_of(synth *s)
{
    return state_with(s, NULL);
}

static inline void state_done(opened *o)
{
    mdw_state_close(o->state);
    mdw_dump_close(o->dump);
    synth_free(o->made);
}

static inline bool text_is(mdw_str have, const char *want)
{
    bool same = have.data && have.len == strlen(want) &&
                !memcmp(have.data, want, have.len) && !have.data[have.len];
    if (!same)
        fprintf(stderr, "[%s] text \"%.*s\", want \"%s\"\n", t_case,
                (int)have.len, have.data ? have.data : "", want);
    return same;
}

/* How often an issue of this kind was met. */
static inline uint64_t issues_of(const mdw_state *s, mdw_status code,
                                 const char *what)
{
    uint64_t count = 0;
    for (size_t i = 0; i < mdw_state_issue_count(s); i++) {
        mdw_issue issue = MDW_INIT(mdw_issue);
        mdw_state_issue(s, i, &issue);
        if (issue.error.code == code && !strcmp(issue.error.what, what))
            count += issue.count;
    }
    return count;
}

static inline void put_system(synth *s, uint16_t processor, uint32_t platform)
{
    synth_system row = {
        .arch = processor, .platform = platform, .cpu_count = 1};
    synth_system_info(s, &row);
}

enum { CPU_X86 = 0, CPU_ARM = 5, CPU_AMD64 = 9, CPU_ARM64 = 12 };
enum { OS_NT = 2, OS_MAC = 0x8101, OS_LINUX = 0x8201, OS_ANDROID = 0x8203 };

/* An AMD64 CONTEXT with rsp and rip. */
static inline void amd64_context(uint8_t context[1232], uint64_t sp,
                                 uint64_t pc)
{
    memset(context, 0, 1232);
    t_put(context + 48, 0x10001F, 4);
    t_put(context + 0x98, sp, 8);
    t_put(context + 0xF8, pc, 8);
}

/* An x86 CONTEXT with esp and eip. */
static inline void x86_context(uint8_t context[716], uint64_t sp, uint64_t pc)
{
    memset(context, 0, 716);
    t_put(context, 0x1003F, 4);
    t_put(context + 196, sp, 4);
    t_put(context + 184, pc, 4);
}

#endif
