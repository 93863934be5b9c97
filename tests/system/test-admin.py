#!/usr/bin/env python3
"""lectern-admin before a real cloud: a box is enrolled by the code on its display, listed, thrown out and let in again."""
import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cloud as clouds  # noqa: E402
import room as rooms  # noqa: E402
from tap import check, wait_until  # noqa: E402

shared = clouds.Shared()


def credentials(cloud, password=None, name="administrator"):
    path = cloud.room.folder / f"{name}-{len(cloud.room.processes)}.key"
    path.touch(0o600)
    path.write_text(f"administrator@boxes.{cloud.host}\n{password or cloud.password}\n")
    return path


def command(cloud, *arguments, key=None):
    cloud.room.secrets.add(cloud.password)
    return [rooms.build / "admin/lectern-admin", "--cloud", cloud.host, "--ca", cloud.authority.certificate, "--credentials",
            key or credentials(cloud), "--state-folder", cloud.room.folder / "administrator", *arguments]


def admin(cloud, *arguments, key=None, typed=None):
    """(exit status, standard output, standard error)"""
    done = subprocess.run(list(map(str, command(cloud, *arguments, key=key))), input=typed, capture_output=True, text=True,
                          timeout=120, check=False, env={**os.environ, "LC_ALL": "C.UTF-8", "G_DEBUG": "fatal-criticals"})
    check(cloud.password not in done.stdout + done.stderr, "the password stands in the output")
    return done.returncode, done.stdout, done.stderr


def new_box(cloud, name="Room 12", trust="ca", port=8443):
    conf = cloud.room.folder / f"box-{len(cloud.room.processes)}.conf"
    conf.write_text(f"[cloud]\nserver={cloud.host}\ntrust={trust}\n" +
                    (f"ca={cloud.authority.certificate}\n" if trust == "ca" else ""))
    box = cloud.room.receiver(None, "--config", conf, name=name, port=port)
    box.conf = conf
    return box


def code_of(box, other_than=None):
    def fresh():
        code = box.status()["cloud"]["code"]
        return code if code and code != other_than else None
    return wait_until(fresh, 30, lambda: f"a code\n{box.err()[-3000:]}", every=0.1)


def enrol(cloud, box, name):
    done = admin(cloud, "enrol", "--name", name, "--code-file", "-", typed=code_of(box))
    check(done[0] == 0, done, box.err()[-2000:])
    return done


def connected(box, patience=30):
    wait_until(lambda: box.status()["cloud"]["state"] == "connected" and box.status()["cloud"]["number"], patience,
               lambda: f"the box to connect\n{box.status()['cloud']}\n{box.err()[-3000:]}", every=0.1)


def account(box):
    return json.loads((box.state / "cloud.json").read_text())


def boxes(cloud):
    status, out, err = admin(cloud, "boxes", "--json")
    check(status == 0, out, err)
    return {one["name"]: one["state"] for one in json.loads(out)}


def test_enrolment():
    """A box shows ten digits, an administrator types them, and the box is in its cloud"""
    cloud = shared()
    box = new_box(cloud)
    code = code_of(box)
    check(re.fullmatch("[0-9]{10}", code), code)
    check(box.said("To enrol").replace(" ", "") == code, box.said("To enrol"), code)
    status, out, err = enrol(cloud, box, "lobby")
    check("lobby" in out, out)
    check(box.status()["fingerprint"] in err, "the box's fingerprint is not told:", err)
    connected(box)
    kept = account(box)
    check(kept["jid"] == f"lobby@boxes.{cloud.host}" and len(kept["password"]) >= 40, "no account of its own")
    check((box.state / "cloud.json").stat().st_mode & 0o77 == 0, "others can read the account")
    check(len(kept["pins"]) == 1 and re.fullmatch("(..:){31}..", kept["administrator"]), kept["pins"], kept["administrator"])
    check(kept["password"] not in out + err + box.err() + box.out(), "the password stands in the output")
    check(code not in box.err(), "the code stands in the log")
    check(boxes(cloud) == {"lobby": "connected"}, boxes(cloud))
    box.stop()
    box.expected_to_crash = True


def test_two_boxes():
    """Two boxes at once: each gets an account and a password of its own, trust on first use too"""
    cloud = shared()
    one, two = new_box(cloud, "One", port=8443), new_box(cloud, "Two", trust="first-use", port=8444)
    enrol(cloud, one, "one")
    enrol(cloud, two, "two")
    connected(one)
    connected(two)
    check(account(one)["password"] != account(two)["password"], "one password for two boxes")
    check(account(one)["administrator"] == account(two)["administrator"], "two administrators")
    check(account(one)["pins"] == account(two)["pins"], "two clouds")
    status, out, err = admin(cloud, "status", "--json")
    check(status == 0 and json.loads(out)["connected"] == 2, out, err)
    for box in one, two:
        box.stop()


def test_wrong_code():
    """A wrong code is refused, costs the display's code and leaves no account; too many lock the box for a while"""
    cloud = shared()
    box = new_box(cloud)
    codes = {code_of(box)}
    for _ in range(5):
        code = code_of(box)
        wrong = code[:4] + f"{(int(code[4:]) + 1) % 1000000:06d}"
        status, out, err = admin(cloud, "enrol", "--name", "guessed", "--code-file", "-", typed=wrong)
        check(status == 4 and "not right" in err, status, out, err)
        codes.add(code_of(box, other_than=code))
    check(len(codes) == 6, "a code was shown twice")
    status, out, err = admin(cloud, "enrol", "--name", "guessed", "--code-file", "-", typed=code_of(box))
    check(status == 4 and "too many" in err, "the right code, while it is locked:", status, out, err)
    check("guessed" not in boxes(cloud), "a guess made an account")
    check(not (box.state / "cloud.json").exists(), "a guess left an account")
    box.stop()


def test_mistakes():
    """What an administrator can get wrong is said, and costs no code"""
    cloud = shared()
    for arguments, typed, word, expected in (
            (("enrol",), "", "--name", 2), (("enrol", "--name", "Lobby!"), "", "--name", 2),
            (("enrol", "--name", "x", "--code-file", "-"), "12345", "10 digits", 2),
            (("enrol", "1234567890", "--name", "x"), "", "never", 2), (("dance",), "", "enrol", 2), ((), "", "enrol", 2),
            (("enrol", "--name", "administrator", "--code-file", "-"), "1234567890", "choose another", 4),
            (("revoke", "nobody"), "", "no box called", 4), (("revoke", "administrator"), "", "no box called", 4)):
        status, out, err = admin(cloud, *arguments, typed=typed)
        check(status == expected and word in err, arguments, status, out, err)
    status, out, err = admin(cloud, "boxes", key=credentials(cloud, "wrong", "wrong"))
    check(status == 4 and "password" in err, status, out, err)
    open_key = credentials(cloud, name="open")
    open_key.chmod(0o644)
    status, out, err = admin(cloud, "boxes", key=open_key)
    check(status == 1 and "chmod" in err, status, out, err)
    stranger = clouds.Authority(cloud.room.folder, "stranger")
    status, out, err = admin(cloud, "boxes", "--ca", stranger.certificate)
    check(status == 3 and "certificate" in err.lower(), status, out, err)
    status, out, err = admin(cloud, "boxes", "--cloud", "nowhere.invalid", key=credentials(cloud))
    check(status in (1, 3), status, out, err)


def test_no_display():
    """A code that no display shows: the room stays empty, and the tool says so when it is ended"""
    cloud = shared()
    code = cloud.room.folder / "code"
    code.touch(0o600)
    code.write_text("0123456789\n")
    tool = rooms.Process(cloud.room, "admin", command(cloud, "enrol", "--name", "ghost", "--code-file", code))
    wait_until(lambda: "Waiting" in tool.err(), 20, tool.err)
    check(tool.stop() == 1, tool.err())
    check("ghost" not in boxes(cloud), boxes(cloud))


def test_revocation():
    """A revoked box is out at once and cannot return; restored, it does"""
    cloud = shared()
    box = new_box(cloud)
    enrol(cloud, box, "room")
    connected(box)
    status, out, err = admin(cloud, "revoke", "room")
    check(status == 0, out, err)
    wait_until(lambda: box.status()["cloud"]["state"] != "connected", 2, "the box to be out", every=0.05)
    check(boxes(cloud)["room"] == "revoked", boxes(cloud))
    kept = account(box)
    check("not-authorized" in cloud.refusal("room", kept["password"]) or cloud.refusal("room", kept["password"]),
          "a revoked box can sign in")
    wait_until(lambda: box.status()["cloud"]["state"] == "refused", 20, lambda: box.status()["cloud"], every=0.1)
    status, out, err = admin(cloud, "restore", "room")
    check(status == 0, out, err)
    check(not cloud.refusal("room", kept["password"]), "a restored box cannot sign in")
    status, out, err = admin(cloud, "remove", "room")
    check(status == 0 and "room" not in boxes(cloud), out, err)
    box.stop()


if __name__ == "__main__":
    clouds.run_with(shared, test_enrolment, test_two_boxes, test_wrong_code, test_mistakes, test_no_display, test_revocation)
