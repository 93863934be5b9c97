"""Three networks of a test's own: the box in one subnet, the sender in another, a router with rules between."""
import pathlib
import subprocess

import room as rooms
from tap import check, wait_until

BOX, SENDER = "10.78.1.2", "10.78.2.2"


class Networks:
    """Three namespaces: box, router, sender."""

    def __init__(self, room):
        rooms.needs_root()
        rooms.tool("nft")
        self.room = room
        self.box, self.router, self.sender = (self.namespace(room, name) for name in ("box", "router", "sender"))
        self.join(self.box, "10.78.1.2", "10.78.1.1", "rb")
        self.join(self.sender, "10.78.2.2", "10.78.2.1", "rs")
        self.enter(self.router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.filter("ip daddr 224.0.0.0/4 drop")

    @staticmethod
    def namespace(room, name):
        holder = rooms.Process(room, f"{name}-namespace", [rooms.tool("unshare"), "--net", "sleep", "infinity"])
        holder.expected_to_crash = True
        own = pathlib.Path("/proc/self/ns/net").readlink()
        wait_until(lambda: pathlib.Path(f"/proc/{holder.pid}/ns/net").readlink() != own, 10, "a network namespace")
        Networks.enter(holder.pid, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0")  # see isolate()
        rooms.ip("link", "set", "lo", "up", inside=holder.pid)
        return holder.pid

    def join(self, end, address, gateway, name, metric=0):
        rooms.ip("link", "add", f"{name}0", "type", "veth", "peer", "name", f"{name}1")
        rooms.ip("link", "set", f"{name}0", "netns", str(end))
        rooms.ip("link", "set", f"{name}1", "netns", str(self.router))
        for inside, device, own in (end, f"{name}0", address), (self.router, f"{name}1", gateway):
            rooms.ip("address", "add", f"{own}/24", "dev", device, inside=inside)
            rooms.ip("link", "set", device, "up", inside=inside)
        rooms.ip("route", "add", "default", "via", gateway, "metric", str(metric), inside=end)

    @staticmethod
    def enter(inside, command, *arguments, text=None):
        subprocess.run([*rooms.enter(inside), rooms.tool(command), *arguments], input=text, text=True, check=True)

    def filter(self, *rules, nat=""):
        """The router's rules from now on, in place of those before."""
        lines = "\n".join(rules)
        self.enter(self.router, "nft", "-f", "-", text=f"""
            flush ruleset
            table inet lectern {{
                chain between {{ type filter hook forward priority 0; {lines}\n }}
                chain translate {{ type nat hook postrouting priority 100; {nat}\n }}
            }}""")

    def start(self):
        """A box, and a sender that presents by the box's meeting ID."""
        room = self.room
        box = room.receiver(room.display(640, 360), inside=self.box)
        check(box.said("Meeting ID").replace(" ", "") == rooms.meeting_id(BOX), box.out())
        sender = room.sender(rooms.meeting_id(BOX), "--stats", screen=room.painted(), pin=box.pin(), inside=self.sender)
        return box, sender
