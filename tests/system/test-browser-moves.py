#!/usr/bin/env python3
"""A browser whose network changes while it shares: the same presenter, and its picture soon back."""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from browser import Browser, presenter  # noqa: E402
from networks import BOX, Networks  # noqa: E402
from screen import Eye  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

SOON = 3  # s, on a machine that has the processors for it
LIMIT = 10  # s, on any


class Share:
    """A browser that shares, moving pictures, over a router."""

    def __init__(self, room, kind):
        self.networks = Networks(room)
        self.box, desk = room.receiver(room.display(640, 360), inside=self.networks.box), room.display(640, 360)
        self.browser = Browser(room, kind, desk, inside=self.networks.sender)
        room.paint(desk, number=4, fps=30)
        self.page, _ = self.browser.join(self.box, address=BOX)
        self.browser.share(self.page)
        self.see("the first picture", time.monotonic())
        self.id = presenter(self.box)["id"]

    def see(self, what, since):
        """Waits for a picture that was drawn after that, and then for it to go on; says how long it took."""
        eye = Eye(self.box.screen, None, 4)
        wait_until(lambda: eye.look() and eye.drawn > since, LIMIT + 10,
                   lambda: f"{what}; the page says: {self.browser.text(self.page)}")
        took = time.monotonic() - since
        wait_until(lambda: eye.look() and eye.pictures > 20, LIMIT, "the picture to go on")
        return took

    def is_back(self, what, since):
        took = self.see(what, since)
        comment(f"{what} after {took:.2f} s{'' if took < SOON else ', which is late'}")
        check(took < LIMIT, what, "came only after", took, "s")
        one = presenter(self.box)
        check(one["id"] == self.id, "the presenter is another one:", one)
        return one


def try_dead_path(kind):
    """The path of the media goes without a word; the door's stays."""
    with rooms.Room() as room:
        share = Share(room, kind)
        share.networks.filter("meta l4proto udp drop")
        share.is_back("the picture over TCP", time.monotonic())
        one = presenter(share.box, lambda one: one["local_candidate"])
        check(one["local_candidate"].startswith("tcp "), one["local_candidate"])


def try_move(kind):
    """From Wi-Fi to cable: the first network goes, another one is there."""
    with rooms.Room() as room:
        share = Share(room, kind)
        share.networks.join(share.networks.sender, "10.78.3.2", "10.78.3.1", "rt", metric=100)
        rooms.ip("link", "set", "rs0", "down", inside=share.networks.sender)
        start = time.monotonic()
        # Pictures may still come from the old address, by the new way; what matters is where the answers go.
        wait_until(lambda: "10.78.3.2" in presenter(share.box)["remote_candidate"], LIMIT, "the new address", every=0.1)
        comment(f"the new address after {time.monotonic() - start:.2f} s")
        share.is_back("the picture over the other network", time.monotonic())


def try_gap(kind):
    """Nothing goes through for some seconds."""
    with rooms.Room() as room:
        share = Share(room, kind)
        share.networks.filter("drop")
        time.sleep(8)  # the gap itself
        share.networks.filter("ip daddr 224.0.0.0/4 drop")
        share.is_back("the picture after a gap", time.monotonic())


def test_chromium_dead_path():
    """Chromium goes over to TCP when UDP dies while it shares."""
    try_dead_path("chromium")


def test_chromium_move():
    """Chromium moves from one network to another while it shares."""
    try_move("chromium")


def test_chromium_gap():
    """Chromium is back after eight seconds without any network."""
    try_gap("chromium")


def test_firefox_move():
    """Firefox moves from one network to another while it shares."""
    try_move("firefox")


def test_firefox_gap():
    """Firefox is back after eight seconds without any network."""
    try_gap("firefox")


rooms.start()
run(test_chromium_dead_path, test_chromium_move, test_chromium_gap, test_firefox_move, test_firefox_gap)
