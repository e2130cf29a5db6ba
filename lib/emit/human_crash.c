/* lib/emit/human_crash.c - the instruction at fault, and what is found about
 * it. */
#include "lib/emit/human_crash.h"

#include "lib/base/str.h"
#include "mdwalk/crash.h"

/* Hints below this are for machines. */
enum { WORTH_SAYING = 500000 };

static void say_instruction(human *h, const mdw_crash *crash)
{
    mdw_instruction i = MDW_INIT(mdw_instruction);
    if (mdw_crash_instruction(crash, &i) != MDW_OK)
        return;
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
        if (a.flags & MDW_ACCESS_IS_UNMAPPED)
            human_text(h, a.flags & MDW_ACCESS_IS_PAST_END
                              ? ", just behind a mapping"
                              : ", where nothing is mapped");
        human_text(h, "\n");
    }
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
        human_str(h, m.text);
        human_text(h, "\n");
    }
}

void human_findings(human *h)
{
    const mdw_crash *crash = mdw_report_crash(h->view.report, 0);
    if (!crash)
        return;
    say_instruction(h, crash);
    say_accesses(h, crash);
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
