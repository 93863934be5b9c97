"""The box's door by hand: TLS, WebSocket frames (RFC 6455), XMPP (RFC 7395); and somebody in the middle who rewrites it."""
import base64
import os
import re
import select
import socket
import ssl
import struct
import threading

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
OPEN = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='box' version='1.0'/>"
AUTH = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>"
BIND = "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
CALL = "urn:lectern:call:1"


def xor(data, key):
    """RFC 6455 §5.3."""
    size = len(data)
    return (int.from_bytes(data, "big") ^ int.from_bytes((key * (size // 4 + 1))[:size], "big")).to_bytes(size, "big")


class Closed(Exception):
    """The other side has closed the connection."""


def connect(host, port, timeout=10, source=None):
    """A TLS connection to a box, whose certificate is its own and proves itself only through the PIN."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection((host, port), timeout, source and (source, 0)), server_hostname="box")


class Frames:
    """WebSocket messages over a stream; mask: as a client sends them."""

    def __init__(self, stream, mask):
        self.stream, self.mask, self.buffer = stream, mask, b""

    def fill(self, count):
        while len(self.buffer) < count:
            try:
                more = self.stream.recv(65536)
            except (ssl.SSLError, ConnectionError) as why:
                raise Closed(str(why)) from why
            if not more:
                raise Closed("end of stream")
            self.buffer += more

    def take(self, count):
        self.fill(count)
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def take_head(self):
        """An HTTP head."""
        while b"\r\n\r\n" not in self.buffer:
            self.fill(len(self.buffer) + 1)
        return self.take(self.buffer.index(b"\r\n\r\n") + 4)

    def read(self):
        """(opcode, payload); messages of several frames do not occur between the two programs."""
        first, second = self.take(2)
        length = second & 127
        if length > 125:
            size = 2 if length == 126 else 8
            length = int.from_bytes(self.take(size), "big")
        key = self.take(4) if second & 128 else bytes(4)
        return first & 15, xor(self.take(length), key)

    def write(self, payload, opcode=TEXT):
        payload = payload.encode() if isinstance(payload, str) else payload
        size = len(payload)
        head = bytes([0x80 | opcode])
        flag = 0x80 if self.mask else 0
        if size < 126:
            head += bytes([flag | size])
        elif size < 65536:
            head += bytes([flag | 126]) + struct.pack(">H", size)
        else:
            head += bytes([flag | 127]) + struct.pack(">Q", size)
        key = os.urandom(4) if self.mask else b""
        self.stream.sendall(head + key + (xor(payload, key) if key else payload))


class Client(Frames):
    """Somebody who speaks to a box by hand."""

    def __init__(self, host, port, bound=True, source=None):
        super().__init__(connect(host, port, source=source), True)
        self.stream.sendall((f"GET /xmpp HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
                             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n").encode())
        head = self.take_head()
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise Closed(head.decode())
        if bound:
            for text, answer in (OPEN, "features"), (AUTH, "success"), (OPEN, "features"), (BIND, "result"):
                self.write(text)
                self.expect(answer)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stream.close()

    def call(self, payload):
        self.write(f"<iq xmlns='jabber:client' type='set' id='c' to='box'>{payload}</iq>")

    def expect(self, word, patience=20):
        """The next message with that word in it; what comes before is passed over."""
        for _ in range(patience):
            opcode, payload = self.read()
            if opcode == CLOSE:
                raise Closed("close frame")
            if word in payload.decode():
                return payload.decode()
        raise Closed(f"{patience} messages without {word}")

    def until_closed(self):
        """Everything that still comes; Closed or a close frame ends it."""
        told = ""
        try:
            while True:
                opcode, payload = self.read()
                if opcode == CLOSE:
                    return told
                told += payload.decode()
        except Closed:
            return told


class Meddler(threading.Thread):
    """In the middle: has a certificate of its own, and passes on what rewrite(from_caller, text) makes of each message."""

    def __init__(self, box_address, certificate, rewrite):
        super().__init__(daemon=True)
        self.box_address, self.rewrite, self.touched, self.trouble = box_address, rewrite, 0, ""
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.listener.close()

    def run(self):
        while True:
            try:
                stream = self.listener.accept()[0]
            except OSError:
                return
            try:
                self.relay(self.context.wrap_socket(stream, server_side=True))
            except (Closed, OSError) as why:
                self.trouble += f"{why}\n"

    def relay(self, stream):
        caller, box = Frames(stream, False), Frames(connect(*self.box_address), True)
        head = re.sub(rb"Sec-WebSocket-Extensions:.*\r\n", b"", caller.take_head(), flags=re.IGNORECASE)
        box.stream.sendall(head)
        caller.stream.sendall(box.take_head())
        try:
            while True:
                self.pass_on(caller, box)
        finally:
            caller.stream.close()
            box.stream.close()

    def pass_on(self, caller, box):
        ready = [one for one in (caller, box) if one.buffer or one.stream.pending()]
        if not ready:
            streams = select.select([caller.stream, box.stream], [], [])[0]
            ready = [one for one in (caller, box) if one.stream in streams]
        for one in ready:
            opcode, payload = one.read()
            other = box if one is caller else caller
            if opcode == TEXT:
                changed = self.rewrite(one is caller, payload.decode())
                self.touched += changed != payload.decode()
                payload = changed.encode()
            other.write(payload, opcode)
