#!/usr/bin/env python3
"""Local-only mode: a router counts every packet that the box, or the sender, has for another network. There are none, whatever
others offer; and without the mode there are, so that the count counts."""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import avahi  # noqa: E402
import browser as browsers  # noqa: E402
import room as rooms  # noqa: E402
from networks import Networks  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

LAN, LAN6, OUTSIDE, OUTSIDE6 = "10.78.1.", "2001:db8:1::", "198.51.100.", "2001:db8:2::"
MAC = "02:00:00:00:00:0"
BOX, SENDER = LAN + "2", LAN + "3"
SERVER, ROAMER = OUTSIDE + "2", OUTSIDE + "77"
CLOUD = "[cloud]\nserver=cloud.example.org\ntrust=first-use\n"
KNOCK = """import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 1.5)
    print("answered")
except TimeoutError:
    print("silent")
except OSError as why:
    print(f"refused: {why}")
"""


class World(Networks):
    """Box, sender and browser on one link; a router; behind it a server that is far away."""

    def __init__(self, room):  # another shape than that of the class above, by its means
        rooms.needs_root()
        rooms.tool("nft")
        self.room = room
        self.box, self.sender, self.browser, self.router, self.outside = (
            self.namespace(room, name) for name in ("box", "sender", "browser", "router", "outside"))
        for setting in "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1":
            self.enter(self.router, "sysctl", "-qw", setting)
        rooms.ip("link", "add", "lan", "type", "bridge", inside=self.router)
        for name, end, host in ("rb", self.box, "2"), ("rs", self.sender, "3"), ("rc", self.browser, "4"):
            self.plug(name, end, LAN, LAN6, host)
            rooms.ip("link", "set", f"{name}1", "master", "lan", inside=self.router)
        self.plug("ro", self.outside, OUTSIDE, OUTSIDE6, "2")
        for device, four, six in ("lan", LAN, LAN6), ("ro1", OUTSIDE, OUTSIDE6):
            self.address(self.router, device, four, six, "1")
        resolv = room.folder / "resolv.conf"
        resolv.write_text(f"nameserver {SERVER}\noptions timeout:1 attempts:1\n")
        rooms.libc.mount(str(resolv).encode(), b"/etc/resolv.conf", None, 4096, None)
        self.count()

    def plug(self, name, end, four, six, host):
        rooms.ip("link", "add", f"{name}0", "type", "veth", "peer", "name", f"{name}1")
        rooms.ip("link", "set", f"{name}0", "netns", str(end))
        rooms.ip("link", "set", f"{name}1", "netns", str(self.router))
        rooms.ip("link", "set", f"{name}1", "up", inside=self.router)
        rooms.ip("link", "set", f"{name}0", "address", MAC + host, inside=end)
        self.address(end, f"{name}0", four, six, host)
        rooms.ip("route", "add", "default", "via", four + "1", inside=end)
        rooms.ip("-6", "route", "add", "default", "via", six + "1", inside=end)

    def address(self, inside, device, four, six, host):
        rooms.ip("link", "set", device, "up", inside=inside)
        rooms.ip("address", "add", f"{four}{host}/24", "dev", device, inside=inside)
        rooms.ip("address", "add", f"{six}{host}/64", "dev", device, "nodad", inside=inside)

    def count(self):
        """A counter each for box and sender: what they send to anywhere but their link. What ARP, neighbour discovery, router
        discovery and multicast DNS say stays on the link: it is left out by its addresses, and no router passes it on. What
        is for the router itself counts: it would be a resolver's, or a proxy's."""
        rules = "".join(
            f"""counter {name} {{ }}
            chain from_{name} {{
                type filter hook prerouting priority -300;
                ether saddr != {MAC}{host} return
                ip daddr {{ 224.0.0.0/4, 255.255.255.255, {LAN}2-{LAN}255 }} return
                ip6 daddr {{ ff00::/8, fe80::/10, {LAN6}2-{LAN6}ff }} return
                icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert }} return
                meta protocol {{ ip, ip6 }} counter name {name}
            }}
            """ for name, host in (("box", "2"), ("sender", "3")))
        self.enter(self.router, "nft", "-f", "-", text=f"table inet count {{ {rules} }}")

    def counted(self, name):
        asked = subprocess.run([*rooms.enter(self.router), rooms.tool("nft"), "-j", "list", "counter", "inet", "count", name],
                               capture_output=True, check=True)
        return next(one["counter"]["packets"] for one in json.loads(asked.stdout)["nftables"] if "counter" in one)

    def knock(self, host, port):
        """From afar."""
        asked = subprocess.run([*rooms.enter(self.outside), sys.executable, "-c", KNOCK, host, str(port)],
                               capture_output=True, text=True, check=True)
        return asked.stdout.strip()

    def roam(self):
        """The sender is in another network too, and offers itself there: a candidate that only the router leads to."""
        rooms.ip("address", "add", f"{ROAMER}/32", "dev", "rs0", inside=self.sender)
        rooms.ip("address", "add", f"{OUTSIDE6}77/128", "dev", "rs0", "nodad", inside=self.sender)


def enrolled(room, box):
    """An account in a cloud, as enrolment leaves it: there is a cloud to be reached."""
    folder = room.folder / box
    folder.mkdir(mode=0o700)
    path = folder / "cloud.json"
    path.touch(0o600)
    path.write_text(json.dumps({"host": "cloud.example.org", "jid": "room12@boxes.cloud.example.org",
                                "password": "of no cloud at all", "pins": []}))


def start(room, world, *options):
    conf = room.folder / "box.conf"
    conf.write_text(CLOUD)
    enrolled(room, f"box-{len(room.processes) + 1}")  # the display's server comes first
    return room.receiver(room.display(1280, 720), "--config", conf, *options, inside=world.box)


def present(room, world, box, *options):
    sender = room.sender(rooms.meeting_id(BOX), "--stats", *options, screen=room.painted(), pin=box.pin(), inside=world.sender)
    return sender, room.expect(box, sender)


def test_box():
    """A box that is local only, while a sender offers itself from elsewhere, a browser shares, and somebody far away knocks."""
    with rooms.Room() as room:
        world = World(room)
        world.roam()
        avahi.daemons(room, "rb0", inside=world.box)
        box = start(room, world, "--local-only")
        check(box.said("Meeting ID").replace(" ", "") == rooms.meeting_id(BOX), box.out())
        check(box.status()["local_only"] is True, box.status())
        avahi.discoverable(box)
        sender, _ = present(room, world, box)
        pair = wait_until(lambda: box.presenters()["Anna"].get("remote_candidate"), 10, "the candidates")
        check(SENDER in pair or LAN6 + "3" in pair, pair)
        browser = browsers.Browser(room, "chromium", room.painted(number=1), inside=world.browser)
        page, _ = browser.join(box, address=BOX)
        browser.share(page)
        wait_until(lambda: len(box.presenters()) == 2, 30, lambda: f"both\n{box.status()['presenters']}")
        for address in BOX, LAN6 + "2":
            for port in 443, 80:
                check(world.knock(address, port) == "silent", f"{address} answers at {port}")
        comment(f"{world.counted('box')} packets of the box, {world.counted('sender')} of the sender, which is not local only")
        check(world.counted("box") == 0, world.counted("box"))
        check(sender.stop() == 0, sender.err())


def test_box_that_is_not():
    """The same box without the mode: it asks for its cloud's name, tries the far candidates, answers who knocks."""
    with rooms.Room() as room:
        world = World(room)
        box = start(room, world)
        check(box.status()["local_only"] is False, box.status())
        names = wait_until(lambda: world.counted("box"), 20, "the cloud's name to be asked for")
        answer = world.knock(BOX, 443)
        check(answer == "answered", answer)
        knocks = wait_until(lambda: world.counted("box") > names and world.counted("box"), 10, "the answer to be counted")
        world.roam()
        _, _ = present(room, world, box)
        comment(f"{names} packets for names, {knocks} after a knock, {world.counted('box')} with far candidates")
        check(world.counted("box") > knocks, "no far candidate was tried")


def test_sender():
    """A sender that is local only joins a box that offers itself from elsewhere too; to elsewhere it goes not at all."""
    with rooms.Room() as room:
        world = World(room)
        rooms.ip("address", "add", f"{ROAMER}/32", "dev", "rb0", inside=world.box)
        box = start(room, world)
        sender, _ = present(room, world, box, "--local-only", "--cloud", "cloud.example.org")
        pair = wait_until(lambda: box.presenters()["Anna"].get("remote_candidate"), 10, "the candidates")
        check(SENDER in pair or LAN6 + "3" in pair, pair)
        check(sender.stop() == 0, sender.err())
        for target in SERVER, "box.example.org", "box.local", f"[{OUTSIDE6}2]":
            lost = room.sender(target, "--local-only", inside=world.sender)
            check(lost.wait() == 3 and "--local-only" in lost.err(), target, lost.popen.returncode, lost.err())
        six = room.sender("123456", "--local-only", "--cloud", "cloud.example.org", inside=world.sender)
        check(six.wait() == 3, six.err())
        check(world.counted("sender") == 0, world.counted("sender"))


def test_sender_that_is_not():
    """The same sender without the mode."""
    with rooms.Room() as room:
        world = World(room)
        rooms.ip("address", "add", f"{ROAMER}/32", "dev", "rb0", inside=world.box)
        box = start(room, world)
        sender, _ = present(room, world, box)
        wait_until(lambda: world.counted("sender"), 10, "a far candidate to be tried")
        tried = world.counted("sender")
        check(sender.stop() == 0, sender.err())
        lost = room.sender("box.example.org", inside=world.sender)
        check(lost.wait(30) == 3, lost.popen.returncode, lost.err())
        comment(f"{tried} packets with far candidates, {world.counted('sender')} after a name")
        check(world.counted("sender") > tried, "no name was asked for")


if __name__ == "__main__":
    rooms.start()
    run(test_box, test_box_that_is_not, test_sender, test_sender_that_is_not)
