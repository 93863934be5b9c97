#!/usr/bin/env python3
"""The host: approves with a private preview, moves, pauses and removes presenters, switches layouts; and who is none."""
import base64
import json
import os
import pathlib
import re
import stat
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
import wire  # noqa: E402
from host import Host, host_code  # noqa: E402
from screen import Eye, settled  # noqa: E402
from tap import check, run, wait_until  # noqa: E402

NAMES = ["Anna", "Björn", "Chloé"]


def receiver(room, screen, *lines):
    settings = room.folder / "room.conf"
    settings.write_text("\n".join(["[admission]", *lines]) + "\n")
    return room.receiver(screen, "--config", settings)


def join(room, box, number, **more):
    own = room.painted(number=number, width=640, height=360, fps=8)
    return room.sender(box.target(), screen=own, name=NAMES[number], **{"pin": box.pin(), **more})


def jpeg_size(data):
    """Width and height from the frame header; a whole JPEG."""
    check(data[:2] == b"\xff\xd8" and data[-2:] == b"\xff\xd9", "no JPEG:", data[:16])
    at = 2
    while data[at + 1] not in (0xC0, 0xC2):
        at += 2 + int.from_bytes(data[at + 2:at + 4], "big")
    return int.from_bytes(data[at + 7:at + 9], "big"), int.from_bytes(data[at + 5:at + 7], "big")


def below_the_clock(screen):
    screen.read()
    return screen.snapshot()[64 * 9:]


def test_code():
    """The code is made once, for its owner alone, and printed only when asked for."""
    with rooms.Room() as room:
        box = room.receiver(None)
        code = host_code(box)
        check(re.fullmatch(r"\d{8}", code), code)
        mode = (box.state / "host-code").stat().st_mode
        check(stat.S_IMODE(mode) == 0o600, oct(mode))
        check(code not in box.out() + box.err() + json.dumps(box.status()), "the receiver says the code")
        check(box.stop() == 0, box.err())
        again = room.receiver(None, "--state-folder", box.state, wait=False)
        wait_until(lambda: "waits on port" in again.err(), 30, "the receiver to start again")
        check(host_code(box) == code, "another code after a restart")
        check(again.stop() == 0, again.err())


def test_approval():
    """With approval a presenter who knows the PIN is seen by the host alone until it lets it in."""
    with rooms.Room() as room:
        box = receiver(room, room.display(), "approval=host")
        host = Host(room, box).open()
        wait_until(settled(box.screen), 20, "the welcome screen")
        before = below_the_clock(box.screen)
        sender = join(room, box, 0)
        held = host.expect("Anna", "held", 30)
        check(held["sas"] == "", held)
        wait_until(lambda: len(host.said("preview")) >= 2, 15, "two previews")
        preview = host.said("preview")[-1]["preview"]
        check(preview["presenter"] == held["id"], preview["presenter"])
        width, height = jpeg_size(base64.b64decode(preview["jpeg"]))
        check(0 < width <= 320 and 0 < height <= 180, width, height)
        check(below_the_clock(box.screen) == before, "the display changed while the presenter was held")
        check(box.status()["presenters"][0]["place"] == "held", box.status()["presenters"])
        host.do("approve", presenter=held["id"])
        host.expect("Anna", "shown")
        room.expect(box, sender)
        check("failed" in host.ask("approve", presenter=held["id"]), "let in twice")
        other = join(room, box, 1)
        declined = host.expect("Björn", "held", 30)
        host.do("decline", presenter=declined["id"])
        check(other.wait() == 4, other.popen.returncode, other.err())
        check("declined" in other.err(), other.err())
        host.expect("Björn", None)
        host.do("approval", approval="never")
        third = join(room, box, 2)
        host.expect("Chloé", "shown", 30)
        check(sender.stop() == 0 and third.stop() == 0, "exit status")
        host.leave()


def test_steering():
    """The host moves, pauses and removes presenters and switches layouts."""
    with rooms.Room() as room:
        box = receiver(room, room.display())
        host = Host(room, box).open()
        senders, ids = [], []
        for number in range(2):
            senders.append(join(room, box, number))
            ids.append(host.expect(NAMES[number], "shown", 30)["id"])
        host.do("layout", layout="grid")
        wait_until(lambda: host.room()["layout"] == "grid", 5, "the layout")
        order = lambda: [one["name"] for one in host.room()["presenters"]]  # noqa: E731
        check(order() == NAMES[:2], order())

        def expect_places(*numbers):
            eyes = [Eye(box.screen, box.screen.tile(index, 2), number) for index, number in enumerate(numbers)]
            wait_until(lambda: [eye.look() for eye in eyes] and all(eye.pictures >= 3 for eye in eyes), 20,
                       f"the places {numbers}")
        expect_places(0, 1)
        host.do("move", presenter=ids[1], to=0)
        wait_until(lambda: order() == [NAMES[1], NAMES[0]], 5, "the new order")
        expect_places(1, 0)
        host.do("pause", presenter=ids[0])
        host.expect("Anna", "paused")
        eye = Eye(box.screen, box.screen.tile(0, 2), 1)
        still = settled_tile(box.screen, 1)
        wait_until(lambda: eye.look() and eye.pictures >= 5, 10, "the other one to go on")
        check(still == tile_of(box.screen, 1), "a paused picture moves")
        host.do("unpause", presenter=ids[0])
        host.expect("Anna", "shown")
        expect_places(1, 0)
        host.do("layout", layout="focus")
        host.do("focus", presenter=ids[0])
        wait_until(lambda: host.room()["focus"] == ids[0] and host.room()["layout"] == "focus", 5, "the focus")
        began = time.monotonic()
        host.do("remove", presenter=ids[1])
        wait_until(lambda: "Björn" not in box.presenters(), 2, "the removed one to be gone")
        check(time.monotonic() - began < 1, time.monotonic() - began, "s until it was gone")
        check(senders[1].wait() == 0, senders[1].popen.returncode, senders[1].err())
        check("failed" in host.ask("remove", presenter=ids[1]), "removed twice")
        room.expect(box, senders[0])
        check(senders[0].stop() == 0, senders[0].err())
        host.leave()


def tile_of(screen, index):
    screen.read()
    x, y, width, height = screen.tile(index, 2)[:4]
    return [screen.average(x + width * i // 8, y + height * j // 8, 4) for i in range(1, 8) for j in range(1, 7)]


def settled_tile(screen, index):
    """Its picture, once it stands still."""
    state = {"picture": None, "since": 0.0}

    def still():
        picture = tile_of(screen, index)
        if picture != state["picture"]:
            state.update(picture=picture, since=time.monotonic())
        return picture if time.monotonic() - state["since"] > 0.7 else None
    return wait_until(still, 15, "the paused picture to stand still")


def test_bad_actions():
    """What cannot be done fails with a sentence and harms nothing; what is no action ends the host's session."""
    with rooms.Room() as room:
        box = receiver(room, None)
        host = Host(room, box).open()
        for action, more in (("dance", {}), ("approve", {}), ("approve", {"presenter": 7}), ("approve", {"presenter": "7"}),
                             ("layout", {"layout": "spiral"}), ("focus", {"presenter": -1}), ("move", {"presenter": 1}),
                             ("approval", {"approval": True}), ("token", {"scope": "all", "minutes": 5, "label": ""}),
                             ("token", {"scope": "whip", "minutes": 0, "label": ""}), ("revoke-token", {"token": 9}),
                             ("preview", {"presenter": 7, "on": True})):
            answer = host.ask(action, **more)
            check("failed" in answer and answer["why"].endswith(".") and answer["reason"], action, more, answer)
        issued = host.do("token", scope="whip", minutes=5, label="Anna's OBS")
        room.secrets.add(issued["token"])
        wait_until(lambda: [one["label"] for one in host.room()["tokens"]] == ["Anna's OBS"], 5, "the token in the room")
        check("token" not in host.room()["tokens"][0], host.room()["tokens"])
        host.do("revoke-token", token=issued["id"])
        for _ in range(30):
            host.write('{"n":9999,"do":"layout","layout":"grid"}')
        wait_until(lambda: any(one["failed"] == 9999 for one in host.said("failed")), 10, "too much at once to fail")
        host.write("[" * 30000)
        wait_until(host.ended, 10, "nonsense to end the session")
        check(host.ended()[0] == "protocol", host.ended())
        check(box.running(), box.err())
        room.secrets.discard(issued["token"])  # the host's own output has it


def test_wrong_code():
    """Wrong host codes are counted as wrong PINs are, and lock both out; who is on stays."""
    with rooms.Room() as room:
        box = receiver(room, room.display(640, 360))
        host = Host(room, box).open()
        for number in range(5):
            one = Host(room, box, code=f"0000000{number}")
            wait_until(one.ended, 10, "the answer to a wrong code")
            check(one.ended() == ["denied", "0"], one.ended())
            check("open" not in one.out().split(), one.out())
        late = Host(room, box)
        wait_until(late.ended, 10, "the answer to the right code")
        check(late.ended()[0] == "locked" and 1 <= int(late.ended()[1]) <= 30, late.ended())
        sender = room.sender(box.target(), pin=box.pin(), name="Anna")
        check(sender.wait() == 4 and "too many wrong PINs" in sender.err(), sender.err())
        host.do("layout", layout="grid")
        host.leave()


def waiting_sas(sender):
    """The digits that the sender's person is to compare."""
    return wait_until(lambda: re.search(r"\b(\d{3}) ?(\d{3})\b", sender.err()), 20,
                      lambda: f"the sender to wait\n{sender.err()}").expand(r"\1\2")


def test_waiting():
    """Without a PIN, approval shows the same six digits on both sides, and nothing is sent before the host's yes."""
    with rooms.Room() as room:
        box = receiver(room, room.display(), "pin=none", "approval=host")
        early = join(room, box, 0)
        room.expect(box, early)
        host = Host(room, box).open()
        sender = join(room, box, 1)
        waits = host.expect("Björn", "waiting", 30)
        check(len(waits["sas"]) == 6 and waits["sas"] == waiting_sas(sender), waits, sender.err())
        check(waits["codec"] == "" and waits["width"] == 0, "media before the host's yes:", waits)
        host.do("approve", presenter=waits["id"])
        host.expect("Björn", "shown")
        check(sender.stop() == 0, sender.err())
        other = join(room, box, 2)
        waits = host.expect("Chloé", "waiting", 30)
        host.do("decline", presenter=waits["id"])
        check(other.wait() == 4 and "declined" in other.err(), other.popen.returncode, other.err())
        early.stop()
        host.leave()


def guess(box, source):
    """One wrong host code; nothing in the proof is right."""
    sid, zero = "0123456789abcdef0123456789abcdef", base64.b64encode(bytes(32)).decode()
    with wire.Client("127.0.0.1", box.port, source=source) as client:
        client.call(f"<hello xmlns='urn:lectern:host:1' version='1' sid='{sid}'/>")
        client.expect("challenge")
        client.call(f"<prove xmlns='urn:lectern:host:1' sid='{sid}'><point>{zero}</point><confirm>{zero}</confirm></prove>")
        return client.expect("refused")


def test_way_round_the_lock():
    """While others' wrong codes have locked the box, a host who is on lets people in one by one."""
    with rooms.Room() as room:
        box = receiver(room, room.display())
        host = Host(room, box).open()
        for number in range(20):
            check("denied" in guess(box, f"127.0.0.{50 + number // 4}"), number, "guesses")
        check("locked" in guess(box, "127.0.0.99"), "the box is not locked")
        wait_until(lambda: host.room()["locked"], 5, "the host to see the lock")
        sender = join(room, box, 0)
        waits = host.expect("Anna", "waiting", 30)
        check(waits["sas"] == waiting_sas(sender), waits, sender.err())
        host.do("approve", presenter=waits["id"])
        room.expect(box, sender)
        host.leave()
        late = room.sender(box.target(), pin=box.pin(), name="Late")
        check(late.wait() == 4 and "too many wrong PINs" in late.err(), late.err())


def test_keys():
    """Where no host is on, the display asks, and its keyboard lets in and declines."""
    with rooms.Room() as room:
        rooms.tool("xdotool")
        box = receiver(room, room.display(), "approval=always")

        def press(key):
            time.sleep(0.6)  # what a person needs to read; sooner, the key is taken for the question before
            subprocess.run(["xdotool", "key", key], env={**os.environ, "DISPLAY": box.screen.name}, check=True)

        def placed(name, place):
            return any(one["name"] == name and one["place"] == place for one in box.status()["presenters"])
        first = join(room, box, 0)
        wait_until(lambda: placed("Anna", "held"), 30, "Anna to be held")
        press("Return")
        room.expect(box, first)
        second = join(room, box, 1)
        wait_until(lambda: placed("Björn", "held"), 30, "Björn to be held")
        press("Escape")
        check(second.wait() == 4 and "declined" in second.err(), second.popen.returncode, second.err())
        check(first.stop() == 0, first.err())


def test_host_cut_off():
    """A host whose page is closed without a goodbye leaves those who wait to the display within seconds."""
    with rooms.Room() as room:
        rooms.tool("xdotool")
        box = receiver(room, room.display(), "approval=always")
        host = Host(room, box).open()
        sender = join(room, box, 0)
        host.expect("Anna", "held", 30)
        host.kill()

        def let_in():
            subprocess.run(["xdotool", "key", "Return"], env={**os.environ, "DISPLAY": box.screen.name}, check=True)
            return any(one["place"] == "shown" for one in box.status()["presenters"])
        wait_until(let_in, 15, "the display to ask", every=0.3)
        check(sender.stop() == 0, sender.err())


def test_four_wait():
    """Four are held at once; a fifth is told that there is no room."""
    with rooms.Room() as room:
        box = receiver(room, None, "approval=always")
        own = room.painted(width=320, height=180, fps=4)
        senders = [room.sender(box.target(), screen=own, pin=box.pin(), name=f"P{number}") for number in range(4)]
        wait_until(lambda: [one["place"] for one in box.status()["presenters"]] == ["held"] * 4, 30, "four to be held")
        fifth = room.sender(box.target(), screen=own, pin=box.pin(), name="P4")
        check(fifth.wait() == 4 and "no room" in fifth.err(), fifth.popen.returncode, fifth.err())
        check(all(one.running() for one in senders), "one of the four has ended")


def test_off():
    """Without a host code nobody hosts."""
    with rooms.Room() as room:
        box = receiver(room, None, "host-code=off")
        said = host_code(box, "--config", room.folder / "room.conf")
        check(said == "off", said)
        one = Host(room, box, code="12345678")
        wait_until(one.ended, 10, "the answer")
        check(one.ended()[0] == "off", one.ended())
        check(not (box.state / "host-code").exists(), "a code was made")
        room.secrets.clear()


def test_four_hosts():
    """Four hosts at once, no fifth until one has left; who is locked out learns nothing of that."""
    with rooms.Room() as room:
        box = receiver(room, None)
        hosts = [Host(room, box).open() for _ in range(4)]
        wait_until(lambda: all((one.room() or {}).get("hosts") == 4 for one in hosts), 10, "each to see four")
        fifth = Host(room, box)
        wait_until(fifth.ended, 10, "the answer")
        check(fifth.ended()[0] == "busy", fifth.ended())
        hosts[0].leave()
        wait_until(lambda: hosts[1].room()["hosts"] == 3, 10, "one to have left")
        hosts[0] = Host(room, box).open()
        for _ in range(5):
            sender = room.sender(box.target(), pin="0000")
            check(sender.wait() == 4, sender.popen.returncode, sender.err())
        locked = Host(room, box)
        wait_until(locked.ended, 10, "the answer")
        check(locked.ended()[0] == "locked", locked.ended())
        for host in hosts:
            host.leave()


def test_no_mixing():
    """A session that is a host's cannot call, and the other way round."""
    with rooms.Room() as room:
        box = receiver(room, None)
        sid = "0123456789abcdef0123456789abcdef"
        hello = f"<hello xmlns='urn:lectern:host:1' version='1' sid='{sid}'/>"
        call = f"<bye xmlns='urn:lectern:call:1' sid='{sid}' reason='bye'/>"
        for first, second in ((hello, call), (call, hello)):
            with wire.Client("127.0.0.1", box.port) as client:
                client.call(first)
                client.call(second)
                told = client.until_closed()
                check("<bye" not in told or first is call, told)
        check(box.running(), box.err())


rooms.start()
run(test_code, test_approval, test_waiting, test_way_round_the_lock, test_keys, test_host_cut_off, test_four_wait,
    test_steering, test_bad_actions, test_wrong_code, test_off, test_four_hosts, test_no_mixing)
