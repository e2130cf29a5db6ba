// tests/faults/throw.cc - C++ exceptions that nobody catches.
#include <stdexcept>

extern "C" void throw_error();
extern "C" void throw_own();

namespace
{

class Failure : public std::out_of_range
{
public:
    Failure() : std::out_of_range("the seventh of six") {}
};

} // namespace

void throw_error()
{
    throw std::runtime_error("no such thing");
}

void throw_own()
{
    throw Failure();
}
