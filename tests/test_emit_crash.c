/* tests/test_emit_crash.c - a crash as both formats show it: the fields of
 * rust-minidump's schema, findings, and the lines for people. */
#include "mdwalk/report.h"

#include "crash_rows.h"

/* By enum mdw_inconsistency_id, as rust-minidump names them. */
static const char *const names_of[] = {
    [MDW_INCONSISTENCY_INT_DIVIDE] = "int_div_by_zero_not_possible",
    [MDW_INCONSISTENCY_PRIVILEGED] =
        "priv_instruction_crash_without_priv_instruction",
    [MDW_INCONSISTENCY_NON_CANONICAL] =
        "non_canonical_address_falsely_reported",
    [MDW_INCONSISTENCY_ACCESS_NOT_FOUND] =
        "crashing_access_not_found_in_memory_accesses",
    [MDW_INCONSISTENCY_ACCESS_ALLOWED] =
        "access_violation_when_access_allowed"};

/* `want` here is what must stand in the json, `human` what in the lines. */
typedef struct shown {
    row crash;
    const char *human;
} shown;

static const shown rows[] = {
    /* clang-format off */
    {{"an offset from null, and where it leads", X64, LNX, SEGV(1, 0x10), "rax=0 rip=400000", "400000=8b4010", CODE,
      "\"adjusted_address\":{\"kind\":\"null-pointer\",\"offset\":\"0x0000000000000010\"}"},
     "Instruction:   mov eax, dword ptr [rax + 0x10]\n    reads 4 bytes at 0x10, where nothing is mapped\n"
     "Finding:       null-dereference (95%): "},
    {{"an access: direction, address, size", X64, LNX, SEGV(1, 0x31000), "rax=31000 rip=400000", "400000=8910", CODE " 30000+1000rw",
      "\"instruction\":\"mov dword ptr [rax], edx\",\"instruction_pointer_update\":null,"
      "\"memory_accesses\":[{\"access_type\":\"write\",\"address\":\"0x0000000000031000\",\"size\":4}]"},
     "    writes 4 bytes at 0x31000, just behind a mapping\n"},
    {{"an address that no pointer can be, and bits to flip", X64, LNX, SEGV(0x80, 0), "rax=1000000000007000 rip=400000", "400000=8b00 7000=00", CODE STACK,
      "\"possible_bit_flips\":[{\"address\":\"0x0000000000007000\",\"confidence\":0.925000,"
      "\"details\":{\"is_null\":false,\"nearby_registers\":0,\"poison_registers\":false,\"was_low\":false,\"was_non_canonical\":true},"
      "\"source_register\":null},"},
     "Finding:       non-canonical (82%): "},
    {{"the same, adjusted", X64, LNX, SEGV(0x80, 0), "rax=1000000000007000 rip=400000", "400000=8b00 7000=00", CODE STACK,
      "{\"address\":\"0x0000000000000000\",\"adjusted_address\":{\"address\":\"0x1000000000007000\",\"kind\":\"non-canonical\"}"},
     "Finding:       bit-flip (92%): "},
    {{"where a call went", X64, LNX, SEGV(0x80, 0), "rax=1000000000007000 rip=400000 rsp=7100", "400000=ffd0 7100=00", CODE STACK,
      "\"instruction_pointer_update\":{\"address\":\"0x1000000000007000\"}"},
     "Instruction:   call rax, to 0x1000000000007000\n"},
    {{"who called nothing", X64, LNX, SEGV(1, 0), "rip=0 rsp=7000 rax=0", "7000=0401400000000000 4000f0=000000000000000000000000000000000000ffd0", CODE STACK,
      "\"crash\":{\"called_by\":\"call rax\",\"findings\":[{\"confidence\":0.960000,\"evidence\":[{"},
     "Called by:     call rax at 0x400102, to 0x0\n"},
    {{"a request", X64, LNX, 0xffffffff, 0, 0x400000, 0, {0}, "rip=400000 rax=0", "400000=8910", CODE, "\"instruction\":\"mov dword ptr [rax], edx\""},
     "Dump reason:   DUMP_REQUESTED (a dump was asked for: no crash)\nCrash address: 0x400000\nProcess"},
    {{"no instruction aborts", X64, LNX, 6, 0xfffffffa, 0, 0, {0}, "rip=400000 rax=7000", "400000=8910 7000=00", CODE STACK, "\"instruction\":\"mov dword ptr [rax], edx\""},
     "Crash reason:  SIGABRT / SI_TKILL\nFinding:       trap (90%): "},
    {{"what is not executable was not executed", X64, LNX, SEGV(2, 0x7000), "rip=7000 rsp=7100 rax=0", "7000=0100 7100=00", CODE STACK, "\"instruction\":\"add dword ptr [rax], eax\""},
     "Crash address: 0x7000\nFinding:       not-executable (95%): "},
    {{"misaligned", X64, LNX, SEGV(0x80, 0), "rax=7001 rip=400000", "400000=0f2800 7000=00", CODE STACK, "\"size\":16"},
     "    reads 16 bytes at 0x7001, which is not aligned\n"},
    {{"a guard page", X64, LNX, SEGV(2, 0x21000), "rax=21000 rip=400000", "400000=8910", CODE " 20000+1000rw 21000+1000-", "\"is_likely_guard_page\":true"},
     "    writes 4 bytes at 0x21000, in a guard page\n"},
    {{"no division", X64, LNX, 8, 1, 0x400000, 0, {0}, "rcx=0 rip=400000", "400000=90", CODE, NULL},
     "Finding:       inconsistent (45%): "},
    {{"nothing privileged", X64, WIN, 0xc0000096, 0, 0x400000, 0, {0}, "rip=400000", "400000=90", CODE, NULL}, "inconsistent"},
    {{"no such address", X64, WIN, READ_AV(UINT64_MAX), "rax=7000 rip=400000", "400000=8910 7000=00", CODE STACK, NULL}, "inconsistent"},
    {{"not accessed", X64, WIN, READ_AV(0x123456), "rax=7000 rip=400000", "400000=8910 7000=00", CODE STACK, NULL}, "inconsistent"},
    {{"allowed", X64, WIN, WRITE_AV(0x7000), "rax=7000 rip=400000", "400000=8910 7000=00", CODE STACK, NULL}, "inconsistent"},
    /* clang-format on */
};

typedef struct text {
    size_t len;
    char data[1 << 14];
} text;

static bool gather(void *user, const void *data, size_t len)
{
    text *t = user;
    if (len >= sizeof t->data - t->len)
        return false;
    memcpy(t->data + t->len, data, len);
    t->len += len;
    t->data[t->len] = '\0';
    return true;
}

static void shows(const mdw_report *report, const char *format,
                  const char *want)
{
    text t = {0, ""};
    CHECK(mdw_emit(report, format, NULL, (mdw_sink){gather, &t}, NULL) ==
          MDW_OK);
    if (!strstr(t.data, want))
        fprintf(stderr, "[%s] no %s in\n%s\n", t_case, want, t.data);
    CHECK(strstr(t.data, want) != NULL);
}

/* Rows without a text of their own are inconsistencies, by the schema's name.
 */
static void check(const shown *r, uint32_t *inconsistency)
{
    char names[96];
    mdw_report *report = NULL;
    t_case = r->crash.claim;
    opened o = open_row(&r->crash);
    CHECK(mdw_process(o.state, NULL, &report, NULL) == MDW_OK);
    if (!r->crash.want)
        snprintf(names, sizeof names, "\"crash_inconsistencies\":[\"%s\"]",
                 names_of[++*inconsistency]);
    shows(report, "json", r->crash.want ? r->crash.want : names);
    shows(report, "human", r->human);
    mdw_report_close(report);
    state_done(&o);
}

int main(void)
{
    uint32_t inconsistency = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(&rows[i], &inconsistency);
    CHECK_U64(inconsistency, MDW_INCONSISTENCY_ACCESS_ALLOWED);
    return t_done();
}
