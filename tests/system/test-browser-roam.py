#!/usr/bin/env python3
"""Browsers that move from one network to another: the same presenter, and its picture soon back, without a PIN."""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from browser import Browser, presenter  # noqa: E402
from networks import BOX, Networks  # noqa: E402
from screen import Eye  # noqa: E402
from starved import measured  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

CABLE = "10.78.3.2"


BACK = 3  # s


def try_cable(kind):
    """What is in use goes, another network is there: seconds until the display shows something new."""
    with rooms.Room() as room:
        networks = Networks(room)
        networks.join(networks.sender, CABLE, "10.78.3.1", "rc", metric=100)
        box, desk = room.receiver(room.display(640, 360), inside=networks.box), room.display(640, 360)
        browser = Browser(room, kind, desk, inside=networks.sender)
        room.paint(desk, number=4, fps=30)
        page, _ = browser.join(box, address=BOX)
        browser.share(page)
        eye = Eye(box.screen, None, 4)
        wait_until(lambda: eye.look() and eye.pictures > 30, 20, lambda: f"the picture of {kind}")
        before = presenter(box, lambda one: one["remote_candidate"])
        used = "rs0" if ".2.2:" in before["remote_candidate"] else "rc0"
        rooms.ip("address", "flush", "dev", used, inside=networks.sender)  # as a network manager does
        rooms.ip("link", "set", used, "down", inside=networks.sender)
        gone = time.monotonic()
        wait_until(lambda: eye.look() and eye.drawn > gone + 0.1, 25,
                   lambda: f"the picture to come back; the page says: {browser.text(page)}\n{box.err()}")
        seconds = time.monotonic() - gone
        after = presenter(box, lambda one: one["remote_candidate"] != before["remote_candidate"] and one)
        comment(f"{used} gone: back after {seconds:.2f} s, {before['remote_candidate']}, then {after['remote_candidate']}")
        check(after["id"] == before["id"], before, after)
        check(seconds < BACK, f"{seconds:.1f} s\n{box.err()}")
        wait_until(lambda: "panel-sharing" in browser.evaluate("document.body.innerHTML", page), 5, "the page to be as before")


def test_chromium():
    """Chromium goes from Wi-Fi to cable, and the picture is back within 3 s."""
    measured(lambda: try_cable("chromium"))


def test_firefox():
    """Firefox goes from Wi-Fi to cable, and the picture is back within 3 s."""
    measured(lambda: try_cable("firefox"))


rooms.start()
run(test_chromium, test_firefox)
