#!/usr/bin/env python3
"""Calls across the Internet while the cloud, its relay or the network between change."""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cloud as clouds  # noqa: E402
import room as rooms  # noqa: E402
from cloud import run_with  # noqa: E402
from tap import check, comment, wait_until  # noqa: E402
from topology import NO_UDP, calling, internet_cloud  # noqa: E402

CONE, SYMMETRIC = {"nat": "cone"}, {"nat": "symmetric"}
LIFETIME_S = 60  # who asks anew does so a minute later at the earliest
shared = internet_cloud()


def is_direct(local, remote):
    return " relay " not in local + remote


def test_udp_freed():
    """UDP is let through in mid-call: the call moves from the relay inside TLS to the direct path, and goes on."""
    with calling(shared(), CONE, {"rules": NO_UDP}) as call:
        call.goes(lambda local, remote: local.startswith("tls relay"))
        call.sites[1].let()
        freed = time.monotonic()
        call.goes(is_direct, patience=60)
        comment(f"direct {time.monotonic() - freed:.1f} s after UDP was let through")
        call.goes_on()


def test_cloud_dies():
    """The cloud's server dies in mid-call: the picture goes on; it comes back, and the box has the number it had."""
    cloud = shared()
    with calling(cloud, CONE, CONE) as call:
        call.goes(is_direct)
        cloud.stop_node(clouds.signal.SIGKILL)

        def is_back():
            return call.box.status()["cloud"]["state"] == "connected"
        wait_until(lambda: not is_back(), 60, lambda: f"the box to notice\n{call.box.status()['cloud']}", every=0.1)
        call.goes_on(30)
        cloud.start_node()
        cloud.wait()
        back = time.monotonic()
        wait_until(is_back, 60, lambda: f"the box to be back\n{call.box.status()['cloud']}", every=0.1)
        comment(f"back {time.monotonic() - back:.1f} s after the cloud was")
        check(call.box.status()["cloud"]["number"] == call.digits, call.box.status()["cloud"]["number"], "is not", call.digits)
        call.goes_on()


def test_credentials_expire():
    """The relay's credentials expire in mid-call: it goes on, and a new path asked for with newer ones is found."""
    cloud = shared()
    cloud.fill(RELAY_LIFETIME=f"{LIFETIME_S}s")
    cloud.ejabberdctl("reload_config")
    with calling(cloud, SYMMETRIC, SYMMETRIC) as call:
        call.goes(lambda local, remote: " relay " in local + remote)
        start = time.monotonic()
        wait_until(lambda: call.eye.look() and time.monotonic() > start + LIFETIME_S + 2, LIFETIME_S + 10, "the credentials to expire")
        call.goes_on(30)
        before = call.path()
        rooms.ip("address", "del", "192.168.2.2/24", "dev", "eth", inside=call.sender_inside)
        rooms.ip("address", "add", "192.168.2.77/24", "dev", "eth", inside=call.sender_inside)
        rooms.ip("route", "add", "default", "via", "192.168.2.1", inside=call.sender_inside)
        call.goes(lambda local, remote: " relay " in local + remote and (local, remote) != before, patience=40)
        call.goes_on(30)


if __name__ == "__main__":
    run_with(shared, test_udp_freed, test_cloud_dies, test_credentials_expire)
