/* lib/dump/list.h - streams that are a count and records of one size: where
 * the records are and how many can be read. */
#ifndef MDW_DUMP_LIST_H
#define MDW_DUMP_LIST_H

#include "lib/dump/dump.h"

typedef struct list {
    reader at;                  /* what the file holds of the stream */
    uint64_t promised, present; /* records */
    uint64_t start;             /* of the first record, in the stream */
    uint32_t stride;
} list;

mdw_status list_open(const mdw_dump *dump, uint32_t type, list *out,
                     mdw_error *err);
/* A reader over a record, as long as the list's stride. MDW_E_TRUNCATED for
 * one that was promised, MDW_E_ARG for one beyond. */
mdw_status list_record(const mdw_dump *dump, uint32_t type, uint64_t index,
                       reader *out, mdw_error *err);
size_t list_count(const mdw_dump *dump, uint32_t type);
/* FunctionTable, whose records differ in size; stride 0. */
mdw_status function_table_list(const mdw_dump *dump, list *out, mdw_error *err);

#endif
