#!/usr/bin/env python3
"""Three senders over one path of 6 Mbit/s: they share it fairly, fill it, and no queue of theirs stands before it."""
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from networks import BOX, Networks  # noqa: E402
from starved import measured  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

NAMES = ["Anna", "Björn", "Chloé"]
PATH_KBPS = 6000
MEASURE_S = 15
EVERY_S = 0.5
FAIR, USED = 0.8, 0.6


def jain(values):
    """1: equal shares; 1/n: one has all."""
    return sum(values) ** 2 / (len(values) * sum(value * value for value in values))


def middle(values):
    return sorted(values)[len(values) // 2]


def have_learned(box):
    """At this moment they share the path, and fill it."""
    rates = [one["receiving_kbps"] for one in box.presenters().values()]
    return len(rates) == len(NAMES) and jain(rates) >= FAIR and sum(rates) > USED * PATH_KBPS


def measure(box, senders):
    """Once they have learned how wide the path is: holds Jain's index over what arrives of each, how much of the path that is, and the middle of the round trips."""
    wait_until(lambda: have_learned(box), 20, lambda: f"equal shares; there are {box.presenters()}", every=EVERY_S)
    seen, trips = {name: [] for name in NAMES}, []
    end = time.monotonic() + MEASURE_S
    while time.monotonic() < end:
        for name, one in box.presenters().items():
            seen[name].append(one["receiving_kbps"])
        trips.extend(sender.stats()["rtt_ms"] for sender in senders)
        time.sleep(EVERY_S)  # what is measured is this time
    means = [sum(values) / len(values) for values in seen.values()]
    index, use, trip = jain(means), sum(means) / PATH_KBPS, middle(trips)
    comment(f"means {[round(value) for value in means]} kbit/s: Jain's index {index:.3f}, {use:.2f} of the path; round trip "
            f"{trip:.0f} ms in the middle, {sorted(trips)[len(trips) * 95 // 100]:.0f} ms at the 95th percentile")
    check(index >= FAIR, f"Jain's index is {index:.3f}")
    check(use > USED, f"only {use:.2f} of the path is used")
    check(trip < 100, f"the round trip takes {trip:.0f} ms")


def test_three():
    """Three films that want more than there is get about a third each."""
    with rooms.Room() as room:
        networks = Networks(room)
        try:
            networks.enter(networks.router, "tc", "qdisc", "add", "dev", "rb1", "root", "tbf", "rate", f"{PATH_KBPS}kbit",
                           "burst", "8kb", "latency", "400ms")
        except subprocess.CalledProcessError as missing:
            raise rooms.Skip("this kernel cannot narrow a path (sch_tbf)") from missing
        box = room.receiver(room.display(1280, 720), inside=networks.box)
        senders = []
        for number, name in enumerate(NAMES):
            senders.append(room.sender(rooms.meeting_id(BOX), "--stats", "--profile", "video", pin=box.pin(), name=name,
                                       screen=room.painted("film", number, 832, 468, fps=60), inside=networks.sender))
            wait_until(lambda now=name: now in box.presenters(), 20, lambda: f"{name}'s pictures\n{senders[-1].err()}")
        measured(lambda: measure(box, senders))
        for sender in senders:
            check(sender.running(), sender.err())


rooms.start()
run(test_three)
