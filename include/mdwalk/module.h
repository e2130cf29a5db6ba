/* mdwalk/module.h - what identifies a loaded module, to walkers, symbol
 * sources and reports alike. */
#ifndef MDWALK_MODULE_H
#define MDWALK_MODULE_H

#include "mdwalk/base.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mdw_debug_id_form {
    MDW_DEBUG_ID_NONE,
    MDW_DEBUG_ID_GUID,
    MDW_DEBUG_ID_PDB20 /* NB10: guid[0..3] is the timestamp, big-endian */
};

/* 16 bytes in GUID text order, plus age. Frozen. */
typedef struct mdw_debug_id {
    uint8_t guid[16];
    uint32_t age;
    uint32_t form; /* enum mdw_debug_id_form */
} mdw_debug_id;

enum mdw_id_style { MDW_ID_BREAKPAD, MDW_ID_DASHED };
#define MDW_ID_TEXT_MAX 64
/* Writes NUL-terminated text, returns its length. */
MDW_API size_t mdw_debug_id_text(const mdw_debug_id *id, uint32_t style,
                                 char text[MDW_ID_TEXT_MAX]);

enum mdw_module_format {
    MDW_FORMAT_UNKNOWN,
    MDW_FORMAT_PE,
    MDW_FORMAT_ELF,
    MDW_FORMAT_MACHO
};

typedef struct mdw_module {
    size_t size;
    mdw_range range; /* as the dump has it */
    mdw_range owned; /* what is left after overlaps; size 0: nothing */
    uint32_t format; /* enum mdw_module_format */
    uint32_t raw;    /* index in the ModuleList; 0 is by habit the program */
    mdw_str code_file;
    mdw_str debug_file;
    mdw_str code_id; /* "45D35F6C2d000" of PE: timestamp and size; else hex
                        digits, upper case of Mach-O, lower case of ELF */
    mdw_debug_id debug_id;
    mdw_str version;
    uint32_t timestamp;
} mdw_module;

#ifdef __cplusplus
}
#endif
#endif
