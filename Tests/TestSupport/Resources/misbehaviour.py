"""What the git servers of tests do wrong with an answer that is otherwise right, over http and ssh alike."""

import hashlib
import os
import struct
import time
import zlib

KINDS = ("drip", "cut", "stall", "endless")


def kind(mode, part):
    """What a mode, `drip-pack` for instance, does to a part of the conversation; None when it leaves it alone."""
    word, _, meant = mode.partition("-")
    return word if word in KINDS and meant == part else None


def send(kind, content, send, is_pack, wait):
    """Sends a part as badly as that, and returns where the connection is to be closed. `wait` keeps silent."""
    if kind == "drip":
        for index in range(len(content)):
            send(content[index : index + 1])
            time.sleep(1)
    elif kind == "cut":
        send(content[: len(content) // 2])
    elif kind == "stall":
        send(content[: len(content) // 2])
        wait()
    elif is_pack:
        send(b"0008NAK\n")
        for piece in endless_pack():
            send(piece)
    else:
        for piece in endless_references(content):
            send(piece)


def packet(content):
    return b"%04x" % (len(content) + 4) + content


def endless_pack():
    """A pack that says that it holds more objects than will ever come, all of them sound, on the side band."""
    yield packet(b"\x01PACK" + struct.pack(">II", 2, 1 << 24))
    while True:
        data = os.urandom(60_000)
        size, head = len(data), []
        byte, size = 3 << 4 | size & 15, size >> 4
        while size:
            head.append(byte | 0x80)
            byte, size = size & 0x7F, size >> 7
        head.append(byte)
        yield packet(b"\x01" + bytes(head) + zlib.compress(data, 0))


def endless_references(content):
    """The right references, and then others, about a thousand bytes a second."""
    yield content[: content.rindex(b"0000")]
    number = 0
    while True:
        number += 1
        identifier = hashlib.sha1(b"%d" % number).hexdigest().encode()
        yield packet(identifier + b" refs/heads/x%09d\n" % number)
        time.sleep(0.06)
