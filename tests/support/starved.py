"""Whether the machine kept its programs waiting while a test measured time: then the measurement says nothing, and is repeated."""
import os
import threading
import time

from tap import Failed, comment

TURN_S = 0.02
STALL_S = 0.2  # so late is a thread that slept only where others take the processors
IDLE = 0.05
ROUNDS = 3


def processors():
    """(idle, all) in ticks since the machine started; what a host takes from a virtual machine is not idle."""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


class Watch:
    """with Watch() as watch: …; then watch.starved, and str(watch) says why."""

    def __enter__(self):
        self.before, self.stall_s, self.idle, self.over = processors(), 0.0, 1.0, threading.Event()
        self.thread = threading.Thread(target=self.stare, daemon=True)
        self.thread.start()
        return self

    def stare(self):
        due = time.monotonic() + TURN_S
        while not self.over.wait(TURN_S):
            now = time.monotonic()
            self.stall_s = max(self.stall_s, now - due)
            due = now + TURN_S

    def __exit__(self, kind, why, trace):
        self.over.set()
        self.thread.join()
        idle, ticks = (now - then for now, then in zip(processors(), self.before))
        self.idle = idle / max(ticks, 1)

    @property
    def starved(self):
        return self.idle < IDLE or self.stall_s > STALL_S

    def __str__(self):
        return (f"{self.idle:.0%} of {os.cpu_count()} processors idle, a thread waited up to {self.stall_s * 1000:.0f} ms "
                f"for one, load {os.getloadavg()[0]:.1f}")


def measured(measure):
    """What measure() returns. Where it fails on a machine that starved it, the whole of it is tried again, three times in all."""
    for left in reversed(range(ROUNDS)):
        with Watch() as watch:
            try:
                return measure()
            except Failed as why:
                failed = why
        if not watch.starved or not left:
            comment(f"measured with {watch}")
            raise failed
        comment(f"again, for the machine was short of time ({watch}): {failed}")
    raise AssertionError("not reached")
