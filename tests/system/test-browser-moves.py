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
from starved import measured  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

BACK = 3  # s
SAID = 5.5  # s
PATIENCE = 10  # s, for what is not measured


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
        wait_until(lambda: eye.look() and eye.drawn > since, PATIENCE + 10,
                   lambda: f"{what}; the page says: {self.browser.text(self.page)}")
        took = time.monotonic() - since
        wait_until(lambda: eye.look() and eye.pictures > 20, PATIENCE, "the picture to go on")
        return took

    def is_back(self, what, since):
        took = self.see(what, since)
        comment(f"{what} after {took:.2f} s")
        check(took < BACK, what, "came only after", took, "s")
        one = presenter(self.box)
        check(one["id"] == self.id, "the presenter is another one:", one)
        return one


def try_dead_path(kind):
    """The path of the media goes without a word; the door's stays."""
    with rooms.Room() as room:
        share = Share(room, kind)
        share.networks.filter("meta l4proto udp drop")
        share.is_back("the picture over TCP", time.monotonic())
        presenter(share.box, lambda one: one["local_candidate"].startswith("tcp "))


def try_move(kind):
    """From Wi-Fi to cable: the first network goes, another one is there."""
    with rooms.Room() as room:
        share = Share(room, kind)
        share.networks.join(share.networks.sender, "10.78.3.2", "10.78.3.1", "rt", metric=100)
        rooms.ip("link", "set", "rs0", "down", inside=share.networks.sender)
        start = time.monotonic()
        # Pictures may still come from the old address, by the new way; what matters is where the answers go.
        wait_until(lambda: "10.78.3.2" in presenter(share.box)["remote_candidate"], PATIENCE, "the new address", every=0.1)
        took = time.monotonic() - start
        comment(f"the new address after {took:.2f} s")
        check(took < BACK + 1, "the new address came only after", took, "s")  # the box tells its figures once a second
        share.is_back("the picture over the other network", time.monotonic())


def try_gap(kind):
    """Nothing goes through for some seconds."""
    with rooms.Room() as room:
        share = Share(room, kind)
        share.networks.filter("drop")
        time.sleep(8)  # the gap itself
        share.networks.filter("ip daddr 224.0.0.0/4 drop")
        share.is_back("the picture after a gap", time.monotonic())


def wait_for_sentence(share):
    """The box is gone without a word; the page says so, and goes on trying."""
    start = time.monotonic()
    share.networks.filter("drop")
    share.browser.wait("document.querySelector('h1')?.textContent === 'The display does not answer'", share.page, 20)
    took = time.monotonic() - start
    comment(f"the page said so after {took:.2f} s")
    check(took < SAID, "the page said only after", took, "s that the box does not answer")
    return start


def try_gone(kind):
    """Until the page gives up."""
    with rooms.Room() as room:
        share = Share(room, kind)
        start = wait_for_sentence(share)
        wait_until(lambda: share.browser.evaluate("!!document.querySelector('.panel-ended')", share.page), 100,
                   lambda: f"the page to give up; it says: {share.browser.text(share.page)}", every=1)
        comment(f"{share.browser.headline(share.page)}, after {time.monotonic() - start:.0f} s")
        check(share.browser.headline(share.page) == "The display cannot be reached", share.browser.text(share.page))
        check(time.monotonic() - start > 30, "the page gave up at once")


def try_gone_and_stop(kind):
    """The person stops first."""
    with rooms.Room() as room:
        share = Share(room, kind)
        wait_for_sentence(share)
        share.browser.click(".panel-sharing button.danger", share.page)
        share.browser.wait("document.querySelector('.panel-ended')", share.page)
        check(share.browser.headline(share.page) == "You have stopped sharing", share.browser.text(share.page))


def test_chromium_dead_path():
    """Chromium goes over to TCP when UDP dies while it shares."""
    measured(lambda: try_dead_path("chromium"))


def test_chromium_move():
    """Chromium moves from one network to another while it shares."""
    measured(lambda: try_move("chromium"))


def test_chromium_gap():
    """Chromium is back after eight seconds without any network."""
    measured(lambda: try_gap("chromium"))


def test_firefox_move():
    """Firefox moves from one network to another while it shares."""
    measured(lambda: try_move("firefox"))


def test_firefox_gap():
    """Firefox is back after eight seconds without any network."""
    measured(lambda: try_gap("firefox"))


def test_chromium_gone():
    """The box is gone for good: the page says so within 5 s, tries for a minute, and ends with a clear sentence."""
    measured(lambda: try_gone("chromium"))


def test_firefox_gone():
    """The box is gone for good: Firefox's page says so within 5 s, and a person can stop."""
    measured(lambda: try_gone_and_stop("firefox"))


rooms.start()
run(test_chromium_gone, test_firefox_gone, test_chromium_dead_path, test_chromium_move, test_chromium_gap, test_firefox_move, test_firefox_gap)
