"""tests/truth/minidump.py - a plain reader of the dumps that selfdump.c writes,
and whether a dump and its truth agree. It shares no code with the library."""
import pathlib
import struct
import sys

sys.dont_write_bytecode = True

THREAD_LIST, MODULE_LIST, MEMORY_LIST, EXCEPTION = 3, 4, 5, 6
SYSTEM_INFO, MEMORY64_LIST, COMMENT_A, THREAD_NAMES = 7, 9, 10, 24
# Architecture: context sizes (lldb-19 cuts x86_64's to 720), offsets of pc and
# sp, their width.
CONTEXTS = {0: ({716}, 184, 196, "<I"), 9: ({1232, 720}, 248, 152, "<Q"),
            5: ({368}, 64, 56, "<I"), 12: ({912}, 264, 256, "<Q"),
            0x8003: ({796}, 264, 256, "<Q")}


class Dump:
    def __init__(self, path):
        self.data = pathlib.Path(path).read_bytes()
        signature, version, count, directory = self.unpack("<4I", 0)
        if signature != 0x504D444D or version & 0xFFFF != 0xA793:
            raise ValueError(f"{path}: not a minidump")
        self.streams = {}
        for i in range(count):
            kind, size, rva = self.unpack("<3I", directory + 12 * i)
            if rva + size > len(self.data):
                raise ValueError(f"{path}: stream {kind:#x} leaves the file")
            self.streams[kind] = (rva, size)
        self.arch, = self.unpack("<H", self.streams[SYSTEM_INFO][0])

    def unpack(self, form, at):
        return struct.unpack_from(form, self.data, at)

    def bytes(self, kind):
        rva, size = self.streams[kind]
        return self.data[rva:rva + size]

    def string(self, rva):
        size, = self.unpack("<I", rva)
        return self.data[rva + 4:rva + 4 + size].decode("utf-16-le")

    def entries(self, kind, size):
        if kind not in self.streams:
            return
        rva, whole = self.streams[kind]
        count, = self.unpack("<I", rva)
        if whole != 4 + size * count:
            raise ValueError(f"stream {kind}: {whole} bytes for {count} entries")
        yield from range(rva + 4, rva + whole, size)

    def registers(self, rva, size):
        expected, pc, sp, form = CONTEXTS[self.arch]
        if size not in expected:
            raise ValueError(f"a context of {size} bytes")
        return self.unpack(form, rva + pc)[0], self.unpack(form, rva + sp)[0]

    def threads(self):
        """{tid: (pc, sp, stack start, stack size)} in the file's order."""
        found = {}
        for at in self.entries(THREAD_LIST, 48):
            tid, = self.unpack("<I", at)
            start, size, _, context_size, context = self.unpack("<QIIII", at + 24)
            found[tid] = (*self.registers(context, context_size), start, size)
        return found

    def names(self):
        return {tid: self.string(rva) for tid, rva in
                (self.unpack("<IQ", at) for at in self.entries(THREAD_NAMES, 12))}

    def modules(self):
        """[(base, size, name, CodeView record)]"""
        found = []
        for at in self.entries(MODULE_LIST, 108):
            base, size = self.unpack("<QI", at)
            name, = self.unpack("<I", at + 20)
            cv_size, cv = self.unpack("<II", at + 76)
            found.append((base, size, self.string(name), self.data[cv:cv + cv_size]))
        return found

    def memory(self):
        """[(start, bytes)]"""
        found = []
        for at in self.entries(MEMORY_LIST, 16):
            start, size, rva = self.unpack("<QII", at)
            found.append((start, self.data[rva:rva + size]))
        if MEMORY64_LIST in self.streams:
            at, _ = self.streams[MEMORY64_LIST]
            count, rva = self.unpack("<QQ", at)
            for i in range(count):
                start, size = self.unpack("<QQ", at + 16 + 16 * i)
                found.append((start, self.data[rva:rva + size]))
                rva += size
        return found

    def comment(self):
        return self.bytes(COMMENT_A).rstrip(b"\0").decode("ascii")


class Truth:
    """crash: the crashed tid; threads: {tid: {"name", "pc", "sp", "frames"}},
    a frame being (address, function) and a gap (None, count)."""

    def __init__(self, text):
        self.crash, self.threads, thread = None, {}, None
        for line in text.splitlines():
            word, *rest = line.split()
            if word == "crash":
                self.crash = int(rest[0])
            elif word == "thread":
                thread = {"name": rest[1] if len(rest) > 1 else None, "frames": []}
                self.threads[int(rest[0])] = thread
            elif word == "pc":
                thread["pc"], thread["sp"] = int(rest[0], 16), int(rest[2], 16)
            elif word == "frame":
                thread["frames"].append((int(rest[0], 16), rest[1]))
            elif word == "gap":
                thread["frames"].append((None, rest[0]))

    def shape(self):
        """What stays when addresses and thread ids change."""
        return [(t["name"], [f if a is not None else "gap" for a, f in t["frames"]])
                for t in self.threads.values()]


def words_of(memory, start, size, width):
    for base, data in memory:
        if base <= start and start + size <= base + len(data):
            part = data[start - base:start - base + size]
            form = "<I" if width == 4 else "<Q"
            part = part[-start % width:]
            return {w for w, in struct.iter_unpack(form, part[:len(part) // width * width])}
    return None


def verify(dump, truth):
    """Complaints about a dump that its own program's truth doesn't bear out."""
    bad = []
    threads, memory = dump.threads(), dump.memory()
    if set(threads) != set(truth.threads):
        bad.append(f"threads {sorted(threads)}, in the truth {sorted(truth.threads)}")
    crash, = dump.unpack("<I", dump.streams[EXCEPTION][0])
    if crash != truth.crash:
        bad.append(f"crash in {crash}, in the truth {truth.crash}")
    width = struct.calcsize(CONTEXTS[dump.arch][3])
    everything = set()
    for start, data in memory:
        everything |= words_of(memory, start, len(data), width)
    for tid, (pc, sp, start, size) in threads.items():
        t = truth.threads.get(tid)
        if t is None:
            continue
        if (pc, sp) != (t["pc"], t["sp"]):
            bad.append(f"thread {tid}: pc {pc:#x} sp {sp:#x}")
        if words_of(memory, start, size, width) is None:
            bad.append(f"thread {tid}: its stack isn't in the memory list")
        overflow = any(a is None for a, _ in t["frames"])
        if not start <= sp <= start + size and not overflow:
            bad.append(f"thread {tid}: sp outside its stack")
        if overflow:
            continue
        # A callee's own return address may still be in the link register.
        for address, function in t["frames"][0 if dump.arch in (0, 9) else 1:]:
            if address not in everything and address + 1 not in everything:
                bad.append(f"thread {tid}: {function}'s return address is nowhere")
    for tid, name in dump.names().items():
        if truth.threads[tid]["name"] != name:
            bad.append(f"thread {tid} is called {name}")
    if COMMENT_A not in dump.streams:
        return bad  # lldb-19's: it saves no code, and its module sizes are wrong
    # A signal handler returns into a page of the kernel's, or of qemu's.
    code = [a for t in truth.threads.values() for a, f in t["frames"]
            if a is not None and f not in ("on_usr1", "on_fault")]
    bad += [f"no code before {a:#x}" for a in sorted(set(code)) if not any(
        s <= a - 8 and a <= s + len(d) for s, d in memory)]
    bad += [f"{a:#x} is in no module" for a in sorted(set(code)) if not any(
        b <= a < b + n for b, n, _, _ in dump.modules())]
    return bad


def main():
    failed = 0
    for path in map(pathlib.Path, sys.argv[1:]):
        bad = verify(Dump(path), Truth(path.with_suffix(".truth").read_text()))
        failed += bool(bad)
        for line in bad:
            print(f"{path.name}: {line}")
    print(f"{len(sys.argv) - 1 - failed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
