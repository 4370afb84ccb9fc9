# SPDX-License-Identifier: GPL-2.0
"""Sends segments that are wrong, each in its own way, from a raw socket.

segments.py FROM TO PORT PROTOCOL NAME=COUNT...: that many of each.
"""
import socket
import struct
import sys

SYN, RST, PSH, ACK = 2, 4, 8, 16
source, target, port, protocol = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])


def checksum(data):
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def segment(sport, flags, seq=1000, ack=0, options=b"", data=b"", words=None, wrong=0):
    words = words or 5 + len(options) // 4
    header = struct.pack(">HHIIBBHHH", sport, port, seq, ack, words << 4, flags, 1024, 0, 0)
    text = header + options + data
    pseudo = struct.pack(">4s4sBBH", socket.inet_aton(source), socket.inet_aton(target), 0,
                         protocol, len(text))
    return text[:16] + struct.pack(">H", checksum(pseudo + text) ^ wrong) + text[18:]


KINDS = {
    "checksum": lambda sport: segment(sport, SYN, wrong=1),
    "header": lambda sport: segment(sport, SYN, words=4),
    "options": lambda sport: segment(sport, SYN, options=b"\x02\x04\x05\xb4\x03\x01\x01\x01"),
    "flags": lambda sport: segment(sport, PSH, seq=7000, data=b"hello"),
    "reset": lambda sport: segment(sport, RST, seq=3000),
    "ack": lambda sport: segment(sport, ACK, seq=5000, ack=6001),
}

raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol)
sport = 20000
for word in sys.argv[5:]:
    name, count = word.split("=")
    for _ in range(int(count)):
        sport += 1
        raw.sendto(KINDS[name](sport), (target, 0))
