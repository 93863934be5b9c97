#!/usr/bin/env python3
"""A long meeting: presenters who come and go leave nothing behind in the receiver."""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from screen import Eye  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

WARM_UP, ROUNDS = 10, 100
MORE_KIB, MORE_DESCRIPTORS, MORE_THREADS = 3072, 2, 0


def usage(process):
    """(resident KiB, descriptors, threads), the memory that malloc keeps for later included."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    field = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if len(line.split()) > 1}
    return int(field["VmRSS"]), len(os.listdir(f"/proc/{process.pid}/fd")), int(field["Threads"])


def join_and_leave(room, box, own, state):
    eye, pin = Eye(box.screen), box.pin()
    sender = room.sender(box.target(), screen=own, pin=pin, state=state)

    def seen():
        check(sender.running(), sender.err())
        return eye.look() and eye.pictures >= 3
    wait_until(seen, 30, "the picture")
    check(sender.stop() == 0, sender.err())
    wait_until(lambda: box.pin() != pin, 10, "the end, and a new PIN")


def settle(box, within):
    """Threads of GLib's and GStreamer's pools end when they have idled: the usage, once it is within or has been waited for."""
    def calm():
        now = usage(box)
        return now if within is None or (now[1] <= within[1] + MORE_DESCRIPTORS and now[2] <= within[2] + MORE_THREADS) else None
    try:
        return wait_until(calm, 30, "the threads", every=0.25)
    except rooms.Failed:
        return usage(box)


def test_churn():
    """A hundred joins and leaves: memory, descriptors and threads are as after the first ten."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360))
        own = room.painted(width=320, height=180, fps=30)
        state = room.folder / "sender"
        for _ in range(WARM_UP):
            join_and_leave(room, box, own, state)
        before = usage(box)
        for done in range(ROUNDS):
            join_and_leave(room, box, own, state)
            if done % 25 == 24:
                comment(f"{done + 1} rounds: {usage(box)}")
        after = settle(box, before)
        comment(f"resident KiB, descriptors, threads: {before} before, {after} after")
        for name, one, other, slack in zip(("KiB", "descriptors", "threads"), before, after,
                                           (MORE_KIB, MORE_DESCRIPTORS, MORE_THREADS)):
            check(other <= one + slack, f"{other - one} more {name}")


rooms.start()
run(test_churn)
