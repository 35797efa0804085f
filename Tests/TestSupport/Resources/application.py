#!/usr/bin/env python3
"""An application on loopback, for hooks and health checks: it answers as files say, and writes down what it is asked and told.

    application.py --root DIR [and what loopback.py has]

`DIR/status` has the status of the answers to GET; of several words each is for one answer, and the last one stays. `DIR/body` has
their text. `DIR/post` has the status of the answers to POST. Each request is a line of JSON in `DIR/requests`.
"""

import base64
import json
import os
import threading

import loopback


class Application(loopback.Handler):
    lock = threading.Lock()

    def text(self, name, default):
        try:
            with open(os.path.join(self.options.root, name), encoding="utf-8") as file:
                return file.read().strip() or default
        except FileNotFoundError:
            return default

    def put_down(self, body):
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        entry = {
            "method": self.command,
            "path": self.path,
            "login": base64.b64decode(value).decode() if scheme == "Basic" else "",
            "body": body,
        }
        with open(os.path.join(self.options.root, "requests"), "a", encoding="utf-8") as file:
            file.write(json.dumps(entry, sort_keys=True) + "\n")

    def do_GET(self):
        with self.lock:
            self.put_down("")
            words = self.text("status", "200").split()
            if len(words) > 1:
                with open(os.path.join(self.options.root, "status"), "w", encoding="utf-8") as file:
                    file.write(" ".join(words[1:]))
        self.say(int(words[0]), self.text("body", "fine").encode())

    def do_POST(self):
        with self.lock:
            self.put_down(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())
        self.say(int(self.text("post", "200")), b"")


if __name__ == "__main__":
    parser = loopback.parser(__doc__.splitlines()[0])
    parser.add_argument("--root", metavar="DIR", required=True, help="what to answer, and what was asked")
    loopback.serve(Application, parser)
