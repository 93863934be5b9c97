#!/usr/bin/env python3
"""Finding a box by its name: a private message bus and a private avahi-daemon, on a network with nobody else."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from avahi import daemons, discoverable, start_avahi  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402
from window import Desk, Window, with_system_python  # noqa: E402


def join(room, box, target):
    sender = room.sender(target, screen=room.painted(), pin=box.pin())
    room.expect(box, sender)
    check(sender.stop() == 0, sender.err())
    wait_until(lambda: not box.status()["presenters"], 10, "the presenter to be gone")


def test_name():
    """A box is found by its name, however it is written, and a second one of that name gets another."""
    with rooms.Room() as room:
        daemons(room)
        box = room.receiver(room.display(640, 360), name="Raum Süd")
        check(discoverable(box)["name"] == "Raum Süd", box.status())
        join(room, box, "Raum Süd")
        join(room, box, "raum Süd")
        second = room.receiver(None, name="Raum Süd", port=8443)
        name = discoverable(second)["name"]
        comment(f"the second one is called {name}")
        check(name not in ("Raum Süd", "") and name.startswith("Raum Süd"), name)
        lost = room.sender("Raum Nord")
        check(lost.wait(20) == 3 and "No box called" in lost.err(), lost.popen.returncode, lost.err())


def test_daemon_restarts():
    """When avahi-daemon comes late or is started anew, the box is found again."""
    with rooms.Room() as room:
        avahi = daemons(room)
        box = room.receiver(room.display(640, 360))
        discoverable(box)
        avahi.expected_to_crash = True
        avahi.stop()
        wait_until(lambda: not box.status()["discoverable"], 20, "the box to notice", every=0.1)
        start_avahi(room)
        discoverable(box)
        join(room, box, "room 12")


def test_window():
    """The window lists the boxes of the network while they are there, and goes to the one that is chosen by the keyboard."""
    with rooms.Room() as room:
        daemons(room)
        first = room.receiver(None, name="Aula")
        second = room.receiver(None, name="Werkstatt", port=8443)
        discoverable(first)
        discoverable(second)
        window = Window(room, Desk(room), room.display())
        window.wait_for("Aula", "list item")
        window.wait_for("Werkstatt", "list item")
        window.keep("nearby")
        check(not window.nameless(), window.outline())
        first.stop()
        wait_until(lambda: not window.find("Aula", "list item"), 20, "the box that has gone to leave the list")
        window.key("alt+n")
        wait_until(lambda: window.focused() in ("Or a display nearby", "Werkstatt"), 10, window.focused)
        if window.focused() != "Werkstatt":
            window.key("Down")
        window.wait_for_focus("Werkstatt")
        window.key("Return")
        window.wait_for("Type the PIN")
        window.wait_for("Werkstatt")
        window.key("Escape")
        window.wait_for_focus("Meeting ID")


with_system_python()
rooms.start()
run(test_name, test_daemon_restarts, test_window)
