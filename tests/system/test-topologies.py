#!/usr/bin/env python3
"""A box and a sender on different networks, a cloud between them: over which path the picture comes."""
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from capture import STUN, UDP, socket_in  # noqa: E402
from cloud import name_addresses, run_with  # noqa: E402
from tap import check, comment, wait_until  # noqa: E402
from topology import CLOUD, CLOUD_6, NO_UDP, ONLY_443, Call, Site, calling, internet_cloud  # noqa: E402

CONE, SYMMETRIC, ROUTED = {"nat": "cone"}, {"nat": "symmetric"}, {"nat": None}
shared = internet_cloud(RELAY_ADDRESSES=f"{CLOUD} {CLOUD_6}")


def test_two_subnets():
    """Two subnets with a router between: straight from one address to the other."""
    with calling(shared(), ROUTED, ROUTED) as call:
        call.goes(lambda local, remote: local.startswith("udp host 192.168.2.2") and remote.startswith("udp host 192.168.1.2"))


def test_same_network():
    """Both behind the same router, which names the cloud only: straight, and nothing of the media leaves the house."""
    with rooms.Room() as room:
        site = Site(room, 1)
        with site.capture() as capture:
            call = Call(shared(), room, site.host(), site.host()).picture()
            call.goes(lambda local, remote: "udp host 192.168.1." in local and "udp host 192.168.1." in remote)
            call.goes_on()
            datagrams = sum(count for key, count in capture.settled()[0].items() if key[0] == UDP)
            comment(f"{datagrams} datagrams to the Internet")
            check(datagrams < 150, datagrams, "datagrams went to the Internet")
            call.end()


def is_direct(local, remote):
    return " relay " not in local + remote and local.startswith("udp ") and "203.0.113." in remote


def test_cone():
    """Both behind routers that keep their ports: straight from router to router."""
    with calling(shared(), CONE, CONE) as call:
        call.goes(lambda local, remote: is_direct(local, remote) and f"{CLOUD}:" not in remote)
        call.goes_on()
        straight = sum(count for key, count in call.captures[1].settled()[0].items()
                       if {key[1], key[3]} == {one.outside for one in call.sites})
        check(straight > 30, straight, "packets from router to router")


def is_udp_relay(local, remote):
    """Not the one inside TLS; where that was the first to work, the better one takes over."""
    return "udp relay" in local + remote and "tls" not in local + remote


def test_cone_and_symmetric():
    """One keeps its ports and one does not: no hole can be made, a relay over UDP carries it."""
    with calling(shared(), CONE, SYMMETRIC) as call:
        call.goes(is_udp_relay, patience=45)


def test_symmetric():
    """Neither keeps its ports: a relay over UDP."""
    with calling(shared(), SYMMETRIC, SYMMETRIC) as call:
        call.goes(is_udp_relay, patience=45)


def test_no_udp_at_sender():
    """No UDP where the sender is: it goes through the relay inside TLS, and the box meets it by UDP."""
    with calling(shared(), CONE, {"rules": NO_UDP}) as call:
        call.goes(lambda local, remote: local.startswith("tls relay"))
        call.goes_on(30)
        read_wire(call.captures[1])


def test_no_udp_at_box():
    """No UDP where the box is."""
    with calling(shared(), {"rules": NO_UDP}, CONE) as call:
        call.goes(lambda local, remote: remote.startswith("tls relay"))
        call.goes_on(30)
        read_wire(call.captures[0])


def read_wire(*wires):
    """Each byte on port 443 is inside TLS, and the media are among it."""
    for wire in wires:
        check(wire.plain() == [], "not TLS:", wire.plain())
        comment(f"{wire.bytes_of(443)} bytes, all inside TLS on port 443")
        check(wire.bytes_of(443) > 60_000, wire.bytes_of(443), "bytes are no picture")


def test_only_443():
    """Only port 443 on both sides: inside TLS from both, and nothing in the clear; the wire is read."""
    with calling(shared(), {"rules": ONLY_443}, {"rules": ONLY_443}) as call:
        call.goes(lambda local, remote: local.startswith("tls relay"))
        call.goes_on(30)
        read_wire(*call.captures)
        for wire in call.captures:
            check(wire.beyond_443() == [], "other ports:", wire.beyond_443()[:5])
        finds_stun(call.sites[1], call.captures[1])


def finds_stun(site, wire):
    """The reading of the wire can fail: STUN in the clear on port 443 is found."""
    request = bytes.fromhex("000100002112a442") + bytes(12)
    check(STUN.match(request), "no STUN")
    with socket_in(site.router, socket.AF_INET, socket.SOCK_STREAM) as plain:
        plain.settimeout(10)
        plain.connect((CLOUD, 443))
        plain.sendall(request)
        wait_until(lambda: len(wire.plain()) == 1, 10, "STUN in the clear to be found")


def test_ipv6():
    """A sender that has nothing but IPv6, and a box with both: straight by IPv6, through both firewalls."""
    cloud = shared()
    name_addresses(cloud.room.folder, **{cloud.host: [CLOUD, CLOUD_6]})
    try:
        with calling(cloud, {"ipv6": True}, {"ipv4": False, "ipv6": True}) as call:
            call.goes(lambda local, remote: " relay " not in local + remote and "[2001:db8:2::" in local and
                      "[2001:db8:1::" in remote)
            call.goes_on()
    finally:
        name_addresses(cloud.room.folder, **{cloud.host: CLOUD})


def test_loss():
    """Every twentieth datagram lost at each router, on the way through the relay: the picture goes on."""
    loss = "meta l4proto udp numgen random mod 100 < 5 drop",
    with calling(shared(), {"nat": "symmetric", "rules": loss}, {"nat": "symmetric", "rules": loss}) as call:
        call.goes(lambda local, remote: " relay " in local + remote)
        call.goes_on(60)
        comment(f"longest pause {call.eye.longest_gap:.2f} s")
        check(call.eye.longest_gap < 3, "the picture stood still")


if __name__ == "__main__":
    run_with(shared, test_two_subnets, test_same_network, test_cone, test_cone_and_symmetric, test_symmetric,
             test_no_udp_at_sender, test_no_udp_at_box, test_only_443,
             test_ipv6, test_loss)
