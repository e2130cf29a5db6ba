/* tools/cmd_dump.c - mdwalk dump: header, directory, and who prints what. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "tools/commands.h"
#include "tools/dump.h"

enum { UNKNOWN_BYTES = 256 };

static const struct {
    uint32_t type;
    void (*show)(printer *p);
} streams[] = {
    {MDW_STREAM_THREAD_LIST, dump_threads},
    {MDW_STREAM_MODULE_LIST, dump_modules},
    {MDW_STREAM_MEMORY_LIST, dump_memory32},
    {MDW_STREAM_EXCEPTION, dump_exceptions},
    {MDW_STREAM_SYSTEM_INFO, dump_system},
    {MDW_STREAM_THREAD_EX_LIST, dump_threads_ex},
    {MDW_STREAM_MEMORY64_LIST, dump_memory64},
    {MDW_STREAM_COMMENT_A, dump_comment},
    {MDW_STREAM_COMMENT_W, dump_comment_wide},
    {MDW_STREAM_HANDLE_DATA, dump_handles},
    {MDW_STREAM_FUNCTION_TABLE, dump_function_tables},
    {MDW_STREAM_UNLOADED_MODULE_LIST, dump_unloaded},
    {MDW_STREAM_MISC_INFO, dump_misc},
    {MDW_STREAM_MEMORY_INFO_LIST, dump_memory_infos},
    {MDW_STREAM_THREAD_INFO_LIST, dump_thread_infos},
    {MDW_STREAM_SYSTEM_MEMORY_INFO, dump_system_memory},
    {MDW_STREAM_PROCESS_VM_COUNTERS, dump_vm_counters},
    {MDW_STREAM_THREAD_NAMES, dump_thread_names},
    {MDW_STREAM_BREAKPAD_INFO, dump_breakpad},
    {MDW_STREAM_ASSERTION_INFO, dump_assertion},
    {MDW_STREAM_LINUX_CPU_INFO, dump_cpu_info},
    {MDW_STREAM_LINUX_PROC_STATUS, dump_proc_status},
    {MDW_STREAM_LINUX_LSB_RELEASE, dump_lsb_release},
    {MDW_STREAM_LINUX_CMD_LINE, dump_command_line},
    {MDW_STREAM_LINUX_ENVIRON, dump_environ},
    {MDW_STREAM_LINUX_AUXV, dump_auxv},
    {MDW_STREAM_LINUX_MAPS, dump_maps},
    {MDW_STREAM_LINUX_DSO_DEBUG, dump_dso_debug},
    {MDW_STREAM_CRASHPAD_INFO, dump_crashpad},
    {MDW_STREAM_MOZ_MACOS_CRASH_INFO, dump_mac_crash},
    {MDW_STREAM_MOZ_MACOS_BOOTARGS, dump_mac_bootargs},
    {MDW_STREAM_MOZ_LINUX_LIMITS, dump_limits},
    {MDW_STREAM_MOZ_SOFT_ERRORS, dump_soft_errors},
    {MDW_STREAM_SENTRY_STACKS, dump_client_stacks},
};

void show_list(const printer *p, uint32_t type)
{
    mdw_list list = MDW_INIT(mdw_list);
    if (mdw_dump_list(p->dump, type, &list, NULL) != MDW_OK)
        return;
    show_unsigned(p, "records", list.present);
    if (list.promised != list.present)
        show_unsigned(p, "records promised", list.promised);
    show_unsigned(p, "record size", list.stride);
}

bool readable(const printer *p, mdw_status status, const mdw_error *err)
{
    if (status == MDW_OK)
        return true;
    (void)printf("%*sunreadable: %s", 2 * p->depth, "",
                 mdw_status_name(status));
    if (status < 0)
        (void)printf(" (%s, offset 0x%" PRIx64 ")",
                     err->what ? err->what : "record", err->offset);
    (void)putchar('\n');
    return false;
}

static void show_header(printer *p)
{
    mdw_header h = MDW_INIT(mdw_header);
    if (mdw_dump_header(p->dump, &h) != MDW_OK)
        return;
    p->big_endian = h.big_endian;
    heading(p, "MINIDUMP_HEADER");
    show_hex(p, "version", h.version);
    show_unsigned(p, "streams", h.stream_count);
    show_hex(p, "directory", h.directory_offset);
    show_hex(p, "checksum", h.checksum);
    show_time(p, "time", h.timestamp);
    show_constant(p, "flags", MDW_CONSTANT_DUMP_FLAGS, h.flags);
    show_word(p, "byte order", h.big_endian ? "big" : "little");
    leave(p);
}

/* Whether the typed functions speak of this entry: they read the first of its
 * type that is not empty. */
static bool is_the_one(const mdw_dump *dump, const mdw_stream *s)
{
    mdw_stream first = MDW_INIT(mdw_stream);
    return mdw_dump_stream(dump, s->type, &first, NULL) == MDW_OK &&
           first.offset == s->offset && first.promised == s->promised;
}

/* LLDB writes an Exception stream for each thread; the first shows all. */
static void show_stream(printer *p, const mdw_stream *s, size_t index)
{
    const char *name = mdw_stream_name(s->type);
    (void)printf(
        "\n[%zu] %s (0x%" PRIx32 ") at 0x%" PRIx64 ", %" PRIu64 " bytes", index,
        name ? name : "unknown", s->type, s->offset, s->promised);
    if (s->data.len < s->promised)
        (void)printf(", %zu of them in the file", s->data.len);
    (void)putchar('\n');
    p->depth = 1;
    if (!s->promised)
        return;
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++)
        if (streams[i].type == s->type) {
            if (is_the_one(p->dump, s)) {
                streams[i].show(p);
                return;
            }
            show_word(p, "note", "another stream of this type comes first");
            if (s->type == MDW_STREAM_EXCEPTION)
                return;
        }
    if (!p->brief)
        hex_dump(p, s->data, UNKNOWN_BYTES);
}

static bool stream_is(const mdw_stream *s, const char *wanted)
{
    const char *name = mdw_stream_name(s->type);
    char *end;
    unsigned long long number = strtoull(wanted, &end, 0);
    if (*wanted && !*end)
        return number == s->type;
    return name && !strcasecmp(name, wanted);
}

static size_t show_streams(printer *p, const char *wanted)
{
    size_t count = mdw_dump_stream_count(p->dump), shown = 0;
    for (size_t i = 0; i < count; i++) {
        mdw_stream s = MDW_INIT(mdw_stream);
        mdw_error err = {.code = MDW_OK};
        mdw_status status = mdw_dump_stream_at(p->dump, i, &s, &err);
        p->depth = 0;
        if (status != MDW_OK && !wanted)
            (void)readable(p, status, &err);
        if (status != MDW_OK || (wanted && !stream_is(&s, wanted)))
            continue;
        show_stream(p, &s, i);
        shown++;
    }
    return shown;
}

int command_dump(const args *a)
{
    input in;
    if (!input_open(&in, a->file))
        return STATUS_FAILED;
    printer p = {.dump = in.dump, .brief = a->brief};
    int status = STATUS_DONE;
    if (!a->stream)
        show_header(&p);
    if (!show_streams(&p, a->stream) && a->stream) {
        (void)fprintf(stderr, "mdwalk: %s: no stream %s in its directory\n",
                      in.name, a->stream);
        status = STATUS_FAILED;
    }
    status = finish(status);
    input_close(&in);
    return status;
}
