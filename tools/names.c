/* tools/names.c - the enumerations of unwind.h and state.h for people. */
#include "tools/names.h"

#include <stddef.h>

#include "mdwalk/state.h"
#include "mdwalk/unwind.h"

typedef struct word {
    uint32_t value;
    const char *name;
} word;

static const char *look_up(const word *words, size_t count, uint32_t value)
{
    for (size_t i = 0; i < count; i++)
        if (words[i].value == value)
            return words[i].name;
    return "?";
}

#define LOOK_UP(words, value)                                                  \
    look_up(words, sizeof(words) / sizeof *(words), value)

static const word trusts[] = {
    {MDW_TRUST_NONE, "none"},           {MDW_TRUST_SCAN, "scan"},
    {MDW_TRUST_CFI_SCAN, "cfi-scan"},   {MDW_TRUST_FP, "frame-pointer"},
    {MDW_TRUST_LEAF, "leaf"},           {MDW_TRUST_CFI, "unwind-info"},
    {MDW_TRUST_PREWALKED, "prewalked"}, {MDW_TRUST_CONTEXT, "context"},
};

static const word sources[] = {
    {MDW_SOURCE_NONE, "none"},
    {MDW_SOURCE_CONTEXT, "context"},
    {MDW_SOURCE_DWARF, "dwarf"},
    {MDW_SOURCE_STACK_CFI, "stack-cfi"},
    {MDW_SOURCE_STACK_WIN, "stack-win"},
    {MDW_SOURCE_EXIDX, "arm-exidx"},
    {MDW_SOURCE_LINK_REG, "link-register"},
    {MDW_SOURCE_FRAME_PTR, "frame-pointer"},
    {MDW_SOURCE_SCAN, "scan"},
    {MDW_SOURCE_CALLER, "rows"},
    {MDW_SOURCE_LEAF, "leaf"},
    {MDW_SOURCE_CODE, "code"},
    {MDW_SOURCE_PREWALKED, "client"},
};

static const word verdicts[] = {
    {MDW_VERDICT_ABSENT, "nothing"}, {MDW_VERDICT_REFUSED, "refused"},
    {MDW_VERDICT_KEPT, "kept"},      {MDW_VERDICT_TAKEN, "taken"},
    {MDW_VERDICT_END, "end"},
};

static const word stops[] = {
    {MDW_STOP_RUNNING, "not walked"},
    {MDW_STOP_BOTTOM, "the outermost frame"},
    {MDW_STOP_NULL_PC, "the return address is null"},
    {MDW_STOP_NO_CALLER, "no caller was found"},
    {MDW_STOP_NO_ADVANCE, "the stack pointer did not move outward"},
    {MDW_STOP_NO_CONTEXT, "there are no registers"},
    {MDW_STOP_LIMIT, "the limit of frames"},
    {MDW_STOP_BASE, "an outermost function"},
    {MDW_STOP_START, "the thread's start routine"},
    {MDW_STOP_STACK_END, "the end of the stack"},
    {MDW_STOP_CYCLE, "the same frame was there before"},
    {MDW_STOP_BUDGET, "the limit of work"},
    {MDW_STOP_CANCELLED, "cancelled"},
};

static const word answers[] = {
    {MDW_ANSWER_NOT_ASKED, "not asked"},
    {MDW_ANSWER_UNKNOWN, "unknown"},
    {MDW_ANSWER_NO, "no"},
    {MDW_ANSWER_YES, "yes"},
};

static const word kinds[] = {
    {MDW_STACK_THREAD, "thread"},
    {MDW_STACK_WOW64, "32-bit"},
    {MDW_STACK_EXCEPTION, "exception"},
    {MDW_STACK_CLIENT, "client"},
};

static const word origins[] = {
    {MDW_ORIGIN_NONE, "none"},         {MDW_ORIGIN_CONTEXT, "context"},
    {MDW_ORIGIN_KEPT, "kept"},         {MDW_ORIGIN_SAME, "unchanged"},
    {MDW_ORIGIN_COMPUTED, "computed"}, {MDW_ORIGIN_LOADED, "loaded from"},
    {MDW_ORIGIN_GUESSED, "guessed"},
};

const char *origin_name(uint32_t origin)
{
    return LOOK_UP(origins, origin);
}

const char *trust_name(uint32_t trust)
{
    return LOOK_UP(trusts, trust);
}

const char *source_name(uint32_t source)
{
    return LOOK_UP(sources, source);
}

const char *verdict_name(uint32_t verdict)
{
    return LOOK_UP(verdicts, verdict);
}

const char *stop_name(uint32_t stop)
{
    return LOOK_UP(stops, stop);
}

const char *answer_name(uint32_t answer)
{
    return LOOK_UP(answers, answer);
}

const char *stack_kind_name(uint32_t kind)
{
    return LOOK_UP(kinds, kind);
}

const char *check_name(uint32_t check)
{
    static const char *const names[] = {
        [MDW_CHECK_ADVANCE] = "advance", [MDW_CHECK_STACK] = "stack",
        [MDW_CHECK_EXEC] = "exec",       [MDW_CHECK_CALL] = "call",
        [MDW_CHECK_TARGET] = "target",   [MDW_CHECK_FUNCTION] = "function",
        [MDW_CHECK_SHADOW] = "shadow",
    };
    return check < sizeof names / sizeof *names ? names[check] : NULL;
}
