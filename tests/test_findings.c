/* tests/test_findings.c - crashes of four CPUs and three systems, and what is
 * found about them. */
#include "mdwalk/crash.h"

#include "crash_rows.h"

/* `want`: the address's kind and value, then each finding with its confidence
 * in percent. */
static const row rows[] = {
    /* clang-format off */
    {"null base", X64, LNX, SEGV(1, 0x10), "rax=0 rip=400000", "400000=8b4010", CODE, "null+10; null-dereference 95"},
    {"null base on x86", X86, WIN, WRITE_AV(0), "eax=0 eip=400000", "400000=8910", CODE, "null+0; null-dereference 95"},
    {"null base on ARM", ARM, LNX, SEGV(1, 4), "r1=0 pc=400000", "400000=040091e5", CODE, "null+4; null-dereference 95"},
    {"null base on AArch64", A64, LNX, SEGV(1, 8), "x1=0 pc=400000", "400000=200840b9", CODE, "null+8; null-dereference 95"},
    {"a low address without code bytes", X64, LNX, SEGV(1, 0x45), "rip=400000", "", CODE, "recorded 45; null-dereference 80; bit-flip 15: 400045=0.625000"},
    {"an unscaled index is the pointer", X64, LNX, SEGV(1, 0x12345678), "rax=0 rcx=12345678 rip=400000", "400000=8b0408", CODE, "recorded 12345678; wild-pointer 60; bit-flip 31: 400000/rax=0.625000"},
    {"a scaled one is not", X64, LNX, SEGV(1, 0x400000 * 8), "rax=0 rcx=400000 rip=400000", "400000=488b04c8", CODE, "null+2000000; null-dereference 95"},
    {"a general-protection fault on Linux", X64, LNX, SEGV(0x80, 0), "rcx=6172747320746f6e rip=400000", "400000=803948", CODE, "non-canonical 6172747320746f6e; non-canonical 82"},
    {"the same on Windows", X64, WIN, READ_AV(UINT64_MAX), "rax=1234567812345678 rip=400000", "400000=8910", CODE, "non-canonical 1234567812345678; non-canonical 82"},
    {"the same on macOS, with pc for an address", X64, MAC, 1, 13, 0x400000, 0, {0}, "rax=1234567812345678 rip=400000", "400000=8910", CODE, "non-canonical 1234567812345678; non-canonical 82"},
    {"freed by the debug heap", X64, WIN, READ_AV(UINT64_MAX), "rax=dddddddddddddddd rip=400000", "400000=8b4010", CODE, "non-canonical dddddddddddddded; use-after-free 85; non-canonical 82"},
    {"freed on x86", X86, WIN, READ_AV(0xfeeefef2), "eax=feeefeee eip=400000", "400000=8b4004", CODE, "recorded feeefef2; use-after-free 85"},
    {"never written", X86, WIN, READ_AV(0xcdcdcdcd), "eax=cdcdcdcd eip=400000", "400000=8b00", CODE, "recorded cdcdcdcd; uninitialised 85"},
    {"around a block", X86, WIN, READ_AV(0xfdfdfdfd), "eax=fdfdfdfd eip=400000", "400000=8b00", CODE, "recorded fdfdfdfd; heap-overrun 85"},
    {"freed on AArch64", A64, LNX, SEGV(1, 0x005a5a5a5a5a5a5a), "x1=5a5a5a5a5a5a5a5a pc=400000", "400000=200040f9", CODE, "recorded 5a5a5a5a5a5a5a; use-after-free 85"},
    {"a value that Breakpad took out", X64, LNX, SEGV(0x80, 0), "rbx=defaced0defaced rip=400000", "400000=8b03", CODE, "non-canonical defaced0defaced; hidden-value 85; non-canonical 82"},
    {"call through null, register", X64, LNX, SEGV(1, 0), "rip=0 rsp=7000 rax=0", "7000=0401400000000000 4000f0=000000000000000000000000000000000000ffd0", CODE STACK, "recorded 0; called call rax; wild-jump 96; bit-flip 6: 400000=0.250000"},
    {"call through bad memory", X64, LNX, SEGV(1, 0x1234567), "rip=1234567 rsp=7000 rbx=7100", "7000=0201400000000000 4000f0=00000000000000000000000000000000ff13 7100=6745230100000000", CODE STACK, "recorded 1234567; called call qword ptr [rbx]; wild-jump 96"},
    {"the link register tells the call", A64, LNX, SEGV(1, 0), "pc=0 sp=7000 lr=400100 x1=0", "4000f0=00000000000000000000000020003fd6", CODE STACK, "recorded 0; called blr x1; wild-jump 96"},
    {"Thumb: the link register tells the call", ARM, LNX, SEGV(1, 0), "pc=0 sp=7000 lr=400101 r0=0 cpsr=20", "4000f0=0000000000000000000000000000 4000fe=8047", CODE STACK, "recorded 0; called blx r0; wild-jump 96"},
    {"a return to what no pointer is", X64, LNX, SEGV(0x80, 0), "rip=400000 rsp=7000", "400000=c3 7000=4141414141414141", CODE STACK, "non-canonical 4141414141414141; wild-jump 93"},
    {"code on the heap", X64, WIN, EXEC_AV(0x20000), "rip=20000 rsp=7000", "20000=90", CODE STACK " 20000+1000rw", "recorded 20000; not-executable 95"},
    {"write to code", X64, LNX, SEGV(2, 0x400010), "rax=400010 rip=400000", "400000=8910", CODE, "recorded 400010; forbidden-access 84"},
    {"guard page of a heap", X64, LNX, SEGV(2, 0x21000), "rax=21000 rip=400000", "400000=8910", CODE " 20000+1000rw 21000+1000-", "recorded 21000; guard-page 84"},
    {"a large closed mapping is none", X64, LNX, SEGV(2, 0x21000), "rax=21000 rip=400000", "400000=8910", CODE " 20000+1000rw 21000+100000-", "recorded 21000; forbidden-access 84"},
    {"just behind a mapping", X64, LNX, SEGV(1, 0x31000), "rax=31000 rip=400000", "400000=8910", CODE " 30000+1000rw", "recorded 31000; wild-pointer 60"},
    {"stack overflow by a push", X64, LNX, SEGV(1, 0x6ff8), "rsp=7000 rip=400000", "400000=50 7000=0000000000000000", CODE STACK, "recorded 6ff8; stack-overflow 96; bit-flip 31: 7ff8=0.625000"},
    {"stack overflow by Windows", X64, WIN, 0xc00000fd, 0, 0x400000, 2, {1, 0x6ff8}, "rsp=7000 rip=400000", "400000=50", CODE STACK, "recorded 400000; stack-overflow 100"},
    {"a stack overflow of something else", X64, WIN, 0xc00000fd, 0, 0x400000, 2, {1, 0x5ff8}, "rsp=7000 rip=400000", "400000=50", CODE STACK, "recorded 400000; stack-overflow 100; inconsistent(4) 45"},
    {"a function pointer that was freed", X86, WIN, EXEC_AV(0xdddddddd), "eip=dddddddd esp=7000", "7000=00", CODE STACK, "recorded dddddddd; wild-jump 96; use-after-free 85"},
    {"the same where no pointer can be", X64, LNX, SEGV(0x80, 0), "rax=5a5a5a5a5a5a5a5a rip=400000 rsp=7000", "400000=ffd0 7000=00", CODE STACK, "non-canonical 5a5a5a5a5a5a5a5a; wild-jump 93; use-after-free 85"},
    {"a function pointer that is data", X64, LNX, SEGV(2, 0x7000), "rip=7000 rsp=7100 rax=0", "7000=0100 7100=00 4000f0=00", CODE STACK, "recorded 7000; not-executable 95; bit-flip 6: 400000/rax=0.250000"},
    {"x86 has such faults too", X86, LNX, SEGV(0x80, 0), "eax=7001 eip=400000", "400000=0f2800 7000=00", CODE STACK, "recorded 0; misaligned 90"},
    {"for the system alone", X86, LNX, SEGV(0x80, 0), "eip=400000", "400000=f4", CODE, "recorded 0; illegal-instruction 90"},
    {"the same by Windows", X64, WIN, 0xc0000096, 0, 0x400000, 0, {0}, "rip=400000", "400000=f4", CODE, "recorded 400000; illegal-instruction 90"},
    {"an address that was lost", A64, LNX, SEGV(1, 0), "x1=5a5a5a5a5a5a5a5a pc=400000", "400000=200040f9", CODE, "recorded 0; use-after-free 85; inconsistent(4) 45"},
    {"a signal that was sent", X64, LNX, 8, 0xfffffffa, 0, 0, {0}, "rip=400000", "400000=90", CODE, "none; trap 70"},
    {"a mapping whose file is gone", X64, LNX, 7, 2, 0x7010, 0, {0}, "rax=7010 rip=400000", "400000=8b00", CODE STACK, "recorded 7010; forbidden-access 86"},
    {"the same on Windows", X64, WIN, 0xc0000006, 0, 0x400000, 3, {0, 0x7010, 0xc000000e}, "rax=7010 rip=400000", "400000=8b00", CODE STACK, "recorded 7010; forbidden-access 86"},
    {"an in-page error of nothing", X64, WIN, 0xc0000006, 0, 0x400000, 3, {0, 0x9010, 0xc000000e}, "rax=9010 rip=400000", "400000=8b00", CODE STACK, "recorded 9010"},
    {"division by zero", X64, LNX, 8, 1, 0x400000, 0, {0}, "rcx=0 rip=400000", "400000=48f7f1", CODE, "recorded 400000; divide-by-zero 99"},
    {"a division that is none", X64, LNX, 8, 1, 0x400000, 0, {0}, "rcx=0 rip=400000", "400000=90", CODE, "recorded 400000; divide-by-zero 90; inconsistent(1) 45"},
    {"illegal instruction", X64, LNX, 4, 2, 0x400000, 0, {0}, "rip=400000", "400000=06", CODE, "recorded 400000; illegal-instruction 85"},
    {"ud2", X64, MAC, 2, 1, 0x400000, 0, {0}, "rip=400000", "400000=0f0b", CODE, "recorded 400000; trap 90"},
    {"abort", X64, LNX, 6, 0, 0x3e8000039be, 0, {0}, "rip=400000", "400000=90", CODE, "none; trap 90"},
    {"a stack cookie", X64, WIN, 0xc0000409, 1, 0x400000, 1, {2}, "rip=400000", "400000=cd29", CODE, "recorded 400000; stack-smashed 98; trap 80"},
    {"privileged that is none", X64, WIN, 0xc0000096, 0, 0x400000, 0, {0}, "rip=400000", "400000=90", CODE, "recorded 400000; inconsistent(2) 45"},
    {"a fault of no address that had one", X64, WIN, READ_AV(UINT64_MAX), "rax=7000 rip=400000", "400000=8910 7000=00", CODE STACK, "recorded ffffffffffffffff; inconsistent(3) 45"},
    {"an address that is not accessed", X64, WIN, READ_AV(0x123456), "rax=7000 rip=400000", "400000=8910 7000=00", CODE STACK, "recorded 123456; wild-pointer 60; inconsistent(4) 45"},
    {"an access that is allowed", X64, WIN, WRITE_AV(0x7000), "rax=7000 rip=400000", "400000=8910 7000=00", CODE STACK, "recorded 7000; inconsistent(5) 45"},
    {"misaligned", X64, LNX, SEGV(0x80, 0), "rax=7001 rip=400000", "400000=0f2800 7000=00", CODE STACK, "recorded 0; misaligned 90"},
    {"one bit in the register", X64, LNX, SEGV(1, 0x100007010), "rax=100007000 rip=400000", "400000=8b4010 7000=00", CODE STACK, "recorded 100007010; wild-pointer 60; bit-flip 25: 7010=0.250000 7000/rax=0.250000"},
    {"registers nearby make it likelier", X64, LNX, SEGV(1, 0x100007010), "rax=100007000 rbx=7100 rip=400000", "400000=8b4010 7000=00", CODE STACK, "recorded 100007010; bit-flip 62: 7010=0.625000 7000/rax=0.625000; wild-pointer 60"},
    {"poison makes it less so", X64, LNX, SEGV(1, 0x100007010), "rax=100007000 rbx=e5e5e5e5e5e5e5e5 rip=400000", "400000=8b4010 7000=00", CODE STACK, "recorded 100007010; wild-pointer 60; bit-flip 12: 7010=0.125000 7000/rax=0.125000"},
    {"a bad address is one bit from a good one", X64, LNX, SEGV(0x80, 0), "rax=1000000000007000 rip=400000", "400000=8b00 7000=00", CODE STACK, "non-canonical 1000000000007000; bit-flip 92: 7000=0.925000 7000/rax=0.925000; non-canonical 82"},
    {"a request is no crash", X64, LNX, 0xffffffff, 0, 0x400000, 0, {0}, "rip=400000 rax=0", "400000=8910", CODE, "recorded 400000"},
    /* clang-format on */
};

#define ADD(...) snprintf(at + strlen(at), room - strlen(at), __VA_ARGS__)

static void put_flips(const mdw_crash *c, size_t finding, size_t count,
                      char *at, size_t room)
{
    ADD(":");
    for (size_t n = 0; n < count; n++) {
        mdw_evidence e = MDW_INIT(mdw_evidence);
        CHECK(mdw_crash_evidence(c, finding, n, &e) == MDW_OK);
        ADD(" %" PRIx64, e.value);
        if (e.index != MDW_NONE)
            ADD("/%s", mdw_reg_name(MDW_ARCH_X86_64, e.index));
        ADD("=0.%06u", e.confidence);
    }
}

static void describe(const mdw_crash *c, char *at, size_t room)
{
    static const char *const kinds[] = {"none", "recorded", "non-canonical",
                                        "null"};
    mdw_reason r = MDW_INIT(mdw_reason);
    mdw_instruction i = MDW_INIT(mdw_instruction);
    CHECK(mdw_crash_reason(c, &r) == MDW_OK);
    *at = '\0';
    ADD("%s", kinds[r.address_kind]);
    if (r.address_kind == MDW_ADDRESS_NULL_OFFSET)
        ADD("+%" PRIx64, r.offset);
    else if (r.address_kind)
        ADD(" %" PRIx64, r.address);
    if (mdw_crash_instruction(c, &i) == MDW_OK &&
        i.flags & MDW_INSTRUCTION_GUESSED)
        ADD("; called %.*s", (int)i.text.len, i.text.data);
    for (size_t n = 0; n < mdw_crash_finding_count(c); n++) {
        mdw_finding f = MDW_INIT(mdw_finding);
        CHECK(mdw_crash_finding(c, n, &f) == MDW_OK);
        CHECK(f.sentence.len && f.evidence_count < 500);
        ADD("; %.*s", (int)f.name.len, f.name.data);
        if (f.detail)
            ADD("(%u)", f.detail);
        ADD(" %u", f.confidence / 10000);
        if (f.id == MDW_FINDING_BIT_FLIP)
            put_flips(c, n, f.evidence_count, at, room);
    }
}

static void check(const row *r)
{
    char have[512];
    mdw_crash *c = NULL;
    mdw_crash_input input = MDW_INIT(mdw_crash_input);
    t_case = r->claim;
    opened o = open_row(r);
    CHECK(mdw_crash_new(o.state, &input, &c, NULL) == MDW_OK);
    describe(c, have, sizeof have);
    if (strcmp(have, r->want))
        fprintf(stderr, "[%s]\n  has  %s\n  want %s\n", r->claim, have,
                r->want);
    CHECK(!strcmp(have, r->want));
    mdw_crash_close(c);
    state_done(&o);
}

/* Frames as a walk would give them. */
static void check_recursion(void)
{
    t_case = "two functions that call each other";
    uint64_t pcs[100], sps[100];
    for (size_t i = 0; i < 100; i++) {
        pcs[i] = i < 2 ? i : 0x400100 + i % 2;
        sps[i] = 0x7000 + 8 * i;
    }
    mdw_crash *c = NULL;
    mdw_crash_input input = MDW_INIT(mdw_crash_input);
    input.pcs = pcs;
    input.sps = sps;
    input.frame_count = 100;
    row r = {"",
             X64,
             LNX,
             SEGV(1, 0x6ff8),
             "rsp=7000 rip=400000",
             "400000=50 7000=00",
             CODE STACK,
             ""};
    opened o = open_row(&r);
    CHECK(mdw_crash_new(o.state, &input, &c, NULL) == MDW_OK);
    mdw_finding f = MDW_INIT(mdw_finding);
    CHECK_U64(mdw_crash_finding_count(c), 3); /* and a bit flip */
    CHECK(mdw_crash_finding(c, 1, &f) == MDW_OK);
    CHECK_U64(f.id, MDW_FINDING_RECURSION);
    CHECK(
        text_is(f.sentence, "the same 2 calls again and again over 98 frames"));
    CHECK_U64(f.evidence_count, 2);
    mdw_crash_close(c);
    state_done(&o);
}

static mdw_status find(void *user, uint32_t module, mdw_str name,
                       mdw_range *out)
{
    ++*(unsigned *)user;
    if (module != 1 || name.len != 11 || memcmp(name.data, "__abort_msg", 11))
        return MDW_ABSENT;
    *out = (mdw_range){0x600000, 8};
    return MDW_OK;
}

static void check_message(void)
{
    t_case = "what glibc says when it aborts";
    synth_module modules[] = {
        {.base = 0x400000, .size = 0x1000, .name = "/bin/libc-user"},
        {.base = 0x500000, .size = 0x1000, .name = "/lib/libc.so.6"},
        {.base = 0x700000, .size = 0x1000, .name = "/lib/libcap.so"}};
    unsigned asked = 0;
    uint8_t context[1232], pointer[8], text[64] = {64};
    amd64_context(context, 0x7000, 0x400000);
    t_put(pointer, 0x610000, 8);
    memcpy(text + 4, "*** stack smashing detected ***: terminated\n", 45);
    synth_memory memory[] = {{0x600000, pointer, 8}, {0x610000, text, 64}};
    synth_exception e = {
        .thread_id = 1, .code = 6, .context = context, .context_len = 1232};
    synth_thread thread = {.id = 1, .context = context, .context_len = 1232};
    synth *s = synth_new(false);
    put_system(s, CPU_AMD64, OS_LINUX);
    synth_module_list(s, modules, 3);
    synth_thread_list(s, &thread, 1);
    synth_exceptions(s, &e);
    synth_memory_list(s, memory, 2);
    opened o = state_of(s);
    mdw_crash *c = NULL;
    mdw_crash_input input = MDW_INIT(mdw_crash_input);
    mdw_message m = MDW_INIT(mdw_message);
    mdw_finding f = MDW_INIT(mdw_finding);
    input.find = find;
    input.find_user = &asked;
    CHECK(mdw_crash_new(o.state, &input, &c, NULL) == MDW_OK);
    CHECK_U64(mdw_crash_message_count(c), 1);
    CHECK(mdw_crash_message(c, 0, &m) == MDW_OK);
    CHECK_U64(m.kind, MDW_MESSAGE_ABORT);
    CHECK_U64(m.addr, 0x610004);
    CHECK_U64(m.module, 1);
    CHECK_U64(asked, 2); /* of what may be a libc */
    CHECK(text_is(m.text, "*** stack smashing detected ***: terminated"));
    CHECK(mdw_crash_finding(c, 0, &f) == MDW_OK);
    CHECK_U64(f.id, MDW_FINDING_STACK_SMASHED);
    mdw_crash_close(c);
    state_done(&o);
}

/* An object thrown by libstdc++: its header, its type, its text. */
static void check_cxx(void)
{
    t_case = "the C++ exception that nobody caught";
    uint8_t context[1232], stack[64] = {0}, header[136] = {0}, type[24] = {0};
    amd64_context(context, 0x7000, 0x400000);
    t_put(stack + 16, 0x610050, 8);            /* the unwind header */
    t_put(header, 0x620000, 8);                /* exceptionType */
    t_put(header + 80, 0x474E5543432B2B00, 8); /* exception_class */
    t_put(header + 80 + 32 + 8, 0x640000, 8);  /* what, in the object */
    uint8_t base[16] = {0};
    t_put(type + 8, 0x650000, 8);
    t_put(type + 16, 0x660000, 8); /* of the one class it is derived from */
    t_put(base + 8, 0x630000, 8);
    synth_memory memory[] = {{0x7000, stack, 64},
                             {0x610000, header, 136},
                             {0x620000, type, 24},
                             {0x650000, "7Failure", 9},
                             {0x660000, base, 16},
                             {0x630000, "St13runtime_error", 18},
                             {0x640000, "no such thing", 14}};
    synth_exception e = {
        .thread_id = 1, .code = 6, .context = context, .context_len = 1232};
    synth_thread thread = {.id = 1, .context = context, .context_len = 1232};
    synth *s = synth_new(false);
    put_system(s, CPU_AMD64, OS_LINUX);
    synth_thread_list(s, &thread, 1);
    synth_exceptions(s, &e);
    synth_memory_list(s, memory, 7);
    opened o = state_of(s);
    mdw_crash *c = NULL;
    mdw_crash_input input = MDW_INIT(mdw_crash_input);
    mdw_message m = MDW_INIT(mdw_message);
    CHECK(mdw_crash_new(o.state, &input, &c, NULL) == MDW_OK);
    CHECK_U64(mdw_crash_message_count(c), 2);
    CHECK(mdw_crash_message(c, 0, &m) == MDW_OK);
    CHECK_U64(m.kind, MDW_MESSAGE_CXX_TYPE);
    CHECK(text_is(m.text, "7Failure"));
    CHECK(mdw_crash_message(c, 1, &m) == MDW_OK);
    CHECK(text_is(m.text, "no such thing"));
    mdw_crash_close(c);
    state_done(&o);
}

/* GetLastError's names are tested elsewhere; these are the exception's own. */
static void check_codes(void)
{
    t_case = "the numbers of the system";
    row r = {"",
             X64,
             LNX,
             SEGV(2, 0x400010),
             "rax=400010 rip=400000",
             "400000=8910",
             CODE,
             ""};
    mdw_crash *c = NULL;
    mdw_crash_input input = MDW_INIT(mdw_crash_input);
    mdw_system_code code = MDW_INIT(mdw_system_code);
    opened o = open_row(&r);
    CHECK(mdw_crash_new(o.state, &input, &c, NULL) == MDW_OK);
    CHECK_U64(mdw_crash_code_count(c), 1);
    CHECK(mdw_crash_code(c, 0, &code) == MDW_OK);
    CHECK_U64(code.kind, MDW_SYSTEM_CODE_SIGNAL);
    CHECK_U64(code.number, 11);
    CHECK(text_is((mdw_str){"SIGSEGV", code.number_name.len}, "SIGSEGV"));
    CHECK_U64(code.code, 2);
    mdw_access a = MDW_INIT(mdw_access);
    CHECK_U64(mdw_crash_access_count(c), 1);
    CHECK(mdw_crash_access(c, 0, &a) == MDW_OK);
    CHECK_U64(a.flags, MDW_ACCESS_IS_FORBIDDEN | MDW_ACCESS_IS_FAULT);
    CHECK_U64(a.region.start, 0x400000);
    mdw_crash_close(c);
    state_done(&o);
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(&rows[i]);
    check_recursion();
    check_message();
    check_cxx();
    check_codes();
    return t_done();
}
