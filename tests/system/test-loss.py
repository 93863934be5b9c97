#!/usr/bin/env python3
"""Programs that are killed, on either side: the other one notices, says so, and goes on."""
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from screen import Eye, settled  # noqa: E402
from starved import measured  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402


def kill_one_of_two():
    with rooms.Room() as room:
        box = room.receiver(room.display())
        victim, _ = room.share(box, 1, "Anna")
        other, eye = room.share(box, 2, "Ben", tile=box.screen.tile(1, 2))
        alone = Eye(box.screen, box.screen.tile(0, 1), 2)
        start = time.monotonic()
        victim.kill()

        def gone():
            eye.look()
            check(other.running(), other.err())
            return alone.look()
        wait_until(gone, 10, "the other's picture to fill the display")
        comment(f"gone after {time.monotonic() - start:.1f} s")
        pause = min(eye.longest_gap, 10)
        check(pause < 1, f"the other's picture stood still for {pause:.1f} s")
        check(box.presenters().keys() == {"Ben"}, box.presenters().keys())
        check(other.stop() == 0, other.err())


def test_sender_killed():
    """A sender that is killed leaves the display within 10 s, with a sentence, and the other presenter stays."""
    measured(kill_one_of_two)


def test_sentence():
    """The display says that the connection was lost, and returns to its welcome afterwards."""
    with rooms.Room() as room:
        box = room.receiver(room.display(), "--pin", "none")
        wait_until(settled(box.screen), 15, "the welcome screen")
        welcome = box.screen.snapshot()
        sender, _ = room.share(box)
        sender.kill()
        wait_until(lambda: box.screen.read() is None, 10, "the picture to go")
        said = wait_until(lambda: lower_edge(box.screen, welcome), 3, "a sentence at the lower edge")
        comment(f"{said} places show the sentence")
        wait_until(lambda: not lower_edge(box.screen, welcome), 10, "the sentence to go")


def lower_edge(screen, welcome):
    """How many places in the middle of the lowest quarter are not as on the welcome screen; 0: a few at most."""
    count = sum(a != b for index, (a, b) in enumerate(zip(screen.snapshot(), welcome))
                if index // 64 >= 27 and 16 <= index % 64 < 48)
    return count if count > 6 else 0


def test_sender_stopped():
    """A sender that hangs (SIGSTOP) is marked on the display, and gone when its consent has run out."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360))
        sender, _ = room.share(box)
        sender.send(signal.SIGSTOP)
        wait_until(settled(box.screen), 10, "the picture to stand still")
        old = box.screen.snapshot()
        wait_until(lambda: box.screen.snapshot() != old, 10, "a notice over the old picture")
        check(box.screen.read(), "the old picture is still there under the notice")
        wait_until(lambda: box.status()["presenters"] == [], 45, "the presenter to be gone", every=0.25)
        sender.send(signal.SIGCONT)


def test_receiver_killed():
    """A sender whose box is killed says so, tries again for half a minute, and ends with 5."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360))
        sender, _ = room.share(box)
        start = time.monotonic()
        box.kill()
        wait_until(lambda: "joining again" in sender.err(), 15, "the sender to notice")
        comment(f"noticed after {time.monotonic() - start:.1f} s")
        check(sender.wait(40) == 5, sender.popen.returncode, sender.err())
        comment(f"{sender.err().splitlines()[-1]} ({time.monotonic() - start:.1f} s)")


def test_receiver_back():
    """A sender whose box is killed and started again presents again, where the PIN is the same."""
    with rooms.Room() as room:
        secret = room.folder / "fixed-pin"
        secret.touch(0o600)
        secret.write_text("246813\n")
        screen = room.display(640, 360)
        port = 443 if room.isolated else rooms.free_port()
        box = room.receiver(screen, "--pin", f"file:{secret}", port=port)
        sender = room.sender(box.target(), screen=room.painted(), pin="246813")
        room.expect(box, sender)
        box.kill()
        wait_until(lambda: "joining again" in sender.err(), 15, "the sender to notice")
        again = room.receiver(screen, "--pin", f"file:{secret}", port=port)
        room.expect(again, sender)
        check(sender.stop() == 0, sender.err())


def test_receiver_ended():
    """A box that is switched off in order ends the sharing in order: the sender ends with 0."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360))
        sender, _ = room.share(box)
        check(box.stop(signal.SIGTERM) == 0, box.popen.returncode)
        check(sender.wait(15) == 0 and "The box has ended the sharing." in sender.err(), sender.popen.returncode, sender.err())


rooms.start()
run(test_sender_killed, test_sentence, test_sender_stopped, test_receiver_killed, test_receiver_back, test_receiver_ended)
