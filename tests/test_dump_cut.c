/* tests/test_dump_cut.c - a complete dump, cut after every byte and changed in
 * every byte: all records can be asked for, every slice lies inside. Each file
 * is a block of its own, so that the sanitizer sees a read past its end. */
#include "dump_cases.h"
#include "visit.h"

static char label[96];

static void visit(uint8_t *file, size_t len, uint64_t *records)
{
    mdw_dump *dump;
    if (mdw_dump_open((mdw_bytes){file, len}, NULL, &dump, NULL))
        return;
    visit_counts counts;
    const char *bad = visit_dump_counted(dump, &counts);
    if (bad && ++t_failed < 20)
        fprintf(stderr, "[%s] %s\n", label, bad);
    if (records)
        *records = counts.records;
    mdw_dump_close(dump);
}

static void check_cuts(const char *name, mdw_bytes whole)
{
    uint64_t all = 0, last = 0;
    size_t falls = 0;
    for (size_t len = whole.len + 1; len--;) {
        snprintf(label, sizeof label, "%s, cut to %zu bytes", name, len);
        uint8_t *file = malloc(len);
        if (len)
            memcpy(file, whole.data, len);
        uint64_t records = 0;
        visit(file, len, &records);
        free(file);
        falls += records < last;
        last = records;
        if (len == whole.len)
            all = records;
    }
    t_case = name;
    CHECK(all > 90);        /* the whole dump's records were read */
    CHECK(falls > all / 4); /* and are lost one after the other */
    CHECK_U64(last, 0);
}

static void check_changes(const char *name, mdw_bytes whole)
{
    static const uint8_t values[] = {0xFF, 0x00, 0x7F};
    uint8_t *file = malloc(whole.len);
    memcpy(file, whole.data, whole.len);
    for (size_t at = 0; at < whole.len; at++)
        for (size_t i = 0; i < sizeof values; i++) {
            uint8_t was = file[at];
            if (was == values[i])
                continue;
            snprintf(label, sizeof label, "%s, byte %zu is 0x%02x", name, at,
                     values[i]);
            file[at] = values[i];
            visit(file, whole.len, NULL);
            file[at] = was;
        }
    free(file);
}

int main(void)
{
    for (size_t i = 0; i < sizeof dump_cases / sizeof *dump_cases; i++) {
        synth *s = synth_everything(&dump_cases[i].options);
        mdw_bytes whole = synth_finish(s);
        snprintf(label, sizeof label, "%s", dump_cases[i].name);
        if (i == 0 || i == 4) /* two differ in everything */
            check_cuts(dump_cases[i].name, whole);
        else if (i == 1 || i == 3)
            check_changes(dump_cases[i].name, whole);
        else
            visit((uint8_t *)(uintptr_t)whole.data, whole.len, NULL);
        synth_free(s);
    }
    return t_done();
}
