#!/usr/bin/env python3
"""A wire with a delay between two network namespaces, for kernels without netem: two TUN devices, and what goes into one comes
out of the other later. As a program it is the wire: delay.py NAME PID MS."""
import fcntl
import os
import select
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 1, 0x1000
LARGEST, MOST_WAITING = 2048, 20000


class Wire:
    """From the test's own namespace, at near_address, to that of the process inside, at far_address, whose way to everywhere it is."""

    def __init__(self, room, name, inside, near_address, far_address, ms):
        import room as rooms
        from tap import check, wait_until
        self.process = rooms.Process(room, f"wire-{name}", [sys.executable, __file__, name, inside, ms])
        self.process.expected_to_crash = True
        wait_until(lambda: "ready" in self.process.out() or not self.process.running(), 10, "a wire")
        check(self.process.running(), self.process.err())
        for where, device, own, other in (None, f"{name}0", near_address, far_address), (inside, f"{name}1", far_address, near_address):
            rooms.ip("address", "add", own, "peer", other, "dev", device, inside=where)
            rooms.ip("link", "set", device, "up", inside=where)
        rooms.ip("route", "add", "default", "dev", f"{name}1", inside=inside)


def device(name):
    opened = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(opened, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return opened


def carry(ends, seconds):
    """The delay is one, so what came first leaves first."""
    other, waiting = {ends[0]: ends[1], ends[1]: ends[0]}, []
    while True:
        patience = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        ready = select.select(ends, [], [], patience)[0]
        now = time.monotonic()
        for end in ready:
            packet = read(end)
            if packet and len(waiting) < MOST_WAITING:
                waiting.append((now + seconds, other[end], packet))
        due = next((index for index, one in enumerate(waiting) if one[0] > now), len(waiting))
        for _, end, packet in waiting[:due]:
            write(end, packet)
        del waiting[:due]


def read(end):
    try:
        return os.read(end, LARGEST)
    except OSError:
        return None  # the device is not up yet


def write(end, packet):
    try:
        os.write(end, packet)
    except OSError:
        pass  # not up, or its queue is full: lost, as on a wire


def main():
    name, pid, ms = sys.argv[1], sys.argv[2], float(sys.argv[3])
    ends = [device(f"{name}{number}") for number in range(2)]
    subprocess.run(["ip", "link", "set", f"{name}1", "netns", pid], check=True)
    print("ready", flush=True)
    carry(ends, ms / 1000)


if __name__ == "__main__":
    main()
