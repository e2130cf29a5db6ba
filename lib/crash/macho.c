/* lib/crash/macho.c - sections of an image that lies in the target's memory.
 *
 * Layouts: XNU EXTERNAL_HEADERS/mach-o/loader.h. */
#include "lib/crash/parts.h"

enum {
    COMMANDS_AT = 16, /* how many; in the header */
    NAME_SIZE = 16,
    MAX_COMMANDS = 256,
    MAX_SECTIONS = 64 /* of one segment */
};

/* What differs between 32 and 64 bits. */
typedef struct layout {
    uint32_t magic, command;
    uint8_t header, word, section_count, sections, section_size;
} layout;

static const layout layouts[] = {
    {0xfeedface, 0x01, 28, 4, 48, 56, 68}, /* LC_SEGMENT */
    {0xfeedfacf, 0x19, 32, 8, 64, 72, 80}, /* LC_SEGMENT_64 */
};

enum { SEGMENT_ADDRESS = 24, SECTION_ADDRESS = 32 };

static uint64_t load(const scene *s, uint64_t addr, unsigned size)
{
    uint64_t value = 0;
    return scene_load((void *)(uintptr_t)s, addr, size, &value) ? value : 0;
}

static bool name_is(const scene *s, uint64_t at, mdw_str name)
{
    char text[NAME_SIZE];
    mdw_memory m = s->memory;
    return m.read &&
           m.read(m.user, data_address(s, at), text, NAME_SIZE) == NAME_SIZE &&
           str_equal((mdw_str){text, str_find((mdw_str){text, NAME_SIZE}, 0)},
                     name);
}

/* The address as linked of the section, if it is one of this segment. */
static uint64_t find_in(const scene *s, const layout *l, uint64_t segment,
                        mdw_str name)
{
    uint64_t count = load(s, segment + l->section_count, 4);
    uint64_t at = segment + l->sections;
    for (uint64_t i = 0; i < count && i < MAX_SECTIONS; i++) {
        if (name_is(s, at, name))
            return load(s, at + SECTION_ADDRESS, l->word);
        at += l->section_size;
    }
    return 0;
}

uint64_t macho_section(const scene *s, uint64_t base, mdw_str name)
{
    const layout *l = NULL;
    uint64_t found = 0, linked = 0, magic = load(s, base, 4);
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (layouts[i].magic == magic)
            l = &layouts[i];
    if (!l)
        return 0;
    uint64_t count = load(s, base + COMMANDS_AT, 4), at = base + l->header;
    for (uint64_t i = 0; i < count && i < MAX_COMMANDS; i++) {
        uint64_t size = load(s, at + 4, 4);
        if (load(s, at, 4) == l->command) {
            /* The image's header is the first thing in it. */
            if (name_is(s, at + 8, STR("__TEXT")))
                linked = load(s, at + SEGMENT_ADDRESS, l->word);
            if (!found)
                found = find_in(s, l, at, name);
        }
        if (size < 8)
            break;
        at += size;
    }
    return found ? found - linked + base : 0;
}
