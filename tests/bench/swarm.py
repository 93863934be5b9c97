"""Many boxes and guests of a cloud in one process: direct TLS (XEP-0368) and WebSockets (RFC 7395), on asyncio."""
import asyncio
import base64
import os
import random
import re
import ssl
import struct
import time

from scram import Scram

TAG = re.compile(r"<[^>]*>")
ID = re.compile(r"^<[^>]* id='([^']*)'")
FROM = re.compile(r"^<[^>]* from='([^']*)'")
KIND = re.compile(r"^<[^>]* type='([^']*)'")
CLIENT = "xmlns='jabber:client'"
PING = "<ping xmlns='urn:xmpp:ping'/>"
ANSWER_S = 30
# As the box does it: signalling/cloud-link.h, cloud-engine.c, meeting-room.c.
WAIT_MIN_S, WAIT_MAX_S, STEADY_S, HEARTBEAT_S, PONG_S, SELF_PING_S, SETTLE_S = 0.5, 60, 30, 15, 10, 60, 0.5
LOST = OSError, ssl.SSLError, EOFError, TimeoutError, asyncio.TimeoutError


class Refused(EOFError):
    """The server says no."""


def cut(text):
    """(whole stanzas, what is left over); a stream's own head is passed over."""
    stanzas, depth, start, done = [], 0, 0, 0
    for tag in TAG.finditer(text):
        word = tag.group()
        if word.startswith(("<?", "<stream:stream")):
            done = tag.end()
            continue
        if word.startswith("</stream:stream"):
            raise Refused("the server has ended the stream")
        if depth == 0:
            start = tag.start()
        depth += -1 if word.startswith("</") else 0 if word.endswith("/>") else 1
        if depth == 0:
            stanzas.append(text[start:tag.end()])
            done = tag.end()
    return stanzas, text[done:]


class Line:
    """A TLS connection with stanzas on it."""
    reader = writer = None

    async def connect(self, address, name, context, source):
        async with asyncio.timeout(ANSWER_S):
            self.reader, self.writer = await asyncio.open_connection(
                address, 443, ssl=context, server_hostname=name, local_addr=(source, 0), ssl_handshake_timeout=ANSWER_S)
        self.text, self.come, self.numbers, self.heard = "", [], 0, time.monotonic()

    async def receive(self):
        """One stanza."""
        while not self.come:
            data = await self.reader.read(65536)
            if not data:
                raise EOFError("end of stream")
            self.heard = time.monotonic()
            self.come, self.text = cut(self.text + self.decode(data))
        return self.come.pop(0)

    def decode(self, data):
        return data.decode()

    def send(self, text):
        self.writer.write(text.encode())

    async def expect(self, *starts):
        """The first stanza that starts so."""
        async with asyncio.timeout(ANSWER_S):
            while True:
                stanza = await self.receive()
                if stanza.startswith(starts):
                    return stanza
                if stanza.startswith(("<failure", "<stream:error", "<close")):
                    raise Refused(stanza)
                self.meanwhile(stanza)

    def meanwhile(self, stanza):
        """What comes while something else is waited for."""

    async def ask(self, kind, to, payload):
        """An IQ, and its result."""
        self.numbers += 1
        name = f"q{self.numbers}"
        address = f" to='{to}'" if to else ""
        self.send(f"<iq {CLIENT} type='{kind}' id='{name}'{address}>{payload}</iq>")
        while True:
            answer = await self.expect("<iq")
            if f" id='{name}'" in answer and kind_of(answer) in ("result", "error"):
                if kind_of(answer) == "error":
                    raise Refused(answer)
                return answer
            self.meanwhile(answer)

    async def join(self, room, nick):
        self.send(f"<presence {CLIENT} to='{room}/{nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
        while True:
            presence = await self.expect("<presence")
            if "type='error'" in presence:
                raise Refused(presence)
            if "code='110'" in presence:
                return presence

    async def close(self):
        if self.writer:
            self.writer.transport.abort()
        self.writer = None


def kind_of(stanza):
    return KIND.search(stanza)[1]


def inside(stanza):
    return stanza.partition(">")[2].rpartition("</")[0]


class Box(Line):
    """An idle box: an account, a session with stream management, a room of its own; it comes back when it is lost."""

    def __init__(self, fleet, number, name, password):
        self.fleet, self.name, self.password = fleet, name, password
        self.room = f"{number:06d}@meet.{fleet.host}"
        self.source = fleet.source()
        self.ready = None  # since when it can be met
        self.tries, self.wait, self.managed, self.taken = 0, WAIT_MIN_S, False, 0

    async def live(self):
        while True:
            try:
                async with self.fleet.entrance:
                    await self.enter()
                await self.idle()
            except LOST as why:
                told = f"{type(why).__name__}: {why}"[:120]
                self.fleet.trouble[told] = self.fleet.trouble.get(told, 0) + 1
            finally:
                await self.close()
            if self.ready and time.monotonic() - self.ready > STEADY_S:
                self.wait = WAIT_MIN_S
            self.ready = None
            wait, self.wait = random.uniform(self.wait / 2, self.wait), min(2 * self.wait, WAIT_MAX_S)
            await asyncio.sleep(wait)

    async def enter(self):
        self.tries += 1
        self.managed, self.taken = False, 0
        fleet = self.fleet
        await self.connect(fleet.address_for(self.name), f"boxes.{fleet.host}", fleet.context, self.source)
        scram = Scram(self.name, self.password)
        self.open()
        await self.expect("<stream:features")
        self.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-512'>" + scram.first() + "</auth>")
        answer = scram.answer(inside(await self.expect("<challenge")))
        self.send(f"<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{answer}</response>")
        if not scram.is_server(inside(await self.expect("<success"))):
            raise Refused("the server does not know the password")
        self.open()
        await self.expect("<stream:features")
        await self.ask("set", None, "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>box</resource></bind>")
        self.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
        await self.expect("<enabled")
        self.managed = True
        await self.ask("get", f"boxes.{fleet.host}", "<services xmlns='urn:xmpp:extdisco:2'/>")
        if "affiliation='owner'" not in await self.join(self.room, "box"):
            raise Refused("the room is another's")
        await asyncio.sleep(SETTLE_S * random.uniform(1, 2))
        await self.ask("get", f"{self.room}/box", PING)
        self.ready = time.monotonic()

    def open(self):
        self.text, self.come = "", []
        self.send(f"<?xml version='1.0'?><stream:stream {CLIENT} xmlns:stream='http://etherx.jabber.org/streams' "
                  f"to='boxes.{self.fleet.host}' version='1.0'>")

    async def idle(self):
        checked, asked = self.ready, 0.0
        while True:
            silent = asked > self.heard
            due = min(asked + PONG_S if silent else self.heard + HEARTBEAT_S, checked + SELF_PING_S)
            try:
                async with asyncio.timeout(max(0, due - time.monotonic())):
                    self.meanwhile(await self.receive())
                continue
            except TimeoutError:
                now = time.monotonic()
            if now >= checked + SELF_PING_S:
                checked = now
                self.query(f"{self.room}/box")
            elif silent:
                raise EOFError("the cloud has fallen silent")
            else:
                asked = now
                self.query(None)

    async def receive(self):
        stanza = await super().receive()
        self.taken += self.managed and stanza.startswith(("<iq", "<presence", "<message"))
        return stanza

    def query(self, to):
        self.numbers += 1
        address = f" to='{to}'" if to else ""
        self.send(f"<iq {CLIENT} type='get' id='p{self.numbers}'{address}>{PING}</iq><r xmlns='urn:xmpp:sm:3'/>")

    def meanwhile(self, stanza):
        if stanza.startswith("<r "):
            self.send(f"<a xmlns='urn:xmpp:sm:3' h='{self.taken}'/>")
        elif stanza.startswith("<iq") and kind_of(stanza) in ("get", "set"):
            who = FROM.search(stanza)
            address = f" to='{who[1]}'" if who else ""
            self.send(f"<iq {CLIENT} type='result' id='{ID.search(stanza)[1]}'{address}/>")


class Guest(Line):
    """Somebody without an account who goes into a meeting, is answered by its box, and leaves."""

    def __init__(self, fleet):
        self.fleet, self.frames = fleet, b""

    async def meet(self, room):
        """Seconds from nothing until the box has answered."""
        start = time.monotonic()
        host = self.fleet.host
        try:
            await self.connect(self.fleet.address_for(room), host, self.fleet.context, self.fleet.source())
            await self.upgrade()
            await self.open()
            self.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>")
            await self.expect("<success")
            await self.open()
            await self.ask("set", None, "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>")
            await self.ask("get", f"guests.{host}", "<services xmlns='urn:xmpp:extdisco:2'/>")
            await self.join(room, os.urandom(8).hex())
            await self.ask("set", f"{room}/box", "<hello xmlns='urn:lectern:call:1'/>")
            return time.monotonic() - start
        finally:
            await self.close()

    async def upgrade(self):
        self.writer.write((f"GET /xmpp HTTP/1.1\r\nHost: {self.fleet.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
                           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n").encode())
        async with asyncio.timeout(ANSWER_S):
            head = await self.reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise Refused(head.split(b"\r\n")[0].decode())

    async def open(self):
        self.send(f"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='guests.{self.fleet.host}' version='1.0'/>")
        await self.expect("<stream:features")

    def send(self, text):
        """A masked text frame (RFC 6455 §5.2); nobody between reads it, so the mask is nought."""
        payload = text.encode()
        size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack(">H", len(payload))
        self.writer.write(b"\x81" + size + bytes(4) + payload)

    def decode(self, data):
        """The text of the frames that are whole."""
        self.frames += data
        texts = []
        while len(self.frames) >= 2:
            size, head = self.frames[1] & 127, 2
            if size > 125:
                head = 4 if size == 126 else 10
                if len(self.frames) < head:
                    break
                size = int.from_bytes(self.frames[2:head], "big")
            if len(self.frames) < head + size:
                break
            if self.frames[0] & 15 == 1:
                texts.append(self.frames[head:head + size].decode())
            self.frames = self.frames[head + size:]
        return "".join(texts)


class Fleet:
    """boxes: (number, name, password) each. addresses: of the nodes; next_source gives each caller an address of its own."""

    def __init__(self, host, addresses, context, next_source, boxes):
        self.host, self.addresses, self.context, self.source = host, addresses, context, next_source
        self.trouble = {}  # sentence -> how often
        self.entrance = asyncio.Semaphore(40)
        self.boxes = [Box(self, *one) for one in boxes]
        self.tasks = []

    def address_for(self, name):
        return self.addresses[hash(name) % len(self.addresses)]

    def start(self):
        self.tasks = [asyncio.create_task(box.live()) for box in self.boxes]

    def open_doors(self):
        """From now on nobody waits for anybody."""
        self.entrance = asyncio.Semaphore(len(self.boxes))

    def times(self):
        return sorted(box.ready for box in self.boxes if box.ready)

    async def stop(self):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
