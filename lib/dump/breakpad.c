/* lib/dump/breakpad.c - BreakpadInfo and AssertionInfo. */
#include "lib/dump/dump.h"

mdw_status mdw_dump_breakpad(const mdw_dump *dump, mdw_raw_breakpad *out,
                             mdw_error *err)
{
    reader r;
    mdw_status s = stream_open(dump, MDW_STREAM_BREAKPAD_INFO, &r, err);
    if (s)
        return s;
    mdw_raw_breakpad b = MDW_INIT(mdw_raw_breakpad);
    b.offset = r.origin;
    b.validity = reader_u32(&r);
    b.dump_thread = reader_u32(&r);
    b.requesting_thread = reader_u32(&r);
    s = reader_status(&r, "MINIDUMP_BREAKPAD_INFO", err);
    return s ? s : record_write(out, &b, sizeof b);
}

/* Three texts of 128 UTF-16 units. */
mdw_status mdw_dump_assertion(const mdw_dump *dump, mdw_raw_assertion *out,
                              mdw_error *err)
{
    enum { TEXT_SIZE = 256 };
    reader r;
    mdw_status s = stream_open(dump, MDW_STREAM_ASSERTION_INFO, &r, err);
    if (s)
        return s;
    mdw_raw_assertion a = MDW_INIT(mdw_raw_assertion);
    a.offset = r.origin;
    a.expression = field_utf16(&r, TEXT_SIZE);
    a.function = field_utf16(&r, TEXT_SIZE);
    a.file = field_utf16(&r, TEXT_SIZE);
    a.line = reader_u32(&r);
    a.type = reader_u32(&r);
    s = reader_status(&r, "MINIDUMP_ASSERTION_INFO", err);
    return s ? s : record_write(out, &a, sizeof a);
}
