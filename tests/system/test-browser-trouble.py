#!/usr/bin/env python3
"""What goes wrong with browsers: reloads, closed tabs, refusals, a box that starts again, pages of strangers."""
import http.server
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from browser import Browser, nobody, presenter  # noqa: E402
from host import Host, host_code  # noqa: E402
from screen import Eye  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

support = pathlib.Path(__file__).resolve().parents[1] / "support"


class Scene:
    """A box, and a browser that shares its screen with a painter on it."""

    def __init__(self, room, kind, share=True, pin=None, **options):
        self.secret = room.folder / "fixed-pin"
        self.secret.touch(0o600)
        self.secret.write_text("246813\n")
        room.secrets.add("246813")
        self.room, self.pin = room, "246813"
        self.hall, self.desk = room.display(640, 360), room.display(640, 360)
        self.port = 443 if room.isolated else rooms.free_port()
        self.box = self.start_box()
        self.browser = Browser(room, kind, self.desk, **options)
        room.paint(self.desk, number=6, fps=30)
        self.page, _ = self.browser.join(self.box, pin=self.pin)
        if share:
            self.browser.share(self.page)
            self.expect()

    def start_box(self):
        return self.room.receiver(self.hall, "--pin", f"file:{self.secret}", port=self.port)

    def expect(self, timeout=15):
        eye = Eye(self.hall, None, 6)
        wait_until(lambda: eye.look() and eye.pictures > 2, timeout, lambda: f"the picture; the page says: {self.text()}")
        return eye

    def join_again(self):
        self.browser.type("#pin", self.pin, self.page)
        self.browser.ask("press", self.page, key="Enter")
        self.browser.share(self.page)

    def text(self):
        return self.browser.text(self.page)


def try_reload(kind):
    with rooms.Room() as room:
        scene = Scene(room, kind)
        start = time.monotonic()
        scene.browser.ask("reload", scene.page)
        nobody(scene.box)
        comment(f"the place was free {time.monotonic() - start:.1f} s after the reload began")
        scene.join_again()
        scene.expect()
        presenter(scene.box)


def test_reload():
    """Chromium's page is reloaded while it shares: its place is free, and it joins again."""
    try_reload("chromium")


def test_reload_firefox():
    """Firefox's page is reloaded while it shares: its place is free, and it joins again."""
    try_reload("firefox")


def test_stop():
    """Stop ends the presentation in order, and Start again begins anew."""
    with rooms.Room() as room:
        scene = Scene(room, "chromium")
        scene.browser.click(".panel-sharing button.danger", scene.page)
        nobody(scene.box)
        scene.browser.says("You have stopped sharing", scene.page)
        scene.browser.click(".panel-ended button.primary", scene.page)
        scene.join_again()
        scene.expect()


class Tabs(Scene):
    """Chromium shares tabs that are closed one after the other."""

    def __init__(self, room):
        super().__init__(room, "chromium", share=False, capture="Barcode")
        clock = (time.monotonic() - time.time()) * 1000
        self.url = (support / "barcode.html").as_uri() + f"#6,{clock:.1f},0"

    def share_tab(self):
        tab = self.browser.open(self.url)
        self.browser.ask("front", self.page)
        self.browser.share(self.page)
        return tab

    @staticmethod
    def presenter(host, number):
        return next(one for one in host.room()["presenters"] if one["id"] == number)

    def close(self, tab, gone):
        """How long the display still had something of it once it was closed, in s."""
        self.browser.close(tab)
        start = time.monotonic()
        wait_until(gone, 10, "the tab's tile to be gone", every=0.02)
        took = time.monotonic() - start
        self.browser.wait("document.querySelector('.panel-choose')", self.page)
        check(self.box.status()["presenters"], "the page was thrown out")
        return took


def test_tab_closed():
    """The tab that is shared is closed: the display has the welcome screen within 1 s, and then the next tab that is shared."""
    with rooms.Room() as room:
        scene = Tabs(room)
        welcome = scene.hall.snapshot()

        def is_welcome():
            now = scene.hall.snapshot()
            return sum(one != other for one, other in zip(welcome, now)) < len(now) / 50

        for _ in range(2):
            tab = scene.share_tab()
            scene.expect()
            check(not is_welcome(), "the welcome screen looks like the tab")
            took = scene.close(tab, is_welcome)
            comment(f"the welcome screen was back {took:.2f} s after the tab was closed")
            check(took < 1, f"{took:.2f} s")
            wait_until(lambda: presenter(scene.box, lambda one: one["hidden"]), 5, "the status to say so")


def test_tab_closed_beside():
    """The same beside another presenter: that one has the whole display within 1 s, until the next tab is in its old place."""
    with rooms.Room() as room:
        scene = Tabs(room)
        own = room.painted(number=3, width=640, height=360, fps=30)
        room.sender(scene.box.target(), screen=own, pin=scene.pin, name="Anna")
        whole = scene.hall.whole()

        def shows(*places):
            return all((scene.hall.read(region) or (0, None))[1] == number for region, number in places)

        both = [(scene.hall.tile(0, 2), 6), (scene.hall.tile(1, 2), 3)]
        wait_until(lambda: shows((whole, 3)), 15, "Anna alone")
        for _ in range(2):
            tab = scene.share_tab()
            wait_until(lambda: shows(*both), 15, lambda: f"both in their places; the page says: {scene.text()}", every=0.05)
            took = scene.close(tab, lambda: shows((whole, 3)))
            comment(f"Anna had the display {took:.2f} s after the tab was closed")
            check(took < 1, f"{took:.2f} s")


def test_tab_closed_large():
    """Who was made large is so again with its next tab, unless somebody else was made large meanwhile."""
    with rooms.Room() as room:
        scene = Tabs(room)
        room.secrets.add(host_code(scene.box))
        room.sender(scene.box.target(), screen=room.painted(number=3, width=640, height=360), pin=scene.pin, name="Anna")
        host = Host(room, scene.box).open()
        anna = host.expect("Anna", "shown")["id"]
        page = next(one["id"] for one in host.room()["presenters"] if one["id"] != anna)
        host.do("move", presenter=page, to=1)  # the first one is large without being made so
        host.do("layout", layout="focus")
        tab = scene.share_tab()
        wait_until(lambda: scene.presenter(host, page)["state"] == "shown", 15, "the tab on the display")
        host.do("focus", presenter=page)
        for large in page, anna:
            wait_until(lambda: host.room()["focus"] == page, 5, "the tab to be large")
            scene.close(tab, lambda: scene.presenter(host, page)["state"] == "joined")
            wait_until(lambda: host.room()["focus"] == 0, 5, "nobody to be large")
            if large == anna:
                host.do("focus", presenter=anna)
            tab = scene.share_tab()
            wait_until(lambda: scene.presenter(host, page)["state"] == "shown", 15, "the next tab on the display")
            wait_until(lambda: host.room()["focus"] == large, 5, lambda: f"{large} to be large; the room is {host.room()}")
        host.leave()


def try_denied(kind):
    with rooms.Room() as room:
        scene = Scene(room, kind, share=False, capture="deny")
        scene.browser.click(".panel-choose .source-screen button", scene.page)
        scene.browser.wait("document.querySelector('.trouble .note')", scene.page)
        comment(scene.text().replace("\n", " / ")[:300])
        check(scene.browser.evaluate("!!document.querySelector('.panel-choose')", scene.page), "the page went on:", scene.text())
        check(scene.box.status()["presenters"], "the box has let the page go")


def test_denied():
    """Chromium is not allowed to share: the page says so and still offers the choice."""
    try_denied("chromium")


def test_denied_firefox():
    """Firefox is not allowed to share: the page says so and still offers the choice."""
    try_denied("firefox")


def test_two_tabs():
    """Two tabs of one browser are two presenters, and one that goes leaves the other."""
    with rooms.Room() as room:
        scene = Scene(room, "chromium")
        other, _ = scene.browser.join(scene.box, pin=scene.pin)
        scene.browser.share(other)
        wait_until(lambda: [one["pictures"] > 0 for one in scene.box.status()["presenters"]] == [True, True], 15,
                   lambda: f"two presenters; there is {scene.box.status()['presenters']}", every=0.1)
        scene.browser.close(other)
        wait_until(lambda: len(scene.box.status()["presenters"]) == 1, 15, "the other to be gone", every=0.1)
        scene.expect()


def test_box_restarted():
    """The box is killed and starts again: the page says that it is gone, and shares again, by itself where the PIN is the same."""
    with rooms.Room() as room:
        scene = Scene(room, "chromium")
        start = time.monotonic()
        scene.box.kill()
        scene.browser.wait("document.querySelector('.panel-sharing[data-state=reconnecting], .panel-ended')", scene.page, 30)
        comment(f"the page noticed after {time.monotonic() - start:.1f} s: {scene.browser.headline(scene.page)}")
        scene.box = scene.start_box()
        back = time.monotonic()
        scene.browser.wait("document.querySelector('.panel-ended, #pin, .panel-sharing:not([data-state=reconnecting])')",
                           scene.page, 40)
        comment(f"{scene.browser.headline(scene.page)} ({time.monotonic() - back:.1f} s after the box was there again)")
        if scene.browser.evaluate("!!document.querySelector('.panel-ended')", scene.page):
            scene.browser.click(".panel-ended button.primary", scene.page)
            scene.join_again()
        scene.expect()
        comment(f"the picture was back {time.monotonic() - back:.1f} s after the box")


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """A page that has nothing to do with the box."""

    def do_GET(self):
        body = b"<!doctype html><title>Elsewhere</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


SOCKET = """new Promise(done => {
  const socket = new WebSocket('wss://%s/xmpp', 'xmpp')
  socket.onopen = () => done('open')
  socket.onerror = () => done('refused')
})"""
ATTEMPTS = {
    "read the box's page": "fetch('https://%s/').then(answer => answer.text()).then(() => 'read', () => 'refused')",
    "ask the box's API": "fetch('https://%s/api/v1/room', {credentials: 'include', headers: {authorization: 'Bearer x'}})"
                         ".then(answer => answer.text()).then(() => 'read', () => 'refused')",
    "open the box's door": SOCKET,
}


def try_hostile(kind):
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360))
        stranger = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
        threading.Thread(target=stranger.serve_forever, daemon=True).start()
        browser = Browser(room, kind, room.display(640, 360))
        own = browser.open(f"https://{box.target()}/")  # its certificate is accepted from here on
        check(browser.evaluate(SOCKET % box.target(), own) == "open", "the box's own page cannot open its door")
        page = browser.open(f"http://127.0.0.1:{stranger.server_address[1]}/")
        for what, script in ATTEMPTS.items():
            found = browser.evaluate(script % box.target(), page)
            comment(f"{what}: {found}")
            check(found == "refused", f"a stranger's page can {what}")
        scripts = browser.ask("frame", page, url=f"https://{box.target()}/")
        check(scripts == 0, "a stranger's page can frame the box's, with", scripts, "scripts")
        stranger.shutdown()
        check(box.status()["presenters"] == [], box.status())


def test_hostile():
    """A page of another origin in Chromium cannot read, frame or talk to the box."""
    try_hostile("chromium")


def test_hostile_firefox():
    """A page of another origin in Firefox cannot read, frame or talk to the box."""
    try_hostile("firefox")


rooms.start()
run(test_reload, test_reload_firefox, test_stop, test_tab_closed, test_tab_closed_beside,
    test_tab_closed_large, test_denied, test_denied_firefox, test_two_tabs, test_box_restarted, test_hostile,
    test_hostile_firefox)
