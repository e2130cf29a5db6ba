/* lib/unwind/dwarf_all.c - every row of a table, once and in order. */
#include "lib/unwind/dwarf_cfi.h"

/* Instructions of a CIE are run for each of its FDEs, and those of an FDE again
 * where another lies inside it. In real tables all together are fewer than the
 * table's own bytes. */
enum { RUNS_PER_BYTE = 4, RUNS_LEAST = 4096 };

typedef struct sweep {
    const dwarf_cfi *cfi;
    row_fn each;
    void *user;
    uint64_t from, last; /* the stretch that is being read, both inside */
    uint64_t left;       /* bytes of instructions that may be run */
    uint64_t *broken;
} sweep;

/* What of the row lies in the stretch. */
static mdw_status cut_row(void *user, mdw_row *row)
{
    const sweep *s = user;
    uint64_t first = row->pc.start, last = first + (row->pc.size - 1);
    if (first < s->from)
        first = s->from;
    if (last > s->last)
        last = s->last;
    if (first > last)
        return MDW_OK;
    row->pc = (mdw_range){first, last - first + 1};
    return s->each(s->user, row);
}

static mdw_status run_fde(sweep *s, const dwarf_fde *fde)
{
    uint64_t cost = (uint64_t)fde->cie.code.len + fde->code.len + 1;
    if (cost > s->left)
        return MDW_E_LIMIT;
    s->left -= cost;
    return dwarf_run_all(s->cfi, fde, cut_row, s, s->broken);
}

/* Between two starts FDEs only end, so whoever speaks for an address speaks up
 * to its own end. */
static mdw_status read_stretch(sweep *s, uint64_t from, uint64_t last)
{
    dwarf_fde fde;
    for (s->from = from; s->from <= last;) {
        mdw_status status = dwarf_fde_find(s->cfi, s->from, &fde);
        if (status != MDW_OK) {
            *s->broken += status < 0;
            return MDW_OK;
        }
        uint64_t end = fde.pc.start + (fde.pc.size - 1);
        s->last = end < last ? end : last;
        status = run_fde(s, &fde);
        if (status != MDW_OK || s->last == last)
            return status;
        s->from = s->last + 1;
    }
    return MDW_OK;
}

mdw_status dwarf_each_row(const dwarf_cfi *cfi, row_fn each, void *user,
                          uint64_t *broken)
{
    sweep s = {.cfi = cfi,
               .each = each,
               .user = user,
               .left = cfi->bytes.len * (uint64_t)RUNS_PER_BYTE + RUNS_LEAST,
               .broken = broken};
    uint64_t count = dwarf_start_count(cfi), done = 0;
    mdw_status status = MDW_OK;
    for (uint64_t i = 0; i < count && status == MDW_OK; i++) {
        bool more = i + 1 < count;
        uint64_t from = dwarf_start_at(cfi, i);
        uint64_t next = more ? dwarf_start_at(cfi, i + 1) : 0;
        /* One of equal starts, and no way back in a table out of order. */
        if (from < done || (more && next <= from))
            continue;
        status = read_stretch(&s, from, more ? next - 1 : UINT64_MAX);
        done = next;
    }
    return status;
}
