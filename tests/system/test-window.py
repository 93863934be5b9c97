#!/usr/bin/env python3
"""lectern-share's window with a real box: found, joined, shared from, paused, switched and ended by the keyboard alone, and
everything in it has a name for screen readers."""
import functools
import pathlib
import re
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from screen import Eye  # noqa: E402
from tap import check, run, wait_until  # noqa: E402
from window import Desk, Window, with_system_python  # noqa: E402


with_system_python()
rooms.start()
house = rooms.Room()


@functools.cache
def desk():
    return Desk(house)


def complete(window, step):
    """Every control has a name, and the focus is on one of them."""
    window.keep(step)
    check(not window.nameless(), f"without a name at {step}: {window.nameless()}\n{window.outline()}")
    wait_until(window.focused, 10, f"the focus to be somewhere at {step}")


def to_pin(window, target):
    window.wait_for_focus("Meeting ID")
    window.type(target)
    window.key("Return")
    window.wait_for("Type the PIN")
    window.wait_for_focus("PIN")


def to_choice(window, box):
    window.type(box.pin())
    window.key("Return")
    window.wait_for("What do you want to share?")
    window.wait_for_focus("The whole screen")


def go_through(theme):
    with rooms.Room() as room:
        screen = room.display()
        box = room.receiver(screen)
        own = room.display(1280, 900)
        window = Window(room, desk(), own, **(desk().dark() if theme == "dark" else {}))
        complete(window, f"{theme}/1-find")
        to_pin(window, box.target())
        complete(window, f"{theme}/2-pin")
        window.type("0000")
        window.key("Return")
        window.wait_for("That PIN is not right. Look at the display and type it again.")
        window.wait_for_focus("PIN")
        complete(window, f"{theme}/3-wrong-pin")
        to_choice(window, box)
        complete(window, f"{theme}/4-choose")
        window.key("Return")
        window.wait_for("You are sharing")
        wait_until(lambda: box.presenters().get("Anna"), 20, "the presenter")
        window.wait_for("Good connection")
        complete(window, f"{theme}/5-sharing")
        window.key("alt+p")
        window.wait_for("You have paused")
        window.wait_for("Go on")
        complete(window, f"{theme}/6-paused")
        window.key("Return")
        window.wait_for("You are sharing")
        window.key("alt+e")
        window.wait_for("The display goes on showing the old one until you have chosen.")
        complete(window, f"{theme}/7-other")
        window.key("Escape")
        window.wait_for("You are sharing")
        window.key("alt+s")
        window.wait_for("You have stopped sharing")
        wait_until(lambda: not box.status()["presenters"], 10, "the presenter to be gone")
        complete(window, f"{theme}/8-ended")
        window.key("Return")
        window.wait_for_focus("Meeting ID")
        return own.average(200, 400, 8)


def test_light():
    """From the box's address to the end without a mouse, every step complete for screen readers; in light colours."""
    ground = go_through("light")
    check(min(ground) > 200, "the window's ground is not light:", ground)


def test_dark():
    """The same where the system is set to dark colours."""
    ground = go_through("dark")
    check(max(ground) < 60, "the window's ground is not dark:", ground)


def test_pictures():
    """The screen's picture is on the display, stands still in a pause, and gives way to a window's in the same call."""
    with rooms.Room() as room:
        box = room.receiver(room.display())
        own = room.display(1280, 720)
        room.paint(own, number=1)
        window = Window(room, desk(), own)
        to_pin(window, rooms.meeting_id(rooms.ADDRESS) if rooms.have_network() and box.port == 443 else box.target())
        to_choice(window, box)
        # The painter covers the display: a window above it would hide its mark.
        window.tool("windowmove", window.number, 900, 300)
        window.key("Return")
        window.wait_for("You are sharing")
        eye = Eye(box.screen, None, 1)
        wait_until(eye.look, 20, "the screen's picture on the display")
        call = box.status()["presenters"]
        window.key("alt+p")
        window.wait_for("You have paused")
        wait_until(lambda: not eye.look() and eye.still_for() > 1.5, 10, "the picture to stand still")
        check(box.screen.read(), "the display has not kept the last picture")
        check(len(box.status()["presenters"]) == len(call) == 1, box.status())
        window.key("alt+g")
        window.wait_for("You are sharing")
        wait_until(eye.look, 10, "the picture to move again")
        other = room.paint_window(own, number=2)
        window.key("alt+e")
        window.wait_for("painter 2", "radio button")
        window.tool("windowfocus", window.number)
        for _ in range(30):
            if window.focused() == "painter 2":
                break
            window.key("Down")
        window.wait_for_focus("painter 2")
        window.key("space", "Return")
        window.wait_for("You are sharing")
        second = Eye(box.screen, None, 2)
        wait_until(second.look, 20, "the window's picture on the display")
        check([one["id"] if "id" in one else one["name"] for one in box.status()["presenters"]] ==
              [one["id"] if "id" in one else one["name"] for one in call], "the call is another", box.status())
        other.send(signal.SIGTERM)
        window.wait_for("The window that you shared was closed. Choose something else.")
        wait_until(lambda: not box.screen.read() and box.status()["presenters"][0]["hidden"], 3, "the window to be off the display")
        complete(window, "light/9-closed")
        window.wait_for_focus("The whole screen")
        window.key("Return")
        window.wait_for("You are sharing")
        wait_until(eye.look, 20, "the screen's picture again")
        check(window.stop() == 0, "exit status", window.popen.returncode)
        wait_until(lambda: not box.status()["presenters"], 10, "the goodbye")


def test_address():
    """lectern: fills the meeting ID in and waits; with anything more than that it is refused."""
    with rooms.Room() as room:
        own = room.display()
        window = Window(room, desk(), own, "lectern:3221225985")
        field = window.wait_for("Meeting ID", "text")
        wait_until(lambda: window.text(field) == "322 122 5985", 10,
                   lambda: f"the ID; there is {window.text(field)!r}\n{window.err()}")
        check(window.find("Continue"), "it did not wait", window.outline())
        for wrong in "lectern:3221225985?pin=123456", "lectern:", "lectern://a@b/", "lectern:--help", "lectern:a%20b":
            done = subprocess.run([rooms.build / "sender/lectern-share", wrong], capture_output=True, text=True, timeout=20,
                                  check=False)
            check(done.returncode == 2 and "names a meeting ID or a host" in done.stderr, wrong, done)


def test_no_display():
    """Without a display the usage is told, and what the window would need."""
    done = subprocess.run(["env", "-u", "DISPLAY", "-u", "WAYLAND_DISPLAY", rooms.build / "sender/lectern-share"],
                          capture_output=True, text=True, timeout=20, check=False)
    check(done.returncode == 2 and re.search("Say whom to share with.*no display", done.stderr), done)


with house:
    run(test_light, test_dark, test_pictures, test_address, test_no_display)
