/* tests/test_dwarf_rows.c - section bytes in, rows out: every call frame
 * instruction, every form of CIE and FDE. */
#include "cfi_bytes.h"
#include "cfi_text.h"

enum { SIGNAL = MDW_ROW_SIGNAL };

typedef struct row {
    const char *claim;
    const char *cie, *fde; /* hex, behind the id */
    uint64_t at;           /* from CODE */
    const char *want;      /* "START+SIZE ROW", or a status */
    uint32_t flags;
    uint32_t arch; /* 0: x86-64 */
    char form;     /* d .debug_frame, D 64-bit, E 64-bit .eh_frame */
} row;

static const row rows[] = {
    {"the CIE's rules alone", CIE, FDE, 0, "1000+100 cfa=r7+8 16=[c-8]", 0, 0,
     0},
    {"the last byte", CIE, FDE, 0xFF, "1000+100 cfa=r7+8 16=[c-8]", 0, 0, 0},
    {"behind the end", CIE, FDE, 0x100, "absent", 0, 0, 0},
    {"before the start", CIE, FDE, (uint64_t)-1, "absent", 0, 0, 0},
    {"nop", CIE, FDE "00000e10", 0, "1000+100 cfa=r7+16 16=[c-8]", 0, 0, 0},
    {"advance_loc: before", CIE, FDE "410e10", 0, "1000+1 cfa=r7+8 16=[c-8]", 0,
     0, 0},
    {"advance_loc: after", CIE, FDE "410e10", 1, "1001+ff cfa=r7+16 16=[c-8]",
     0, 0, 0},
    {"advance_loc: between", CIE, FDE "410e104f0e20", 0xF,
     "1001+f cfa=r7+16 16=[c-8]", 0, 0, 0},
    {"advance_loc1", CIE, FDE "02800e10", 0x80, "1080+80 cfa=r7+16 16=[c-8]", 0,
     0, 0},
    {"advance_loc2", CIE, FDE "0380000e10", 0x80, "1080+80 cfa=r7+16 16=[c-8]",
     0, 0, 0},
    {"advance_loc4", CIE, FDE "04800000000e10", 0x7F,
     "1000+80 cfa=r7+8 16=[c-8]", 0, 0, 0},
    {"MIPS_advance_loc8", CIE, FDE "1d80000000000000000e10", 0x80,
     "1080+80 cfa=r7+16 16=[c-8]", 0, 0, 0},
    {"locations are in units of code alignment", CIE_A64, FDE "410e10", 4,
     "1004+fc cfa=r31+16", 0, MDW_ARCH_ARM64, 0},
    {"set_loc", CIE, FDE "0140100000000000000e10", 0x40,
     "1040+c0 cfa=r7+16 16=[c-8]", 0, 0, 0},
    {"set_loc backwards", CIE, FDE "4801041000000000000043", 8,
     "not the format asked for", 0, 0, 0},
    {"a lost return address that gets a rule", CIE, FDE "09102107038802 9001",
     0, "1000+100 cfa=r7+8 3=u 8=[c-16] 16=[c-8]", 0, 0, 0},
    {"another register's rule does not help", CIE, FDE "0910218302", 0,
     "not supported", 0, 0, 0},
    {"set_loc with half a pointer", CIE, FDE "0110", 0, "cut short", 0, 0, 0},
    {"set_loc without a base", "01 7a5200 01 78 10 01 00 0c0708", FDE "0e1001",
     0, "cut short", 0, 0, 0},
    {"set_loc from the function's start", "01 7a5200 01 78 10 01 43 0c0708",
     "00000000 00010000 00 0110000000 0e10", 0, "absent", 0, 0, 0},
    {"advance by nothing", CIE, FDE "400e10400e20", 0,
     "1000+100 cfa=r7+32 16=[c-8]", 0, 0, 0},
    {"locations wrap at 32 bits, and that is downwards",
     "01 7a5200 01 7c 08 01 00 0c0404", FDE_32 "0e08 04f0ffffff 0e10", 0x10,
     "not the format asked for", 0, MDW_ARCH_X86, 0},
    {"a state remembered in a CIE is not the FDE's",
     "01 7a5200 01 78 10 01 00 0c0708 0a", FDE "0b", 0,
     "not the format asked for", 0, 0, 0},
    {"the lowest breg", CIE, FDE "0f027008", 0, "1000+100 cfa=r0+8 16=[c-8]", 0,
     0, 0},
    {"the highest breg", CIE_A64, FDE "0f028f08", 0, "1000+100 cfa=r31+8", 0,
     MDW_ARCH_ARM64, 0},
    {"def_cfa_register before any CFA has offset 0",
     "01 7a5200 01 78 10 01 00 0d07", FDE, 0, "1000+100 cfa=r7+0", 0, 0, 0},
    {"restore in a CIE: to no rule",
     "01 7a5200 01 78 10 01 00 0c0708 9001 8302 d0 c3", FDE, 0,
     "1000+100 cfa=r7+8", 0, 0, 0},
    {"a location in a CIE moves nothing",
     "01 7a5200 01 78 10 01 00 0c0708 9001 7f", FDE "410e10", 0,
     "1000+1 cfa=r7+8 16=[c-8]", 0, 0, 0},
    {"a row that would go on behind its function", CIE,
     FDE "0320000e10 03f0000e20", 0x20, "1020+e0 cfa=r7+16 16=[c-8]", 0, 0, 0},
    {"def_cfa", CIE, FDE "0c0610", 0, "1000+100 cfa=r6+16 16=[c-8]", 0, 0, 0},
    {"def_cfa_sf is factored", CIE, FDE "12067e", 0,
     "1000+100 cfa=r6+16 16=[c-8]", 0, 0, 0},
    {"def_cfa_register keeps the offset", CIE, FDE "0d06", 0,
     "1000+100 cfa=r6+8 16=[c-8]", 0, 0, 0},
    {"def_cfa_offset", CIE, FDE "0e9002", 0, "1000+100 cfa=r7+272 16=[c-8]", 0,
     0, 0},
    {"def_cfa_offset_sf", CIE, FDE "137e", 0, "1000+100 cfa=r7+16 16=[c-8]", 0,
     0, 0},
    {"def_cfa_expression", CIE, FDE "0f0377081f", 0,
     "1000+100 cfa=expr:77081f 16=[c-8]", 0, 0, 0},
    {"an expression of one register is plain", CIE, FDE "0f027708", 0,
     "1000+100 cfa=r7+8 16=[c-8]", 0, 0, 0},
    {"and with a deref a load", CIE, FDE "0f03767806", 0,
     "1000+100 cfa=[r6-8] 16=[c-8]", 0, 0, 0},
    {"also of bregx", CIE, FDE "0f03920678", 0, "1000+100 cfa=r6-8 16=[c-8]", 0,
     0, 0},
    {"def_cfa after an expression", CIE, FDE "0f0177 0c0610", 0,
     "1000+100 cfa=r6+16 16=[c-8]", 0, 0, 0},
    {"def_cfa_register after an expression", CIE, FDE "0f0377081f 0d06", 0,
     "1000+100 cfa=r6+8 16=[c-8]", 0, 0, 0},
    {"offset", CIE, FDE "8302", 0, "1000+100 cfa=r7+8 3=[c-16] 16=[c-8]", 0, 0,
     0},
    {"offset_extended", CIE, FDE "050302", 0,
     "1000+100 cfa=r7+8 3=[c-16] 16=[c-8]", 0, 0, 0},
    {"offset_extended_sf", CIE, FDE "11037e", 0,
     "1000+100 cfa=r7+8 3=[c+16] 16=[c-8]", 0, 0, 0},
    {"GNU_negative_offset_extended", CIE, FDE "2f0302", 0,
     "1000+100 cfa=r7+8 3=[c+16] 16=[c-8]", 0, 0, 0},
    {"val_offset", CIE, FDE "140302", 0, "1000+100 cfa=r7+8 3=c-16 16=[c-8]", 0,
     0, 0},
    {"val_offset_sf", CIE, FDE "15037e", 0, "1000+100 cfa=r7+8 3=c+16 16=[c-8]",
     0, 0, 0},
    {"register", CIE, FDE "090308", 0, "1000+100 cfa=r7+8 3=r8+0 16=[c-8]", 0,
     0, 0},
    {"undefined", CIE, FDE "0703", 0, "1000+100 cfa=r7+8 3=u 16=[c-8]", 0, 0,
     0},
    {"an undefined return address", CIE, FDE "0710", 0,
     "1000+100 cfa=r7+8 16=u", 0, 0, 0},
    {"same_value", CIE, FDE "0803", 0, "1000+100 cfa=r7+8 3=s 16=[c-8]", 0, 0,
     0},
    {"expression", CIE, FDE "1003037708 1f", 0,
     "1000+100 cfa=r7+8 3=load:77081f 16=[c-8]", 0, 0, 0},
    {"val_expression", CIE, FDE "1603037708 1f", 0,
     "1000+100 cfa=r7+8 3=expr:77081f 16=[c-8]", 0, 0, 0},
    {"a plain expression", CIE, FDE "1003037790 01", 0,
     "1000+100 cfa=r7+8 3=[r7+144] 16=[c-8]", 0, 0, 0},
    {"a plain val_expression", CIE, FDE "1603037790 01", 0,
     "1000+100 cfa=r7+8 3=r7+144 16=[c-8]", 0, 0, 0},
    {"an expression of an unknown register stays one", CIE, FDE "10030392 2100",
     0, "1000+100 cfa=r7+8 3=load:922100 16=[c-8]", 0, 0, 0},
    {"restore to the CIE's rule", CIE, FDE "900441d0", 1,
     "1001+ff cfa=r7+8 16=[c-8]", 0, 0, 0},
    {"restore to no rule", CIE, FDE "830241c3", 1, "1001+ff cfa=r7+8 16=[c-8]",
     0, 0, 0},
    {"restore_extended", CIE, FDE "8302410603", 1, "1001+ff cfa=r7+8 16=[c-8]",
     0, 0, 0},
    {"remember and restore state, the CFA too", CIE, FDE "0a0e108302410b", 1,
     "1001+ff cfa=r7+8 16=[c-8]", 0, 0, 0},
    {"states nest", CIE, FDE "0a0e100a0e208302410b410b", 1,
     "1001+1 cfa=r7+16 16=[c-8]", 0, 0, 0},
    {"16 states", CIE, FDE "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a", 0,
     "1000+100 cfa=r7+8 16=[c-8]", 0, 0, 0},
    {"17 states", CIE, FDE "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a", 0,
     "over a limit", 0, 0, 0},
    {"a state that nobody remembered", CIE, FDE "0b", 0,
     "not the format asked for", 0, 0, 0},
    {"GNU_args_size says nothing", CIE, FDE "2e200e10", 0,
     "1000+100 cfa=r7+16 16=[c-8]", 0, 0, 0},
    {"GNU_window_save says nothing", CIE, FDE "2d0e10", 0,
     "1000+100 cfa=r7+16 16=[c-8]", 0, 0, 0},
    {"AArch64 negate_ra_state", CIE_A64, FDE "2d0e10 9e01", 0,
     "1000+100 cfa=r31+16 30=[c-8] 32=[c-8]", 0, MDW_ARCH_ARM64, 0},
    {"AArch64 negate_ra_state_with_pc", CIE_A64, FDE "2c0e10", 0,
     "1000+100 cfa=r31+16", 0, MDW_ARCH_ARM64, 0},
    {"without a rule pc is lr by default", CIE_A64, FDE, 0,
     "1000+100 cfa=r31+0", 0, MDW_ARCH_ARM64, 0},
    {"lr unchanged: pc is lr", CIE_A64, FDE "081e", 0,
     "1000+100 cfa=r31+0 30=s 32=r30+0", 0, MDW_ARCH_ARM64, 0},
    {"lr undefined: pc too", CIE_A64, FDE "071e", 0,
     "1000+100 cfa=r31+0 30=u 32=u", 0, MDW_ARCH_ARM64, 0},
    {"lr in a register", CIE_A64, FDE "091e0f", 0,
     "1000+100 cfa=r31+0 30=r15+0 32=r15+0", 0, MDW_ARCH_ARM64, 0},
    {"ARM: lr is the return column", CIE_ARM, FDE_32 "0e088e01", 0,
     "1000+100 cfa=r13+8 14=[c-4] 15=[c-4]", 0, MDW_ARCH_ARM, 0},
    {"registers that nobody carries are dropped", CIE,
     FDE "059100 02 0a 1621 0177 0721 0821 09 2103 0621 0b", 0,
     "1000+100 cfa=r7+8 16=[c-8]", 0, 0, 0},
    {"ARM: d8 and RA_AUTH_CODE too", CIE_ARM, FDE_32 "05880202 05900102", 0,
     "1000+100 cfa=r13+0", 0, MDW_ARCH_ARM, 0},
    {"AArch64: v8 and RA_SIGN_STATE too", CIE_A64, FDE "05480116220130", 0,
     "1000+100 cfa=r31+0", 0, MDW_ARCH_ARM64, 0},
    {"a register that was moved to one is lost", CIE, FDE "090321", 0,
     "1000+100 cfa=r7+8 3=u 16=[c-8]", 0, 0, 0},
    {"a return address that was, too, but that's no end", CIE, FDE "091021", 0,
     "not supported", 0, 0, 0},
    {"until it is restored", CIE, FDE "09102141d0", 1,
     "1001+ff cfa=r7+8 16=[c-8]", 0, 0, 0},
    {"a CFA from one", CIE, FDE "0d21", 0, "not supported", 0, 0, 0},
    {"a return column that is one", "01 7a5200 01 78 21 01 00 0c0708", FDE, 0,
     "not supported", 0, 0, 0},
    {"no CFA at all", "01 7a5200 01 78 10 01 00 9001", FDE, 0,
     "not the format asked for", 0, 0, 0},
    {"an instruction that does not exist", CIE, FDE "3f", 0, "not supported", 0,
     0, 0},
    {"it does not hurt the rows before it", CIE, FDE "413f", 0,
     "1000+1 cfa=r7+8 16=[c-8]", 0, 0, 0},
    {"half an instruction", CIE, FDE "0c07", 0, "cut short", 0, 0, 0},
    {"an expression longer than its FDE", CIE, FDE "0f7f77", 0, "cut short", 0,
     0, 0},

    {"set_loc, relative to itself", "01 7a5200 01 78 10 01 1b 0c0708",
     "e40fffff 00010000 00 01 ea0fffff 0e10", 0x10, "1010+f0 cfa=r7+16", 0, 0,
     0},
    {"signal frame", "01 7a525300 01 78 10 01 00 0c0708", FDE, 0,
     "1000+100 cfa=r7+8", SIGNAL, 0, 0},
    {"personality and LSDA",
     "01 7a504c5200 01 78 10 07 03 78563412 1b 00 0c0708",
     "0010000000000000 0001000000000000 04 3f3f3f3f 0e10", 0,
     "1000+100 cfa=r7+16", 0, 0, 0},
    {"an aligned personality",
     "01 7a505200 01 78 10 10 50 000000000000 8877665544332211 00 0c0708", FDE,
     0, "1000+100 cfa=r7+8", 0, 0, 0},
    {"an indirect personality", "01 7a505200 01 78 10 06 9b 78563412 00 0c0708",
     FDE, 0, "1000+100 cfa=r7+8", 0, 0, 0},
    {"AArch64: signed with key B", "01 7a5242 00 04 78 1e 01 00 0c1f00", FDE, 0,
     "1000+100 cfa=r31+0", 0, MDW_ARCH_ARM64, 0},
    {"AArch64: tagged", "01 7a5247 00 04 78 1e 01 00 0c1f00", FDE, 0,
     "1000+100 cfa=r31+0", 0, MDW_ARCH_ARM64, 0},
    {"an unknown letter behind z", "01 7a525100 01 78 10 03 00 abcd 0c0708",
     FDE, 0, "1000+100 cfa=r7+8", 0, 0, 0},
    {"no letters", "01 00 01 78 10 0c0708",
     "0010000000000000 "
     "0001000000000000 0e10",
     0, "1000+100 cfa=r7+16", 0, 0, 0},
    {"letters without z", "01 5200 01 78 10 03 0c0708", "00100000 00010000", 0,
     "1000+100 cfa=r7+8", 0, 0, 0},
    {"an unknown letter without z", "01 5100 01 78 10 0c0708", FDE, 0, "absent",
     0, 0, 0},
    {"GCC 2's eh", "01 656800 1122334455667788 01 78 10 0c0708",
     "0010000000000000 0001000000000000 0e10", 0, "1000+100 cfa=r7+16", 0, 0,
     0},
    {"augmentation data that is longer than its CIE", "01 7a5200 01 78 10 7f",
     FDE, 0, "absent", 0, 0, 0},
    {"letters without end", "01 7a52", FDE, 0, "absent", 0, 0, 0},
    {"version 2", "02 7a5200 01 78 10 01 00 0c0708", FDE, 0, "absent", 0, 0, 0},
    {"version 3: the return column is LEB128",
     "03 7a5200 01 78 9000 01 00 0c0708 9001", FDE, 0,
     "1000+100 cfa=r7+8 16=[c-8]", 0, 0, 0},
    {"version 4", "04 7a5200 08 00 01 78 10 01 00 0c0708 9001", FDE, 0,
     "1000+100 cfa=r7+8 16=[c-8]", 0, 0, 0},
    {"version 4: addresses of 4 bytes, segments of 2",
     "04 00 04 02 01 78 10 0c0708 9001", "3300 00100000 00010000 0e10", 0,
     "1000+100 cfa=r7+16 16=[c-8]", 0, 0, 'd'},
    {"version 4: addresses of 3 bytes", "04 00 03 00 01 78 10 0c0708", FDE, 0,
     "absent", 0, 0, 'd'},
    {".debug_frame", "03 00 01 78 10 0c0708 9001",
     "0010000000000000 0001000000000000 0e10", 0, "1000+100 cfa=r7+16 16=[c-8]",
     0, 0, 'd'},
    {"64-bit .debug_frame", "03 00 01 78 10 0c0708 9001",
     "0010000000000000 0001000000000000 0e10", 0, "1000+100 cfa=r7+16 16=[c-8]",
     0, 0, 'D'},
    {"64-bit .eh_frame", CIE, FDE "0e10", 0, "1000+100 cfa=r7+16 16=[c-8]", 0,
     0, 'E'},
    {"x86: 4 is esp, 8 is eip", "01 7a5200 01 7c 08 01 00 0c0404 8801",
     FDE_32 "8502", 0, "1000+100 cfa=r4+4 5=[c-8] 8=[c-4]", 0, MDW_ARCH_X86, 0},
    {"a length in 4 signed bytes has no sign",
     "01 7a5200 01 78 10 01 0b 0c0708", "00100000 00000080 00", 0x7FFFFFFF,
     "1000+80000000 cfa=r7+8", 0, 0, 0},
    {"a function up to 2^64", "01 7a5200 01 78 10 01 00 0c0708",
     "00f0ffffffffffff 00200000000000 0000", (uint64_t)-0x1001,
     "fffffffffffff000+1000 cfa=r7+8", 0, 0, 0},
    {"a pointer without base", "01 7a5200 01 78 10 01 33 0c0708",
     "00100000 00010000 00", 0, "absent", 0, 0, 0},
    {"an encoding that does not exist", "01 7a5200 01 78 10 01 05 0c0708", FDE,
     0, "absent", 0, 0, 0},
};

static const char *ask(const dwarf_cfi *cfi, uint64_t addr, mdw_row *r,
                       char *text)
{
    char rules[ROW_TEXT];
    row_clear(r);
    mdw_status status = dwarf_row(cfi, addr, r);
    if (status != MDW_OK)
        return mdw_status_name(status);
    text[0] = 0;
    row_say(text, "%" PRIx64 "+%" PRIx64 " %s", r->pc.start, r->pc.size,
            row_text(cfi->arch, r, rules));
    return text;
}

static void text_is(const char *got, const char *want)
{
    if (strcmp(got, want) && ++t_failed)
        fprintf(stderr, "[%s]\n  got  %s\n  want %s\n", t_case, got, want);
}

/* Behind a CIE that is another function's. */
static void test_second_cie(bool eh)
{
    bytes b = {{0}, 0};
    mdw_row got;
    char text[ROW_TEXT];
    const char *head = eh ? "01 7a5200 01 78 10 01 03" : "01 00 01 78 10";
    char cie_body[64];
    t_case = eh ? "two CIEs in .eh_frame" : "two CIEs in .debug_frame";
    snprintf(cie_body, sizeof cie_body, "%s 0c0728", head);
    size_t first = put_entry(&b, eh, false, true, 0, cie_body);
    put_entry(&b, eh, false, false, first,
              eh ? "00300000 00010000 00"
                 : "0030000000000000 0001000000000000");
    size_t cie = put_entry(&b, eh, false, true, 0, CIE);
    put_entry(&b, eh, false, false, cie, FDE);
    dwarf_cfi cfi = {.arch = arch_find(MDW_ARCH_X86_64),
                     .eh = eh,
                     .addr = FRAME,
                     .bytes = exact(&b)};
    arena *store = arena_new(NULL, 0);
    CHECK(dwarf_index(&cfi, store) == MDW_OK);
    CHECK_U64(cfi.index_count, 2);
    text_is(ask(&cfi, 0x3000, &got, text), "3000+100 cfa=r7+40");
    text_is(ask(&cfi, 0x1000, &got, text), "1000+100 cfa=r7+8 16=[c-8]");
    t_case = "a CIE, an end and half an entry are no FDEs";
    dwarf_fde fde;
    CHECK(dwarf_fde_read(&cfi, cie, &fde) == MDW_E_FORMAT);
    CHECK(dwarf_fde_read(&cfi, b.len - 8, &fde) != MDW_OK);
    CHECK(dwarf_fde_read(&cfi, b.len, &fde) == MDW_E_TRUNCATED);
    CHECK(dwarf_fde_read(&cfi, UINT64_MAX, &fde) == MDW_E_TRUNCATED);
    arena_close(store);
    give(cfi.bytes);
}

static void test_letters(void)
{
    char body[512] = "01 7a52";
    bytes b = {{0}, 0};
    dwarf_fde fde;
    t_case = "63 letters";
    for (int i = 2; i < 63; i++)
        strcat(body, "51");
    strcat(body, "00 01 78 10 01 00");
    size_t cie = put_entry(&b, true, false, true, 0, body);
    size_t at = put_entry(&b, true, false, false, cie, FDE);
    dwarf_cfi cfi = {.arch = arch_find(MDW_ARCH_X86_64),
                     .eh = true,
                     .addr = FRAME,
                     .bytes = {b.data, b.len}};
    CHECK(dwarf_fde_read(&cfi, at, &fde) == MDW_OK);
    t_case = "64 letters";
    memmove(strchr(body, '5') + 2, strchr(body, '5'),
            strlen(strchr(body, '5')) + 1);
    b.len = 0;
    cie = put_entry(&b, true, false, true, 0, body);
    at = put_entry(&b, true, false, false, cie, FDE);
    cfi.bytes = (mdw_bytes){b.data, b.len};
    CHECK(dwarf_fde_read(&cfi, at, &fde) == MDW_E_TRUNCATED);
}

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row *r = &rows[i];
        bytes b = {{0}, 0};
        mdw_row got;
        char text[ROW_TEXT];
        bool eh = r->form != 'd' && r->form != 'D';
        bool wide = r->form == 'D' || r->form == 'E';
        t_case = r->claim;
        size_t cie = put_entry(&b, eh, wide, true, 0, r->cie);
        put_entry(&b, eh, wide, false, cie, r->fde);
        uint32_t id = r->arch ? r->arch : MDW_ARCH_X86_64;
        dwarf_cfi cfi = {
            .arch = arch_find(id), .eh = eh, .addr = FRAME, .bytes = exact(&b)};
        arena *store = arena_new(NULL, 0);
        (void)dwarf_index(&cfi, store);
        text_is(ask(&cfi, CODE + r->at, &got, text), r->want);
        if (strchr(r->want, '='))
            CHECK_U64(got.flags, r->flags);
        arena_close(store);
        give(cfi.bytes);
    }
}
int main(void)
{
    test_rows();
    test_second_cie(true);
    test_second_cie(false);
    test_letters();
    return t_done();
}
