#!/usr/bin/env python3
"""--data: what a client says beside the dump, in Sentry's event. Usage:
cli_data.py MDWALK TESTDATA"""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

mdwalk = os.path.abspath(sys.argv[1])
dump = str(pathlib.Path(sys.argv[2]) / "dumps" / "x86_64-O0-null.dmp")
passed, failed = 0, []


def check(claim, condition, detail=""):
    global passed
    if condition:
        passed += 1
    else:
        failed.append(claim)
        print(f"FAILED {claim} {detail!r:.800}")


def run(*words):
    done = subprocess.run([mdwalk, "-f", "sentry", *map(str, words), dump], capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def event(*data):
    words = [w for d in data for w in ("--data", d)]
    code, out, err = run(*words)
    if code or err:
        check("an event", False, (data, code, err))
        return {}
    return json.loads(out)


def refuses(claim, says, *data):
    words = [w for d in data for w in ("--data", d)]
    code, out, err = run(*words)
    check(claim, code == 2 and not out and err.count("\n") == 1 and says in err, (code, out[:99], err))


def msgpack(value):
    """What this test needs of MessagePack."""
    if isinstance(value, dict):
        return bytes([0x80 + len(value)]) + b"".join(msgpack(k) + msgpack(v) for k, v in value.items())
    if isinstance(value, list):
        return bytes([0x90 + len(value)]) + b"".join(map(msgpack, value))
    if isinstance(value, str):
        return b"\xd9" + bytes([len(value)]) + value.encode()
    return b"\xcb" + struct.pack(">d", value)


bare = event()
full = event('sentry=' + json.dumps({
    "release": "1.0", "environment": "test", "dist": "7", "transaction": "t", "server_name": "s", "level": "warning",
    "event_id": "01234567-89AB-cdef-0123-456789abcdef", "platform": "other", "timestamp": 1, "type": "error",
    "exception": {"values": [{"type": "no"}]}, "threads": {"values": []}, "stacktrace": {"frames": []},
    "debug_meta": {"images": [{"type": "elf"}], "sdk_info": {"sdk_name": "x"}},
    "contexts": {"os": {"version": "9", "rooted": False, "name": None}, "device": {"memory_size": 5, "model": 3, "type": "x"},
                 "app": {"app_name": "A"}, "mdwalk": {"mine": 1}, "gone": None},
    "sdk": {"name": "sentry.native", "version": "0.7", "packages": [{"name": "p", "version": "1"}]},
    "tags": {"a": "b"}, "user": {"id": "5"}, "fingerprint": ["f"], "extra": {"big": 2 ** 64 - 1}, "unheard": "of"}))
for key in ("release", "environment", "dist", "transaction", "server_name", "level"):
    check(f"{key} is the client's", full[key] == {"release": "1.0", "environment": "test", "dist": "7", "transaction": "t",
                                                  "server_name": "s", "level": "warning"}[key], full.get(key))
check("the client's id, without dashes and in lower case", full["event_id"] == "0123456789abcdef" * 2, full["event_id"])
for key in ("platform", "timestamp", "exception", "threads"):
    check(f"{key} is the dump's", full[key] == bare[key], full[key])
check("images are the dump's, the rest of debug_meta the client's",
      full["debug_meta"]["images"] == bare["debug_meta"]["images"] and full["debug_meta"]["sdk_info"] == {"sdk_name": "x"})
check("what is no property of an event is left out", "unheard" not in full and "stacktrace" not in full)
contexts, ours = full["contexts"], bare["contexts"]
check("the client's os fields win, ours fill", contexts["os"] == {**ours["os"], "version": "9", "rooted": False}, contexts["os"])
check("device alike, of whatever kind, but for its type",
      contexts["device"] == {**ours["device"], "memory_size": 5, "model": 3}, contexts["device"])
check("other contexts are the client's", contexts["app"] == {"app_name": "A"} and contexts["mdwalk"] == {"mine": 1} and
      "gone" not in contexts, contexts)
check("its sdk stands as it is", full["sdk"] == {"name": "sentry.native", "version": "0.7",
                                                 "packages": [{"name": "p", "version": "1"}]}, full["sdk"])
check("tags, user, fingerprint, type, extra", (full["tags"], full["user"], full["fingerprint"], full["type"]) ==
      ({"a": "b"}, {"id": "5"}, ["f"], "error") and full["extra"]["big"] == 2 ** 64 - 1)
check("nothing given, nothing said", not {"release", "tags", "extra", "user"} & set(bare))
check("brackets and other fields", (lambda e: (e["tags"], e["extra"]))(event("sentry[tags][k]=v=w", "ptype=browser")) ==
      ({"k": "v=w"}, {"ptype": "browser"}))
check("chunks", event("sentry__2=\"2\"}", "sentry__1={\"release\":")["release"] == "2")
check("options go before data", (lambda code, out, err: json.loads(out)["level"])(
    *run("--level", "info", "--data", "sentry[level]=error")) == "info")
check("a level that is none is not taken", event("sentry[level]=loud")["level"] == bare["level"])
with tempfile.TemporaryDirectory() as folder:
    def write(name, data):
        path = os.path.join(folder, name)
        with open(path, "wb") as file:
            file.write(data)
        return path
    main = write("event", msgpack({"release": "2.0", "breadcrumbs": [], "event_id": "f" * 32}))
    first = write("first", msgpack({"message": "a", "timestamp": 9.0}))
    second = write("second", msgpack({"message": "b", "timestamp": 1.0}) + msgpack({"message": "c", "timestamp": 2.0}))
    got = event(f"__sentry-event=@{main}", f"__sentry-breadcrumb1=@{first}", f"__sentry-breadcrumb2=@{second}", "guid=1")
    check("a client's files", got["release"] == "2.0" and got["event_id"] == "f" * 32, got.get("release"))
    check("breadcrumbs out of two files", [c["message"] for c in got["breadcrumbs"]["values"]] == ["c", "a"],
          got.get("breadcrumbs"))
    check("fields are ignored beside files", "extra" not in got)
    refuses("a file cut in two", "it is cut off", "__sentry-event=@" + write("cut", msgpack({"a": "b"})[:-1]))
    refuses("a 200 KB nest in a file", "nested too deep", "__sentry-event=@" + write("nest", b"\x91" * 200 * 1024))
    refuses("a file that is not there", "No such file", f"__sentry-event=@{folder}/none")
refuses("a nest of arrays", "nested too deep", "sentry=" + "[" * 100 * 1024)
refuses("JSON that is none", "it is not what its name says", "sentry={")
refuses("brackets that are none", "it is not what its name says", "sentry[a=1")
refuses("no key", "--data must be KEY=VALUE", "=1")
refuses("no value", "--data must be KEY=VALUE", "sentry")

print(f"{passed} passed, {len(failed)} failed")
sys.exit(bool(failed))
