#!/usr/bin/env python3
"""lectern-share's window with a real box: found, joined, shared from, paused, switched and ended by the keyboard alone, and
everything in it has a name for screen readers."""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from screen import Eye  # noqa: E402
from tap import Skip, check, comment, run, wait_until  # noqa: E402
from window import Desk, Window, with_system_python  # noqa: E402


def complete(window, step):
    """Every control has a name, and the focus is on one of them."""
    window.keep(step)
    check(not window.nameless(), f"without a name at {step}: {window.nameless()}\n{window.outline()}")
    wait_until(window.focused, 10, f"the focus to be somewhere at {step}")


def to_pin(window, box):
    window.wait_for_focus("Meeting ID")
    window.type(box.target())
    window.key("Return")
    window.wait_for("Type the PIN")
    window.wait_for_focus("PIN")


def test_keyboard():
    """From the box's address to the picture, a pause, a window in place of the screen, and the end, without a mouse."""
    with rooms.Room() as room:
        screen = room.display()
        box = room.receiver(screen)
        desk = Desk(room)
        own = room.display(1280, 900)
        window = Window(room, desk, own)
        complete(window, "1-find")
        to_pin(window, box)
        complete(window, "2-pin")
        window.type("0000")
        window.key("Return")
        window.wait_for("That PIN is not right. Look at the display and type it again.")
        window.wait_for_focus("PIN")
        complete(window, "3-wrong-pin")
        window.type(box.pin())
        window.key("Return")
        window.wait_for("What do you want to share?")
        complete(window, "4-choose")
        window.key("Return")
        window.wait_for("You are sharing")
        wait_until(lambda: box.presenters().get("Anna"), 20, "the presenter")
        window.wait_for("Good connection")
        complete(window, "5-sharing")
        window.key("alt+p")
        window.wait_for("You have paused")
        window.wait_for("Go on")
        complete(window, "6-paused")
        window.key("Return")
        window.wait_for("You are sharing")
        window.key("alt+e")
        window.wait_for("The display goes on showing the old one until you have chosen.")
        complete(window, "7-other")
        window.key("Escape")
        window.wait_for("You are sharing")
        window.key("alt+s")
        window.wait_for("You have stopped sharing")
        complete(window, "8-ended")
        window.key("Return")
        window.wait_for_focus("Meeting ID")


with_system_python()
rooms.start()
run(test_keyboard)
