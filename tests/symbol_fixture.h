/* tests/symbol_fixture.h - a folder of symbol files to be found, and modules
 * that look for them. */
#ifndef SYMBOL_FIXTURE_H
#define SYMBOL_FIXTURE_H

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mdwalk/symbol.h"
#include "t.h"

enum { FIXTURE_PATH = 4096 };

typedef struct fixture {
    char root[64];
    char path[FIXTURE_PATH]; /* of in() */
} fixture;

static inline fixture fixture_new(void)
{
    fixture f = {.root = "/tmp/mdwalk-test-XXXXXX"};
    if (!mkdtemp(f.root))
        abort();
    return f;
}

static inline int remove_one(const char *path, const struct stat *about,
                             int kind, struct FTW *walk)
{
    (void)about;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline void fixture_drop(fixture *f)
{
    nftw(f->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline const char *in(fixture *f, const char *name)
{
    snprintf(f->path, sizeof f->path, "%s/%s", f->root, name);
    return f->path;
}

static inline void put_bytes(fixture *f, const char *name, const void *bytes,
                             size_t len)
{
    char path[FIXTURE_PATH];
    snprintf(path, sizeof path, "%s/%s", f->root, name);
    for (char *at = path + 1; (at = strchr(at, '/')); *at++ = '/') {
        *at = '\0';
        mkdir(path, 0777);
    }
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(bytes, 1, len, out) != len || fclose(out))
        abort();
}

static inline void put_text(fixture *f, const char *name, const char *text)
{
    put_bytes(f, name, text, strlen(text));
}

static inline char *text_of_file(const char *path, size_t *len)
{
    static char text[1 << 20];
    FILE *in_file = fopen(path, "rb");
    *len = in_file ? fread(text, 1, sizeof text, in_file) : 0;
    if (in_file)
        fclose(in_file);
    return text;
}

/* An ELF64 file of one PT_LOAD segment and a build id of 20 bytes, which all
 * are `id`; with a .gnu_debuglink when `link` is given. */
static inline void put_elf(fixture *f, const char *name, uint8_t id,
                           const char *link, uint32_t crc)
{
    enum { NOTE = 0x100, LINK = 0x140, NAMES = 0x180, SECTIONS = 0x200 };
    uint8_t e[SECTIONS + 5 * 64] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    const char names[] = "\0.text\0.note.gnu.build-id\0.gnu_debuglink\0"
                         ".shstrtab";
    t_put(e + 16, 3, 2);  /* ET_DYN */
    t_put(e + 18, 62, 2); /* EM_X86_64 */
    t_put(e + 20, 1, 4);
    t_put(e + 32, 64, 8);       /* e_phoff */
    t_put(e + 40, SECTIONS, 8); /* e_shoff */
    t_put(e + 52, 64, 2);
    t_put(e + 54, 56, 2);
    t_put(e + 56, 1, 2);
    t_put(e + 58, 64, 2);
    t_put(e + 60, 5, 2);
    t_put(e + 62, 4, 2);
    uint8_t *p = e + 64; /* PT_LOAD, R+X */
    t_put(p, 1, 4);
    t_put(p + 4, 5, 4);
    t_put(p + 32, sizeof e, 8);
    t_put(p + 40, sizeof e, 8);
    t_put(p + 48, 0x1000, 8);
    t_put(e + NOTE, 4, 4);
    t_put(e + NOTE + 4, 20, 4);
    t_put(e + NOTE + 8, 3, 4);
    memcpy(e + NOTE + 12, "GNU", 4);
    memset(e + NOTE + 16, id, 20);
    size_t link_len = link ? (strlen(link) + 4) & ~(size_t)3 : 0;
    if (link) {
        strcpy((char *)e + LINK, link);
        t_put(e + LINK + link_len, crc, 4);
        link_len += 4;
    }
    memcpy(e + NAMES, names, sizeof names);
    const uint64_t rows[4][6] = {
        {1, 1, 6, 0, 0x80, 16},            /* .text */
        {7, 7, 2, NOTE, NOTE, 36},         /* SHT_NOTE */
        {26, 1, 0, 0, LINK, link_len},     /* .gnu_debuglink */
        {41, 3, 0, 0, NAMES, sizeof names} /* SHT_STRTAB */
    };
    for (size_t i = 0; i < 4; i++) {
        uint8_t *s = e + SECTIONS + 64 * (i + 1);
        t_put(s, rows[i][0], 4);
        t_put(s + 4, rows[i][1], 4);
        t_put(s + 8, rows[i][2], 8);
        t_put(s + 16, rows[i][3], 8);
        t_put(s + 24, rows[i][4], 8);
        t_put(s + 32, rows[i][5], 8);
        t_put(s + 48, 4, 8);
    }
    put_bytes(f, name, e, sizeof e);
}

static inline mdw_str str(const char *text)
{
    return (mdw_str){text, strlen(text)};
}

/* A module whose GUID is `id` sixteen times, and so its build id. */
static inline mdw_module module_of(const char *debug_file, uint8_t id)
{
    mdw_module m = MDW_INIT(mdw_module);
    m.range = m.owned = (mdw_range){0x10000, 0x10000};
    m.format = MDW_FORMAT_PE;
    m.debug_file = m.code_file = str(debug_file);
    m.debug_id.form = MDW_DEBUG_ID_GUID;
    memset(m.debug_id.guid, id, 16);
    return m;
}

static inline const char *id_text(uint8_t id, uint32_t age)
{
    static char text[8][64];
    static unsigned next;
    char *out = text[next++ % 8];
    for (int i = 0; i < 16; i++)
        snprintf(out + 2 * i, 4, "%02X", id);
    snprintf(out + 32, 16, "%x", age);
    return out;
}

/* A .sym of that module with one function, [100, 200), called `function`. */
static inline const char *sym_text(uint8_t id, const char *function)
{
    static char text[4096];
    snprintf(text, sizeof text,
             "MODULE Linux x86_64 %s name\nFILE 0 a.c\nFUNC 100 100 0 %s\n"
             "100 100 7 0\nSTACK CFI INIT 100 100 .cfa: $rsp 8 + .ra: .cfa 8 - "
             "^\n",
             id_text(id, 0), function);
    return text;
}

/* --- what was said ----------------------------------------------------- */

typedef struct said {
    char text[4096]; /* "subject: status detail\n"... */
    unsigned count;
} said;

static inline void hear(void *user, const mdw_issue *issue)
{
    said *s = user;
    size_t len = strlen(s->text);
    s->count++;
    snprintf(s->text + len, sizeof s->text - len, "%.*s: %s %.*s\n",
             (int)issue->subject.len, issue->subject.data,
             mdw_status_name(issue->error.code), (int)issue->detail.len,
             issue->detail.data);
}

static inline bool take_name(void *user, const mdw_symbol *symbol)
{
    char *name = user;
    snprintf(name, 256, "%.*s", (int)symbol->function.len,
             symbol->function.data ? symbol->function.data : "");
    return true;
}

/* The function at 0x180, "" for none. */
static inline const char *name_in(const mdw_symfile *file)
{
    static char name[256];
    name[0] = '\0';
    mdw_symfile_lookup(file, 0x180, take_name, name);
    return name;
}

/* Through `locate` and, while that says MDW_AGAIN, `wait`. */
static inline mdw_status ask(const mdw_provider *p, const mdw_module *m,
                             uint32_t need, mdw_symfile **out)
{
    mdw_status status;
    *out = NULL;
    for (int i = 0; (status = p->locate(p->user, m, need, out)) == MDW_AGAIN;
         i++) {
        if (i == 1000)
            abort();
        p->wait(p->user, 1000);
    }
    return status;
}

/* The name found for `m`, or "(status)". */
static inline const char *found(const mdw_provider *p, const mdw_module *m)
{
    static char text[300];
    mdw_symfile *file;
    mdw_status status = ask(p, m, MDW_NEED_NAMES, &file);
    if (status == MDW_OK)
        snprintf(text, sizeof text, "%s", name_in(file));
    else
        snprintf(text, sizeof text, "(%s)", mdw_status_name(status));
    mdw_symfile_close(file);
    return text;
}

static inline void text_is(const char *got, const char *want)
{
    if (strcmp(got, want) && ++t_failed)
        fprintf(stderr, "[%s]\n  got  %s\n  want %s\n", t_case, got, want);
}

#endif
