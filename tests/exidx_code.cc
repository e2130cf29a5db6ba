// tests/exidx_code.cc - functions whose frames take every kind of unwind
// instruction that compilers write for ARM, some with a personality routine.
#include <stdarg.h>

extern "C" {
int use(void *at, int value);
double weigh(double value);

int many_words(int n)
{
    char bytes[3000];
    return use(bytes, n) + bytes[n];
}

int by_frame_pointer(int n)
{
    char *bytes = static_cast<char *>(__builtin_alloca(n));
    return use(bytes, n) + bytes[0];
}

int arguments_on_stack(int n, ...)
{
    va_list args;
    va_start(args, n);
    int value = use(va_arg(args, void *), n);
    va_end(args);
    return value;
}

double wide_registers(double a, double b, double c, double d)
{
    double e = weigh(a), f = weigh(b);
    double g = weigh(a + e), h = weigh(b + f);
    return weigh(c + g) * a + weigh(d + h) * b + c * e + d * f + g * h;
}

int all_registers(int *p)
{
    int a = use(p, p[0]), b = use(p, p[1]), c = use(p, p[2]);
    int d = use(p, p[3]), e = use(p, p[4]), f = use(p, p[5]);
    int g = use(p, a + b), h = use(p, c + d), i = use(p, e + f);
    return use(p, a) + b + c + d + e + f + g + h + i;
}
}

namespace
{
struct held {
    int value;
    ~held()
    {
        use(this, value);
    }
};
} // namespace

int cleaned_up(int n)
{
    held first = {n}, second = {n + 1};
    char bytes[1000];
    return use(bytes, first.value) + use(&second, bytes[n]);
}

int cleaned_up_with_words(int n, double a)
{
    held first = {n};
    char *bytes = static_cast<char *>(__builtin_alloca(n));
    double b = weigh(a);
    return use(bytes, n) + static_cast<int>(weigh(b) + a + b);
}

int caught(int n)
{
    try {
        return use(&n, n);
    } catch (int thrown) {
        return use(&n, thrown);
    }
}
