/* tests/synth/write_synth.c - writes synthetic dumps to a folder: for the check
 * against other readers, and as seeds for fuzzing. Usage: write_synth FOLDER */
#include <stdio.h>

#include "streams.h"

static const struct {
    const char *name;
    synth_options options;
} dumps[] = {
    {"once64", {false, false, false, 8, true}},
    {"once64-padded", {false, true, true, 8, true}},
    {"once32", {false, false, false, 4, true}},
    {"le64", {false, false, false, 8, false}},
    {"le64-padded", {false, true, true, 8, false}},
    {"le32", {false, false, false, 4, false}},
    {"be64", {true, false, false, 8, false}},
    {"be32-padded", {true, true, true, 4, false}},
};

static int write_one(const char *folder, const char *name, synth *s)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.dmp", folder, name);
    FILE *file = fopen(path, "wb");
    mdw_bytes b = synth_finish(s);
    bool ok = file && fwrite(b.data, 1, b.len, file) == b.len;
    ok = file && !fclose(file) && ok;
    if (!ok)
        perror(path);
    synth_free(s);
    return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: write_synth FOLDER\n");
        return 2;
    }
    int failed = 0;
    for (size_t i = 0; i < sizeof dumps / sizeof *dumps; i++)
        failed |= write_one(argv[1], dumps[i].name,
                            synth_everything(&dumps[i].options));
    return failed;
}
