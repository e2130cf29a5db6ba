#!/usr/bin/env python3
"""test_calls.py: what calls.py makes of logs whose calls are known by heart."""
import sys

sys.dont_write_bytecode = True
from calls import stacks  # noqa: E402

STOP, END = 0x9000, 0x9100
failed = 0


def arm(cpu, pc, sp, link):
    """What qemu 7.2 says of one instruction."""
    return [f"Trace {cpu}: 0x7f00 [00800480/{pc:08x}/00000000/00000201] \n".encode(), b"R00=00000000 R01=00000000\n",
            f"R12=00000000 R13={sp:08x} R14={link:08x} R15={pc:08x}\n".encode(), b"PSR=60070030 -ZC- T usr32\n"]


def aarch64(cpu, pc, sp, link):
    return [f"Trace {cpu}: 0x7f00 [0000000000000000/{pc:016x}/00000001/00000201] \n".encode(),
            f" PC={pc:016x} X00=0000000000000000\n".encode(),
            f"X29=0000000000000000 X30={link:016x}  SP={sp:016x}\n".encode(), b"PSTATE=80000000 N---\n"]


def x86_64(cpu, pc, sp, _):
    return [f"Trace {cpu}: 0x7f00 [0000000000000000/{pc:016x}/1040c0b3/00000201] \n".encode(),
            f"RSI={0:016x} RDI={0:016x} RBP={0:016x} RSP={sp:016x}\n".encode(),
            f"RIP={pc:016x} RFL=00000283 [--S---C] CPL=3\n".encode()]


def i386(cpu, pc, sp, _):
    return [f"Trace {cpu}: 0x7f00 [00000000/{pc:08x}/104000b3/00000201] \n".encode(),
            f"ESI={0:08x} EDI={0:08x} EBP={0:08x} ESP={sp:08x}\n".encode(), f"EIP={pc:08x} EFL=00000212\n".encode()]


SAYS = {"arm": arm, "aarch64": aarch64, "x86_64": x86_64, "i386": i386}


def check(claim, steps, want, machine="arm"):
    global failed
    lines = [line for s in steps for line in SAYS[machine](*(s if len(s) == 4 else (0, *s)))]
    got = [pcs[1:] for _, pcs in stacks(lines, machine, [STOP], END)]
    if got != want:
        failed += 1
        print(f"{claim}: {[[hex(a) for a in s] for s in got]}, expected {want}")


STOPPED = [(STOP, 0x100, 0), (END, 0x100, 0)]
MAIN = [(0x1000, 0x800, 0), (0x2000, 0x800, 0x1004)]
check("a call", MAIN + STOPPED, [[0x1004]])
check("one of AArch64", MAIN + STOPPED, [[0x1004]], "aarch64")
check("one of Thumb, through a register", [(0x1000, 0x800, 0), (0x2000, 0x800, 0x1003)] + STOPPED, [[0x1002]])
check("one within another", MAIN + [(0x2004, 0x700, 0x1004), (0x3000, 0x700, 0x2008)] + STOPPED, [[0x2008, 0x1004]])
check("that comes back", MAIN + [(0x2004, 0x800, 0x1004), (0x1004, 0x800, 0x1004)] + STOPPED, [[]])
check("and is done again, with the link register as it was",
      MAIN + [(0x1004, 0x800, 0x1004), (0x1000, 0x800, 0x1004), (0x2000, 0x800, 0x1004)] + STOPPED, [[0x1004]])
check("a branch that the link register happens to be behind is none",
      MAIN + [(0x1004, 0x800, 0x1004), (0x1002, 0x800, 0x1004), (0x5000, 0x800, 0x1004)] + STOPPED, [[]])
check("what goes on behind it is none either", [(0x1000, 0x800, 0), (0x1004, 0x800, 0x1004)] + STOPPED, [[]])
check("a jump to another function stays the same call", MAIN + [(0x3000, 0x800, 0x1004)] + STOPPED, [[0x1004]])
check("what is thrown past is over", MAIN + [(0x2004, 0x700, 0x1004), (0x3000, 0x700, 0x2008), (0x3004, 0x600, 0x2008),
                                             (0x1100, 0x800, 0x2008)] + STOPPED, [[0x1004]])
check("also where the catcher calls on",
      MAIN + [(0x2004, 0x700, 0x1004), (0x1100, 0x800, 0x1004), (0x4000, 0x800, 0x1104)] + STOPPED, [[0x1104]])
check("a function that never returns need not store what its calls overwrite",
      MAIN + [(0x2004, 0x800, 0x1004), (0x3000, 0x800, 0x2008)] + STOPPED, [[0x2008, 0x1004]])
check("a signal's stack elsewhere ends no call", MAIN + [(0x6000, 0x900000, 0x7000)] + STOPPED, [[0x1004]])
for x86, p in (("x86_64", 8), ("i386", 4)):
    began = [(0x1000, 0x800, 0), (0x2000, 0x800 - p, 0)]
    check(f"{x86}: where a call is", began + STOPPED, [[0x1000]], x86)
    check(f"{x86}: one that has returned", began + [(0x1005, 0x800, 0)] + STOPPED, [[]], x86)
    check(f"{x86}: and taken its arguments off", began + [(0x1005, 0x808, 0)] + STOPPED, [[]], x86)
    check(f"{x86}: a push, and the call that a signal came in",
          began + [(0x2001, 0x800 - 2 * p, 0), (0x6000, 0x900000, 0)] + STOPPED, [[0x2001, 0x2000, 0x1000]], x86)
check("two threads", [(0, 0x1000, 0x800, 0), (1, 0x1000, 0x4000, 0), (1, 0x2000, 0x4000, 0x1004),
                      (0, 0x3000, 0x800, 0x1004), (1, STOP, 0x3000, 0), (0, STOP, 0x700, 0), (0, END, 0x700, 0)],
      [[0x1004], [0x1004]])
lines = arm(0, 0x900, 0x800, 0) + arm(1, 0x900, 0x40000, 0)
one, two = arm(0, 0x1000, 0x800, 0), arm(1, 0x1000, 0x40000, 0)
lines += [one[0], two[0], *two[1:], *one[1:]]
lines += arm(1, 0x2000, 0x40000, 0x1004) + arm(1, STOP, 0x3F000, 0) + arm(0, STOP, 0x700, 0) + arm(0, END, 0x700, 0)
if [pcs[1:] for _, pcs in stacks(lines, "arm", [STOP], END)] != [[0x1004], []]:
    failed += 1
    print("registers of two threads at one place are the nearer's")
lines = arm(0, 0x900, 0x800, 0) + arm(1, 0x900, 0x40000, 0) + arm(1, 0x1000, 0x40000, 0)
lines += arm(1, 0x2000, 0x40000, 0x1004)[1:] + arm(1, STOP, 0x3F000, 0) + arm(0, STOP, 0x700, 0) + arm(0, END, 0x700, 0)
if [pcs[1:] for _, pcs in stacks(lines, "arm", [STOP], END)] != [[0x1004], []]:
    failed += 1
    print("registers without a thread are the nearest's")
check("what a thread was doing when it was told to stop, not when it was told again",
      MAIN + STOPPED[:1] + [(0x7000, 0x100, 0), (0x8000, 0x100, 0x7004)] + STOPPED, [[0x1004]])
check("nothing, if nobody comes to the end", MAIN + STOPPED[:1], [])
sys.exit(bool(failed))
