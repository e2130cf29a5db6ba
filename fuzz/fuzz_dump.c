/* fuzz/fuzz_dump.c - any bytes as a dump: every record is read, every slice
 * lies inside the input, every iteration ends. */
#include <stdio.h>
#include <stdlib.h>

#include "visit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mdw_dump *dump;
    mdw_dump_options options = MDW_INIT(mdw_dump_options);
    /* Long directories are slow to visit and teach nothing: every other input
     * is spared them. */
    options.max_streams = size % 2 ? 64 : 0;
    if (mdw_dump_open((mdw_bytes){data, size}, &options, &dump, NULL))
        return 0;
    const char *bad = visit_dump(dump);
    mdw_dump_close(dump);
    if (bad) {
        fprintf(stderr, "fuzz_dump: %s\n", bad);
        abort();
    }
    return 0;
}
