/* lib/dump/vm_counters.c - ProcessVmCountersStream. */
#include "lib/dump/dump.h"

/* The second revision puts two fields before PrivateUsage. */
static void read_2(reader *r, mdw_raw_vm_counters *c)
{
    c->peak_virtual = reader_u64(r);
    c->virtual_size = reader_u64(r);
    c->private_usage = reader_u64(r);
    c->private_working_set = reader_u64(r);
    c->shared_commit = reader_u64(r);
    c->job_shared_commit = reader_u64(r);
    c->job_private_commit = reader_u64(r);
    c->job_peak_private_commit = reader_u64(r);
    c->job_private_limit = reader_u64(r);
    c->job_total_limit = reader_u64(r);
}

mdw_status mdw_dump_vm_counters(const mdw_dump *dump, mdw_raw_vm_counters *out,
                                mdw_error *err)
{
    reader r;
    mdw_status s = stream_open(dump, MDW_STREAM_PROCESS_VM_COUNTERS, &r, err);
    if (s)
        return s;
    mdw_raw_vm_counters c = MDW_INIT(mdw_raw_vm_counters);
    c.offset = r.origin;
    c.revision = reader_u16(&r);
    uint32_t flags = reader_u16(&r); /* the first revision: alignment */
    c.page_faults = reader_u32(&r);
    c.peak_working_set = reader_u64(&r);
    c.working_set = reader_u64(&r);
    c.peak_paged_pool = reader_u64(&r);
    c.paged_pool = reader_u64(&r);
    c.peak_nonpaged_pool = reader_u64(&r);
    c.nonpaged_pool = reader_u64(&r);
    c.pagefile = reader_u64(&r);
    c.peak_pagefile = reader_u64(&r);
    if (c.revision >= 2) {
        c.flags = flags;
        read_2(&r, &c);
    } else {
        c.private_usage = reader_u64(&r);
    }
    s = reader_status(&r, "MINIDUMP_PROCESS_VM_COUNTERS", err);
    return s ? s : record_write(out, &c, sizeof c);
}
