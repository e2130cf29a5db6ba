#!/usr/bin/env python3
"""test_score.py: what score.py says of stacks whose score is known by heart."""
import sys

sys.dont_write_bytecode = True
from score import Called, Score, joined, recorded  # noqa: E402

PROGRAM = {"frames": [(0x1010, "inner"), (0x1020, "outer"), (0x9010, "main")]}
SIGNAL = {"frames": [(0x1010, "inner"), (0x7000, "handler"), (0x1044, "interrupted"), (0x9010, "main")]}
RECURSION = {"frames": [(0x1010, "down"), (None, "3"), (0x1010, "down"), (0x9010, "main")]}
failed = 0


def frames(*places, trust="cfi"):
    return [(p, trust, f"{p:#x}") for p in (0x1000, *places)]


def check(claim, thread, stack, right, invented, guesses=0, allowed=lambda *_: False, called=None):
    global failed
    wanted = recorded(thread)
    s = Score().stack(wanted, stack, (1,), allowed, called and joined(wanted, [Called(a) for a in called]))
    got = (s.right, len(s.invented), s.guesses, s.whole == s.stacks)
    want = (right, invented, guesses, right == len(wanted))
    if got != want:
        failed += 1
        print(f"{claim}: {got}, expected {want}")


check("a whole stack", PROGRAM, frames(0x100F, 0x101F, 0x900F), 3, 0)
check("a return address is looked up before it, not at it", PROGRAM, frames(0x1010, 0x101F, 0x900F), 2, 1)
check("a frame that is missing", PROGRAM, frames(0x100F, 0x900F), 2, 0)
check("frames in the wrong order", PROGRAM, frames(0x101F, 0x100F, 0x900F), 2, 1)
check("a frame twice", PROGRAM, frames(0x100F, 0x100F, 0x101F, 0x900F), 3, 1)
check("a frame that nobody has", PROGRAM, frames(0x100F, 0x5555, 0x101F, 0x900F), 3, 1)
check("one that says it is a guess", PROGRAM, frames(0x100F, 0x5555, 0x101F, 0x900F, trust="scan"), 3, 1, 1)
check("one below the last", PROGRAM, frames(0x100F, 0x101F, 0x900F, 0x5555), 3, 1)
check("one that is allowed", PROGRAM, frames(0x100F, 0x5555, 0x101F, 0x900F), 3, 0, allowed=lambda p, *_: p == 0x5555)
check("one that is allowed below the last alone", PROGRAM, frames(0x5555, 0x100F, 0x101F, 0x900F, 0x5555), 3, 1,
      allowed=lambda p, inner, rest, below: below)
check("one that is allowed once", PROGRAM, frames(0x5555, 0x5555, 0x100F, 0x101F, 0x900F), 3, 1,
      allowed=lambda *_: "once")
check("what is recorded next is told", PROGRAM, frames(0x100F, 0x5555, 0x101F, 0x900F), 3, 0,
      allowed=lambda p, inner, rest, below: (inner, rest[0].function) == (0x100F, "outer"))
check("a handler's way back and what it interrupted are exact", SIGNAL, frames(0x100F, 0x7000, 0x1044, 0x900F), 4, 0)
check("what was interrupted was not called", SIGNAL, frames(0x100F, 0x7000, 0x1043, 0x900F), 3, 1)
check("a gap is as many frames", RECURSION, frames(*[0x100F] * 5, 0x900F), 6, 0)
check("a gap that is too short", RECURSION, frames(*[0x100F] * 4, 0x900F), 5, 0)
check("a gap that is too long", RECURSION, frames(*[0x100F] * 6, 0x900F), 6, 1)
check("of two that may be the same frame a guess is the invented one", PROGRAM,
      [(0x1000, "context", "")] + frames(0x100F, trust="scan")[1:] + frames(0x100F, 0x101F, 0x900F)[1:], 3, 1, 1)
check("what the whole stack has is none", PROGRAM, frames(0x100F, 0x7007, 0x101F, 0x900F), 3, 0,
      called=[0x1010, 0x7008, 0x1020, 0x9010])
check("but for once", PROGRAM, frames(0x100F, 0x7007, 0x7007, 0x101F, 0x900F), 3, 1,
      called=[0x1010, 0x7008, 0x1020, 0x9010])
check("and in its order", PROGRAM, frames(0x7007, 0x100F, 0x101F, 0x900F), 3, 1,
      called=[0x1010, 0x7008, 0x1020, 0x9010])
check("what a signal interrupted was not called", SIGNAL, frames(0x100F, 0x7000, 0x1044, 0x7007, 0x900F), 4, 0,
      called=[0x1010, 0x7008, 0x9010])
failed += joined(recorded(PROGRAM), [Called(0x1010), Called(0x9010)]) is not None
check("no stack at all", PROGRAM, [], 0, 0)
sys.exit(bool(failed))
