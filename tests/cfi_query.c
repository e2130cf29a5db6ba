/* tests/cfi_query.c - prints the unwind rows of an ELF file at the addresses
 * that come in, for cfi_oracle.py. */
/* cfi_query FILE header|index|debug|exidx: hexadecimal linked addresses on
 * stdin, one line each; out: address, start and size of the row, flags, then
 * the CFA and the registers as in cfi_text.h. */
#include "cfi_file.h"
#include "cfi_text.h"

static void answer(mdw_unwind_info *info, const arch *a, uint64_t addr)
{
    char text[ROW_TEXT];
    mdw_row row;
    mdw_image image = MDW_INIT(mdw_image);
    mdw_row_query query = {.size = sizeof query, .pc = addr};
    image.range = (mdw_range){0, UINT64_MAX};
    row_clear(&row);
    mdw_status status = mdw_unwind_info_rows(info, &image, &query, &row);
    printf("%" PRIx64, addr);
    if (status != MDW_OK)
        printf(" %s\n", mdw_status_name(status));
    else
        printf(" %" PRIx64 " %" PRIx64 " %x %s\n", row.pc.start, row.pc.size,
               row.flags, row_text(a, &row, text));
}

int main(int argc, char **argv)
{
    char line[64];
    mdw_unwind_info *info;
    if (argc != 3)
        return 2;
    mdw_sections s = cfi_open(argv[1]);
    bool debug = !strcmp(argv[2], "debug"), arm = !strcmp(argv[2], "exidx");
    if (debug || arm)
        cfi_drop(&s, MDW_SECTION_EH_FRAME);
    if (!debug)
        cfi_drop(&s, MDW_SECTION_DEBUG_FRAME);
    if (strcmp(argv[2], "header"))
        cfi_drop(&s, MDW_SECTION_EH_FRAME_HDR);
    if (!arm)
        cfi_drop(&s, MDW_SECTION_ARM_EXIDX);
    mdw_status status = mdw_unwind_info_new(&s, NULL, &info, NULL);
    if (status != MDW_OK) {
        fprintf(stderr, "%s: %s\n", argv[1], mdw_status_name(status));
        return 3;
    }
    while (fgets(line, sizeof line, stdin))
        answer(info, arch_find(s.arch), strtoull(line, NULL, 16));
    mdw_unwind_info_close(info);
    return 0;
}
