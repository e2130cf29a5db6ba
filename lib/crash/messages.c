/* lib/crash/messages.c - texts that the program left behind on its way out. */
#include "lib/crash/parts.h"

#include "lib/base/utf8.h"

enum { TEXT_MAX = 4096, MODULES_MAX = 4096 };

void message_add(scene *s, uint32_t kind, uint32_t module, uint64_t addr,
                 mdw_str text)
{
    mdw_crash *c = s->crash;
    if (!text.len || c->message_count == MAX_MESSAGES)
        return;
    for (size_t i = 0; i < c->message_count; i++)
        if (str_equal(c->messages[i].text, text))
            return;
    mdw_message *m = &c->messages[c->message_count++];
    *m = (mdw_message){.size = sizeof *m,
                       .kind = kind,
                       .module = module,
                       .addr = addr,
                       .text = text};
}

mdw_str text_at(scene *s, const mdw_memory *memory, uint64_t addr)
{
    char text[TEXT_MAX];
    size_t got = 0;
    addr = data_address(s, addr);
    if (memory->read && addr)
        got = memory->read(memory->user, addr, text, sizeof text);
    size_t len = str_find((mdw_str){text, got}, '\0');
    while (len && text[len - 1] == '\n')
        len--;
    mdw_str out = utf8_clean(s->crash->store, (mdw_str){text, len});
    s->crash->starved |= !out.data;
    return out;
}

/* Address of a symbol in any module; 0: unknown. */
static uint64_t symbol(scene *s, uint32_t module, mdw_str name)
{
    mdw_range range = {0, 0};
    if (!s->in->find || s->in->find(s->in->find_user, module, name, &range))
        return 0;
    return range.start;
}

/* Only where it would be found: files are sent for to answer this. */
static bool is_libc(const mdw_module *m)
{
    mdw_str path = m->code_file;
    size_t slash = str_find_last(path, '/');
    mdw_str name =
        slash < path.len ? str_slice(path, slash + 1, path.len) : path;
    return str_starts(name, STR("libc.")) || str_starts(name, STR("libc-"));
}

/* glibc: a pointer to struct abort_msg_s {unsigned; char[]}. */
static void abort_message(scene *s, uint32_t module)
{
    uint64_t at = symbol(s, module, STR("__abort_msg")), pointer;
    if (!at || !scene_load(s, at, s->pointer, &pointer) || !pointer)
        return;
    uint64_t text = pointer + 4;
    message_add(s, MDW_MESSAGE_ABORT, module, text,
                text_at(s, &s->memory, text));
}

/* Since Android 11 the message has a mapping of its own: two magic words, the
 * length, the text. */
static void android_message(scene *s)
{
    mdw_region r = MDW_INIT(mdw_region);
    uint64_t magic;
    for (size_t i = 0; i < s->region_count; i++) {
        if (mdw_state_region(s->state, i, &r) != MDW_OK ||
            !str_starts(r.name, STR("[anon:abort message]")))
            continue;
        uint64_t at = r.range.start;
        if (!scene_load(s, at, 8, &magic) ||
            magic != UINT64_C(0xb18e40886ac388f0))
            continue;
        at += 16 + s->pointer;
        message_add(s, MDW_MESSAGE_ABORT, MDW_NONE, at,
                    text_at(s, &s->memory, at));
    }
}

/* In a program that is linked statically, libc is the program. */
static void abort_messages(scene *s, size_t count)
{
    bool shared = false;
    mdw_module m = MDW_INIT(mdw_module);
    if (s->e.code != SIGNAL_ABORT)
        return;
    for (uint32_t i = 0; i < count; i++)
        if (mdw_state_module(s->state, i, &m) == MDW_OK && is_libc(&m)) {
            abort_message(s, i);
            shared = true;
        }
    if (!shared && count)
        abort_message(s, 0);
}

/* crashreporter_annotations_t: 64-bit version, then pointers in 64 bits to
 * message, signature, backtrace, message2. */
static void crash_info(scene *s, uint32_t module)
{
    static const uint8_t offsets[] = {8, 16, 32};
    mdw_module m = MDW_INIT(mdw_module);
    uint64_t at = 0, version, pointer;
    if (mdw_state_module(s->state, module, &m) == MDW_OK)
        at = macho_section(s, m.range.start, STR("__crash_info"));
    /* What a bad access leaves there is rarely worth sending for files. */
    if (!at && s->e.code != MACH_BAD_ACCESS)
        at = symbol(s, module, STR("__crash_info"));
    if (!at && s->e.code != MACH_BAD_ACCESS)
        at = symbol(s, module, STR("_gCRAnnotations"));
    if (!at || !scene_load(s, at, 8, &version) || version < 4 || version > 7)
        return;
    for (size_t i = 0; i < sizeof offsets; i++)
        if (scene_load(s, at + offsets[i], 8, &pointer) && pointer)
            message_add(s, MDW_MESSAGE_CRASH_INFO, module, pointer,
                        text_at(s, &s->memory, pointer));
}

/* Mozilla writes the same down in a stream. */
static void mac_records(scene *s)
{
    size_t count = mdw_state_mac_crash_count(s->state);
    for (size_t i = 0; i < count && i < MAX_MESSAGES; i++) {
        mdw_mac_crash m = MDW_INIT(mdw_mac_crash);
        if (mdw_state_mac_crash(s->state, i, &m) != MDW_OK)
            continue;
        message_add(s, MDW_MESSAGE_CRASH_INFO, MDW_NONE, 0, m.message);
        message_add(s, MDW_MESSAGE_CRASH_INFO, MDW_NONE, 0, m.message2);
    }
}

void find_messages(scene *s)
{
    mdw_process_info process = MDW_INIT(mdw_process_info);
    if (mdw_state_process(s->state, &process) == MDW_OK)
        message_add(s, MDW_MESSAGE_ASSERTION, MDW_NONE, 0, process.assertion);
    mac_records(s);
    if (s->system.os == MDW_OS_ANDROID)
        android_message(s);
    size_t count = mdw_state_module_count(s->state);
    if (count > MODULES_MAX)
        count = MODULES_MAX;
    if (is_linux(s))
        abort_messages(s, count);
    for (uint32_t i = 0; is_mac(s) && i < count; i++)
        crash_info(s, i);
}
