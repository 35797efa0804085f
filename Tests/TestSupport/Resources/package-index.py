#!/usr/bin/env python3
"""A package index on loopback: PEP 503 and PEP 691 pages, PEP 658 metadata, and the wheels behind them.

    package-index.py --root DIR [--html-only] [--no-hashes] [--no-metadata] [--max-age SECONDS] [and what loopback.py has]
    package-index.py --scenarios DIR [the same]

See loopback.py for port and token. DIR holds wheels, and project descriptions (`*.json`, see tiny_backend.py), from
which wheels are made when they are asked for; it may change while the index runs. A description with `"corrupt": true`
gives other bytes than its page promises; one with `"isCutOff": true` breaks off in the middle of them, one with `"crumb": N`
after each N bytes; one with
`"hasWrongMetadata": true` has a page of HTML where its metadata should be, also where no page promises any. With `--areas`
every path begins with an area, `/one/simple/…`, `/one/files/…`, and each area has a token of its own: its name behind the token.
A file `break` in DIR says which of the answers that come break, and how: see `Breaks`.
With `--scenarios` DIR holds scenarios (see scenarios.py), and each is an index of its own, `/NAME/simple/…`.
"""

import hashlib
import html
import io
import json
import os
import re
import threading
import zipfile
from urllib.parse import unquote, urlsplit

import loopback
import scenarios
import tiny_backend


def normalized(name):
    return re.sub(r"[-_.]+", "-", name).lower()


class Catalogue:
    """What the directory holds, read afresh for every request, wheels made once."""

    def __init__(self, root):
        self.root = root
        self.made = {}

    def files(self):
        """Every wheel by its file name, as bytes and the description that they come from."""
        found = {}
        for name in sorted(os.listdir(self.root)):
            path = os.path.join(self.root, name)
            if name.endswith(".whl"):
                found[name] = (self.read(path), {})
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
                found[file] = (self.made[text], project)
        return found

    @staticmethod
    def read(path):
        with open(path, "rb") as source:
            return source.read()

    @staticmethod
    def metadata(wheel):
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            name = next(n for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n))
            return archive.read(name)


class Breaks:
    """Which answers break: `{"at": N, "lasts": false, "kind": "cut"}` for the Nth since the file has these bytes, and with
    `lasts` for those behind it as well. `cut` ends in the middle, `closed` before the first byte, `busy` is a 503."""

    def __init__(self, path):
        self.path = path
        self.text = None
        self.count = 0
        self.lock = threading.Lock()

    def next(self):
        with self.lock:
            if not os.path.exists(self.path):
                return None
            text = Catalogue.read(self.path)
            if text != self.text:
                self.text, self.count = text, 0
            self.count += 1
            plan = json.loads(text)
            isHit = self.count == plan["at"] or (plan["lasts"] and self.count > plan["at"])
            return plan["kind"] if isHit else None


class Scenario:
    """What a scenario's index holds, made once."""

    def __init__(self, scenario):
        self.made = {}
        for project in scenarios.projects(scenario):
            files = {path: content.encode() for path, content in project["files"].items()}
            if project["isSdist"]:
                backend = Catalogue.read(tiny_backend.__file__)
                self.made[f"{tiny_backend.stem(project)}.tar.gz"] = tiny_backend.sdist(project, files, backend), project
            else:
                self.made[f"{tiny_backend.stem(project)}-{project['tag']}.whl"] = tiny_backend.wheel(project, files), project

    def files(self):
        return self.made


class Handler(loopback.Handler):
    catalogue: "Catalogue | Scenario"
    scenarios: "dict[str, Scenario]" = {}
    breaks: Breaks

    @classmethod
    def prepare(cls):
        if cls.options.scenarios:
            cls.scenarios = {each["name"]: Scenario(each) for each in scenarios.read(cls.options.scenarios)}
        else:
            cls.catalogue = Catalogue(cls.options.root)
        cls.breaks = Breaks(os.path.join(cls.options.root or "/nonexistent", "break"))

    def do_GET(self):
        path = unquote(urlsplit(self.path).path)
        self.area = ""
        if self.options.scenarios:
            self.area, path = path[1:].partition("/")[0], "/" + path[1:].partition("/")[2]
            if self.area not in self.scenarios:
                return self.say(404, b"there is no such scenario\n")
            self.catalogue = self.scenarios[self.area]
        elif self.options.areas and (match := re.fullmatch(r"/([a-z]+)(/.*)", path)):
            self.area, path = match[1], match[2]
        if not self.is_authorized():
            return self.refuse()
        if match := re.fullmatch(r"/simple/([^/]+)/", path):
            return self.page(normalized(match[1]))
        if match := re.fullmatch(r"/files/([^/]+\.(?:whl|tar\.gz))(\.metadata)?", path):
            return self.file(match[1], bool(match[2]))
        if match := re.fullmatch(r"/pypi/([^/]+)/([^/]+)/json", path):
            return self.release(normalized(match[1]), match[2])
        return self.say(404, b"there is no such thing\n")

    do_HEAD = do_GET

    def is_authorized(self, header="Authorization"):
        shared = self.token
        if self.area and shared:
            self.token = f"{shared}-{self.area}"
        try:
            return super().is_authorized(header)
        finally:
            self.token = shared

    def release(self, name, version):
        """What is known of a release, as PyPI's JSON API has it; from `vulnerabilities.json`, where that is there."""
        known = os.path.join(self.options.root or "", "vulnerabilities.json")
        if not os.path.exists(known):
            return self.say(404, b"there is no such thing\n")
        with open(known) as file:
            found = json.load(file).get(f"{name} {version}", [])
        body = json.dumps({"info": {"name": name, "version": version}, "vulnerabilities": found})
        return self.say(200, body.encode(), {"Content-Type": "application/json"})

    def page(self, name):
        files = []
        for file, (content, project) in self.catalogue.files().items():
            if normalized(file.split("-")[0]) != name:
                continue
            digest = hashlib.sha256(content).hexdigest()
            metadata = Catalogue.metadata(content) if file.endswith(".whl") else b""
            requires = re.search(rb"^Requires-Python: (.*)$", metadata, re.M)
            python = requires[1].decode() if requires else project.get("requiresPython")
            files.append((file, digest, metadata, python, len(content), project))
        if not files:
            return self.say(404, b"there is no such package\n")
        if self.options.html_only or "json" not in self.headers.get("Accept", ""):
            return self.say_page(self.html(name, files).encode(), "text/html")
        entries = []
        for file, digest, metadata, requires, size, project in files:
            entry = {"filename": file, "url": f"{self.area and '/' + self.area}/files/{file}", "size": size}
            entry["hashes"] = {} if self.options.no_hashes else {"sha256": digest}
            if project.get("uploadTime"):
                entry["upload-time"] = project["uploadTime"]
            if project.get("yanked"):
                entry["yanked"] = True
            if requires:
                entry["requires-python"] = requires
            if metadata and not self.options.no_metadata:
                entry["core-metadata"] = {"sha256": hashlib.sha256(metadata).hexdigest()}
            entries.append(entry)
        body = {"meta": {"api-version": "1.1"}, "name": name, "versions": [], "files": entries}
        return self.say_page(json.dumps(body).encode(), "application/vnd.pypi.simple.v1+json")

    def say_page(self, content, kind):
        """A page; with `--max-age`, one that may be kept so long, and is not sent again to whoever has it (RFC 9111)."""
        headers = {"Content-Type": kind}
        if self.options.max_age is not None:
            headers["Cache-Control"] = f"max-age={self.options.max_age}"
            headers["ETag"] = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
            if self.headers.get("If-None-Match") == headers["ETag"]:
                return self.say(304, b"", headers)
        return self.say(200, content, headers)

    def html(self, name, files):
        lines = [f"<!DOCTYPE html><html><head><title>{name}</title></head><body>"]
        for file, digest, metadata, requires, _, project in files:
            fragment = "" if self.options.no_hashes else f"#sha256={digest}"
            attributes = f' data-requires-python="{html.escape(requires)}"' if requires else ""
            if metadata and not self.options.no_metadata:
                attributes += f' data-core-metadata="sha256={hashlib.sha256(metadata).hexdigest()}"'
            if project.get("yanked"):
                attributes += ' data-yanked=""'
            lines.append(f'<a href="../../files/{file}{fragment}"{attributes}>{file}</a><br>')
        return "\n".join(lines + ["</body></html>"])

    def file(self, name, is_metadata):
        content, project = self.catalogue.files().get(name, (None, {}))
        if content is None or (is_metadata and self.options.no_metadata and not project.get("hasWrongMetadata")):
            return self.say(404, b"there is no such file\n")
        cut = False
        if is_metadata and project.get("hasWrongMetadata"):
            content = b"<html>Welcome</html>\n"
        elif is_metadata:
            content = Catalogue.metadata(content)
        elif project.get("corrupt"):
            content = content[:-1] + bytes([content[-1] ^ 1])
        elif project.get("crumb"):
            return self.crumb(content, project)
        else:
            cut = project.get("isCutOff", False)
        return self.say(200, content, {"Content-Type": "application/octet-stream"}, cut)

    def crumb(self, content, project):
        """A part of a file, `crumb` bytes of it, and then the connection is closed; from where `Range` says (RFC 9110), unless
        the server `ignoresRanges` or has something else under the name, which `If-Range` does not want then."""
        tag = f'"{hashlib.sha256(content).hexdigest()[:8]}"'
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start, status = 0, 200
        if match and not project.get("ignoresRanges") and self.headers.get("If-Range", tag) == tag:
            start, status = int(match[1]), 206
        self.note(str(status), f"from={start}")
        self.send_response(status)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(content) - start))
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        self.wfile.write(content[start : start + project["crumb"]])
        self.close_connection = True

    def say(self, status, content, headers=None, cut=False):
        # Noted before it is answered: whoever has the answer can count on the line.
        self.note(str(status))
        match self.breaks.next():
            case "closed":
                self.close_connection = True
            case "busy":
                super().say(503, b"come back later\n")
            case kind:
                super().say(status, content, headers, cut or kind == "cut")


def main():
    parser = loopback.parser("A package index on loopback.")
    holds = parser.add_mutually_exclusive_group(required=True)
    holds.add_argument("--root", help="the directory with wheels and project descriptions")
    holds.add_argument("--scenarios", help="the directory with scenarios")
    parser.add_argument("--html-only", action="store_true", help="HTML pages, whatever is asked for")
    parser.add_argument("--no-hashes", action="store_true", help="pages without hashes")
    parser.add_argument("--no-metadata", action="store_true", help="no PEP 658 metadata")
    parser.add_argument("--max-age", type=int, help="how many seconds a page may be kept without asking again")
    parser.add_argument("--areas", action="store_true", help="several indexes, each with a token of its own")
    loopback.serve(Handler, parser)


if __name__ == "__main__":
    main()
