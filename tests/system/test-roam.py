#!/usr/bin/env python3
"""A sender that moves from one network to another, and a door that is cut: the same presenter, and its picture soon back."""
import pathlib
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from networks import Networks  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

CABLE = "10.78.3.2"


def one(box):
    """The only presenter there is, as the box describes it."""
    presenters = box.status()["presenters"]
    check(len(presenters) == 1, [each["name"] for each in presenters])
    return presenters[0]


def back_after(box, sender, eye, since):
    """Seconds from then to the first picture that was drawn after it; the sender lives, and never asks to be let in again."""
    def resumed():
        check(sender.running(), "the sender has ended:", sender.err())
        return eye.look() and eye.drawn > since
    wait_until(resumed, 20, lambda: f"the picture to resume\n{sender.err()}\n{box.err()}", every=0.01)
    return time.monotonic() - since


def same_presenter(box, before):
    """No second one, nor the same one anew."""
    now = one(box)
    check((now["id"], now["name"]) == (before["id"], before["name"]), before, now)
    check(box.err().count("is sharing.") == 1, box.err())
    return now


def test_cable():
    """From Wi-Fi to cable: the Wi-Fi goes, the picture is back within 3 s, and so again on the way back."""
    with rooms.Room() as room:
        networks = Networks(room)
        networks.join(networks.sender, CABLE, "10.78.3.1", "rc", metric=100)
        box, sender = networks.start()
        eye = room.expect(box, sender)
        before = one(box)
        wait_until(lambda: one(box)["remote_candidate"], 5, "the candidates")
        for attempt, (device, address) in enumerate((("rs0", CABLE), ("rc0", "10.78.2.2"))):
            if attempt:
                rooms.ip("link", "set", "rs0", "up", inside=networks.sender)
                rooms.ip("route", "add", "default", "via", "10.78.2.1", inside=networks.sender)
                wait_until(lambda: eye.still_for() < 0.5, 5, "the picture to go on")
            gone = time.monotonic()
            rooms.ip("link", "set", device, "down", inside=networks.sender)
            seconds = back_after(box, sender, eye, gone + 0.1)
            wait_until(lambda: address in one(box)["remote_candidate"], 5, lambda: f"{address}, not {one(box)}")
            now = same_presenter(box, before)
            comment(f"{device} gone: back after {seconds + 0.1:.2f} s over {now['remote_candidate']}")
            check(seconds < 3, f"{seconds:.1f} s")
        check(sender.stop() == 0, sender.err())


def test_gap():
    """The old network is gone for 5 s before there is a new one: the last picture stays, and goes on over the new one."""
    with rooms.Room() as room:
        networks = Networks(room)
        networks.join(networks.sender, CABLE, "10.78.3.1", "rc", metric=100)
        rooms.ip("link", "set", "rc0", "down", inside=networks.sender)
        box, sender = networks.start()
        eye = room.expect(box, sender)
        before = one(box)
        rooms.ip("link", "set", "rs0", "down", inside=networks.sender)
        wait_until(lambda: eye.still_for() > 5, 10, "the picture to stand still")
        one(box)
        back = time.monotonic()
        rooms.ip("link", "set", "rc0", "up", inside=networks.sender)
        rooms.ip("route", "add", "default", "via", "10.78.3.1", inside=networks.sender)
        seconds = back_after(box, sender, eye, back)
        comment(f"back {seconds:.2f} s after the new network came")
        check(seconds < 3, f"{seconds:.1f} s")
        same_presenter(box, before)
        check(sender.stop() == 0, sender.err())


class Hose:
    """A TCP relay that can be cut; media do not go through it."""

    def __init__(self, target):
        self.target, self.pairs = target, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(self.target)
            self.pairs.append((near, far))
            for pair in (near, far), (far, near):
                threading.Thread(target=self.pump, args=pair, daemon=True).start()

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        """Nobody gets through from now on."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def cut(self):
        count = len(self.pairs)
        for pair in self.pairs:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.pairs.clear()
        return count


def test_door_cut():
    """The door's connection is cut three times while the media live: the picture never stops, and no PIN is asked for."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360))
        hose = Hose((rooms.ADDRESS, box.port))
        sender = room.sender(f"127.0.0.1:{hose.port}", "--stats", screen=room.painted(), pin=box.pin())
        eye = room.expect(box, sender)
        before = one(box)
        eye.longest_gap = 0
        for attempt in range(3):
            check(hose.cut() > 0, "nothing to cut")
            start = time.monotonic()

            def resumed():
                eye.look()
                return box.err().count("is back by another connection") == attempt + 1
            wait_until(resumed, 10, lambda: f"the call to resume\n{sender.err()}\n{box.err()}")
            comment(f"the call is resumed {time.monotonic() - start:.2f} s after the cut")
            until = time.monotonic() + 2
            while time.monotonic() < until:
                eye.look()
        comment(f"the longest time without a new picture: {eye.longest_gap:.2f} s")
        check(eye.longest_gap < 1, eye.longest_gap)
        same_presenter(box, before)
        check(sender.stop() == 0, sender.err())


def test_door_gone():
    """The door does not come back while the media live: the place stays taken, and is free when they end."""
    with rooms.Room() as room:
        settings = room.folder / "one.conf"
        settings.write_text("[admission]\nmax-presenters=1\n")
        box = room.receiver(room.display(640, 360), "--config", settings)
        hose = Hose((rooms.ADDRESS, box.port))
        sender = room.sender(f"127.0.0.1:{hose.port}", screen=room.painted(), pin=box.pin())
        eye = room.expect(box, sender)
        hose.close()
        check(hose.cut() > 0, "nothing to cut")
        until = time.monotonic() + 5
        while time.monotonic() < until:
            eye.look()
        check(eye.still_for() < 1, "the picture stands still")
        other = room.sender(box.target(), pin=box.pin(), name="Björn")
        check(other.wait() == 4 and "no room for one more presenter" in other.err(), other.popen.returncode, other.err())
        own = room.painted(number=1)
        sender.kill()

        def silent():
            eye.look()
            return eye.still_for() > 4.5
        wait_until(silent, 10, "the picture to stand still")
        other = room.sender(box.target(), screen=own, pin=box.pin(), name="Björn")
        room.expect(box, other, number=1)
        check(other.stop() == 0, other.err())


rooms.start()
run(test_cable, test_gap, test_door_cut, test_door_gone)
