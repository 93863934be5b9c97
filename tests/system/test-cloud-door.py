#!/usr/bin/env python3
"""The box in a real cloud: it claims a number, keeps it, and lets guests in by it; and what it makes of a cloud, or of people in
it, that mean ill."""
import json
import os
import pathlib
import re
import secrets
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cloud as clouds  # noqa: E402
import room as rooms  # noqa: E402
from tap import Skip, check, comment, run, wait_until  # noqa: E402

CALL = "urn:lectern:call:1"


def enrol(folder, jid, password, pins=(), host=clouds.HOST):
    """What enrolment leaves in the state folder."""
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / "cloud.json"
    path.touch(0o600)
    path.write_text(json.dumps({"host": host, "jid": jid, "password": password, "pins": list(pins)}))


def start_box(room, cloud, account, trust="ca", pins=(), wait=True, ca=None):
    conf = room.folder / f"box-{len(room.processes)}.conf"
    conf.write_text(f"[cloud]\nserver={cloud.host}\ntrust={trust}\nca={ca or cloud.authority.certificate}\n")
    room.secrets.add(account[1])
    state = room.folder / f"box-{len(room.processes)}"
    enrol(state, *account, pins=pins)
    return room.receiver(None, "--config", conf, "--verbose", port=8443, wait=wait)


def number_of(box, patience=20):
    return wait_until(lambda: box.status()["cloud"]["number"], patience, lambda: f"a number\n{box.err()[-3000:]}", every=0.1)


def test_number():
    """A box claims six digits, shows them first, and says so."""
    with rooms.Room() as room:
        cloud = clouds.Cloud(room)
        box = start_box(room, cloud, cloud.register("room12"))
        number = number_of(box)
        comment(f"{number}")
        comment(box.err()[-1500:])
        check(re.fullmatch("[0-9]{6}", number), number)


if __name__ == "__main__":
    rooms.start()
    run(test_number)
