/* lib/dump/comment.c - CommentStreamA and CommentStreamW: the dump writer's
 * words. */
#include "lib/base/str.h"
#include "lib/dump/dump.h"

mdw_status mdw_dump_comment(const mdw_dump *dump, mdw_str *out, mdw_error *err)
{
    reader r;
    mdw_status s = stream_open(dump, MDW_STREAM_COMMENT_A, &r, err);
    if (s)
        return s;
    mdw_str text = str_from(r.bytes);
    *out = str_slice(text, 0, str_find(text, '\0'));
    return MDW_OK;
}

mdw_status mdw_dump_comment_wide(const mdw_dump *dump, mdw_utf16 *out,
                                 mdw_error *err)
{
    reader r;
    mdw_status s = stream_open(dump, MDW_STREAM_COMMENT_W, &r, err);
    if (s)
        return s;
    *out = field_utf16(&r, r.bytes.len);
    return MDW_OK;
}
