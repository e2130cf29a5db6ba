/* tools/cmd_symbols.c - mdwalk symbols: index, lookup, info, list.
 *
 *   mdwalk symbols index [--full] FILE INDEX
 *   mdwalk symbols lookup [--no-demangle] FILE ADDRESS...
 *   mdwalk symbols info FILE
 *   mdwalk symbols list [--cache DIR | --no-cache] DUMP SYMBOL_PATH... */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mdwalk/dump.h"
#include "mdwalk/source.h"
#include "mdwalk/state.h"
#include "tools/commands.h"
#include "tools/symbols.h"

enum { DONE = 0, FAILED = 2 };

#define S(s) (int)(s).len, (s).data ? (s).data : ""

static int fail(const char *name, const mdw_error *err)
{
    (void)fprintf(stderr, "mdwalk: %s: %s%s%s\n", name,
                  err->code == MDW_E_IO && err->value
                      ? strerror((int)err->value)
                      : mdw_status_name(err->code),
                  err->what ? ": " : "", err->what ? err->what : "");
    return FAILED;
}

static int usage(void)
{
    (void)fputs("usage: mdwalk symbols index [--full] FILE INDEX\n"
                "       mdwalk symbols lookup [--no-demangle] FILE ADDRESS...\n"
                "       mdwalk symbols info FILE\n"
                "       mdwalk symbols list [--cache DIR | --no-cache] DUMP "
                "SYMBOL_PATH...\n",
                stderr);
    return FAILED;
}

/* --- index -------------------------------------------------------------- */

static bool to_file(void *user, const void *data, size_t len)
{
    return fwrite(data, 1, len, user) == len;
}

/* Under a name of its own until it is whole. */
static int write_index(mdw_bytes bytes, bool full, const char *name)
{
    char temporary[4096];
    mdw_error err = {.code = MDW_OK};
    mdw_index_options options = MDW_INIT(mdw_index_options);
    options.level = full ? MDW_INDEX_FULL : MDW_INDEX_DIRECTORY;
    int len = snprintf(temporary, sizeof temporary, "%s.new-XXXXXX", name);
    int fd =
        len > 0 && (size_t)len < sizeof temporary ? mkstemp(temporary) : -1;
    FILE *out = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (!out) {
        perror(name);
        return FAILED;
    }
    mdw_status status =
        mdw_index_build(bytes, &options, (mdw_sink){to_file, out}, &err);
    bool good = !fflush(out) && !fsync(fileno(out));
    good = !fclose(out) && good && status == MDW_OK && !rename(temporary, name);
    if (good)
        return DONE;
    (void)remove(temporary);
    return fail(name, &err);
}

static int index_file(const char *file, const char *name, bool full)
{
    mdw_error err = {.code = MDW_OK};
    mdw_source *source = NULL;
    if (mdw_source_open(file, NULL, &source, &err) != MDW_OK)
        return fail(file, &err);
    int status = write_index(mdw_source_bytes(source), full, name);
    mdw_source_close(source);
    return status;
}

/* --- lookup and info ---------------------------------------------------- */

typedef struct opened {
    mdw_source *source;
    mdw_symfile *file;
} opened;

static bool open_file(opened *o, const char *name)
{
    mdw_error err = {.code = MDW_OK};
    mdw_symfile_options options = MDW_INIT(mdw_symfile_options);
    options.by_unit = 1;
    *o = (opened){NULL, NULL};
    if (mdw_source_open(name, NULL, &o->source, &err) == MDW_OK &&
        mdw_symfile_open(mdw_source_bytes(o->source), &options, &o->file,
                         &err) == MDW_OK)
        return true;
    mdw_source_close(o->source);
    (void)fail(name, &err);
    return false;
}

static void close_file(opened *o)
{
    mdw_symfile_close(o->file);
    mdw_source_close(o->source);
}

typedef struct asked {
    uint64_t rva;
    bool no_demangle;
} asked;

/* As addr2line -i: innermost first. */
static bool print_symbol(void *user, const mdw_symbol *s)
{
    const asked *a = user;
    mdw_str name = a->no_demangle && s->raw.len ? s->raw : s->function;
    bool is_inline = s->flags & MDW_SYMBOL_INLINE;
    (void)printf("0x%08" PRIx64 " %s%.*s", a->rva, is_inline ? "[inline] " : "",
                 S(name));
    if (!is_inline)
        (void)printf(" + 0x%" PRIx64, a->rva - s->range.start);
    if (s->file.len)
        (void)printf(" (%.*s:%" PRIu32 ")", S(s->file), s->line);
    (void)putchar('\n');
    return true;
}

static int look_up(const char *name, char **addresses, int count,
                   bool no_demangle)
{
    opened o;
    int status = DONE;
    if (!open_file(&o, name))
        return FAILED;
    for (int i = 0; i < count; i++) {
        char *end;
        asked a = {strtoull(addresses[i], &end, 16), no_demangle};
        if (end == addresses[i] || *end) {
            (void)fprintf(stderr, "mdwalk: not an address: %s\n", addresses[i]);
            status = FAILED;
            continue;
        }
        mdw_error err = {.code = MDW_OK};
        if (mdw_symfile_read(o.file, a.rva, &err) != MDW_OK)
            status = fail(name, &err);
        mdw_status found = mdw_symfile_lookup(o.file, a.rva, print_symbol, &a);
        if (found != MDW_OK)
            (void)printf("0x%08" PRIx64 " %s\n", a.rva,
                         found == MDW_ABSENT ? "?" : mdw_status_name(found));
    }
    close_file(&o);
    return status;
}

static int info(const char *name)
{
    static const struct {
        uint32_t has;
        const char *word;
    } words[] = {{MDW_HAS_FUNCTIONS, "functions"},
                 {MDW_HAS_LINES, "lines"},
                 {MDW_HAS_INLINES, "inlines"},
                 {MDW_HAS_ROWS, "unwind rows"},
                 {MDW_HAS_CODE, "code"},
                 {MDW_HAS_SPLIT, "split DWARF (not read)"}};
    opened o;
    if (!open_file(&o, name))
        return FAILED;
    mdw_error err = {.code = MDW_OK};
    if (mdw_symfile_read(o.file, 0, &err) != MDW_OK)
        (void)fail(name, &err);
    uint32_t has = mdw_symfile_has(o.file);
    (void)printf("%s:", name);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (has & words[i].has)
            (void)printf(" %s", words[i].word);
    (void)putchar('\n');
    close_file(&o);
    return DONE;
}

/* --- list --------------------------------------------------------------- */

static void print_issue(void *user, const mdw_issue *issue)
{
    (void)user;
    (void)printf("    %.*s: %s", S(issue->subject),
                 mdw_status_name(issue->error.code));
    if (issue->error.what)
        (void)printf(" (%s %" PRIu64 ")", issue->error.what,
                     issue->error.value);
    (void)printf("%s%.*s\n", issue->detail.len ? ": " : "", S(issue->detail));
}

typedef struct listed {
    mdw_module module;
    mdw_symfile *file;
    mdw_status status;
} listed;

/* All at once: servers answer side by side. */
static void ask_all(const mdw_provider *p, listed *all, size_t count)
{
    for (bool waits = true; waits;) {
        waits = false;
        for (size_t i = 0; i < count; i++) {
            listed *l = &all[i];
            if (l->status == MDW_AGAIN)
                l->status =
                    p->locate(p->user, &l->module, MDW_NEED_NAMES, &l->file);
            waits |= l->status == MDW_AGAIN;
        }
        if (waits)
            (void)p->wait(p->user, 1000);
    }
}

static void list_modules(const mdw_state *state, symbols *s)
{
    size_t count = mdw_state_module_count(state);
    listed *all = calloc(count ? count : 1, sizeof *all);
    if (!all)
        return;
    for (size_t i = 0; i < count; i++) {
        all[i].module.size = sizeof all[i].module;
        (void)mdw_state_module(state, i, &all[i].module);
        all[i].status = MDW_AGAIN;
    }
    ask_all(&s->provider, all, count);
    symbols_quiet(s);
    for (size_t i = 0; i < count; i++) {
        char id[MDW_ID_TEXT_MAX];
        const mdw_module *m = &all[i].module;
        mdw_debug_id_text(&m->debug_id, MDW_ID_BREAKPAD, id);
        (void)printf("%-33s %.*s: %s\n", id, S(m->code_file),
                     all[i].status == MDW_OK ? "found"
                                             : mdw_status_name(all[i].status));
        s->provider.refused(s->provider.user, m, MDW_NEED_NAMES, print_issue,
                            NULL);
        mdw_symfile_close(all[i].file);
    }
    free(all);
}

static int list(const char *name, const symbol_args *a)
{
    symbols s;
    mdw_source *source = NULL;
    mdw_dump *dump = NULL;
    mdw_state *state = NULL;
    mdw_error err = {.code = MDW_OK};
    int status = DONE;
    if (!symbols_open(&s, a))
        return FAILED;
    if (mdw_source_open(name, NULL, &source, &err) ||
        mdw_dump_open(mdw_source_bytes(source), NULL, &dump, &err) ||
        mdw_state_from_dump(dump, NULL, &state, &err))
        status = fail(name, &err);
    else
        list_modules(state, &s);
    symbols_work(&s);
    symbols_close(&s);
    mdw_state_close(state);
    mdw_dump_close(dump);
    mdw_source_close(source);
    return status;
}

/* --- the command -------------------------------------------------------- */

/* Takes the options out of the words. False: one is not known. */
static bool take_options(int *count, char **words, symbol_args *a, bool *full)
{
    int kept = 0;
    for (int i = 0; i < *count; i++) {
        if (!strcmp(words[i], "--full"))
            *full = true;
        else if (!strcmp(words[i], "--no-cache"))
            a->no_cache = true;
        else if (!strcmp(words[i], "--no-demangle"))
            a->no_demangle = true;
        else if (!strcmp(words[i], "--cache") && i + 1 < *count)
            a->cache = words[++i];
        else if (!strncmp(words[i], "--cache=", 8))
            a->cache = words[i] + 8;
        else if (!strncmp(words[i], "--", 2))
            return false;
        else
            words[kept++] = words[i];
    }
    *count = kept;
    return true;
}

/* `words` are those behind "symbols". */
int command_symbols(int count, char **words)
{
    symbol_args a = {.cache = NULL};
    bool full = false;
    if (!take_options(&count, words, &a, &full) || count < 2)
        return usage();
    const char *what = words[0];
    if (!strcmp(what, "index") && count == 3)
        return index_file(words[1], words[2], full);
    if (!strcmp(what, "lookup") && count > 2)
        return look_up(words[1], words + 2, count - 2, a.no_demangle);
    if (!strcmp(what, "info") && count == 2)
        return info(words[1]);
    if (!strcmp(what, "list") && count > 2) {
        for (int i = 2; i < count && i < MAX_SYMBOL_PATHS; i++)
            a.paths[a.path_count++] = words[i];
        return list(words[1], &a);
    }
    return usage();
}
