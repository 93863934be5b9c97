"""Speakers that a test plays to and listens at: PulseAudio servers of its own, and what a tone's share of a sound is."""
import array
import math
import os
import threading
import time

import room as rooms
from tap import wait_until

RATE = 48000
FORMAT = ["--raw", f"--rate={RATE}", "--channels=1", "--format=s16le"]
LOUD = 3000


class Speaker:
    """A PulseAudio server of its own with one output that makes no noise, and what is played on it."""

    def __init__(self, room, name):
        self.room, self.server = room, f"unix:{room.folder}/{name}.pulse"
        home = room.folder / f"{name}-home"
        home.mkdir(mode=0o700)
        daemon = rooms.Process(
            room, f"pulse-{name}",
            [rooms.tool("pulseaudio"), "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--log-target=stderr",
             f"--load=module-native-protocol-unix socket={room.folder}/{name}.pulse auth-anonymous=1",
             f"--load=module-null-sink sink_name={name} rate={RATE}"],
            HOME=str(home), PULSE_RUNTIME_PATH=str(home), DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent")
        daemon.expected_to_crash = True
        wait_until((room.folder / f"{name}.pulse").exists, 20, lambda: f"pulseaudio\n{daemon.err()}")

    def play(self, samples):
        path = self.room.folder / "played.raw"
        path.write_bytes(samples.tobytes())
        return rooms.Process(self.room, "pacat", [rooms.tool("pacat"), "-s", self.server, *FORMAT, "--latency-msec=20", path])

    def listen(self):
        return Microphone(self.room, self.server)


class Microphone:
    """Records what a speaker plays; at() tells when a sample was heard, as well as its arrival allows."""

    def __init__(self, room, server):
        read, write = os.pipe()
        recorder = rooms.Process(room, "parec", [rooms.tool("parec"), "-s", server, "-d", "@DEFAULT_MONITOR@", *FORMAT,
                                                 "--latency-msec=10"], stdout=write)
        recorder.expected_to_crash = True
        os.close(write)
        self.samples, self.onsets, self.quiet = array.array("h"), [], RATE
        threading.Thread(target=self.record, args=(read,), daemon=True).start()

    def record(self, fd):
        while chunk := os.read(fd, 65536):
            now = time.monotonic()
            part = array.array("h", chunk[:len(chunk) & ~1])
            self.find_onsets(part, now)
            self.samples.extend(part)

    def find_onsets(self, part, now):
        """Where it gets loud after at least 0.2 s of silence."""
        for index, sample in enumerate(part):
            if abs(sample) < LOUD:
                self.quiet += 1
                continue
            if self.quiet > RATE // 5:
                self.onsets.append(now - (len(part) - index) / RATE)
            self.quiet = 0

    def last(self, seconds):
        return self.samples[-int(seconds * RATE):]


def tone(frequency, seconds):
    return array.array("h", (int(12000 * math.sin(2 * math.pi * frequency * n / RATE)) for n in range(int(seconds * RATE))))


def share_of(frequency, samples):
    """How much of the samples' energy is at that frequency (Goertzel's way), 0 to 1."""
    energy = sum(sample * sample for sample in samples)
    if energy < len(samples) * 100:
        return 0.0
    turn = 2 * math.pi * frequency / RATE
    one, other = 0.0, 0.0
    for sample in samples:
        one, other = sample + 2 * math.cos(turn) * one - other, one
    power = one * one + other * other - 2 * math.cos(turn) * one * other
    return 2 * power / len(samples) / energy
