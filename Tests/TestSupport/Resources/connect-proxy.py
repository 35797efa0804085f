#!/usr/bin/env python3
"""An HTTP proxy on loopback that knows CONNECT alone, and leads each host to where the test says.

    connect-proxy.py [--route HOST:PORT=PORT …] [and what loopback.py has]

A connection to HOST:PORT goes to PORT on loopback; to what has no route, it answers 403. See loopback.py for port and
token.
"""

import socket
import threading

import loopback


class Handler(loopback.Handler):
    def do_CONNECT(self):
        self.note(header="Proxy-Authorization")
        if not self.is_authorized("Proxy-Authorization"):
            return self.say(407, b"who are you?\n", {"Proxy-Authenticate": 'Basic realm="proxy"'})
        port = dict(route.split("=") for route in self.options.route).get(self.path)
        if port is None:
            return self.say(403, b"not from here\n")
        with socket.create_connection(("127.0.0.1", int(port))) as server:
            self.send_response(200, "Connection established")
            self.end_headers()
            back = threading.Thread(target=self.pump, args=(server, self.connection), daemon=True)
            back.start()
            self.pump(self.connection, server)
            back.join()
        self.close_connection = True
        return None

    @staticmethod
    def pump(source, target):
        try:
            while chunk := source.recv(1 << 16):
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def main():
    parser = loopback.parser("An HTTP proxy on loopback.")
    parser.add_argument("--route", action="append", default=[], help="HOST:PORT=PORT, where a connection goes")
    loopback.serve(Handler, parser)


if __name__ == "__main__":
    main()
