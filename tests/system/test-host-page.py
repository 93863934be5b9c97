#!/usr/bin/env python3
"""The host's page in a real browser, with a real box and real presenters: everything a host does, by mouse and keyboard."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from browser import Browser  # noqa: E402
from host import Host, host_code  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

NAMES = ["Anna", "Björn", "Chloé"]
PRESENT = "[...document.querySelectorAll('.card h3')].map(one => one.textContent)"
FOCUS = "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent.trim()"


class Page(Browser):
    """The host's page, open in Chromium."""

    def __init__(self, room, box, **options):
        super().__init__(room, "chromium", room.display(1000, 1100), **options)
        self.box = box
        self.open(f"https://{rooms.ADDRESS if rooms.have_network() else '127.0.0.1'}:{box.port}/host")

    def say_code(self, code):
        self.wait("document.activeElement.id === 'code' && !document.activeElement.readOnly")
        self.evaluate("document.querySelector('#code').value = ''")  # as typing over what is selected does
        self.ask("type", selector="#code", text=code)
        self.ask("press", key="Enter")

    def enter(self):
        self.say_code(host_code(self.box))
        self.wait("document.querySelector('fieldset input[name=layout]:checked')")
        return self

    def press(self, label):
        """A click on the button of that name."""
        self.click(f"button[aria-label={json.dumps(label, ensure_ascii=False)}]:not([hidden])")

    def state(self, name, state):
        self.wait(f"[...document.querySelectorAll('.card[data-state={state}] h3')].some(one => one.textContent === '{name}')", timeout=30)

    def check_accessible(self, about):
        found = self.breaches()
        check(not found, about, "is not accessible:", found)


def join(room, box, number):
    own = room.painted(number=number, width=640, height=360, fps=8)
    return room.sender(box.target(), screen=own, name=NAMES[number], pin=box.pin())


def receiver(room, *lines):
    settings = room.folder / "room.conf"
    settings.write_text("\n".join(["[admission]", *lines]) + "\n")
    box = room.receiver(room.display(), "--config", settings)
    room.secrets.add(host_code(box))
    return box


def test_code():
    """A wrong code is told as such and typed again; the address never holds it; Leave leads back to it."""
    with rooms.Room() as room:
        box = receiver(room)
        page = Page(room, box)
        page.check_accessible("the code's step")
        page.say_code("00000000")
        page.wait("document.querySelector('#code-error').textContent.includes('not right')")
        page.check_accessible("the code's step with an error")
        page.enter()
        check(host_code(box) not in page.evaluate("location.href + JSON.stringify({...localStorage, ...sessionStorage})"), "kept")
        check(page.evaluate("document.activeElement.tagName") == "H1", "the focus is not on the heading")
        page.evaluate("[...document.querySelectorAll('button')].find(one => one.textContent === 'Leave').click()")
        page.wait("document.querySelector('#code')")
        check(page.evaluate("document.querySelector('#code').value") == "", "the code stands in its field again")


def test_hosting():
    """Approve with a preview, reorder, make large, pause, remove and change the layout, and each change is announced."""
    with rooms.Room() as room:
        box = receiver(room, "approval=host")
        page = Page(room, box).enter()
        senders = [join(room, box, 0)]
        page.state("Anna", "held")
        page.wait("document.querySelector('.card-picture img').naturalWidth > 0", timeout=15)
        check(page.evaluate("document.querySelector('.card-picture img').naturalWidth") <= 320, "a large preview")
        check(page.evaluate("document.querySelector('[role=status].unseen').textContent") == "Anna waits for your word.", "news")
        page.check_accessible("the room with one who waits")
        page.press("Let in: Anna")
        page.state("Anna", "shown")
        room.expect(box, senders[0])
        about = page.evaluate("document.querySelector('.card .card-about').textContent")
        check(about.startswith("640 × 360 · H.264 · "), about)
        page.click("input[name=approval][value=never]")
        senders.append(join(room, box, 1))
        page.state("Björn", "shown")
        wait_until(lambda: page.evaluate(PRESENT) == ["Anna", "Björn"], 5, "both in their order")
        page.evaluate("document.querySelector('[aria-label=\"Earlier: Björn\"]').focus()")
        page.ask("press", key="Enter")
        wait_until(lambda: page.evaluate(PRESENT) == ["Björn", "Anna"], 5, "the new order")
        check(page.evaluate(FOCUS) == "Earlier: Björn", page.evaluate(FOCUS))
        page.wait("document.querySelector('[role=status].unseen').textContent === 'Björn is now at place 1 of 2.'")
        check([one["name"] for one in box.status()["presenters"]] == ["Björn", "Anna"], box.status()["presenters"])
        drag(page, "Björn", "Anna")
        wait_until(lambda: page.evaluate(PRESENT) == ["Anna", "Björn"], 5, "the old order")
        page.press("Large: Björn")
        page.wait("document.querySelector('[aria-label=\"Large: Björn\"]').getAttribute('aria-pressed') === 'true'")
        page.wait("document.querySelector('input[name=layout][value=focus]').checked")
        host = Host(room, box).open()
        wait_until(lambda: host.room()["layout"] == "focus" and host.room()["focus"] == host.presenter("Björn")["id"], 5, "focus")
        page.press("Large: Björn")
        wait_until(lambda: host.room()["layout"] == "automatic" and host.room()["focus"] == 0, 5, "nobody to be large")
        page.wait("document.querySelector('[aria-label=\"Large: Björn\"]').getAttribute('aria-pressed') === 'false'")
        page.click("input[name=layout][value=side-by-side]")
        wait_until(lambda: host.room()["layout"] == "side-by-side", 5, "two side by side")
        page.press("Preview: Anna")
        page.wait("[...document.querySelectorAll('.card-picture:not([hidden]) img')].some(one => one.naturalWidth > 0)")
        page.press("Pause: Anna")
        page.state("Anna", "paused")
        check(page.evaluate(FOCUS) == "Continue: Anna", page.evaluate(FOCUS))
        page.check_accessible("the room with two")
        page.press("Continue: Anna")
        page.state("Anna", "shown")
        page.press("Remove: Björn")
        wait_until(lambda: page.evaluate(PRESENT) == ["Anna"], 5, "the removed one to be gone")
        check(senders[1].wait() == 0, senders[1].err())
        page.wait("document.activeElement.id === 'shown'")
        check(senders[0].stop() == 0, senders[0].err())
        page.wait("document.querySelectorAll('.card').length === 0")
        host.leave()


def drag(page, name, onto):
    """As a mouse does it; a browser under a test has no pointer to drag with, so its events are given to the page."""
    page.evaluate(f"""(() => {{
        const find = name => [...document.querySelectorAll('.card')].find(one => one.querySelector('h3').textContent === name)
        const give = (type, to) => to.dispatchEvent(new DragEvent(type,
          {{ bubbles: true, cancelable: true, dataTransfer: new DataTransfer() }}))
        give('dragstart', find('{name}')); give('dragover', find('{onto}')); give('drop', find('{onto}'))
        give('dragend', find('{name}'))
    }})()""")


def test_token():
    """A token is shown once, and taken back."""
    with rooms.Room() as room:
        box = receiver(room)
        page = Page(room, box).enter()
        page.click("details > summary")
        page.wait("document.querySelector('.token-form + .note').innerText.includes('Encoders are switched off')")
        page.evaluate("""(() => { const one = document.querySelector('#token-scope'); one.value = 'room';
            one.dispatchEvent(new Event('change')) })()""")
        check(page.evaluate("document.querySelector('.token-form + .note').hidden"), "said of what is no encoder")
        page.ask("type", selector="#token-label", text="Anna's OBS")
        page.click(".token-form button")
        page.wait("document.querySelector('#new-token').value.length === 43")
        token = page.evaluate("document.querySelector('#new-token').value")
        room.secrets.add(token)
        page.wait("document.querySelectorAll('.tokens li').length === 1")
        page.check_accessible("the tokens")
        page.press("Take back: Anna's OBS")
        page.wait("document.querySelectorAll('.tokens li').length === 0")


def test_coming_back():
    """The page comes back by itself when the box has been started again."""
    with rooms.Room() as room:
        box = receiver(room)
        page = Page(room, box).enter()
        box.kill()
        page.wait("document.body.innerText.includes('being made again')", timeout=15)
        again = room.receiver(box.screen, "--config", room.folder / "room.conf", "--state-folder", box.state, port=box.port,
                              wait=False)
        wait_until(lambda: "waits on port" in again.err(), 30, "the receiver to start again")
        page.wait("!document.body.innerText.includes('being made again')", timeout=30)
        join(room, again, 0)
        page.state("Anna", "shown")


def fill_tokens(room, box):
    """All 32; a host may do 20 things in a second."""
    for _ in range(2):
        host = Host(room, box).open()
        for _ in range(16):
            host.do("token", scope="whip", minutes=5, label="one of many")
        host.leave()


def test_words():
    """The page speaks the host's language, and says in it what the box has refused."""
    with rooms.Room() as room:
        box = receiver(room)
        page = Page(room, box)
        said = page.evaluate("document.querySelector('h1').textContent")
        page.evaluate("""(() => { const one = document.querySelector('#language'); one.value = 'de';
            one.dispatchEvent(new Event('change')) })()""")
        page.wait("document.documentElement.lang === 'de'")
        now = page.evaluate("document.querySelector('h1').textContent")
        comment(f"{said}: {now}")
        check(now and now != said, "not translated")
        page.evaluate("document.querySelector('#code').focus()")
        page.enter()
        fill_tokens(room, box)
        page.click("details > summary")
        page.click(".token-form button")
        page.wait("document.querySelector('.trouble').innerText.includes('Es gibt zu viele Tokens.')")
        page.check_accessible("what was refused")


rooms.start()
run(test_code, test_hosting, test_token, test_coming_back, test_words)
