# SPDX-License-Identifier: GPL-2.0
"""conversation.py capture FILE | decoded FILE | ladder FILE [options]: the segments of the one
connection that tcpdump has captured, that tshark has decoded to the fields which "conversation.py
fields" names, or that "xtcp ladder --json" tells of, one a line: who sends it, sequence and
acknowledgment numbers from the SYNs on, flags, length; and the options, if they are to be compared
with tshark's."""
import csv
import json
import struct
import sys

FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"]
# Of tshark: what each segment has, and its options as the ladder names them.
FIELDS = ["tcp.srcport", "tcp.seq", "tcp.ack", "tcp.flags", "tcp.len"]
OPTIONS = {
    "mss": "tcp.options.mss_val",
    "sack_permitted": "tcp.options.sack_perm",
    "timestamp": "tcp.options.timestamp.tsval",
    "timestamp_echo": "tcp.options.timestamp.tsecr",
    "window_scale": "tcp.options.wscale.shift",
    "sack_from": "tcp.options.sack_le",
    "sack_to": "tcp.options.sack_re",
}


def names(bits):
    return [name for i, name in enumerate(FLAGS) if bits >> i & 1]


def say(sender, seq, ack, flags, length, options=""):
    print(sender, seq, ack, ",".join(sorted(flags)), length, options)


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
        flags = names(bits)
        origin.setdefault(port, seq)
        sender = "left" if port == next(iter(origin)) else "right"
        say(
            sender,
            (seq - origin[port]) % 2**32,
            (ack - origin[peer]) % 2**32 if "ACK" in flags else None,
            flags,
            len(tcp) - (offset >> 4) * 4,
        )


# With a header; what tshark has not in one segment but several times is separated by "|". An option
# without a value is shown as its bytes.
def decoded(path):
    left = None
    with open(path) as f:
        for row in csv.DictReader(f, delimiter="\t"):
            port, seq, ack, bits, length = (row[name] for name in FIELDS)
            flags = names(int(bits, 16))
            left = left or port
            options = [f"{n}={row[field]}" for n, field in OPTIONS.items() if row[field]]
            say(
                "left" if port == left else "right",
                seq,
                ack if "ACK" in flags else None,
                flags,
                length,
                " ".join(options).replace("|", ",").replace("permitted=0402", "permitted=True"),
            )


def listed(options):
    blocks = options.get("sack", [])
    if blocks:
        for name, side in zip(("sack_from", "sack_to"), zip(*blocks)):
            options[name] = ",".join(map(str, side))
    return " ".join(f"{name}={options[name]}" for name in OPTIONS if name in options)


def ladder(path, options=None):
    with open(path) as f:
        (connection,) = json.load(f)["connections"]
    for row in connection["rows"]:
        if row.get("leaves"):
            say(
                row["from"],
                row["seq"],
                row["ack"],
                row["flags"],
                row["len"],
                listed(row["options"]) if options else "",
            )


def fields():
    print(*FIELDS, *OPTIONS.values())


KINDS = {"capture": capture, "decoded": decoded, "fields": fields, "ladder": ladder}
KINDS[sys.argv[1]](*sys.argv[2:])
