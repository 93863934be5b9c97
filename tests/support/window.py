"""lectern-share's window on a virtual display, used as people use it: by the keyboard, and by what a screen reader is told."""
import importlib.util
import os
import pathlib
import struct
import subprocess
import sys
import zlib

import room as rooms
from tap import Failed, Skip, check, wait_until

BUS_SERVICES = "org.a11y.Bus.service"
BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={folder}/bus</listen>
  <servicedir>{folder}/services</servicedir>
  <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
"""
# What a person can act on, or has to be told: each needs a name.
NAMED = {"push button", "toggle button", "check box", "radio button", "text", "list", "list item", "frame", "entry", "combo box",
         "password text"}


class Desk:
    """A session bus of the test's own, with nothing on it but the accessibility bus. One for a test program: AT-SPI's library
    stays with the first that it has met."""

    def __init__(self, room):
        rooms.tool("dbus-daemon")
        rooms.tool("xdotool")
        service = pathlib.Path("/usr/share/dbus-1/services") / BUS_SERVICES
        if not service.exists():
            raise Skip("at-spi2-core is not installed")
        folder = room.folder / "desk"
        (folder / "services").mkdir(parents=True)
        (folder / "run").mkdir(mode=0o700)
        (folder / "services" / BUS_SERVICES).write_text(service.read_text())
        (folder / "bus.conf").write_text(BUS_CONFIG.format(folder=folder))
        bus = rooms.Process(room, "dbus-daemon", ["dbus-daemon", "--nofork", f"--config-file={folder}/bus.conf"],
                            XDG_RUNTIME_DIR=str(folder / "run"))
        bus.expected_to_crash = True
        wait_until((folder / "bus").exists, 10, "the session bus")
        self.folder = folder
        self.environment = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder}/bus", "XDG_RUNTIME_DIR": str(folder / "run"),
                            "XDG_CONFIG_HOME": str(folder / "config"), "XDG_DATA_HOME": str(folder / "data"),
                            "GDK_BACKEND": "x11", "GSK_RENDERER": "cairo", "NO_AT_BRIDGE": "0", "GTK_A11Y": "atspi"}
        os.environ.update({name: self.environment[name] for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")})

    def dark(self):
        """More of the environment: the desktop is set to dark colours."""
        folder = self.folder / "dark"
        (folder / "gtk-4.0").mkdir(parents=True, exist_ok=True)
        (folder / "gtk-4.0/settings.ini").write_text("[Settings]\ngtk-application-prefer-dark-theme=1\n")
        return {"XDG_CONFIG_HOME": str(folder)}


class Window(rooms.Process):
    is_ours = True

    def __init__(self, room, desk, screen, *arguments, name="Anna", **environment):
        self.atspi, self.gone = load_atspi()
        self.screen = screen
        super().__init__(room, f"window-{name}",
                         [rooms.build / "sender/lectern-share", "--name", name, "--state-folder", room.folder / f"state-{name}",
                          *arguments], DISPLAY=screen.name, **{**desk.environment, **environment})
        self.number = wait_until(self.find_window, 30, lambda: f"the window\n{self.err()}")
        self.tool("windowfocus", self.number)
        wait_until(lambda: self.application() and self.find(None, "frame"), 20, "the window to be told to screen readers")

    # ---- the keyboard

    def tool(self, *arguments):
        return subprocess.run(["xdotool", *map(str, arguments)], env={**os.environ, "DISPLAY": self.screen.name},
                              capture_output=True, text=True, timeout=20, check=False).stdout

    def find_window(self):
        check(self.running(), "the window has ended:", self.err())
        found = self.tool("search", "--onlyvisible", "--pid", self.pid).split()
        return found[-1] if found else None

    def key(self, *keys):
        self.tool("key", "--clearmodifiers", "--delay", 20, *keys)

    def type(self, text):
        self.tool("type", "--delay", 10, text)

    # ---- what a screen reader is told

    def application(self):
        desktop = self.atspi.get_desktop(0)
        for index in range(desktop.get_child_count()):
            child = desktop.get_child_at_index(index)
            if child and child.get_process_id() == self.pid:
                return child
        return None

    def nodes(self):
        """(accessible, role, name) of all that is showing."""
        def walk(node):
            states = node.get_state_set()
            if node.get_role_name() != "application" and not states.contains(self.atspi.StateType.VISIBLE):
                return
            yield node, node.get_role_name(), node.get_name()
            for index in range(node.get_child_count()):
                child = node.get_child_at_index(index)
                if child:
                    yield from walk(child)
        try:
            top = self.application()
            return list(walk(top)) if top else []
        except self.gone:
            return []  # a page went while it was looked through: whoever waits looks again

    def find(self, name, role=None):
        """The first that has this name; None: none has."""
        for node, its_role, its_name in self.nodes():
            if (name is None or its_name == name) and role in (None, its_role):
                return node
        return None

    def wait_for(self, name, role=None, timeout=20):
        return wait_until(lambda: self.running() and self.find(name, role), timeout,
                          lambda: f"{role or 'something'} called {name!r}; there are\n{self.outline()}\n{self.err()}")

    def outline(self):
        return "\n".join(f"{role}: {name!r} – {node.get_description()!r}" for node, role, name in self.nodes())

    def text(self, node):
        """What stands in a field."""
        return self.atspi.Text.get_text(node, 0, self.atspi.Text.get_character_count(node))

    def focused(self):
        for node, _, name in self.nodes():
            if node.get_state_set().contains(self.atspi.StateType.FOCUSED):
                return name
        return None

    def wait_for_focus(self, name):
        wait_until(lambda: self.focused() == name, 10, lambda: f"the focus on {name!r}; it is on {self.focused()!r}")

    def press(self, name):
        """As a screen reader's user does."""
        node = self.wait_for(name)
        check(node.get_n_actions() > 0 and node.do_action(0), f"{name!r} cannot be pressed")

    def nameless(self):
        """What a screen reader could only call by its role."""
        return [role for _, role, name in self.nodes() if role in NAMED and not name]

    def keep(self, name):
        """A picture of the display, where LECTERN_TEST_PICTURES says that they are wanted."""
        folder = os.environ.get("LECTERN_TEST_PICTURES")
        if folder:
            write_png(pathlib.Path(folder) / f"{name}.png", self.screen)


def with_system_python():
    """Starts the test program anew with the Python that Debian's modules are made for, where this one has not got them."""
    debian = "/usr/bin/python3"
    if not importlib.util.find_spec("gi") and os.path.exists(debian) and not os.environ.get("LECTERN_TEST_PYTHON"):
        os.environ["LECTERN_TEST_PYTHON"] = debian
        os.execv(debian, [debian, *sys.argv])


def load_atspi():
    try:
        import gi
        gi.require_version("Atspi", "2.0")
        from gi.repository import Atspi, GLib
    except (ImportError, ValueError) as why:
        raise Skip(f"python3-pyatspi is not installed ({why})") from why
    Atspi.init()
    return Atspi, GLib.Error


def write_png(path, screen):
    rows = bytearray()
    for y in range(screen.height):
        at = screen.start + y * screen.stride
        line = screen.pixels[at:at + screen.width * 4]
        row = bytearray(screen.width * 3)
        row[0::3], row[1::3], row[2::3] = line[2::4], line[1::4], line[0::4]
        rows += b"\0" + row

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", screen.width, screen.height, 8, 2, 0, 0, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(rows), 6)) +
                     chunk(b"IEND", b""))
