# SPDX-License-Identifier: GPL-2.0
"""conversation.py capture FILE | ladder FILE: the segments of the one connection that tcpdump has
captured, or that "xtcp ladder --json" tells of, one a line: who sends it, sequence and
acknowledgment numbers from the SYNs on, flags, length."""
import json
import struct
import sys

FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"]


def say(sender, seq, ack, flags, length):
    print(sender, seq, ack, ",".join(sorted(flags)), length)


def frames(path):
    with open(path, "rb") as f:
        magic, link = struct.unpack("<I16xI", f.read(24))
        assert (magic, link) == (0xA1B2C3D4, 1), "Ethernet, in a capture of this machine's"
        while head := f.read(16):
            captured, length = struct.unpack("<8xII", head)
            assert captured == length
            yield f.read(captured)


# Of an Ethernet frame with IPv4 or IPv6, without extension headers.
def tcp_of(frame):
    ip = frame[14:]
    if ip[0] >> 4 == 4:
        return ip[(ip[0] & 15) * 4 : struct.unpack(">H", ip[2:4])[0]]
    return ip[40 : 40 + struct.unpack(">H", ip[4:6])[0]]


def capture(path):
    origin = {}
    for frame in frames(path):
        tcp = tcp_of(frame)
        port, peer, seq, ack, offset, bits = struct.unpack(">HHIIBB", tcp[:14])
        flags = [name for i, name in enumerate(FLAGS) if bits >> i & 1]
        origin.setdefault(port, seq)
        sender = "left" if port == next(iter(origin)) else "right"
        say(
            sender,
            (seq - origin[port]) % 2**32,
            (ack - origin[peer]) % 2**32 if "ACK" in flags else None,
            flags,
            len(tcp) - (offset >> 4) * 4,
        )


def ladder(path):
    with open(path) as f:
        (connection,) = json.load(f)["connections"]
    for row in connection["rows"]:
        if row.get("leaves"):
            say(row["from"], row["seq"], row["ack"], row["flags"], row["len"])


{"capture": capture, "ladder": ladder}[sys.argv[1]](sys.argv[2])
