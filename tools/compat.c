/* tools/compat.c - options of two other commands as tables, and what becomes of
 * each here. */
#include "tools/compat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum does {
    DOES_NOTHING, /* what it asks for is always so */
    DOES_REFUSE,  /* with the sentence of its row */
    DOES_BRIEF,
    DOES_CODE_POINTERS,
    DOES_CONTENTS,
    DOES_CYBORG,
    DOES_DUMP,
    DOES_FEATURES,
    DOES_FORMAT, /* human or machine */
    DOES_HELP,
    DOES_HUMAN,
    DOES_JSON,
    DOES_LOCAL,
    DOES_MACHINE,
    DOES_MAIN_ONLY,
    DOES_NO_COLOUR,
    DOES_OUTPUT,
    DOES_PRETTY,
    DOES_THREAD,
    DOES_TIMEOUT,
    DOES_URL,
    DOES_CACHE,
    DOES_PATH,
    DOES_VERBOSE,
    DOES_VERSION
};

typedef struct compat_option {
    const char *name; /* NULL: none */
    const char *why;  /* DOES_REFUSE */
    enum does does;
    char letter; /* 0: none */
    bool has_value;
} compat_option;

static const compat_option breakpad_options[] = {
    {NULL, NULL, DOES_BRIEF, 'b', false},
    {NULL, NULL, DOES_MAIN_ONLY, 'c', false},
    {NULL, NULL, DOES_CODE_POINTERS, 'd', false},
    {NULL, NULL, DOES_FORMAT, 'f', true},
    {"help", NULL, DOES_HELP, 'h', false},
    {NULL, NULL, DOES_MACHINE, 'm', false},
    {NULL, NULL, DOES_CONTENTS, 's', false},
    {NULL, NULL, DOES_THREAD, 't', true},
};

static const compat_option rust_options[] = {
    {"brief", NULL, DOES_BRIEF, 0, false},
    {"cyborg", NULL, DOES_CYBORG, 0, true},
    {"dump", NULL, DOES_DUMP, 0, false},
    {"evil-json", "certificates and microcode are read of the dump alone",
     DOES_REFUSE, 0, true},
    {"features", NULL, DOES_FEATURES, 0, true},
    {"help", NULL, DOES_HELP, 'h', false},
    {"human", NULL, DOES_HUMAN, 0, false},
    {"json", NULL, DOES_JSON, 0, false},
    {"log-file", "there is no log", DOES_REFUSE, 0, true},
    {"no-color", NULL, DOES_NO_COLOUR, 0, false},
    {"no-interactive", NULL, DOES_NOTHING, 0, false},
    {"output-file", NULL, DOES_OUTPUT, 0, true},
    {"pretty", NULL, DOES_PRETTY, 0, false},
    {"recover-function-args", "arguments are not guessed from the stack",
     DOES_REFUSE, 0, false},
    {"symbols-cache", NULL, DOES_CACHE, 0, true},
    {"symbols-download-timeout-secs", NULL, DOES_TIMEOUT, 0, true},
    {"symbols-path", NULL, DOES_PATH, 0, true},
    /* Downloads are kept beside the file that they become. */
    {"symbols-tmp", NULL, DOES_NOTHING, 0, true},
    {"symbols-url", NULL, DOES_URL, 0, true},
    {"use-local-debuginfo", NULL, DOES_LOCAL, 0, false},
    {"verbose", NULL, DOES_VERBOSE, 0, true},
    {"version", NULL, DOES_VERSION, 'V', false},
};

static const struct {
    const char *name, *command;
    const compat_option *options;
    size_t count;
} compats[] = {
    [COMPAT_BREAKPAD] = {"breakpad", "minidump_stackwalk", breakpad_options,
                         sizeof breakpad_options / sizeof *breakpad_options},
    [COMPAT_RUST] = {"rust-minidump", "minidump-stackwalk", rust_options,
                     sizeof rust_options / sizeof *rust_options},
};

enum { COMPATS = sizeof compats / sizeof *compats };

void compat_help(enum compat which)
{
    if (which == COMPAT_BREAKPAD)
        (void)fputs(
            "usage: minidump_stackwalk [OPTION...] DUMP [SYMBOL_PATH...]\n"
            "\n"
            "  -f human|machine  what to write; -m is -f machine\n"
            "  -s                the memory of each frame\n"
            "  -d                words in it that point to code\n"
            "  -c                only the thread that crashed or asked\n"
            "  -t N              only thread N\n"
            "  -b                only that thread's frame lines\n"
            "  -h                this text\n",
            stdout);
    else
        (void)fputs(
            "usage: minidump-stackwalk [OPTION...] DUMP [SYMBOL_PATH...]\n"
            "\n"
            "  --human, --json, --dump   what to write; human is the default\n"
            "  --cyborg FILE             human here and json into FILE\n"
            "  --pretty, --brief         json with lines; the crash alone\n"
            "  --output-file FILE        instead of standard output\n"
            "  --symbols-path PATH, --symbols-url URL, --use-local-debuginfo\n"
            "  --symbols-cache DIR, --symbols-download-timeout-secs N\n"
            "  --no-color, -h --help, -V --version\n"
            "\n"
            "Taken, and without effect here: --features stable-basic or\n"
            "stable-all, --verbose, --no-interactive, --symbols-tmp.\n",
            stdout);
    (void)fputs("\nThis is mdwalk; see mdwalk --help.\n", stdout);
}

static bool wrong(const char *what, const char *word)
{
    (void)fprintf(stderr, "mdwalk: %s: %s\n", what, word);
    return false;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool compat_choose(int count, char *const *words, enum compat *which, int *skip)
{
    const char *name = NULL;
    *which = COMPAT_NONE;
    *skip = 1;
    for (unsigned i = 1; count && i < COMPATS; i++)
        if (!strcmp(base_name(words[0]), compats[i].command))
            *which = (enum compat)i;
    if (count > 2 && !strcmp(words[1], "--compat")) {
        name = words[2];
        *skip = 3;
    } else if (count > 1 && !strncmp(words[1], "--compat=", 9)) {
        name = words[1] + 9;
        *skip = 2;
    }
    for (unsigned i = 1; name && i < COMPATS; i++)
        if (!strcmp(name, compats[i].name)) {
            *which = (enum compat)i;
            return true;
        }
    return !name || wrong("--compat must be breakpad or rust-minidump", name);
}

typedef struct compat_reading {
    enum compat which;
    int count, at;
    char *const *words;
    args *out;
    bool literal; /* after "--" */
    const char *urls[MAX_SYMBOL_PATHS];
    int url_count;
} compat_reading;

static bool add_path(args *out, const char *path)
{
    if (out->symbols.path_count == MAX_SYMBOL_PATHS)
        return wrong("too many symbol paths", path);
    out->symbols.paths[out->symbols.path_count++] = path;
    return true;
}

static bool add_url(compat_reading *r, const char *url)
{
    if (r->url_count == MAX_SYMBOL_PATHS)
        return wrong("too many symbol servers", url);
    r->urls[r->url_count++] = url;
    return true;
}

static bool number(const char *what, const char *word, unsigned long most,
                   uint32_t *out)
{
    char *end;
    unsigned long value = strtoul(word, &end, 10);
    if (word[0] < '0' || word[0] > '9' || *end || value > most)
        return wrong(what, word);
    *out = (uint32_t)value;
    return true;
}

static bool one_of(const char *what, const char *word, const char *words)
{
    size_t len = strlen(word);
    for (const char *at = words; len && (at = strstr(at, word)); at++)
        if ((at == words || at[-1] == ' ') && (!at[len] || at[len] == ' '))
            return true;
    return wrong(what, word);
}

static bool set(compat_reading *r, const compat_option *o, const char *word,
                const char *value)
{
    args *out = r->out;
    if (!value)
        value = ""; /* of options that have none */
    switch (o->does) {
    case DOES_NOTHING:
        return true;
    case DOES_REFUSE:
        (void)fprintf(stderr, "mdwalk: %s is not supported: %s\n", word,
                      o->why);
        return false;
    case DOES_BRIEF:
        return out->brief = true;
    case DOES_CODE_POINTERS:
        return out->code_pointers = true;
    case DOES_CONTENTS:
        return out->stack_contents = true;
    case DOES_CYBORG:
        out->json_output = value;
        return true;
    case DOES_DUMP:
        out->command = COMMAND_DUMP;
        return true;
    case DOES_FEATURES:
        return one_of("features must be stable-basic or stable-all", value,
                      "stable-basic stable-all");
    case DOES_FORMAT:
        out->format = strcmp(value, "machine") ? "breakpad-human" : "breakpad";
        return one_of("-f must be human or machine", value, "human machine");
    case DOES_HELP:
        return out->help = true;
    case DOES_HUMAN:
        out->format = "human";
        return true;
    case DOES_JSON:
        out->format = "json";
        return true;
    case DOES_LOCAL:
        return add_path(out, "/");
    case DOES_MACHINE:
        out->format = "breakpad";
        return true;
    case DOES_MAIN_ONLY:
        return out->main_only = true;
    case DOES_NO_COLOUR:
        out->colour = COLOUR_NEVER;
        return true;
    case DOES_OUTPUT:
        out->output = value;
        return true;
    case DOES_PRETTY:
        return out->pretty = true;
    case DOES_THREAD:
        out->one_thread = out->walked_thread = true;
        return number("-t must be an index", value, UINT32_MAX - 1,
                      &out->thread);
    case DOES_TIMEOUT:
        return number("seconds", value, UINT32_MAX / 1000,
                      &out->symbols.timeout_seconds);
    case DOES_URL:
        return add_url(r, value);
    case DOES_CACHE:
        out->symbols.cache = value;
        return true;
    case DOES_PATH:
        return add_path(out, value);
    case DOES_VERBOSE:
        return one_of("unknown level", value,
                      "off error warn info debug trace");
    case DOES_VERSION:
        return out->version = true;
    }
    return false;
}

/* `*value`: what stands behind "=" or, of a letter, behind it. */
static const compat_option *find(const compat_reading *r, const char *word,
                                 const char **value)
{
    *value = NULL;
    for (size_t i = 0; i < compats[r->which].count; i++) {
        const compat_option *o = &compats[r->which].options[i];
        size_t len = o->name ? strlen(o->name) : 0;
        if (len && !strncmp(word, "--", 2) &&
            !strncmp(word + 2, o->name, len) &&
            (!word[2 + len] || word[2 + len] == '=')) {
            *value = word[2 + len] ? word + 2 + len + 1 : NULL;
            return o;
        }
        if (o->letter && word[1] == o->letter) {
            *value = word[2] ? word + 2 : NULL;
            return o;
        }
    }
    return NULL;
}

static bool take_value(compat_reading *r, const char *word, const char **value)
{
    if (*value)
        return true;
    if (r->at + 1 >= r->count)
        return wrong("option needs a value", word);
    *value = r->words[++r->at];
    return true;
}

/* "-ms" is "-m -s", as getopt has it. */
static bool read_letters(compat_reading *r, const char *word)
{
    char one[3] = "-";
    for (const char *at = word + 1; *at; at++) {
        const char *value;
        one[1] = *at;
        const compat_option *o = find(r, one, &value);
        if (!o)
            return wrong("unknown option", word);
        if (o->has_value) {
            value = at[1] ? at + 1 : NULL;
            return take_value(r, one, &value) && set(r, o, one, value);
        }
        if (!set(r, o, one, NULL))
            return false;
    }
    return true;
}

static bool read_option(compat_reading *r, const char *word)
{
    const char *value;
    if (word[1] != '-')
        return read_letters(r, word);
    const compat_option *o = find(r, word, &value);
    if (!o)
        return wrong("unknown option", word);
    if (value && !o->has_value)
        return wrong("option takes no value", word);
    if (o->has_value && o->does != DOES_REFUSE && !take_value(r, word, &value))
        return false;
    return set(r, o, word, value);
}

bool compat_read(enum compat which, int count, char *const *words, args *out)
{
    compat_reading r = {
        .which = which, .count = count, .words = words, .out = out};
    *out = (args){.command = COMMAND_REPORT};
    out->format = which == COMPAT_BREAKPAD ? "breakpad-human" : "human";
    for (; r.at < count; r.at++) {
        const char *word = words[r.at];
        bool ok = true;
        if (!r.literal && !strcmp(word, "--"))
            r.literal = true;
        else if (!r.literal && word[0] == '-' && word[1])
            ok = read_option(&r, word);
        else if (!out->file)
            out->file = word;
        else
            ok = add_path(out, word);
        if (!ok)
            return false;
    }
    for (int i = 0; i < r.url_count; i++)
        if (!add_path(out, r.urls[i]))
            return false;
    if (!out->file && !out->help && !out->version)
        return wrong("no minidump given", compats[which].command);
    return true;
}
