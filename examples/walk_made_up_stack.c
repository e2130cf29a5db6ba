/* examples/walk_made_up_stack.c - the walker alone: a stack that nobody ever
 * had, in an array. It needs no dump and no symbols. */
#include <inttypes.h>
#include <mdwalk/unwind.h>
#include <stdio.h>
#include <string.h>

/* What lies at STACK: two frames, each with the caller's rbp and the address
 * that it returns to. */
static const uint64_t STACK = 0x7FFC1000;
static const uint64_t words[] = {1, 0x7FFC1020, 0x401234, 2, 0, 0x405678};

static size_t read_memory(void *user, uint64_t addr, void *dst, size_t len)
{
    (void)user;
    if (addr < STACK || addr - STACK >= sizeof words)
        return 0;
    size_t left = sizeof words - (size_t)(addr - STACK);
    len = len < left ? len : left;
    memcpy(dst, (const char *)words + (addr - STACK), len);
    return len;
}

static void set(mdw_regs *regs, const char *name, uint64_t value)
{
    mdw_str text = {name, strlen(name)};
    uint32_t reg = mdw_reg_find(MDW_ARCH_X86_64, text);
    regs->valid |= UINT64_C(1) << reg;
    regs->value[reg] = value;
}

int main(void)
{
    mdw_image program = MDW_INIT(mdw_image);
    program.range = (mdw_range){0x400000, 0x10000};
    const mdw_image *images[] = {&program};
    mdw_unwinder_options options = MDW_INIT(mdw_unwinder_options);
    options.arch = MDW_ARCH_X86_64;
    options.os = MDW_OS_LINUX;

    mdw_regs regs = {0};
    set(&regs, "rip", 0x400010);
    set(&regs, "rsp", STACK);
    set(&regs, "rbp", STACK + 8);
    mdw_walk_input input = MDW_INIT(mdw_walk_input);
    input.regs = &regs;
    input.memory.read = read_memory;

    mdw_unwinder *unwinder = NULL;
    mdw_walk *walk = NULL;
    mdw_frame frame = MDW_INIT(mdw_frame);
    if (mdw_unwinder_new(&options, images, 1, &unwinder, NULL) == MDW_OK &&
        mdw_walk_new(unwinder, NULL, &walk, NULL) == MDW_OK &&
        mdw_walk_begin(walk, &input) == MDW_OK)
        while (mdw_walk_next(walk, &frame) == MDW_OK)
            printf("pc 0x%" PRIx64 ", sp 0x%" PRIx64 "\n", frame.pc, frame.sp);
    bool bottom = walk && mdw_walk_stop(walk) == MDW_STOP_BOTTOM;
    mdw_walk_close(walk);
    mdw_unwinder_close(unwinder);
    return bottom ? 0 : 1;
}
