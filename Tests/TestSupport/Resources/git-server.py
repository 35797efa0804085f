#!/usr/bin/env python3
"""A real git server on loopback: `git http-backend` behind a small HTTP server, with a token where one is wanted.

    git-server.py --root DIR [--mode MODE] [and what loopback.py has]

See loopback.py for port and token. Bad servers, for tests, are modes:

    normal                 as it should be
    refuse                 403 to everybody
    fail                   500 to everybody
    close                  promises an answer and closes the connection in the middle of it
    silent                 takes the request and says nothing
    deaf                   listens, and never takes a connection
    MODE-references, MODE-pack, for what the answer holds:
      drip-…               sends it one byte a second
      cut-…                hangs up in the middle of it
      stall-…              falls silent in the middle of it
      endless-…            does not come to its end
    flaky:N                500 to the first N requests
    twice                  answers everything twice, which crashes libgit2 1.5
    web                    answers everything with a page of HTML
    redirect:URL           sends on to URL, before asking for a token
    redirect-after:URL     asks for the token first, and then sends on to URL
"""

import io
import os
import subprocess
import threading
from urllib.parse import unquote, urlsplit

import loopback
import misbehaviour


class Handler(loopback.Handler):
    requests = 0

    def do_GET(self):
        self.answer()

    do_POST = do_GET

    def answer(self):
        body = self.read_body()
        mode, _, target = self.options.mode.partition(":")
        self.note()
        if mode == "silent":
            threading.Event().wait()
        if mode == "flaky":
            Handler.requests += 1
            if Handler.requests <= int(target):
                return self.say(500, b"broken\n")
        if mode == "redirect":
            return self.redirect(target)
        if mode == "refuse":
            return self.say(403, b"forbidden\n")
        if mode == "fail":
            return self.say(500, b"broken\n")
        if mode == "web":
            return self.say(200, b"<html>Welcome</html>\n", {"Content-Type": "text/html"})
        if not self.is_authorized():
            return self.refuse()
        if mode == "redirect-after":
            return self.redirect(target)
        if mode == "close":
            self.send_response(200)
            self.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b"001e# service=git-upload-pack\n")
            self.close_connection = True
            return None
        if mode == "twice":
            # In one piece, so that the client finds both when it reads the first.
            connection, self.wfile = self.wfile, io.BytesIO()
            self.backend(body)
            connection.write(self.wfile.getvalue() * 2)
            self.wfile = connection
            return None
        return self.backend(body)

    def read_body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(chunks)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def backend(self, body):
        url = urlsplit(self.path)
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "GIT_PROJECT_ROOT": os.path.realpath(self.options.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": unquote(url.path),
            "QUERY_STRING": url.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": self.client_address[0],
            "SERVER_PROTOCOL": self.request_version,
        }
        for header, variable in (("Content-Encoding", "HTTP_CONTENT_ENCODING"), ("Git-Protocol", "GIT_PROTOCOL")):
            if value := self.headers.get(header):
                environment[variable] = value
        result = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        head, _, content = result.stdout.partition(b"\r\n\r\n")
        status, headers = 200, {}
        for line in head.decode("latin-1").split("\r\n"):
            name, _, value = line.partition(":")
            if name.lower() == "status":
                status = int(value.split()[0])
            elif name:
                headers[name] = value.strip()
        kind = misbehaviour.kind(self.options.mode, "references" if self.command == "GET" else "pack")
        if kind and status == 200:
            return self.misbehave(kind, content, headers)
        return self.say(status if head else 500, content, headers)

    def misbehave(self, kind, content, headers):
        self.send_response(200)
        for name, value in headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

        def send(piece):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()

        self.close_connection = True
        misbehaviour.send(kind, content, send, is_pack=self.command == "POST", wait=threading.Event().wait)

    def redirect(self, target):
        location = target.rstrip("/") + self.path
        self.say(302, b"", {"Location": location})


def main():
    parser = loopback.parser("A real git server on loopback.")
    parser.add_argument("--root", required=True, help="the directory that holds the repositories")
    parser.add_argument("--mode", default="normal", help="how the server behaves; see the top of this file")
    loopback.serve(Handler, parser, is_deaf=lambda options: options.mode == "deaf")


if __name__ == "__main__":
    main()
