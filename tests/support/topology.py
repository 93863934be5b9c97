"""An Internet of a test's own: a cloud on it, and sites behind routers of theirs, each a network namespace."""
import contextlib
import itertools
import socket

import capture as captures
import cloud as clouds
import enrolled
import room as rooms
from networks import Networks
from tap import check, comment, wait_until

CLOUD, CLOUD_6 = "203.0.113.1", "2001:db8:ffff::1"  # RFC 5737, RFC 3849: as good as public
BRIDGE = "internet"
ONLY_443 = "ct state established,related accept", "tcp dport 443 accept", "drop"
NO_UDP = "meta l4proto udp drop",
numbers = itertools.count(1)  # of cables: a name that is in use a moment longer is no trouble


def lay_internet():
    """A switch in the test's own namespace; its address is the cloud's."""
    rooms.ip("link", "add", BRIDGE, "type", "bridge")
    for address in f"{CLOUD}/24", f"{CLOUD_6}/48":
        rooms.ip("address", "add", address, "dev", BRIDGE, *(["nodad"] if ":" in address else []))
    rooms.ip("link", "set", BRIDGE, "up")


def internet_cloud(**more):
    """A cloud on that Internet, which relays to public addresses only."""
    return clouds.Shared(lay_internet, **{"address": CLOUD, "ALLOW_PRIVATE_RELAY": "no", **more})


def cable(near, near_end, far, far_end):
    """A pair of devices; far: None stays in the test's own namespace."""
    name = f"c{next(numbers)}"
    rooms.ip("link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b")
    rooms.ip("link", "set", f"{name}a", "netns", str(near), "name", near_end)
    if far:
        rooms.ip("link", "set", f"{name}b", "netns", str(far), "name", far_end)
    return f"{name}b"


class Site:
    """A router with a private network of hosts. nat: cone, symmetric, or None where other sites know the private network.

    cone is what conntrack's masquerade makes: a port is kept whoever is spoken to (RFC 4787's endpoint-independent mapping,
    as long as nobody else has it), and only those spoken to are let in (address- and port-dependent filtering). symmetric
    draws another port for each of those spoken to. What comes in unasked is dropped, as routers at homes do."""

    def __init__(self, room, number, nat="cone", rules=(), ipv4=True, ipv6=False):
        self.room, self.number, self.nat, self.ipv4, self.ipv6 = room, number, nat, ipv4, ipv6
        self.outside, self.inside = f"203.0.113.{number * 10}", f"192.168.{number}.1"
        self.outside_6, self.inside_6 = f"2001:db8:ffff::{number}0", f"2001:db8:{number}::1"
        self.router, self.hosts = Networks.namespace(room, f"router-{number}"), 0
        Networks.enter(self.router, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        outside = cable(self.router, "wan", None, None)
        rooms.ip("link", "set", outside, "master", BRIDGE, "up")
        self.link("add", "lan", "type", "bridge")
        for device in "wan", "lan":
            self.link("set", device, "up")
        self.address("wan", self.router, f"{self.outside}/24", f"{self.outside_6}/48")
        self.address("lan", self.router, f"{self.inside}/24", f"{self.inside_6}/64")
        if ipv6:  # the cloud's way back
            rooms.ip("-6", "route", "replace", f"2001:db8:{number}::/64", "via", self.outside_6)
        self.let(*rules)

    def link(self, *arguments):
        rooms.ip("link", *arguments, inside=self.router)

    def address(self, device, inside, four, six):
        if self.ipv4:
            rooms.ip("address", "add", four, "dev", device, inside=inside)
        if self.ipv6:
            rooms.ip("address", "add", six, "dev", device, "nodad", inside=inside)

    def let(self, *rules):
        """What the router forwards, from now on: nft's rules, in place of those before."""
        translate = {"cone": "oifname wan masquerade", "symmetric": "oifname wan masquerade random,fully-random",
                     None: "oifname wan ip daddr != 192.168.0.0/16 masquerade"}[self.nat]
        unasked = "iifname wan ct state new drop;" if self.nat else ""
        lines = "; ".join(rules)
        Networks.enter(self.router, "nft", "-f", "-", text=f"""
            flush ruleset
            table inet site {{
                chain asked {{ type filter hook input priority 0; {unasked}
                }}
                chain between {{ type filter hook forward priority 0; {unasked} {lines}
                }}
            }}
            table ip site {{
                chain translate {{ type nat hook postrouting priority 100; {translate}
                }}
            }}""")

    def intercept(self, certificate):
        """From now on port 443 of whatever is called ends at the router, by TLS of its own."""
        Networks.enter(self.router, "nft", "-f", "-", text="""
            table ip site {
                chain divert { type nat hook prerouting priority -100; iifname lan tcp dport 443 redirect to :443
                }
            }""")
        server = rooms.Process(self.room, "interceptor", [rooms.tool("openssl"), "s_server", "-quiet", "-accept", "443", "-cert",
                                                          certificate, "-naccept", "1000"], inside=self.router)
        server.expected_to_crash = True

        def answers():
            check(server.running(), "the interceptor:", server.err())
            with captures.socket_in(self.router, socket.AF_INET, socket.SOCK_STREAM) as probe:
                return probe.connect_ex((self.inside, 443)) == 0
        wait_until(answers, 10, "the interceptor", every=0.05)

    def host(self):
        """A namespace with a device in the private network; each has an address of its own."""
        self.hosts += 1
        name = f"host-{self.number}-{self.hosts}"
        inside = Networks.namespace(self.room, name)
        cable(inside, "eth", self.router, f"port{self.hosts}")
        self.link("set", f"port{self.hosts}", "master", "lan", "up")
        rooms.ip("link", "set", "eth", "up", inside=inside)
        self.address("eth", inside, f"192.168.{self.number}.{1 + self.hosts}/24", f"2001:db8:{self.number}::{1 + self.hosts}/64")
        if self.ipv4:
            rooms.ip("route", "add", "default", "via", self.inside, inside=inside)
        if self.ipv6:
            rooms.ip("-6", "route", "add", "default", "via", self.inside_6, inside=inside)
        return inside

    def knows(self, other):
        """Routes to another site's hosts: by IPv6 always, for that translates nothing."""
        if self.ipv4 and other.ipv4 and not other.nat:
            rooms.ip("route", "add", f"192.168.{other.number}.0/24", "via", other.outside, inside=self.router)
        if self.ipv6 and other.ipv6:
            rooms.ip("-6", "route", "add", f"2001:db8:{other.number}::/64", "via", other.outside_6, inside=self.router)

    def capture(self, device="wan"):
        """Everything on the router's cable to the Internet, or with device="lan" to its hosts."""
        return captures.Capture(self.router, device)


class Call:
    """A box at one place and a sender at another, who know each other by six digits only."""

    def __init__(self, cloud, room, box_inside, sender_inside, number=3, box=(), sender=(), conf=""):
        room.isolated = True
        self.room, self.number, self.sender_inside = room, number, sender_inside
        self.box, self.digits = enrolled.box_in(cloud, room.display(640, 360), *box, room=room, conf=conf,
                                                 account=f"box{next(numbers)}", inside=box_inside)
        self.sender = room.sender(self.digits, "--stats", *enrolled.way_to(cloud), *sender, screen=room.painted(number=number),
                                  pin=self.box.pin(), inside=sender_inside)
        self.eye = None

    def picture(self, patience=40):
        """The sender's own picture is on the box's display."""
        self.eye = self.room.expect(self.box, self.sender, self.number, timeout=patience)
        return self

    def path(self):
        """(the sender's end, the box's end), as the sender's statistics have them now."""
        figures = self.sender.stats()
        return figures.get("local", ""), figures.get("remote", "")

    def goes(self, judge, patience=10):
        """Until the path is as judge(local, remote) wants it; says which it is."""
        def as_wanted():
            check(self.sender.running(), "the sender has ended:", self.sender.err())
            path = self.path()
            return all(path) and judge(*path) and path
        path = wait_until(as_wanted, patience, lambda: f"another path than {self.path()}")
        comment(" <-> ".join(path))
        return path

    def goes_on(self, pictures=15, patience=20):
        """That many pictures more."""
        before = self.eye.pictures
        wait_until(lambda: self.eye.look() and self.eye.pictures >= before + pictures, patience, "the picture to go on")

    def end(self):
        check(self.sender.err().count("Joined ") == 1, "it was joined anew:", self.sender.err())
        check(self.sender.stop() == 0, self.sender.err())
        check(self.box.stop() == 0, self.box.err())


@contextlib.contextmanager
def calling(cloud, box_site, sender_site, **more):
    """A call whose picture has come, between two sites, each told by the arguments of Site.

    with calling(cloud, {"nat": "cone"}, {"rules": NO_UDP}) as call: …; call.sites and call.captures are (the box's, the sender's)."""
    with rooms.Room() as room:
        sites = Site(room, 1, **box_site), Site(room, 2, **sender_site)
        for one, other in sites, reversed(sites):
            one.knows(other)
        with sites[0].capture() as at_box, sites[1].capture() as at_sender:
            call = Call(cloud, room, sites[0].host(), sites[1].host(), **more)
            call.sites, call.captures = sites, (at_box, at_sender)
            call.picture()
            yield call
            call.end()
