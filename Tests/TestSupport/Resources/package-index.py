#!/usr/bin/env python3
"""A package index on loopback: PEP 503 and PEP 691 pages, PEP 658 metadata, and the wheels behind them.

    package-index.py --root DIR [--port 0] [--token-stdin] [--html-only] [--no-hashes] [--no-metadata] [--log FILE]

The first line of standard output is the port. DIR holds wheels, and project descriptions (`*.json`, see
tiny_backend.py), from which wheels are made when they are asked for; it may change while the index runs. A description
with `"corrupt": true` gives other bytes than its page promises. The token is the user name or the password of Basic
authentication, read from the first line of standard input.
"""

import argparse
import base64
import hashlib
import html
import json
import os
import re
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import tiny_backend


def normalized(name):
    return re.sub(r"[-_.]+", "-", name).lower()


class Catalogue:
    """What the directory holds, read afresh for every request, wheels made once."""

    def __init__(self, root):
        self.root = root
        self.made = {}

    def files(self):
        """Every wheel by its file name, as bytes and whether they are to be spoiled."""
        found = {}
        for name in sorted(os.listdir(self.root)):
            path = os.path.join(self.root, name)
            if name.endswith(".whl"):
                found[name] = (self.read(path), False)
            elif name.endswith(".json"):
                text = self.read(path)
                project = json.loads(text)
                if text not in self.made:
                    files = {path: content.encode() for path, content in project.get("files", {}).items()}
                    if project.get("isSdist"):
                        self.made[text] = tiny_backend.sdist(project, files, self.read(tiny_backend.__file__))
                    else:
                        self.made[text] = tiny_backend.wheel(project, files)
                file = f"{tiny_backend.stem(project)}.tar.gz" if project.get("isSdist") else tiny_backend.file_name(project)
                found[file] = (self.made[text], project.get("corrupt", False))
        return found

    @staticmethod
    def read(path):
        with open(path, "rb") as source:
            return source.read()

    @staticmethod
    def metadata(wheel):
        import io

        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            name = next(n for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n))
            return archive.read(name)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    options: argparse.Namespace
    token: "str | None"
    catalogue: Catalogue

    def do_GET(self):
        path = unquote(urlsplit(self.path).path)
        if self.token is not None and not self.is_authorized():
            return self.say(401, b"who are you?\n", {"WWW-Authenticate": 'Basic realm="index"'})
        if match := re.fullmatch(r"/simple/([^/]+)/", path):
            return self.page(normalized(match[1]))
        if match := re.fullmatch(r"/files/([^/]+\.(?:whl|tar\.gz))(\.metadata)?", path):
            return self.file(match[1], bool(match[2]))
        return self.say(404, b"there is no such thing\n")

    do_HEAD = do_GET

    def page(self, name):
        files = []
        for file, (content, _) in self.catalogue.files().items():
            if normalized(file.split("-")[0]) != name:
                continue
            digest = hashlib.sha256(content).hexdigest()
            metadata = Catalogue.metadata(content) if file.endswith(".whl") else b""
            requires = re.search(rb"^Requires-Python: (.*)$", metadata, re.M)
            files.append((file, digest, metadata, requires and requires[1].decode(), len(content)))
        if not files:
            return self.say(404, b"there is no such package\n")
        if self.options.html_only or "json" not in self.headers.get("Accept", ""):
            return self.say(200, self.html(name, files).encode(), {"Content-Type": "text/html"})
        entries = []
        for file, digest, metadata, requires, size in files:
            entry = {"filename": file, "url": f"/files/{file}", "size": size}
            entry["hashes"] = {} if self.options.no_hashes else {"sha256": digest}
            if requires:
                entry["requires-python"] = requires
            if metadata and not self.options.no_metadata:
                entry["core-metadata"] = {"sha256": hashlib.sha256(metadata).hexdigest()}
            entries.append(entry)
        body = {"meta": {"api-version": "1.1"}, "name": name, "versions": [], "files": entries}
        return self.say(200, json.dumps(body).encode(), {"Content-Type": "application/vnd.pypi.simple.v1+json"})

    def html(self, name, files):
        lines = [f"<!DOCTYPE html><html><head><title>{name}</title></head><body>"]
        for file, digest, metadata, requires, _ in files:
            fragment = "" if self.options.no_hashes else f"#sha256={digest}"
            attributes = f' data-requires-python="{html.escape(requires)}"' if requires else ""
            if metadata and not self.options.no_metadata:
                attributes += f' data-core-metadata="sha256={hashlib.sha256(metadata).hexdigest()}"'
            lines.append(f'<a href="../../files/{file}{fragment}"{attributes}>{file}</a><br>')
        return "\n".join(lines + ["</body></html>"])

    def file(self, name, is_metadata):
        content, is_spoiled = self.catalogue.files().get(name, (None, False))
        if content is None or (is_metadata and self.options.no_metadata):
            return self.say(404, b"there is no such file\n")
        if is_metadata:
            content = Catalogue.metadata(content)
        elif is_spoiled:
            content = content[:-1] + bytes([content[-1] ^ 1])
        return self.say(200, content, {"Content-Type": "application/octet-stream"})

    def is_authorized(self):
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            username, _, password = base64.b64decode(value).decode().partition(":")
        except ValueError:
            return False
        return self.token in (username, password)

    def say(self, status, content, headers=None):
        # Noted before it is answered: whoever has the answer can count on the line.
        if self.options.log:
            credentials = "with-credentials" if "Authorization" in self.headers else "without-credentials"
            with open(self.options.log, "a", encoding="utf-8") as log:
                log.write(f"{self.command} {self.path} {status} {credentials}\n")
        self.send_response(status)
        for name, value in ({"Content-Type": "text/plain"} | (headers or {})).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            if self.command != "HEAD":
                self.wfile.write(content)
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        """Clients that hang up in the middle are no news here."""


def main():
    parser = argparse.ArgumentParser(description="A package index on loopback.", allow_abbrev=False)
    parser.add_argument("--root", required=True, help="the directory with wheels and project descriptions")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--token-stdin", action="store_true", help="the first line of standard input is the token")
    parser.add_argument("--html-only", action="store_true", help="HTML pages, whatever is asked for")
    parser.add_argument("--no-hashes", action="store_true", help="pages without hashes")
    parser.add_argument("--no-metadata", action="store_true", help="no PEP 658 metadata")
    parser.add_argument("--log", metavar="FILE", help="where requests are noted")
    options = parser.parse_args()

    token = sys.stdin.readline().rstrip("\n") if options.token_stdin else None
    Handler.options, Handler.token, Handler.catalogue = options, token, Catalogue(options.root)
    server = Server(("127.0.0.1", options.port), Handler)
    print(server.server_address[1], flush=True)
    # The test that started it holds the other end: when that is gone, so is this.
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
