#!/usr/bin/env python3
"""Several presenters at once: each in its place, coming and going in any order, and no more than the display has room for."""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from screen import GAP, Eye  # noqa: E402
from tap import check, run, wait_until  # noqa: E402

NAMES = ["Anna", "Björn", "Chloé", "Δημήτρης", "Eve", "Fatma", "Grzegorz", "Hugo", "Iðunn", "José"]


def join(room, box, number):
    own = room.painted(number=number, width=320, height=180, fps=8)
    return room.sender(box.target(), screen=own, pin=box.pin(), name=NAMES[number])


def expect_order(box, numbers, senders=()):
    """The presenters with these numbers stand on the display in this order, and nobody else."""
    screen = box.screen
    eyes = [Eye(screen, screen.tile(index, len(numbers)), number) for index, number in enumerate(numbers)]

    def complete():
        for eye in eyes:
            eye.look()
        for sender in senders:
            check(sender.running(), sender.name, "has ended:", sender.err())
        return all(eye.pictures >= 3 for eye in eyes)
    wait_until(complete, 40, lambda: f"the order {numbers}; seen were {[eye.pictures for eye in eyes]} pictures")
    names = {one["name"] for one in box.status()["presenters"]}
    check(names == {NAMES[number] for number in numbers}, "the status names", names)


def test_nine():
    """Nine stand on the display in the order of their coming, a tenth is told that there is no room."""
    with rooms.Room() as room:
        box = room.receiver(room.display())
        senders = [join(room, box, number) for number in range(9)]
        wait_until(lambda: len(box.status()["presenters"]) == 9, 40, lambda: f"nine; there are {box.status()['presenters']}")
        order = [NAMES.index(one["name"]) for one in box.status()["presenters"]]
        check(sorted(order) == list(range(9)), order)
        expect_order(box, order, senders)
        tenth = join(room, box, 9)
        check(tenth.wait() == 4, tenth.popen.returncode)
        check("no room for one more presenter" in tenth.err(), tenth.err())
        for leaver in 8, 0, 4:
            check(senders[order.pop(leaver)].stop() == 0, "a sender's end")
        expect_order(box, order)


def test_four():
    """Four stand in the quarters with their names, a fifth is told that there is no room, and the places close up."""
    with rooms.Room() as room:
        settings = room.folder / "four.conf"
        settings.write_text("[admission]\nmax-presenters=4\n")
        box = room.receiver(room.display(), "--config", settings)
        senders = []
        for number in range(4):
            senders.append(join(room, box, number))
            expect_order(box, list(range(number + 1)), senders)
        fifth = join(room, box, 4)
        check(fifth.wait() == 4, fifth.popen.returncode)
        check("no room for one more presenter" in fifth.err(), fifth.err())
        expect_order(box, [0, 1, 2, 3])
        for leaver, left in ((1, [0, 2, 3]), (3, [0, 2]), (0, [2])):
            check(senders[leaver].stop() == 0, senders[leaver].err())
            expect_order(box, left)
        senders[1] = join(room, box, 1)
        expect_order(box, [2, 1])
        check(senders[2].stop() == 0 and senders[1].stop() == 0, "exit status")
        wait_until(lambda: not box.status()["presenters"], 10, "everybody to be gone")


def test_keys():
    """The box's own keyboard goes through the layouts, makes one large, pauses and lets go on."""
    rooms.tool("xdotool")
    with rooms.Room() as room:
        box = room.receiver(room.display())
        senders = [join(room, box, number) for number in range(2)]
        wait_until(lambda: len(box.status()["presenters"]) == 2, 20, "two presenters")
        order = [NAMES.index(one["name"]) for one in box.status()["presenters"]]
        expect_order(box, order, senders)

        def press(key, expected):
            subprocess.run(["xdotool", "key", key], env={**os.environ, "DISPLAY": box.screen.name}, check=True)
            wait_until(lambda: expected(box.status()), 10, lambda: f"the key {key}; the status is {box.status()}")
        check(box.status()["layout"] == "automatic", box.status())
        for layout in "grid", "focus", "side-by-side", "automatic":
            press("l", lambda status, now=layout: status["layout"] == now)
        press("2", lambda status: status["layout"] == "focus")
        width = box.screen.width * 4 // 5 - GAP & ~1
        height = width * 9 // 16 & ~1
        large = Eye(box.screen, (0, (box.screen.height - height) // 2 & ~1, width, height), order[1])

        def seen():
            large.look()
            return large.pictures >= 3
        wait_until(seen, 20, "the second one large")
        press("p", lambda status: all(one["paused"] == "by-host" for one in status["presenters"]))
        press("p", lambda status: all(one["paused"] == "no" for one in status["presenters"]))
        press("0", lambda status: status["layout"] == "automatic")
        expect_order(box, order, senders)


def test_last_place():
    """Of two who were asked for the PIN while one place was left, the later is told that there is none."""
    with rooms.Room() as room:
        settings = room.folder / "one.conf"
        settings.write_text("[admission]\nmax-presenters=1\n")
        box = room.receiver(room.display(640, 360), "--config", settings)
        own = room.painted()
        first, second = (room.sender(box.target(), screen=own, late=True, name=name) for name in NAMES[:2])
        first.wait_for_question()
        second.wait_for_question()
        first.give_pin(box.pin())
        room.expect(box, first)
        second.give_pin(box.pin())
        check(second.wait() == 4, second.popen.returncode, second.err())
        check("no room for one more presenter" in second.err(), second.err())
        check(first.running() and [one["name"] for one in box.status()["presenters"]] == [NAMES[0]], box.status())


def test_place_of_the_gone():
    """The place of a sender that died is the next one's at once."""
    with rooms.Room() as room:
        settings = room.folder / "one.conf"
        settings.write_text("[admission]\nmax-presenters=1\n")
        box = room.receiver(room.display(640, 360), "--config", settings)
        first = room.sender(box.target(), screen=room.painted(number=0), pin=box.pin(), name=NAMES[0])
        room.expect(box, first, number=0)
        own = room.painted(number=1)
        first.kill()
        second = room.sender(box.target(), screen=own, pin=box.pin(), name=NAMES[1])
        room.expect(box, second, number=1)
        check([one["name"] for one in box.status()["presenters"]] == [NAMES[1]], box.status())
        check(second.stop() == 0, second.err())


def test_label():
    """The presenter's name stands on the picture."""
    with rooms.Room() as room:
        box = room.receiver(room.display(), "--pin", "none")
        own = room.display(1280, 720)
        room.paint(own, "still")
        pictures = []
        for name in "Anna", "Wilhelmina Featherstonehaugh":
            sender = room.sender(box.target(), screen=own, name=name)
            wait_until(lambda: own.read() == box.screen.read() or box.screen.read(), 20, "the picture")
            wait_until(lambda: box.presenters(), 10, "the presenter")
            wait_until(lambda: different(own, box.screen), 10, f"the label with {name}")
            pictures.append(different(own, box.screen))
            sender.stop()
            wait_until(lambda: not box.status()["presenters"] and not box.screen.read(), 15, "the presenter to be gone")
        check(pictures[1] > pictures[0] * 1.5, "a longer name takes more room:", pictures)


def different(own, screen):
    """How many sampled places of the lower quarter differ by far: the label."""
    count = 0
    for y in range(screen.height * 3 // 4, screen.height, 4):
        for x in range(0, screen.width, 4):
            count += max(abs(a - b) for a, b in zip(own.colour(x, y), screen.colour(x, y))) > 90
    return count if count > 20 else 0


rooms.start()
run(test_nine, test_four, test_keys, test_last_place, test_place_of_the_gone, test_label)
