#!/usr/bin/env python3
"""A real OpenSSH server on loopback that serves the repositories of a directory to whoever runs it.

    ssh-server.py --root DIR --state DIR [--address A] [--port N] [--mode MODE] [--log FILE] [--until-eof]

The first line of standard output is the port. The state directory holds host keys (`host_*`) and `authorized_keys`. Each
connection gets an `sshd -i` of its own, so that no daemon is left behind. Modes: `normal`; `silent` takes connections and
says nothing; `mute` lets clients log in and says nothing then; `drip-`, `cut-`, `stall-` and `endless-`, followed by
`references` or `pack`, as git-server.py has them.
"""

import argparse
import os
import shlex
import socket
import subprocess
import sys
import threading

import misbehaviour

CONFIG = """
AuthorizedKeysFile {state}/authorized_keys
ForceCommand {python} -B {script} --command --root {root} --state {state} --mode {mode} {log}
PermitRootLogin prohibit-password
AuthenticationMethods publickey
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PrintMotd no
LogLevel ERROR
{keys}
"""


def serve(options):
    if os.geteuid() == 0:
        # Where sshd locks up the half that talks to strangers; its path is built in.
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    names = sorted(name for name in os.listdir(options.state) if name.startswith("host_") and not name.endswith(".pub"))
    text = CONFIG.format(
        state=options.state,
        root=options.root,
        mode=options.mode,
        python=sys.executable,
        script=os.path.abspath(__file__),
        log=f"--log {options.log}" if options.log else "",
        keys="\n".join(f"HostKey {options.state}/{name}" for name in names),
    )
    config = os.path.join(options.state, "sshd_config")
    with open(config, "w", encoding="utf-8") as file:
        file.write(text)
    listener = socket.create_server((options.address, options.port), backlog=64)
    print(listener.getsockname()[1], flush=True)
    if options.until_eof:
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    held = []
    while True:
        connection, _ = listener.accept()
        if options.mode == "silent":
            held.append(connection)
            continue
        threading.Thread(target=answer, args=(connection, config), daemon=True).start()


def answer(connection, config):
    with connection:
        command = ["/usr/sbin/sshd", "-i", "-f", config]
        subprocess.run(command, stdin=connection, stdout=connection, stderr=subprocess.DEVNULL, check=False)


def run_command(options):
    """What a forge's login shell does: `git-upload-pack` below its own root, and nothing else."""
    words = shlex.split(os.environ.get("SSH_ORIGINAL_COMMAND", ""))
    if options.log:
        with open(options.log, "a", encoding="utf-8") as log:
            log.write(" ".join(words) + "\n")
    if options.mode == "mute":
        # Until the client is gone.
        sys.stdin.buffer.read()
        return
    if len(words) != 2 or words[0] != "git-upload-pack":
        sys.exit("ERROR: only git-upload-pack is served here")
    path = os.path.join(options.root, words[1].lstrip("/"))
    if "forbidden" in words[1]:
        sys.exit("ERROR: Permission to " + words[1] + " denied to this key.")
    if not os.path.isdir(path):
        sys.exit("ERROR: Repository not found.")
    command = ["git", "-c", "safe.directory=*", "upload-pack", path]
    if options.mode == "normal":
        os.execvp("git", command)
    misbehave(options.mode, command)


def misbehave(mode, command):
    """Says what git says, up to the part that the mode spoils."""
    git = subprocess.Popen(command, stdout=subprocess.PIPE)
    references = b""
    while not references.endswith(b"0000"):
        length = git.stdout.read(4)
        references += length
        if length != b"0000":
            references += git.stdout.read(int(length, 16) - 4)
    for part in ("references", "pack"):
        kind = misbehaviour.kind(mode, part)
        if part == "references":
            content = references
        else:
            # An endless pack needs no more of git's than that it was asked for one.
            content = git.stdout.read(8 if kind == "endless" else -1)
        if kind:
            # git has said what is needed of it, and reads from the client no more.
            if part == "references" or kind == "endless":
                git.kill()
            git.wait()
            # Silence lasts until the client is gone.
            misbehaviour.send(kind, content, write, is_pack=part == "pack", wait=sys.stdin.buffer.read)
            return
        write(content)


def write(piece):
    sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def main():
    options = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    options.add_argument("--root", required=True)
    options.add_argument("--state", required=True)
    options.add_argument("--address", default="127.0.0.1")
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--mode", default="normal")
    options.add_argument("--log")
    options.add_argument("--until-eof", action="store_true")
    options.add_argument("--command", action="store_true", help="what sshd runs for a client")
    options = options.parse_args()
    if options.command:
        run_command(options)
    else:
        serve(options)


main()
