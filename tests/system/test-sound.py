#!/usr/bin/env python3
"""The sender's sound at the box: the very tone, only where it is shared, and in step with the picture."""
import array
import math
import os
import pathlib
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

RATE = 48000
FORMAT = ["--raw", f"--rate={RATE}", "--channels=1", "--format=s16le"]
CLICK_EVERY_S = 0.6  # far more than the delay from desk to room
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


def clicks(seconds):
    click = array.array("h", (20000 if n // 24 % 2 else -20000 for n in range(RATE // 100)))
    silence = array.array("h", bytes(2 * (int(CLICK_EVERY_S * RATE) - len(click))))
    return (click + silence) * int(seconds / CLICK_EVERY_S)


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


def scene(room, *options, sound=True):
    """(desk, box, sender, eye): a presentation between two machines with a speaker each."""
    desk, hall = Speaker(room, "desk"), Speaker(room, "hall")
    box = room.receiver(room.display(640, 360), sound=sound, PULSE_SERVER=hall.server)
    sender = room.sender(box.target(), *options, screen=room.painted(fps=30), pin=box.pin(), PULSE_SERVER=desk.server)
    return desk, hall, box, sender, room.expect(box, sender)


def test_tone():
    """A tone that is played on the sender's machine is heard at the box, clean and at its frequency."""
    with rooms.Room() as room:
        desk, hall, _, sender, _ = scene(room, "--audio")
        microphone = hall.listen()
        desk.play(tone(997, 20))
        wait_until(lambda: len(microphone.samples) > RATE and share_of(997, microphone.last(0.5)) > 0.95, 18,
                   lambda: f"the tone; {share_of(997, microphone.last(0.5)):.2f} of the sound is it", every=0.2)
        check(share_of(1500, microphone.last(0.5)) < 0.01, "what is measured is not the tone")
        check(sender.stop() == 0, sender.err())


def test_not_shared():
    """Without --audio nothing is heard."""
    with rooms.Room() as room:
        desk, hall, _, _, eye = scene(room)
        own, microphone = desk.listen(), hall.listen()
        desk.play(tone(997, 6))
        wait_until(lambda: len(own.samples) > RATE and share_of(997, own.last(0.5)) > 0.9, 10, "the tone at the desk", every=0.1)
        wait_until(lambda: eye.look() and eye.pictures > 60, 10, "two seconds of pictures")
        check(len(microphone.samples) > RATE, "the box's speaker was not listened to")
        check(max(map(abs, microphone.samples)) < 10, "something is heard at the box")


def test_in_step():
    """Sound and picture are within 40 ms of each other."""
    with rooms.Room() as room:
        desk, hall, box, sender, eye = scene(room, "--audio")
        near, far = desk.listen(), hall.listen()
        desk.play(clicks(40))
        delays = []

        def look():
            if eye.look():
                delays.append((eye.changed, eye.changed - eye.drawn))
            return len(far.onsets) >= 25
        wait_until(look, 30, lambda: f"25 clicks; {len(near.onsets)} were played, {len(far.onsets)} heard", every=0.002)
        skews = []
        for heard in far.onsets[-12:]:
            played = [one for one in near.onsets if heard - CLICK_EVERY_S < one <= heard]
            shown = [delay for when, delay in delays if abs(when - heard) < 0.3]
            if played and shown:
                skews.append((heard - played[-1] - statistics.median(shown)) * 1000)
        check(len(skews) >= 8, len(skews), "clicks could be matched")
        comment(f"picture {statistics.median(delay for _, delay in delays) * 1000:.0f} ms, sound later by "
                f"{statistics.median(skews):.0f} ms ({min(skews):.0f} to {max(skews):.0f}); the box says "
                f"{box.presenters()['Anna'].get('sound_skew_ms')}")
        check(abs(statistics.median(skews)) <= 40, skews)
        check(sender.stop() == 0, sender.err())


rooms.start()
run(test_tone, test_not_shared, test_in_step)
