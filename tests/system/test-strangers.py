#!/usr/bin/env python3
"""Strangers on the network who speak badly, too much, too slowly or not at all: told off, and in nobody's way."""
import base64
import hashlib
import pathlib
import re
import socket
import ssl
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402
from wire import CALL, CLOSE, Client, Closed  # noqa: E402

SID = "0123456789abcdef0123456789abcdef"
FINGERPRINT = ":".join(["AB"] * 32)
POINT = base64.b64encode(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")).decode()  # ristretto255's
THIRTY_TWO = base64.b64encode(bytes(range(32))).decode()  # the nonce, among others
LABEL = b"lectern call 1 commit"
COMMIT = base64.b64encode(hashlib.sha256(bytes([len(LABEL)]) + LABEL + bytes([32]) + bytes(range(32))).digest()).decode()


def hello(version="1", name="Stranger", sid=SID):
    return (f"<hello xmlns='{CALL}' sid='{sid}' version='{version}' name='{name}' fingerprint='{FINGERPRINT}'>"
            f"<commit>{COMMIT}</commit></hello>")


def offer(confirm=THIRTY_TWO, sdp="v=0"):
    return (f"<offer xmlns='{CALL}' sid='{SID}'><point>{POINT}</point><nonce>{THIRTY_TWO}</nonce>"
            f"<confirm>{confirm}</confirm><sdp>{sdp}</sdp></offer>")


def readable_sdp():
    """An offer of our own with the stranger's fingerprint."""
    recorded = pathlib.Path(__file__).resolve().parents[1] / "fuzz/corpus/sdp/lectern-offer"
    return re.sub(r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}", FINGERPRINT, recorded.read_text(encoding="utf-8"))


def presenting(room):
    """A box with somebody on it; the eye sees whether the picture goes on."""
    box = room.receiver(room.display(640, 360))
    sender, eye = room.share(box)
    eye.keep_looking()
    return box, sender, eye


def undisturbed(box, sender, eye):
    pictures = eye.pictures
    wait_until(lambda: eye.pictures > pictures, 3, "the presenter's next picture")
    check(eye.longest_gap < 2, f"the picture stood still for {eye.longest_gap:.1f} s")
    check(sender.running() and box.running(), sender.err(), box.err())


def test_version():
    """A caller of another protocol version is refused as such."""
    with rooms.Room() as room:
        box = room.receiver(None)
        with Client("127.0.0.1", box.port) as stranger:
            stranger.call(hello(version="2"))
            told = stranger.expect("refused")
            check("reason=\"version\"" in told or "reason='version'" in told, told)


def test_out_of_order():
    """Messages out of order or with nonsense in them end the call as protocol errors, and only that call."""
    with rooms.Room() as room:
        box, sender, eye = presenting(room)
        for story in ([offer()], [hello(), hello()], [hello(), f"<answer xmlns='{CALL}' sid='{SID}'/>"],
                      [hello(sid="short")], [hello().replace("AB:", "XY:")], [hello().replace(COMMIT, "AAAA")],
                      [f"<candidate xmlns='{CALL}' sid='{SID}'>x</candidate>"], [f"<dance xmlns='{CALL}' sid='{SID}'/>"],
                      [hello(), offer(confirm="not base64 &#x41;")]):
            with Client("127.0.0.1", box.port) as stranger:
                for payload in story:
                    stranger.call(payload)
                try:
                    told = stranger.expect("refused")
                    check("protocol" in told, story[-1], told)
                except Closed:
                    pass  # not even a call
        undisturbed(box, sender, eye)


def refusals(box, payload, count):
    """What a stranger is told who sends payload in place of a proof, so many times."""
    told = []
    for _ in range(count):
        with Client("127.0.0.1", box.port) as stranger:
            stranger.call(hello())
            stranger.call(payload)
            told.append(re.search(r"reason=['\"](\w+)", stranger.expect("refused")).group(1))
    return told


def test_counted():
    """Proofs that were made up are wrong PINs and lock after five; nonsense in their place tells nothing and locks nobody out."""
    with rooms.Room() as room:
        box = room.receiver(None)
        check(refusals(box, offer(), 7) == ["protocol"] * 7, "offers that cannot be read")
        told = refusals(box, offer(sdp=readable_sdp()), 7)
        check(told == ["denied"] * 5 + ["locked"] * 2, told)
        check(box.err().count("A wrong PIN came from") == 5, box.err())


def test_malformed():
    """Whatever is not the XML that is spoken here ends the session with a stream error, and the box stays up."""
    with rooms.Room() as room:
        box, sender, eye = presenting(room)
        deep = "<iq xmlns='jabber:client' type='set' id='x'>" + "<a>" * 40 + "</a>" * 40 + "</iq>"
        for text in ("<open", "", "\x00", b"\xff\xfe", "<!DOCTYPE x [<!ENTITY a 'b'>]><open/>", "<?xml version='1.0'?><open/>",
                     "<a xmlns='urn:x'>&lol;</a>", deep, "<iq xmlns='jabber:client'/><iq xmlns='jabber:client'/>",
                     "<iq xmlns='jabber:client' " + " ".join(f"a{n}='1'" for n in range(50)) + "/>", "x" * 60000):
            for bound in False, True:
                with Client("127.0.0.1", box.port, bound) as stranger:
                    stranger.write(text)
                    told = stranger.until_closed()
                    check("<close" in told or isinstance(text, bytes), text[:40], told)
        undisturbed(box, sender, eye)


def test_oversized():
    """A message or a frame beyond 64 KiB is never taken in; memory does not grow with what is announced."""
    with rooms.Room() as room:
        box, sender, eye = presenting(room)
        before = memory(box)
        for size in 70_000, 40_000_000:
            with Client("127.0.0.1", box.port) as stranger:
                try:
                    stranger.write("<iq xmlns='jabber:client'>" + "a" * size)
                except OSError:
                    pass  # closed while we still wrote
                stranger.until_closed()
        with Client("127.0.0.1", box.port) as stranger:  # announced, never sent
            stranger.stream.sendall(bytes([0x81, 0xff]) + (1 << 40).to_bytes(8, "big") + b"abcd" + b"a" * 1000)
            stranger.until_closed()
        comment(f"{memory(box) - before} KiB more")
        check(memory(box) - before < 10240, memory(box) - before, "KiB more")
        undisturbed(box, sender, eye)


def memory(process):
    """Resident KiB."""
    return int(pathlib.Path(f"/proc/{process.pid}/status").read_text().split("VmRSS:")[1].split()[0])


def test_flood():
    """Somebody who sends stanzas without end is closed."""
    with rooms.Room() as room:
        box, sender, eye = presenting(room)
        with Client("127.0.0.1", box.port) as stranger:
            try:
                for _ in range(5000):
                    stranger.call("<x xmlns='urn:x'/>")
            except OSError:
                pass
            stranger.until_closed()
        undisturbed(box, sender, eye)


def test_frames():
    """Frames that RFC 6455 forbids end the connection."""
    with rooms.Room() as room:
        box = room.receiver(None)
        for frame in (bytes([0x81, 3]) + b"abc", bytes([0xf1, 0x80]) + b"abcd", bytes([0x83, 0x80]) + b"abcd",
                      bytes([0x09, 0x80]) + b"abcd", bytes([0x82, 0x83]) + b"abcdxyz"):
            with Client("127.0.0.1", box.port) as stranger:
                stranger.stream.sendall(frame)
                stranger.until_closed()
        with Client("127.0.0.1", box.port) as stranger:
            stranger.write(b"", CLOSE)
            stranger.until_closed()
        check(box.running() and box.status(), box.err())


def wait_until_few(box, most):
    """Until the box has shut all but so many connections."""
    asked = [0.0, 1000]

    def condition():
        if time.monotonic() - asked[0] > 0.5:
            asked[:] = time.monotonic(), box.status()["connections"]
        return asked[1] <= most
    wait_until(condition, 60, lambda: f"{asked[1]} connections to go")


def test_idle():
    """Two hundred idle connections and stalled handshakes keep nobody from joining, and are shut in time."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360))
        idle = []
        try:
            for number in range(200):
                stream = socket.create_connection(("127.0.0.1", box.port), 10)
                idle.append(stream)
                if number % 3 == 1:
                    stream.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")  # a ClientHello's beginning
                elif number % 3 == 2:
                    stream.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            start = time.monotonic()
            sender, eye = room.share(box)
            eye.keep_looking()
            comment(f"joined after {time.monotonic() - start:.1f} s among {box.status()['connections']} connections")
            check(sender.running() and eye.pictures, sender.err())
            wait_until_few(box, 10)
            undisturbed(box, sender, eye)
        finally:
            for stream in idle:
                stream.close()


def test_slow_tls():
    """Secured connections that send their requests a byte at a time give way as well."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360))
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        slow = []
        try:
            for _ in range(40):
                try:
                    slow.append(context.wrap_socket(socket.create_connection(("127.0.0.1", box.port), 10)))
                    slow[-1].sendall(b"GET /")
                except OSError:
                    pass  # shut for another's sake: as it should be
            sender, eye = room.share(box)
            eye.keep_looking()
            wait_until_few(box, 5)
            undisturbed(box, sender, eye)
        finally:
            for stream in slow:
                stream.close()


rooms.start()
run(test_version, test_out_of_order, test_counted, test_malformed, test_oversized, test_flood, test_frames, test_idle,
    test_slow_tls)
