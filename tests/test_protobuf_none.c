/* tests/test_protobuf_none.c - what a build without protobuf-c says: linked
 * with lib/sentry/protobuf_none.c, whatever this build has. */
#include "sentry_of.h"

static bool refuse(void *user, const void *data, size_t len)
{
    (void)data, (void)len;
    *(bool *)user = true;
    return false;
}

int main(void)
{
    bool written = false;
    mdw_sink sink = {refuse, &written};
    made m = sentry_make(&(process){.crashed = 100});
    mdw_sentry *s = event_of(&m, NULL);
    mdw_error err = {0};
    t_case = "the event";
    CHECK(mdw_sentry_protobuf(s, sink, &err) == MDW_E_UNSUPPORTED);
    CHECK(err.code == MDW_E_UNSUPPORTED && !strcmp(err.what, "protobuf"));
    CHECK(mdw_sentry_protobuf(NULL, sink, &err) == MDW_E_ARG);
    t_case = "the format";
    CHECK(mdw_emit(m.report, "sentry-pb", NULL, sink, &err) ==
          MDW_E_UNSUPPORTED);
    CHECK(err.code == MDW_E_UNSUPPORTED && !strcmp(err.what, "protobuf"));
    CHECK(!written);
    mdw_sentry_close(s);
    sentry_drop(&m);
    return t_done();
}
