#!/usr/bin/env python3
"""A slow reader of Breakpad .sym files, written from the format alone, and the
judge of the fast one.

  sym_reference.py QUERY FILE...     QUERY: the program of tests/sym_query.c

Asks both for 5,000 addresses of each file: spread over what functions and rows
cover, and on the edges of everything."""
import bisect
import re
import subprocess
import sys

COUNT = 5000
LIMIT = 1 << 32
REGISTERS = {
    "x86": "eax ecx edx ebx esp ebp esi edi eip",
    "x86_64": "rax rdx rcx rbx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip",
    "arm": " ".join(f"r{i}" for i in range(11)) + " fp r12 sp lr pc",
    "arm64": " ".join(f"x{i}" for i in range(29)) + " fp lr sp pc",
}
PC = {"x86": "eip", "x86_64": "rip", "arm": "pc", "arm64": "pc"}
ALIAS = {"arm": {"r11": "fp", "r13": "sp", "r14": "lr", "r15": "pc"},
         "arm64": {"x29": "fp", "x30": "lr"}}
ENDS_FUNCTION = ("FUNC", "PUBLIC", "STACK WIN", "STACK CFI")
HEX, DEC = re.compile(r"[0-9a-fA-F]+$"), re.compile(r"[0-9]+$")


def kind(line):
    words = line.split(None, 2) if line[:1] not in " \t\r" else []
    if words[:1] == ["STACK"]:
        return " ".join(words[:2])
    return words[0] if words else ""


def numbers(words, how):
    """One number a letter: h hex, d decimal, n decimal or -1. None if not."""
    out = []
    for word, letter in zip(words, how):
        if letter == "n" and word == "-1":
            out.append(-1)
        elif (HEX if letter == "h" else DEC).match(word):
            out.append(int(word, 16 if letter == "h" else 10))
        else:
            return None
    return out if len(words) >= len(how) else None


def rest(line, count):
    """What follows `count` words, blanks included."""
    return re.match(r"(?:[^ \t\r]+[ \t\r]*){%d}" % count, line) and re.sub(
        r"^(?:[^ \t\r]+[ \t\r]*){%d}" % count, "", line).rstrip("\r")


def pieces(ranges):
    """(start, size, what) -> what each owns, ascending, none twice."""
    out, end = [], 0
    for start, size, what in sorted(ranges, key=lambda r: r[:2]):
        stop = min(start + size, LIMIT)
        if size and start < LIMIT and max(start, end) < stop:
            out.append((max(start, end), stop, what))
            end = stop
    return out


def owner(all_pieces, starts, rva):
    at = bisect.bisect_right(starts, rva) - 1
    return all_pieces[at] if at >= 0 and rva < all_pieces[at][1] else None


class Sym:
    def __init__(self, data):
        self.lines = data.decode("latin-1").split("\n")
        self.files, self.origins, self.cpu = {}, {}, None
        functions, inits, self.publics, self.orphans = [], [], [], []
        in_rows = False
        for n, line in enumerate(self.lines):
            word = kind(line)
            words = line.split()
            if word == "STACK CFI" and words[2:3] == ["INIT"]:
                in_rows = True
                v = numbers(words[3:], "hh")
                if v:
                    inits.append((v[0], v[1], n))
            elif word == "STACK CFI":
                v = numbers(words[2:], "h")
                if v and not in_rows:
                    self.orphans.append((v[0], n))
            elif word in ("FUNC", "PUBLIC", "FILE", "INLINE_ORIGIN", "INLINE", "INFO", "MODULE", "STACK WIN"):
                in_rows = False
                self.record(word, line, words, n, functions)
        self.functions, self.inits = pieces(functions), pieces(inits)
        self.function_starts = [p[0] for p in self.functions]
        self.init_starts = [p[0] for p in self.inits]
        self.publics.sort(key=lambda p: p[0])
        self.public_starts = [p[0] for p in self.publics]

    def record(self, word, line, words, n, functions):
        m = words[1:2] == ["m"] and word in ("FUNC", "PUBLIC")
        if word == "FUNC":
            v = numbers(words[1 + m:], "hhh")
            if v and v[2] < LIMIT:
                functions.append((v[0], v[1], (n, v[0], v[1], v[2], m, rest(line, 4 + m))))
        elif word == "PUBLIC":
            v = numbers(words[1 + m:], "hh")
            if v and 0 < v[0] < LIMIT:
                self.publics.append((v[0], v[1], rest(line, 3 + m)))
        elif word == "FILE":
            v = numbers(words[1:], "d")
            if v:
                self.files[v[0]] = rest(line, 2)
        elif word == "INLINE_ORIGIN":
            v = numbers(words[1:], "d")
            old = numbers(words[1:], "dn")
            if old and len(words) > 3:
                self.origins[old[0]] = (old[1], rest(line, 3))
            elif v:
                self.origins[v[0]] = (None, rest(line, 2))
        elif word == "MODULE" and self.cpu is None and len(words) > 3:
            self.cpu = words[2].replace("arm64e", "arm64")

    def body(self, n):
        """Line and inline records behind FUNC at line `n`."""
        lines, inlines, last = [], [], {}
        for n in range(n + 1, len(self.lines)):
            line = self.lines[n]
            word = kind(line)
            if word in ENDS_FUNCTION:
                break
            words = line.split()
            if word == "INLINE":
                new = len(words) % 2
                v = numbers(words[1:], "ddn" + "d" if new else "ddd")
                at = 5 if new else 4
                if not v or len(words) < at + 2 or not numbers(words[at:], "h" * (len(words) - at)) or v[0] >= 128:
                    continue
                depth, call_line, origin = v[0], v[1], v[-1]
                call_file = v[2] if new else last.get(depth - 1, "first")
                if not new:
                    last[depth] = self.origins.get(origin, (None,))[0]
                for i in range(at, len(words), 2):
                    inlines.append((depth, int(words[i], 16), int(words[i + 1], 16), call_line, call_file, origin))
            elif word[:1] not in " \t\r" and len(words) == 4:
                v = numbers(words, "hhdd")
                if v and v[2] < LIMIT - 2:
                    lines.append(v)
        return lines, inlines

    def names(self, rva):
        found = owner(self.functions, self.function_starts, rva)
        if not found:
            at = bisect.bisect_right(self.public_starts, rva) - 1
            before = bisect.bisect_right(self.function_starts, rva) - 1
            if at < 0 or (before >= 0 and self.function_starts[before] > self.public_starts[at]):
                return []
            start, args, name = self.publics[at]
            return [f"nearest {start:x} 0 {args:x}", f"{name}||0|{start:x}"]
        n, start, size, args, m, name = found[2]
        size = min(size, LIMIT - start)
        lines, inlines = self.body(n)
        inside = [x for x in lines if x[0] <= rva < x[0] + x[1] and x[0] < LIMIT]
        line, file = min(inside, key=lambda x: x[:2])[2:] if inside else (0, None)
        begin = start
        if line:
            owned = pieces([(x[0], x[1], x) for x in lines])
            begin = owner(owned, [p[0] for p in owned], rva)[0]
        chain = []
        while True:
            here = [i for i in inlines if i[0] == len(chain) and i[1] <= rva < i[1] + i[2] and i[1] < LIMIT]
            if not here:
                break
            chain.append(min(here, key=lambda i: i[1:3]))
        out = []
        for _, _, _, call_line, call_file, origin in reversed(chain):
            out.append(f"{self.origins.get(origin, (0, ''))[1]}|{self.files.get(file, '')}|{line}|{begin:x}")
            line = call_line
            file = (lines[0][3] if lines else None) if call_file == "first" else call_file
        out.append(f"{name}|{self.files.get(file, '')}|{line}|{begin:x}")
        return [f"{'shared' if m else 'function'} {start:x} {size:x} {args:x}"] + out

    def rules(self, rva):
        """{register: expression} at `rva`."""
        found = owner(self.inits, self.init_starts, rva)
        if not found:
            return {}
        words = self.lines[found[2]].split()
        start, size = int(words[3], 16), int(words[4], 16)
        deltas = []
        for n in range(found[2] + 1, len(self.lines)):
            word, w = kind(self.lines[n]), self.lines[n].split()
            if word == "STACK CFI" and w[2:3] != ["INIT"]:
                v = numbers(w[2:], "h")
                if v:
                    deltas.append((v[0], n))
            elif word in ENDS_FUNCTION + ("INLINE", "FILE", "INLINE_ORIGIN", "INFO", "MODULE"):
                break
        deltas = sorted((d for d in deltas + self.orphans if start <= d[0] < start + size), key=lambda d: d[0])
        out = parse_rules(words[5:], self.cpu)
        for delta, n in deltas:
            if delta <= rva:
                out.update(parse_rules(self.lines[n].split()[3:], self.cpu))
        return out

    def row(self, rva):
        rules, pc = self.rules(rva), PC.get(self.cpu)
        if not pc or rules.get(".cfa", [".undef"]) in ([".undef"], []) or ".ra" not in rules or ".cfa" in rules[".cfa"]:
            return ""
        known = REGISTERS[self.cpu].split()
        rules.setdefault(pc, rules[".ra"])
        names = [".cfa"] + sorted(r for r in rules if r in known)
        return "; ".join(f"{r}: {simple(rules[r], known, self.cpu)}" for r in names)


def parse_rules(words, cpu):
    out, name = {}, None
    for word in words:
        if word.endswith(":"):
            name = register(word[:-1], cpu)
            out[name] = []
        elif name is not None:
            out[name].append(word)
    return out


def register(word, cpu):
    name = word[1:] if word[:1] == "$" else word
    return ALIAS.get(cpu, {}).get(name, name)


def simple(expr, known, cpu):
    """base+offset or [base+offset] where the postfix says that; else itself."""
    if expr in ([], [".undef"]):
        return "undefined"
    stack, load = [], False
    try:
        for word in expr:
            if load:
                raise ValueError
            if word in "+-" and len(word) == 1:
                (b1, o1), (b2, o2) = stack[-2], stack[-1]
                if b2 and (word == "-" or b1):
                    raise ValueError
                stack[-2:] = [(b1 or b2, o1 + o2 if word == "+" else o1 - o2)]
            elif word == "^" and len(stack) == 1:
                load = True
            elif re.fullmatch(r"-?[0-9]+", word):
                stack.append(("", int(word)))
            elif word == ".cfa" or register(word, cpu) in known:
                stack.append((register(word, cpu), 0))
            else:
                raise ValueError
        (base, offset), = stack
    except (ValueError, IndexError):
        return " ".join(expr)
    text = f"{base or 'zero'}{offset:+d}"
    return f"[{text}]" if load else text


def addresses(sym):
    edges = [e for p in sym.functions + sym.inits for e in p[:2]] + sym.public_starts
    step = max(1, len(edges) // (COUNT // 4))
    out = {a + d for a in edges[::step] for d in (-1, 0, 1)}
    covered = sum(p[1] - p[0] for p in sym.functions + sym.inits)
    every, skip = max(1, covered // COUNT), 0
    for start, stop, _ in sym.functions + sym.inits:
        out.update(range(start + skip, stop, every))
        skip = (skip - (stop - start)) % every
    for start, _, what in sym.functions[::max(1, len(sym.functions) // 300)]:
        lines, inlines = sym.body(what[0])
        for at, size in [x[:2] for x in lines[:3]] + [i[1:3] for i in inlines[:9]]:
            out.update((at, at + size - 1, at + size))
    return sorted(a for a in out if 0 <= a < LIMIT)


def answers(sym, asked):
    out = []
    for rva in asked:
        out += [f"@{rva:x}"] + sym.names(rva)
        row = sym.row(rva)
        out += ["= " + row] if row else []
    return out


def blocks(lines):
    return "\n".join(lines).split("\n@")


def main():
    bad = 0
    for path in sys.argv[2:]:
        with open(path, "rb") as f:
            sym = Sym(f.read())
        asked = addresses(sym)
        text = "".join(f"{a:x}\n" for a in asked).encode()
        want = blocks(answers(sym, asked))
        for level in ("directory", "full"):
            run = subprocess.run([sys.argv[1], level, path], input=text, capture_output=True)
            got = blocks(run.stdout.decode("latin-1").split("\n")[:-1])
            wrong = [(w, g) for w, g in zip(want, got) if w != g]
            print(f"{path}: {level}: {len(asked)} addresses, {len(wrong)} wrong")
            for w, g in wrong[:3]:
                print("want", w, "\ngot ", g)
            bad += bool(wrong) or len(got) != len(want) or run.returncode
            if run.returncode or len(got) != len(want):
                print(f"exit {run.returncode}, {len(got)} answers: {run.stderr.decode()}")
    sys.exit(bool(bad))


main()
