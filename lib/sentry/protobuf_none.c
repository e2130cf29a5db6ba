/* lib/sentry/protobuf_none.c - a build without protobuf-c writes no Protocol
 * Buffers. */
#include "lib/base/fail.h"
#include "mdwalk/sentry.h"

mdw_status mdw_sentry_protobuf(const mdw_sentry *sentry, mdw_sink sink,
                               mdw_error *err)
{
    if (!sentry || !sink.write)
        return fail(err, MDW_E_ARG, "mdw_sentry_protobuf");
    return fail(err, MDW_E_UNSUPPORTED, "protobuf");
}
