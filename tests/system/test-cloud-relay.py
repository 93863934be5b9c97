#!/usr/bin/env python3
"""The cloud's relay, coturn as packaging/cloud sets it up: it passes on what callers send each other, and leads nowhere else."""
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from cloud import Shared, run_with  # noqa: E402
from tap import check, comment  # noqa: E402
from turn import MAPPED, RELAYED, TCP, Relay  # noqa: E402

NEVER = ("0.0.0.0", "0.1.2.3", "127.0.0.1", "127.8.9.10", "169.254.169.254", "192.0.0.8", "198.18.0.1", "224.0.0.251",
         "239.255.255.250", "255.255.255.255")
PRIVATE = "10.0.0.1", "10.255.255.255", "100.64.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1"
PUBLIC = "8.8.8.8", "172.32.0.1", "192.169.0.1", "203.0.113.9", "100.128.0.1"
NEVER_6 = "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "fe80::1", "ff02::1"
PRIVATE_6 = "fc00::1", "fd12::1"
QUOTA = 12

OWN_6 = "fd77::1"
shared = Shared(lambda: rooms.ip("address", "add", f"{OWN_6}/64", "dev", "room-a", "nodad"), ALLOW_PRIVATE_RELAY="no",
                RELAY_ADDRESSES=f"{rooms.ADDRESS} {OWN_6}")


def credentials(cloud):
    with cloud.guest() as guest:
        offered = {one["type"]: one for one in guest.relays()}
    return offered["turn"]["username"], offered["turn"]["password"]


def over_udp(cloud, who=None):
    return Relay(*(who or credentials(cloud)), address=cloud.address)


def over_tls(cloud, who=None):
    return Relay(*(who or credentials(cloud)), stream=cloud.tls_stream(f"turn.{cloud.host}"))


def test_both_ways():
    """Two callers, one by UDP and one inside TLS on 443, reach each other through the relay and see their own addresses."""
    cloud = shared()
    with over_udp(cloud) as anna, over_tls(cloud) as box:
        ends = []
        for one in anna, box:
            code, answer = one.allocate()
            check(code == 0, code)
            check(answer[MAPPED] == one.socket.getsockname(), answer[MAPPED], "is not", one.socket.getsockname())
            ends.append(answer[RELAYED])
        check(anna.permit(*ends[1]) == 0 and box.permit(*ends[0]) == 0, "no permission")
        for sender, receiver, source, target in (anna, box, *ends), (box, anna, *reversed(ends)):
            sender.send(*target, b"picture")
            check(receiver.receive() == (source, b"picture"), "something else")


def let_through_of(cloud, addresses, family=None):
    """Those of the addresses that the relay gives permission for or binds a channel to."""
    let_through = []
    with over_udp(cloud) as caller:
        code, answer = caller.allocate(family=family)
        check(code == 0, code)
        for number, address in enumerate(addresses):
            codes = caller.permit(address), caller.bind(address, channel=0x4000 + number)
            if 0 in codes:
                let_through.append(address)
            else:
                check(set(codes) == {403}, address, codes)
    return let_through


def test_denied():
    """Loopback, link-local, shared, benchmark, private and multicast addresses are refused with 403; others are not."""
    check(let_through_of(shared(), NEVER + PRIVATE) == [], "let through")
    check(let_through_of(shared(), PUBLIC) == list(PUBLIC), "public addresses are refused")


def test_denied_6():
    """The same for IPv6, and for IPv4 in IPv6's clothes."""
    cloud = shared()
    with over_udp(cloud) as caller:
        check(caller.allocate()[0] == 0, "no allocation")
        for address in NEVER_6 + PRIVATE_6:  # of another family than the allocation: 443, or 403
            check(caller.permit(address) in (403, 443), address)
    check(let_through_of(cloud, NEVER_6 + PRIVATE_6, family=2) == [], "let through")
    check(let_through_of(cloud, ["2001:4860::1"], family=2) == ["2001:4860::1"], "public addresses are refused")


def test_private_allowed():
    """A company's own cloud may relay to private addresses, still not to loopback and the like."""
    cloud = company_cloud()
    check(let_through_of(cloud, NEVER) == [], "let through")
    check(let_through_of(cloud, PRIVATE) == list(PRIVATE), "private addresses are refused")


def company_cloud():
    """The same machine with another setting."""
    cloud = shared()
    cloud.fill(ALLOW_PRIVATE_RELAY="yes")
    cloud.relay.kill()
    cloud.start_relay()
    return cloud


def test_own_services():
    """Nothing of this machine is reached over the relay but the relay's own ports."""
    cloud = shared()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as service, over_udp(cloud) as caller:
        service.bind((cloud.address, 5300))
        service.settimeout(1)
        check(caller.allocate()[0] == 0, "no allocation")
        check(caller.permit(cloud.address) == 0, "two callers who both need the relay could not meet")
        caller.send(cloud.address, 5300, b"hello")
        try:
            check(False, "the service was reached:", service.recv(100))
        except socket.timeout:
            pass


def test_udp_only():
    """No allocation for TCP, none without a password or with an old one, and a caller's share ends."""
    cloud = shared()
    who = credentials(cloud)
    with over_udp(cloud, who) as caller:
        check(caller.allocate(TCP)[0] in (400, 442), "a TCP allocation")
    for wrong in (who[0], "wrong"), ("1000000000:" + who[0].partition(":")[2], who[1]), ("nobody", "nothing"):
        with over_udp(cloud, wrong) as caller:
            check(caller.allocate()[0] == 401, wrong[0])
    callers = [over_udp(cloud, who) for _ in range(QUOTA + 4)]
    codes = [caller.allocate()[0] for caller in callers]
    comment(f"{codes.count(0)} allocations for one caller, then {set(codes) - {0}}")
    check(codes.count(0) == QUOTA and set(codes) == {0, 486}, codes)
    for caller in callers:
        caller.socket.close()


def test_plain():
    """Port 443 speaks nothing but TLS: STUN in the clear is hung up on."""
    cloud = shared()
    with socket.create_connection((cloud.address, 443), 10) as plain:
        plain.sendall(bytes.fromhex("000100002112a442") + bytes(12))
        plain.settimeout(10)
        try:
            check(plain.recv(100) == b"", "an answer")
        except ConnectionResetError:
            pass


run_with(shared, test_both_ways, test_denied, test_denied_6, test_udp_only, test_plain, test_own_services, test_private_allowed)
