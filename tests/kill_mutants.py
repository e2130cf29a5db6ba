#!/usr/bin/env python3
"""Changes one constant of the walker at a time and looks for a test that minds.

usage: kill_mutants.py ROOT [--only TEXT]

Run by hand: builds a copy of ROOT in a temporary folder once, and for each line
of tests/mutants.tsv the tests of the walker again. A mutant that every test
passes, and a line whose text is not in its file once, are errors.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

TESTS = {"flow": [], "link": [], "walk": [], "walk_arm": [], "walk_code": [], "walk_stacks": [], "walk_info": [], "arbitrate": [],
         "process": ["testdata/dumps"]}
FOLDERS = ("arch", "doc", "examples", "fuzz", "include", "lib", "testdata", "tests", "tools")


def mutants(path):
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def run(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def copy_tree(root, to):
    for name in FOLDERS:
        if (root / name).is_dir():
            shutil.copytree(root / name, to / name, symlinks=True)
    for path in root.iterdir():
        if path.is_file():
            shutil.copy(path, to)


def killed(folder, build):
    """The first test that fails, or None; a mutant that does not compile is dead."""
    programs = [f"tests/test_{name}" for name in TESTS]
    if run(["ninja", "-C", build, *programs], folder).returncode:
        return "the compiler"
    for name, args in TESTS.items():
        if run([build / f"tests/test_{name}", *args], folder).returncode:
            return name
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    root = options.root.resolve()
    lived = count = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary) / "mutants"
        folder.mkdir()
        copy_tree(root, folder)
        build = folder / "build"
        if run(["meson", "setup", build], folder).returncode or killed(folder, build):
            sys.exit("the tests must pass before anything is changed")
        for name, old, new in mutants(root / "tests/mutants.tsv"):
            if options.only not in name + old + new:
                continue
            path = folder / name
            text = path.read_text()
            count += 1
            if text.count(old) != 1:
                print(f"{name}: {old!r} is there {text.count(old)} times")
                lived += 1
                continue
            path.write_text(text.replace(old, new))
            by = killed(folder, build)
            path.write_text(text)
            if not by:
                lived += 1
                print(f"{name}: {old} -> {new}: nobody minds")
    print(f"{count} mutants, {count - lived} killed")
    return int(lived > 0)


sys.exit(main())
