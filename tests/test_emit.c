/* tests/test_emit.c - both formats over one made-up process: a 32-bit Windows
 * program with hostile names, a client's stack and a thread nobody lists. */
#include <stdlib.h>

#include "lib/base/str.h"
#include "lib/json/check.h"
#include "mdwalk/dump.h"
#include "mdwalk/report.h"
#include "synth/streams.h"
#include "t.h"

/* --- the process --------------------------------------------------------- */

enum { CONTEXT_SIZE = 716, STACK_BASE = 0x7000F000 };

static uint8_t contexts[3][CONTEXT_SIZE], stack[64];

/* CONTEXT of x86: flags at 0, ebp at 180, eip at 184, esp at 196. */
static void make_context(uint8_t *at, uint32_t eip, uint32_t esp, uint32_t ebp)
{
    t_put(at, 0x10007, 4);
    t_put(at + 180, ebp, 4);
    t_put(at + 184, eip, 4);
    t_put(at + 192, 0x246, 4);
    t_put(at + 196, esp, 4);
}

/* What differs between the cases. */
typedef struct process {
    uint32_t crashed; /* thread id of the exception; 0: none */
    const char *soft_errors;
    bool no_service_pack;
} process;

static void put_lists(synth *s)
{
    static const synth_module modules[] = {
        {.base = 0x600000, .size = 0x1000, .name = "C:\\b\\second.dll"},
        {.base = 0x400000,
         .size = 0x2000,
         .name = "C:\\a\\app\x1b[2J.exe",
         .cv = {.signature = "RSDS",
                .id = {0x10, 0x21, 0x32, 0x43, 0x54, 0x65, 0x76, 0x87, 0x98,
                       0xA9, 0xBA, 0xCB, 0xDC, 0xED, 0xFE, 0x0F},
                .age = 3,
                .file = "C:\\a\\app.pdb"},
         .timestamp = 0xABCDEF01,
         .version = true},
    };
    static const synth_module unloaded[] = {
        {.base = 0x500000, .size = 0x8000, .name = "gone2.dll"},
        {.base = 0x4F0000, .size = 0x18000, .name = "gone.dll"},
        {.base = 0x500000, .size = 0x1000, .name = "gone.dll"},
        {.base = 0x500000, .size = 0x2000, .name = "gone.dll"},
    };
    static const synth_annotation simple[] = {{"ver\"sion", "1.2", 0}};
    static const synth_annotation objects[] = {{"text", "value\n2", 1},
                                               {"bytes", "\x01\xFF", 0x8000}};
    static const synth_annotations of_modules[] = {
        {.module = 1, .objects = objects, .object_count = 2}};
    static const synth_frame frames[] = {{0x400100, "main()"}, {0x10, ""}};
    static const synth_client_stack client[] = {{21, frames, 2}};
    static const uint8_t id[16];
    synth_module_list(s, modules, 2);
    synth_unloaded_list(s, unloaded, 4);
    synth_crashpad(s, id, id, 0, simple, 1, of_modules, 1);
    synth_client_stacks(s, client, 1);
}

static synth *make(const process *p)
{
    synth_system system = {.arch = 0,
                           .level = 6,
                           .revision = 0x0D08,
                           .cpu_count = 2,
                           .major = 10,
                           .minor = 0,
                           .build = 22000,
                           .platform = 2,
                           .csd = p->no_service_pack ? "" : "282"};
    synth *s = synth_new(false);
    memset(stack, 0, sizeof stack);
    t_put(stack + 16, STACK_BASE + 32, 4);
    t_put(stack + 20, 0x401010, 4);
    make_context(contexts[0], 0x401234, STACK_BASE, STACK_BASE + 16);
    make_context(contexts[1], 0x500010, 0x90000000, 0);
    make_context(contexts[2], 0x401300, STACK_BASE, 0);
    const synth_thread threads[] = {
        {.id = 20, .context = contexts[1], .context_len = CONTEXT_SIZE},
        {.id = 21,
         .stack_addr = STACK_BASE,
         .stack = stack,
         .stack_len = sizeof stack,
         .context = contexts[0],
         .context_len = CONTEXT_SIZE},
        {.id = 22},
    };
    static const synth_name names[] = {{20, ""}, {21, "bad\x1b]0;x\x07name"}};
    const synth_exception exception = {.thread_id = p->crashed,
                                       .code = 0xC0000005,
                                       .address = 0x401234,
                                       .info_count = 2,
                                       .info = {1, 0x45},
                                       .context = contexts[2],
                                       .context_len = CONTEXT_SIZE};
    synth_system_info(s, &system);
    synth_thread_list(s, threads, 3);
    synth_thread_names(s, names, 2);
    if (p->crashed)
        synth_exceptions(s, &exception);
    put_lists(s);
    if (p->soft_errors)
        synth_text(s, MDW_STREAM_MOZ_SOFT_ERRORS, p->soft_errors,
                   strlen(p->soft_errors));
    return s;
}

/* --- writing it down ------------------------------------------------------ */

typedef struct text {
    size_t len, limit;
    char data[1 << 17];
} text;

static bool gather(void *user, const void *data, size_t len)
{
    text *t = user;
    if (t->len + len > t->limit)
        return false;
    memcpy(t->data + t->len, data, len);
    t->len += len;
    t->data[t->len] = 0;
    return true;
}

typedef struct opened {
    synth *synth;
    mdw_dump *dump;
    mdw_state *state;
    mdw_report *report;
} opened;

static opened open_process(const process *p)
{
    opened o = {.synth = make(p)};
    CHECK(mdw_dump_open(synth_finish(o.synth), NULL, &o.dump, NULL) == MDW_OK);
    CHECK(mdw_state_from_dump(o.dump, NULL, &o.state, NULL) == MDW_OK);
    CHECK(mdw_process(o.state, NULL, &o.report, NULL) == MDW_OK);
    return o;
}

static void close_process(opened *o)
{
    mdw_report_close(o->report);
    mdw_state_close(o->state);
    mdw_dump_close(o->dump);
    synth_free(o->synth);
}

static text *emitted(const opened *o, const char *format,
                     const mdw_emit_options *options)
{
    static text t;
    t.len = 0;
    t.limit = sizeof t.data - 1;
    CHECK(mdw_emit(o->report, format, options, (mdw_sink){gather, &t}, NULL) ==
          MDW_OK);
    return &t;
}

static void has(const text *t, const char *want)
{
    bool found = strstr(t->data, want) != NULL;
    CHECK(found);
    if (!found)
        fprintf(stderr, "wanted: %s\n", want);
}

static void lacks(const text *t, const char *unwanted)
{
    bool found = strstr(t->data, unwanted) != NULL;
    CHECK(!found);
    if (found)
        fprintf(stderr, "unwanted: %s\n", unwanted);
}

/* --- json ----------------------------------------------------------------- */

#define FFFD "\xEF\xBF\xBD"

static const struct {
    const char *claim, *want;
} in_json[] = {
    {"the crash", "{\"crash_info\":{\"address\":\"0x00000045\","
                  "\"adjusted_address\":null,\"assertion\":null,"
                  "\"crash_inconsistencies\":[],\"crashing_thread\":1,"},
    {"the reason", "\"type\":\"EXCEPTION_ACCESS_VIOLATION_WRITE\"},"},
    {"the exception's context, and registers in the order of their names",
     "\"crashing_thread\":{\"frame_count\":2,\"frames\":[{\"file\":null,"
     "\"frame\":0,\"function\":null,\"function_offset\":null,\"inlines\":null,"
     "\"line\":null,\"missing_symbols\":true,"
     "\"module\":\"app\\u001b[2J.exe\",\"module_offset\":\"0x00001300\","
     "\"offset\":\"0x00401300\",\"registers\":{\"eax\":\"0x00000000\","},
    {"registers end with the stack pointer",
     "\"esp\":\"0x7000f000\"},\"trust\":\"context\","
     "\"unloaded_modules\":null},"},
    {"a caller's place lies inside the call",
     "\"module_offset\":\"0x0000100f\",\"offset\":\"0x0040100f\","
     "\"trust\":\"scan\","},
    {"the index of the crashing thread", "\"threads_index\":1},\"handles\":"},
    {"the id of a module", "\"code_id\":\"abcdef012000\","
                           "\"corrupt_symbols\":false,"
                           "\"debug_file\":\"app.pdb\","
                           "\"debug_id\":\"10213243546576879"
                           "8A9BACBDCEDFE0F3\",\"end_addr\":\"0x00402000\","},
    {"no debug id is 33 zeros",
     "\"debug_file\":\"\",\"debug_id\":\"000000000000000000000000000000000\""},
    {"unloaded modules by name and offset, each once",
     "\"unloaded_modules\":[{\"module\":\"gone.dll\",\"offsets\":"
     "[\"0x00000010\",\"0x00010010\"]},{\"module\":\"gone2.dll\",\"offsets\":"
     "[\"0x00000010\"]}]"},
    {"a thread without a context has no frames",
     "{\"frame_count\":0,\"frames\":[],\"last_error_value\":null,"
     "\"thread_id\":22,\"thread_name\":null}"},
    {"a recorded name that is empty is not null",
     "\"thread_id\":20,\"thread_name\":\"\"}"},
    {"version and service pack are one text",
     "\"os\":\"Windows NT\",\"os_ver\":\"10.0.22000 282\""},
    {"parameters", "\"parameters\":[\"0x0000000000000001\","
                   "\"0x0000000000000045\"],\"thread_id\":21,"},
    {"an annotation of the process",
     "{\"key\":\"ver\\\"sion\",\"kind\":\"process\",\"module\":null,"},
    {"an annotation that is text", "\"value\":\"value\\n2\""},
    {"an annotation that is bytes", "{\"bytes\":\"01ff\",\"key\":\"bytes\","},
    {"a function that the client named",
     "\"function\":\"main()\",\"function_offset\":null,\"inlines\":null,"
     "\"line\":null,\"missing_symbols\":false,"},
    {"a client's frame", "\"trust\":\"prewalked\""},
    {"why a walk ended", "\"stop\":\"no_context\""},
    {"soft errors as they are, without blanks",
     "\"soft_errors\":[{\"a\":[1,2]}],\"status\":\"OK\""},
};

static void test_json(void)
{
    opened o = open_process(&(process){21, "[ {\"a\": [1, 2]} ]\n", false});
    text *t = emitted(&o, "json", NULL);
    t_case = "compact JSON is JSON";
    CHECK(json_check((mdw_str){t->data, t->len}));
    for (size_t i = 0; i < sizeof in_json / sizeof *in_json; i++) {
        t_case = in_json[i].claim;
        has(t, in_json[i].want);
    }
    t_case = "no control character gets out";
    lacks(t, "\x1b");

    t_case = "pretty JSON is the same JSON";
    char *compact = malloc(t->len + 1);
    memcpy(compact, t->data, t->len + 1);
    mdw_emit_options options = MDW_INIT(mdw_emit_options);
    options.pretty = true;
    t = emitted(&o, "json", &options);
    CHECK(json_check((mdw_str){t->data, t->len}));
    has(t, "{\n  \"crash_info\": {\n    \"address\": \"0x00000045\",\n");

    t_case = "the same report twice is the same text";
    t = emitted(&o, "json", NULL);
    CHECK(!strcmp(t->data, compact));
    free(compact);

    t_case = "one thread alone";
    options = MDW_INIT(mdw_emit_options);
    options.one_stack = true;
    options.stack = 0;
    t = emitted(&o, "json", &options);
    has(t, "\"thread_count\":3,\"threads\":[{\"frame_count\":1,");
    lacks(t, "\"thread_id\":22,");
    lacks(t, "\"threads_index\":1}");
    close_process(&o);
}

static void test_json_without(void)
{
    t_case = "soft errors that are no JSON are null";
    opened o = open_process(&(process){0, "[1,", true});
    text *t = emitted(&o, "json", NULL);
    CHECK(json_check((mdw_str){t->data, t->len}));
    has(t, "\"soft_errors\":null,");
    t_case = "a version alone has no blank behind it";
    has(t, "\"os_ver\":\"10.0.22000\"");
    t_case = "without an exception there is no crash";
    has(t, "{\"crash_info\":{\"address\":null,");
    has(t, "\"crashing_thread\":null,");
    lacks(t, "\"crashing_thread\":{");
    close_process(&o);
}

/* --- human -----------------------------------------------------------------
 */

static const struct {
    const char *claim, *want;
} in_human[] = {
    {"system and crash",
     "Operating system: Windows NT\n                  10.0.22000 282\n"
     "CPU: x86\n"},
    {"reason, address, parameters",
     "     2 CPUs\n\nCrash reason:  EXCEPTION_ACCESS_VIOLATION_WRITE\n"
     "Crash address: 0x45\nCrash parameters:\n"
     "    value: 0x0000000000000001\n    value: 0x0000000000000045\n"
     "Finding:       null-dereference (80%): writes at a null pointer plus "
     "0x45\nProcess uptime: not available\n"},
    {"the crashing thread first, its name made harmless",
     "\nThread 1 (crashed) - id 21, bad" FFFD "]0;x" FFFD "name\n"
     " 0  app" FFFD "[2J.exe + 0x1300\n"
     "    eip = 0x00401300   esp = 0x7000f000   ebp = 0x00000000   "
     "ebx = 0x00000000\n"},
    {"a caller's place is its return address",
     "\n 1  app" FFFD "[2J.exe + 0x1010\n    eip = 0x00401010   esp = "},
    {"flags are efl",
     "   efl = 0x00000246\n"
     "    Found by: given as instruction pointer in context\n"},
    {"the others in order", "\nThread 0 - id 20\n 0  0x500010 (unloaded "
                            "gone.dll + 0x10, gone.dll + 0x10010, gone2.dll "
                            "+ 0x10)\n"},
    {"a thread without context",
     "\nThread 2 - id 22\n <no frames>\n"
     "    (end: there are no registers, context absent)\n"},
    {"a client's stack",
     "\nThread 1 (walked by the client) - id 21, bad" FFFD "]0;x" FFFD
     "name\n 0  app" FFFD "[2J.exe!main()\n     pc = 0x00400100\n"
     "    Found by: recovered by external stack walker\n 1  0x10\n"},
    {"modules by address",
     "\nLoaded modules:\n0x00400000 - 0x00401fff  app" FFFD "[2J.exe  "},
    {"the program is marked",
     "\n0x00600000 - 0x00600fff  second.dll  ???  (main)\n"},
    {"unloaded modules by address",
     "\nUnloaded modules:\n0x004f0000 - 0x00507fff  gone.dll  ???\n"
     "0x00500000 - 0x00507fff  gone2.dll  ???\n"},
    {"annotations", "\nCrashpad annotations:\n    ver\"sion = 1.2\n    app" FFFD
                    "[2J.exe: text = value" FFFD "2\n    app" FFFD
                    "[2J.exe: bytes = 2 bytes of type 0x8000\n"},
};

static const struct {
    const char *claim, *format, *want;
} in_breakpad[] = {
    {"the head, with the recorded version", "breakpad",
     "OS|Windows NT|10.0.22000 282\nCPU|x86|"},
    {"the crash with Breakpad's number of the thread", "breakpad",
     "|2\nGPU|||\nCrash|EXCEPTION_ACCESS_VIOLATION_WRITE|0x45|1\nModule|"},
    {"modules by address, the program marked", "breakpad",
     "|0x00400000|0x00401fff|0\nModule|second.dll||||0x00600000|0x00600fff|1\n"
     "\n"},
    {"a version, a debug file, an id", "breakpad", "Module|app\x1b[2J.exe|"},
    {"the crashed thread first, offsets of return addresses", "breakpad",
     "\n\n1|0|app\x1b[2J.exe||||0x1300\n1|1|app\x1b[2J.exe||||0x1010\n0|0|"},
    {"a frame in no module, and the end", "breakpad", "\n0|0|||||0x500010\n"},
    {"parameters have empty descriptions", "breakpad-human",
     "\n     2 CPUs\n\nGPU: UNKNOWN\n\n"
     "Crash reason:  EXCEPTION_ACCESS_VIOLATION_WRITE\nCrash address: 0x45\n"
     "Crash parameters:\n    value: 0x0000000000000001  description: \n"
     "    value: 0x0000000000000045  description: \n"
     "Process uptime: not available\n\nThread 1 (crashed)\n 0  app" FFFD
     "[2J.exe + 0x1300\n    eip = 0x00401300   esp = "},
    {"a thread without frames", "breakpad-human",
     "\n\nThread 2\n <no frames>\n"},
    {"modules without symbols, those without a name alike", "breakpad-human",
     "  (WARNING: No symbols, app.pdb, "},
};

static void test_breakpad(void)
{
    opened o = open_process(&(process){21, NULL, false});
    for (size_t i = 0; i < sizeof in_breakpad / sizeof *in_breakpad; i++) {
        t_case = in_breakpad[i].claim;
        has(emitted(&o, in_breakpad[i].format, NULL), in_breakpad[i].want);
    }
    t_case = "no warning where nothing was looked for";
    mdw_emit_options options = MDW_INIT(mdw_emit_options);
    options.no_symbols = true;
    lacks(emitted(&o, "breakpad-human", &options), "WARNING");
    t_case = "no escape sequence gets out";
    lacks(emitted(&o, "breakpad-human", NULL), "\x1b");
    close_process(&o);
    t_case = "no crash";
    o = open_process(&(process){0, NULL, false});
    has(emitted(&o, "breakpad", NULL), "\nCrash|No crash||\n");
    has(emitted(&o, "breakpad-human", NULL), "\nNo crash\nProcess uptime: ");
    close_process(&o);
}

static void test_human(void)
{
    opened o = open_process(&(process){21, NULL, false});
    text *t = emitted(&o, "human", NULL);
    for (size_t i = 0; i < sizeof in_human / sizeof *in_human; i++) {
        t_case = in_human[i].claim;
        has(t, in_human[i].want);
    }
    t_case = "no escape sequence gets out";
    lacks(t, "\x1b");
    t_case = "no line of registers reaches column 80";
    for (char *line = strtok(t->data, "\n"); line; line = strtok(NULL, "\n"))
        CHECK(strncmp(line, "    ", 4) != 0 || strlen(line) < 80);

    mdw_emit_options options = MDW_INIT(mdw_emit_options);
    t_case = "colour only on demand, and taken back";
    options.colour = true;
    t = emitted(&o, "human", &options);
    has(t, "\x1b[1;31mEXCEPTION_ACCESS_VIOLATION_WRITE\x1b[0m\n");
    lacks(t, "\x1b[2J");

    t_case = "brief is the crash and its stack";
    options = MDW_INIT(mdw_emit_options);
    options.brief = true;
    t = emitted(&o, "human", &options);
    CHECK(!strncmp(t->data, "Crash reason:  EXC", 18));
    has(t, "\nThread 1 (crashed)");
    lacks(t, "Thread 0");
    lacks(t, "modules");

    t_case = "one thread alone";
    options = MDW_INIT(mdw_emit_options);
    options.one_stack = true;
    options.stack = 2;
    t = emitted(&o, "human", &options);
    has(t, "\nThread 2 - id 22\n");
    lacks(t, "Thread 1");
    close_process(&o);

    t_case = "a crash of a thread that is in no list";
    o = open_process(&(process){77, NULL, false});
    t = emitted(&o, "human", NULL);
    has(t, "\nThread not in the list (crashed) - id 77\n 0  app");
    close_process(&o);

    t_case = "no crash";
    o = open_process(&(process){0, NULL, false});
    t = emitted(&o, "human", NULL);
    has(t, "\n\nNo crash\nProcess uptime: not available\n\nThread 0 - id 20\n");
    close_process(&o);
}

/* --- errors ----------------------------------------------------------------
 */

static void test_errors(void)
{
    opened o = open_process(&(process){21, NULL, false});
    static text t;
    mdw_sink sink = {gather, &t};
    mdw_error err;
    t_case = "formats by name";
    static const char names[][15] = {
        "human",  "json",        "breakpad", "breakpad-human",
        "sentry", "sentry-rich", "envelope", "sentry-pb"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK(!strcmp(mdw_format_name(i), names[i]));
    CHECK(!mdw_format_name(sizeof names / sizeof *names));
    t.limit = sizeof t.data - 1;
    CHECK(mdw_emit(o.report, "xml", NULL, sink, &err) == MDW_E_ARG);
    CHECK(!strcmp(err.what, "format"));
    CHECK_U64(t.len, 0);
    t_case = "a sink that gives up";
    for (size_t i = 0; mdw_format_name(i); i++) {
        t.len = 0;
        t.limit = 100;
        mdw_status want = MDW_E_IO;
#ifndef HAVE_PROTOBUF
        if (!strcmp(mdw_format_name(i), "sentry-pb"))
            want = MDW_E_UNSUPPORTED;
#endif
        CHECK(mdw_emit(o.report, mdw_format_name(i), NULL, sink, &err) == want);
        CHECK(err.code == want);
    }
    t_case = "a stack that is not there";
    mdw_emit_options options = MDW_INIT(mdw_emit_options);
    options.one_stack = true;
    options.stack = 99;
    CHECK(mdw_emit(o.report, "json", &options, sink, &err) == MDW_E_ARG);
    t_case = "options without a size";
    options.size = 0;
    CHECK(mdw_emit(o.report, "json", &options, sink, &err) == MDW_E_ABI);
    close_process(&o);
}

static const struct {
    const char *claim;
    uint32_t code;
    const char *want;
} win_errors[] = {
    {"success", 0, "ERROR_SUCCESS"},
    {"a small number", 5, "ERROR_ACCESS_DENIED"},
    {"a status", 0xC0000022, "STATUS_ACCESS_DENIED"},
    {"a facility", 0xC06D007E, "FACILITY_VISUALCPP / ERROR_MOD_NOT_FOUND"},
    {"a customer's", 0xE1234567, "unknown 0xe1234567"},
};

static void test_win_errors(void)
{
    for (size_t i = 0; i < sizeof win_errors / sizeof *win_errors; i++) {
        char name[MDW_WIN_ERROR_MAX];
        t_case = win_errors[i].claim;
        size_t len = mdw_win_error_text(win_errors[i].code, name);
        CHECK(!strcmp(name, win_errors[i].want));
        CHECK_U64(len, strlen(win_errors[i].want));
    }
}

int main(void)
{
    test_json();
    test_json_without();
    test_human();
    test_breakpad();
    test_errors();
    test_win_errors();
    return t_done();
}
