#!/usr/bin/env python3
"""Three senders over one path of 6 Mbit/s: they share it fairly, fill it, and no queue of theirs stands before it."""
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from networks import BOX, Networks  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

NAMES = ["Anna", "Björn", "Chloé"]
PATH_KBPS = 6000
LEARN_S, MEASURE_S, ROUNDS = 15, 15, 2


def jain(values):
    """1: equal shares; 1/n: one has all."""
    return sum(values) ** 2 / (len(values) * sum(value * value for value in values))


def middle(values):
    return sorted(values)[len(values) // 2]


def measure(box, senders):
    """(Jain's index over what arrives of each, how much of the path that is, the middle of the round trips in ms)."""
    seen, trips = {name: [] for name in NAMES}, []
    end = time.monotonic() + MEASURE_S
    while time.monotonic() < end:
        for name, one in box.presenters().items():
            seen[name].append(one["receiving_kbps"])
        trips.extend(sender.stats()["rtt_ms"] for sender in senders)
        time.sleep(0.5)
    means = [sum(values) / len(values) for values in seen.values()]
    index, use, trip = jain(means), sum(means) / PATH_KBPS, middle(trips)
    comment(f"means {[round(value) for value in means]} kbit/s: Jain's index {index:.3f}, {use:.2f} of the path; round trip "
            f"{trip:.0f} ms in the middle, {sorted(trips)[len(trips) * 95 // 100]:.0f} ms at the 95th percentile")
    return index, use, trip


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
        time.sleep(LEARN_S)
        for left in reversed(range(ROUNDS)):  # a machine that does other things as well has seconds without any pictures
            index, use, trip = measure(box, senders)
            if left == 0 or (index >= 0.8 and use > 0.6 and trip < 100):
                break
        for sender in senders:
            check(sender.running(), sender.err())
        check(index >= 0.8, f"Jain's index is {index:.3f}")
        check(use > 0.6, f"only {use:.2f} of the path is used")
        check(trip < 100, f"the round trip takes {trip:.0f} ms")


rooms.start()
run(test_three)
