#!/usr/bin/env python3
"""make_full.py OUT GIB: a full-memory dump of a made-up x86_64 Linux process, as
a sparse file. 8 threads with frame-pointer chains, 24 modules, 200 ranges."""
import pathlib
import struct
import sys

RANGES, THREADS, MODULES, FRAMES = 200, 8, 24, 20
MODULE_SIZE, STACK_SIZE, PAGE = 1 << 20, 1 << 20, 4096
CODE = 0x7F0000000000
STACKS = 0x7FFC00000000
HEAP = 0x550000000000
CALL = 0x1000  # of the first call instruction in every module


class Front:
    """The part of the file that's written whole."""

    def __init__(self, streams):
        self.streams = streams
        self.data = bytearray(32 + 12 * streams)
        self.used = 0

    def add(self, data):
        self.data += b"\0" * (-len(self.data) % 8)
        at = len(self.data)
        self.data += data
        return at

    def stream(self, kind, data):
        at = self.add(data)
        struct.pack_into("<3I", self.data, 32 + 12 * self.used, kind, len(data), at)
        self.used += 1
        return at

    def text(self, text):
        data = text.encode("utf-16-le")
        return self.add(struct.pack("<I", len(data)) + data + b"\0\0")


def return_address(frame):
    return CODE + frame % MODULES * MODULE_SIZE + CALL + 64 * frame + 5


def context(thread):
    c = bytearray(1232)
    struct.pack_into("<I", c, 48, 0x10000F)
    sp = stack_top(thread) - 64
    struct.pack_into("<Q", c, 152, sp)
    struct.pack_into("<Q", c, 160, sp + 32)
    struct.pack_into("<Q", c, 248, return_address(0) - 5)
    return bytes(c)


def stack_top(thread):
    """Where the innermost frame ends."""
    return STACKS + 2 * thread * STACK_SIZE + STACK_SIZE // 2


def stack_words(thread):
    """{address: value} of a chain: saved frame pointer, return address."""
    at, found = stack_top(thread) - 32, {}
    for frame in range(1, FRAMES):
        last = frame == FRAMES - 1
        found[at] = 0 if last else at + 96
        found[at + 8] = 0 if last else return_address(frame)
        at += 96
    return found


def ranges(total):
    """[(start, size)], in the order of addresses."""
    found = [(CODE + i * MODULE_SIZE, MODULE_SIZE) for i in range(MODULES)]
    found += [(STACKS + 2 * i * STACK_SIZE, STACK_SIZE) for i in range(THREADS)]
    heaps = RANGES - len(found)
    left = total - sum(size for _, size in found)
    size = left // heaps // PAGE * PAGE
    return [(HEAP + i * (size + PAGE), size) for i in range(heaps)] + found


def system_info(front):
    version = front.text("Linux 6.1.0 x86_64")
    return (struct.pack("<HHHBBIIIIIHH", 9, 6, 0, 8, 0, 6, 1, 0, 0x8201, version, 0, 0)
            + b"GenuineIntel" + struct.pack("<3I", 0x906EA, 0, 0))


def module_list(front):
    records = b""
    for i in range(MODULES):
        name = front.text("/usr/bin/program" if i == 0 else f"/usr/lib/libmade{i}.so.1")
        build_id = b"LEpB" + bytes((i + j) & 255 for j in range(20))
        records += (struct.pack("<QIIII", CODE + i * MODULE_SIZE, MODULE_SIZE, 0, 0, name)
                    + bytes(52) + struct.pack("<II", len(build_id), front.add(build_id))
                    + bytes(24))
    return struct.pack("<I", MODULES) + records


def thread_list(front):
    records = b""
    for i in range(THREADS):
        data = context(i)
        records += struct.pack("<IIIIQQIIII", 1000 + i, 0, 0, 0, 0,
                               STACKS + 2 * i * STACK_SIZE, STACK_SIZE, 0,
                               len(data), front.add(data))
    return struct.pack("<I", THREADS) + records


def exception(front):
    data = context(0)
    return struct.pack("<IIIIQQII", 1000, 0, 11, 1, 0, 0x10, 0, 0) + bytes(120) + \
        struct.pack("<II", len(data), front.add(data))


def fill(file, base, parts):
    """Calls and stacks: all that isn't zero."""
    at = {}
    for start, size in parts:
        at[start] = base
        base += size
    for frame in range(FRAMES):
        start = CODE + frame % MODULES * MODULE_SIZE
        file.seek(at[start] + CALL + 64 * frame)
        file.write(b"\xe8\x00\x01\x00\x00")
    for thread in range(THREADS):
        start = STACKS + 2 * thread * STACK_SIZE
        for address, value in stack_words(thread).items():
            file.seek(at[start] + address - start)
            file.write(struct.pack("<Q", value))
    return base


def main():
    out, total = pathlib.Path(sys.argv[1]), int(sys.argv[2]) << 30
    parts = ranges(total)
    front = Front(5)
    front.stream(7, system_info(front))
    front.stream(6, exception(front))
    front.stream(3, thread_list(front))
    front.stream(4, module_list(front))
    descriptors = b"".join(struct.pack("<QQ", *part) for part in parts)
    list64 = front.stream(9, struct.pack("<QQ", len(parts), 0) + descriptors)
    base = (len(front.data) + PAGE - 1) // PAGE * PAGE
    struct.pack_into("<Q", front.data, list64 + 8, base)
    struct.pack_into("<6IQ", front.data, 0, 0x504D444D, 0xA793, front.used, 32, 0, 0, 2)
    with out.open("wb") as file:
        file.write(front.data)
        file.truncate(fill(file, base, parts))


main()
