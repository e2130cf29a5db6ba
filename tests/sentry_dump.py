"""What a minidump's bytes say of an event: a reader of its own for
tests/sentry_check.py, which shares nothing with the library."""
import struct

X86, ARM, AMD64, ARM64 = "x86", "arm", "x86_64", "arm64"
ARCHES = {0: X86, 5: ARM, 9: AMD64, 12: ARM64, 0x8003: ARM64, 1: "mips", 3: "ppc"}
SYSTEMS = {1: "Windows", 2: "Windows", 3: "Windows", 0x8101: "macOS", 0x8102: "iOS", 0x8201: "Linux",
           0x8202: "Solaris", 0x8203: "Android", 0x8204: "PS3", 0x8205: "NaCl"}
FORMATS = {"Windows": "pe", "macOS": "macho", "iOS": "macho", "Linux": "elf", "Android": "elf", "Solaris": "elf"}

# Name, offset and size in the CONTEXT of each CPU.
REGISTERS = {
    X86: [("edi", 156, 4), ("esi", 160, 4), ("ebx", 164, 4), ("edx", 168, 4), ("ecx", 172, 4), ("eax", 176, 4),
          ("ebp", 180, 4), ("eip", 184, 4), ("eflags", 192, 4), ("esp", 196, 4)],
    AMD64: [(n, 0x78 + 8 * i, 8) for i, n in enumerate(
        ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
         "rip"])],
    ARM: [(n, 4 + 4 * i, 4) for i, n in enumerate(
        [f"r{i}" for i in range(11)] + ["fp", "r12", "sp", "lr", "pc"])],
    ARM64: [(n, 8 + 8 * i, 8) for i, n in enumerate([f"x{i}" for i in range(29)] + ["fp", "lr", "sp", "pc"])],
}
COUNTER = {X86: "eip", AMD64: "rip", ARM: "pc", ARM64: "pc"}


class Dump:
    def __init__(self, data):
        self.data = data
        magic, _, count, directory, _, self.timestamp = struct.unpack_from("<4sIIIII", data)
        if magic != b"MDMP":
            raise ValueError("not a little-endian minidump")
        self.streams = {}
        for i in range(count):
            kind, size, offset = struct.unpack_from("<III", data, directory + 12 * i)
            if kind and size and kind not in self.streams:
                self.streams[kind] = (offset, size)
        self.read_system()
        self.read_exception()
        self.modules = [self.read_module(at) for at in self.records(4, 108)]
        self.threads = [self.read_thread(at) for at in self.records(3, 48)]

    def at(self, offset, form):
        return struct.unpack_from("<" + form, self.data, offset)

    def records(self, kind, size):
        """Offsets of a list's records: the count may have 4 bytes of padding behind it."""
        if kind not in self.streams:
            return []
        offset, length = self.streams[kind]
        count = self.at(offset, "I")[0]
        head = 8 if length == 8 + count * size else 4
        return [offset + head + i * size for i in range(min(count, (length - head) // size))]

    def string(self, offset):
        if not offset or offset + 4 > len(self.data):
            return ""
        size = self.at(offset, "I")[0]
        return self.data[offset + 4:offset + 4 + size].decode("utf-16-le", "replace")

    def utf8(self, offset):
        size = self.at(offset, "I")[0]
        return self.data[offset + 4:offset + 4 + size].decode("utf-8", "replace")

    def read_system(self):
        self.arch = self.os = None
        self.cpus, self.version, self.csd, self.platform = 0, (0, 0, 0), "", None
        if 7 in self.streams:
            offset = self.streams[7][0]
            arch, _, _, self.cpus, _ = self.at(offset, "HHHBB")
            *version, self.platform, csd = self.at(offset + 8, "IIIII")
            self.arch, self.os = ARCHES.get(arch), SYSTEMS.get(self.platform)
            self.version, self.csd = tuple(version), self.string(csd)

    def read_exception(self):
        self.exception = None
        if 6 in self.streams:
            offset = self.streams[6][0]
            thread, = self.at(offset, "I")
            code, flags, _, address, count, _ = self.at(offset + 8, "IIQQII")
            size, place = self.at(offset + 160, "II")
            self.exception = {"thread": thread, "code": code, "flags": flags, "address": address,
                              "info": self.at(offset + 40, "15Q")[:min(count, 15)],
                              "context": self.data[place:place + size], "offset": offset}

    def read_thread(self, at):
        ident, = self.at(at, "I")
        size, place = self.at(at + 40, "II")
        return {"id": ident, "context": self.data[place:place + size], "offset": at}

    def read_module(self, at):
        base, size, _, timestamp, name = self.at(at, "QIIII")
        length, place = self.at(at + 76, "II")
        return {"base": base, "size": size, "timestamp": timestamp, "name": self.string(name),
                "cv": self.data[place:place + length], "offset": at}

    def names(self):
        """Of threads, by id: ThreadNames."""
        found = {}
        for at in self.records(24, 12):
            ident, rva = self.at(at, "IQ")
            if self.string(rva):
                found[ident] = self.string(rva)
        return found

    def breakpad(self):
        """Validity, dump thread, requesting thread; None without the stream."""
        return self.at(self.streams[0x47670001][0], "III") if 0x47670001 in self.streams else None

    def registers(self, context):
        """Of a CONTEXT; None where it is none of this CPU."""
        table = REGISTERS.get(self.arch)
        if not table or len(context) < max(at + size for _, at, size in table):
            return None
        return {n: int.from_bytes(context[at:at + size], "little") for n, at, size in table}

    def crashpad(self):
        """Annotations: of the process, then (module index, {kind: ...}) in order; None without the stream or with
        version 0."""
        if 0x43500001 not in self.streams:
            return None
        offset = self.streams[0x43500001][0]
        version, = self.at(offset, "I")
        (simple_size, simple), (list_size, links) = self.at(offset + 36, "II"), self.at(offset + 44, "II")
        if not version:
            return None
        modules = []
        for i in range(self.at(links, "I")[0] if list_size else 0):
            index, _, info = self.at(links + 4 + 12 * i, "III")
            _, *places = self.at(info, "I6I")
            modules.append((index, {"list": self.text_list(*places[0:2]), "simple": self.pairs(*places[2:4]),
                                    "objects": self.objects(*places[4:6])}))
        return self.pairs(simple_size, simple), modules

    def pairs(self, size, at):
        if not size:
            return {}
        found = [self.at(at + 4 + 8 * i, "II") for i in range(self.at(at, "I")[0])]
        return {self.utf8(key): self.utf8(value) for key, value in found}

    def text_list(self, size, at):
        return [self.utf8(self.at(at + 4 + 4 * i, "I")[0]) for i in range(self.at(at, "I")[0])] if size else []

    def objects(self, size, at):
        """Those of type 1, which are text."""
        found = {}
        for i in range(self.at(at, "I")[0] if size else 0):
            name, kind, _, value = self.at(at + 4 + 12 * i, "IHHI")
            if kind == 1:
                found[self.utf8(name)] = self.utf8(value)
        return found
