"""tests/truth/calls.py - the calls that a program under qemu has made and not
come back from, by every instruction that it executes. No table, no frame and no
unwinder is asked: what calls is an instruction that leaves its own next address
in the link register, or takes a word off sp, and goes elsewhere. What the loader
does is left out."""
import collections
import re
import subprocess

# What lies further from a call's sp is another stack.
SAME_STACK = 1 << 20
TRACE = re.compile(rb"Trace (\d+): \S+ \[[0-9a-f]+/([0-9a-f]+)/")
# The lines of the registers that have what is needed, by how they begin, the last
# one last (qemu's cpu_dump_state).
REGISTERS = {
    "arm": {b"R12": re.compile(rb"R12=\w+ R13=(?P<sp>\w+) R14=(?P<link>\w+) R15=(?P<pc>\w+)")},
    "aarch64": {b" PC": re.compile(rb" PC=(?P<pc>\w+)"),
                b"X29": re.compile(rb"X29=\w+ X30=(?P<link>\w+)  SP=(?P<sp>\w+)")},
    "x86_64": {b"RSI": re.compile(rb"RSI=\w+ RDI=\w+ RBP=\w+ RSP=(?P<sp>\w+)"),
               b"RIP": re.compile(rb"RIP=(?P<pc>\w+)")},
    "i386": {b"ESI": re.compile(rb"ESI=\w+ EDI=\w+ EBP=\w+ ESP=(?P<sp>\w+)"),
             b"EIP": re.compile(rb"EIP=(?P<pc>\w+)")}}
SECONDS = 120
LINKED = ("arm", "aarch64")


class Call:
    def __init__(self, back, sp):
        self.back, self.sp, self.deeper = back, sp, False

    def is_over(self, pc, sp):
        """It has returned, or what threw or jumped past it has."""
        return (pc, sp) == (self.back, self.sp) or 0 < sp - self.sp < SAME_STACK


class Thread:
    """One of ARM and AArch64."""

    def __init__(self):
        self.calls, self.sites, self.pc, self.sp, self.link = [], set(), 0, 0, 0

    def called(self, pc, link):
        """Whether the instruction before this one was a call."""
        back = link & ~1
        if back - self.pc not in (2, 4) or pc == back:
            return False
        if link != self.link:
            self.sites.add((self.pc, link))
        return (self.pc, link) in self.sites

    def executes(self, pc, sp, link):
        if self.called(pc, link):
            # Whoever had a frame has none now: it has thrown to who caught it.
            if self.calls and self.calls[-1].deeper and self.calls[-1].sp == self.sp:
                self.calls.pop()
            self.calls.append(Call(link & ~1, self.sp))
        else:
            while self.calls and self.calls[-1].is_over(pc, sp):
                self.calls.pop()
        if self.calls:
            self.calls[-1].deeper |= sp < self.calls[-1].sp
        self.pc, self.sp, self.link = pc, sp, link

    def at(self, registers):
        self.executes(registers["pc"], registers["sp"], registers["link"])

    def stack(self):
        return self.sp, [self.pc] + [c.back for c in reversed(self.calls)]


class ThreadX86:
    """Its calls are known by where they are, for their length isn't. Among them
    is whatever else took something off sp, and where a signal came: who knows
    the instructions sorts them out."""

    def __init__(self):
        self.calls, self.pc, self.sp = [], 0, 0

    def at(self, registers):
        pc, sp = registers["pc"], registers["sp"]
        if sp < self.sp or sp - self.sp > SAME_STACK:
            self.calls.append(Call(self.pc, self.sp))
        while self.calls and 0 <= sp - self.calls[-1].sp < SAME_STACK:
            self.calls.pop()
        self.pc, self.sp = pc, sp

    stack = Thread.stack


class Log:
    """What qemu says: a line for each instruction, then the registers before
    it; those of two threads can come one behind the other."""

    def __init__(self, machine):
        self.lines, self.registers = REGISTERS[machine], {}
        self.last = list(self.lines)[-1]
        self.begun, self.threads = [], collections.defaultdict(Thread if machine in LINKED else ThreadX86)

    def line(self, text):
        """(thread, registers) when a line ends an instruction's."""
        start = text[:3]
        if start == b"Tra" and (found := TRACE.match(text)):
            self.begun.append((int(found[1]), int(found[2], 16)))
        elif start in self.lines and (found := self.lines[start].match(text)):
            self.registers |= {name: int(value, 16) for name, value in found.groupdict().items()}
            if start == self.last:
                return self.whose(self.registers["pc"], self.registers["sp"]), self.registers
        return None

    def whose(self, pc, sp):
        """Once in a while qemu leaves the first line out: sp tells."""
        those = [b for b in self.begun if b[1] == pc] or [(cpu, None) for cpu in self.threads]
        best = min(those, key=lambda b: abs(self.threads[b[0]].sp - sp), default=(0, None))
        if best in self.begun:
            self.begun.remove(best)
        return self.threads[best[0]]


def stacks(lines, machine, stops, end):
    """(sp, [pc, return address, ...]) of each thread when it came to one of
    `stops`, until one comes to `end`; of x86 (sp, [pc, call, ...])."""
    log, found = Log(machine), {}
    for text in lines:
        step = log.line(text)
        if step is None:
            continue
        thread, registers = step
        if registers["pc"] in stops:
            found.setdefault(id(thread), thread.stack())  # it may be told to stop twice
        elif registers["pc"] == end:
            return list(found.values())
        thread.at(registers)
    return []


def run(words, machine, ranges, stops, end, **more):
    """`words` begin with qemu; what lies in `ranges` is followed."""
    qemu = words.index(next(w for w in words if str(w).startswith("qemu-")))
    asked = ["-singlestep", "-d", "exec,cpu,nochain", "-D", "/dev/stdout",
             "-dfilter", ",".join(f"{a:#x}..{b - 1:#x}" for a, b in ranges)]
    words = ["timeout", "-s", "KILL", str(SECONDS), *(str(w) for w in [*words[:qemu + 1], *asked, *words[qemu + 1:]])]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, **more) as program:
        try:
            return stacks(program.stdout, machine, stops, end)
        finally:
            program.kill()
