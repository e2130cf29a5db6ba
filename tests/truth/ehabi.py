"""tests/truth/ehabi.py - .ARM.exidx as readelf says it: entries, and the frames
that their instructions come to."""
import re
import subprocess

SP, LR, PC = 13, 14, 15
TOP = 1 << 32  # the last entry speaks for all that follows
ENTRY = re.compile(r"(0x[0-9a-f]+)(?: <.*>)?: (?:@(0x[0-9a-f]+)|0x[0-9a-f]+)( \[cantunwind\])?$")
STEP = re.compile(r"  ((?:0x[0-9a-f]{2} )+) *(.*)")


def tool(*words):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, errors="replace",
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}).stdout


class Frame:
    """What instructions have come to: places counted from a register. `end`:
    "row", or why there is none."""

    def __init__(self):
        self.base, self.offset, self.saved, self.end = SP, 0, {}, None

    def pop(self, op, names):
        for name in re.split(r", *", names):
            kind, first, last = re.fullmatch(r"([a-zA-Z]+)(\d+)(?:-[a-zA-Z]+(\d+))?", name).groups()
            for number in range(int(first), int(last or first) + 1):
                if kind == "r":
                    self.saved[number] = (self.base, self.offset)
                self.offset += 8 if kind in ("D", "wR") else 4
        self.offset += 4 if op == 0xB3 or 0xB8 <= op <= 0xBF else 0  # FSTMFDX

    def step(self, op, text):
        if self.end:
            return
        if m := re.fullmatch(r"vsp = vsp ([+-]) (\d+)", text):
            self.offset += int(m[1] + m[2])
        elif m := re.fullmatch(r"vsp = r(\d+)", text):
            self.base, self.offset = int(m[1]), 0
        elif m := re.fullmatch(r"pop \{(.*)\}", text):
            self.pop(op, m[1])
        else:
            self.end = "row" if text == "finish" else text


def words_of(path, section):
    """(address, the words of a section)"""
    first, words = None, []
    for m in re.finditer(r"^  0x([0-9a-f]{8}) ((?:[0-9a-f]{2,8} ){1,4})", tool("readelf", "-x", section, path), re.M):
        first = int(m[1], 16) if first is None else first
        words += [int.from_bytes(bytes.fromhex(w), "little") for w in m[2].split() if len(w) == 8]
    return first, words


def listed(mask, first):
    return ", ".join(f"r{first + i}" for i in range(16) if mask >> i & 1)


def steps(code):
    """Instructions as readelf words them: what GCC and LLVM write."""
    code = iter(code)
    for op in code:
        if op < 0x80:
            yield op, f"vsp = vsp {'-' if op & 0x40 else '+'} {(op & 0x3F) * 4 + 4}"
        elif op < 0x90:
            mask = (op & 15) << 8 | next(code)
            yield op, f"pop {{{listed(mask, 4)}}}" if mask else "Refuse to unwind"
        elif op < 0xA0:
            yield op, f"vsp = r{op & 15}"
        elif op < 0xB0:
            yield op, f"pop {{{listed((2 << (op & 7)) - 1 | (op & 8) << 7, 4)}}}"
        elif op == 0xB0:
            yield op, "finish"
        elif op == 0xB1:
            yield op, f"pop {{{listed(next(code), 0)}}}"
        elif op == 0xB2:
            number = shift = 0
            while (byte := next(code)) & 128:
                number, shift = number | (byte & 127) << shift, shift + 7
            yield op, f"vsp = vsp + {0x204 + 4 * (number | byte << shift)}"
        elif 0xB8 <= op <= 0xBF or op & 0xF8 == 0xD0:
            yield op, f"pop {{D8-D{8 + (op & 7)}}}"
        elif op in (0xB3, 0xC8, 0xC9):
            byte = next(code)
            start = (byte >> 4) + 16 * (op == 0xC8)
            yield op, f"pop {{D{start}-D{start + (byte & 15)}}}"
        else:
            yield op, f"op {op:#x}"


def behind_personality(place, extab):
    """The frame of data behind a personality routine: readelf leaves it closed."""
    frame, (first, words) = Frame(), extab
    at = (place - first) // 4 + 1
    data = words[at:at + 1 + (words[at] >> 24)]
    for op, text in steps(b"".join(w.to_bytes(4, "big") for w in data)[1:]):
        frame.step(op, text)
    return frame


def entries(path):
    """[(start, end, Frame)]; None where nobody speaks."""
    found, extab = [], None
    for line in tool("readelf", "-uW", path).splitlines():
        if m := ENTRY.match(line):
            place = m[2]
            found.append([int(m[1], 16), None if m[3] else Frame()])
        elif line.startswith("  Personality routine"):
            extab = extab or words_of(path, ".ARM.extab")
            found[-1][1] = behind_personality(int(place, 16), extab)
        elif m := STEP.match(line):
            found[-1][1].step(int(m[1].split()[0], 16), m[2].strip())
    ends = [start for start, _ in found[1:]] + [TOP]
    for (start, frame), end in zip(found, ends):
        if frame and not frame.end:
            frame.end = "row"  # as long as its words are
        yield start, end, frame
