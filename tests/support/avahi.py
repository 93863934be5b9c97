"""A private message bus and a private avahi-daemon."""
import os

import room as rooms
from tap import Skip, wait_until

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={folder}/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_destination="*"/>
<allow receive_sender="*"/></policy></busconfig>
"""
AVAHI = """[server]
use-ipv4=yes
use-ipv6=no
disallow-other-stacks=no
allow-interfaces={interfaces}
[publish]
publish-workstation=no
"""


def daemons(room, interfaces="lo,room-a", inside=None):
    """Starts both; returns avahi-daemon's process."""
    rooms.needs_root()
    if rooms.libc.mount(b"tmpfs", b"/run", b"tmpfs", 0, b""):
        raise Skip("no tmpfs can be mounted")
    os.mkdir("/run/avahi-daemon")
    (room.folder / "bus.conf").write_text(BUS.format(folder=room.folder))
    (room.folder / "avahi.conf").write_text(AVAHI.format(interfaces=interfaces))
    os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={room.folder}/bus"
    bus = rooms.Process(room, "bus", [rooms.tool("dbus-daemon"), f"--config-file={room.folder}/bus.conf", "--nofork"])
    bus.expected_to_crash = True
    wait_until((room.folder / "bus").exists, 20, "the bus")
    return start_avahi(room, inside)


def start_avahi(room, inside=None):
    avahi = rooms.Process(room, "avahi", [rooms.tool("avahi-daemon"), "-f", room.folder / "avahi.conf", "--no-chroot",
                                          "--no-drop-root", "--no-rlimits"], inside=inside)
    wait_until(lambda: "Server startup complete" in avahi.err(), 30, lambda: f"avahi-daemon\n{avahi.err()}")
    return avahi


def discoverable(box):
    return wait_until(lambda: box.status()["discoverable"] and box.status(), 30, lambda: f"the name\n{box.err()}", every=0.1)
