/* lib/emit/rust_crash.h - the crash in json. */
#ifndef MDW_EMIT_RUST_CRASH_H
#define MDW_EMIT_RUST_CRASH_H

#include "lib/emit/rust_json.h"

void put_crash_info(json *j, const view *v); /* "crash_info" */
/* "crash", a member of put_extra's object. */
void put_findings(json *j, const view *v);

#endif
