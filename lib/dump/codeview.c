/* lib/dump/codeview.c - CodeView records: what identifies a module's debug
 * file. */
#include "lib/base/str.h"
#include "lib/dump/dump.h"

static mdw_str rest_to_nul(reader *r)
{
    mdw_str text = str_from(reader_bytes(r, reader_left(r)));
    return str_slice(text, 0, str_find(text, '\0'));
}

static void read_rsds(reader *r, mdw_raw_cv *cv)
{
    field_guid(r, cv->guid);
    cv->age = reader_u32(r);
    cv->file = rest_to_nul(r);
}

static void read_nb10(reader *r, mdw_raw_cv *cv)
{
    reader_skip(r, 4); /* Offset, 0 for a file of its own */
    cv->timestamp = reader_u32(r);
    cv->age = reader_u32(r);
    cv->file = rest_to_nul(r);
}

static void read_elf(reader *r, mdw_raw_cv *cv)
{
    cv->build_id = reader_bytes(r, reader_left(r));
}

static void read_nothing(reader *r, mdw_raw_cv *cv)
{
    (void)r;
    (void)cv;
}

static const struct {
    uint32_t signature;
    uint32_t kind;
    void (*read)(reader *r, mdw_raw_cv *cv);
} kinds[] = {
    {0x53445352, MDW_CV_PDB70, read_rsds},   /* "RSDS" */
    {0x3031424E, MDW_CV_PDB20, read_nb10},   /* "NB10" */
    {0x4270454C, MDW_CV_ELF, read_elf},      /* Breakpad's "BpEL" */
    {0x3930424E, MDW_CV_NB09, read_nothing}, /* "NB09": symbols in the image */
    {0x3131424E, MDW_CV_NB11, read_nothing},
};

mdw_status mdw_dump_cv(const mdw_dump *dump, mdw_bytes cv, mdw_raw_cv *out)
{
    if (!cv.len)
        return MDW_ABSENT;
    reader r = reader_at(cv, 0, MDW_STREAM_MODULE_LIST, dump->file.big_endian);
    mdw_raw_cv c = MDW_INIT(mdw_raw_cv);
    c.signature = reader_u32(&r);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !r.bad; i++) {
        if (kinds[i].signature != c.signature)
            continue;
        c.kind = kinds[i].kind;
        kinds[i].read(&r, &c);
        break;
    }
    return r.bad ? MDW_E_TRUNCATED : record_write(out, &c, sizeof c);
}
