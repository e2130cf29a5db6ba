/* tests/test_messages.c - texts that programs leave behind when they die, in
 * the layouts of each system. */
#include "mdwalk/crash.h"

#include "state_of.h"

enum { WIN = OS_NT, MAC = OS_MAC, ANDROID = 0x8203 };
enum { MAX_WORDS = 9, MAX_MEMORY = 7 };

/* Memory at `addr`: words of `width` bytes, then the text. */
typedef struct piece {
    uint64_t addr;
    unsigned width, count;
    uint64_t words[MAX_WORDS];
    const char *text;
} piece;

/* `symbol` lies at 0x500000 in the only module. `want`: kind, address, text. */
typedef struct row {
    const char *claim;
    uint32_t cpu, os, code, info_count;
    uint64_t info[4];
    const char *symbol, *maps, *want;
    piece memory[MAX_MEMORY];
} row;

/* Names of a Mach-O file, padded to 16 bytes. */
#define TEXT_NAME 0x545845545f5f, 0
#define DATA_NAME 0x415441445f5f, 0
#define INFO_NAME 0x5f68736172635f5f, 0x6f666e69
#define CXX 0xe06d7363
#define MAP(name) "600000-601000 rw-p 00000000 00:00 0 " name "\n"
#define ABORT_MAP MAP("[anon:abort message]")
#define MAGIC 0xb18e40886ac388f0, 0xc6dfba755a1de0b5

static const row rows[] = {
    {"Android's mapping: magic, length, text",
     CPU_ARM64,
     ANDROID,
     6,
     0,
     {0},
     NULL,
     ABORT_MAP,
     "1@600018 no such buffer",
     {{0x600000, 8, 3, {MAGIC, 40}, "no such buffer\n"}}},
    {"a length is as wide as a pointer",
     CPU_ARM,
     ANDROID,
     6,
     0,
     {0},
     NULL,
     ABORT_MAP,
     "1@600014 gone",
     {{0x600000, 8, 2, {MAGIC}, NULL}, {0x600010, 4, 1, {9}, "gone"}}},
    {"another mapping has no message",
     CPU_ARM64,
     ANDROID,
     6,
     0,
     {0},
     NULL,
     MAP("[anon:scudo:primary]"),
     "",
     {{0x600000, 8, 3, {MAGIC, 40}, "no such buffer\n"}}},
    {"without the magic there is no message",
     CPU_ARM64,
     ANDROID,
     6,
     0,
     {0},
     NULL,
     ABORT_MAP,
     "",
     {{0x600000, 8, 3, {1, 2, 40}, "no such buffer\n"}}},
    {"__crash_info: message, signature, message2",
     CPU_AMD64,
     MAC,
     6,
     0,
     {0},
     "__crash_info",
     NULL,
     "2@610000 first; 2@620000 second; 2@630000 third",
     {{0x500000, 8, 5, {5, 0x610000, 0x620000, 0, 0x630000}, NULL},
      {0x610000, 1, 0, {0}, "first"},
      {0x620000, 1, 0, {0}, "second"},
      {0x630000, 1, 0, {0}, "third"}}},
    {"__crash_info of a version that nobody knows",
     CPU_AMD64,
     MAC,
     6,
     0,
     {0},
     "__crash_info",
     NULL,
     "",
     {{0x500000, 8, 5, {99, 0x610000, 0, 0, 0}, NULL},
      {0x610000, 1, 0, {0}, "first"}}},
    {"the section, in memory: no symbol is needed",
     CPU_AMD64,
     MAC,
     1,
     0,
     {0},
     NULL,
     NULL,
     "2@610000 first; 2@630000 third",
     {{0x400000, 4, 8, {0xfeedfacf, 0, 0, 2, 2, 0, 0, 0}, NULL},
      {0x400020,
       8,
       9,
       {0x0000004800000019, TEXT_NAME, 0x100000000, 0x1000, 0, 0x1000, 5, 0},
       NULL},
      {0x400068,
       8,
       9,
       {0x0000009800000019, DATA_NAME, 0x100001000, 0x1000, 0x1000, 0x1000, 3,
        1},
       NULL},
      {0x4000b0, 8, 6, {INFO_NAME, DATA_NAME, 0x100101000}, NULL},
      {0x501000, 8, 5, {5, 0x610000, 0, 0, 0x630000}, NULL},
      {0x610000, 1, 0, {0}, "first"},
      {0x630000, 1, 0, {0}, "third"}}},
    {"a bad access asks for no symbol",
     CPU_AMD64,
     MAC,
     1,
     0,
     {0},
     "__crash_info",
     NULL,
     "",
     {{0x500000, 8, 5, {5, 0x610000, 0, 0, 0}, NULL},
      {0x610000, 1, 0, {0}, "first"}}},
    {"a type of MSVC on x86-64: offsets from the image",
     CPU_AMD64,
     WIN,
     CXX,
     4,
     {0x19930520, 0x7010, 0x401000, 0x400000},
     NULL,
     NULL,
     "3@404010 .?AVruntime_error@std@@",
     {{0x401000, 4, 4, {0, 0, 0, 0x2000}, NULL},
      {0x402000, 4, 2, {1, 0x3000}, NULL},
      {0x403000, 4, 2, {0, 0x4000}, NULL},
      {0x404000, 8, 2, {0x409000, 0}, ".?AVruntime_error@std@@"}}},
    {"a type of MSVC on x86: addresses",
     CPU_X86,
     WIN,
     CXX,
     3,
     {0x19930520, 0x7010, 0x401000},
     NULL,
     NULL,
     "3@404008 .H",
     {{0x401000, 4, 4, {0, 0, 0, 0x402000}, NULL},
      {0x402000, 4, 2, {1, 0x403000}, NULL},
      {0x403000, 4, 2, {0, 0x404000}, NULL},
      {0x404000, 4, 2, {0x409000, 0}, ".H"}}},
    {"no exception of MSVC",
     CPU_X86,
     WIN,
     CXX,
     3,
     {0x12345678, 0x7010, 0x401000},
     NULL,
     NULL,
     "",
     {{0x401000, 4, 4, {0, 0, 0, 0x402000}, NULL},
      {0x402000, 4, 2, {1, 0x403000}, NULL},
      {0x403000, 4, 2, {0, 0x404000}, NULL},
      {0x404000, 4, 2, {0x409000, 0}, ".H"}}},
    {"a type that was not captured",
     CPU_AMD64,
     WIN,
     CXX,
     4,
     {0x19930520, 0x7010, 0x401000, 0x400000},
     NULL,
     NULL,
     "",
     {{0x401000, 4, 4, {0, 0, 0, 0x2000}, NULL}}},
};

static mdw_status find(void *user, uint32_t module, mdw_str name,
                       mdw_range *out)
{
    const char *symbol = user;
    if (module || !symbol || name.len != strlen(symbol) ||
        memcmp(name.data, symbol, name.len))
        return MDW_ABSENT;
    *out = (mdw_range){0x500000, 8};
    return MDW_OK;
}

static void put_memory(synth *s, const row *r)
{
    static uint8_t bytes[MAX_MEMORY][128]; /* they outlive the call */
    synth_memory list[MAX_MEMORY];
    size_t count = 0;
    for (; count < MAX_MEMORY && r->memory[count].addr; count++) {
        const piece *p = &r->memory[count];
        size_t len = 0;
        for (unsigned i = 0; i < p->count; i++, len += p->width)
            t_put(bytes[count] + len, p->words[i], p->width);
        if (p->text) {
            memcpy(bytes[count] + len, p->text, strlen(p->text) + 1);
            len += strlen(p->text) + 1;
        }
        list[count] = (synth_memory){p->addr, bytes[count], len};
    }
    synth_memory_list(s, list, count);
}

static opened open_row(const row *r)
{
    synth_module module = {.base = 0x400000, .size = 0x1000, .name = "module"};
    synth_exception e = {.thread_id = 1, .code = r->code};
    synth_thread thread = {.id = 1};
    e.info_count = r->info_count;
    memcpy(e.info, r->info, sizeof r->info);
    synth *s = synth_new(false);
    put_system(s, (uint16_t)r->cpu, r->os);
    synth_module_list(s, &module, 1);
    synth_thread_list(s, &thread, 1);
    synth_exceptions(s, &e);
    put_memory(s, r);
    if (r->maps)
        synth_text(s, MDW_STREAM_LINUX_MAPS, r->maps, strlen(r->maps));
    return state_of(s);
}

static void check(const row *r)
{
    char have[256] = "";
    mdw_crash *c = NULL;
    mdw_crash_input input = MDW_INIT(mdw_crash_input);
    t_case = r->claim;
    opened o = open_row(r);
    input.find = find;
    input.find_user = (void *)(uintptr_t)r->symbol;
    CHECK(mdw_crash_new(o.state, &input, &c, NULL) == MDW_OK);
    for (size_t i = 0, len = 0; i < mdw_crash_message_count(c); i++) {
        mdw_message m = MDW_INIT(mdw_message);
        CHECK(mdw_crash_message(c, i, &m) == MDW_OK);
        len += (size_t)snprintf(have + len, sizeof have - len,
                                "%s%u@%" PRIx64 " %.*s", i ? "; " : "", m.kind,
                                m.addr, (int)m.text.len, m.text.data);
    }
    if (strcmp(have, r->want))
        fprintf(stderr, "[%s]\n  has  %s\n  want %s\n", r->claim, have,
                r->want);
    CHECK(!strcmp(have, r->want));
    mdw_crash_close(c);
    state_done(&o);
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(&rows[i]);
    return t_done();
}
