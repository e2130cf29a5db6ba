/* lib/emit/human_crash.c - the instruction at fault, and what is found about
 * it. */
#include "lib/emit/human_crash.h"

#include "lib/base/str.h"
#include "lib/symbol/demangle.h"
#include "mdwalk/crash.h"

/* Hints below this are for machines. */
enum { WORTH_SAYING = 500000 };

static bool is_found(const mdw_crash *crash, uint32_t id)
{
    mdw_finding f = MDW_INIT(mdw_finding);
    for (size_t i = 0; i < mdw_crash_finding_count(crash); i++)
        if (mdw_crash_finding(crash, i, &f) == MDW_OK && f.id == id)
            return true;
    return false;
}

/* A signal that was sent stops a thread anywhere, and what is not executable
 * was not executed. */
static bool is_at_fault(const mdw_crash *crash, const mdw_instruction *i)
{
    mdw_reason r = MDW_INIT(mdw_reason);
    if (i->flags & MDW_INSTRUCTION_GUESSED)
        return true;
    if (mdw_crash_reason(crash, &r) != MDW_OK || r.kind == MDW_CRASH_REQUEST)
        return false;
    return !is_found(crash, MDW_FINDING_NOT_EXECUTABLE) &&
           (r.address_kind != MDW_ADDRESS_NONE ||
            !is_found(crash, MDW_FINDING_TRAP));
}

/* False: there is none that had a part in the crash. */
static bool say_instruction(human *h, const mdw_crash *crash)
{
    mdw_instruction i = MDW_INIT(mdw_instruction);
    if (mdw_crash_instruction(crash, &i) != MDW_OK || !is_at_fault(crash, &i))
        return false;
    human_text(h, i.flags & MDW_INSTRUCTION_GUESSED ? "Called by:     "
                                                    : "Instruction:   ");
    human_str(h, i.text);
    if (i.flags & MDW_INSTRUCTION_GUESSED) {
        human_text(h, " at ");
        human_hex(h, i.addr, 1);
    }
    if (i.has_target && i.flags & MDW_INSTRUCTION_INDIRECT) {
        human_text(h, ", to ");
        human_hex(h, i.target, 1);
    }
    human_text(h, "\n");
    return true;
}

/* The first that is so says most. */
static const struct {
    uint32_t flag;
    const char *text;
} oddities[] = {
    {MDW_ACCESS_IS_NON_CANONICAL, ", which no pointer can be"},
    {MDW_ACCESS_IS_GUARD, ", in a guard page"},
    {MDW_ACCESS_IS_PAST_END, ", just behind a mapping"},
    {MDW_ACCESS_IS_UNMAPPED, ", where nothing is mapped"},
    {MDW_ACCESS_IS_FORBIDDEN, ", where memory does not permit it"},
    {MDW_ACCESS_IS_MISALIGNED, ", which is not aligned"},
};

static void say_oddity(human *h, uint32_t flags)
{
    for (size_t i = 0; i < sizeof oddities / sizeof *oddities; i++)
        if (flags & oddities[i].flag) {
            human_text(h, oddities[i].text);
            return;
        }
}

static void say_accesses(human *h, const mdw_crash *crash)
{
    static const char *const words[] = {"accesses ", "reads ", "writes ",
                                        "changes "};
    for (size_t i = 0; i < mdw_crash_access_count(crash); i++) {
        mdw_access a = MDW_INIT(mdw_access);
        if (mdw_crash_access(crash, i, &a) != MDW_OK ||
            a.flags & MDW_ACCESS_IS_UNKNOWN)
            continue;
        human_text(h, "    ");
        human_text(h, words[a.kind & 3]);
        if (a.bytes) {
            human_number(h, a.bytes);
            human_text(h, a.bytes == 1 ? " byte at " : " bytes at ");
        }
        human_hex(h, a.addr, 1);
        say_oddity(h, a.flags);
        human_text(h, "\n");
    }
}

/* "St13runtime_error" is mangled as in a symbol of the C++ ABI, without the
 * "_ZTI" that makes it one. */
static void say_type(human *h, mdw_str type)
{
    static const char prefix[] = "_ZTI";
    char mangled[512], plain[2048];
    size_t start = sizeof prefix - 1, len = 0;
    if (type.len <= sizeof mangled - start) {
        memcpy(mangled, prefix, start);
        memcpy(mangled + start, type.data, type.len);
        len =
            demangle((mdw_str){mangled, start + type.len}, plain, sizeof plain);
    }
    mdw_str said = STR("typeinfo for "), name = {plain, len};
    human_str(h,
              str_starts(name, said) ? str_slice(name, said.len, len) : type);
}

static void say_last_error(human *h)
{
    char text[MDW_WIN_ERROR_MAX];
    mdw_stack stack = MDW_INIT(mdw_stack);
    mdw_thread thread = MDW_INIT(mdw_thread);
    if (mdw_state_stack(h->view.state, h->view.main_stack, &stack) != MDW_OK ||
        mdw_state_thread(h->view.state, stack.thread, &thread) != MDW_OK ||
        !thread.has_last_error || !thread.last_error)
        return;
    (void)mdw_win_error_text(thread.last_error, text);
    human_text(h, "Last error:    ");
    human_text(h, text);
    human_text(h, "\n");
}

static void say_messages(human *h, const mdw_crash *crash)
{
    static const char *const words[] = {NULL,
                                        "Abort message: ",
                                        "Crash info:    ",
                                        "C++ exception: ",
                                        "    what:      ",
                                        "NSException:   "};
    for (size_t i = 0; i < mdw_crash_message_count(crash); i++) {
        mdw_message m = MDW_INIT(mdw_message);
        /* The assertion has its own line already. */
        if (mdw_crash_message(crash, i, &m) != MDW_OK ||
            m.kind >= sizeof words / sizeof *words || !words[m.kind])
            continue;
        human_text(h, words[m.kind]);
        if (m.kind == MDW_MESSAGE_CXX_TYPE)
            say_type(h, m.text);
        else
            human_str(h, m.text);
        human_text(h, "\n");
    }
}

void human_findings(human *h)
{
    const mdw_crash *crash = mdw_report_crash(h->view.report, 0);
    if (!crash)
        return;
    if (say_instruction(h, crash))
        say_accesses(h, crash);
    say_last_error(h);
    say_messages(h, crash);
    for (size_t i = 0; i < mdw_crash_finding_count(crash); i++) {
        mdw_finding f = MDW_INIT(mdw_finding);
        if (mdw_crash_finding(crash, i, &f) != MDW_OK ||
            (f.confidence < WORTH_SAYING && f.id != MDW_FINDING_INCONSISTENT))
            continue;
        human_text(h, "Finding:       ");
        human_colour(h, BOLD);
        human_str(h, f.name);
        human_colour(h, PLAIN);
        human_text(h, " (");
        human_number(h, f.confidence / 10000);
        human_text(h, "%): ");
        human_str(h, f.sentence);
        human_text(h, "\n");
    }
}
