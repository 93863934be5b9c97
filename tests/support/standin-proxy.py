#!/usr/bin/env python3
"""A stand-in for proxies that no small package gives: demands Basic, NTLM or Negotiate, and leads every CONNECT to one port.

It speaks NTLM's three messages (MS-NLMP 2.2.1) and looks at their form and at the user name; the response's value, which
takes a domain controller, it does not check. Prints its port, then a line for each CONNECT that it let through.
  standin-proxy.py basic|ntlm|negotiate TARGET-PORT USER PASSWORD
"""
import base64
import os
import socket
import struct
import sys
import threading

SCHEME, TARGET, USER, PASSWORD = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
UNICODE, NTLM, TARGET_INFO = 0x1, 0x200, 0x800000


def read_head(client):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        if not byte or len(head) > 16384:
            return None
        head += byte
    return head.decode("latin-1")


def header(head, name):
    for line in head.split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.lower() == name:
            return value.strip()
    return ""


def challenge():
    name = "HERE".encode("utf-16-le")
    return b"NTLMSSP\0" + struct.pack("<IHHII", 2, len(name), len(name), 56, UNICODE | NTLM) + os.urandom(8) + bytes(24) + name


def field(message, at):
    size, _, offset = struct.unpack_from("<HHI", message, at)
    return message[offset:offset + size]


def proves(message):
    """An AUTHENTICATE_MESSAGE with both responses and the right user."""
    user, unicode_form = field(message, 36), struct.unpack_from("<I", message, 60)[0] & UNICODE
    name = user.decode("utf-16-le" if unicode_form else "latin-1")
    return name == USER and len(field(message, 12)) == 24 and len(field(message, 20)) >= 24


def judge(authorization):
    """None: let through; otherwise what to demand."""
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != SCHEME:
        return {"basic": 'Basic realm="here"', "ntlm": "NTLM", "negotiate": "Negotiate"}[SCHEME]
    try:
        message = base64.b64decode(text)
        if SCHEME == "basic":
            return None if message.decode() == f"{USER}:{PASSWORD}" else 'Basic realm="here"'
        if SCHEME == "ntlm" and message[:8] == b"NTLMSSP\0":
            kind = struct.unpack_from("<I", message, 8)[0]
            if kind == 1:
                return "NTLM " + base64.b64encode(challenge()).decode()
            if kind == 3 and proves(message):
                return None
    except (ValueError, struct.error):
        pass
    return SCHEME.upper()


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client):
    while head := read_head(client):
        demand = judge(header(head, "proxy-authorization"))
        if not head.startswith("CONNECT "):
            client.sendall(b"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n")
        elif demand:
            client.sendall(f"HTTP/1.1 407 Who\r\nProxy-Authenticate: {demand}\r\nContent-Length: 0\r\n\r\n".encode())
        else:
            print(head.split(" ")[1], flush=True)
            far = socket.create_connection(("127.0.0.1", TARGET))
            client.sendall(b"HTTP/1.1 200 Go\r\n\r\n")
            threading.Thread(target=pump, args=(far, client), daemon=True).start()
            pump(client, far)
            return
    client.close()


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
