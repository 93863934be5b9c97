#!/usr/bin/env python3
"""The PIN is on the display and in its owner's file, and nowhere else: no log, no argument, no environment, no state."""
import base64
import pathlib
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

FAR = "192.0.2.7"  # RFC 5737


def places(process):
    """What other users or a log's readers could come upon of a running program: (where, bytes)."""
    for name in "cmdline", "environ", "comm":
        yield f"{process.name}'s {name}", pathlib.Path(f"/proc/{process.pid}/{name}").read_bytes()
    yield f"{process.name}'s log", process.paths[1].read_bytes()
    if isinstance(process, rooms.Sender):
        yield f"{process.name}'s output", process.paths[0].read_bytes()
    for path in process.state.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()


def search(pin, processes):
    looked = 0
    for process in processes:
        for where, found in places(process):
            looked += 1
            check(pin.encode() not in found, "the PIN stands in", where)
            check(pin[:3].encode() + b" " + pin[3:].encode() not in found, "the PIN stands in", where)
    comment(f"{looked} places")
    return looked


def scenes(room, box, pin):
    """A right PIN, a wrong one and a presentation, with everything logged; returns who is running."""
    sender = room.sender(box.target(), "-v", "--stats", screen=room.painted(), pin=pin)
    room.expect(box, sender)
    wrong = room.sender(box.target(), "-v", pin=pin[::-1] + "9", name="Wrong")
    check(wrong.wait() == 4, wrong.err())
    check(pin[::-1] + "9" not in wrong.err() + wrong.out() + box.err(), "the wrong PIN is logged")
    wait_until(sender.stats, 10, "statistics")
    check(len(box.err()) > 200, "-v logs something:", box.err())
    return sender


def test_rotating():
    """A rotating PIN, with both programs at their most talkative."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360), "-v")
        sender = scenes(room, box, box.pin())
        check(search(box.pin(), (box, sender)) > 10, "hardly anything was searched")
        check(box.pin() not in str(box.status()), "the PIN stands in --status")


def test_fixed():
    """A fixed PIN out of a file."""
    with rooms.Room() as room:
        path = room.folder / "fixed-pin"
        path.touch(0o600)
        path.write_text("correct horse 7\n")
        box = room.receiver(room.display(640, 360), "-v", "--pin", f"file:{path}")
        room.secrets.add("correct horse 7")
        search("correct horse 7", (box, scenes(room, box, "correct horse 7")))


def test_open_file():
    """A PIN file that others can read is told of."""
    with rooms.Room() as room:
        path = room.folder / "fixed-pin"
        path.write_text("2468135\n")
        path.chmod(0o644)
        box = room.receiver(None, "--pin", f"file:{path}")
        check("Others can read the PIN" in box.err() and "2468135" not in box.err(), box.err())


def test_identity():
    """The private keys are their owner's alone."""
    with rooms.Room() as room:
        box = room.receiver(None, "--pin", "none")
        sender = room.sender(box.target())
        wait_until(lambda: "Joined" in sender.err(), 20, "the sender to have joined")
        for folder in box.state, sender.state:
            check(folder.stat().st_mode & 0o077 == 0, folder, oct(folder.stat().st_mode))
            for key in folder.glob("*key*"):
                check(key.stat().st_mode & 0o077 == 0, key, oct(key.stat().st_mode))


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_proxy():
    """A proxy's password out of a file, on the way to a box that only seems to be far away: it is in no place of these either."""
    rooms.needs_root()
    password = "tap-the-barrel"
    rooms.ip("address", "add", f"{FAR}/32", "dev", "lo")
    with rooms.Room() as room:
        port = rooms.free_port()
        settings, credentials = room.folder / "tinyproxy.conf", room.folder / "credentials"
        settings.write_text(f"Port {port}\nListen 127.0.0.1\nLogLevel Connect\nBasicAuth ann {password}\n")
        credentials.touch(0o600)
        credentials.write_text(f"ann\n{password}\n")
        proxy = subprocess.Popen([rooms.tool("tinyproxy"), "-d", "-c", settings], stdout=subprocess.PIPE, text=True)
        try:
            wait_until(lambda: listens(port), 10, "the proxy to listen")
            box = room.receiver(None, "-v", "--pin", "none")
            sender = room.sender(f"{FAR}:{box.port}", "-v", "--proxy", f"http://127.0.0.1:{port}",
                                 "--proxy-credentials", credentials)
            wait_until(lambda: "Joined" in sender.err(), 20, "the sender to have joined")
            for hidden in password, base64.b64encode(f"ann:{password}".encode()).decode():
                for where, found in (*places(sender), *places(box)):
                    check(hidden.encode() not in found, "the proxy's password stands in", where)
        finally:
            proxy.terminate()
            said = proxy.communicate()[0]
        check(f"CONNECT {FAR}:{box.port}" in said, "it did not go through the proxy:", said)


rooms.start()
run(test_rotating, test_fixed, test_open_file, test_identity, test_proxy)
