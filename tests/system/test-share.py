#!/usr/bin/env python3
"""Sharing a screen from beginning to end: the very picture, its colours, the welcome screen again."""
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from screen import settled  # noqa: E402
from tap import Skip, check, comment, run, wait_until  # noqa: E402

TOLERANCE = 8  # of 255: what encoding may change of a colour on the mean of 8 by 8 pixels


def distance(one, other):
    return max(abs(a - b) for a, b in zip(one, other))


def test_picture():
    """The shared picture stands on the display, in its colours, and the welcome screen returns."""
    with rooms.Room() as room:
        screen = room.display()
        box = room.receiver(screen)
        wait_until(settled(screen), 20, "the welcome screen")
        welcome = screen.snapshot()
        own = room.display()
        painter = room.paint(own)
        start = time.monotonic()
        sender = room.sender(box.target(), "--stats", screen=own, pin=box.pin())
        eye = room.expect(box, sender)
        comment(f"first picture after {time.monotonic() - start:.2f} s")
        wait_until(lambda: eye.look() and eye.pictures >= 20, 20, lambda: f"20 pictures; there are {eye.pictures}")
        painter.send(signal.SIGSTOP)
        wait_until(lambda: same_picture(own, screen), 20, "the last picture that was painted")
        wait_until(settled(screen), 20, "the picture to become sharp")
        compare(own, screen)
        check(sender.stop() == 0, "exit status", sender.popen.returncode)
        check("Joined Room 12." in sender.err(), sender.err())
        wait_until(lambda: box.status()["presenters"] == [], 10, "the presenter to be gone")
        wait_until(lambda: alike(screen.snapshot(), welcome) > 0.95, 15, "the welcome screen to return")


def same_picture(own, screen):
    painted, shown = own.read(), screen.read()
    return painted and shown and abs(painted[0] - shown[0]) < 0.001


def alike(one, other):
    """The share of places with the same colour; the clock and the PIN may be others."""
    return sum(a == b for a, b in zip(one, other)) / len(one)


def compare(own, screen):
    """Every 8 by 8 pixels on a grid, but for the name's label in the lower part."""
    worst, far, count = 0, 0, 0
    for y in range(140, screen.height * 3 // 4, 40):
        for x in range(8, screen.width - 16, 40):
            apart = distance(own.average(x, y, 8), screen.average(x, y, 8))
            worst, far, count = max(worst, apart), far + (apart > TOLERANCE), count + 1
    comment(f"{count} places, worst {worst:.1f}, {far} beyond {TOLERANCE}")
    check(far * 50 <= count, f"{far} of {count} places have another colour, the worst by {worst:.0f}")


def test_meeting_id():
    """The ten digits on the display are enough to join, grouped or not."""
    if not rooms.have_network():
        raise Skip("this machine has no network address to make a meeting ID of")
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360), port=8443)
        digits = rooms.meeting_id(rooms.ADDRESS, 8443)
        check(box.said("Meeting ID").replace(" ", "") == digits, box.said("Meeting ID"), digits)
        check(box.status()["meeting_id"] == digits, box.status())
        own = room.painted()
        for target in box.said("Meeting ID"), digits:
            sender = room.sender(target, screen=own, pin=box.pin())
            room.expect(box, sender)
            check(sender.stop() == 0, sender.err())
            wait_until(lambda: not box.status()["presenters"], 10, "the presenter to be gone")


def test_host_and_port():
    """A host with a port, an address with one, and loopback are ways to join."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360))
        own = room.painted()
        for host in "127.0.0.1", "localhost", "[::1]":
            sender = room.sender(f"{host}:{box.port}", screen=own, pin=box.pin())
            room.expect(box, sender)
            check(sender.stop() == 0, sender.err())
            wait_until(lambda: not box.status()["presenters"], 10, "the presenter to be gone")


def test_no_pin():
    """A box that asks for no PIN lets in without one, and an AES-256-GCM link is what it takes."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360), "--pin", "none")
        sender = room.sender(box.target(), "--stats", screen=room.painted())
        room.expect(box, sender)
        one = wait_until(lambda: box.presenters().get("Anna", {}).get("srtp") and box.presenters()["Anna"], 10, "status")
        check(one["srtp"] == "AEAD_AES_256_GCM" and one["state"] == "connected", one)


rooms.start()
run(test_picture, test_meeting_id, test_host_and_port, test_no_pin)
