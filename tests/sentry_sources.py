"""Where each value of an event comes from: an offset in the dump that holds it, a
value of a stored result, or a section of the Sentry specification that
doc/coverage.md speaks of ("spec 1.4")."""
from sentry_dump import AMD64, ARM, ARM64, COUNTER, REGISTERS

LINK = {ARM: "lr", ARM64: "lr"}
BACK = {AMD64: 1, "x86": 1, ARM: 2, ARM64: 4}


def hexed(offset):
    return f"dump 0x{offset:x}"


def memory(dump):
    """(address, offset, size) of all that the dump holds of the target."""
    found = [(*dump.at(at, "Q"), *dump.at(at + 8, "II")[::-1]) for at in dump.records(5, 16)]
    for t in dump.threads:
        start, = dump.at(t["offset"] + 24, "Q")
        size, place = dump.at(t["offset"] + 32, "II")
        found.append((start, place, size))
    if 9 in dump.streams:
        count, place = dump.at(dump.streams[9][0], "QQ")
        for i in range(count):
            start, size = dump.at(dump.streams[9][0] + 16 + 16 * i, "QQ")
            found.append((start, place, size))
            place += size
    return [f for f in found if f[2]]


class Sources:
    def __init__(self, dump, stored, event):
        self.dump, self.stored, self.event = dump, stored, event
        self.word = 8 if dump.arch in (AMD64, ARM64) else 4
        self.memory = memory(dump)
        self.crash = event["exception"]["values"][0]
        self.index = {t["id"]: i for i, t in enumerate(dump.threads)}
        self.modules = {hex(m["base"]): m for m in dump.modules}
        self.lines = []

    def add(self, path, value, source):
        self.lines.append((path, value, source))

    def all(self):
        e = self.event
        self.add("event_id", e["event_id"], "ours: a hash of the dump's own records")
        self.add("platform", e["platform"], "spec 1.1")
        self.add("level", e["level"], "spec 1.1: an exception stream")
        self.add("timestamp", e["timestamp"], hexed(20))
        info = {"minidump.crashpad": 0x43500001, "minidump.breakpad": 0x47670001}.get(e["sdk"]["name"])
        self.add("sdk.name", e["sdk"]["name"],
                 f"spec 1.1: stream 0x{info:x}, {hexed(self.dump.streams[info][0])}" if info else "spec 1.1: neither stream")
        self.add("sdk.version", e["sdk"]["version"], "spec 1.1")
        self.contexts(e["contexts"])
        self.exception("exception.values[0]", self.crash)
        for i, t in enumerate(e["threads"]["values"]):
            self.thread(f"threads.values[{i}]", t)
        for i, image in enumerate(e["debug_meta"]["images"]):
            self.image(f"debug_meta.images[{i}]", image)
        return self.lines

    def contexts(self, contexts):
        system = self.dump.streams[7][0]
        csd = hexed(self.dump.at(system + 24, "I")[0])
        linux = self.dump.version == (0, 0, 0)
        known = {"os.name": hexed(system + 20), "os.version": csd if linux else hexed(system + 8), "os.build": csd,
                 "device.arch": hexed(system), "device.cpu_description": hexed(system + 32),
                 "device.processor_count": hexed(system + 6)}
        if self.stored:
            known["device.cpu_description"] += ", stored system_info.cpu_info"
        for name, context in contexts.items():
            for key, value in context.items():
                path = f"{name}.{key}"
                for leaf, scalar in leaves(value, f"contexts.{path}"):
                    if name == "mdwalk":
                        source = self.found(key)
                    elif key == "type":
                        source = "spec 1.8" if value == "crashpad" else "spec 1.7"
                    elif path in known:
                        source = known[path]
                    else:
                        source = hexed(self.dump.data.find(str(scalar).encode())) + ", CrashpadInfo"
                    self.add(leaf, scalar, source)

    def found(self, key):
        if key == "crash_address":
            return self.address()
        beside = ", beside stored crash_info.instruction" if key == "instruction" and self.stored else ""
        return f"ours: the crash analysis{beside}"

    def address(self):
        e = self.dump.exception
        at = e["offset"] + 8
        data = self.dump.os == "Windows" and e["code"] in (0xC0000005, 0xC0000006) and len(e["info"]) >= 2
        return hexed(at + 32 + 8 if data else at + 16)

    def exception(self, path, crash):
        at = self.dump.exception["offset"]
        reason = f"{hexed(at + 8)}, {hexed(at + 12)}" + (", stored crash_info.type" if self.stored else "")
        self.add(path + ".type", crash["type"], reason)
        self.add(path + ".value", crash["value"], f"spec 1.2: {reason}, {self.address()}")
        self.add(path + ".thread_id", crash["thread_id"], hexed(at))
        for key in ("type", "handled", "synthetic"):
            self.add(f"{path}.mechanism.{key}", crash["mechanism"][key], "spec 1.3")
        delivered = len(self.dump.exception["info"]) > 2
        for leaf, value in leaves(crash["mechanism"].get("meta", {}), path + ".mechanism.meta"):
            field = leaf.rsplit(".", 1)[1]
            if field.endswith("name"):
                source = "spec 1.3: the dump's system"
            elif field == "subcode":
                source = hexed(at + 40 + 16 if delivered else at + 24)
            elif field == "code" and delivered and self.dump.exception["info"][0] == self.dump.exception["code"]:
                source = hexed(at + 40 + 8)
            else:
                source = hexed(at + 12 if field == "code" else at + 8)
            self.add(leaf, value, source)
        self.stack(path + ".stacktrace", crash["stacktrace"], self.index[crash["thread_id"]], True)

    def thread(self, path, thread):
        index = self.index[thread["id"]]
        self.add(path + ".id", thread["id"], hexed(self.dump.threads[index]["offset"]))
        if "name" in thread:
            self.add(path + ".name", thread["name"], f"ThreadNames, {hexed(self.dump.streams[24][0])}")
        for key in ("crashed", "current"):
            if key in thread:
                self.add(f"{path}.{key}", thread[key], "spec 1.4: the requesting thread")
        if "stacktrace" in thread:
            self.stack(path + ".stacktrace", thread["stacktrace"], index, False)

    def context_at(self, index, crashed):
        at = self.dump.exception["offset"] + 160 if crashed else self.dump.threads[index]["offset"] + 40
        size, place = self.dump.at(at, "II")
        return place

    def stack(self, path, stack, index, crashed):
        place = self.context_at(index, crashed)
        registers = {n: (at, size) for n, at, size in REGISTERS[self.dump.arch]}
        if "instruction_addr_adjustment" in stack:
            self.add(path + ".instruction_addr_adjustment", stack["instruction_addr_adjustment"], "spec 1.9")
        if not stack["frames"]:
            self.add(path + ".frames", [], "spec 1.4")
        for name, value in stack.get("registers", {}).items():
            self.holds(place + registers[name][0], int(value, 16), registers[name][1])
            self.add(f"{path}.registers.{name}", value, hexed(place + registers[name][0]))
        at, number, addr = None, 0, None
        for i in range(len(stack["frames"]) - 1, -1, -1):
            frame = stack["frames"][i]
            if "instruction_addr" not in frame:
                continue
            addr = int(frame["instruction_addr"], 16)
            if number == 0:
                source = hexed(place + registers[COUNTER[self.dump.arch]][0])
            else:
                source, at = self.return_word(addr, at, place, registers)
            inlined = self.inlined_of(stack["frames"], i)
            stored, name = self.stored_frame(index, number, addr)
            self.frame(f"{path}.frames[{i}]", frame, source, stored, name)
            for n, inline in enumerate(inlined):
                call = (stored.get("inlines") or [])[n] if stored else None
                where = f"{name}.inlines[{n}]" if stored else None
                self.frame(f"{path}.frames[{i + len(inlined) - n}]", inline, None, call, where)
            number += 1

    @staticmethod
    def inlined_of(frames, i):
        """Innermost first."""
        found = []
        for frame in frames[i + 1:]:
            if "instruction_addr" in frame:
                break
            found.insert(0, frame)
        return found

    def holds(self, offset, value, size):
        have = int.from_bytes(self.dump.data[offset:offset + size], "little")
        if have != value and (self.dump.arch != ARM or have & ~1 != value):
            raise SystemExit(f"{hexed(offset)} holds {have:#x}, the event {value:#x}")

    def return_word(self, addr, after, place, registers):
        """The word of the stack that holds a return address, above the last one; or the link register."""
        wanted = [addr.to_bytes(self.word, "little")] + ([(addr | 1).to_bytes(self.word, "little")]
                                                          if self.dump.arch == ARM else [])
        sp, size = registers[{"x86": "esp", AMD64: "rsp"}.get(self.dump.arch, "sp")]
        low = int.from_bytes(self.dump.data[place + sp:place + sp + size], "little") if after is None else after
        here = [piece for piece in self.memory if piece[0] <= low < piece[0] + piece[2]]
        for start, offset, length in here:
            at = self.find(wanted, start, offset, length, low + -low % self.word)
            if at is not None:
                return hexed(offset + at - start), at + self.word
        link = LINK.get(self.dump.arch)
        if link and after is None:
            self.holds(place + registers[link][0], addr, registers[link][1])
            return hexed(place + registers[link][0]), after
        for start, offset, length in self.memory:  # a signal's frame: where it was, on whichever stack
            at = self.find(wanted, start, offset, length, start)
            if after is not None and at is not None:
                return hexed(offset + at - start), at + self.word
        raise SystemExit(f"no word of the stack above {low:#x} holds {addr:#x}")

    def find(self, wanted, start, offset, length, low):
        for at in range(low, start + length - self.word + 1, self.word):
            if self.dump.data[offset + at - start:offset + at - start + self.word] in wanted:
                return at
        return None

    def stored_frame(self, index, number, addr):
        """The frame of the stored result with this address, and its name."""
        if not self.stored:
            return None, None
        for n, frame in enumerate(self.stored["threads"][index]["frames"]):
            if int(frame["offset"], 16) + (BACK[self.dump.arch] if n else 0) == addr and (n > 0) == (number > 0):
                return frame, f"stored threads[{index}].frames[{n}]"
        return None, None

    def frame(self, path, frame, addr_source, stored, name):
        module = self.modules.get(frame.get("image_addr"))
        sources = {"instruction_addr": addr_source}
        if module:
            sources["image_addr"] = hexed(module["offset"])
            sources["package"] = hexed(self.dump.at(module["offset"] + 20, "I")[0])
        if stored:
            sources |= {"function": name + ".function", "abs_path": name + ".file", "lineno": name + ".line",
                        "filename": f"spec 1.6: {name}.file", "symbol_addr": name + ".function_offset"}
            if addr_source:
                sources["instruction_addr"] = f"{addr_source}, {name}.offset"
        for key in frame:
            if key in ("trust", "data"):
                self.add(f"{path}.{key}", frame[key], "spec 1.6: how we walked")
            elif sources.get(key):
                self.add(f"{path}.{key}", frame[key], sources[key])
            else:
                raise SystemExit(f"{path}.{key} has no source")

    def image(self, path, image):
        m = self.modules[image["image_addr"]]
        at = m["offset"]
        name, (size, cv) = self.dump.at(at + 20, "I")[0], self.dump.at(at + 76, "II")
        stamp = f"{hexed(at + 16)}, {hexed(at + 8)}"
        ids = {"pe": stamp, "elf": hexed(cv + 4), "macho": hexed(cv + 4)}
        has_build_id = m["cv"][:4] == (0x4270454C).to_bytes(4, "little")
        sources = {"type": "spec 2: " + hexed(self.dump.streams[7][0] + 20), "code_file": hexed(name),
                   "code_id": f"spec 2.{1 + ['pe', 'macho', 'elf'].index(image['type'])}: {ids[image['type']]}",
                   "debug_file": hexed(name if has_build_id else cv + 24),
                   "debug_id": f"spec 2.{1 + ['pe', 'macho', 'elf'].index(image['type'])}: {hexed(cv + 4)}",
                   "arch": hexed(self.dump.streams[7][0]), "image_addr": hexed(at), "image_size": hexed(at + 8)}
        self.holds(at, int(image["image_addr"], 16), 8)
        self.holds(at + 8, image["image_size"], 4)
        for key, value in image.items():
            self.add(f"{path}.{key}", value, sources[key])


def leaves(value, path=""):
    """(path, value) of all scalars; of an empty list the list."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from leaves(child, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list) and value:
        for i, child in enumerate(value):
            yield from leaves(child, f"{path}[{i}]")
    else:
        yield path, value


def table(dump, stored, event):
    """One line for each value, and not one more or less."""
    lines = []
    for path, value, source in Sources(dump, stored, event).all():
        for leaf, scalar in leaves(value, path):
            lines.append((leaf, scalar, source))
    wanted, have = dict(leaves(event)), {path: value for path, value, _ in lines}
    if wanted != have or len(lines) != len(have):
        raise SystemExit(f"without a source: {sorted(wanted.keys() ^ have.keys())[:5]}")
    order = {path: i for i, path in enumerate(wanted)}
    return sorted(lines, key=lambda line: order[line[0]])
