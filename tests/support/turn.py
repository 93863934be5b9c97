"""A TURN client by hand (RFC 8656), over UDP or inside TLS: what the relay permits, and what it passes on."""
import hashlib
import hmac
import ipaddress
import os
import socket
import struct

from tap import Failed

COOKIE = 0x2112A442
ALLOCATE, REFRESH, SEND, DATA, PERMIT, BIND = 0x003, 0x004, 0x016, 0x017, 0x008, 0x009
USERNAME, INTEGRITY, ERROR, CHANNEL, LIFETIME, PEER, PAYLOAD, REALM, NONCE, RELAYED, TRANSPORT, MAPPED, FAMILY = (
    0x0006, 0x0008, 0x0009, 0x000C, 0x000D, 0x0012, 0x0013, 0x0014, 0x0015, 0x0016, 0x0019, 0x0020, 0x0017)
UDP, TCP = 17, 6


def pack_address(host, port, transaction):
    """XOR-PEER-ADDRESS, RFC 8489 §14.2."""
    address = ipaddress.ip_address(host)
    key = struct.pack(">I", COOKIE) + transaction
    mixed = bytes(a ^ b for a, b in zip(address.packed, key))
    return struct.pack(">BBH", 0, 1 if address.version == 4 else 2, port ^ COOKIE >> 16) + mixed


def unpack_address(data, transaction):
    key = struct.pack(">I", COOKIE) + transaction
    return (str(ipaddress.ip_address(bytes(a ^ b for a, b in zip(data[4:], key)))),
            struct.unpack(">H", data[2:4])[0] ^ COOKIE >> 16)


class Relay:
    """stream: a TLS or TCP socket, or None for UDP to (address, 3478)."""

    def __init__(self, user, password, address=None, stream=None):
        self.user, self.password, self.stream = user, password, stream
        self.socket = stream
        if not stream:
            self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.connect((address, 3478))
        self.socket.settimeout(5)
        self.realm = self.nonce = None
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.socket.close()

    def take(self):
        """A whole message."""
        if not self.stream:
            return self.socket.recv(65536)
        while len(self.buffer) < 20 or len(self.buffer) < 20 + struct.unpack(">H", self.buffer[2:4])[0]:
            more = self.socket.recv(65536)
            if not more:
                raise Failed("the relay has closed the connection")
            self.buffer += more
        size = 20 + struct.unpack(">H", self.buffer[2:4])[0]
        message, self.buffer = self.buffer[:size], self.buffer[size:]
        return message

    def ask(self, kind, *attributes):
        """(0, attributes), or (error code, attributes). attributes: pairs; an address as (host, port)."""
        for _ in range(3):
            code, answer = self.exchange(kind, attributes)
            if code not in (401, 438) or (code == 401 and self.nonce):
                return code, answer
            self.realm, self.nonce = answer[REALM], answer[NONCE]
        return code, answer

    def exchange(self, kind, attributes, indication=False):
        transaction = os.urandom(12)
        body = b"".join(self.pack(name, value, transaction) for name, value in attributes)
        if self.nonce and not indication:
            for name, value in (USERNAME, self.user.encode()), (REALM, self.realm), (NONCE, self.nonce):
                body += self.pack(name, value, transaction)
            body = self.sign(kind, body, transaction)
        self.socket.sendall(struct.pack(">HHI", kind, len(body), COOKIE) + transaction + body)
        while not indication:
            message = self.take()
            if message[8:20] == transaction:
                return self.read(message)
        return 0, {}

    def sign(self, kind, body, transaction):
        key = hashlib.md5(b":".join((self.user.encode(), self.realm, self.password.encode()))).digest()
        head = struct.pack(">HHI", kind, len(body) + 24, COOKIE) + transaction
        return body + struct.pack(">HH", INTEGRITY, 20) + hmac.digest(key, head + body, "sha1")

    @staticmethod
    def pack(name, value, transaction):
        if isinstance(value, tuple):
            value = pack_address(*value, transaction)
        return struct.pack(">HH", name, len(value)) + value + bytes(-len(value) % 4)

    @staticmethod
    def read(message):
        attributes, at = {}, 20
        while at < len(message):
            name, size = struct.unpack(">HH", message[at:at + 4])
            attributes[name] = message[at + 4:at + 4 + size]
            if name in (PEER, RELAYED, MAPPED):
                attributes[name] = unpack_address(attributes[name], message[8:20])
            at += 4 + size + -size % 4
        is_error = struct.unpack(">H", message[:2])[0] & 0x110 == 0x110
        return (attributes[ERROR][2] * 100 + attributes[ERROR][3] if is_error else 0), attributes

    def allocate(self, transport=UDP, family=None):
        """(0, {RELAYED: (host, port)…}) or (error, …)."""
        more = [(FAMILY, bytes([family, 0, 0, 0]))] if family else []
        return self.ask(ALLOCATE, (TRANSPORT, bytes([transport, 0, 0, 0])), *more)

    def permit(self, host, port=5000):
        """0, or the error's code."""
        return self.ask(PERMIT, (PEER, (host, port)))[0]

    def bind(self, host, port=5000, channel=0x4000):
        return self.ask(BIND, (CHANNEL, struct.pack(">HH", channel, 0)), (PEER, (host, port)))[0]

    def send(self, host, port, data):
        self.exchange(SEND, [(PEER, (host, port)), (PAYLOAD, data)], indication=True)

    def receive(self):
        """((host, port), data) of what a peer has sent."""
        while True:
            message = self.take()
            if struct.unpack(">H", message[:2])[0] == DATA:
                attributes = self.read(message)[1]
                return attributes[PEER], attributes[PAYLOAD]
