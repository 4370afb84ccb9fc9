# SPDX-License-Identifier: GPL-2.0
"""Programs of sockets that know nothing of XTCP; lib/run.sh begins them.

sockets.py describe            what a program sees of its sockets, a line each
sockets.py serve ADDRESS PORT  an echo server, until it is killed
sockets.py ask ADDRESS PORT N  N clients of it, in threads, while signals come
sockets.py close N             whether what is closed is gone at once, N times
sockets.py both ADDRESS PORT TO TO_PORT
                               listens at the one, connects to the other, waits for a line
"""
import os
import signal
import socket
import sys
import threading


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def describe():
    for family in socket.AF_INET, socket.AF_INET6:
        with socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as s:
            twin = socket.socket(fileno=os.dup(s.fileno()))
            print(family.name, twin.family.name, twin.type.name, twin.proto, s.getsockname(),
                  os.get_inheritable(s.fileno()), os.get_blocking(s.fileno()))
            print(s.getsockopt(socket.SOL_SOCKET, socket.SO_DOMAIN),
                  s.getsockopt(socket.SOL_SOCKET, socket.SO_DOMAIN, 2))
            twin.close()
        with socket.socket(family, socket.SOCK_STREAM) as s:
            s.listen()
            print(s.getsockname()[0], s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
        with socket.create_server(("", 0), family=family) as server, \
                socket.socket(family, socket.SOCK_STREAM) as client:
            client.connect(server.getsockname())
            child, peer = server.accept()
            print(child.family.name, peer[0], peer == client.getsockname(),
                  child.getpeername()[0], child.getsockname() == client.getpeername())
            child.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        print(s.getsockopt(socket.SOL_SOCKET, socket.SO_DOMAIN), s.type.name)
    for bad in (socket.AF_INET, socket.SOCK_STREAM, 99), (socket.AF_INET, 77, 0):
        try:
            socket.socket(*bad)
        except OSError as error:
            print(error.strerror)


def serve(address, port):
    def echo(child):
        with child:
            while data := child.recv(65536):
                child.sendall(data)

    with socket.create_server((address, int(port)), family=family_of(address),
                              backlog=128) as server:
        print("ready", flush=True)
        while True:
            threading.Thread(target=echo, args=server.accept()[:1], daemon=True).start()


def ask(address, port, count):
    failures = []

    def client(number):
        text = f"client {number} ".encode() * 1000
        try:
            with socket.create_connection((address, int(port))) as s:
                s.sendall(text)
                s.shutdown(socket.SHUT_WR)
                got = b"".join(iter(lambda: s.recv(65536), b""))
            if got != text:
                failures.append(f"{number}: {len(got)} bytes of {len(text)}")
        except OSError as error:
            failures.append(f"{number}: {error}")

    signal.signal(signal.SIGALRM, lambda *_: None)
    # Elsewhere a signal may end socket(2), before the supervisor has heard of the call.
    signal.siginterrupt(signal.SIGALRM, False)
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    threads = [threading.Thread(target=client, args=(i,)) for i in range(int(count))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    signal.setitimer(signal.ITIMER_REAL, 0)
    print(*failures, sep="\n")
    sys.exit(bool(failures))


def close(count):
    failures = 0
    for _ in range(int(count)):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                failures += 1
    print(failures, "of", count, "ports were not free")
    sys.exit(bool(failures))


def both(address, port, to, to_port):
    server = socket.create_server((address, int(port)), family=family_of(address))
    client = socket.socket(family_of(to), socket.SOCK_STREAM)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 20000)
    client.settimeout(20)
    client.bind(("", 0))
    name = client.getsockname()
    client.connect((to, int(to_port)))
    print("ready", name[1] == client.getsockname()[1],
          client.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY),
          client.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF),
          os.get_inheritable(client.fileno()), flush=True)
    sys.stdin.readline()
    server.close()


globals()[sys.argv[1]](*sys.argv[2:])
