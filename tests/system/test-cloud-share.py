#!/usr/bin/env python3
"""The native sender, a box and a real cloud: pictures by six digits, and what is said where there is nobody."""
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from avahi import daemons  # noqa: E402
from cloud import Shared, run_with  # noqa: E402
from enrolled import box_in, preferences, way_to  # noqa: E402
from tap import check, comment, wait_until  # noqa: E402

NOBODY = "No meeting answers to that number."
shared = Shared()


def number_nobody_has(*taken):
    return next(f"{number:06d}" for number in range(424242, 424250) if f"{number:06d}" not in taken)


def refused(room, target, cloud, patience=5, **more):
    """What the sender says that finds nobody, in time."""
    start = time.monotonic()
    sender = room.sender(target, *way_to(cloud), **more)
    status = sender.wait(20)
    took = time.monotonic() - start
    comment(f"{took:.1f} s: {sender.err().splitlines()[-1]}")
    check(status == 3, status, sender.err())
    check(took < patience + 1.5, "it took", took, "s")  # and the program's own start
    return sender.err()


def test_picture():
    """Six digits lead to the display through the cloud, straight, and a user's file may name the cloud."""
    cloud = shared()
    room = cloud.room
    box, number = box_in(cloud, room.display(640, 360))
    for options, more in (way_to(cloud), {}), (("--verbose",), preferences(cloud, room.folder)):
        start = time.monotonic()
        sender = room.sender(f"{number[:3]} {number[3:]}", "--stats", *options, screen=room.painted(number=2),
                             pin=box.pin(), **more)
        room.expect(box, sender, 2)
        comment(f"{time.monotonic() - start:.2f} s from the start to the picture")
        figures = wait_until(sender.stats, 10, "figures")
        check("through the cloud" in sender.err() and " host " in figures["local"], figures, sender.err())
        check(sender.stop() == 0, sender.err())
        wait_until(lambda: not box.status()["presenters"], 10, "the presenter to be gone")
    check(box.stop() == 0, box.err())


def test_nobody():
    """A number that nobody has is told within five seconds, and so is one whose box is gone."""
    cloud = shared()
    room = cloud.room
    check(NOBODY in refused(room, number_nobody_has(), cloud), "something else is said")


def test_dead_box():
    """A box that the server takes for alive, and that answers nothing, is nobody."""
    cloud = shared()
    name, password = cloud.register("silent")
    with cloud.account("silent", password) as box:
        number = number_nobody_has()
        check("code='201'" in box.join(number, "box"), "no room")
        check(NOBODY in refused(cloud.room, number, cloud), "something else is said")


def test_impostor():
    """A guest of the room who calls himself the box, while the box is away, is not heard."""
    cloud = shared()
    name, password = cloud.register("owner")
    number = number_nobody_has()
    with cloud.account("owner", password) as owner, cloud.guest() as guest:
        check("code='201'" in owner.join(number, "away"), "no room")
        check("code='110'" in guest.join(number, "box"), "not joined")
        sender = cloud.room.sender(number, *way_to(cloud))
        check(sender.wait(20) == 3 and NOBODY in sender.err(), sender.err())
        guest.write(f"<iq xmlns='jabber:client' type='get' id='last' to='guests.{cloud.host}'><ping xmlns='urn:xmpp:ping'/></iq>")
        heard = [guest.read()[1].decode()]
        while "'last'" not in heard[-1]:
            heard.append(guest.read()[1].decode())
        check("<hello" not in "".join(heard), "it was called:", heard)


def test_untrusted():
    """A cloud whose certificate an unknown authority has signed is not spoken to."""
    cloud = shared()
    sender = cloud.room.sender("424242", "--cloud", cloud.host, "--verbose")
    check(sender.wait(20) == 3 and "authority" in sender.err(), sender.err())


def test_no_cloud():
    """Without a cloud the number is looked for on this network alone, and a wrong option is told."""
    room = shared().room
    sender = room.sender("424242")
    check(sender.wait(20) == 3, sender.err())
    wrong = room.sender("424242", "--cloud", "https://cloud.example.org/")
    check(wrong.wait(20) == 2 and "host name" in wrong.err(), wrong.err())


def test_move():
    """The cloud's server is started anew in mid-call: the picture goes on, and the sender is back at its door."""
    cloud = shared()
    room = cloud.room
    box, number = box_in(cloud, room.display(640, 360))
    sender = room.sender(number, "--stats", *way_to(cloud), screen=room.painted(number=5), pin=box.pin())
    eye = room.expect(box, sender, 5)
    cloud.restart_node()
    wait_until(lambda: "goes on by another session" in sender.err(), 60, lambda: f"the new session\n{sender.err()[-3000:]}", every=0.2)
    before = eye.pictures
    wait_until(lambda: eye.look() and eye.pictures > before + 20, 20, "the picture to move")
    check("joining again" not in sender.err(), sender.err())
    check(sender.stop() == 0 and box.stop() == 0, sender.err())


def test_near():
    """Who is on the same network is reached without the cloud, and through it where the network does not tell of him."""
    cloud = shared()
    room = cloud.room
    avahi = daemons(room)
    box, number = box_in(cloud, room.display(640, 360))
    wait_until(lambda: box.status()["discoverable"], 30, lambda: f"the name\n{box.err()}", every=0.1)
    for near in True, False:
        if not near:
            avahi.kill()
        sender = room.sender(number, "--stats", *way_to(cloud), screen=room.painted(number=7), pin=box.pin())
        room.expect(box, sender, 7)
        dialled = re.findall("The box is dialled (at|through the cloud)", sender.err())
        comment(f"dialled {', then '.join(dialled)}")
        check(dialled[-1] == ("at" if near else "through the cloud"), dialled)
        check(sender.stop() == 0, sender.err())
        wait_until(lambda: not box.status()["presenters"], 10, "the presenter to be gone")
    check(box.stop() == 0, box.err())


if __name__ == "__main__":
    run_with(shared, test_picture, test_nobody, test_dead_box, test_impostor, test_untrusted, test_no_cloud, test_move,
             test_near)
