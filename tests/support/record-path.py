#!/usr/bin/env python3
"""Records what a real queue of the kernel does to packets, for tests/unit/data/paths; see the README there.

unshare --net record-path.py FOLDER, as root: two network namespaces, a veth pair between, a token bucket (sch_tbf) on the sender's end.
"""
import ctypes
import os
import pathlib
import socket
import struct
import subprocess
import sys
import threading
import time

from tap import wait_until

SECONDS, PICTURES = 8, 30
A, B = "10.79.1.1", "10.79.1.2"
CLONE_NEWNET = 0x40000000


def run(*command):
    subprocess.run(command, check=True)


def tbf(verb, kbit, burst="8kb", latency="500ms"):
    run("tc", "qdisc", verb, "dev", "rec0", "root", "tbf", "rate", f"{kbit}kbit", "burst", burst, "latency", latency)


def receive(done, records):
    """In the other namespace: when each packet came, by the kernel's clock of this machine, for both ends are on it."""
    end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    end.bind((B, 7000))
    end.settimeout(3)
    os.write(done, b"r")
    try:
        while True:
            packet = end.recv(2000)
            sequence, sent = struct.unpack("!Iq", packet[:12])
            records.append((sequence, sent, time.monotonic_ns() // 1000, len(packet) + 28))
    except TimeoutError:
        pass


def send(kbps_at):
    end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end.connect((B, 7000))
    start, owed, sequence = time.monotonic(), 0.0, 0
    for picture in range(SECONDS * PICTURES):
        due = start + picture / PICTURES
        time.sleep(max(0, due - time.monotonic()))  # its turn: what is recorded is time
        owed += kbps_at(picture / PICTURES) * 125 / PICTURES
        while owed >= 1200:
            owed -= 1200
            end.send(struct.pack("!Iq", sequence, time.monotonic_ns() // 1000) + bytes(1200 - 12 - 28))
            sequence += 1
            time.sleep(0.0004)  # as a pacer does
    return sequence


def enter(pid):
    with open(f"/proc/{pid}/ns/net") as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")


def record(path, far, kbit, kbps_at, at=None, cross=False, **bucket):
    tbf("replace", kbit, **bucket)
    ready, done = os.pipe()
    child = os.fork()
    if child == 0:
        enter(far)
        records = []
        if cross:
            threading.Thread(target=swallow, daemon=True).start()
        receive(done, records)
        write(path, records)
        os._exit(0)
    os.read(ready, 1)
    if at:
        threading.Timer(at[0], tbf, ("change", at[1])).start()
    if cross:
        threading.Timer(3, pour, (2.5,)).start()
    send(kbps_at)
    os.waitpid(child, 0)


def swallow():
    listener = socket.create_server((B, 7001))
    end, _ = listener.accept()
    while end.recv(65536):
        pass


def pour(seconds):
    with socket.create_connection((B, 7001)) as end:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            end.send(bytes(16384))


def write(path, records):
    records.sort()
    first = records[0][1]
    sent_before = arrived_before = first
    with open(path, "w", encoding="ascii") as file:
        for _, sent, arrived, length in records:
            file.write(f"{sent - sent_before} {arrived - arrived_before} {length}\n")
            sent_before, arrived_before = sent, arrived


def is_up(prefix, device):
    said = subprocess.run([*prefix, "ip", "link", "show", device], capture_output=True, text=True, check=True).stdout
    return "state UP" in said


def main():
    folder = pathlib.Path(sys.argv[1])
    far = subprocess.Popen(["unshare", "--net", "sleep", "120"])
    own = os.readlink("/proc/self/ns/net")
    wait_until(lambda: os.readlink(f"/proc/{far.pid}/ns/net") != own, 10, "the other namespace")
    run("ip", "link", "add", "rec0", "type", "veth", "peer", "name", "rec1")
    run("ip", "link", "set", "rec1", "netns", str(far.pid))
    there = ["nsenter", f"--net=/proc/{far.pid}/ns/net"]
    for prefix, device, address in ([], "rec0", A), (there, "rec1", B):
        run(*prefix, "ip", "address", "add", f"{address}/24", "dev", device)
        run(*prefix, "ip", "link", "set", device, "up")
        run(*prefix, "ip", "link", "set", "lo", "up")
    wait_until(lambda: is_up([], "rec0") and is_up(there, "rec1"), 10, "the pair to be up")
    record(folder / "steady", far.pid, 6000, lambda now: 3000)
    record(folder / "narrows", far.pid, 8000, lambda now: 3000, at=(4, 1500))
    record(folder / "too-much", far.pid, 3000, lambda now: 2000 if now < 4 else 4000)
    record(folder / "tcp", far.pid, 5000, lambda now: 3000, cross=True, latency="200ms")
    record(folder / "bursts", far.pid, 4000, lambda now: 2000 + 8000 * (now % 2 < 0.1), burst="64kb")
    far.terminate()


main()
