/* tools/names.h - words for what the walker reports. */
#ifndef MDWALK_TOOLS_NAMES_H
#define MDWALK_TOOLS_NAMES_H

#include <stdint.h>

const char *origin_name(uint32_t origin); /* of a register */
const char *trust_name(uint32_t trust);
const char *source_name(uint32_t source);
const char *verdict_name(uint32_t verdict);
const char *stop_name(uint32_t stop);
const char *answer_name(uint32_t answer);
const char *check_name(uint32_t check); /* NULL past the last */
const char *stack_kind_name(uint32_t kind);

#endif
