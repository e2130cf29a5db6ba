/* lib/crash/cxx.c - the C++ exception that nobody caught. */
#include "lib/crash/parts.h"

enum { STACK_WORDS = 4096, MAX_BASES = 8, NAME_MAX = 512 };

/* "GNUCC++\0" and "CLNGC++\0" as the words that exception_class holds: Itanium
 * C++ ABI, exception handling, 2.2.1. The last byte is 1 for a dependent one.
 * The ARM EHABI has eight characters instead, in their order. */
static bool is_class(const scene *s, uint64_t value)
{
    uint64_t in_order = __builtin_bswap64(value);
    if (s->arch == MDW_ARCH_ARM && !s->system.big_endian)
        value = in_order;
    return value == UINT64_C(0x474E5543432B2B00) ||
           value == UINT64_C(0x434C4E47432B2B00);
}

/* From the unwind header back to the type: __cxa_exception of libstdc++ and
 * libc++abi, and of the ARM EHABI. 32-bit x86 pads the header to 16 bytes. */
static uint64_t type_distance(const scene *s)
{
    if (s->pointer == 8)
        return 80;
    return s->arch == MDW_ARCH_ARM ? 32 : 48;
}

/* Where `what` begins in the standard's errors: behind the vtable, as a pointer
 * to characters in both libraries. */
static bool has_what(mdw_str type)
{
    static const char errors[][22] = {
        "St13runtime_error",    "St11logic_error",    "St12out_of_range",
        "St16invalid_argument", "St12length_error",   "St12domain_error",
        "St11range_error",      "St14overflow_error", "St15underflow_error"};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (str_is(type, errors[i]))
            return true;
    return false;
}

/* The name that a std::type_info points to. Only names are read from files:
 * they hold no pointers. */
static mdw_str type_name(scene *s, uint64_t type, uint64_t *at)
{
    if (!scene_load(s, type + s->pointer, s->pointer, at) || !*at)
        return (mdw_str){"", 0};
    mdw_str text = text_at(s, &s->code, *at);
    /* GCC's mark of a type that only this module knows. */
    return str_starts(text, STR("*")) ? str_slice(text, 1, text.len) : text;
}

/* A class with one base has the base's type_info behind its name: Itanium C++
 * ABI, RTTI layout. What is read of another class has no name of these. */
static bool inherits_what(scene *s, uint64_t type)
{
    uint64_t at;
    for (int i = 0; i < MAX_BASES; i++) {
        mdw_str name = type_name(s, type, &at);
        if (!name.len || has_what(name))
            return name.len > 0;
        if (!scene_load(s, type + UINT64_C(2) * s->pointer, s->pointer, &type))
            return false;
    }
    return false;
}

static bool itanium_header(scene *s, uint64_t header)
{
    uint64_t type, name, what;
    uint64_t object = header + (s->arch == MDW_ARCH_ARM ? 88u : 32u);
    if (!scene_load(s, header - type_distance(s), s->pointer, &type) || !type)
        return false;
    mdw_str text = type_name(s, type, &name);
    if (!text.len || text.len > NAME_MAX)
        return false;
    message_add(s, MDW_MESSAGE_CXX_TYPE, MDW_NONE, name, text);
    if (inherits_what(s, type) &&
        scene_load(s, object + s->pointer, s->pointer, &what))
        message_add(s, MDW_MESSAGE_CXX_WHAT, MDW_NONE, what,
                    text_at(s, &s->memory, what));
    return true;
}

/* std::terminate is called with the exception on its way: somewhere in the
 * youngest frames lies a pointer to its header. */
static void itanium(scene *s)
{
    uint64_t word, class_of;
    for (uint64_t i = 0; s->has_sp && i < STACK_WORDS; i++) {
        if (!scene_load(s, s->sp + i * s->pointer, s->pointer, &word))
            return;
        if (word < 0x10000 || word % 8 || !scene_load(s, word, 8, &class_of) ||
            !is_class(s, class_of))
            continue;
        if (itanium_header(s, word))
            return;
    }
}

/* MSVC: magic, object, ThrowInfo, image base. ThrowInfo + 12: catchable types
 * {count, RVA[]}; a type + 4: TypeDescriptor {vtable, spare, name}. */
static void microsoft(scene *s)
{
    bool wide = s->pointer == 8;
    uint64_t base = wide ? parameter(&s->system, &s->e, 3) : 0;
    uint64_t info = parameter(&s->system, &s->e, 2);
    uint64_t list, type, descriptor, name;
    if (parameter_count(&s->e) < (wide ? 4u : 3u) ||
        s->e.info[0] - UINT64_C(0x19930520) > 2 ||
        !scene_load(s, info + 12, 4, &list) ||
        !scene_load(s, base + list + 4, 4, &type) ||
        !scene_load(s, base + type + 4, 4, &descriptor))
        return;
    name = base + descriptor + UINT64_C(2) * s->pointer;
    message_add(s, MDW_MESSAGE_CXX_TYPE, MDW_NONE, name,
                text_at(s, &s->memory, name));
}

void find_cxx_exception(scene *s)
{
    bool aborted = (is_linux(s) && s->e.code == SIGNAL_ABORT) || is_mac(s);
    if (is_windows(s) && s->e.code == WIN_CXX_EXCEPTION)
        microsoft(s);
    else if (aborted)
        itanium(s);
}
