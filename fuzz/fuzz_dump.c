/* fuzz/fuzz_dump.c - any bytes as a dump: every record is read, every slice
 * lies inside the input, every iteration ends. */
#include <stdio.h>
#include <stdlib.h>

#include "visit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mdw_dump *dump;
    if (mdw_dump_open((mdw_bytes){data, size}, NULL, &dump, NULL))
        return 0;
    const char *bad = visit_dump(dump);
    mdw_dump_close(dump);
    if (bad) {
        fprintf(stderr, "fuzz_dump: %s\n", bad);
        abort();
    }
    return 0;
}
