"""What the servers of tests and demo share: small HTTP servers on loopback, with a token where one is wanted.

The first line of standard output is the port. The token is the user name or the password of Basic authentication; it
comes from an environment variable or from the first line of standard input, never from an argument.
"""

import argparse
import base64
import os
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """One request. `options` and `token` are set by `serve`."""

    protocol_version = "HTTP/1.1"
    options: argparse.Namespace
    token: "str | None"

    @classmethod
    def prepare(cls):
        """Runs once, when the options are known."""

    def is_authorized(self, header="Authorization"):
        if self.token is None:
            return True
        scheme, _, value = self.headers.get(header, "").partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            username, _, password = base64.b64decode(value).decode().partition(":")
        except ValueError:
            return False
        return self.token in (username, password)

    def refuse(self):
        """Asks for the token."""
        self.say(401, b"who are you?\n", {"WWW-Authenticate": 'Basic realm="loopback"'})

    def say(self, status, content, headers=None, cut=False):
        """Answers; with `cut`, closes the connection in the middle of the body."""
        self.send_response(status)
        # libgit2 takes an answer without a type for one without a content, and reads the next from the wrong place.
        for name, value in ({"Content-Type": "text/plain"} | (headers or {})).items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            if self.command != "HEAD":
                self.wfile.write(content[: len(content) // 2] if cut else content)
        except OSError:
            # A client that has heard enough hangs up.
            self.close_connection = True
        if cut:
            self.close_connection = True

    def note(self, *words, header="Authorization"):
        """Says who came, and whether with credentials; never with which."""
        if self.options.log:
            credentials = "with-credentials" if header in self.headers else "without-credentials"
            with open(self.options.log, "a", encoding="utf-8") as log:
                log.write(" ".join([self.command, self.path, *words, credentials]) + "\n")

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        """Clients that hang up in the middle are no news here."""


def parser(description):
    """The options that every server has."""
    options = argparse.ArgumentParser(description=description, allow_abbrev=False)
    options.add_argument("--port", type=int, default=0, help="0 takes any free port")
    options.add_argument("--token-env", metavar="NAME", help="the variable that holds the token")
    options.add_argument("--token-stdin", action="store_true", help="the first line of standard input is the token")
    options.add_argument("--certificate", metavar="FILE", help="speak TLS with this certificate and key, in PEM")
    options.add_argument("--log", metavar="FILE", help="where requests are noted")
    options.add_argument("--until-eof", action="store_true", help="end when standard input is closed")
    return options


def hold_out(options):
    """Listens, and never takes a connection: those that fill the queue are our own, and all others wait for ever."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", options.port))
    listener.listen(0)
    held = []
    while True:
        client = socket.socket()
        client.settimeout(0.3)
        try:
            client.connect(listener.getsockname())
        except TimeoutError:
            break
        held.append(client)
    print(listener.getsockname()[1], flush=True)
    sys.stdin.read()


def serve(handler, parser, is_deaf=lambda options: False):
    """Reads the command line and serves until the end."""
    options = parser.parse_args()
    if is_deaf(options):
        return hold_out(options)
    token = None
    if options.token_env:
        token = os.environ.get(options.token_env)
        if not token:
            parser.error(f"the variable {options.token_env} is not set")
    if options.token_stdin:
        token = sys.stdin.readline().rstrip("\n")
    handler.options, handler.token = options, token
    handler.prepare()
    server = Server(("127.0.0.1", options.port), handler)
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate)
        # The handshake is the handler's thread's work, so that one client cannot keep the others waiting.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print(server.server_address[1], flush=True)
    if options.until_eof:
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    return None
