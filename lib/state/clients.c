/* lib/state/clients.c - stacks that the client walked itself: Sentry's client
 * stack traces. */
#include "lib/state/parts.h"

static bool add_frames(mdw_state *s, size_t end)
{
    mdw_raw_client_frame raw = MDW_INIT(mdw_raw_client_frame);
    while (s->client_texts.count < end) {
        size_t i = s->client_texts.count;
        mdw_client_frame *f = array_add(s, &s->client_texts, sizeof *f);
        if (!f)
            return false;
        *f = MDW_INIT(mdw_client_frame);
        f->symbol = STR("");
        mdw_error err = {0};
        mdw_status status = mdw_dump_client_frame(s->dump, i, &raw, &err);
        if (!issue_ok(s, status, &err, MDW_NONE))
            continue;
        f->address = raw.address;
        f->symbol = text_narrow(s, raw.symbol);
        issue_damage(s, MDW_STREAM_SENTRY_STACKS, raw.damage, raw.offset,
                     MDW_NONE);
    }
    return true;
}

/* Stacks may share frames: each frame is kept once. */
static void add(mdw_state *s, const mdw_raw_client_stack *raw)
{
    uint64_t end = (uint64_t)raw->first_frame + raw->frame_count;
    if (!raw->frame_count || !add_frames(s, (size_t)end)) /* in the file */
        return;
    mdw_range *frames = array_add(s, &s->client_stacks, sizeof *frames);
    if (!frames)
        return;
    *frames = (mdw_range){raw->first_frame, raw->frame_count};
    uint32_t thread = thread_by_id(s, raw->thread_id);
    mdw_stack *stack = stack_add(s, MDW_STACK_CLIENT, thread);
    if (!stack)
        return;
    stack->client = (uint32_t)s->client_stacks.count - 1;
}

void build_clients(mdw_state *s)
{
    size_t count = mdw_dump_client_stack_count(s->dump);
    mdw_raw_client_stack raw = MDW_INIT(mdw_raw_client_stack);
    for (size_t i = 0; i < count; i++) {
        mdw_error err = {0};
        mdw_status status = mdw_dump_client_stack(s->dump, i, &raw, &err);
        if (issue_ok(s, status, &err, MDW_NONE))
            add(s, &raw);
    }
}

static mdw_range frames_of(const mdw_state *state, size_t stack)
{
    if (stack >= state->stacks.count)
        return (mdw_range){0, 0};
    uint32_t client = stack_at(state, stack)->client;
    return client < state->client_stacks.count
               ? ((const mdw_range *)state->client_stacks.items)[client]
               : (mdw_range){0, 0};
}

size_t mdw_state_client_frame_count(const mdw_state *state, size_t stack)
{
    return (size_t)frames_of(state, stack).size; /* a 32-bit count */
}

mdw_status mdw_state_client_frame(const mdw_state *state, size_t stack,
                                  size_t index, mdw_client_frame *out)
{
    mdw_range frames = frames_of(state, stack);
    if (index >= frames.size)
        return MDW_E_ARG;
    return array_get(&state->client_texts, (size_t)frames.start + index,
                     sizeof(mdw_client_frame), out);
}
