/* tools/args.c - options as a table, and the text of --help. */
#include "tools/args.h"

#include <stdio.h>
#include <string.h>

#include "mdwalk/report.h"

enum {
    EVENTS = COMMAND_REPORT | COMMAND_SEND,
    WALKS = EVENTS | COMMAND_UNWIND,
    ALL = WALKS | COMMAND_DUMP
};

enum option_id {
    OPTION_ADJUSTED,
    OPTION_ATTACH,
    OPTION_BRIEF,
    OPTION_CACHE,
    OPTION_COLOUR,
    OPTION_DATA,
    OPTION_DSN,
    OPTION_EVENT_ID,
    OPTION_EXPLAIN,
    OPTION_FAIL,
    OPTION_FORMAT,
    OPTION_HELP,
    OPTION_INLINES,
    OPTION_LEVEL,
    OPTION_MAX_FRAMES,
    OPTION_MAX_WAIT,
    OPTION_NO_CACHE,
    OPTION_NO_DEMANGLE,
    OPTION_NO_SCAN,
    OPTION_PRETTY,
    OPTION_RETRIES,
    OPTION_SENTRY_COMPAT,
    OPTION_SENTRY_FRAMES,
    OPTION_SKIP_FRAMES,
    OPTION_SYMBOLS,
    OPTION_THREAD,
    OPTION_VERSION
};

typedef struct option {
    enum option_id id;
    char letter; /* 0: none */
    const char *name;
    const char *value; /* name of its value, or NULL */
    unsigned commands; /* that know it */
} option;

static const option options[] = {
    {OPTION_ADJUSTED, 0, "adjusted", NULL, EVENTS},
    {OPTION_ATTACH, 0, "attach", "WHAT", EVENTS},
    {OPTION_BRIEF, 0, "brief", NULL, COMMAND_REPORT},
    {OPTION_CACHE, 0, "cache", "DIR", WALKS},
    {OPTION_COLOUR, 0, "color", "WHEN", COMMAND_REPORT},
    {OPTION_DATA, 0, "data", "KEY=VALUE", EVENTS},
    {OPTION_DSN, 0, "dsn", "DSN", EVENTS},
    {OPTION_EVENT_ID, 0, "event-id", "ID", EVENTS},
    {OPTION_EXPLAIN, 0, "explain", NULL, COMMAND_UNWIND},
    {OPTION_FAIL, 0, "fail-on-issues", NULL, WALKS},
    {OPTION_FORMAT, 'f', "format", "FORMAT", COMMAND_REPORT},
    {OPTION_HELP, 'h', "help", NULL, ALL},
    {OPTION_INLINES, 0, "sentry-inlines", "HOW", EVENTS},
    {OPTION_LEVEL, 0, "level", "LEVEL", EVENTS},
    {OPTION_MAX_FRAMES, 0, "max-frames", "N", WALKS},
    {OPTION_MAX_WAIT, 0, "max-wait", "SECONDS", COMMAND_SEND},
    {OPTION_NO_CACHE, 0, "no-cache", NULL, WALKS},
    {OPTION_NO_DEMANGLE, 0, "no-demangle", NULL, WALKS},
    {OPTION_NO_SCAN, 0, "no-scan", NULL, WALKS},
    {OPTION_PRETTY, 0, "pretty", NULL, COMMAND_REPORT},
    {OPTION_RETRIES, 0, "retries", "N", COMMAND_SEND},
    {OPTION_SENTRY_COMPAT, 0, "sentry-compat", NULL, EVENTS},
    {OPTION_SENTRY_FRAMES, 0, "sentry-frames", "N", EVENTS},
    {OPTION_SKIP_FRAMES, 0, "skip-frames", "N", EVENTS},
    {OPTION_SYMBOLS, 0, "symbols", "PATH", COMMAND_SEND},
    {OPTION_THREAD, 0, "thread", "N", WALKS},
    {OPTION_VERSION, 'V', "version", NULL, ALL},
};

static const struct {
    const char *name;
    enum command command;
} commands[] = {
    {"report", COMMAND_REPORT},
    {"dump", COMMAND_DUMP},
    {"unwind", COMMAND_UNWIND},
    {"send", COMMAND_SEND},
};

void args_help(void)
{
    (void)fputs(
        "usage: mdwalk [report] [OPTION...] DUMP [SYMBOL_PATH...]\n"
        "       mdwalk dump DUMP [STREAM]\n"
        "       mdwalk unwind [--explain] [OPTION...] DUMP [SYMBOL_PATH...]\n"
        "       mdwalk send [--dsn DSN] [OPTION...] DUMP...\n"
        "       mdwalk symbols index|lookup|info|list ...\n"
        "       mdwalk --compat breakpad|rust-minidump ...\n"
        "\n"
        "Reads a minidump, plain or packed with gzip, xz, bzip2 or zstd, and\n"
        "writes the crash, the stacks and the modules to standard output. "
        "DUMP\n"
        "may be '-' for standard input. A SYMBOL_PATH is a symbol file, a "
        "folder\n"
        "of them, an https:// address or debuginfod; they are asked in order.\n"
        "\n"
        "  report   the crash and the stacks (the default)\n"
        "  dump     every field of every stream, or of STREAM (name, number)\n"
        "  unwind   the frames with what is known of each\n"
        "  send     the event, to Sentry: nothing else sends anything\n"
        "  symbols  builds, reads and finds symbol files\n"
        "  --compat as the first word: the options of minidump_stackwalk or\n"
        "           minidump-stackwalk, as when called by that name\n"
        "\n"
        "  -f, --format FORMAT  human, json (of rust-minidump), breakpad,\n"
        "                       breakpad-human, sentry, sentry-rich, envelope\n"
        "                       or sentry-pb, of a package that is frozen\n"
        "      --brief          report: the crash and its stack alone\n"
        "      --color WHEN     report: auto (the default), always or never\n"
        "      --pretty         report: json with lines and indentation\n"
        "      --explain        unwind: every answer, and why it was refused\n"
        "      --thread N       only the thread with index N\n"
        "      --max-frames N   at most N frames of each thread (1024)\n"
        "      --no-scan        don't search stacks for return addresses\n"
        "      --cache DIR      for indices and files "
        "($XDG_CACHE_HOME/mdwalk)\n"
        "      --no-cache       keep nothing of them\n"
        "      --no-demangle    names as the symbol files have them\n"
        "      --fail-on-issues exit 1 when something was damaged\n"
        "  -h, --help           this text\n"
        "  -V, --version        the version\n"
        "      --               what follows is no option and no command\n"
        "\n"
        "For sentry: --sentry-compat --adjusted --sentry-frames N "
        "--skip-frames\n"
        "N --sentry-inlines HOW --event-id ID --level LEVEL --data KEY=VALUE\n"
        "--attach minidump|attachment|none; to send: --dsn DSN (SENTRY_DSN),\n"
        "--symbols PATH, --retries N, --max-wait SECONDS (mdwalk(1))\n"
        "\n"
        "Exit status: 0 done, of a damaged dump too; 1 done with issues, with\n"
        "--fail-on-issues; 2 no minidump, unreadable, or wrong usage.\n",
        stdout);
}

static bool wrong(const char *what, const char *word)
{
    (void)fprintf(stderr, "mdwalk: %s: %s (see mdwalk --help)\n", what, word);
    return false;
}

static bool number(const char *word, uint32_t most, uint32_t *out)
{
    uint64_t value = 0;
    for (const char *at = word; *at; at++) {
        if (*at < '0' || *at > '9')
            return false;
        value = value * 10 + (uint64_t)(*at - '0');
        if (value > most)
            return false;
    }
    *out = (uint32_t)value;
    return *word;
}

static bool set_colour(args *out, const char *value)
{
    static const char *const whens[] = {
        [COLOUR_AUTO] = "auto",
        [COLOUR_ALWAYS] = "always",
        [COLOUR_NEVER] = "never",
    };
    for (unsigned i = 0; i < sizeof whens / sizeof *whens; i++)
        if (!strcmp(value, whens[i])) {
            out->colour = (enum colour_when)i;
            return true;
        }
    return wrong("--color must be auto, always or never", value);
}

static bool set_format(args *out, const char *value)
{
    const char *name;
    for (size_t i = 0; (name = mdw_format_name(i)); i++)
        if (!strcmp(value, name)) {
            out->format = name;
            return true;
        }
    return wrong("unknown format", value);
}

static bool set_inlines(args *out, const char *value)
{
    static const char *const hows[] = {
        [MDW_SENTRY_INLINE_PLAIN] = "plain",
        [MDW_SENTRY_INLINE_FINAL] = "final",
        [MDW_SENTRY_INLINE_NONE] = "none",
    };
    for (uint32_t i = 0; i < sizeof hows / sizeof *hows; i++)
        if (!strcmp(value, hows[i])) {
            out->sentry.inlines = i;
            return true;
        }
    return wrong("--sentry-inlines must be plain, final or none", value);
}

static bool set_event_id(args *out, const char *value)
{
    size_t len = strlen(value);
    if (len != 32 || strspn(value, "0123456789abcdefABCDEF") != len)
        return wrong("--event-id must be 32 hex digits", value);
    out->sentry.event_id = (mdw_str){value, len};
    return true;
}

static bool set_level(args *out, const char *value)
{
    static const char *const levels[] = {"debug", "info", "warning", "error",
                                         "fatal"};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (!strcmp(value, levels[i])) {
            out->sentry.level = (mdw_str){levels[i], strlen(levels[i])};
            return true;
        }
    return wrong("--level must be debug, info, warning, error or fatal", value);
}

static bool add_data(args *out, const char *value)
{
    if (value[0] == '=' || !strchr(value, '='))
        return wrong("--data must be KEY=VALUE", value);
    if (out->data_count == MAX_DATA)
        return wrong("too much --data", value);
    out->data[out->data_count++] = value;
    return true;
}

static bool set_attach(args *out, const char *value)
{
    static const char *const whats[] = {
        [MDW_ATTACH_NONE] = "none",
        [MDW_ATTACH_FILE] = "attachment",
        [MDW_ATTACH_MINIDUMP] = "minidump",
    };
    for (unsigned i = 0; i < sizeof whats / sizeof *whats; i++)
        if (!strcmp(value, whats[i])) {
            out->attach = i;
            return true;
        }
    return wrong("--attach must be minidump, attachment or none", value);
}

static bool add_path(args *out, const char *word)
{
    if (out->symbols.path_count == MAX_SYMBOL_PATHS)
        return wrong("too many symbol paths", word);
    out->symbols.paths[out->symbols.path_count++] = word;
    return true;
}

static bool set_sending(args *out, enum option_id id, const char *value)
{
    switch (id) {
    case OPTION_ATTACH:
        return set_attach(out, value);
    case OPTION_DSN:
        out->dsn = value;
        return true;
    case OPTION_MAX_WAIT:
        return number(value, UINT32_MAX, &out->max_wait) ||
               wrong("--max-wait must be a number of seconds", value);
    case OPTION_RETRIES:
        return number(value, 100, &out->retries) ||
               wrong("--retries must be a number up to 100", value);
    case OPTION_SYMBOLS:
        return add_path(out, value);
    default:
        return false;
    }
}

/* What only Sentry's formats look at. */
static bool set_sentry(args *out, enum option_id id, const char *value)
{
    mdw_sentry_options *o = &out->sentry;
    switch (id) {
    case OPTION_ADJUSTED:
        o->flags |= MDW_SENTRY_ADJUSTED;
        return true;
    case OPTION_DATA:
        return add_data(out, value);
    case OPTION_EVENT_ID:
        return set_event_id(out, value);
    case OPTION_INLINES:
        return set_inlines(out, value);
    case OPTION_LEVEL:
        return set_level(out, value);
    case OPTION_SENTRY_COMPAT:
        o->flags |= MDW_SENTRY_COMPAT;
        return true;
    case OPTION_SENTRY_FRAMES:
        return (number(value, UINT32_MAX, &o->max_frames) && o->max_frames) ||
               wrong("--sentry-frames must be a number from 1", value);
    case OPTION_SKIP_FRAMES:
        return number(value, UINT32_MAX, &o->skip) ||
               wrong("--skip-frames must be a number", value);
    default:
        return set_sending(out, id, value);
    }
}

static bool set(args *out, enum option_id id, const char *value)
{
    switch (id) {
    case OPTION_BRIEF:
        return out->brief = true;
    case OPTION_CACHE:
        out->symbols.cache = value;
        return true;
    case OPTION_COLOUR:
        return set_colour(out, value);
    case OPTION_EXPLAIN:
        return out->explain = true;
    case OPTION_FAIL:
        return out->fail_on_issues = true;
    case OPTION_FORMAT:
        return set_format(out, value);
    case OPTION_HELP:
        return out->help = true;
    case OPTION_MAX_FRAMES:
        return (number(value, UINT32_MAX, &out->max_frames) &&
                out->max_frames) ||
               wrong("--max-frames must be a number from 1", value);
    case OPTION_NO_CACHE:
        return out->symbols.no_cache = true;
    case OPTION_NO_DEMANGLE:
        return out->symbols.no_demangle = true;
    case OPTION_NO_SCAN:
        return out->no_scan = true;
    case OPTION_PRETTY:
        return out->pretty = true;
    case OPTION_THREAD:
        out->one_thread = true;
        return number(value, UINT32_MAX - 1, &out->thread) ||
               wrong("--thread must be an index", value);
    case OPTION_VERSION:
        return out->version = true;
    default:
        return set_sentry(out, id, value);
    }
}

/* "--name", "--name=value" and "-n" alike; NULL: unknown. */
static const option *find(const char *word, const char **value)
{
    *value = NULL;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const option *o = &options[i];
        size_t len = strlen(o->name);
        if (o->letter && word[1] == o->letter) {
            if (word[2])
                *value = word + 2;
            if (!word[2] || o->value)
                return o;
        }
        if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, o->name, len) != 0)
            continue;
        if (word[2 + len] == '=')
            *value = word + 2 + len + 1;
        if (!word[2 + len] || word[2 + len] == '=')
            return o;
    }
    return NULL;
}

typedef struct reading {
    int count, at;
    char *const *words;
    uint64_t given; /* bit: enum option_id */
    bool literal;   /* after "--" */
    int files;
    bool has_command;
} reading;

static bool read_option(reading *r, args *out)
{
    const char *word = r->words[r->at], *value;
    const option *o = find(word, &value);
    if (!o)
        return wrong("unknown option", word);
    if (value && !o->value)
        return wrong("option takes no value", word);
    if (o->value && !value) {
        if (r->at + 1 >= r->count)
            return wrong("option needs a value", word);
        value = r->words[++r->at];
    }
    r->given |= UINT64_C(1) << o->id;
    return set(out, o->id, value ? value : "");
}

static bool read_command(reading *r, args *out)
{
    if (r->literal || r->has_command || r->files)
        return false;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (!strcmp(r->words[r->at], commands[i].name)) {
            out->command = commands[i].command;
            r->has_command = true;
            return true;
        }
    return false;
}

static bool read_file(reading *r, args *out)
{
    const char *word = r->words[r->at];
    if (out->command == COMMAND_SEND) {
        if (out->dump_count == MAX_DUMPS)
            return wrong("too many minidumps", word);
        out->dumps[out->dump_count++] = word;
    }
    if (r->files++ == 0) {
        out->file = word;
        return true;
    }
    if (out->command == COMMAND_SEND)
        return true;
    if (out->command == COMMAND_DUMP && r->files == 2) {
        out->stream = word;
        return true;
    }
    if (out->command & WALKS)
        return add_path(out, word);
    return wrong("too many arguments", word);
}

bool args_read(int count, char *const *words, args *out)
{
    *out = (args){.command = COMMAND_REPORT,
                  .format = "human",
                  .sentry = MDW_INIT(mdw_sentry_options),
                  .retries = 4,
                  .max_wait = 300};
    reading r = {.count = count, .at = 1, .words = words};
    for (; r.at < count; r.at++) {
        const char *word = words[r.at];
        if (!r.literal && !strcmp(word, "--"))
            r.literal = true;
        else if (!r.literal && word[0] == '-' && word[1]) {
            if (!read_option(&r, out))
                return false;
        } else if (!read_command(&r, out) && !read_file(&r, out)) {
            return false;
        }
    }
    if (out->help || out->version)
        return true;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (r.given >> options[i].id & 1 &&
            !(options[i].commands & out->command))
            return wrong("not an option of this command", options[i].name);
    if (out->sentry.inlines == MDW_SENTRY_INLINE_FINAL &&
        strcmp(out->format, "sentry-rich") != 0)
        return wrong("--sentry-inlines final needs", "--format sentry-rich");
    if (!out->file)
        return wrong("no minidump given", "it may be '-'");
    return true;
}
