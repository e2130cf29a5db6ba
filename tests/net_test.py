#!/usr/bin/env python3
"""Symbol servers for real, over loopback. net_test.py NET_CLIENT NET_MODULE
MDWALK DUMP [ELF_FILE]: with one, and Debian's debuginfod, also that."""
import json
import os
import pathlib
import pty
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import http_server

CLIENT, MODULE, MDWALK, DUMP = sys.argv[1:5]
ELF = sys.argv[5] if len(sys.argv) > 5 else None
bad = 0


def check(claim, got, want):
    global bad
    if not (re.fullmatch(want, got, re.S) if isinstance(want, str) else want):
        bad += 1
        print(f"{claim}\n  got  {got!r}\n  want {want!r}")


def guid(byte):
    return "%02X" % byte * 16 + "0"


def put(root, name, byte, function):
    folder = root / name / guid(byte)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / (name + ".sym")).write_text(
        f"MODULE Linux x86_64 {guid(byte)} {name}\nFUNC 100 100 0 {function}\n" + "100 100 1 0\n" * 500)


def ask(place, *modules, cache="-", timeout=5000, env=None, threads=()):
    """The client's lines without the last, and the milliseconds."""
    run = subprocess.run([CLIENT, *threads, MODULE, str(cache), str(timeout), place, *modules],
                         capture_output=True, text=True, timeout=120, env=env)
    lines = run.stdout.splitlines()
    if run.returncode or run.stderr:
        return f"exit {run.returncode}: {run.stderr}", 0, ""
    ms = int(lines[-1].split()[0]) if "fetches" in lines[-1] else 0
    return "\n".join(lines[:-1] if ms or "fetches" in lines[-1] else lines), ms, lines[-1]


def http(root):
    server = http_server.serve(root)
    for i in range(40):
        put(root, f"m{i}", 0xAA, f"f{i}")
    put(root, "a b+c%2F", 0xAA, "odd")
    shutil.copy(root / "m0" / guid(0xAA) / "m0.sym", root / "wrong.sym")
    (root / "wrong.sym").write_text(f"MODULE Linux x86_64 {guid(0xBB)} m0\nFUNC 100 100 0 wrong\n")
    at = lambda mode: f"{server.url}/{mode}"
    name = f"m0/{guid(0xAA)}/m0.sym"
    url = lambda mode: re.escape(f"{at(mode)}/{name}")

    check("hit", ask(at("ok"), "m1=AA")[0], "m1=AA found f1")
    check("miss", ask(at("ok"), "m1=BB")[0], "m1=BB absent")
    check("a name with odd characters", ask(at("ok"), "a b+c%2F=AA")[0], "a b\\+c%2F=AA found odd")
    check("a slash at the end of the place", ask(at("ok") + "/", "m1=AA")[0], "m1=AA found f1")
    check("wrong id", ask(at("wrong"), "m0=AA")[0],
          f"m0=AA another identity\n{url('wrong')}: another identity wants {guid(0xAA)}, has {guid(0xBB)}")
    check("gzip", ask(at("gzip"), "m1=AA")[0], "m1=AA found f1")
    check("a gzip file", ask(at("packed"), "m1=AA")[0], "m1=AA found f1")
    check("a redirection", ask(at("move"), "m1=AA")[0], "m1=AA found f1")
    check("truncated answer", ask(at("cut"), "m0=AA")[0], f"m0=AA cut short\n{url('cut')}: cut short ")
    check("it was asked for three times", str(server.asked[f"/cut/{name}"]), "3")
    check("truncated once", ask(at("cut-once"), "m1=AA")[0], "m1=AA found f1")
    check("busy once", ask(at("busy-once"), "m1=AA")[0], "m1=AA found f1")
    check("server error", ask(at("error"), "m0=AA")[0], f"m0=AA cannot be read\n{url('error')}: .*")
    check("a bomb", ask(at("bomb"), "m0=AA")[0], f"m0=AA over a limit\n{url('bomb')}: .*")
    check("closed without an answer", ask(at("drop"), "m0=AA")[0], f"m0=AA cannot be read\n{url('drop')}: .*")
    got, ms, _ = ask(at("delay-300"), "m1=AA")
    check("slow answer", got, "m1=AA found f1")
    check("it took its time", f"{ms} ms", 250 <= ms < 2000)
    got, ms, _ = ask(at("delay-6000"), "m0=AA", timeout=1000)
    check("too slow an answer", got, f"m0=AA cannot be read\n{url('delay-6000')}: .*")
    check("nobody waits for it", f"{ms} ms", ms < 5000)

    forty = [f"m{i}=AA" for i in range(40)]
    want = "\n".join(f"m{i}=AA found f{i}" for i in range(40))
    got, ms, last = ask(at("delay-200"), *forty)
    check("forty modules", got, want)
    check("forty modules of 200 ms side by side", f"{ms} ms", ms < 2000)
    check("progress", last, r"\d+ ms, 40 of 40 fetches, \d{6} bytes")
    print(f"40 modules at 200 ms each: {ms} ms")

    for cache in ("-", root / "shared"):
        before = server.asked.copy()
        got, ms, _ = ask(at("delay-50"), *forty, "m0=BB", cache=cache, threads=["threads"])
        check("eight threads are told the same", got, want + "\nm0=BB absent")
        asked = max((server.asked - before).values())
        check("and each file is fetched once", str(asked), "1")

    cache = root / "cache"
    for i, want_asked in enumerate((1, 1)):
        check("with a cache", ask(at("ok"), "m2=AA", "m2=BB", cache=cache)[0], "m2=AA found f2\nm2=BB absent")
        for byte in (0xAA, 0xBB):
            asked = server.asked[f"/ok/m2/{guid(byte)}/m2.sym"]
            check(f"asked once, run {i}, {byte:x}", str(asked), str(want_asked))
    names = sorted(re.sub("^[0-9a-f]{32}", "X", f.name) for f in cache.iterdir())
    check("what the cache has", " ".join(names), r"X\.file X\.index X\.miss")
    for f in cache.glob("*.miss"):
        os.utime(f, (1, 1))
    ask(at("ok"), "m2=BB", cache=cache)
    check("an old miss is asked again", str(server.asked[f"/ok/m2/{guid(0xBB)}/m2.sym"]), "2")
    for f in cache.glob("*.file"):
        f.write_bytes(f.read_bytes()[:20])
    check("a damaged download is fetched again", ask(at("ok"), "m2=AA", cache=cache)[0], "m2=AA found f2")
    before = sorted(cache.iterdir())
    ask(at("wrong"), "m0=AA", cache=cache)
    check("a refused download is not kept", str(sorted(cache.iterdir()) == before), "True")

    build_ids(root, server)
    command(root, server)

    server.shutdown()
    server.server_close()
    got, ms, _ = ask(at("ok"), "m0=AA", "m1=AA")
    check("server gone", got, f"m0=AA cannot be read\n{url('ok')}: .*\nm1=AA cannot be read\n.*")
    check("soon known", f"{ms} ms", ms < 2000)
    check("what was fetched is there without it", ask(at("ok"), "m2=AA", cache=cache)[0], "m2=AA found f2")


def build_ids(root, server):
    """debuginfod's addresses, with answers that a real one does not give."""
    if not ELF:
        return
    folder = root / "buildid"
    folder.mkdir()
    build_id = id_of(ELF)
    other = "ab" * 20
    for name in (build_id, other):
        (folder / name).mkdir()
        shutil.copy(ELF, folder / name / "debuginfo")
    place = lambda mode: f"debuginfod:{server.url}/{mode}"
    url = lambda mode, i: re.escape(f"{server.url}/{mode}/buildid/{i}/debuginfo")
    mine, foreign = f"x={build_id}", f"x={other}"
    check("build id: hit", ask(place("ok"), mine)[0], f"{mine} found \\w*")
    check("build id: miss", ask(place("ok"), "x=" + "00" * 20)[0], "x=0{40} absent")
    check("build id: wrong id", ask(place("ok"), foreign)[0],
          f"{foreign} another identity\n{url('ok', other)}: another identity wants {other}, has {build_id}")
    check("build id: slow answer", ask(place("delay-300"), mine)[0], f"{mine} found \\w*")
    check("build id: too slow an answer", ask(place("delay-6000"), mine, timeout=1000)[0],
          f"{mine} cannot be read\n{url('delay-6000', build_id)}: .*")
    check("build id: truncated answer", ask(place("cut"), mine)[0], f"{mine} cut short\n{url('cut', build_id)}: cut short ")


def command(root, server):
    """What the command says of servers: where a file came from, and a line while it comes."""
    def report(*words, stderr=subprocess.PIPE):
        return subprocess.run([MDWALK, "-f", "json", "--no-cache", DUMP, *words], stdout=subprocess.PIPE, stderr=stderr,
                              env=dict(os.environ, LD_LIBRARY_PATH=str(pathlib.Path(MODULE).resolve().parent)), timeout=60)
    document = json.loads(report().stdout)
    frame = next(f for t in document["threads"] for f in t["frames"] if f["module"])
    module = next(m for m in document["modules"] if m["filename"] == frame["module"])
    name, debug_id = module["debug_file"], module["debug_id"]
    folder = root / name / debug_id
    folder.mkdir(parents=True)
    (folder / (name + ".sym")).write_text(f"MODULE Linux x86_64 {debug_id} {name}\nFUNC 0 {module_size(module):x} 0 served\n")
    run = report(f"{server.url}/ok")
    urls = {m["filename"]: m["symbol_url"] for m in json.loads(run.stdout)["modules"]}
    check("symbol_url is the address that answered", urls.pop(frame["module"]) or "",
          re.escape(f"{server.url}/ok/{name}/{debug_id}/{name}.sym"))
    check("and null where nothing came", str(set(urls.values()) <= {None}), "True")
    check("no progress line in a pipe", run.stderr.decode(), "")
    master, slave = pty.openpty()
    report(f"{server.url}/delay-300", stderr=slave)
    os.close(slave)
    text = b""
    try:
        while part := os.read(master, 4096):
            text += part
    except OSError:  # the end of a terminal
        pass
    os.close(master)
    check("a progress line on a terminal, that goes away", text.decode(),
          r"(\r\x1b\[Ksymbols: \d+ of \d+, [\d.]+ MB)+\r\x1b\[K")


def module_size(module):
    return int(module["end_addr"], 16) - int(module["base_addr"], 16)


def id_of(file):
    notes = subprocess.run(["readelf", "-n", file], capture_output=True, text=True, check=True).stdout
    return re.search(r"Build ID: ([0-9a-f]{40})", notes)[1]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def debuginfod(root):
    program = shutil.which("debuginfod")
    if not ELF or not program:
        print("debuginfod: not tested")
        return
    files = root / "elf"
    files.mkdir()
    shutil.copy(ELF, files)
    build_id = id_of(ELF)
    port = free_port()
    server = subprocess.Popen([program, "-p", str(port), "-d", ":memory:", "-F", str(files), "-t0", "-g0"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        env = dict(os.environ, DEBUGINFOD_URLS=f"http://127.0.0.1:{port}",
                   DEBUGINFOD_CACHE_PATH=str(root / "client"), HOME=str(root))
        module, miss = f"x={build_id}", "x=" + "00" * 20
        for _ in range(50):
            got = ask(f"debuginfod:http://127.0.0.1:{port}", module)[0]
            if not got.startswith(f"{module} absent"):
                break
            time.sleep(0.2)
        for place in (f"debuginfod:http://127.0.0.1:{port}", "debuginfod"):
            got = ask(place, module, miss, cache=root / "c", env=env)[0]
            check(place + ": hit and miss", got, f"{module} found \\w*\n{miss} absent")
        check("debuginfod without a cache", ask("debuginfod", module, env=env)[0],
              "debuginfod without a cache: not supported")
    finally:
        server.terminate()
        server.wait()
    got = ask("debuginfod", module, miss, cache=root / "c", env=env)[0]
    check("debuginfod gone: from its cache", got, f"{module} found \\w*\n{miss} absent")
    env["DEBUGINFOD_CACHE_PATH"] = str(root / "empty")
    got = ask("debuginfod", module, cache=root / "c2", env=env)[0]
    check("debuginfod gone, and nothing in its cache", got, f"{module} cannot be read\n{build_id}: cannot be read .*")
    env["DEBUGINFOD_URLS"] = ""
    got = ask("debuginfod", module, cache=root / "c3", env=env)[0]
    check("no DEBUGINFOD_URLS", got, f"{module} absent")


with tempfile.TemporaryDirectory() as folder:
    (pathlib.Path(folder) / "http").mkdir()
    http(pathlib.Path(folder) / "http")
    debuginfod(pathlib.Path(folder))
sys.exit(bool(bad))
