/* mdwalk/dump.h - a minidump as it lies in the file. Nothing is converted,
 * nothing is copied: every slice points into the caller's bytes.
 *
 * Streams come in three shapes: one record; a count and an indexed record,
 * where the stride is fixed; a cursor, where it is not. All functions but open
 * and close take a const dump and may run on many threads at once. A record
 * that the file does not hold whole is MDW_E_TRUNCATED, a stream that is not
 * there MDW_ABSENT. */
#ifndef MDWALK_DUMP_H
#define MDWALK_DUMP_H

#include "mdwalk/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mdw_dump mdw_dump;

typedef struct mdw_dump_options {
    size_t size;
    uint32_t max_streams; /* 0: 4096; the rest of a longer directory is left */
    const mdw_allocator *alloc;
} mdw_dump_options;

/* Checks the header and the stream directory, nothing else. `bytes` must stay
 * readable and unchanged until the dump is closed. MDW_E_FORMAT: no minidump;
 * MDW_E_TRUNCATED: not even the header, or no directory entry, is there. */
MDW_API mdw_status mdw_dump_open(mdw_bytes bytes,
                                 const mdw_dump_options *options,
                                 mdw_dump **out, mdw_error *err);
MDW_API void mdw_dump_close(mdw_dump *dump); /* NULL is fine */
MDW_API mdw_bytes mdw_dump_bytes(const mdw_dump *dump);

/* --- header and streams ------------------------------------------------ */

/* MINIDUMP_HEADER, 32 bytes. */
typedef struct mdw_header {
    size_t size;
    uint32_t version; /* low half 0xa793; the high half is the writer's */
    uint32_t stream_count;
    uint64_t directory_offset;
    uint32_t checksum;
    uint32_t timestamp; /* seconds since 1970 */
    uint64_t flags;     /* MINIDUMP_TYPE */
    bool big_endian;
} mdw_header;
MDW_API mdw_status mdw_dump_header(const mdw_dump *dump, mdw_header *out);

/* MINIDUMP_STREAM_TYPE: the ones this library decodes. */
enum mdw_stream_type {
    MDW_STREAM_THREAD_LIST = 3,
    MDW_STREAM_MODULE_LIST = 4,
    MDW_STREAM_MEMORY_LIST = 5,
    MDW_STREAM_EXCEPTION = 6,
    MDW_STREAM_SYSTEM_INFO = 7,
    MDW_STREAM_THREAD_EX_LIST = 8,
    MDW_STREAM_MEMORY64_LIST = 9,
    MDW_STREAM_COMMENT_A = 10,
    MDW_STREAM_COMMENT_W = 11,
    MDW_STREAM_HANDLE_DATA = 12,
    MDW_STREAM_FUNCTION_TABLE = 13,
    MDW_STREAM_UNLOADED_MODULE_LIST = 14,
    MDW_STREAM_MISC_INFO = 15,
    MDW_STREAM_MEMORY_INFO_LIST = 16,
    MDW_STREAM_THREAD_INFO_LIST = 17,
    MDW_STREAM_SYSTEM_MEMORY_INFO = 21,
    MDW_STREAM_PROCESS_VM_COUNTERS = 22,
    MDW_STREAM_THREAD_NAMES = 24,
    MDW_STREAM_BREAKPAD_INFO = 0x47670001,
    MDW_STREAM_ASSERTION_INFO = 0x47670002,
    MDW_STREAM_LINUX_CPU_INFO = 0x47670003,
    MDW_STREAM_LINUX_PROC_STATUS = 0x47670004,
    MDW_STREAM_LINUX_LSB_RELEASE = 0x47670005,
    MDW_STREAM_LINUX_CMD_LINE = 0x47670006,
    MDW_STREAM_LINUX_ENVIRON = 0x47670007,
    MDW_STREAM_LINUX_AUXV = 0x47670008,
    MDW_STREAM_LINUX_MAPS = 0x47670009,
    MDW_STREAM_LINUX_DSO_DEBUG = 0x4767000A,
    MDW_STREAM_CRASHPAD_INFO = 0x43500001,
    MDW_STREAM_MOZ_MACOS_CRASH_INFO = 0x4D7A0001,
    MDW_STREAM_MOZ_MACOS_BOOTARGS = 0x4D7A0002,
    MDW_STREAM_MOZ_LINUX_LIMITS = 0x4D7A0003,
    MDW_STREAM_MOZ_SOFT_ERRORS = 0x4D7A0004,
    MDW_STREAM_SENTRY_STACKS = 0x53790001
};
/* Also of the many types that are only named; NULL where even that is not
 * known. The name is that of the official constant without "Stream". */
MDW_API const char *mdw_stream_name(uint32_t type);

typedef struct mdw_stream {
    size_t size;
    uint32_t type;
    uint64_t offset;
    uint64_t promised; /* bytes, as the directory says */
    mdw_bytes data;    /* what of them lies inside the file */
} mdw_stream;

MDW_API size_t mdw_dump_stream_count(const mdw_dump *dump);
/* In the directory's order, unused entries included. */
MDW_API mdw_status mdw_dump_stream_at(const mdw_dump *dump, size_t index,
                                      mdw_stream *out, mdw_error *err);
/* First stream of `type` that is not empty: writers leave entries of size 0
 * for what they could not write. */
MDW_API mdw_status mdw_dump_stream(const mdw_dump *dump, uint32_t type,
                                   mdw_stream *out, mdw_error *err);

/* What a list stream says of itself. `present` records can be read; a list
 * that promises more is cut short, and `promised` tells. */
typedef struct mdw_list {
    size_t size;
    uint64_t promised;
    uint64_t present;
    uint32_t stride; /* bytes from one record to the next; 0: they differ */
    uint64_t offset; /* of the first record in the file */
} mdw_list;
/* Thread, ThreadEx, Module, Memory, Memory64, Handle, FunctionTable, Unloaded,
 * MemoryInfo, ThreadInfo, ThreadNames; MDW_E_UNSUPPORTED for others. */
MDW_API mdw_status mdw_dump_list(const mdw_dump *dump, uint32_t type,
                                 mdw_list *out, mdw_error *err);

/* Names and locations of a record that lie outside the file: they read as
 * empty, and the record says so here instead of being lost. Of memory, stacks,
 * object information and function tables the part inside the file is kept. */
enum mdw_damage_flag {
    MDW_DAMAGE_NAME = 1 << 0,
    MDW_DAMAGE_CV = 1 << 1,
    MDW_DAMAGE_MISC = 1 << 2,
    MDW_DAMAGE_STACK = 1 << 3,
    MDW_DAMAGE_CONTEXT = 1 << 4,
    MDW_DAMAGE_DATA = 1 << 5, /* memory, value, object information */
    MDW_DAMAGE_TYPE_NAME = 1 << 6,
    MDW_DAMAGE_BACKING = 1 << 7
};

/* Where an iteration is. Frozen; all zero is the start, `index` counts what
 * has been read, the rest is the iteration's own. A failure about a record
 * moves it on as well, so that asking until MDW_END ends. */
typedef struct mdw_cursor {
    uint64_t index;
    uint64_t offset;
    uint64_t data;
} mdw_cursor;

/* --- threads ----------------------------------------------------------- */

/* MINIDUMP_THREAD, 48 bytes; MINIDUMP_THREAD_EX, 64. */
typedef struct mdw_raw_thread {
    size_t size;
    uint64_t offset; /* of the record in the file */
    uint32_t damage; /* enum mdw_damage_flag */
    uint32_t id;
    uint32_t suspend_count;
    uint32_t priority_class;
    uint32_t priority;
    uint64_t teb;
    uint64_t stack_addr;
    uint64_t stack_size; /* as recorded */
    mdw_bytes stack;     /* empty in full dumps: look in the memory lists */
    mdw_bytes context;
    uint64_t context_offset;
    uint64_t backing_addr; /* THREAD_EX only: IA-64's register stack */
    mdw_bytes backing;
} mdw_raw_thread;
MDW_API size_t mdw_dump_thread_count(const mdw_dump *dump);
MDW_API mdw_status mdw_dump_thread(const mdw_dump *dump, size_t index,
                                   mdw_raw_thread *out, mdw_error *err);
MDW_API size_t mdw_dump_thread_ex_count(const mdw_dump *dump);
MDW_API mdw_status mdw_dump_thread_ex(const mdw_dump *dump, size_t index,
                                      mdw_raw_thread *out, mdw_error *err);

/* MINIDUMP_THREAD_NAME, 12 bytes. */
typedef struct mdw_raw_thread_name {
    size_t size;
    uint64_t offset;
    uint32_t damage;
    uint32_t id;
    mdw_utf16 name;
} mdw_raw_thread_name;
MDW_API size_t mdw_dump_thread_name_count(const mdw_dump *dump);
MDW_API mdw_status mdw_dump_thread_name(const mdw_dump *dump, size_t index,
                                        mdw_raw_thread_name *out,
                                        mdw_error *err);

/* MINIDUMP_THREAD_INFO, 64 bytes. Times are FILETIME: 100 ns since 1601;
 * kernel and user are durations of the same unit. */
typedef struct mdw_raw_thread_info {
    size_t size;
    uint64_t offset;
    uint32_t id;
    uint32_t flags; /* MINIDUMP_THREAD_INFO_* */
    uint32_t error; /* HRESULT */
    uint32_t exit_status;
    uint64_t create_time;
    uint64_t exit_time;
    uint64_t kernel_time;
    uint64_t user_time;
    uint64_t start_address;
    uint64_t affinity;
} mdw_raw_thread_info;
MDW_API size_t mdw_dump_thread_info_count(const mdw_dump *dump);
MDW_API mdw_status mdw_dump_thread_info(const mdw_dump *dump, size_t index,
                                        mdw_raw_thread_info *out,
                                        mdw_error *err);

/* --- modules ----------------------------------------------------------- */

/* MINIDUMP_MODULE, 108 bytes. */
typedef struct mdw_raw_module {
    size_t size;
    uint64_t offset;
    uint32_t damage;
    mdw_range range;
    uint32_t checksum;
    uint32_t timestamp; /* seconds since 1970 */
    mdw_utf16 name;
    mdw_bytes version; /* VS_FIXEDFILEINFO, 52 bytes */
    mdw_bytes cv;      /* CodeView record */
    mdw_bytes misc;    /* IMAGE_DEBUG_MISC */
    uint64_t cv_offset;
} mdw_raw_module;
MDW_API size_t mdw_dump_module_count(const mdw_dump *dump);
MDW_API mdw_status mdw_dump_module(const mdw_dump *dump, size_t index,
                                   mdw_raw_module *out, mdw_error *err);

/* VS_FIXEDFILEINFO. MDW_ABSENT when its signature is not there. */
typedef struct mdw_raw_version {
    size_t size;
    uint32_t struct_version;
    uint32_t file_hi, file_lo;
    uint32_t product_hi, product_lo;
    uint32_t flags_mask, flags;
    uint32_t os, type, subtype;
    uint32_t date_hi, date_lo;
} mdw_raw_version;
MDW_API mdw_status mdw_dump_version(const mdw_dump *dump, mdw_bytes version,
                                    mdw_raw_version *out);

enum mdw_cv_kind {
    MDW_CV_UNKNOWN,
    MDW_CV_PDB70, /* RSDS */
    MDW_CV_PDB20, /* NB10 */
    MDW_CV_ELF,   /* BpEL */
    MDW_CV_NB09,
    MDW_CV_NB11
};
/* A module's CodeView record. */
typedef struct mdw_raw_cv {
    size_t size;
    uint32_t kind; /* enum mdw_cv_kind */
    uint32_t signature;
    uint8_t guid[16];   /* PDB70, in GUID text order */
    uint32_t timestamp; /* PDB20 */
    uint32_t age;
    mdw_str file;       /* the PDB's name as it lies there, without its NUL */
    mdw_bytes build_id; /* ELF */
} mdw_raw_cv;
MDW_API mdw_status mdw_dump_cv(const mdw_dump *dump, mdw_bytes cv,
                               mdw_raw_cv *out);

/* MINIDUMP_UNLOADED_MODULE, 24 bytes. */
typedef struct mdw_raw_unloaded {
    size_t size;
    uint64_t offset;
    uint32_t damage;
    mdw_range range;
    uint32_t checksum;
    uint32_t timestamp;
    mdw_utf16 name;
} mdw_raw_unloaded;
MDW_API size_t mdw_dump_unloaded_count(const mdw_dump *dump);
MDW_API mdw_status mdw_dump_unloaded(const mdw_dump *dump, size_t index,
                                     mdw_raw_unloaded *out, mdw_error *err);

/* --- memory ------------------------------------------------------------ */

typedef struct mdw_raw_memory {
    size_t size;
    uint64_t offset; /* of the bytes in the file */
    uint32_t damage;
    bool is_memory64; /* which of the two lists it came from */
    uint64_t addr;
    uint64_t range_size; /* as promised */
    mdw_bytes data;      /* shorter than range_size if the file is cut */
} mdw_raw_memory;
/* MemoryListStream, then Memory64ListStream. MDW_OK and `at` moves on, or
 * MDW_END. */
MDW_API mdw_status mdw_dump_memory_next(const mdw_dump *dump, mdw_cursor *at,
                                        mdw_raw_memory *out, mdw_error *err);

/* MINIDUMP_MEMORY_INFO, 48 bytes. */
typedef struct mdw_raw_memory_info {
    size_t size;
    uint64_t offset;
    mdw_range range;
    uint64_t allocation_base;
    uint32_t allocation_protect; /* PAGE_* */
    uint32_t state;              /* MEM_COMMIT, MEM_RESERVE, MEM_FREE */
    uint32_t protect;            /* PAGE_* */
    uint32_t type;               /* MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE */
} mdw_raw_memory_info;
MDW_API size_t mdw_dump_memory_info_count(const mdw_dump *dump);
MDW_API mdw_status mdw_dump_memory_info(const mdw_dump *dump, size_t index,
                                        mdw_raw_memory_info *out,
                                        mdw_error *err);

/* --- exceptions -------------------------------------------------------- */

/* MINIDUMP_EXCEPTION_STREAM, 168 bytes. LLDB writes one for each thread. */
typedef struct mdw_raw_exception {
    size_t size;
    uint64_t offset;
    uint32_t damage;
    uint32_t thread_id;
    uint32_t code;
    uint32_t flags;
    uint64_t nested; /* ExceptionRecord: an address in the target */
    uint64_t address;
    uint32_t info_count; /* at most 15 */
    uint64_t info[15];
    mdw_bytes context;
    uint64_t context_offset;
} mdw_raw_exception;
MDW_API size_t mdw_dump_exception_count(const mdw_dump *dump);
MDW_API mdw_status mdw_dump_exception(const mdw_dump *dump, size_t index,
                                      mdw_raw_exception *out, mdw_error *err);

/* --- system and process ------------------------------------------------ */

/* MINIDUMP_SYSTEM_INFO, 56 bytes. */
typedef struct mdw_raw_system {
    size_t size;
    uint64_t offset;
    uint32_t damage;
    uint32_t arch; /* PROCESSOR_ARCHITECTURE */
    uint32_t level;
    uint32_t revision;
    uint32_t cpu_count;
    uint32_t product_type;
    uint32_t major, minor, build;
    uint32_t platform; /* VER_PLATFORM or Breakpad's MD_OS */
    uint32_t suite_mask;
    mdw_utf16 csd;
    mdw_bytes cpu; /* the 24 bytes of the CPU union */
    /* The union's readings; which one holds depends on `arch` and writer. */
    char vendor[12]; /* x86: CPUID 0 */
    uint32_t x86_version, x86_features, amd_features;
    uint32_t arm_cpuid, arm_hwcaps;
    uint64_t features[2]; /* others: IsProcessorFeaturePresent bits */
} mdw_raw_system;
MDW_API mdw_status mdw_dump_system(const mdw_dump *dump, mdw_raw_system *out,
                                   mdw_error *err);
/* "AMD64", "Windows NT" ...; NULL where not known. */
MDW_API const char *mdw_processor_name(uint32_t arch);
MDW_API const char *mdw_platform_name(uint32_t platform);

/* TIME_ZONE_INFORMATION, 172 bytes. Dates are eight uint16 (SYSTEMTIME). */
typedef struct mdw_raw_time_zone {
    int32_t bias; /* minutes */
    mdw_utf16 standard_name;
    uint16_t standard_date[8];
    int32_t standard_bias;
    mdw_utf16 daylight_name;
    uint16_t daylight_date[8];
    int32_t daylight_bias;
} mdw_raw_time_zone;

/* MINIDUMP_MISC_INFO, versions 1 to 5; what `version` lacks is zero. */
typedef struct mdw_raw_misc {
    size_t size;
    uint64_t offset;
    uint32_t version;
    uint32_t size_of_info;
    uint32_t flags; /* MINIDUMP_MISC1_* .. MISC5_*: which fields are valid */
    uint32_t pid;
    uint32_t create_time; /* seconds since 1970 */
    uint32_t user_time, kernel_time;
    uint32_t max_mhz, current_mhz, limit_mhz, max_idle, current_idle;
    uint32_t integrity_level, execute_flags, protected_process, time_zone_id;
    mdw_raw_time_zone time_zone;
    mdw_utf16 build; /* up to their NUL */
    mdw_utf16 debug_build;
    /* XSTATE_CONFIG_FEATURE_MSC_INFO, 528 bytes */
    uint32_t xstate_size, xstate_context_size;
    uint64_t xstate_features;
    struct {
        uint32_t offset, size;
    } xstate[64];
    uint32_t cookie;
} mdw_raw_misc;
MDW_API mdw_status mdw_dump_misc(const mdw_dump *dump, mdw_raw_misc *out,
                                 mdw_error *err);

/* CommentStreamA: text up to its NUL, in whatever 8-bit code it is. */
MDW_API mdw_status mdw_dump_comment(const mdw_dump *dump, mdw_str *out,
                                    mdw_error *err);
MDW_API mdw_status mdw_dump_comment_wide(const mdw_dump *dump, mdw_utf16 *out,
                                         mdw_error *err);

/* MINIDUMP_SYSTEM_MEMORY_INFO_1, 492 bytes. */
#define MDW_SYSTEM_PERFORMANCE_COUNTERS 70
typedef struct mdw_raw_system_memory {
    size_t size;
    uint64_t offset;
    uint32_t revision, flags;
    /* SYSTEM_BASIC_INFORMATION */
    uint32_t timer_resolution, page_size;
    uint32_t physical_pages, lowest_page, highest_page;
    uint32_t allocation_granularity;
    uint64_t min_address, max_address, affinity;
    uint32_t processors;
    /* SYSTEM_FILECACHE_INFORMATION: bytes, pages */
    uint64_t cache_size, cache_peak;
    uint32_t cache_faults;
    uint64_t cache_min, cache_max, cache_transition, cache_transition_peak;
    uint32_t cache_repurposed, cache_flags;
    /* SYSTEM_BASIC_PERFORMANCE_INFORMATION: pages */
    uint64_t available_pages, committed_pages, commit_limit, peak_commitment;
    /* SYSTEM_PERFORMANCE_INFORMATION: 100 ns, bytes, counts, pages */
    uint64_t idle_time, read_bytes, write_bytes, other_bytes;
    uint32_t counters[MDW_SYSTEM_PERFORMANCE_COUNTERS];
    uint64_t dirty_pages, dirty_threshold;
    int64_t resident_available;
    uint64_t shared_committed;
} mdw_raw_system_memory;
MDW_API mdw_status mdw_dump_system_memory(const mdw_dump *dump,
                                          mdw_raw_system_memory *out,
                                          mdw_error *err);
/* The official name of counters[index]; NULL past the last. */
MDW_API const char *mdw_system_counter_name(size_t index);

/* MINIDUMP_PROCESS_VM_COUNTERS_1 and _2: bytes. */
typedef struct mdw_raw_vm_counters {
    size_t size;
    uint64_t offset;
    uint32_t revision;
    uint32_t flags; /* revision 2 */
    uint32_t page_faults;
    uint64_t peak_working_set, working_set;
    uint64_t peak_paged_pool, paged_pool;
    uint64_t peak_nonpaged_pool, nonpaged_pool;
    uint64_t pagefile, peak_pagefile;
    uint64_t private_usage;
    /* revision 2 */
    uint64_t peak_virtual, virtual_size;
    uint64_t private_working_set, shared_commit;
    uint64_t job_shared_commit, job_private_commit, job_peak_private_commit;
    uint64_t job_private_limit, job_total_limit;
} mdw_raw_vm_counters;
MDW_API mdw_status mdw_dump_vm_counters(const mdw_dump *dump,
                                        mdw_raw_vm_counters *out,
                                        mdw_error *err);

/* --- handles and function tables ---------------------------------------- */

/* MINIDUMP_HANDLE_DESCRIPTOR, 32 bytes, or _2, 40. */
typedef struct mdw_raw_handle {
    size_t size;
    uint64_t offset;
    uint32_t damage;
    uint64_t handle;
    mdw_utf16 type_name;
    mdw_utf16 object_name;
    uint32_t attributes;
    uint32_t granted_access;
    uint32_t handle_count;
    uint32_t pointer_count;
    uint32_t object_info; /* file offset of the first record; 0: none */
} mdw_raw_handle;
MDW_API size_t mdw_dump_handle_count(const mdw_dump *dump);
MDW_API mdw_status mdw_dump_handle(const mdw_dump *dump, size_t index,
                                   mdw_raw_handle *out, mdw_error *err);

/* MINIDUMP_HANDLE_OBJECT_INFORMATION: 12 bytes and `data`. */
typedef struct mdw_raw_handle_info {
    size_t size;
    uint64_t offset;
    uint32_t damage;
    uint32_t type; /* MINIDUMP_HANDLE_OBJECT_INFORMATION_TYPE */
    mdw_bytes data;
} mdw_raw_handle_info;
/* Follows handle->object_info. A chain that turns back, or is longer than any,
 * ends with MDW_E_RANGE. */
MDW_API mdw_status mdw_dump_handle_info_next(const mdw_dump *dump,
                                             const mdw_raw_handle *handle,
                                             mdw_cursor *at,
                                             mdw_raw_handle_info *out,
                                             mdw_error *err);

/* MINIDUMP_FUNCTION_TABLE_DESCRIPTOR, 32 bytes, with what follows it. */
typedef struct mdw_raw_function_table {
    size_t size;
    uint64_t offset;
    uint32_t damage;
    uint64_t min_address, max_address, base_address;
    uint32_t entry_count;
    uint32_t entry_size; /* bytes of one function entry */
    mdw_bytes native;    /* the system's own descriptor */
    mdw_bytes entries;   /* RUNTIME_FUNCTION records */
} mdw_raw_function_table;
MDW_API mdw_status mdw_dump_function_table_next(const mdw_dump *dump,
                                                mdw_cursor *at,
                                                mdw_raw_function_table *out,
                                                mdw_error *err);

/* --- Breakpad's streams ------------------------------------------------- */

/* MINIDUMP_BREAKPAD_INFO, 12 bytes. */
typedef struct mdw_raw_breakpad {
    size_t size;
    uint64_t offset;
    uint32_t validity; /* 1: dump_thread, 2: requesting_thread */
    uint32_t dump_thread;
    uint32_t requesting_thread;
} mdw_raw_breakpad;
MDW_API mdw_status mdw_dump_breakpad(const mdw_dump *dump,
                                     mdw_raw_breakpad *out, mdw_error *err);

/* MINIDUMP_ASSERTION_INFO, 776 bytes; texts up to their NUL. */
typedef struct mdw_raw_assertion {
    size_t size;
    uint64_t offset;
    mdw_utf16 expression, function, file;
    uint32_t line;
    uint32_t type; /* 1 invalid parameter, 2 pure virtual call */
} mdw_raw_assertion;
MDW_API mdw_status mdw_dump_assertion(const mdw_dump *dump,
                                      mdw_raw_assertion *out, mdw_error *err);

/* Text streams of `key : value` or `KEY="value"` lines: cpuinfo, status,
 * lsb-release. Keys and values are trimmed, values unquoted. Lines without a
 * separator have an empty key. `type` chooses the stream. */
typedef struct mdw_raw_pair {
    size_t size;
    uint64_t offset;
    mdw_str key, value;
} mdw_raw_pair;
MDW_API mdw_status mdw_dump_pair_next(const mdw_dump *dump, uint32_t type,
                                      mdw_cursor *at, mdw_raw_pair *out,
                                      mdw_error *err);

/* NUL-separated text: cmdline, environ. */
MDW_API mdw_status mdw_dump_text_next(const mdw_dump *dump, uint32_t type,
                                      mdw_cursor *at, mdw_str *out,
                                      mdw_error *err);

/* LinuxAuxv: pairs of the target's pointer width, up to AT_NULL. `pointer` is
 * 4 or 8; 0: by the CPU in SystemInfo. */
typedef struct mdw_raw_auxv {
    size_t size;
    uint64_t type; /* AT_* */
    uint64_t value;
} mdw_raw_auxv;
MDW_API mdw_status mdw_dump_auxv_next(const mdw_dump *dump, uint32_t pointer,
                                      mdw_cursor *at, mdw_raw_auxv *out,
                                      mdw_error *err);
MDW_API const char *mdw_auxv_name(uint64_t type); /* "AT_PHDR", or NULL */

enum mdw_map_flag {
    MDW_MAP_READ = 1 << 0,
    MDW_MAP_WRITE = 1 << 1,
    MDW_MAP_EXEC = 1 << 2,
    MDW_MAP_SHARED = 1 << 3,
    MDW_MAP_DELETED = 1 << 4 /* the path ended in " (deleted)", now cut off */
};
/* A line of /proc/PID/maps; blank lines of text streams are passed over. */
typedef struct mdw_raw_map {
    size_t size;
    uint64_t offset; /* of the line in the dump */
    mdw_range range;
    uint32_t flags; /* enum mdw_map_flag */
    uint64_t file_offset;
    uint64_t device; /* major << 32 | minor */
    uint64_t inode;
    mdw_str path; /* may be empty, "[heap]", ... */
} mdw_raw_map;
/* MDW_E_FORMAT for a line that is none; `at` has moved past it. */
MDW_API mdw_status mdw_dump_map_next(const mdw_dump *dump, mdw_cursor *at,
                                     mdw_raw_map *out, mdw_error *err);

/* LinuxDsoDebug: r_debug as the dynamic loader left it. 64-bit dumps come in
 * two layouts: natural (40 and 24 bytes) and packed (36 and 20). */
typedef struct mdw_raw_dso_debug {
    size_t size;
    uint64_t offset;
    uint32_t version;
    uint32_t maps_offset; /* file offset of the link maps */
    uint32_t count;
    uint64_t brk, load_base, dynamic;
    uint32_t pointer; /* 4 or 8 */
    bool is_packed;
    mdw_bytes dynamic_section; /* what follows the record */
} mdw_raw_dso_debug;
MDW_API mdw_status mdw_dump_dso_debug(const mdw_dump *dump,
                                      mdw_raw_dso_debug *out, mdw_error *err);
typedef struct mdw_raw_link_map {
    size_t size;
    uint64_t offset;
    uint32_t damage;
    uint64_t addr; /* load bias */
    mdw_utf16 name;
    uint64_t dynamic; /* l_ld */
} mdw_raw_link_map;
MDW_API mdw_status mdw_dump_link_map(const mdw_dump *dump,
                                     const mdw_raw_dso_debug *debug,
                                     size_t index, mdw_raw_link_map *out,
                                     mdw_error *err);

/* --- Crashpad ----------------------------------------------------------- */

/* MinidumpCrashpadInfo, 52 bytes, 64 with address_mask. Ids are in GUID text
 * order. */
typedef struct mdw_raw_crashpad {
    size_t size;
    uint64_t offset;
    uint32_t version;
    uint8_t report_id[16];
    uint8_t client_id[16];
    uint64_t address_mask; /* 0: unknown */
    uint32_t module_count; /* records present */
} mdw_raw_crashpad;
MDW_API mdw_status mdw_dump_crashpad(const mdw_dump *dump,
                                     mdw_raw_crashpad *out, mdw_error *err);
/* Which module each of the records is about: its index in the ModuleList as
 * recorded. */
MDW_API mdw_status mdw_dump_crashpad_module(const mdw_dump *dump, size_t index,
                                            uint32_t *out, mdw_error *err);

enum mdw_annotation_kind {
    MDW_ANNOTATION_PROCESS, /* simple, of the whole process: key and value */
    MDW_ANNOTATION_SIMPLE,  /* simple, of a module: key and value */
    MDW_ANNOTATION_LIST,    /* list, of a module: value alone */
    MDW_ANNOTATION_OBJECT   /* object, of a module: key, type and bytes */
};
typedef struct mdw_raw_annotation {
    size_t size;
    uint64_t offset; /* of the value in the file */
    uint32_t damage;
    uint32_t kind;   /* enum mdw_annotation_kind */
    uint32_t module; /* index in the ModuleList, as recorded: it may lie past
                        the end; MDW_NONE for PROCESS */
    uint32_t type;   /* OBJECT: 1 string, 0x8000 and more the user's own */
    mdw_str key;
    mdw_bytes value;
} mdw_raw_annotation;
/* All of them, the process' first, then module by module. */
MDW_API mdw_status mdw_dump_annotation_next(const mdw_dump *dump,
                                            mdw_cursor *at,
                                            mdw_raw_annotation *out,
                                            mdw_error *err);

/* --- Mozilla ------------------------------------------------------------ */

/* A record of MozMacosCrashInfo; texts are C strings as they lie there. */
typedef struct mdw_raw_mac_crash {
    size_t size;
    uint64_t offset;
    uint64_t version;
    uint64_t thread, dialog_mode; /* version 4 */
    uint64_t abort_cause;         /* version 5 */
    mdw_str module, message, signature, backtrace, message2;
} mdw_raw_mac_crash;
MDW_API size_t mdw_dump_mac_crash_count(const mdw_dump *dump);
MDW_API mdw_status mdw_dump_mac_crash(const mdw_dump *dump, size_t index,
                                      mdw_raw_mac_crash *out, mdw_error *err);
MDW_API mdw_status mdw_dump_mac_bootargs(const mdw_dump *dump, mdw_utf16 *out,
                                         mdw_error *err);
/* A line of /proc/PID/limits after its heading; `unit` may be empty. */
typedef struct mdw_raw_limit {
    size_t size;
    uint64_t offset;
    mdw_str name, soft, hard, unit;
} mdw_raw_limit;
MDW_API mdw_status mdw_dump_limit_next(const mdw_dump *dump, mdw_cursor *at,
                                       mdw_raw_limit *out, mdw_error *err);
/* MozSoftErrors: JSON text, not checked. */
MDW_API mdw_status mdw_dump_soft_errors(const mdw_dump *dump, mdw_str *out,
                                        mdw_error *err);

/* --- Sentry's client stack traces --------------------------------------- */

typedef struct mdw_raw_client_stack {
    size_t size;
    uint64_t offset;
    uint32_t thread_id;
    uint32_t first_frame;
    uint32_t frame_count; /* of them present */
} mdw_raw_client_stack;
typedef struct mdw_raw_client_frame {
    size_t size;
    uint64_t offset;
    uint32_t damage;
    uint64_t address;
    mdw_str symbol; /* UTF-8; may be empty */
} mdw_raw_client_frame;
MDW_API size_t mdw_dump_client_stack_count(const mdw_dump *dump);
MDW_API mdw_status mdw_dump_client_stack(const mdw_dump *dump, size_t index,
                                         mdw_raw_client_stack *out,
                                         mdw_error *err);
MDW_API mdw_status mdw_dump_client_frame(const mdw_dump *dump, size_t index,
                                         mdw_raw_client_frame *out,
                                         mdw_error *err);

/* --- names of constants -------------------------------------------------- */

enum mdw_constant_id {
    MDW_CONSTANT_DUMP_FLAGS,        /* mdw_header.flags */
    MDW_CONSTANT_PAGE_PROTECT,      /* PAGE_* */
    MDW_CONSTANT_MEMORY_STATE,      /* MEM_COMMIT, ... */
    MDW_CONSTANT_MEMORY_TYPE,       /* MEM_PRIVATE, ... */
    MDW_CONSTANT_THREAD_INFO_FLAGS, /* MINIDUMP_THREAD_INFO_* */
    MDW_CONSTANT_MISC_FLAGS,        /* MINIDUMP_MISC* */
    MDW_CONSTANT_HANDLE_INFO_TYPE,
    MDW_CONSTANT_VERSION_OS,   /* VS_FIXEDFILEINFO.os */
    MDW_CONSTANT_VERSION_TYPE, /* VS_FIXEDFILEINFO.type */
    MDW_CONSTANT_PRODUCT_TYPE,
    MDW_CONSTANT_SUITE_MASK,
    MDW_CONSTANT_MAP_FLAGS, /* enum mdw_map_flag */
    MDW_CONSTANT_ASSERTION_TYPE,
    MDW_CONSTANT_ANNOTATION_TYPE
};
/* Bit sets: the name of bit `1 << n` as value; others: the value's. NULL:
 * none. */
MDW_API const char *mdw_constant_name(uint32_t constant, uint64_t value);
/* True when values of `constant` are sets of bits. */
MDW_API bool mdw_constant_is_set(uint32_t constant);

#ifdef __cplusplus
}
#endif
#endif
