/* lib/unwind/step_rows.c - whatever the image's own row function knows. */
#include "lib/unwind/walk.h"

static uint8_t kind_of(const mdw_row *row, uint8_t reg)
{
    return reg < MDW_MAX_REGS && row->set >> reg & 1 ? row->reg[reg].kind
                                                     : MDW_RULE_DEFAULT;
}

/* Of the two names that a return address can have on a link-register machine
 * pc counts. */
static bool return_lost(const arch *a, const mdw_row *row)
{
    uint8_t pc = kind_of(row, a->pc);
    return pc == MDW_RULE_UNDEFINED ||
           (pc == MDW_RULE_DEFAULT &&
            kind_of(row, a->lr) == MDW_RULE_UNDEFINED);
}

static mdw_status run(mdw_walk *w, uint32_t choice, mdw_row *row)
{
    const mdw_unwinder *u = w->unwinder;
    uint32_t i = image_find(u, w->frame.lookup);
    if (i == MDW_NONE || !u->images[i].image.rows)
        return MDW_ABSENT;
    const mdw_image *image = &u->images[i].image;
    mdw_row_query query = {
        .size = sizeof query,
        .pc = w->frame.lookup,
        .context = frame_exact(w),
        .choice = choice,
        .args = w->args,
        .regs = &w->frame.regs,
        .memory = w->input.memory,
        .code = w->input.code.read ? w->input.code : w->input.memory,
        .place = u->options.place,
        .place_user = u->options.place_user,
    };
    mdw_status status = image->rows(image->user, image, &query, row);
    if (status > 0)
        return status == MDW_AGAIN ? status : MDW_ABSENT;
    if (status < 0)
        return status;
    if (row->set >> u->arch->reg_count)
        return MDW_E_RANGE; /* registers that this CPU doesn't have */
    return return_lost(u->arch, row) || row->flags & MDW_ROW_BOTTOM ? MDW_END
                                                                    : MDW_OK;
}

const step step_rows = {.name = "rows",
                        .trust = MDW_TRUST_CFI,
                        .source = MDW_SOURCE_CALLER,
                        .choices = 4,
                        .enough = ENOUGH,
                        .keeps = true,
                        .run = run};
