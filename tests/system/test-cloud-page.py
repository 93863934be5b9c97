#!/usr/bin/env python3
"""Chromium and the page that a cloud serves: by six digits to a display, and what is said where there is nobody."""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from browser import Browser, nobody, presenter  # noqa: E402
from cloud import Shared, run_with  # noqa: E402
from enrolled import box_in  # noqa: E402
from screen import Eye  # noqa: E402
from tap import check, comment, wait_until  # noqa: E402

UNUSED = "424242"
shared = Shared()


class Page(Browser):
    """The cloud's page, on a display with a moving picture."""

    def __init__(self, cloud, number=""):
        self.desk = cloud.room.display(1280, 720)
        super().__init__(cloud.room, "chromium", self.desk)
        self.url = f"https://{cloud.host}/" + (f"#{number}" if number else "")
        self.page = self.open(self.url)

    def heading(self, words, timeout=15):
        wait_until(lambda: self.headline(self.page) == words, timeout, lambda: f"“{words}”; the page says: {self.text(self.page)}",
                   every=0.05)

    def enter(self, field, text):
        self.type(field, text, self.page)
        self.ask("press", self.page, key="Enter")

    def present(self, cloud, box, painting):
        """With the PIN field before it; returns an eye that has seen the picture."""
        self.enter("#pin", box.pin())
        self.wait("document.querySelector('.panel-choose')", self.page)
        cloud.room.paint(self.desk, number=painting, fps=30)
        self.share(self.page)
        eye = Eye(box.screen, None, painting)
        wait_until(eye.look, 20, lambda: f"the picture; the page says: {self.text(self.page)}")
        return eye


def test_share():
    """The page asks for six digits and for the PIN, and the screen is on the display, straight."""
    cloud = shared()
    box, number = box_in(cloud, cloud.room.display(1280, 720))
    browser = Page(cloud)
    browser.heading("Which display?")
    browser.enter("#number", f"{number[:3]} {number[3:]}")
    start = time.monotonic()
    browser.heading("Type the PIN")
    comment(f"{time.monotonic() - start:.2f} s from the number to the PIN")
    eye = browser.present(cloud, box, 3)
    wait_until(lambda: eye.look() and eye.pictures > 20, 10, "the picture to move")
    one = presenter(box)
    check(one["srtp"] == "AEAD_AES_256_GCM", one)
    path = browser.stats(browser.page)
    check(path["local"]["candidateType"] in ("host", "prflx"), path["local"])
    offered = browser.evaluate("JSON.stringify(lecternTest.made.at(-1).getConfiguration().iceServers.flatMap(one => one.urls))",
                               browser.page)
    check("turns:" in offered and "stun:" in offered, offered)
    browser.click(".panel-sharing .danger, .panel-sharing .stop", browser.page)
    browser.heading("You have stopped sharing")
    nobody(box)
    check(not browser.breaches(browser.page), browser.breaches(browser.page))
    browser.kill()
    check(box.stop() == 0, box.err())


def test_address():
    """The number stands in the address, so that a link leads to the display; one that nobody has is told within five seconds."""
    cloud = shared()
    box, number = box_in(cloud, cloud.room.display(640, 360))
    browser = Page(cloud, number)
    browser.heading("Type the PIN")
    browser.kill()
    check(box.stop() == 0, box.err())
    browser = Page(cloud, UNUSED)
    browser.heading("No meeting answers to that number", 5)
    browser.kill()


def test_dead_box():
    """A box that the server takes for alive, and that answers nothing, is told within five seconds too."""
    cloud = shared()
    cloud.register("silent", password := "0123456789abcdef")
    with cloud.account("silent", password) as box:
        check("code='201'" in box.join(UNUSED, "box"), "no room")
        browser = Page(cloud, UNUSED)
        browser.heading("No meeting answers to that number", 7)
        browser.kill()


def test_cloud_returns():
    """The cloud's server is started anew in mid-call: the picture goes on."""
    cloud = shared()
    box, number = box_in(cloud, cloud.room.display(640, 360))
    browser = Page(cloud, number)
    browser.heading("Type the PIN")
    eye = browser.present(cloud, box, 5)
    cloud.restart_node()
    before = eye.pictures
    wait_until(lambda: eye.look() and eye.pictures > before + 40, 20, "the picture to move")
    check(browser.evaluate("document.querySelector('.panel-sharing') !== null", browser.page), browser.text(browser.page))
    browser.kill()
    check(box.stop() == 0, box.err())


if __name__ == "__main__":
    run_with(shared, test_share, test_address, test_dead_box, test_cloud_returns)
