#!/usr/bin/env python3
"""Prints lib/codes/*.def. Usage: codes.py FOLDER [OUTPUT]

FOLDER has one <system>-<table>.tsv per table, a line "value<TAB>name" per row.
Rows that no such file has stand in codes_extra.tsv beside this script. Without
OUTPUT the files go to lib/codes, and codes_digest.tsv beside this script is
written too: how many rows each file of FOLDER has, and their SHA-256, so that
tests/check_codes.py can tell without FOLDER whether a row was lost or changed.
The same input gives the same bytes."""
import hashlib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
# File: (table as in enum code_table, stem of its .tsv or None, source). The
# order here, in codes.c and in the enum is one and the same.
FILES = {
    "windows": [
        ("WINDOWS", "windows-ExceptionCodeWindows",
         "Windows SDK, winnt.h EXCEPTION_*, and raisers of their own"),
        ("WINDOWS_EXTRA", None, "codes of language runtimes and tools"),
        ("ACCESS", "windows-ExceptionCodeWindowsAccessType",
         "EXCEPTION_RECORD, ExceptionInformation[0] of an access violation"),
        ("IN_PAGE", "windows-ExceptionCodeWindowsInPageErrorType",
         "EXCEPTION_RECORD, ExceptionInformation[0] of an in-page error"),
        ("FAST_FAIL", "windows-FastFailCode", "Windows SDK, winnt.h FAST_FAIL_*"),
        ("FACILITY", "windows-WinErrorFacilityWindows", "[MS-ERREF] 2.1.1 facilities"),
    ],
    "ntstatus": [
        ("NTSTATUS", "windows-NtStatusWindows", "[MS-ERREF] 2.3.1 NTSTATUS, ntstatus.h"),
    ],
    "winerror": [
        ("WINERROR", "windows-WinErrorWindows", "[MS-ERREF] 2.2 Win32 error codes, winerror.h"),
    ],
    "linux": [
        ("SIGNAL", "linux-ExceptionCodeLinux",
         "Linux asm-generic/signal.h; Breakpad's request for a dump"),
        ("SIGNAL_MIPS", None, "Linux arch/mips/include/uapi/asm/signal.h"),
        ("SIGNAL_SPARC", None, "Linux arch/sparc/include/uapi/asm/signal.h"),
        ("SI_CODE", "linux-ExceptionCodeLinuxSicode", "Linux asm-generic/siginfo.h SI_*"),
        ("SI_CODE_MIPS", None, "Linux arch/mips/include/uapi/asm/siginfo.h"),
        ("SIGILL", "linux-ExceptionCodeLinuxSigillKind", "Linux asm-generic/siginfo.h ILL_*"),
        ("SIGTRAP", "linux-ExceptionCodeLinuxSigtrapKind", "Linux asm-generic/siginfo.h TRAP_*"),
        ("SIGFPE", "linux-ExceptionCodeLinuxSigfpeKind", "Linux asm-generic/siginfo.h FPE_*"),
        ("SIGSEGV", "linux-ExceptionCodeLinuxSigsegvKind", "Linux asm-generic/siginfo.h SEGV_*"),
        ("SIGBUS", "linux-ExceptionCodeLinuxSigbusKind", "Linux asm-generic/siginfo.h BUS_*"),
        ("SIGSYS", "linux-ExceptionCodeLinuxSigsysKind", "Linux asm-generic/siginfo.h SYS_*"),
        ("SIGEMT", None, "Linux asm-generic/siginfo.h EMT_*"),
    ],
    "mach": [
        ("MACH", "macos-ExceptionCodeMac",
         "XNU osfmk/mach/exception_types.h; Crashpad's own"),
        ("MACH_ACCESS", "macos-ExceptionCodeMacBadAccessKernType",
         "XNU osfmk/mach/kern_return.h"),
        ("MACH_ACCESS_ARM", "macos-ExceptionCodeMacBadAccessArmType",
         "XNU osfmk/mach/arm/exception.h"),
        ("MACH_ACCESS_PPC", "macos-ExceptionCodeMacBadAccessPpcType",
         "XNU osfmk/mach/ppc/exception.h"),
        ("MACH_ACCESS_X86", "macos-ExceptionCodeMacBadAccessX86Type",
         "XNU osfmk/mach/i386/exception.h"),
        ("MACH_INSTRUCTION_ARM", "macos-ExceptionCodeMacBadInstructionArmType",
         "XNU osfmk/mach/arm/exception.h"),
        ("MACH_INSTRUCTION_PPC", "macos-ExceptionCodeMacBadInstructionPpcType",
         "XNU osfmk/mach/ppc/exception.h"),
        ("MACH_INSTRUCTION_X86", "macos-ExceptionCodeMacBadInstructionX86Type",
         "XNU osfmk/mach/i386/exception.h"),
        ("MACH_ARITHMETIC_ARM", "macos-ExceptionCodeMacArithmeticArmType",
         "XNU osfmk/mach/arm/exception.h"),
        ("MACH_ARITHMETIC_PPC", "macos-ExceptionCodeMacArithmeticPpcType",
         "XNU osfmk/mach/ppc/exception.h"),
        ("MACH_ARITHMETIC_X86", "macos-ExceptionCodeMacArithmeticX86Type",
         "XNU osfmk/mach/i386/exception.h"),
        ("MACH_BREAKPOINT_ARM", "macos-ExceptionCodeMacBreakpointArmType",
         "XNU osfmk/mach/arm/exception.h"),
        ("MACH_BREAKPOINT_PPC", "macos-ExceptionCodeMacBreakpointPpcType",
         "XNU osfmk/mach/ppc/exception.h"),
        ("MACH_BREAKPOINT_X86", "macos-ExceptionCodeMacBreakpointX86Type",
         "XNU osfmk/mach/i386/exception.h"),
        ("MACH_SOFTWARE", "macos-ExceptionCodeMacSoftwareType",
         "XNU bsd/sys/ux_exception.h and osfmk/mach/ppc/exception.h"),
        ("MACH_SIGNAL", None, "XNU bsd/sys/signal.h"),
        ("RESOURCE", "macos-ExceptionCodeMacResourceType", "XNU osfmk/kern/exc_resource.h"),
        ("RESOURCE_CPU", "macos-ExceptionCodeMacResourceCpuFlavor",
         "XNU osfmk/kern/exc_resource.h"),
        ("RESOURCE_WAKEUPS", "macos-ExceptionCodeMacResourceWakeupsFlavor",
         "XNU osfmk/kern/exc_resource.h"),
        ("RESOURCE_MEMORY", "macos-ExceptionCodeMacResourceMemoryFlavor",
         "XNU osfmk/kern/exc_resource.h"),
        ("RESOURCE_IO", "macos-ExceptionCodeMacResourceIOFlavor",
         "XNU osfmk/kern/exc_resource.h"),
        ("RESOURCE_THREADS", "macos-ExceptionCodeMacResourceThreadsFlavor",
         "XNU osfmk/kern/exc_resource.h"),
        ("GUARD", "macos-ExceptionCodeMacGuardType", "XNU osfmk/kern/exc_guard.h"),
        ("GUARD_MACH_PORT", "macos-ExceptionCodeMacGuardMachPortFlavor",
         "XNU osfmk/mach/port.h mach_port_guard_exception_codes"),
        ("GUARD_FD", "macos-ExceptionCodeMacGuardFDFlavor", "XNU bsd/sys/guarded.h"),
        ("GUARD_VN", "macos-ExceptionCodeMacGuardVNFlavor", "XNU bsd/sys/guarded.h"),
        ("GUARD_MEMORY", "macos-ExceptionCodeMacGuardVirtMemoryFlavor",
         "XNU osfmk/mach/vm_statistics.h"),
        ("GUARD_SYSCALL", "macos-ExceptionCodeMacGuardRejecteSysCallFlavor",
         "XNU osfmk/kern/exc_guard.h"),
    ],
    "fuchsia": [
        ("FUCHSIA", None, "Zircon zircon/syscalls/exception.h"),
    ],
}


def rows(path):
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def extras():
    out = {}
    for table, value, name, _source in rows(HERE / "codes_extra.tsv"):
        out.setdefault(table, []).append((int(value, 16), name))
    return out


def digest(known):
    """Of (value, name) pairs in ascending order."""
    text = "".join(f"0x{v:08x}\t{n}\n" for v, n in sorted(known))
    return hashlib.sha256(text.encode()).hexdigest()


def fold(text):
    """A comment, at most 80 columns wide."""
    out, line = [], "/*"
    for word in text.split() + ["*/"]:
        if len(line) + 1 + len(word) > 80:
            out.append(line)
            line = " *"
        line += " " + word
    return "\n".join(out + [line])


def main():
    folder = pathlib.Path(sys.argv[1])
    output = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else HERE.parent.parent / "lib/codes"
    more, digests = extras(), ["# table\trows\tSHA-256 of its rows"]
    for file, tables in FILES.items():
        parts = [fold(f"lib/codes/{file}.def - ascending within each table. Printed by "
                      "doc/gen/codes.py.")]
        for table, stem, source in tables:
            known = [(int(v, 16), n) for v, n in rows(folder / f"{stem}.tsv")] if stem else []
            values = {v for v, _ in known}
            clash = [n for v, n in more.get(table, []) if v in values]
            if clash:
                sys.exit(f"codes_extra.tsv repeats {clash} of {table}")
            if stem:
                digests.append(f"{table}\t{len(known)}\t{digest(known)}")
            parts.append(fold(f"{table}: {source}."))
            parts += [f'CODE({table}, 0x{v:08x}, "{n}")'
                      for v, n in sorted(known + more.get(table, []))]
        (output / f"{file}.def").write_text("\n".join(parts) + "\n")
    if len(sys.argv) <= 2:
        (HERE / "codes_digest.tsv").write_text("\n".join(digests) + "\n")


if __name__ == "__main__":
    main()
