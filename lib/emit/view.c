/* lib/emit/view.c - the parts of a report that every emitter asks for. */
#include "lib/base/str.h"
#include "lib/emit/emit.h"

void view_init(view *v, const mdw_report *report,
               const mdw_emit_options *options)
{
    v->report = report;
    v->state = mdw_report_state(report);
    v->options = *options;
    v->system = MDW_INIT(mdw_system);
    v->process = MDW_INIT(mdw_process_info);
    (void)mdw_state_system(v->state, &v->system);
    (void)mdw_state_process(v->state, &v->process);
    v->main_stack = mdw_state_main_stack(v->state);
    v->digits = v->system.pointer_size == 4 ? 8 : 16;
    size_t count = mdw_state_unloaded_count(v->state);
    v->unloaded_count = count < UNLOADED_MAX ? count : UNLOADED_MAX;
    for (size_t i = 0; i < v->unloaded_count; i++) {
        mdw_unloaded u = MDW_INIT(mdw_unloaded);
        (void)mdw_state_unloaded(v->state, i, &u);
        v->unloaded[i] = u.range;
    }
}

bool view_shows(const view *v, uint32_t stack)
{
    return !v->options.one_stack || v->options.stack == stack;
}

static int order(const unloaded_hit *a, const unloaded_hit *b)
{
    size_t len = a->name.len < b->name.len ? a->name.len : b->name.len;
    int diff = len ? memcmp(a->name.data, b->name.data, len) : 0;
    if (!diff)
        diff = (a->name.len > b->name.len) - (a->name.len < b->name.len);
    return diff ? diff : (a->offset > b->offset) - (a->offset < b->offset);
}

static size_t insert(unloaded_hit *hits, size_t count, unloaded_hit hit)
{
    size_t at = count;
    while (at && order(&hits[at - 1], &hit) > 0)
        at--;
    if (at && !order(&hits[at - 1], &hit))
        return count;
    for (size_t i = count; i > at; i--)
        hits[i] = hits[i - 1];
    hits[at] = hit;
    return count + 1;
}

size_t view_unloaded(const view *v, uint64_t addr,
                     unloaded_hit hits[UNLOADED_HITS])
{
    size_t count = 0;
    for (size_t i = 0; i < v->unloaded_count && count < UNLOADED_HITS; i++) {
        if (!mdw_range_has(v->unloaded[i], addr))
            continue;
        mdw_unloaded u = MDW_INIT(mdw_unloaded);
        if (mdw_state_unloaded(v->state, i, &u) == MDW_OK)
            count = insert(hits, count,
                           (unloaded_hit){short_name(u.code_file),
                                          addr - v->unloaded[i].start});
    }
    return count;
}

bool view_module(const view *v, const mdw_frame *frame, mdw_module *module)
{
    *module = MDW_INIT(mdw_module);
    return frame->image < mdw_state_module_count(v->state) &&
           mdw_state_module(v->state, frame->image, module) == MDW_OK;
}

mdw_str short_name(mdw_str path)
{
    enum { LONGEST = 512 };
    size_t from = path.len > LONGEST ? path.len - LONGEST : 0;
    return str_base_name(str_slice(path, from, path.len));
}

/* VER_PLATFORM and Breakpad's MD_OS, by value. */
static const struct {
    uint32_t platform;
    const char *word;
} platforms[] = {
    {0, "Windows"},    {1, "Windows"},       {2, "Windows NT"},
    {3, "Windows CE"}, {0x8101, "Mac OS X"}, {0x8102, "iOS"},
    {0x8201, "Linux"}, {0x8202, "Solaris"},  {0x8203, "Android"},
    {0x8204, "PS3"},   {0x8205, "NaCl"},     {0x8206, "Fuchsia"},
};

const char *os_word(const mdw_system *system)
{
    static const char *const guessed[] = {
        [MDW_OS_WINDOWS] = "Windows NT",
        [MDW_OS_LINUX] = "Linux",
        [MDW_OS_ANDROID] = "Android",
        [MDW_OS_MACOS] = "Mac OS X",
        [MDW_OS_IOS] = "iOS",
        [MDW_OS_FUCHSIA] = "Fuchsia",
    };
    for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++)
        if (platforms[i].platform == system->platform)
            return platforms[i].word;
    return system->os < sizeof guessed / sizeof *guessed ? guessed[system->os]
                                                         : NULL;
}

const char *cpu_word(uint32_t arch)
{
    return arch == MDW_ARCH_X86_64 ? "amd64" : mdw_arch_name(arch);
}

unsigned pointer_digits(const view *v, uint32_t arch)
{
    switch (arch) {
    case MDW_ARCH_X86:
    case MDW_ARCH_ARM:
        return 8;
    case MDW_ARCH_X86_64:
    case MDW_ARCH_ARM64:
        return 16;
    default:
        return v->digits;
    }
}

static const struct {
    const char *word, *sentence;
} stops[] = {
    [MDW_STOP_RUNNING] = {"none", "not walked"},
    [MDW_STOP_BOTTOM] = {"bottom", "the outermost frame"},
    [MDW_STOP_NULL_PC] = {"null_pc", "the return address is null"},
    [MDW_STOP_NO_CALLER] = {"no_caller", "no caller was found"},
    [MDW_STOP_NO_ADVANCE] = {"no_advance",
                             "the stack pointer did not move outward"},
    [MDW_STOP_NO_CONTEXT] = {"no_context", "there are no registers"},
    [MDW_STOP_LIMIT] = {"limit", "the limit of frames"},
    [MDW_STOP_BASE] = {"base", "an outermost function"},
    [MDW_STOP_START] = {"start", "the thread's start routine"},
    [MDW_STOP_STACK_END] = {"stack_end", "the end of the stack"},
    [MDW_STOP_CYCLE] = {"cycle", "the same frame was there before"},
    [MDW_STOP_BUDGET] = {"budget", "the limit of work"},
    [MDW_STOP_CANCELLED] = {"cancelled", "cancelled"},
};

const char *stop_word(uint32_t stop)
{
    return stop < sizeof stops / sizeof *stops ? stops[stop].word : "unknown";
}

const char *stop_sentence(uint32_t stop)
{
    return stop < sizeof stops / sizeof *stops ? stops[stop].sentence
                                               : "unknown";
}

const char *stack_word(uint32_t kind)
{
    static const char *const words[] = {
        [MDW_STACK_THREAD] = "thread",
        [MDW_STACK_WOW64] = "wow64",
        [MDW_STACK_EXCEPTION] = "exception",
        [MDW_STACK_CLIENT] = "client",
    };
    return kind < sizeof words / sizeof *words ? words[kind] : "unknown";
}

/* By enum mdw_annotation_kind, whose header belongs to another room. */
const char *annotation_word(uint32_t kind)
{
    static const char *const words[] = {"process", "simple", "list", "object"};
    return kind < sizeof words / sizeof *words ? words[kind] : "unknown";
}
