#!/usr/bin/env python3
"""Browsers in another network than the box: their .local names mean nothing there, and UDP may be dropped."""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from browser import Browser, presenter  # noqa: E402
from networks import BOX, SENDER, Networks  # noqa: E402
from screen import Eye  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402


MULTICAST = "ip daddr 224.0.0.0/4 drop", "udp dport 5353 drop"
MOVED = "10.78.2.77"


class Scene:
    """A browser that shares its screen with a box across a router with these rules."""

    def __init__(self, room, kind, *rules):
        self.networks = Networks(room)
        self.networks.filter(*MULTICAST, *rules)
        self.box, desk = room.receiver(room.display(640, 360), inside=self.networks.box), room.display(640, 360)
        self.browser = Browser(room, kind, desk, inside=self.networks.sender)
        room.paint(desk, number=4, fps=30)
        self.page, joined = self.browser.join(self.box, address=BOX)
        start = time.monotonic()
        self.browser.share(self.page)
        self.eye = Eye(self.box.screen, None, 4)
        wait_until(self.eye.look, 20, lambda: f"the picture of {kind}; the page says: {self.browser.text(self.page)}")
        first = time.monotonic() - start
        wait_until(lambda: self.eye.look() and self.eye.pictures > 30, 15, "the picture to go on")
        comment(f"PIN proved after {joined:.2f} s, picture after {first:.2f} s, {' <- '.join(self.candidates())}")

    def candidates(self):
        """The pair that the picture comes over."""
        one = presenter(self.box, lambda one: one["remote_candidate"] and one["pictures"])
        return one["local_candidate"], one["remote_candidate"]

    def resumes_after(self, begin, timeout=20):
        """How long after the moment begin a picture that was drawn later stands on the display."""
        wait_until(lambda: self.eye.look() and self.eye.drawn > begin, timeout,
                   lambda: f"the picture to resume; the page says: {self.browser.headline(self.page)}")
        return time.monotonic() - begin


def try_local_names_and_move(kind):
    with rooms.Room() as room:
        scene = Scene(room, kind)
        local, remote = scene.candidates()
        check(local.startswith(f"udp host {BOX}") and remote.startswith(f"udp prflx {SENDER}"), local, remote)
        inside = scene.networks.sender
        begin = time.monotonic()
        rooms.ip("address", "del", f"{SENDER}/24", "dev", "rs0", inside=inside)
        rooms.ip("address", "add", f"{MOVED}/24", "dev", "rs0", inside=inside)
        rooms.ip("route", "replace", "default", "via", "10.78.2.1", inside=inside)
        wait_until(lambda: not scene.eye.look() and scene.eye.still_for() > 0.3, 10, "the picture to stand still")
        comment(f"resumed {scene.resumes_after(time.monotonic()):.1f} s after it stood still, "
                f"{time.monotonic() - begin:.1f} s after the move")
        wait_until(lambda: MOVED in scene.candidates()[1], 10, lambda: f"the new address; there is {scene.candidates()}")


def try_no_udp(kind):
    with rooms.Room() as room:
        scene = Scene(room, kind, "meta l4proto udp drop")
        local, remote = scene.candidates()
        check(local.startswith(f"tcp host {BOX}") and remote.startswith(f"tcp prflx {SENDER}"), local, remote)
        own = scene.browser.stats(scene.page)
        check("AEAD_AES_256_GCM" in own["srtp"] and own["remote"]["protocol"] == "tcp", own)


def test_chromium_local():
    """Chromium joins where its .local name means nothing, and the picture comes back when its address changes."""
    try_local_names_and_move("chromium")


def test_firefox_local():
    """Firefox joins where its .local name means nothing, and the picture comes back when its address changes."""
    try_local_names_and_move("firefox")


def test_chromium_tcp():
    """Chromium shares over ICE-TCP where all UDP is dropped."""
    try_no_udp("chromium")


def test_firefox_tcp():
    """Firefox shares over ICE-TCP where all UDP is dropped."""
    try_no_udp("firefox")


rooms.start()
run(test_chromium_local, test_firefox_local, test_chromium_tcp, test_firefox_tcp)
