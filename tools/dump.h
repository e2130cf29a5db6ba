/* tools/dump.h - mdwalk dump: one function per stream. */
#ifndef MDWALK_TOOLS_DUMP_H
#define MDWALK_TOOLS_DUMP_H

#include "tools/print.h"

/* "promises 9 records, 7 are there". `name`: the field it stands for. */
void show_list(const printer *p, uint32_t type);
/* True when a record could be read; else one line says why not. */
bool readable(const printer *p, mdw_status status, const mdw_error *err);

void dump_threads(printer *p);
void dump_threads_ex(printer *p);
void dump_thread_infos(printer *p);
void dump_thread_names(printer *p);
void dump_exceptions(printer *p);
void dump_client_stacks(printer *p);

void dump_modules(printer *p);
void dump_unloaded(printer *p);
void dump_function_tables(printer *p);
void dump_handles(printer *p);

void dump_memory32(printer *p);
void dump_memory64(printer *p);
void dump_memory_infos(printer *p);

void dump_system(printer *p);
void dump_misc(printer *p);
void dump_comment(printer *p);
void dump_comment_wide(printer *p);
void dump_system_memory(printer *p);
void dump_vm_counters(printer *p);

void dump_breakpad(printer *p);
void dump_assertion(printer *p);
void dump_cpu_info(printer *p);
void dump_proc_status(printer *p);
void dump_lsb_release(printer *p);
void dump_command_line(printer *p);
void dump_environ(printer *p);
void dump_auxv(printer *p);
void dump_maps(printer *p);
void dump_dso_debug(printer *p);

void dump_crashpad(printer *p);
void dump_mac_crash(printer *p);
void dump_mac_bootargs(printer *p);
void dump_limits(printer *p);
void dump_soft_errors(printer *p);

#endif
