/* lib/process/needs.c - which file serves which need of which module. */
#include "lib/process/session.h"

#include "lib/base/options.h"
#include "lib/symbol/memory.h"

enum { WAIT_MS = 200, WAIT_SOME_MS = 20 };

/* --- asking ------------------------------------------------------------- */

static void answered(session_module *m, uint32_t need, mdw_symfile *file)
{
    need_state *n = &m->need[need];
    n->status = MDW_OK;
    n->file = file;
    if (need != MDW_NEED_ROWS)
        return;
    m->rows = MDW_INIT(mdw_image);
    mdw_symfile_image(file, &m->rows);
    m->rows.range = m->module.range;
    m->rows.name = m->module.code_file;
}

static bool serves(const mdw_symfile *file, uint32_t need)
{
    static const uint32_t has[MDW_NEED_COUNT] = {
        [MDW_NEED_ROWS] = MDW_HAS_ROWS,
        [MDW_NEED_NAMES] = MDW_HAS_FUNCTIONS,
        [MDW_NEED_CODE] = MDW_HAS_CODE};
    return mdw_symfile_has(file) & has[need];
}

static mdw_status ask_one(session_module *m, uint32_t need, size_t at,
                          mdw_symfile **file)
{
    const mdw_provider *p = &m->session->providers[at];
    *file = NULL;
    mdw_status status = p->locate ? p->locate(p->user, &m->module, need, file)
                                  : (mdw_status)MDW_ABSENT;
    if (status == MDW_OK && !*file)
        status = MDW_ABSENT;
    if (status == MDW_OK && !serves(*file, need)) {
        mdw_symfile_close(*file);
        *file = NULL;
        status = MDW_ABSENT;
    }
    return status;
}

/* When nobody has a file: the dump itself may hold the image's tables. */
static mdw_status ask_memory(session_module *m, uint32_t need,
                             mdw_status otherwise)
{
    session *s = m->session;
    mdw_symfile *file;
    mdw_memory memory = mdw_state_memory(s->report->state);
    if (need != MDW_NEED_ROWS ||
        memory_symfile(&memory, m->module.range, s->options.alloc, &file) !=
            MDW_OK)
        return m->need[need].status = otherwise;
    answered(m, need, file);
    m->need[need].provider = s->options.provider_count; /* all were asked */
    return MDW_OK;
}

mdw_status need_ask(session_module *m, uint32_t need)
{
    session *s = m->session;
    need_state *n = &m->need[need];
    if (n->status != MDW_END && n->status != MDW_AGAIN)
        return n->status;
    if (n->status == MDW_END) {
        n->provider = 0;
        n->refused = MDW_ABSENT;
    }
    for (size_t i = n->provider; i < s->options.provider_count; i++) {
        mdw_symfile *file;
        mdw_status status = ask_one(m, need, i, &file);
        n->provider = i;
        if (status == MDW_AGAIN) {
            s->awaited[i] = true;
            return n->status = MDW_AGAIN;
        }
        if (status == MDW_OK) {
            answered(m, need, file);
            return MDW_OK;
        }
        if (status < 0 && n->refused >= 0)
            n->refused = status;
    }
    bool supplied = !s->options.provider_count && !s->no_files;
    return supplied ? n->status = MDW_AGAIN : ask_memory(m, need, n->refused);
}

bool need_renew(session_module *m, uint32_t need)
{
    need_state *n = &m->need[need];
    mdw_symfile_close(n->file);
    n->file = NULL;
    n->status = n->renewed ? (mdw_status)MDW_E_DAMAGED : (mdw_status)MDW_END;
    bool again = !n->renewed;
    n->renewed = true;
    return again;
}

mdw_status mdw_session_supply(mdw_session *s, uint32_t module, uint32_t need,
                              const mdw_symfile *file, mdw_status why)
{
    if (!s || module >= s->module_count || need >= MDW_NEED_COUNT ||
        (!file && (why == MDW_OK || why == MDW_AGAIN || why == MDW_END)))
        return MDW_E_ARG;
    session_module *m = &s->modules[module];
    need_state *n = &m->need[need];
    if (n->status != MDW_END && n->status != MDW_AGAIN)
        return MDW_E_ARG;
    if (file && serves(file, need))
        answered(m, need, mdw_symfile_hold(file));
    else
        (void)ask_memory(m, need, file ? (mdw_status)MDW_ABSENT : why);
    return MDW_OK;
}

/* --- waiting ------------------------------------------------------------ */

mdw_status needs_wait(session *s)
{
    size_t waiting = 0;
    const mdw_budget *b = &s->budget;
    for (size_t i = 0; i < s->options.provider_count; i++) {
        if (s->awaited[i] && !s->providers[i].wait)
            return MDW_AGAIN;
        waiting += s->awaited[i];
    }
    if (!waiting)
        return MDW_AGAIN;
    if (b->cancelled && b->cancelled(b->user))
        return MDW_E_CANCELLED;
    for (size_t i = 0; i < s->options.provider_count; i++) {
        const mdw_provider *p = &s->providers[i];
        if (!s->awaited[i])
            continue;
        s->awaited[i] = false;
        mdw_status status =
            p->wait(p->user, waiting > 1 ? WAIT_SOME_MS : WAIT_MS);
        if (status < 0)
            return MDW_E_CALLBACK;
        if (status == MDW_OK)
            waiting = 2; /* there is something to do: no long waits now */
    }
    return MDW_OK;
}

/* --- wishes ------------------------------------------------------------- */

static bool wished(const session *s, const session_module *m, uint32_t need)
{
    return s->started ? m->need[need].status == MDW_AGAIN
                      : m->words && need != MDW_NEED_CODE &&
                            m->need[need].status == MDW_END;
}

size_t mdw_session_wish_count(const mdw_session *s)
{
    size_t count = 0;
    for (size_t i = 0; i < s->module_count; i++)
        for (uint32_t need = 0; need < MDW_NEED_COUNT; need++)
            count += wished(s, &s->modules[i], need);
    return count;
}

/* How many modules come before this one: those with more words, then those of
 * a lower index. */
static bool comes_before(const session *s, const session_module *a,
                         const session_module *b)
{
    if (!s->started && a->words != b->words)
        return a->words > b->words;
    return a->index < b->index;
}

static size_t rank(const session *s, const session_module *m, uint32_t need)
{
    size_t before = 0;
    for (size_t i = 0; i < s->module_count; i++)
        for (uint32_t n = 0; n < MDW_NEED_COUNT; n++) {
            const session_module *o = &s->modules[i];
            bool first = o == m ? n < need : comes_before(s, o, m);
            before += first && wished(s, o, n);
        }
    return before;
}

mdw_status mdw_session_wish(const mdw_session *s, size_t index, mdw_wish *out)
{
    for (size_t i = 0; i < s->module_count; i++)
        for (uint32_t need = 0; need < MDW_NEED_COUNT; need++) {
            const session_module *m = &s->modules[i];
            if (!wished(s, m, need) || rank(s, m, need) != index)
                continue;
            mdw_wish w = {sizeof w, m->index, need, m->words};
            return record_write(out, &w, sizeof w);
        }
    return MDW_E_ARG;
}

/* An answer changes nothing but when it is there: the report says of a module
 * what its frames asked. */
void needs_guess(session *s)
{
    for (size_t i = 0; i < s->module_count; i++)
        if (s->modules[i].words) {
            (void)need_ask(&s->modules[i], MDW_NEED_ROWS);
            (void)need_ask(&s->modules[i], MDW_NEED_NAMES);
        }
}

/* --- telling ------------------------------------------------------------ */

typedef struct telling {
    session *session;
    uint32_t module;
    bool told;
} telling;

static void tell_one(void *user, const mdw_issue *issue)
{
    telling *t = user;
    mdw_issue mine = MDW_INIT(mdw_issue);
    if (options_read(&mine, sizeof mine, issue) != MDW_OK)
        return;
    mine.area = MDW_AREA_SYMBOL;
    mine.index = t->module;
    mine.count = 1;
    report_issue(t->session->report, &mine);
    t->told = true;
}

/* A provider that cannot say more than no. */
static void tell_status(telling *t, const session_module *m, uint32_t need)
{
    mdw_issue issue = MDW_INIT(mdw_issue);
    issue.area = MDW_AREA_SYMBOL;
    issue.index = m->index;
    issue.count = 1;
    issue.error = (mdw_error){
        .code = MDW_E_CALLBACK,
        .value = (uint64_t)(int64_t)m->need[need].status,
        .what = "locate",
    };
    issue.subject =
        m->module.debug_file.len ? m->module.debug_file : m->module.code_file;
    report_issue(t->session->report, &issue);
}

static void tell_need(session *s, const session_module *m, uint32_t need)
{
    const need_state *n = &m->need[need];
    telling t = {s, m->index, false};
    if (n->status == MDW_END || n->status == MDW_AGAIN)
        return;
    size_t last =
        n->status == MDW_OK ? n->provider + 1 : s->options.provider_count;
    for (size_t i = 0; i < last && i < s->options.provider_count; i++)
        if (s->providers[i].refused)
            s->providers[i].refused(s->providers[i].user, &m->module, need,
                                    tell_one, &t);
    if (n->status < 0 && !t.told)
        tell_status(&t, m, need);
}

static bool is_split(const session_module *m)
{
    const need_state *names = &m->need[MDW_NEED_NAMES];
    return names->status == MDW_OK &&
           mdw_symfile_has(names->file) & MDW_HAS_SPLIT;
}

static void keep_place(session *s, const session_module *m)
{
    mdw_symfile_facts facts = MDW_INIT(mdw_symfile_facts);
    const need_state *n = &m->need[MDW_NEED_NAMES];
    mdw_module_use *use = &s->report->uses[m->index];
    bool used = use->status[MDW_NEED_NAMES] == MDW_OK && n->file;
    if (used && mdw_symfile_about(n->file, &facts) == MDW_OK)
        use->place = arena_str(s->report->store, facts.place);
}

void needs_tell(session *s)
{
    for (size_t i = 0; i < s->module_count; i++) {
        const session_module *m = &s->modules[i];
        keep_place(s, m);
        for (uint32_t need = 0; need < MDW_NEED_COUNT; need++)
            if (s->report->uses[i].status[need] != MDW_END)
                tell_need(s, m, need);
        if (m->rows_error)
            session_issue(s, MDW_AREA_SYMBOL, m->index, m->rows_error, "rows");
        if (m->names_error)
            session_issue(s, MDW_AREA_SYMBOL, m->index, m->names_error,
                          "DWARF");
        if (is_split(m))
            session_issue(s, MDW_AREA_SYMBOL, m->index, MDW_E_UNSUPPORTED,
                          "split DWARF (.dwo, .dwp)");
    }
}

void needs_drop(session *s)
{
    for (size_t i = 0; s->modules && i < s->module_count; i++)
        for (uint32_t need = 0; need < MDW_NEED_COUNT; need++) {
            mdw_symfile_close(s->modules[i].need[need].file);
            s->modules[i].need[need].file = NULL;
        }
}
