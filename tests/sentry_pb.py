#!/usr/bin/env python3
"""`--format sentry-pb` as two other readers see it: it is the JSON of `sentry`,
field by field.

usage: sentry_pb.py MDWALK ROOT [--corpus FOLDER] [--fields FILE]

Of every dump in ROOT/testdata/dumps, or in FOLDER with its symbols (laid out as
<source>/dumps/*.dmp and <source>/symbols): protoc --decode and python3-protobuf,
which share no code with protobuf-c's descriptors or our writer, read the bytes
by lib/sentry/proto/relay_event.proto. What they read is the event of `sentry`,
its `handled: false` included; writing it again takes as many bytes, so nothing
is said twice or unknown; and of `sentry-rich` nothing but trust, data and
frames_omitted has no place. What a client says in --data has the place of its
name, or none: the list is below. FILE is a field table of the whole package, as
JSON: {"messages": {name: [{"number", "name", "type", "repeated", "presence"}]}},
which the .proto must follow.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

try:
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
    from google.protobuf.descriptor import FieldDescriptor as Field
except ImportError:
    print("python3-protobuf is not there")
    sys.exit(77)

EVENT = "sentry_protos.relay.v1.Event"
DEPTH = 100  # messages inside one another that a reader takes
RICH = {"trust", "data", "frames_omitted"}
failed = 0


def check(claim, condition, detail=""):
    global failed
    if not condition:
        failed += 1
        print(f"FAILED {claim} {detail!r:.800}")


# --- what protobuf read, as JSON would say it ------------------------------------------------------------------------

def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def python_of(message):
    """Every field that is there, and no other."""
    name = message.DESCRIPTOR.full_name
    if name == "google.protobuf.Value":
        kind = message.WhichOneof("kind")
        inner = getattr(message, kind)
        return None if kind == "null_value" else python_of(inner) if hasattr(inner, "DESCRIPTOR") else inner
    if name == "google.protobuf.Struct":
        return {k: python_of(v) for k, v in message.fields.items()}
    if name == "google.protobuf.ListValue":
        return [python_of(v) for v in message.values]
    out = {}
    for field, value in message.ListFields():
        if is_map(field):
            out[field.name] = {k: python_of(v) if hasattr(v, "DESCRIPTOR") else v for k, v in value.items()}
        elif field.label == Field.LABEL_REPEATED:
            out[field.name] = [python_of(v) if hasattr(v, "DESCRIPTOR") else v for v in value]
        else:
            out[field.name] = python_of(value) if hasattr(value, "DESCRIPTOR") else value
    return out


# --- what the JSON should have become --------------------------------------------------------------------------------

NOTHING = object()


def text(json_value):
    """What a string field makes of it."""
    if isinstance(json_value, bool):
        return "true" if json_value else "false"
    return json_value if isinstance(json_value, str) else str(json_value) if isinstance(json_value, int) else NOTHING


def in_value(json_value, depth):
    """A google.protobuf.Value that lies `depth` messages deep."""
    if isinstance(json_value, dict):
        return {k: in_value(v, depth + 3) for k, v in json_value.items()} if depth + 3 <= DEPTH else None
    if isinstance(json_value, list):
        return [in_value(v, depth + 2) for v in json_value] if depth + 2 <= DEPTH else None
    if isinstance(json_value, int) and int(float(json_value)) != json_value:
        return str(json_value)  # no double is that number
    return json_value


def one(json_value, field, depth, lost, path):
    wanted = {Field.TYPE_UINT64: int, Field.TYPE_INT64: int, Field.TYPE_BOOL: bool}.get(field.type)
    out = NOTHING
    if field.type == Field.TYPE_STRING:
        out = text(json_value)
    elif wanted:
        out = json_value if type(json_value) is wanted else NOTHING
        if field.type == Field.TYPE_UINT64 and out is not NOTHING and out < 0:
            out = NOTHING
    elif field.message_type.full_name == "google.protobuf.Value":
        return in_value(json_value, depth + 1)
    elif isinstance(json_value, dict):
        return in_message(json_value, field.message_type, depth + 1, lost, path)
    elif isinstance(json_value, list) and [f.name for f in field.message_type.fields] == ["values"]:
        return in_message({"values": json_value}, field.message_type, depth + 1, lost, path)
    if out is NOTHING and json_value is not None:
        lost.add(path)
    return out


def many(json_value, field, depth, lost, path):
    if is_map(field) and isinstance(json_value, dict):
        entry = field.message_type.fields_by_name["value"]
        made = {k: one(v, entry, depth + 1, lost, f"{path}.*") for k, v in json_value.items()}
        return {k: v for k, v in made.items() if v is not NOTHING} or NOTHING
    if not is_map(field) and isinstance(json_value, list):
        made = [one(v, field, depth, lost, f"{path}[]") for v in json_value]
        return [v for v in made if v is not NOTHING] or NOTHING
    lost.add(path)
    return NOTHING


def in_message(json_object, descriptor, depth, lost, path=""):
    out = {}
    for key, json_value in json_object.items():
        field = descriptor.fields_by_name.get(key)
        here = f"{path}.{key}"
        if field is None:
            lost.add(here)
            continue
        made = (many if field.label == Field.LABEL_REPEATED else one)(json_value, field, depth, lost, here)
        # proto3 without a oneof: empty is absent
        if made is not NOTHING and (made != "" or field.containing_oneof or field.label == Field.LABEL_REPEATED):
            out[key] = made
    return out


# --- readers ---------------------------------------------------------------------------------------------------------

class Readers:
    def __init__(self, protos):
        self.protos = protos
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "set"
            self.protoc(f"--descriptor_set_out={file}", "--include_imports")
            files = descriptor_pb2.FileDescriptorSet.FromString(file.read_bytes())
        pool = descriptor_pool.DescriptorPool()
        for each in files.file:
            pool.Add(each)
        self.event = pool.FindMessageTypeByName(EVENT)
        self.Event = message_factory.MessageFactory(pool).GetPrototype(self.event)

    def protoc(self, *words, data=b""):
        return subprocess.run(["protoc", f"--proto_path={self.protos}", *words, "relay_event.proto"], input=data,
                              capture_output=True, check=True, timeout=120).stdout

    def read(self, name, data):
        """The event by both readers."""
        message = self.Event.FromString(data)
        printed = text_format.Parse(self.protoc(f"--decode={EVENT}", data=data).decode(), self.Event())
        check(f"{name}: protoc reads what python3-protobuf reads", printed == message)
        check(f"{name}: written again it is as long", len(message.SerializeToString()) == len(data),
              (len(message.SerializeToString()), len(data)))
        return message


def run(args, form, dump, symbols=(), words=()):
    return subprocess.run([args.tool, "--no-cache", "--format", form, *words, dump, *symbols], capture_output=True,
                          check=True, timeout=120).stdout


def compare(args, readers, dump, symbols=(), words=()):
    """Returns the event as protobuf has it, and what of the JSON it has not."""
    name, lost = " ".join([dump.name, *map(str, words)])[:200], set()
    strict = json.loads(run(args, "sentry", dump, symbols, words))
    message = readers.read(name, run(args, "sentry-pb", dump, symbols, words))
    have, want = python_of(message), in_message(strict, readers.event, 0, lost)
    check(f"{name}: the same as the JSON", have == want,
          [(k, have.get(k), want.get(k)) for k in have.keys() | want.keys() if have.get(k) != want.get(k)])
    mechanism = message.exception.values[0].mechanism
    check(f"{name}: handled is there, and false", mechanism.HasField("handled") and not mechanism.handled)
    return message, lost


# --- the tests -------------------------------------------------------------------------------------------------------

def test_dumps(args, readers):
    places = [args.corpus] if args.corpus else [args.root / "testdata"]
    dumps = sorted(d for p in places for pattern in ("dumps/*.dmp", "*/dumps/*.dmp") for d in p.glob(pattern))
    symbols = sorted(args.corpus.glob("*/symbols")) if args.corpus else []
    for dump in dumps:
        lost = compare(args, readers, dump, symbols)[1]
        check(f"{dump.name}: all of the JSON has a place", not lost, lost)
        rich, lost = json.loads(run(args, "sentry-rich", dump, symbols)), set()
        in_message(rich, readers.event, 0, lost)
        check(f"{dump.name}: of the rich event these have none", {p.split(".")[-1] for p in lost} <= RICH, lost)
    return len(dumps)


def test_options(args, readers, dump):
    for words in (["--sentry-compat"], ["--adjusted"], ["--skip-frames", "1"], ["--sentry-frames", "1"],
                  ["--level", "info"], ["--event-id", "AB" * 16], ["--thread", "1"], ["--sentry-inlines", "none"]):
        lost = compare(args, readers, dump, words=words)[1]
        check(f"{words}: all of the JSON has a place", not lost, lost)


def nest(depth, around):
    out = "bottom"
    for _ in range(depth):
        out = around(out)
    return out


def test_data(args, readers, dump):
    """Everything that a client may say, in types that fit and in others."""
    said = {
        "release": "1.0", "environment": "", "dist": "7", "transaction": "t", "server_name": "s", "level": "warning",
        "culprit": "c", "logger": "", "type": "error", "version": "7", "time_spent": 2 ** 64 - 1, "received": 1.5,
        "breadcrumbs": {"values": [{"category": "a", "timestamp": 1, "data": {"x": None}}, {"message": "b"}]},
        "errors": [{"type": "t", "name": "n", "value": [1, True]}, {"type": "u"}],
        "extra": {"big": 2 ** 64 - 1, "even": 2 ** 63, "low": -2 ** 63 + 1, "pi": 3.25, "no": None, "yes": True,
                  "": "", "list": [[], {}, "\0", "\u20ac"], "objects": nest(50, lambda x: {"o": x})},
        "fingerprint": ["a", "{{ default }}", 5, True, None, 1.5, ["x"]],
        "logentry": {"message": "%s", "params": ["p"], "formatted": None},
        "modules": {"a": "1", "b": 2, "c": None, "d": [], "": ""},
        "request": {"url": "u", "body_size": 3, "headers": [["a", "b"]], "data": "d", "env": {"E": 1}, "lost": 1},
        "tags": [["a", "b"]], "transaction_info": {"source": "s", "changes": [{"propagations": 1, "timestamp": 2.5}]},
        "user": {"id": 42, "email": "e", "geo": {"city": "c", "planet": "p"}, "data": {"a": [1]}, "plan": "gold", "name": [1]},
        "sdk": {"name": "", "version": "1", "integrations": ["i"], "packages": [{"name": "p"}], "features": ["f"]},
        "debug_meta": {"images": [1], "sdk_info": {"sdk_name": "s", "version_major": 1, "version_minor": -1}, "odd": 1},
        "contexts": {"os": {"version": "9", "rooted": False}, "device": {"model": 3}, "app": {"deep": nest(50, lambda x: [x])}},
    }
    message, lost = compare(args, readers, dump, words=["--data", "sentry=" + json.dumps(said)])
    check("what has no place", lost == {
        ".request.lost", ".user.plan", ".user.name", ".user.geo.planet", ".sdk.features", ".fingerprint[]", ".modules.*",
        ".debug_meta.odd", ".debug_meta.sdk_info.version_minor"}, lost)
    check("empty strings are there", message.HasField("environment") and message.HasField("logger"))
    check("a number is an id", message.user.id == "42")
    extra = python_of(message.extra)
    check("whole numbers that no double holds are text",
          (extra["big"], extra["even"], extra["low"]) == (str(2 ** 64 - 1), 2.0 ** 63, str(-2 ** 63 + 1)), extra)
    levels, at = 0, extra["objects"]
    while isinstance(at, dict):
        levels, at = levels + 1, at["o"]
    check("objects are there as deep as readers go", (levels, at) == (32, None), (levels, at))
    check("arrays are, too", json.dumps(python_of(message.contexts["app"])).count("[") == 47)
    message, lost = compare(args, readers, dump, words=["--data", 'sentry={"breadcrumbs":[{"message":"m"},3]}'])
    check("breadcrumbs may be a list", [c.message for c in message.breadcrumbs.values] == ["m"])
    check("a crumb is an object", lost == {".breadcrumbs.values[]"}, lost)


def test_fields(file, event):
    """The .proto has the table's messages below Event, and nothing else. Types by their last names, as the table is."""
    table = {k: [f | {"type": re.sub(r"\w+\.", "", f["type"])} for f in v]
             for k, v in json.loads(file.read_text())["messages"].items() if f"{k}.".startswith("Event.")}
    names = {v: k.removeprefix("TYPE_").lower() for k, v in vars(Field).items() if k.startswith("TYPE_")}
    package, made, left = EVENT.removesuffix("Event"), {}, [event]

    def type_of(field):
        return field.message_type.name if field.message_type else names[field.type]

    while left:
        at = left.pop()
        left += [n for n in at.nested_types if not n.GetOptions().map_entry]
        made[at.full_name.removeprefix(package)] = [{
            "number": f.number, "name": f.name, "repeated": f.label == Field.LABEL_REPEATED and not is_map(f),
            "type": f"map<{', '.join(type_of(e) for e in f.message_type.fields)}>" if is_map(f) else type_of(f),
            "presence": f.containing_oneof is not None, "oneof": f.containing_oneof and f.containing_oneof.name,
        } for f in at.fields]
    check("the .proto is the table", made == table, [k for k in made.keys() | table.keys() if made.get(k) != table.get(k)])
    print(f"{len(made)} messages, {sum(map(len, made.values()))} fields as the table has them")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--corpus", type=pathlib.Path)
    parser.add_argument("--fields", type=pathlib.Path)
    args = parser.parse_args()
    readers = Readers(args.root / "lib/sentry/proto")
    count = test_dumps(args, readers)
    dump = args.root / "testdata/dumps/x86_64-O2-threads.dmp"
    test_options(args, readers, dump)
    test_data(args, readers, dump)
    if args.fields:
        test_fields(args.fields, readers.event)
    print(f"{count} dumps, {failed} failed")
    return failed > 0


sys.exit(main())
