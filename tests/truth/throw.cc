/* tests/truth/throw.cc - C++ exceptions that nobody catches. */
#include <stdexcept>
#include <typeinfo>

extern "C" {
#include "shadow.h"

void throw_mode(int a);
void noexcept_mode(int a);
#if !defined __cpp_exceptions
[[noreturn]] void __cxa_throw(void *, std::type_info *, void (*)(void *));
void *__cxa_allocate_exception(size_t) noexcept;
#endif
}

#define NOINLINE __attribute__((noinline))

namespace
{

volatile int sink;

/* Clears up after what was thrown through: the callees' entries are gone when
   the exception has come this far, its function's own is still on the stack. */
struct guard {
    int value;
    uint32_t depth = shadow_mine->depth;
    explicit guard(int a) : value(a)
    {
    }
    ~guard()
    {
        sink = sink + value;
        shadow_mine->depth = depth;
    }
};

/* Without tables there are no exceptions in the language, but the runtime that
   is asked to throw one finds no table either. */
template <class T> struct box {
    T value;
    NOINLINE void fail(int a)
    {
        ENTER();
        guard g{a};
#if defined __cpp_exceptions
        if (a > 3)
            throw std::runtime_error("nobody catches this");
#else
        __cxa_throw(__cxa_allocate_exception(sizeof a),
                    const_cast<std::type_info *>(&typeid(int)), nullptr);
#endif
        sink = a;
        LEAVE();
    }
};

NOINLINE void inner(int a)
{
    ENTER();
    guard g{a};
    box<int> b{a};
    b.fail(a + 1);
    sink = 1;
    LEAVE();
}

/* Catches something else. */
NOINLINE void catcher(int a)
{
    ENTER();
#if defined __cpp_exceptions
    try {
        inner(a);
    } catch (std::logic_error &) {
        sink = 3;
    }
#else
    inner(a);
#endif
    sink = 2;
    LEAVE();
}

NOINLINE void promises(int a) noexcept
{
    ENTER();
    inner(a);
    sink = 4;
    LEAVE();
}

struct base {
    virtual void run(int a) = 0;
    virtual ~base() = default;
};

struct derived : base {
    NOINLINE void run(int a) override
    {
        ENTER();
        catcher(a);
        sink = 5;
        LEAVE();
    }
};

} // namespace

NOINLINE void throw_mode(int a)
{
    ENTER();
    derived d;
    base *volatile b = &d;
    b->run(a);
    sink = 6;
    LEAVE();
}

NOINLINE void noexcept_mode(int a)
{
    ENTER();
    promises(a);
    sink = 7;
    LEAVE();
}
