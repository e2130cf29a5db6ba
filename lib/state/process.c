/* lib/state/process.c - the process as a whole: ids, times, texts. */
#include "lib/state/parts.h"

/* MINIDUMP_MISC_INFO.Flags1 */
enum { HAS_PID = 1, HAS_TIMES = 2 };

static void read_misc(mdw_state *s)
{
    mdw_process_info *p = &s->process;
    mdw_raw_misc raw = MDW_INIT(mdw_raw_misc);
    mdw_error err = {0};
    mdw_status status = mdw_dump_misc(s->dump, &raw, &err);
    if (!issue_ok(s, status, &err, MDW_NONE))
        return;
    p->has_pid = raw.flags & HAS_PID;
    p->pid = p->has_pid ? raw.pid : 0;
    p->has_times = raw.flags & HAS_TIMES;
    if (!p->has_times)
        return;
    p->create_time = raw.create_time;
    p->user_time = raw.user_time;
    p->kernel_time = raw.kernel_time;
    p->uptime =
        p->dump_time > p->create_time ? p->dump_time - p->create_time : 0;
}

/* The value of `key` in a stream of pairs; false if there is none. */
static bool find_pair(mdw_state *s, uint32_t type, mdw_str key, mdw_str *out)
{
    mdw_cursor at = {0};
    mdw_raw_pair pair = MDW_INIT(mdw_raw_pair);
    while (mdw_dump_pair_next(s->dump, type, &at, &pair, NULL) == MDW_OK)
        if (str_equal(pair.key, key)) {
            *out = pair.value;
            return true;
        }
    return false;
}

static void read_status(mdw_state *s)
{
    mdw_str value;
    uint64_t pid;
    if (s->process.has_pid ||
        !find_pair(s, MDW_STREAM_LINUX_PROC_STATUS, STR("Pid"), &value) ||
        !str_decimal(value, &pid) || pid > UINT32_MAX)
        return;
    s->process.has_pid = true;
    s->process.pid = (uint32_t)pid;
}

static void read_microcode(mdw_state *s)
{
    mdw_str value;
    uint64_t number;
    if (find_pair(s, MDW_STREAM_LINUX_CPU_INFO, STR("microcode"), &value) &&
        str_starts(value, STR("0x")) &&
        str_hex(str_slice(value, 2, value.len), &number))
        s->system.cpu_microcode = text_narrow(s, value);
}

/* Debian's /etc/lsb-release and the same facts as os-release names them. */
static void read_lsb(mdw_state *s)
{
    mdw_process_info *p = &s->process;
    struct {
        const char *name, *other;
        mdw_str *to;
    } keys[] = {
        {"DISTRIB_ID", "ID", &p->lsb_id},
        {"DISTRIB_RELEASE", "VERSION_ID", &p->lsb_release},
        {"DISTRIB_CODENAME", "VERSION_CODENAME", &p->lsb_codename},
        {"DISTRIB_DESCRIPTION", "PRETTY_NAME", &p->lsb_description},
    };
    mdw_cursor at = {0};
    mdw_raw_pair pair = MDW_INIT(mdw_raw_pair);
    while (mdw_dump_pair_next(s->dump, MDW_STREAM_LINUX_LSB_RELEASE, &at, &pair,
                              NULL) == MDW_OK) {
        p->has_lsb = true;
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            if (str_is(pair.key, keys[i].name) ||
                str_is(pair.key, keys[i].other))
                *keys[i].to = text_narrow(s, pair.value);
    }
}

/* Two passes: how long the line is, then the line. */
static void read_command_line(mdw_state *s)
{
    mdw_cursor at = {0};
    mdw_str text;
    size_t len = 0;
    while (mdw_dump_text_next(s->dump, MDW_STREAM_LINUX_CMD_LINE, &at, &text,
                              NULL) == MDW_OK)
        len += text.len + 1; /* no more than the stream is long */
    char *line = len ? arena_take(s->store, len, 1) : NULL;
    if (!line)
        return;
    size_t used = 0;
    at = (mdw_cursor){0};
    while (mdw_dump_text_next(s->dump, MDW_STREAM_LINUX_CMD_LINE, &at, &text,
                              NULL) == MDW_OK) {
        if (used)
            line[used++] = ' ';
        if (text.len)
            memcpy(line + used, text.data, text.len);
        used += text.len;
    }
    s->process.command_line = text_narrow(s, (mdw_str){line, used});
}

static void read_comment(mdw_state *s)
{
    mdw_str narrow;
    mdw_utf16 wide;
    mdw_error err = {0};
    mdw_status status = mdw_dump_comment(s->dump, &narrow, &err);
    if (issue_ok(s, status, &err, MDW_NONE)) {
        s->process.comment = text_narrow(s, narrow);
        return;
    }
    status = mdw_dump_comment_wide(s->dump, &wide, &err);
    if (issue_ok(s, status, &err, MDW_NONE))
        s->process.comment = text_wide(s, wide);
}

static void add_wide(mdw_state *s, phrase *text, const char *before,
                     mdw_utf16 wide)
{
    if (!wide.len)
        return;
    phrase_add(text, str_of(before));
    phrase_add(text, text_wide(s, wide));
}

/* The words are Breakpad's. */
static void read_assertion(mdw_state *s)
{
    enum { INVALID_PARAMETER = 1, PURE_VIRTUAL_CALL = 2 };
    mdw_raw_assertion raw = MDW_INIT(mdw_raw_assertion);
    mdw_error err = {0};
    mdw_status status = mdw_dump_assertion(s->dump, &raw, &err);
    if (!issue_ok(s, status, &err, MDW_NONE))
        return;
    phrase text = {.len = 0};
    if (raw.type == INVALID_PARAMETER) {
        phrase_add(&text, STR("Invalid parameter passed to library function"));
    } else if (raw.type == PURE_VIRTUAL_CALL) {
        phrase_add(&text, STR("Pure virtual function called"));
    } else {
        phrase_add(&text, STR("Unknown assertion type 0x"));
        phrase_hex(&text, raw.type, 8, false);
    }
    add_wide(s, &text, " ", raw.expression);
    add_wide(s, &text, " in function ", raw.function);
    add_wide(s, &text, ", in file ", raw.file);
    if (raw.line) {
        phrase_add(&text, STR(" at line "));
        phrase_decimal(&text, raw.line);
    }
    s->process.assertion = text_narrow(s, phrase_str(&text));
}

static void read_entry(mdw_state *s)
{
    enum { AT_ENTRY = 9 };
    mdw_cursor at = {0};
    mdw_raw_auxv a = MDW_INIT(mdw_raw_auxv);
    while (mdw_dump_auxv_next(s->dump, s->system.pointer_size, &at, &a, NULL) ==
           MDW_OK)
        if (a.type == AT_ENTRY)
            s->process.entry = a.value;
}

static void read_mozilla(mdw_state *s)
{
    mdw_str errors;
    mdw_utf16 arguments;
    mdw_error err = {0};
    mdw_status status = mdw_dump_soft_errors(s->dump, &errors, &err);
    if (issue_ok(s, status, &err, MDW_NONE))
        s->process.soft_errors = text_narrow(s, errors);
    status = mdw_dump_mac_bootargs(s->dump, &arguments, &err);
    if (issue_ok(s, status, &err, MDW_NONE))
        s->process.boot_args = text_wide(s, arguments);
}

void build_process(mdw_state *s)
{
    mdw_header header = MDW_INIT(mdw_header);
    mdw_dump_header(s->dump, &header); /* an open dump has one */
    s->process.dump_time = header.timestamp;
    read_misc(s);
    read_status(s);
    read_microcode(s);
    read_lsb(s);
    read_command_line(s);
    read_comment(s);
    read_assertion(s);
    read_entry(s);
    read_mozilla(s);
}
