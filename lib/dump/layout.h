/* lib/dump/layout.h - bytes of the records as they lie in the file. Microsoft's
 * have gaps to 4 bytes at most, so none of these is a sizeof here. */
#ifndef MDW_DUMP_LAYOUT_H
#define MDW_DUMP_LAYOUT_H

enum {
    HEADER_SIZE = 32,        /* MINIDUMP_HEADER */
    DIRECTORY_SIZE = 12,     /* MINIDUMP_DIRECTORY */
    LOCATION_SIZE = 8,       /* MINIDUMP_LOCATION_DESCRIPTOR */
    MEMORY_SIZE = 16,        /* MINIDUMP_MEMORY_DESCRIPTOR */
    MEMORY64_HEADER = 16,    /* MINIDUMP_MEMORY64_LIST */
    MEMORY64_SIZE = 16,      /* MINIDUMP_MEMORY_DESCRIPTOR64 */
    THREAD_SIZE = 48,        /* MINIDUMP_THREAD */
    THREAD_EX_SIZE = 64,     /* MINIDUMP_THREAD_EX */
    THREAD_NAME_SIZE = 12,   /* MINIDUMP_THREAD_NAME */
    THREAD_INFO_HEADER = 12, /* MINIDUMP_THREAD_INFO_LIST */
    THREAD_INFO_SIZE = 64,   /* MINIDUMP_THREAD_INFO */
    MODULE_SIZE = 108,       /* MINIDUMP_MODULE */
    VERSION_SIZE = 52,       /* VS_FIXEDFILEINFO */
    UNLOADED_HEADER = 12,    /* MINIDUMP_UNLOADED_MODULE_LIST */
    UNLOADED_SIZE = 24,      /* MINIDUMP_UNLOADED_MODULE */
    MEMORY_INFO_HEADER = 16, /* MINIDUMP_MEMORY_INFO_LIST */
    MEMORY_INFO_SIZE = 48,   /* MINIDUMP_MEMORY_INFO */
    EXCEPTION_SIZE = 168,    /* MINIDUMP_EXCEPTION_STREAM */
    EXCEPTION_INFO_MAX = 15,
    SYSTEM_SIZE = 56,           /* MINIDUMP_SYSTEM_INFO */
    CPU_SIZE = 24,              /* its CPU_INFORMATION */
    MISC_SIZE = 24,             /* MINIDUMP_MISC_INFO */
    MISC_2_SIZE = 44,           /* MINIDUMP_MISC_INFO_2 */
    MISC_3_SIZE = 232,          /* MINIDUMP_MISC_INFO_3 */
    MISC_4_SIZE = 832,          /* MINIDUMP_MISC_INFO_4 */
    MISC_5_SIZE = 1364,         /* MINIDUMP_MISC_INFO_5 */
    HANDLE_HEADER = 16,         /* MINIDUMP_HANDLE_DATA_STREAM */
    HANDLE_SIZE = 32,           /* MINIDUMP_HANDLE_DESCRIPTOR */
    HANDLE_2_SIZE = 40,         /* MINIDUMP_HANDLE_DESCRIPTOR_2 */
    HANDLE_INFO_SIZE = 12,      /* MINIDUMP_HANDLE_OBJECT_INFORMATION */
    FUNCTION_TABLE_HEADER = 24, /* MINIDUMP_FUNCTION_TABLE_STREAM */
    FUNCTION_TABLE_SIZE = 32,   /* MINIDUMP_FUNCTION_TABLE_DESCRIPTOR */
    MAC_CRASH_HEADER = 12,      /* MozMacosCrashInfo, then locations */
    MAC_CRASH_MAX = 20,         /* locations it has room for */
    CRASHPAD_SIZE = 52,         /* MinidumpCrashpadInfo without its mask */
    CRASHPAD_MASK_SIZE = 64,    /* the same with it */
    CRASHPAD_MODULE_SIZE = 28,  /* MinidumpModuleCrashpadInfo */
    CRASHPAD_LINK_SIZE = 12,    /* MinidumpModuleCrashpadInfoLink */
    ANNOTATION_SIZE = 12,       /* MinidumpAnnotation */
    PAIR_SIZE = 8,              /* MinidumpSimpleStringDictionaryEntry */
    CLIENT_HEADER = 16,         /* Sentry's stack traces */
    CLIENT_STACK_SIZE = 12,
    CLIENT_FRAME_SIZE = 16
};

#endif
