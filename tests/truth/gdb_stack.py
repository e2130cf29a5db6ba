"""tests/truth/gdb_stack.py - runs inside gdb: stops at a program's n-th
fatal signal, and prints where its modules are and each thread's sp and physical
frames: a function that jumped to another one has none any more. The environment
says how to start (MDWALK_START) and which signal it is (MDWALK_STOPS)."""
import os

import gdb

FATAL = ("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGTRAP")
FRAMES = 8000
NONE = (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME)


def physical(frame):
    while frame is not None and frame.type() in NONE:
        frame = frame.older()
    return frame


def stack():
    frame = physical(gdb.newest_frame())
    words = [int(frame.read_register("sp"))]
    while frame is not None and len(words) <= FRAMES:
        words.append(frame.pc())
        try:
            frame = physical(frame.older())
        except gdb.error:
            break
    return words


def main():
    gdb.execute("handle all nostop noprint pass", to_string=True)
    gdb.execute(f"handle {' '.join(FATAL)} stop", to_string=True)
    gdb.execute("set backtrace past-main on")
    gdb.execute("set backtrace limit unlimited")
    start = os.environ["MDWALK_START"]
    for _ in range(int(os.environ["MDWALK_STOPS"])):
        gdb.execute(start, to_string=True)
        start = "continue"
    print(f"PROGRAM {int(gdb.parse_and_eval('(unsigned long)&main')):x}")
    for line in gdb.execute("info sharedlibrary", to_string=True).splitlines():
        if line.startswith("0x"):
            print(f"LIBRARY {line.split()[0]} {line.split()[-1]}")
    for thread in sorted(gdb.selected_inferior().threads(), key=lambda t: t.num):
        thread.switch()
        print("STACK " + " ".join(f"{word & (1 << 64) - 1:x}" for word in stack()), flush=True)
    gdb.execute("kill", to_string=True)


main()
