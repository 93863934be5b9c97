#!/usr/bin/env python3
"""The page from PIN to the end in a real browser with a real receiver, by the keyboard alone, with axe on every step."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
import keyboard  # noqa: E402
from browser import Browser  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

RULES = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOCUS = """(() => {
  const one = document.activeElement
  return (one.getAttribute('aria-label') || (one.labels && one.labels[0] || one).innerText.trim().split('\\n')[0])
})()"""


class Page(Browser):
    """Lectern's page, open on a display of its own, in English."""

    def __init__(self, room, box, kind="chromium"):
        super().__init__(room, kind, room.display(1000, 800), capture="screen")
        self.url = f"https://{box.target()}/"
        self.open(self.url)
        self.evaluate("localStorage.setItem('lectern-language', 'en')")
        self.ask("reload")

    def heading(self):
        return self.evaluate("document.querySelector('h1') ? document.querySelector('h1').innerText : ''")

    def expect(self, heading, timeout=30):
        wait_until(lambda: self.heading() == heading, timeout, lambda: f"“{heading}”; the page says: {self.text()}", every=0.1)

    def press(self, *keys):
        for key in keys:
            self.ask("press", key=key)

    def write(self, text):
        self.press(*text)

    def tab_to(self, name):
        """As far as the Tab key has to be pressed; every stop can be seen."""
        for _ in range(20):
            self.press("Tab")
            check(self.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", self.evaluate(FOCUS))
            if self.evaluate(FOCUS) == name:
                return
        check(False, "the Tab key does not lead to", name)

    def look(self):
        """Nothing that axe finds."""
        found = self.breaches(runOnly=RULES)
        check(not found, f"“{self.heading()}”:", found)

    def places(self):
        """Wherever a page could have left something."""
        return self.evaluate("""JSON.stringify([location.href, document.title, {...localStorage}, {...sessionStorage}, document.cookie,
          document.documentElement.outerHTML, performance.getEntriesByType('resource').map(one => one.name),
          [...document.querySelectorAll('input')].map(one => one.value)])""")


def test_keyboard():
    """By the keyboard alone: a wrong PIN, the right one with a space in it, share, pause, switch, stop; axe agrees."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360))
        page = Page(room, box)
        page.expect("Type the PIN")
        check(page.evaluate("document.querySelector('.box-name').innerText") == "Room 12", "the box's name is not said")
        page.look()
        pin = box.pin().replace(" ", "")
        page.write("000000" if pin != "000000" else "111111")
        page.press("Enter")
        wait_until(lambda: page.evaluate("document.activeElement.getAttribute('aria-invalid') === 'true'"), 20, "the wrong PIN to be told")
        check("not right" in page.text(), page.text())
        page.look()
        page.write(f"{pin[:3]} {pin[3:]}")
        page.press("Enter")
        page.expect("What do you want to share?")
        check(pin not in page.places().replace(" ", ""), "the PIN stands in", page.places())
        page.look()
        page.tab_to("Screen, window or tab")
        page.press("Enter")
        page.expect("You are sharing")
        wait_until(lambda: "Chrome on Linux" in box.presenters(), 30, lambda: f"the picture; there is {box.status()}")
        check(page.evaluate("document.title") == "Sharing – Room 12 – Lectern", page.evaluate("document.title"))
        wait_until(lambda: "connection" in page.text() and "Measuring" not in page.text(), 20, lambda: f"words on the connection: {page.text()}")
        page.tab_to("Figures")
        page.press("Enter")
        wait_until(lambda: "AES-256-GCM" in page.text(), 20, lambda: f"the encryption among the figures: {page.text()}")
        page.look()
        pause_and_switch(page)
        page.tab_to("Stop sharing")
        page.press("Enter")
        page.expect("You have stopped sharing")
        page.look()
        wait_until(lambda: not box.presenters(), 10, "the display to be free")
        page.tab_to("Start again")
        page.press("Enter")
        page.expect("Type the PIN")


def pause_and_switch(page):
    page.evaluate("document.querySelector('h1').focus()")
    page.tab_to("Pause")
    page.press("Enter")
    page.expect("You have paused")
    page.look()
    page.press("Enter")
    page.expect("You are sharing")
    page.tab_to("Share something else")
    page.press("Enter")
    check(page.evaluate(FOCUS) == "Screen, window or tab", page.evaluate(FOCUS))
    page.look()
    page.press("Enter")
    wait_until(lambda: page.evaluate("document.querySelector('.switcher').hidden"), 20, "the other source")
    check(page.heading() == "You are sharing", page.heading())
    page.evaluate("document.querySelector('h1').focus()")


def test_locked():
    """Who is locked out is told for how long, and the page lets nobody try before."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360))
        page = Page(room, box)
        pin = box.pin().replace(" ", "")
        page.expect("Type the PIN")
        for guess in range(20):
            wait_until(lambda: page.heading() != "Type the PIN" or page.evaluate("document.activeElement.id === 'pin' && !document.activeElement.readOnly"),
                       20, lambda: f"an answer: {page.text()}")
            if page.heading() != "Type the PIN":
                break
            page.write("999999" if pin != "999999" else "888888")
            page.press("Enter")
        page.expect("Too many wrong PINs")
        comment(f"after {guess} guesses: {page.evaluate('document.querySelector(`[role=timer]`).innerText')}")
        check(page.evaluate("/[0-9]+:[0-9]{2}/.test(document.querySelector('[role=timer]').innerText)"), page.text())
        page.look()
        page.tab_to("Try again")
        page.press("Enter")
        check(page.heading() == "Too many wrong PINs", page.heading())
        check("Try again" == page.evaluate(FOCUS), "the focus is lost")


def test_unproved():
    """Where no PIN is asked for, the page says that nothing has proved who answers."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360), "--pin", "none")
        page = Page(room, box)
        page.expect("What do you want to share?")
        check("No PIN was asked for." in page.text(), page.text())
        page.look()
        page.tab_to("Screen, window or tab")
        page.press("Enter")
        page.expect("You are sharing")
        check("No PIN was asked for." in page.text(), page.text())
        page.look()


def test_box_gone():
    """When the box goes for good, the page says so and what to do."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360))
        page = Page(room, box)
        page.expect("Type the PIN")
        policy = json.loads(page.evaluate("fetch('/').then(answer => JSON.stringify(Object.fromEntries(answer.headers)))"))
        check("default-src 'none'" in policy.get("content-security-policy", ""), policy)
        box.kill()
        page.write("123456")
        page.press("Enter")
        wait_until(lambda: page.heading() in ("The display cannot be reached", "The connection was lost"), 40, page.text)
        page.look()


def answer(box, key, page, heading):
    """A person at the display presses a key: one that comes before the question could be read counts for nothing."""
    def pressed():
        keyboard.press(box.screen, key)
        return page.heading() == heading
    wait_until(pressed, 20, lambda: f"“{heading}”; the page says: {page.text()}", every=0.3)


def test_asked():
    """Where a person is asked, the page waits and shows the number to compare, until the display's keyboard says yes or no."""
    with rooms.Room() as room:
        config = room.folder / "settings"
        config.write_text("[admission]\npin = none\napproval = always\n")
        box = room.receiver(room.display(640, 360), "--config", config)
        page = Page(room, box)
        page.expect("Somebody in the room is being asked")
        check(page.evaluate("/^[0-9]{3} [0-9]{3}$/.test(document.querySelector('.sas').innerText)"), page.text())
        page.look()
        answer(box, "Escape", page, "Somebody at the display said no")
        page.look()
        page.tab_to("Try again")
        page.press("Enter")
        page.expect("Somebody in the room is being asked")
        answer(box, "Return", page, "What do you want to share?")
        check("No PIN was asked for." in page.text(), page.text())


def test_held():
    """With a PIN and an approval, the page shares at once and says that somebody looks at it first."""
    with rooms.Room() as room:
        config = room.folder / "settings"
        config.write_text("[admission]\napproval = always\n")
        box = room.receiver(room.display(640, 360), "--config", config)
        page = Page(room, box)
        page.expect("Type the PIN")
        page.write(box.pin().replace(" ", ""))
        page.press("Enter")
        page.expect("What do you want to share?")
        page.tab_to("Screen, window or tab")
        page.press("Enter")
        page.expect("The host is looking at it first")
        page.look()
        check(not box.presenters() or all(one["place"] == "held" for one in box.status()["presenters"]), box.status())
        answer(box, "Return", page, "You are sharing")


rooms.start()
run(test_keyboard, test_locked, test_unproved, test_asked, test_held, test_box_gone)
