/* lib/emit/breakpad_stack.c - one thread of "breakpad-human": frames,
 * registers, and the stack's memory where that was asked for. */
#include "lib/base/table.h"
#include "lib/emit/breakpad.h"
#include "lib/emit/registers.h"

enum { ROW = 16, MAX_CONTENTS = 1 << 20 };

void breakpad_say(breakpad *b, mdw_str text)
{
    out_printable(&b->out, text);
}

static void say_place(breakpad *b, uint32_t stack, size_t index,
                      const mdw_frame *f)
{
    breakpad_place p;
    breakpad_place_of(b, stack, index, f, &p);
    out_decimal(&b->out, index, 2);
    out_text(&b->out, "  ");
    breakpad_say(b, p.module);
    if (p.function.len) {
        out_char(&b->out, '!');
        breakpad_say(b, p.function);
    }
    if (p.file.len) {
        out_text(&b->out, " [");
        breakpad_say(b, short_name(p.file));
        out_text(&b->out, " : ");
        out_decimal(&b->out, p.line, 0);
    }
    out_text(&b->out, p.module.len ? " + 0x" : "0x");
    out_hex(&b->out, p.offset, 1);
    out_text(&b->out, p.file.len ? "]\n" : "\n");
}

/* --- the stack's memory ------------------------------------------------- */

/* From a frame's stack pointer to its caller's. */
static mdw_range contents(const breakpad *b, uint32_t stack, size_t index,
                          const mdw_frame *f)
{
    mdw_frame caller = MDW_INIT(mdw_frame);
    size_t count = mdw_report_frame_count(b->view.report, stack);
    while (++index < count)
        if (mdw_report_frame(b->view.report, stack, index, &caller) == MDW_OK &&
            !(caller.flags & MDW_FRAME_INLINE))
            break;
    if (index >= count || caller.sp <= f->sp)
        return (mdw_range){f->sp, 0};
    uint64_t size = caller.sp - f->sp;
    return (mdw_range){f->sp, size < MAX_CONTENTS ? size : MAX_CONTENTS};
}

static size_t read_some(const breakpad *b, uint64_t addr, uint8_t *to,
                        size_t len)
{
    mdw_memory memory = mdw_state_memory(b->view.state);
    return memory.read(memory.user, addr, to, len);
}

/* False: nothing was captured at `addr`. */
static bool say_row(breakpad *b, uint64_t addr, uint64_t left, unsigned digits)
{
    uint8_t bytes[ROW];
    char shown[ROW];
    size_t count = read_some(b, addr, bytes, left < ROW ? (size_t)left : ROW);
    if (!count)
        return false;
    out_text(&b->out, "\n     ");
    out_hex(&b->out, addr, digits);
    for (size_t i = 0; i < ROW; i++) {
        shown[i] = ' ';
        if (i >= count) {
            out_text(&b->out, "   ");
            continue;
        }
        out_char(&b->out, ' ');
        out_hex(&b->out, bytes[i], 2);
        shown[i] = (char)(bytes[i] < 0x20 || bytes[i] > 0x7E ? '.' : bytes[i]);
    }
    out_text(&b->out, "  ");
    out_str(&b->out, (mdw_str){shown, ROW});
    return true;
}

/* As far as it was captured: frames that a dump puts far apart must not cost
 * what lies between them. */
static void say_contents(breakpad *b, mdw_range r, unsigned digits)
{
    out_text(&b->out, "\n    Stack contents:");
    for (uint64_t at = 0; at < r.size; at += ROW)
        if (!say_row(b, r.start + at, r.size - at, digits))
            break;
    out_char(&b->out, '\n');
}

static bool is_code(const breakpad *b, uint64_t addr)
{
    mdw_region region = MDW_INIT(mdw_region);
    return mdw_state_region_find(b->view.state, addr, &region) != MDW_OK ||
           region.flags & MDW_REGION_EXEC;
}

/* Words that point into the code of a module. */
static void say_pointers(breakpad *b, mdw_range r, unsigned digits)
{
    unsigned width = digits / 2;
    out_text(&b->out, "    Possible instruction pointers:\n");
    for (uint64_t at = 0; r.size - at >= width; at += width) {
        uint8_t word[8];
        uint64_t value = 0;
        mdw_module m = MDW_INIT(mdw_module);
        mdw_bytes bytes = {word, read_some(b, r.start + at, word, width)};
        if (!bytes_uint(bytes, 0, width, b->view.system.big_endian, &value))
            return;
        if (mdw_state_module(b->view.state,
                             mdw_state_module_find(b->view.state, value),
                             &m) != MDW_OK ||
            !is_code(b, value))
            continue;
        out_text(&b->out, "     *(0x");
        out_hex(&b->out, r.start + at, digits);
        out_text(&b->out, ") = 0x");
        out_hex(&b->out, value, digits);
        out_char(&b->out, ' ');
        breakpad_say(b, short_name(m.code_file));
        out_text(&b->out, " + 0x");
        out_hex(&b->out, value - m.range.start, 1);
        out_char(&b->out, '\n');
    }
}

static void say_memory(breakpad *b, uint32_t stack, size_t index,
                       const mdw_frame *f)
{
    const mdw_emit_options *o = &b->view.options;
    unsigned digits = pointer_digits(&b->view, f->arch);
    mdw_range r = contents(b, stack, index, f);
    if (!r.size)
        return;
    if (o->stack_contents)
        say_contents(b, r, digits);
    if (o->code_pointers)
        say_pointers(b, r, digits);
}

static void say_frame(breakpad *b, uint32_t stack, size_t index)
{
    mdw_frame f = MDW_INIT(mdw_frame);
    if (mdw_report_frame(b->view.report, stack, index, &f) != MDW_OK)
        return;
    bool inlined = f.flags & MDW_FRAME_INLINE;
    say_place(b, stack, index, &f);
    if (b->view.options.brief)
        return;
    if (inlined)
        out_text(&b->out, " \n");
    else
        registers_say(&b->out, &f, pointer_digits(&b->view, f.arch));
    out_text(&b->out, "    Found by: ");
    out_text(&b->out, inlined ? "inline record" : found_by(f.trust));
    out_char(&b->out, '\n');
    if (!inlined)
        say_memory(b, stack, index, &f);
}

void breakpad_human_stack(breakpad *b, uint32_t stack, size_t number)
{
    size_t count = mdw_report_frame_count(b->view.report, stack);
    out_text(&b->out, "\nThread ");
    out_decimal(&b->out, number, 0);
    if (stack == b->requesting)
        out_text(&b->out, b->crashed ? " (crashed)"
                                     : " (requested dump, did not crash)");
    out_char(&b->out, '\n');
    for (size_t i = 0; i < count; i++)
        say_frame(b, stack, i);
    if (!count)
        out_text(&b->out, " <no frames>\n");
}
