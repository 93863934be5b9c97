#!/usr/bin/env python3
"""Nine presenters, two of them real browsers: whoever comes takes nothing from those who are on, and each is asked
for what its tile shows."""
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from browser import Browser  # noqa: E402
from screen import Eye  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

FIRST, BROWSERS, OTHERS = 1, (0, 2), range(3, 9)  # numbers in the barcodes
FIRST_FPS = 15


def middle(values):
    return sorted(values)[len(values) // 2]


def measure(eye, seconds=4):
    """(pictures a second, age of a picture when it is first seen in ms): of one tile."""
    ages, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        if eye.look():
            ages.append((time.monotonic() - eye.drawn) * 1000)
        time.sleep(0.004)
    check(len(ages) > 4, f"only {len(ages)} pictures came in {seconds} s")
    return len(ages) / seconds, middle(ages)


class Meeting:
    def __init__(self, room):
        self.room, self.box, self.senders = room, room.receiver(room.display()), {}
        self.numbers = {}  # by the seats' ids

    def desk(self, number):
        desk = self.room.display(1280, 720)
        self.room.paint(desk, number=number, fps=8)
        return Browser(self.room, "chromium", desk)

    def arrived(self, number):
        def look():
            new = [one["id"] for one in self.presenters() if one["id"] not in self.numbers]
            check(len(new) < 2, "more than one has come:", new)
            return new
        self.numbers[wait_until(look, 20, f"the presenter {number}")[0]] = number

    def native(self, name, number, **painted):
        own = self.room.painted(number=number, **painted)
        self.senders[name] = self.room.sender(self.box.target(), "--stats", screen=own, pin=self.box.pin(), name=name)
        self.arrived(number)

    def page(self, browser, number):
        page, _ = browser.join(self.box)
        self.arrived(number)
        browser.share(page)
        return page

    def presenters(self):
        return self.box.status()["presenters"]

    def first(self):
        return next(one for one in self.presenters() if one["name"] == "First")

    def expect(self, count):
        """So many stand on the display, each in its place and moving."""
        wait_until(lambda: sum(one["pictures"] > 0 for one in self.presenters()) == count == len(self.presenters()), 30,
                   lambda: f"{count} presenters; there are {[(one['name'], one['pictures']) for one in self.presenters()]}")
        numbers = [self.numbers[one["id"]] for one in self.presenters()]
        screen = self.box.screen
        eyes = [Eye(screen, screen.tile(index, count), number) for index, number in enumerate(numbers)]

        def complete():
            for eye in eyes:
                eye.look()
            return all(eye.pictures >= 3 for eye in eyes)
        wait_until(complete, 30, lambda: f"the pictures {numbers}; seen were {[eye.pictures for eye in eyes]}; "
                   f"{[(one['width'], one['height'], one['decoded_per_s'], one['dropped_per_s']) for one in self.presenters()]}")
        return eyes

    def press(self, key):
        subprocess.run(["xdotool", "key", key], env={**os.environ, "DISPLAY": self.box.screen.name}, check=True)


def expect_first(meeting, wanted, what):
    """How long until what is said of the first one is so, in s."""
    start = time.monotonic()
    wait_until(lambda: wanted(meeting.first()), 10, lambda: f"{what}; the status is {meeting.first()}", every=0.05)
    return time.monotonic() - start


def test_nine():
    """Seven programs and two browsers come and go; the first one's pictures go on as before, in the size of its tile."""
    rooms.tool("xdotool")
    with rooms.Room() as room:
        meeting = Meeting(room)
        meeting.native("First", FIRST, fps=FIRST_FPS)
        meeting.expect(1)
        before = measure(Eye(meeting.box.screen, None, FIRST))
        check(meeting.first()["asked_fps"] == 0, meeting.first())
        browsers = [meeting.desk(number) for number in BROWSERS]
        pages = [meeting.page(browsers[0], BROWSERS[0])]
        for number in OTHERS[:4]:
            meeting.native(str(number), number, width=320, height=180, fps=6)
        meeting.expect(6)
        pages.append(meeting.page(browsers[1], BROWSERS[1]))
        for number in OTHERS[4:]:
            meeting.native(str(number), number, width=320, height=180, fps=6)
        eyes = meeting.expect(9)
        order = [one["name"] for one in meeting.presenters()]
        after = measure(eyes[order.index("First")])
        comment(f"the first one alone: {before[0]:.1f} pictures a second, {before[1]:.0f} ms old; among nine: {after[0]:.1f}, "
                f"{after[1]:.0f} ms")
        check(after[0] > 0.5 * before[0], "among nine the first one has", after[0], "pictures a second, before", before[0])
        check(after[1] < before[1] + 200, "among nine its pictures are", after[1], "ms old, before", before[1])

        # Nine equal tiles of 426 pixels; then large; then in the strip.
        check(meeting.first()["asked_fps"] in range(5, 31), meeting.first())
        expect_first(meeting, lambda one: one["width"] < 500, "a picture as small as its tile")
        meeting.press(str(order.index("First") + 1))
        large = expect_first(meeting, lambda one: one["width"] == 640 and one["asked_fps"] in (0, *range(5, 60)), "large")
        small_name = order.index("First") + 1 if order.index("First") < 8 else 1
        meeting.press(str(small_name % 9 + 1))
        small = expect_first(meeting, lambda one: one["width"] < 300 and 0 < one["asked_fps"] <= 15, "in the strip")
        meeting.press("0")
        comment(f"large after {large:.1f} s, small after {small:.1f} s")
        meeting.expect(9)

        # The box pauses everybody: what stands there stays.
        meeting.press("p")
        wait_until(lambda: all(one["paused"] == "by-host" for one in meeting.presenters()), 5, "everybody to be paused")
        expect_first(meeting, lambda one: one["asked_fps"] == 5, "few pictures of one that is paused")
        meeting.press("p")
        meeting.expect(9)

        # In any order they go and come.
        browsers[0].close(pages[0])
        check(meeting.senders.pop("3").stop() == 0, "a sender's end")
        meeting.expect(7)
        meeting.native("3", 3, width=320, height=180, fps=6)
        pages[0] = meeting.page(browsers[0], BROWSERS[0])
        meeting.expect(9)
        for name in [*meeting.senders]:
            if name != "First":
                check(meeting.senders.pop(name).stop() == 0, "a sender's end")
        for browser, page in zip(browsers, pages):
            browser.close(page)
        meeting.expect(1)
        expect_first(meeting, lambda one: one["width"] == 640 and one["asked_fps"] == 0, "alone again")


rooms.start()
run(test_nine)
