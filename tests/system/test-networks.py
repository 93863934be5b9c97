#!/usr/bin/env python3
"""The box in one subnet, the sender in another, a router between: what it lets through, drops, translates and interrupts."""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from networks import BOX, SENDER, Networks  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

OUTAGE_S = 4


def candidates(box):
    """The pair of candidates that the picture comes over, once --status knows it."""
    def known():
        one = box.presenters().get("Anna", {})
        return one.get("remote_candidate") and (one["local_candidate"], one["remote_candidate"])
    return wait_until(known, 10, "the candidates")


def test_subnets():
    """The ten digits join across a router that drops multicast."""
    with rooms.Room() as room:
        networks = Networks(room)
        box, sender = networks.start()
        room.expect(box, sender)
        local, remote = candidates(box)
        comment(f"{local} <- {remote}")
        check(BOX in local and SENDER in remote and local.startswith("udp"), local, remote)
        check(sender.stop() == 0, sender.err())


def test_no_udp():
    """Where the router drops all UDP, the picture comes over TCP."""
    with rooms.Room() as room:
        networks = Networks(room)
        networks.filter("meta l4proto udp drop")
        box, sender = networks.start()
        start = time.monotonic()
        eye = room.expect(box, sender)
        comment(f"first picture after {time.monotonic() - start:.1f} s, {' <- '.join(candidates(box))}")
        check(all("tcp" in one for one in candidates(box)), candidates(box))
        wait_until(lambda: eye.look() and eye.pictures > 30, 20, "the picture to go on")
        check(sender.stop() == 0, sender.err())


def test_udp_closed():
    """A router that begins to drop UDP in the middle of a presentation: the picture comes back over TCP."""
    with rooms.Room() as room:
        networks = Networks(room)
        box, sender = networks.start()
        eye = room.expect(box, sender)
        check(candidates(box)[0].startswith("udp"), candidates(box))
        networks.filter("meta l4proto udp drop")
        gone = time.monotonic()
        wait_until(lambda: eye.still_for() > 1, 10, "the picture to stand still")

        def resumed():
            check(sender.running(), "the sender has ended:", sender.err())
            return eye.look() and eye.drawn > gone  # not one that was still on its way
        wait_until(resumed, 40, lambda: f"the picture to resume\n{sender.err()}")
        comment(f"resumed {time.monotonic() - gone:.1f} s after, {' <- '.join(candidates(box))}")
        wait_until(lambda: all("tcp" in one for one in candidates(box)), 5, lambda: f"TCP, not {candidates(box)}")
        check(sender.stop() == 0, sender.err())


def test_translated():
    """A sender behind address translation joins, though the box could never reach its address."""
    with rooms.Room() as room:
        networks = Networks(room)
        networks.filter("iifname rb1 ct state new drop", nat="oifname rb1 masquerade")
        rooms.ip("route", "del", "default", inside=networks.box)
        rooms.ip("route", "add", "unreachable", "10.78.2.0/24", inside=networks.box)
        box, sender = networks.start()
        room.expect(box, sender)
        comment(" <- ".join(candidates(box)))
        check("10.78.1.1" in candidates(box)[1], candidates(box))
        check(sender.stop() == 0, sender.err())


def outage(begin, end):
    """The network goes for a while and comes back: the picture resumes on the same sender."""
    with rooms.Room() as room:
        networks = Networks(room)
        box, sender = networks.start()
        eye = room.expect(box, sender)
        candidates(box)
        begin(networks)
        gone = time.monotonic()
        wait_until(lambda: eye.look() or time.monotonic() - gone > OUTAGE_S, OUTAGE_S + 5, "the outage's end")
        wait_until(lambda: not eye.look() and time.monotonic() - gone > OUTAGE_S, OUTAGE_S + 5, "the outage's end")
        check(eye.drawn < gone + 2, "a picture came that was painted", eye.drawn - gone, "s into the outage")
        end(networks)
        back = time.monotonic()

        def resumed():
            check(sender.running(), "the sender has ended:", sender.err())
            return eye.look() and eye.drawn > back
        wait_until(resumed, 30, lambda: f"the picture to resume\n{sender.err()}")
        rejoined = box.err().count("is sharing.") > 1
        comment(f"resumed {time.monotonic() - back:.1f} s after, {'by rejoining' if rejoined else 'without rejoining'}")
        check(sender.stop() == 0, sender.err())


def test_dropped():
    """A router that drops everything for 4 s: the picture resumes."""
    outage(lambda networks: networks.filter("drop"), lambda networks: networks.filter())


def test_cable():
    """The sender's cable pulled for 4 s: the picture resumes."""
    def plug_in(networks):
        rooms.ip("link", "set", "rs0", "up", inside=networks.sender)
        rooms.ip("route", "add", "default", "via", "10.78.2.1", inside=networks.sender)
    outage(lambda networks: rooms.ip("link", "set", "rs0", "down", inside=networks.sender), plug_in)


def test_silent_loss():
    """A network that goes for good while the programs run: the box frees the place, the sender ends with 5."""
    with rooms.Room() as room:
        networks = Networks(room)
        box, sender = networks.start()
        room.expect(box, sender)
        gone = time.monotonic()
        networks.filter("drop")
        wait_until(lambda: not box.status()["presenters"], 60, "the box to notice", every=0.25)
        comment(f"the box noticed after {time.monotonic() - gone:.1f} s")
        check(time.monotonic() - gone < 45, "too late")  # the silence, and half a minute in which it might come back
        check(sender.wait(60) == 5, sender.popen.returncode, sender.err())
        comment(f"{sender.err().splitlines()[-1]} (after {time.monotonic() - gone:.1f} s)")


rooms.start()
run(test_subnets, test_no_udp, test_udp_closed, test_translated, test_dropped, test_cable, test_silent_loss)
