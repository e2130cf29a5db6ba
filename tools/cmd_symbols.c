/* tools/cmd_symbols.c - mdwalk symbols: index, lookup, info, list.
 *
 *   mdwalk symbols index [--full] FILE INDEX
 *   mdwalk symbols lookup [--no-demangle] FILE ADDRESS...
 *   mdwalk symbols info [--verify] FILE [SOURCE]
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
                "       mdwalk symbols info [--verify] FILE [SOURCE]\n"
                "       mdwalk symbols list [--cache DIR | --no-cache] DUMP "
                "SYMBOL_PATH...\n",
                stderr);
    return FAILED;
}

/* --- index -------------------------------------------------------------- */

/* Written in parts of this size, a file lies in the page cache as Linux maps it
 * with one entry a part: a lookup in a large index then takes four fifths of
 * the time (doc/performance.md). */
enum { WRITE_SIZE = 2 << 20 };

static bool to_file(void *user, const void *data, size_t len)
{
    return fwrite(data, 1, len, user) == len;
}

/* What does not fit into memory goes to nameless files beside the index. */
static const char *folder_of(const char *name, char *room, size_t size)
{
    const char *slash = strrchr(name, '/');
    size_t len = slash ? (size_t)(slash - name) + 1 : 0;
    if (!len || len >= size)
        return len ? NULL : ".";
    memcpy(room, name, len);
    room[len] = '\0';
    return room;
}

/* Under a name of its own until it is whole. */
static int write_index(mdw_bytes bytes, bool full, const char *name)
{
    char temporary[4096], folder[sizeof temporary];
    mdw_error err = {.code = MDW_OK};
    mdw_index_options options = MDW_INIT(mdw_index_options);
    options.temporary = folder_of(name, folder, sizeof folder);
    options.level = full ? MDW_INDEX_FULL : MDW_INDEX_DIRECTORY;
    int len = snprintf(temporary, sizeof temporary, "%s.new-XXXXXX", name);
    int fd =
        len > 0 && (size_t)len < sizeof temporary ? mkstemp(temporary) : -1;
    FILE *out = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (!out) {
        perror(name);
        return FAILED;
    }
    (void)setvbuf(out, NULL, _IOFBF, WRITE_SIZE); /* or smaller parts */
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
    mdw_source *source; /* or, when that is given, the index of it */
    mdw_source *made_of;
    mdw_symfile *file;
} opened;

static void close_file(opened *o)
{
    mdw_symfile_close(o->file);
    mdw_source_close(o->source);
    mdw_source_close(o->made_of);
}

/* `made_of` NULL: `name` alone. */
static bool open_file(opened *o, const char *name, const char *made_of)
{
    mdw_error err = {.code = MDW_OK};
    mdw_symfile_options options = MDW_INIT(mdw_symfile_options);
    options.by_unit = 1;
    *o = (opened){NULL, NULL, NULL};
    const char *at = name;
    if (mdw_source_open(name, NULL, &o->source, &err) == MDW_OK) {
        mdw_bytes bytes = mdw_source_bytes(o->source);
        at = made_of ? made_of : name;
        if (!made_of ||
            mdw_source_open(made_of, NULL, &o->made_of, &err) == MDW_OK) {
            options.index = made_of ? bytes : (mdw_bytes){NULL, 0};
            bytes = made_of ? mdw_source_bytes(o->made_of) : bytes;
            at = name;
            if (mdw_symfile_open(bytes, &options, &o->file, &err) == MDW_OK)
                return true;
        }
    }
    (void)fail(at, &err);
    close_file(o);
    return false;
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
    if (!open_file(&o, name, NULL))
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

static void print_has(const char *name, uint32_t has)
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
    (void)printf("%s:", name);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (has & words[i].has)
            (void)printf(" %s", words[i].word);
    (void)putchar('\n');
}

static void print_facts(const mdw_symfile *file)
{
    static const char *const kinds[] = {
        [MDW_SYMFILE_ANY] = "?",        [MDW_SYMFILE_BREAKPAD] = "Breakpad",
        [MDW_SYMFILE_ELF] = "ELF",      [MDW_SYMFILE_PE] = "PE",
        [MDW_SYMFILE_MACHO] = "Mach-O", [MDW_SYMFILE_PDB] = "PDB",
        [MDW_SYMFILE_INDEX] = "index"};
    mdw_symfile_facts f = MDW_INIT(mdw_symfile_facts);
    char id[MDW_ID_TEXT_MAX];
    if (mdw_symfile_about(file, &f) != MDW_OK ||
        f.kind >= sizeof kinds / sizeof *kinds)
        return;
    mdw_debug_id_text(&f.debug_id, MDW_ID_BREAKPAD, id);
    (void)printf("kind: %s, %s\nid: %s\n", kinds[f.kind], mdw_arch_name(f.arch),
                 id[0] ? id : "none");
    (void)printf("index: %s, of %" PRIu64 " bytes\n",
                 !f.has_index                ? "none"
                 : f.level == MDW_INDEX_FULL ? "full"
                                             : "directory",
                 f.source_size);
    if (!f.has_hash)
        return;
    (void)fputs("XXH3-128: ", stdout);
    for (size_t i = 0; i < sizeof f.source_hash; i++)
        (void)printf("%02x", f.source_hash[i]);
    (void)putchar('\n');
}

/* Whether the index is as it was written, and of this source. */
static int verify(const opened *o)
{
    mdw_error err = {.code = MDW_OK};
    mdw_bytes source =
        o->made_of ? mdw_source_bytes(o->made_of) : (mdw_bytes){NULL, 0};
    mdw_status status = mdw_symfile_verify(o->file, source, &err);
    if (status == MDW_E_DAMAGED) {
        (void)printf("the index is damaged at 0x%" PRIx64 "\n", err.offset);
        return FAILED;
    }
    (void)puts("the index is whole");
    if (status == MDW_E_MISMATCH)
        (void)puts("it is of another source");
    else if (status == MDW_OK)
        (void)puts("it is of this source");
    else if (source.len)
        (void)puts("a directory notes no hash of its source");
    return status == MDW_E_MISMATCH ? FAILED : DONE;
}

static int info(const char *name, const char *made_of, bool verified)
{
    opened o;
    if (!open_file(&o, name, made_of))
        return FAILED;
    mdw_error err = {.code = MDW_OK};
    if (mdw_symfile_read(o.file, 0, &err) != MDW_OK)
        (void)fail(name, &err);
    print_has(name, mdw_symfile_has(o.file));
    print_facts(o.file);
    int status = verified ? verify(&o) : DONE;
    close_file(&o);
    return status;
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

typedef struct switches {
    bool full, verify;
} switches;

/* Takes the options out of the words. False: one is not known. */
static bool take_options(int *count, char **words, symbol_args *a, switches *on)
{
    int kept = 0;
    for (int i = 0; i < *count; i++) {
        if (!strcmp(words[i], "--full"))
            on->full = true;
        else if (!strcmp(words[i], "--verify"))
            on->verify = true;
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
    switches on = {false, false};
    if (!take_options(&count, words, &a, &on) || count < 2)
        return usage();
    const char *what = words[0];
    if (!strcmp(what, "index") && count == 3)
        return index_file(words[1], words[2], on.full);
    if (!strcmp(what, "lookup") && count > 2)
        return look_up(words[1], words + 2, count - 2, a.no_demangle);
    if (!strcmp(what, "info") && count <= 3)
        return info(words[1], count == 3 ? words[2] : NULL, on.verify);
    if (!strcmp(what, "list") && count > 2) {
        for (int i = 2; i < count && i < MAX_SYMBOL_PATHS; i++)
            a.paths[a.path_count++] = words[i];
        return list(words[1], &a);
    }
    return usage();
}
