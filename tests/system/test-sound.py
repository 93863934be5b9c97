#!/usr/bin/env python3
"""The sender's sound at the box: the very tone, only where it is shared, and in step with the picture."""
import array
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from speaker import RATE, Speaker, share_of, tone  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

CLICK_EVERY_S = 0.6  # far more than the delay from desk to room


def clicks(seconds):
    click = array.array("h", (20000 if n // 24 % 2 else -20000 for n in range(RATE // 100)))
    silence = array.array("h", bytes(2 * (int(CLICK_EVERY_S * RATE) - len(click))))
    return (click + silence) * int(seconds / CLICK_EVERY_S)


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
