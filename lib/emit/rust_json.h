/* lib/emit/rust_json.h - the files of the "json" emitter. Keys stand in
 * alphabetical order throughout. */
#ifndef MDW_EMIT_RUST_JSON_H
#define MDW_EMIT_RUST_JSON_H

#include "lib/emit/emit.h"
#include "lib/json/writer.h"

/* A member of an object; empty text is null. */
void member_str(json *j, const char *key, mdw_str text);
void member_text(json *j, const char *key, const char *text);
void member_uint(json *j, const char *key, uint64_t value);
void member_bool(json *j, const char *key, bool value);
void member_null(json *j, const char *key);
void member_known(json *j, const char *key, bool known, uint64_t value);
/* Null instead of MDW_NONE. */
void member_index(json *j, const char *key, uint32_t index);
/* Padded to the width of the target's pointers. */
void member_addr(json *j, const view *v, const char *key, uint64_t addr);

/* "crashing_thread": nothing without one. */
void put_crashing_thread(json *j, const view *v);
void put_threads(json *j, const view *v);
void put_frames(json *j, const view *v, uint32_t stack, bool registers);

/* "mdwalk": what the schema has no place for. */
void put_extra(json *j, const view *v);

#endif
