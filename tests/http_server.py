#!/usr/bin/env python3
"""A symbol server for tests, on a port of its own over loopback. The first part
of a path says how to answer:

  /ok/...        the file of the folder
  /delay-MS/...  the same, MS milliseconds later
  /gzip/...      with Content-Encoding: gzip
  /packed/...    a gzip file, without a word about it
  /wrong/...     the .sym of another module
  /cut/...       half of what Content-Length says
  /cut-once/...  the same, but only the first time
  /busy-once/... 503 the first time
  /error/...     500, always
  /bomb/...      4 MiB of zeros in a few kB of gzip
  /drop/...      closes the connection without an answer
  /move/...      302 to /ok/..."""
import collections
import gzip
import http.server
import pathlib
import threading
import time
import urllib.parse


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # clients go away in the middle: that is the test


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", headers=(), length=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        server = self.server
        mode, _, rest = urllib.parse.unquote(self.path)[1:].partition("/")
        with server.lock:
            server.asked[self.path] += 1
            first = server.asked[self.path] == 1
        if mode.startswith("delay-"):
            time.sleep(int(mode[6:]) / 1000)
        if mode == "drop":
            self.close_connection = True
            return
        if mode == "move":
            return self.answer(302, headers=[("Location", "/ok/" + rest)])
        if mode == "error" or (mode == "busy-once" and first):
            return self.answer(500 if mode == "error" else 503, b"not now")
        if mode == "bomb":
            return self.answer(200, gzip.compress(bytes(4 << 20)), [("Content-Encoding", "gzip")])
        name = "wrong.sym" if mode == "wrong" else rest
        file = server.root / name
        if not file.is_file():
            return self.answer(404, b"no such file")
        body = file.read_bytes()
        if mode == "gzip":
            return self.answer(200, gzip.compress(body), [("Content-Encoding", "gzip")])
        if mode == "packed":
            return self.answer(200, gzip.compress(body))
        if mode == "cut" or (mode == "cut-once" and first):
            self.answer(200, body[:len(body) // 2], length=len(body))
            self.close_connection = True
            return
        self.answer(200, body)


def serve(root):
    """A running server; `asked` counts by path, `url` is its address."""
    server = Server(("127.0.0.1", 0), Handler)
    server.root = pathlib.Path(root)
    server.asked = collections.Counter()
    server.lock = threading.Lock()
    server.url = "http://127.0.0.1:%d" % server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
