#!/usr/bin/env python3
"""lectern-admin before a real cloud: a box is enrolled by the code on its display, listed, thrown out and let in again."""
import hashlib
import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cloud as clouds  # noqa: E402
import room as rooms  # noqa: E402
from tap import check, comment, wait_until  # noqa: E402

shared = clouds.Shared()
DEVICE = ":".join(["AB"] * 32)


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
            (("revoke", "nobody"), "", "no box called", 4), (("revoke", "administrator"), "", "no box called", 4),
            (("revoke", "--device", "12:34"), "", "fingerprint", 2), (("boxes", "--device", DEVICE), "", "belongs", 2),
            (("revoke", "--device", DEVICE, "--for", "2 weeks"), "", "--for", 2),
            (("revoke", "lobby", "--reason", "x"), "", "--reason", 2),
            (("revoke", "--device", DEVICE, "--until", "2020-01-01"), "", "--until", 2)):
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


def fingerprint_of(sender):
    """Of a sender's own certificate, as --status of a box shows it."""
    der = ssl.PEM_cert_to_DER_cert((sender.state / "identity.crt").read_text())
    digest = hashlib.sha256(der).hexdigest().upper()
    return ":".join(digest[at:at + 2] for at in range(0, 64, 2))


def call(cloud, box, state=None, name="Anna"):
    return cloud.room.sender(f"{rooms.ADDRESS}:{box.port}", "--stats", pin=box.pin(), state=state, name=name)


def revoke_device(cloud, device, *more):
    status, out, err = admin(cloud, "revoke", "--device", device, *more)
    check(status == 0, status, out, err)


def knows(box, count, patience=2):
    wait_until(lambda: box.status()["revoked_devices"] == count, patience, lambda: f"{count} revoked\n{box.err()[-2000:]}",
               every=0.05)


def test_device():
    """A revoked device loses its picture at every box within two seconds, and is let in by none until it is restored"""
    cloud = shared()
    one, two = new_box(cloud, "One", port=8443), new_box(cloud, "Two", port=8444)
    enrol(cloud, one, "first")
    enrol(cloud, two, "second")
    connected(one)
    connected(two)
    sender = call(cloud, one)
    wait_until(lambda: one.presenters(), 30, lambda: f"the picture\n{sender.err()}\n{one.err()[-2000:]}")
    device = fingerprint_of(sender)
    other = call(cloud, one, name="Ben")
    wait_until(lambda: len(one.presenters()) == 2, 30, lambda: f"the other picture\n{other.err()}")
    revoke_device(cloud, device, "--reason", "lost in a train")
    told = time.monotonic()
    check(sender.wait(2) == 4, "the sender ended with", sender.popen.returncode, sender.err())
    wait_until(lambda: len(one.presenters()) == 1, 2, "the picture to go", every=0.05)
    comment(f"{time.monotonic() - told:.2f} s after lectern-admin was done")
    check("may not present" in sender.err(), sender.err())
    check(other.running(), "another device was thrown out, too:", other.err())
    check("lost in a train" in one.err(), "the reason is not in the log")
    for box in one, two:
        knows(box, 1)
        again = call(cloud, box, sender.state)
        check(again.wait(20) == 4 and "may not present" in again.err(), again.err())
    one.stop()
    other.wait(60)
    cloud.restart_node()
    one = rooms_again(cloud, one)
    check(one.status()["revoked_devices"] == 1, "the list has not survived a restart")
    again = call(cloud, one, sender.state)
    check(again.wait(20) == 4, again.err())
    connected(one)
    connected(two, 60)
    status, out, err = admin(cloud, "restore", "--device", device)
    check(status == 0, status, out, err)
    knows(one, 0)
    knows(two, 0)
    status, out, err = admin(cloud, "restore", "--device", device)
    check(status == 4 and "not been revoked" in err, status, out, err)
    back = call(cloud, one, sender.state)
    wait_until(lambda: one.presenters(), 30, lambda: f"the picture again\n{back.err()}")
    for program in back, one, two:
        program.stop()


def rooms_again(cloud, box):
    """The same box, started again."""
    again = cloud.room.receiver(None, "--config", box.conf, "--state-folder", box.state, port=box.port, wait=False)
    again.state, again.conf = box.state, box.conf
    wait_until(again.is_up, 30, again.err)
    cloud.room.secrets.add(again.pin())
    return again


def test_device_for_a_time():
    """A device revoked for a time comes back by itself; a box that was away learns of what it missed"""
    cloud = shared()
    box = new_box(cloud)
    enrol(cloud, box, "late")
    connected(box)
    box.stop()
    many = [":".join([f"{number:02X}"] * 32) for number in range(150)]
    with cloud.account("administrator", cloud.password) as session:
        for device in many:
            answer = session.ask("set", f"news.{cloud.host}", PUBLISH.format(device=device, until=int(time.time()) + 3600))
            check("type='result'" in answer, answer)
        soon = session.ask("set", f"news.{cloud.host}", PUBLISH.format(device=":".join(["FF"] * 32), until=int(time.time()) + 12))
        check("type='result'" in soon, soon)
    box = rooms_again(cloud, box)
    connected(box)
    knows(box, 151, 5)
    knows(box, 150, 15)
    revoke_device(cloud, ":".join(["EE"] * 32), "--for", "1m")
    knows(box, 151)
    guest = cloud.guest()
    answer = guest.ask("set", f"news.{cloud.host}", PUBLISH.format(device=":".join(["EF"] * 32), until=0))
    check("type='error'" in answer, "a guest publishes", answer)
    _, password = cloud.register("rogue")
    with cloud.account("rogue", password) as rogue:
        answer = rogue.ask("set", f"news.{cloud.host}", PUBLISH.format(device=":".join(["EF"] * 32), until=0))
        check("type='error'" in answer, "a box publishes", answer)
    knows(box, 151)
    box.stop()


PUBLISH = ("<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='revoked-devices'><item id='{device}'>"
           "<revoked xmlns='urn:lectern:revoked:1' until='{until}'/></item></publish></pubsub>")


if __name__ == "__main__":
    clouds.run_with(shared, test_enrolment, test_two_boxes, test_wrong_code, test_mistakes, test_no_display, test_revocation,
                    test_device, test_device_for_a_time)
