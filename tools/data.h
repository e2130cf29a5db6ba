/* tools/data.h - --data KEY=VALUE: what else is known of an event. */
#ifndef MDWALK_TOOLS_DATA_H
#define MDWALK_TOOLS_DATA_H

#include "mdwalk/sentry.h"
#include "tools/args.h"

/* False after one sentence on standard error; NULL in `*out` when nothing was
 * given. */
bool data_open(const args *a, mdw_sentry_data **out);

#endif
