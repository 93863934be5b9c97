"""The two that show what a browser shares: Lectern's receiver, and a browser of the same kind with a plain WebRTC page."""
import functools
import http.server
import pathlib
import threading

import room as rooms
from browser import Browser, nobody
from meter import tree
from screen import GAP, fit
from tap import check, wait_until

here = pathlib.Path(__file__).resolve().parent

# In the page: what its newest connection says of the pictures it has sent, as sums.
SENT = """(async () => {
  const all = [...(await window.lecternTest.made.at(-1).getStats()).values()]
  const one = all.find(entry => entry.type === 'outbound-rtp' && entry.kind === 'video') ?? {}
  const pair = all.find(entry => entry.type === 'candidate-pair' && entry.nominated) ?? {}
  return { encoded: one.framesEncoded, encode_s: one.totalEncodeTime, held_s: one.totalPacketSendDelay, packets: one.packetsSent,
    qp: one.qpSum, keyframes: one.keyFramesEncoded, bytes: one.bytesSent, width: one.frameWidth,
    limit: one.qualityLimitationReason, encoder: one.encoderImplementation, content: one.contentType, plis: one.pliCount,
    target: one.targetBitrate, estimate: pair.availableOutgoingBitrate }
})()"""
CLICKED = "addEventListener('click', () => { window.clickedAt = Date.now() }, { capture: true, once: true })"


class BrowserOnly:
    """A browser without the program that drives it, for the meter."""

    def __init__(self, browser):
        self.pid = tree(browser.pid)[1]


class End:
    """near: the display that is shared, by tabs of the browser sender; far: where it is to be seen."""
    name = ""

    def __init__(self, room, sender, far):
        self.room, self.sender, self.far = room, sender, far
        self.pages = []

    def open(self, codec):
        """Everything that a person does before the click on what to share; the tab's number."""

    def share(self, page):
        """That click. When it came, as the wall clock has it, in s."""
        self.sender.ask("front", page)
        self.sender.evaluate(CLICKED, page)
        self.sender.click(self.button, page)
        return self.sender.evaluate("clickedAt", page) / 1000

    def sent(self, page):
        return self.sender.evaluate(SENT, page)

    def figures(self):
        """What the end that shows says of itself."""
        return {}

    def roles(self):
        return {"sender": [BrowserOnly(self.sender)], "receiver": [self.shown_by()]}


class LecternEnd(End):
    name = "Lectern"
    button = ".panel-choose .source-screen button"

    def __init__(self, room, sender, far):
        super().__init__(room, sender, far)
        self.box = room.receiver(far)

    def shown_by(self):
        return self.box

    def open(self, codec):
        page, _ = self.sender.join(self.box, codec)
        self.pages.append(page)
        return page

    def ready(self, page):
        return self.sender.evaluate("window.lecternTest.made.at(-1)?.connectionState === 'connected'", page)

    def figures(self):
        keys = "display_ms", "shown_per_s", "dropped_per_s", "receiving_kbps"
        return {key: value for one in self.box.status()["presenters"][:1] for key, value in one.items() if key in keys}

    def close(self):
        for page in self.pages:
            self.sender.close(page)
        self.pages.clear()
        nobody(self.box)

    def tiles(self, count):
        return [self.far.tile(index, count) for index in range(count)]


class BrowserEnd(End):
    """Connected before the click, as Lectern is."""
    name = "Chromium"
    button = "#share"
    options = ""

    def __init__(self, room, sender, wall):
        super().__init__(room, sender, wall.far)
        self.wall = wall

    def shown_by(self):
        return BrowserOnly(self.wall.browser)

    def open(self, codec):
        page = self.sender.open(self.wall.address + self.options, codec)
        self.pages.append(page)
        self.carry(page, "offer()")
        return page

    def carry(self, page, offer):
        answer = self.wall.answer(self.sender.evaluate(offer, page))
        self.sender.ask("call", page, name="accept", argument=answer)

    def ready(self, page):
        return self.sender.evaluate("isConnected()", page)

    def close(self):
        self.wall.hang_up()
        for page in self.pages:
            self.sender.close(page)
        self.pages.clear()

    def tiles(self, count):
        return self.wall.tiles(count)


class LateBrowserEnd(BrowserEnd):
    """The connection is made once there is something to send."""
    name = "Chromium, connected after the click"

    def open(self, codec):
        page = self.sender.open(self.wall.address, codec)
        self.pages.append(page)
        return page

    def ready(self, page):
        return True

    def share(self, page):
        clicked = super().share(page)
        wait_until(lambda: self.sender.evaluate("Boolean(offering)", page), 15, "the browser to offer", every=0.002)
        self.carry(page, "offering")
        return clicked


class HintedBrowserEnd(BrowserEnd):
    """Its screen is sent as if it came from a camera, as Lectern's page does with what moves."""
    name = "Chromium, motion"
    options = "?hint=motion"


class ScaledBrowserEnd(BrowserEnd):
    """Each sender knows that half its width is all that is shown."""
    name = "Chromium, told the tile's size"
    options = "?scale=2"


class Wall:
    """The browser that shows, and the server of the page for both. Without a window manager no window fills a display: this one is
    larger than what is shown by what the browser's bars take."""

    def __init__(self, room):
        serve = functools.partial(Quiet, directory=here)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}/plain-call.html"
        if room.isolated:  # a page that was granted nothing is told the address of the way out alone
            rooms.ip("route", "replace", "default", "dev", "room-a")
        self.far = room.display(1940, 1320)
        self.browser = Browser(room, "chromium", self.far, size="1940,1320", addresses="real")
        self.page = self.browser.open(self.address + "?show")

    def answer(self, offer):
        return self.browser.ask("call", self.page, name="answer", argument=offer)

    def hang_up(self):
        self.browser.evaluate("hangUp()", self.page)

    def tiles(self, count):
        """Where the pictures stand on the display, as the page lays them out."""
        width, height, left, top = self.browser.evaluate(
            "[innerWidth, innerHeight, screenX + outerWidth - innerWidth, screenY + outerHeight - innerHeight]", self.page)
        check(width >= 1920 and height >= 1080, "the window of the browser that shows is too small:", width, height)
        if count == 1:
            return [(left, top, 1920, 1080)]
        cell = (1920 - GAP) / 2, (1080 - GAP) / 2
        return [fit((left + index % 2 * (cell[0] + GAP), top + index // 2 * (cell[1] + GAP), *cell), 16 / 9)
                for index in range(count)]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass
