"""A real browser on a display of its own, driven through browser.mjs, and what tests ask of it."""
import json
import os
import pathlib
import select
import time

import room as rooms
from tap import Failed, Skip, check, wait_until

PROGRAMS = {"chromium": "chromium", "firefox": "firefox-esr"}
support = pathlib.Path(__file__).resolve().parent


class Browser(rooms.Process):
    """options: see OPTIONS in browser.mjs; environment in capitals."""

    def __init__(self, room, kind, screen, inside=None, **options):
        program = rooms.tool(PROGRAMS[kind])
        stamp = rooms.build / "sender/web/modules.stamp"
        if not stamp.exists():
            raise Skip("the page's packages have not been fetched")
        environment = {name: options.pop(name) for name in list(options) if name.isupper()}
        self.kind, self.count, self.read = kind, 0, b""
        requests, request_end = os.pipe()
        answer_end, answers = os.pipe()
        super().__init__(
            room, kind,
            [rooms.tool("node"), support / "browser.mjs", stamp, kind, room.folder / f"{kind}-{len(room.processes)}",
             f"program={program}", *(f"{name}={value}" for name, value in options.items())],
            inside=inside, stdin=requests, stdout=answers, DISPLAY=screen.name, G_DEBUG="",
            **{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent", **environment})
        os.close(requests)
        os.close(answers)
        self.requests, self.answers = request_end, answer_end
        self.version = self.answer(60)["ready"]

    def answer(self, timeout):
        end = time.monotonic() + timeout
        while b"\n" not in self.read:
            ready, _, _ = select.select([self.answers], [], [], max(0, end - time.monotonic()))
            part = os.read(self.answers, 65536) if ready else b""
            if not part:
                raise Failed(f"{self.kind} {'has ended' if ready else f'has said nothing for {timeout} s'}\n{self.err()}")
            self.read += part
        line, _, self.read = self.read.partition(b"\n")
        return json.loads(line)

    def ask(self, do, page=0, patience=45, **arguments):
        self.count += 1
        os.write(self.requests, json.dumps({"n": self.count, "do": do, "page": page, **arguments}).encode() + b"\n")
        answer = self.answer(patience)
        check("error" not in answer, f"{self.kind}, {do} {arguments}:", answer.get("error"))
        return answer["value"]

    def open(self, url, codec=""):
        """The number of the tab that it is in. codec: the only one that its connections offer."""
        return self.ask("open", url=url, codec=codec)

    def evaluate(self, script, page=0):
        return self.ask("evaluate", page, script=script)

    def click(self, selector, page=0):
        return self.ask("click", page, selector=selector)

    def type(self, selector, text, page=0):
        return self.ask("type", page, selector=selector, text=text)

    def wait(self, script, page=0, timeout=10):
        """The script's first true value."""
        return self.ask("wait", page, script=script, timeout=int(timeout * 1000))

    def breaches(self, page=0, **options):
        """What axe finds: a line for each rule that is broken."""
        return self.ask("axe", page, options=options)

    def stats(self, page=0):
        return self.ask("stats", page)

    def text(self, page=0):
        return self.ask("text", page)

    def close(self, page):
        self.ask("close", page)

    # ---- the box's page, as a person uses it ----

    def join(self, box, codec="", address=None, pin=None):
        """The tab where the PIN has been taken, and how long that took, in s."""
        page = self.open(f"https://{address or box.target()}/", codec)
        self.type("#pin", pin or box.pin(), page)
        start = time.monotonic()
        self.ask("press", page, key="Enter")
        self.wait("document.querySelector('.panel-choose')", page)
        return page, time.monotonic() - start

    def share(self, page):
        """Presses the button for a screen, window or tab, and waits until the page says that it is shared."""
        self.click(".panel-choose .source-screen button", page)
        self.wait("document.querySelector('.panel-sharing')", page)

    def headline(self, page):
        return self.evaluate("document.querySelector('h1')?.textContent ?? ''", page)

    def says(self, words, page, timeout=10):
        """Waits until the page says so."""
        self.wait(f"document.body.innerText.includes({json.dumps(words)})", page, timeout)


def presenter(box, known=lambda one: one["srtp"] and one["pictures"]):
    """What --status says of the only presenter, once it knows it."""
    def look():
        found = box.status()["presenters"]
        check(len(found) < 2, "there are", len(found), "presenters")
        return found and known(found[0]) and found[0]
    return wait_until(look, 15, lambda: f"the presenter's figures; there is {box.status()['presenters']}", every=0.1)


def nobody(box, timeout=15):
    wait_until(lambda: not box.status()["presenters"], timeout, "the presenter to be gone", every=0.1)
