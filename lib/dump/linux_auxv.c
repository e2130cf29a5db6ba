/* lib/dump/linux_auxv.c - LinuxAuxv: what the kernel told the program at its
 * start. */
#include "lib/dump/dump.h"

mdw_status mdw_dump_auxv_next(const mdw_dump *dump, uint32_t pointer,
                              mdw_cursor *at, mdw_raw_auxv *out, mdw_error *err)
{
    enum { AT_NULL = 0 };
    if (!pointer)
        pointer = pointer_size(dump);
    if (!pointer)
        pointer = 8;
    if (pointer != 4 && pointer != 8)
        return fail_at(err, MDW_E_ARG, MDW_STREAM_LINUX_AUXV, 0, pointer,
                       "pointer size");
    reader r;
    if (stream_open(dump, MDW_STREAM_LINUX_AUXV, &r, err))
        return MDW_END;
    reader pair = reader_sub(&r, at->offset, 2 * (uint64_t)pointer);
    mdw_raw_auxv a = MDW_INIT(mdw_raw_auxv);
    a.type = reader_uint(&pair, pointer);
    a.value = reader_uint(&pair, pointer);
    if (pair.bad || a.type == AT_NULL)
        return MDW_END;
    mdw_status s = record_write(out, &a, sizeof a);
    if (s)
        return fail(err, s, "mdw_raw_auxv");
    at->index++;
    at->offset += 2 * (uint64_t)pointer; /* inside the stream */
    return MDW_OK;
}
