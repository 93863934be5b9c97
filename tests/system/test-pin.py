#!/usr/bin/env python3
"""Who does not know the PIN: refused, counted, locked out, and no trouble to whoever presents meanwhile."""
import os
import pathlib
import pty
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from starved import measured  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

GUESSES = 100
AT_ONCE = 4
LOCKED = r"too many wrong PINs.* Try again in (\d+) s\."


def guess_often(room, box, eye):
    """Guesses on, several at a time; what each was told."""
    started, told = [], []
    state = room.folder / "guesser"

    eye.keep_looking()

    def go_on():
        for one in [one for one in started if not one.running()]:
            started.remove(one)
            check(one.popen.returncode == 4, one.popen.returncode, one.err())
            told.append(one.err())
        while len(started) < AT_ONCE and len(started) + len(told) < GUESSES:
            started.append(room.sender(box.target(), pin=f"x{len(told):05d}", name="Mallory", state=state))
        return len(told) == GUESSES
    wait_until(go_on, 90, lambda: f"{GUESSES} answers; there are {len(told)}")
    return told


def guess_while_presenting():
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360))
        pin = box.pin()
        presenter, eye = room.share(box)
        told = guess_often(room, box, eye)
        denied = [one for one in told if "is not right" in one]
        locked = [one for one in told if re.search(LOCKED, one)]
        comment(f"{len(denied)} denied, {len(locked)} locked out; longest pause of the picture {eye.longest_gap * 1000:.0f} ms")
        check(len(denied) + len(locked) == GUESSES, [one for one in told if one not in denied + locked][:1])
        check(1 <= len(denied) <= 5, len(denied), "guesses were looked at")
        check(eye.longest_gap < 1 and eye.still_for() < 1, f"the picture stood still for {eye.longest_gap:.2f} s")
        late = room.sender(box.target(), pin=pin, name="Late")
        check(late.wait() == 4 and re.search(LOCKED, late.err()), "the right PIN while locked:", late.err())
        seconds = int(re.search(LOCKED, late.err()).group(1))
        check(1 <= seconds <= 900, seconds, "s")
        check(presenter.running() and box.presenters().keys() == {"Anna"}, box.presenters().keys())
        check(presenter.stop() == 0, presenter.err())


def test_guessing():
    """A hundred wrong PINs are refused and lock further ones out; the presenter's pictures go on all the while."""
    measured(guess_while_presenting)


def test_wrong_once():
    """A mistyped PIN is told as such, and the right one lets in afterwards."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360))
        own = room.painted()
        wrong = room.sender(box.target(), pin="000000" if box.pin() != "000000" else "111111", screen=own)
        check(wrong.wait() == 4 and "is not right" in wrong.err(), wrong.popen.returncode, wrong.err())
        right = room.sender(box.target(), pin=box.pin(), screen=own)
        room.expect(box, right)
        check(right.stop() == 0, right.err())


def test_file():
    """A PIN from a file, with letters and signs, lets in, and is not shown by --announce's other lines."""
    with rooms.Room() as room:
        path = room.folder / "fixed-pin"
        path.touch(0o600)
        path.write_text("grün & Öl <7> \nnot this line\n")
        box = room.receiver(room.display(640, 360), "--pin", f"file:{path}")
        room.secrets.add("grün & Öl <7>")
        check(box.status()["pin"] == "fixed", box.status())
        sender = room.sender(box.target(), pin="grün & Öl <7>", screen=room.painted())
        room.expect(box, sender)
        check(sender.stop() == 0, sender.err())


def test_terminal():
    """Typed at the terminal when asked for, the PIN lets in, and is not shown."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360))
        own, pin = room.painted(), box.pin()
        ours, theirs = pty.openpty()
        os.set_blocking(ours, False)
        shown = bytearray()

        def said(words):
            try:
                shown.extend(os.read(ours, 4096))
            except BlockingIOError:
                pass
            return words in shown
        sender = rooms.Process(
            room, "sender-Anna",
            [rooms.tool("setsid"), "--ctty", rooms.build / "sender/lectern-share", box.target(), "--name", "Anna",
             "--state-folder", room.folder / "typed", "--source", "screen"], stdin=theirs, DISPLAY=own.name)
        wait_until(lambda: said(b"PIN"), 20, lambda: f"the question; {bytes(shown)} {sender.err()}")
        os.write(ours, f"{pin}\n".encode())
        room.expect(box, sender)
        said(b"")
        check(pin.encode() not in shown, bytes(shown))
        check(sender.stop() == 0, sender.err())
        os.close(ours)
        os.close(theirs)


def test_new_pin():
    """After the last presenter has left, the PIN is another, and the old one opens nothing."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360))
        old = box.pin()
        own = room.painted()
        sender = room.sender(box.target(), pin=old, screen=own)
        room.expect(box, sender)
        check(sender.stop() == 0, sender.err())
        wait_until(lambda: box.pin() != old, 10, "a new PIN")
        again = room.sender(box.target(), pin=old, screen=own)
        check(again.wait() == 4 and "is not right" in again.err(), again.popen.returncode, again.err())


def test_old_pin_late():
    """Who was asked for a PIN that has been replaced meanwhile does not get in with it."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360))
        old = box.pin()
        own = room.painted()
        slow = room.sender(box.target(), late=True, screen=own, name="Slow")
        slow.wait_for_question()
        sender = room.sender(box.target(), pin=old, screen=own)
        room.expect(box, sender)
        check(sender.stop() == 0, sender.err())
        wait_until(lambda: box.pin() != old, 10, "a new PIN")
        slow.give_pin(old)
        check(slow.wait() == 4 and "is not right" in slow.err(), slow.popen.returncode, slow.err())


def test_nobody_there():
    """Where nobody answers, the sender says so and ends with 3."""
    with rooms.Room() as room:
        targets = [f"127.0.0.1:{rooms.free_port()}"]
        if rooms.have_network():
            targets.append(rooms.meeting_id("10.77.0.99"))
            targets.append(rooms.meeting_id(rooms.ADDRESS))
        for target in targets:
            sender = room.sender(target)
            check(sender.wait(20) == 3, target, sender.popen.returncode, sender.err())
            comment(sender.err().splitlines()[-1])
        for target in "Room 12", "1234567890123", "no such room":
            sender = room.sender(target)
            check(sender.wait(20) in (2, 3), target, sender.popen.returncode, sender.err())
            comment(sender.err().splitlines()[-1])


rooms.start()
run(test_guessing, test_wrong_once, test_file, test_terminal, test_new_pin, test_old_pin_late, test_nobody_there)
