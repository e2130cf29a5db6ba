/* lib/process/code.c - the bytes of code, of the dump and of module files, and
 * where the symbols of modules are. */
#include "lib/process/session.h"

/* An instruction and what comes before it touch two modules at most, if none is
 * smaller than a page; whoever asks for the first and the last byte has then
 * asked for all. */
enum { LEAST_MODULE = 4096 };

/* Its file is asked for on behalf of the stack that is moving, or of the crash,
 * which comes after all stacks. */
static mdw_status ask_code(session *s, session_module *m)
{
    uint32_t at = s->current ? s->current->position : 0;
    if (at < m->code_asked)
        m->code_asked = at;
    mdw_status status = need_ask(m, MDW_NEED_CODE);
    if (status == MDW_AGAIN)
        s->code_awaited = true;
    return status;
}

static session_module *code_module(session *s, uint64_t addr)
{
    uint32_t index = mdw_state_module_find(s->report->state, addr);
    session_module *m = index < s->module_count ? &s->modules[index] : NULL;
    return m && m->module.range.size >= LEAST_MODULE ? m : NULL;
}

mdw_status code_ready(session *s, uint64_t addr)
{
    uint8_t byte;
    mdw_memory dump = mdw_state_memory(s->report->state);
    if (dump.read(dump.user, addr, &byte, 1))
        return MDW_OK;
    session_module *m = code_module(s, addr);
    return m && ask_code(s, m) == MDW_AGAIN ? MDW_AGAIN : MDW_OK;
}

static bool file_byte(session *s, uint64_t addr, uint8_t *out)
{
    session_module *m = code_module(s, addr);
    if (!m || ask_code(s, m) != MDW_OK)
        return false;
    mdw_memory code = mdw_symfile_code(m->need[MDW_NEED_CODE].file);
    return code.read &&
           code.read(code.user, addr - m->module.range.start, out, 1) == 1;
}

/* The dump first, byte by byte: what was in memory there is what ran. */
static size_t read_code(void *user, uint64_t addr, void *dst, size_t len)
{
    session *s = user;
    mdw_memory dump = mdw_state_memory(s->report->state);
    uint8_t *out = dst;
    size_t done = 0;
    while (done < len) {
        size_t n = dump.read(dump.user, addr + done, out + done, len - done);
        if (!n && !file_byte(s, addr + done, out + done))
            break;
        done += n ? n : 1;
    }
    return done;
}

mdw_memory session_code(session *s)
{
    return (mdw_memory){read_code, NULL, s};
}

static mdw_status find_in(session *s, session_module *m, uint32_t need,
                          mdw_str name, mdw_range *out)
{
    for (;;) {
        mdw_status status =
            need == MDW_NEED_CODE ? ask_code(s, m) : need_ask(m, need);
        s->code_awaited |= status == MDW_AGAIN;
        if (status != MDW_OK)
            return status == MDW_AGAIN ? status : (mdw_status)MDW_ABSENT;
        status = mdw_symfile_find(m->need[need].file, name, out);
        if (status != MDW_E_DAMAGED || !need_renew(m, need))
            return status == MDW_OK ? status : (mdw_status)MDW_ABSENT;
    }
}

mdw_status session_find(void *user, uint32_t module, mdw_str name,
                        mdw_range *out)
{
    session *s = user;
    *out = (mdw_range){0, 0};
    if (module >= s->module_count)
        return MDW_ABSENT;
    session_module *m = &s->modules[module];
    mdw_status status = find_in(s, m, MDW_NEED_CODE, name, out);
    if (status == MDW_ABSENT) {
        m->names_asked = true;
        status = find_in(s, m, MDW_NEED_NAMES, name, out);
    }
    if (status == MDW_OK)
        out->start += m->module.range.start;
    return status;
}

void code_note_uses(session *s)
{
    for (size_t i = 0; i < s->module_count; i++) {
        const session_module *m = &s->modules[i];
        mdw_status *use = s->report->uses[i].status;
        if (m->code_asked < s->first_cut)
            use[MDW_NEED_CODE] = m->need[MDW_NEED_CODE].status;
        if (m->names_asked)
            use[MDW_NEED_NAMES] = m->need[MDW_NEED_NAMES].status;
    }
}
