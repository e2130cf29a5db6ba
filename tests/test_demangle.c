/* tests/test_demangle.c - names of C++ and Rust, as c++filt prints them, and
 * the limits. `test_demangle --filter` does what `c++filt -i` does, for lists
 * of any length. */
#include "lib/symbol/demangle.h"
#include "t.h"

static char out[DEMANGLE_OUT_MAX];

static const struct {
    const char *name, *in, *want;
} rows[] = {
    {"a function with arguments", "_Z3fooiPKc", "foo(int, char const*)"},
    {"a nested name", "_ZN1a1b1cEv", "a::b::c()"},
    {"a constructor", "_ZN1aC2Ev", "a::a()"},
    {"a constant member", "_ZNK3std6vectorIiE4sizeEv",
     "std::vector<int>::size() const"},
    {"standard substitutions stay short", "_Z1fSs", "f(std::string)"},
    {"a template with a pack", "_Z1fIJidEEvDpT_",
     "void f<int, double>(int, double)"},
    {"a lambda", "_ZZ4mainENKUlvE_clEv",
     "main::{lambda()#1}::operator()() const"},
    {"an anonymous namespace", "_ZN12_GLOBAL__N_11fEv",
     "(anonymous namespace)::f()"},
    {"a clone of GCC", "_Z3foov.part.0", "foo() [clone .part.0]"},
    {"a cold part", "_Z3foov.cold", "foo() [clone .cold]"},
    {"a virtual table", "_ZTV1a", "vtable for a"},
    {"a thunk", "_ZThn16_N1a1fEv", "non-virtual thunk to a::f()"},
    {"a name of Mach-O", "__ZN1a1bEv", "a::b()"},
    {"Rust's old form, without its hash",
     "_ZN4core3fmt9Formatter3pad17h0123456789abcdefE",
     "core::fmt::Formatter::pad"},
    {"Rust's old form with escapes",
     "_ZN55_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core..Drop$GT$"
     "4drop17h0123456789abcdefE",
     "<alloc::vec::Vec<T> as core::Drop>::drop"},
    {"Rust v0", "_RNvC6_123foo3bar", "123foo::bar"},
    {"Rust v0 with a crate's hash", "_RNvCs15kBYyAo9fc_7mycrate7example",
     "mycrate::example"},
    {"Rust v0 with generics", "_RINvNtC3std3mem8align_ofjdE",
     "std::mem::align_of::<usize, f64>"},
    {"a name of C stays", "main", ""},
    {"nothing stays", "", ""},
    {"a broken name stays", "_ZN1a", ""},
    {"an MSVC name stays", "?f@@YAXXZ", ""},
};

static void check_limits(void)
{
    char name[DEMANGLE_NAME_MAX + 2];
    t_case = "4 KiB are demangled";
    memset(name, 'a', sizeof name);
    memcpy(name, "_Z4089", 6);
    name[6 + 4089] = 'v';
    CHECK_U64(demangle((mdw_str){name, 4096}, out, sizeof out), 4089 + 2);
    t_case = "more than 4 KiB stay";
    memcpy(name, "_Z4090", 6);
    name[6 + 4090] = 'v';
    CHECK_U64(demangle((mdw_str){name, 4097}, out, sizeof out), 0);

    /* Each argument is a function that takes the one before it twice. */
    size_t len = 7;
    memcpy(name, "_Z1fP1a", len);
    for (int i = 0; i < 24; i++) {
        char digit = (char)(i < 10 ? '0' + i : 'A' + i - 10);
        char part[16];
        int n = snprintf(part, sizeof part, "FvS%c_S%c_E", digit, digit);
        memcpy(name + len, part, (size_t)n);
        len += (size_t)n;
        if (i == 9) {
            t_case = "97 bytes become 22 KiB";
            CHECK_U64(demangle((mdw_str){name, len}, out, sizeof out), 22441);
        }
    }
    t_case = "223 bytes that would become 369 MB are left";
    CHECK_U64(demangle((mdw_str){name, len}, out, sizeof out), 0);

    t_case = "what does not fit is left, and no byte written behind";
    memset(out, '#', sizeof out);
    mdw_str foo = {"_Z3foov", 7};
    CHECK_U64(demangle(foo, out, 4), 0);
    CHECK(out[4] == '#');
    CHECK_U64(demangle(foo, out, 5), 5);
    CHECK(out[5] == '#');
}

static int filter(void)
{
    static char line[1 << 20];
    while (fgets(line, sizeof line, stdin)) {
        size_t len = strcspn(line, "\n");
        size_t n = demangle((mdw_str){line, len}, out, sizeof out);
        printf("%.*s\n", (int)(n ? n : len), n ? out : line);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "--filter"))
        return filter();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        t_case = rows[i].name;
        mdw_str in = {rows[i].in, strlen(rows[i].in)};
        size_t n = demangle(in, out, sizeof out);
        CHECK_U64(n, strlen(rows[i].want));
        CHECK(n != strlen(rows[i].want) || !memcmp(out, rows[i].want, n));
    }
    check_limits();
    return t_done();
}
