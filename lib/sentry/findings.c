/* lib/sentry/findings.c - contexts.mdwalk: what the crash analysis found and
 * Sentry has no field for. */
#include "lib/sentry/parts.h"

enum { MOST_MEMBERS = 6, LIKELY = 500000 /* parts per million */ };

static bool put_address(mdw_sentry *s, mdw_member *out, size_t *count)
{
    mdw_reason r = MDW_INIT(mdw_reason);
    if (s->exception_index == MDW_NONE ||
        mdw_crash_reason(s->crash, &r) != MDW_OK ||
        r.address_kind == MDW_ADDRESS_NONE)
        return true;
    mdw_str text = hex_text(s, r.address);
    out[(*count)++] = member(STR("crash_address"), value_str(text));
    return text.data;
}

/* What is less likely than not stays in the other formats. */
static bool put_findings(mdw_sentry *s, mdw_member *out, size_t *count)
{
    size_t all = mdw_crash_finding_count(s->crash), kept = 0;
    mdw_value *items = arena_take(s->store, all, sizeof *items);
    if (!items)
        return false;
    for (size_t i = 0; i < all; i++) {
        mdw_finding f = MDW_INIT(mdw_finding);
        if (mdw_crash_finding(s->crash, i, &f) != MDW_OK ||
            f.confidence < LIKELY)
            continue;
        mdw_member *m = arena_take(s->store, 3, sizeof *m);
        if (!m)
            return false;
        m[0] = member(STR("name"), value_str(f.name));
        m[1] = member(STR("confidence_ppm"), value_u64(f.confidence));
        m[2] = member(STR("sentence"), value_str(f.sentence));
        items[kept++] = value_object(m, 3);
    }
    if (kept)
        out[(*count)++] = member(STR("findings"), value_array(items, kept));
    return true;
}

static bool put_messages(mdw_sentry *s, mdw_member *out, size_t *count)
{
    size_t all = mdw_crash_message_count(s->crash), kept = 0;
    mdw_value *items = arena_take(s->store, all, sizeof *items);
    if (!items)
        return false;
    for (size_t i = 0; i < all; i++) {
        mdw_message m = MDW_INIT(mdw_message);
        if (mdw_crash_message(s->crash, i, &m) == MDW_OK && m.text.len)
            items[kept++] = value_str(m.text);
    }
    if (kept)
        out[(*count)++] = member(STR("messages"), value_array(items, kept));
    return true;
}

static void put_instruction(const mdw_sentry *s, mdw_member *out, size_t *count)
{
    mdw_instruction i = MDW_INIT(mdw_instruction);
    if (mdw_crash_instruction(s->crash, &i) == MDW_OK &&
        !(i.flags & MDW_INSTRUCTION_GUESSED))
        out[(*count)++] = member(STR("instruction"), value_str(i.text));
}

mdw_status findings_context(mdw_sentry *s, mdw_value *out)
{
    size_t count = 0;
    if (!s->crash || is_compat(s) || has_flag(s, MDW_SENTRY_NO_FINDINGS))
        return MDW_ABSENT;
    mdw_member *members = arena_take(s->store, MOST_MEMBERS, sizeof *members);
    if (!members)
        return MDW_E_MEMORY;
    members[count++] = member(STR("type"), value_str(STR("mdwalk")));
    if (!put_address(s, members, &count) || !put_findings(s, members, &count) ||
        !put_messages(s, members, &count))
        return MDW_E_MEMORY;
    put_instruction(s, members, &count);
    *out = value_object(members, count);
    return count > 1 ? MDW_OK : (mdw_status)MDW_ABSENT;
}
