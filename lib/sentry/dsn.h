/* lib/sentry/dsn.h - where a DSN says that a project takes envelopes. */
#ifndef MDW_SENTRY_DSN_H
#define MDW_SENTRY_DSN_H

#include "mdwalk/base.h"

enum { DSN_TEXT = 2048 };

typedef struct dsn {
    char url[DSN_TEXT];  /* https://HOST/api/PROJECT/envelope/ */
    char auth[DSN_TEXT]; /* the X-Sentry-Auth header */
} dsn;

/* False: not SCHEME://KEY[:SECRET]@HOST[:PORT][/PATH]/PROJECT. */
bool dsn_read(mdw_str text, dsn *out);

#endif
