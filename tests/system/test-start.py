#!/usr/bin/env python3
"""What can be wrong at the start: each is one sentence on standard error and an exit status, and loses nothing."""
import os
import pathlib
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from tap import Skip, check, comment, run  # noqa: E402

MS_NOSUID = 2


def refuses(process, status, *words):
    """The program ends with status, and its last words are one sentence with these words in it."""
    check(process.wait(20) == status, "exit status", process.popen.returncode, process.err())
    said = process.err().strip().splitlines()[-1] if process.err().strip() else "nothing"
    comment(said)
    check(all(word in said for word in words), "it said:", process.err())
    check(said.startswith(("lectern-receiver: ", "lectern-share: ")), said)


def start_box(room, *options, **more):
    return room.receiver(None, *options, wait=False, **more)


def test_port_taken():
    """A port that somebody else has is named."""
    with rooms.Room() as room, socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        refuses(start_box(room, port=port), 1, str(port))


def test_second_choice():
    """Where 443 is taken and no port is asked for, 8443 is used, and the meeting ID says so."""
    rooms.needs_root()
    with rooms.Room() as room, socket.create_server(("", 443), family=socket.AF_INET6, dualstack_ipv6=True):
        box = room.receiver(None, port=0)
        if rooms.have_network():
            check(box.said("Meeting ID").replace(" ", "") == rooms.meeting_id(rooms.ADDRESS, 8443), box.out())
        with socket.create_connection(("127.0.0.1", 8443), 5):
            pass


def test_no_display():
    """A display that is not there is told by both programs."""
    with rooms.Room() as room:
        refuses(start_box(room, "--display", "x11", DISPLAY=":4711"), 1, ":4711")
        box = room.receiver(None, "--pin", "none")
        sender = rooms.Process(room, "sender", [rooms.build / "sender/lectern-share", f"127.0.0.1:{box.port}", "--state-folder",
                                                room.folder / "s"], DISPLAY=":4711")
        refuses(sender, 2, "DISPLAY")


def test_no_place():
    """A state folder that cannot be made is named."""
    with rooms.Room() as room:
        (room.folder / "file").write_text("not a folder")
        refuses(start_box(room, "--state-folder", room.folder / "file" / "state"), 1, "file/state")


def test_disk_full():
    """A full disk at the first start is told, leaves no half identity, and the next start works."""
    rooms.needs_root()
    with rooms.Room() as room:
        place = room.folder / "disk"
        place.mkdir()
        if rooms.libc.mount(b"tmpfs", os.fsencode(place), b"tmpfs", MS_NOSUID, b"size=16k"):
            raise Skip("no tmpfs can be mounted")
        try:
            (place / "filler").write_bytes(bytes(16384))
            refuses(start_box(room, "--state-folder", place / "state"), 1, "state")
            (place / "filler").unlink()
            check(not list(place.glob("state/identity*")), "left behind:", list(place.rglob("*")))
            box = start_box(room, "--state-folder", place / "state")
            box.state = place / "state"
            rooms.wait_until(box.is_up, 20, lambda: f"the start\n{box.err()}")
            check(box.stop() == 0, box.err())
        finally:
            rooms.libc.umount2(os.fsencode(place), 2)


def test_identity_kept():
    """The fingerprint is the same after a restart, and a damaged key is told, never replaced."""
    with rooms.Room() as room:
        state = room.folder / "state"
        fingerprints = []
        for _ in range(2):
            box = start_box(room, "--state-folder", state)
            box.state = state
            rooms.wait_until(box.is_up, 20, lambda: f"the start\n{box.err()}")  # noqa: B023
            fingerprints.append(box.status()["fingerprint"])
            check(box.stop() == 0, box.err())
        check(fingerprints[0] == fingerprints[1], fingerprints)
        key = next(state.glob("identity*key*"))
        check(key.stat().st_mode & 0o077 == 0, oct(key.stat().st_mode))
        damaged = key.read_bytes()[:40]
        key.write_bytes(damaged)
        refuses(start_box(room, "--state-folder", state), 1, "identity")
        check(key.read_bytes() == damaged, "the key was replaced")


def test_config():
    """A settings file with an unknown key, a bad value or a bad line is refused with its name and line."""
    with rooms.Room() as room:
        path = room.folder / "box.conf"
        for text, line, word in (("[box]\nname=Room\ncolour=red\n", 3, "colour"), ("[network]\nport=70000\n", 2, "70000"),
                                 ("[admission]\n\npin=maybe\n", 3, "maybe"), ("[bix]\nname=x\n", 1, "bix"),
                                 ("[box]\nname\n", 2, "")):
            path.write_text(text)
            refuses(start_box(room, "--config", path), 2, f"{path}:{line}", word)
        refuses(start_box(room, "--config", room.folder / "missing.conf"), 2, "missing.conf")


def test_options():
    """Bad options are refused with 2 by both programs."""
    with rooms.Room() as room:
        for options, word in ((["--port", "x"], "x"), (["--pin", "1234"], "1234"), (["--display", "tv"], "tv"),
                              (["--size", "big"], "big"), (["--frobnicate"], "frobnicate"), (["extra"], "extra"),
                              (["--pin", f"file:{room.folder}/nothing"], "nothing")):
            box = start_box(room, *options)
            box.wait()
            refuses(box, 1 if "nothing" in word else 2, word)
        for options, word in (([], "Say whom"), (["--fps", "0", "x.example"], "--fps"), (["--source", "tv", "x.example"], "tv"),
                              (["--profile", "film", "x.example"], "film"), (["one", "two"], "Say whom")):
            sender = rooms.Process(room, "sender", [rooms.build / "sender/lectern-share", *options])
            refuses(sender, 2, word)


def test_second_box():
    """A second receiver with the same state folder says so and leaves --status to the first one."""
    with rooms.Room() as room:
        box = room.receiver(None, name="First")
        other = room.receiver(None, "--state-folder", box.state, name="Second", port=rooms.free_port(), wait=False)
        rooms.wait_until(lambda: "Another receiver already runs" in other.err(), 20, "the warning")
        rooms.wait_until(lambda: "waits on port" in other.err(), 20, "the start")
        check(box.status()["name"] == "First", box.status())
        check(other.stop() == 0, other.err())
        check(box.status()["name"] == "First", box.status())


def test_status_of_nobody():
    """--status says where nobody runs."""
    with rooms.Room() as room:
        asked = subprocess.run([rooms.build / "receiver/lectern-receiver", "--status", "--state-folder", room.folder / "none"],
                               capture_output=True, text=True, timeout=20, check=False)
        check(asked.returncode == 3 and "Is it running?" in asked.stderr, asked)


rooms.start()
run(test_port_taken, test_second_choice, test_no_display, test_no_place, test_disk_full, test_identity_kept, test_config,
    test_options, test_second_box, test_status_of_nobody)
