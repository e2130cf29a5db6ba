#!/usr/bin/env python3
"""mdwalk send and --format envelope, against a server that takes envelopes
apart. Usage: send_test.py MDWALK NET_FOLDER TESTDATA"""
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

mdwalk, net = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
dumps = pathlib.Path(sys.argv[3]) / "dumps"
dump, other = str(dumps / "x86_64-O0-null.dmp"), str(dumps / "i386-fp-threads.dmp")
passed, failed = 0, []
KEY = "0123456789abcdef0123456789abcdef"


def check(claim, condition, detail=""):
    global passed
    if condition:
        passed += 1
    else:
        failed.append(claim)
        print(f"FAILED {claim} {detail!r:.900}")


def parse(body):
    """Header and (item header, payload) of an envelope, by its own lengths."""
    head, _, rest = body.partition(b"\n")
    items = []
    while rest:
        line, _, rest = rest.partition(b"\n")
        item = json.loads(line)
        payload, rest = rest[:item["length"]], rest[item["length"]:]
        if len(payload) != item["length"] or not rest.startswith(b"\n"):
            raise ValueError("item of another length")
        items.append((item, payload))
        rest = rest[1:]
    return json.loads(head), items


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, text=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        server = self.server
        plan = server.plan.pop(0) if server.plan else ("ok",)
        if plan[0] == "cut":  # in the middle of the body
            self.rfile.read(1000)
            self.connection.shutdown(2)
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.seen.append((time.monotonic(), self.path, dict(self.headers), body))
        if plan[0] == "ok":
            try:
                head, items = parse(body)
                event = json.loads(items[0][1])
                self.answer(200, json.dumps({"id": event["event_id"]}).encode(), plan[1:])
            except (ValueError, KeyError, IndexError) as error:
                self.answer(400, str(error).encode())
        else:
            self.answer(plan[0], plan[1], plan[2:])


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
port = server.server_address[1]
DSN = f"http://{KEY}@127.0.0.1:{port}/42"


def run(*words, env=None):
    done = subprocess.run([mdwalk, *map(str, words)], capture_output=True, timeout=120,
                          env={**os.environ, "LD_LIBRARY_PATH": net, "SENTRY_DSN": "", **(env or {})})
    return done.returncode, done.stdout, done.stderr.decode()


def send(*words, plan=(), env=None):
    server.plan, server.seen = list(plan), []
    code, out, err = run("send", *words, env=env)
    return code, out.decode(), err, server.seen


# --- envelopes
code, out, err = run("-f", "envelope", dump)
head, items = parse(out)
rich = json.loads(run("-f", "sentry-rich", dump)[1])
check("an envelope is the event", code == 0 and not err and len(items) == 1 and items[0][0]["type"] == "event" and
      json.loads(items[0][1]) == rich, (code, err))
check("its header has the event's id and nothing secret", head == {"event_id": rich["event_id"]}, head)
check("and the DSN where that was given", parse(run("-f", "envelope", "--dsn", DSN, dump)[1])[0]["dsn"] == DSN)
raw = open(dump, "rb").read()
for what, kind in (("attachment", "event.attachment"), ("minidump", "event.minidump")):
    items = parse(run("-f", "envelope", "--attach", what, dump)[1])[1]
    check(f"--attach {what}", len(items) == 2 and items[1][0] == {
        "type": "attachment", "length": len(raw), "attachment_type": kind, "filename": "x86_64-O0-null.dmp",
        "content_type": "application/x-dmp"} and items[1][1] == raw, items[1][0])
check("--attach=none is the default", parse(run("-f", "envelope", "--attach=none", dump)[1])[1] == parse(out)[1])
code, _, err = run("-f", "envelope", "--attach", "all", dump)
check("--attach of something else", code == 2 and "--attach must be" in err, err)

# --- accepted
code, out, err, seen = send("--dsn", DSN, dump)
check("accepted", code == 0 and err == "" and out == f"{dump}: sent as {rich['event_id']} (HTTP 200)\n", (code, out, err))
check("one request, to the project", len(seen) == 1 and seen[0][1] == "/api/42/envelope/", [s[1] for s in seen])
headers = {k.lower(): v for k, v in seen[0][2].items()}
check("with the key", f"sentry_key={KEY}" in headers["x-sentry-auth"] and "sentry_version=7" in headers["x-sentry-auth"] and
      headers["content-type"] == "application/x-sentry-envelope", headers)
check("the event alone, and all of it", json.loads(parse(seen[0][3])[1][0][1]) == rich and len(parse(seen[0][3])[1]) == 1)
code, out, err, seen = send(dump, env={"SENTRY_DSN": DSN.replace("/42", "/prefix/7/")})
check("SENTRY_DSN, with a path and a slash behind it", code == 0 and seen[0][1] == "/prefix/api/7/envelope/", (err, seen and seen[0][1]))
code, out, err, seen = send("--dsn", DSN, "--attach", "minidump", "--data", "sentry[release]=1", dump, other)
check("two dumps, each with its bytes", code == 0 and len(seen) == 2 and
      [parse(s[3])[1][1][1] for s in seen] == [raw, open(other, "rb").read()], (code, err))
check("and what else is known", json.loads(parse(seen[1][3])[1][0][1])["release"] == "1")
check("nothing is sent but by send", not send("--help")[3] and (server.seen == []) and
      run("-f", "envelope", "--dsn", DSN, dump)[0] == 0 and server.seen == [])

# --- refused
code, out, err, seen = send("--dsn", DSN, dump, plan=[(413, b"too big\x1b[2J")])
check("413 is the end", code == 1 and not out and len(seen) == 1 and "too large for the server (HTTP 413): too big [2J" in err,
      (code, err, len(seen)))
code, out, err, seen = send("--dsn", DSN, dump, plan=[(429, b"", ("Retry-After", "2"))])
check("429 waits for as long as it says", code == 0 and len(seen) == 2 and 1.9 <= seen[1][0] - seen[0][0] < 20,
      (code, err, [s[0] for s in seen]))
code, out, err, seen = send("--dsn", DSN, "--max-wait", "5", dump, plan=[(429, b"later", ("Retry-After", "3600"))])
check("but not for hours", code == 1 and len(seen) == 1 and "HTTP 429: later" in err, (code, err))
code, out, err, seen = send("--dsn", DSN, dump, plan=[(500, b"oops")])
check("500, then 200", code == 0 and len(seen) == 2 and seen[1][0] - seen[0][0] >= 0.9, (code, err, len(seen)))
check("the same bytes again", len(seen) == 2 and seen[0][3] == seen[1][3])
code, out, err, seen = send("--dsn", DSN, "--retries", "1", dump, plan=[(500, b"oops"), (503, b"still")])
check("not for ever", code == 1 and len(seen) == 2 and "HTTP 503: still" in err, (code, err, len(seen)))
code, out, err, seen = send("--dsn", DSN, "--attach", "attachment", dump, plan=[("cut",)])
check("a connection cut in the middle, then 200", code == 0 and len(seen) == 1 and parse(seen[0][3])[1][1][1] == raw, (code, err))
code, out, err, seen = send("--dsn", DSN, "--retries", "0", "--attach", "attachment", dump, plan=[("cut",)])
check("cut, and no other attempt", code == 1 and not out and "not sent: the connection was cut" in err, (code, err))
limit = ("X-Sentry-Rate-Limits", "700:transaction:key, 2:error;default:organization:quota")
code, out, err, seen = send("--dsn", DSN, dump, other, plan=[("ok", limit)])
check("a limit told with an acceptance is kept to", code == 0 and len(seen) == 2 and seen[1][0] - seen[0][0] >= 1.0,
      (code, err, [s[0] for s in seen]))
code, out, err, seen = send("--dsn", DSN, "--max-wait", "1", dump, other, plan=[("ok", ("X-Sentry-Rate-Limits", "60::key"))])
check("or the rest is not sent", code == 1 and len(seen) == 1 and "takes no more for" in err and out.count("sent as") == 1, (code, err))
code, out, err, seen = send("--dsn", DSN, dump, other, plan=[("ok", ("X-Sentry-Rate-Limits", "600:attachment:key"))])
check("a limit of attachments is none of events", code == 0 and len(seen) == 2, (code, err))
code, out, err, seen = send("--dsn", DSN, dump, plan=[(403, b"no")])
check("403 is the end", code == 1 and len(seen) == 1 and "HTTP 403: no" in err, err)

# --- wrong usage
code, out, err, seen = send("--dsn", "http://127.0.0.1/42", dump)
check("no key in the DSN", code == 1 and "DSN" in err and not seen, (code, err))
code, out, err, seen = send("--dsn", f"http://k\r\nX: y@127.0.0.1:{port}/42", dump)
check("no header through the key", code == 1 and not seen, (code, err))
check("no DSN at all", send(dump)[0] == 2 and "send needs --dsn" in send(dump)[2])
check("a dump that is not there", send("--dsn", DSN, dump + "x")[0] == 2)
code, out, err, seen = send("--dsn", DSN, dump + "x", dump)
check("the others are sent all the same", code == 2 and len(seen) == 1, (code, err))
server.shutdown()
server.server_close()
code, out, err, _ = send("--dsn", DSN, "--retries", "0", dump)
check("nobody there", code == 1 and "connect: Connection refused" in err, (code, err))

print(f"{passed} passed, {len(failed)} failed")
sys.exit(bool(failed))
