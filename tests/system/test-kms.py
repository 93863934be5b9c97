#!/usr/bin/env python3
"""The display without a session: kernel mode setting on the graphics cards of a virtual machine, looked at from outside."""
import contextlib
import functools
import pathlib
import re
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import guest as guests  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

BACKGROUND = (13, 18, 25)  # of the welcome screen, dark
FINDER = re.compile(r"(?<=#)(?=(\.+)(#+)(\.+)(#+)(\.+)#)")
PLUGINS = ("coreelements", "app", "rtp", "opus", "audioconvert", "audioresample", "videoconvertscale", "openh264",
           "videoparsersbad")
NSS = "libsoftokn3", "libfreebl3", "libfreeblpriv3"  # libsrtp's ciphers, which no program is linked with
CARD = "/sys/class/drm/card0"
build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").absolute()


def libraries():
    """The folder of this machine's shared libraries."""
    found = re.search(r"(/\S+)/libc\.so\.6 \(0x", guests.output_of(guests.tool("ldd"), build / "receiver/lectern-receiver"))
    return pathlib.Path("/usr" + found.group(1).removeprefix("/usr"))


def make_disk(path, kernel):
    disk = guests.Disk(path)
    disk.program(guests.tool("busybox"), "usr/bin/busybox")
    for name in "receiver/lectern-receiver", "sender/lectern-share":
        disk.program(build / name, "usr/bin/" + pathlib.Path(name).name)
    for name in PLUGINS:
        disk.program(libraries() / f"gstreamer-1.0/libgst{name}.so")
    for name in NSS:
        disk.program(libraries() / f"{name}.so")
    disk.program(libraries() / "gio/modules/libgiognutls.so")
    for folder in "/etc/fonts", "/usr/share/fontconfig/conf.avail", "/usr/share/fonts/truetype/dejavu":
        disk.tree(folder)
    modules = kernel.order("virtio_pci", "virtio_net", "virtio_gpu", "bochs")
    for module in modules:
        disk.add(module, f"modules/{module.name}")
    disk.add(None, "modules/order", "".join(f"{module.stem}\n" for module in modules).encode())
    disk.add(None, "etc/passwd", b"root:x:0:0::/root:/bin/sh\n")
    disk.add(None, "init", guests.INIT.encode())
    disk.close()


def finders(picture):
    """The rows in which a finder pattern of a QR code stands: dark to light as 1:1:3:1:1, on white."""
    rows = []
    for y in range(0, picture.height, 2):
        green = picture.row(y)[1::3]
        row = "".join("." if value < 64 else "#" if value > 192 else " " for value in green)
        for match in FINDER.finditer(row):
            one = [len(part) for part in match.groups()]
            unit = one[0]
            if unit > 2 and all(abs(length - unit * of) <= 1 for length, of in zip(one, (1, 1, 3, 1, 1))):
                rows.append((match.start(), y))
    return rows


def has_code(picture):
    """A QR code in the right half: finder patterns at its upper left, upper right and lower left."""
    found = finders(picture)
    if not found or min(found)[0] < picture.width // 2 or min(found)[0] == max(found)[0]:
        return False
    left, right = ([y for x, y in found if x == column] for column in (min(found)[0], max(found)[0]))
    return abs(left[0] - right[0]) <= 2 and left[-1] - left[0] > 2 * (right[-1] - right[0]) > 2


def is_welcome(picture):
    """The welcome screen's background at the edges, large light letters, and a QR code."""
    edges = [(x, y) for x in (1, picture.width - 2) for y in (1, picture.height // 2, picture.height - 2)]
    light = sum(value > 192 for y in range(0, picture.height, 4) for value in picture.row(y)[:picture.width * 3 // 2:3])
    return all(picture.colour(x, y) == BACKGROUND for x, y in edges) and light > 500 and has_code(picture)


def shows_bars(picture):
    """The sender's test picture: eight bars, the third cyan and the sixth red."""
    cyan, red = (picture.colour(picture.width * bar // 16, picture.height // 2) for bar in (5, 11))
    return cyan[0] < 80 < 130 < min(cyan[1:]) and max(red[1:]) < 80 < 130 < red[0]


class Box:
    """A receiver that is the only program of a machine with this graphics card."""

    def __init__(self, folder, kernel, disk, card):
        self.guest = guests.Guest(folder, kernel, disk, "-device", card, "-netdev", "user,id=net,restrict=on",
                                  "-device", "virtio-net-pci,netdev=net,romfile=")
        self.run("hostname room12; ip link set eth0 up; ip address add 10.0.2.15/24 dev eth0")

    def run(self, command):
        said, status = self.guest.run(command)
        check(status == 0, command, "ended with", status, said)
        return said

    def start(self):
        self.run("lectern-receiver --display kms --announce --no-sound --name 'Room 12' --state-folder /tmp/s "
                 ">/tmp/out 2>/tmp/err & true")

    def log(self):
        return self.run("cat /tmp/out /tmp/err")

    def expect(self, what, condition, timeout=40):
        def seen():
            self.picture = self.guest.picture()
            return condition(self.picture)
        wait_until(seen, timeout, lambda: f"{what} on the display; the box says: {self.log()}", every=0.3)

    def force(self, state):
        """What the first connector is to say of its screen when it is asked next: on, off or detect."""
        self.run(f"for one in {CARD}-*/status; do echo {state} >$one; done")


def in_guest(card):
    """A test with a box on that graphics card; every process and file of it is gone at the end."""
    def decorate(test):
        @functools.wraps(test)
        def wrapped():
            kernel = guests.Kernel()
            with tempfile.TemporaryDirectory(prefix="lectern-kms-") as name, contextlib.ExitStack() as stack:
                folder = pathlib.Path(name)
                make_disk(folder / "disk", kernel)
                box = Box(folder, kernel, folder / "disk", card)
                stack.callback(box.guest.end)
                comment(f"up after {time.monotonic() - box.guest.started:.1f} s")
                test(box)
        return wrapped
    return decorate


@in_guest("virtio-vga")
def test_screens(box):
    """A screen that is switched on later, replaced, gone and back: the welcome screen is on each, in its own size."""
    box.force("off")
    box.start()
    wait_until(lambda: "waits on port" in box.log(), 40, lambda: "the box to be up without a screen: " + box.log(), every=0.3)
    check(not is_welcome(box.guest.picture()), "there is a picture without a screen")
    box.force("detect")
    box.guest.resize_screen(1024, 768)
    box.expect("a welcome screen of 1024 by 768", lambda picture: picture.width == 1024 and is_welcome(picture))
    box.guest.resize_screen(1280, 720)
    box.expect("a welcome screen of 1280 by 720", lambda picture: picture.height == 720 and is_welcome(picture))
    box.force("off")
    box.guest.resize_screen(1024, 768)
    wait_until(lambda: "The screen is gone" in box.log(), 20, "word that the screen is gone", every=0.3)
    box.expect("nothing", lambda picture: not is_welcome(picture))
    box.force("detect")
    box.guest.resize_screen(1280, 720)
    box.expect("a welcome screen again", lambda picture: picture.height == 720 and is_welcome(picture))


@in_guest("VGA")
def test_life(box):
    """The welcome screen, kept from the console and a second box; a presenter's picture; the console is given back."""
    box.start()
    box.expect("a welcome screen", is_welcome)
    box.run("echo words >/dev/tty1; chvt 2; echo words >/dev/tty2; chvt 1")
    said, status = box.guest.run("lectern-receiver --display kms --no-sound --port 9000 --state-folder /tmp/s2 2>&1")
    check(status == 1 and "Another program shows its pictures" in said, status, said)
    check(is_welcome(box.guest.picture()), "the welcome screen has suffered")
    box.run("umask 077; sed -n 's/^ *PIN *//p' /tmp/out >/tmp/pin; lectern-share 127.0.0.1 --source test --pin-file /tmp/pin "
            "--state-folder /tmp/a >/tmp/share 2>&1 & true")
    try:
        box.expect("the colour bars of the presenter", shows_bars, 60)
    finally:
        comment(box.run("cat /tmp/share"))
    box.run("killall -INT lectern-share")
    box.expect("the welcome screen after the presenter", is_welcome)
    box.run("killall lectern-receiver")
    box.expect("the console", lambda picture: picture.colour(1, picture.height - 2) == (0, 0, 0))


run(test_screens, test_life)
