#!/usr/bin/python3
"""lectern-share's window on a Wayland desktop of its own, from the box's address to the picture on the display: the desktop's
portal is asked once, and what it gave outlives a pause. Without a keyboard there, it is used as a screen reader uses it."""
import os
import subprocess
import sys

support, build = sys.argv[1:3]
sys.argv = [sys.argv[0], build]
sys.path.insert(0, support)
if not os.access(os.path.join(build, "sender/lectern-share"), os.X_OK) or not os.access(support, os.R_OK):
    print("SKIP: the desktop's user may not read the build tree")
    sys.exit(77)
import room as rooms  # noqa: E402
from tap import Skip, check, comment, wait_until  # noqa: E402
from window import Window  # noqa: E402

FIRST, SECOND = (0x20, 0x50, 0xa0), (0xa0, 0x50, 0x20)


class Desktop:
    """The session that this test runs in."""
    environment = {name: os.environ[name] for name in ("WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")}
    environment.update({"GDK_BACKEND": "wayland", "GSK_RENDERER": "cairo", "GTK_A11Y": "atspi", "G_DEBUG": ""})


class WaylandWindow(Window):
    def find_window(self):
        return self.find(None, "frame")

    def tool(self, *arguments):
        return ""

    def fill_in(self, name, text):
        node = self.wait_for(name, "text")
        check(self.atspi.EditableText.set_text_contents(node, text), f"{name} cannot be filled in")


def sway(command):
    subprocess.run(["swaymsg", command], check=True, capture_output=True, timeout=20)


def alike(one, other):
    return max(abs(a - b) for a, b in zip(one, other)) < 16


def main():
    with rooms.Room() as room:
        screen = room.display(1280, 720)
        box = room.receiver(screen, WAYLAND_DISPLAY="")
        sway("for_window [app_id=.*] floating enable")  # or the window would fill the desktop
        window = WaylandWindow(room, Desktop, screen, WAYLAND_DISPLAY=os.environ["WAYLAND_DISPLAY"])
        window.fill_in("Meeting ID", box.target())
        window.press("Continue")
        window.wait_for("Type the PIN")
        window.fill_in("PIN", box.pin())
        window.press("Continue")
        window.wait_for("Your desktop asks for the screen or the window when you go on.")
        check(not window.nameless(), window.outline())
        window.press("Share")
        window.wait_for("You are sharing")
        # Left and right of the window, and not where the display names the presenter.
        places = [(x, y) for x in (40, 1220) for y in (200, 400)]

        def shows(colour):
            return all(alike(screen.average(x, y, 8), colour) for x, y in places)
        wait_until(lambda: shows(FIRST), 30, lambda: f"the desktop's picture; there is {screen.average(40, 200, 8)}")
        window.press("Pause")
        window.wait_for("You have paused")
        sway("output HEADLESS-1 bg #a05020 solid_color")
        red, _, blue = screen.average(40, 200, 8)  # darker, as what is paused is
        check(blue > red, "the pause let something through", red, blue)
        window.press("Go on")
        window.wait_for("You are sharing")
        wait_until(lambda: shows(SECOND), 20, "the changed desktop after the pause")
        check(len(box.status()["presenters"]) == 1, box.status())
        window.press("Stop sharing")
        window.wait_for("You have stopped sharing")


try:
    main()
except Skip as why:
    comment(f"SKIP: {why}")
    sys.exit(77)
