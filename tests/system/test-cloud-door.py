#!/usr/bin/env python3
"""The box in a real cloud: it claims a number, keeps it, and lets guests in by it; and what it makes of a cloud, or of people in
it, that mean ill."""
import base64
import hashlib
import json
import os
import pathlib
import re
import secrets
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cloud as clouds  # noqa: E402
import room as rooms  # noqa: E402
import wire  # noqa: E402
from tap import Skip, check, comment, run, wait_until  # noqa: E402

SID = "0123456789abcdef0123456789abcdef"
LABEL = b"lectern call 1 commit"
COMMIT = base64.b64encode(hashlib.sha256(bytes([len(LABEL)]) + LABEL + bytes([32]) + bytes(range(32))).digest()).decode()
HELLO = (f"<hello xmlns='{wire.CALL}' sid='{SID}' version='1' name='Guest' fingerprint='{':'.join(['AB'] * 32)}'>"
         f"<commit>{COMMIT}</commit></hello>")
IMPOSTOR, IMPOSTOR_ADDRESS = "impostor.example.org", "127.0.0.9"
shared = {}


def the_cloud():
    """One for all tests; it leaves the address of the impostor free."""
    if "cloud" not in shared:
        rooms.needs_root()
        room = shared["room"] = rooms.Room()
        shared["cloud"] = None
        shared["cloud"] = clouds.Cloud(room, name_it=False, BIND4=rooms.ADDRESS, IPV6="no")
        clouds.name_addresses(room.folder, **{clouds.HOST: rooms.ADDRESS, IMPOSTOR: IMPOSTOR_ADDRESS})
    if not shared["cloud"]:
        raise Skip("the cloud has not started, see above")
    return shared["cloud"]


def enrol(state, jid, password, pins=(), host=clouds.HOST):
    """What enrolment leaves in the state folder."""
    state.mkdir(mode=0o700, exist_ok=True)
    path = state / "cloud.json"
    path.touch(0o600)
    path.write_text(json.dumps({"host": host, "jid": jid, "password": password, "pins": list(pins)}))


def start_box(room, account, trust="ca", pins=(), ca=None, host=clouds.HOST, enrolled=None, certificate=""):
    conf = room.folder / f"{len(room.processes)}.conf"
    conf.write_text(f"[cloud]\nserver={host}\ntrust={trust}\nca={ca or the_cloud().authority.certificate}\n"
                    f"certificate={certificate}\n")
    room.secrets.add(account[1])
    enrol(room.folder / f"box-{len(room.processes)}", *account, pins=pins, host=enrolled or host)
    return room.receiver(None, "--config", conf, "--verbose", port=8443)


def cloud_of(box):
    return box.status()["cloud"]


def number_of(box, patience=20):
    return wait_until(lambda: cloud_of(box)["number"], patience, lambda: f"a number\n{box.err()[-3000:]}", every=0.05)


def wait_for(box, state, patience=20):
    wait_until(lambda: cloud_of(box)["state"] == state, patience, lambda: f"{state}\n{cloud_of(box)}", every=0.05)
    return cloud_of(box)


def sessions_of(box):
    return box.err().count("has let this display in")


def count_number(box):
    return box.err().count("The meeting in the cloud is")


class Guest:
    """Somebody without an account in the meeting of a box."""

    def __init__(self, number):
        self.number, self.nick = number, secrets.token_hex(8)
        self.session = the_cloud().guest()
        joined = self.session.join(number, self.nick)
        check("type='error'" not in joined, joined)
        self.sent = 0

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.session.stream.close()

    def call(self, payload, kind="set"):
        self.sent += 1
        self.session.write(f"<iq xmlns='jabber:client' type='{kind}' id='g{self.sent}' "
                           f"to='{self.number}@meet.{clouds.HOST}/box'>{payload}</iq>")

    def is_challenged(self):
        self.call(HELLO)
        return "<challenge" in self.session.expect("<challenge")


def unmoved(box, number, sessions=1):
    """The box has not so much as been disconnected, and an honest guest gets through."""
    with Guest(number) as guest:
        check(guest.is_challenged(), "no challenge")
    check(box.running() and sessions_of(box) == sessions and count_number(box) == 1, box.err()[-3000:])


def test_number():
    """A box claims six digits, shows them first, and learns of the relays; it goes within a second."""
    cloud = the_cloud()
    with rooms.Room() as room:
        box = start_box(room, cloud.register("first"))
        number = number_of(box)
        check(re.fullmatch("[0-9]{6}", number), number)
        wait_until(lambda: (box.said("Meeting ID") or "").replace(" ", "") == number, 5, lambda: box.out())
        check(box.said("Meeting ID") == f"{number[:3]} {number[3:]}", box.out())
        check(box.said("Or, nearby").replace(" ", "") == rooms.meeting_id(rooms.ADDRESS, 8443), box.out())
        wait_until(lambda: cloud_of(box)["relays"] == 3, 5, "the relays")
        check(box.status()["meeting_id"] == number, box.status())
        start = time.monotonic()
        check(box.stop() == 0, box.err())
        check(time.monotonic() - start < 1.5, f"{time.monotonic() - start:.1f} s to end")

        def gone():
            with the_cloud().guest() as guest:
                return "type='error'" in guest.join(number, "late")
        wait_until(gone, 5, "the end of the room", every=0.5)  # the server may hold back a leave for a second


def test_guest():
    """A guest joins, says hello and gets the box's challenge; another nick is another caller; who is silent is put out."""
    cloud = the_cloud()
    with rooms.Room() as room:
        box = start_box(room, cloud.register("guests"))
        number = number_of(box)
        with Guest(number) as guest, Guest(number) as other:
            silent = Guest(number)
            check(guest.is_challenged() and other.is_challenged(), "no challenge")
            silent.session.stream.settimeout(20)
            out = silent.session.expect("307")
            check("unavailable" in out, out)
            guest.call("<ping xmlns='urn:xmpp:ping'/>", "get")
            check("type='result'" in guest.session.expect(f"g{guest.sent}"), "no pong")
            guest.call("<query xmlns='jabber:iq:version'/>", "get")
            check("service-unavailable" in guest.session.expect(f"g{guest.sent}"), "an answer to what nobody asks here")


def test_hostile_guests():
    """Depth, size, entities, floods and odd XML from guests: the box is unmoved."""
    cloud = the_cloud()
    with rooms.Room() as room:
        box = start_box(room, cloud.register("hostile"))
        number = number_of(box)
        attributes = " ".join(f"a{i}='x'" for i in range(40))
        payloads = (f"<hello xmlns='{wire.CALL}'>{'<a>' * 200}{'</a>' * 200}</hello>",
                    f"<hello xmlns='{wire.CALL}' {attributes}/>",
                    f"<hello xmlns='{wire.CALL}'>{'<a/>' * 2000}</hello>",
                    f"<hello xmlns='{wire.CALL}' name='{'&quot;' * 8000}'/>",
                    f"<hello xmlns='{wire.CALL}'>{'x' * 62000}</hello>",
                    f"<hello xmlns='{wire.CALL}'>{'x' * 90000}</hello>",
                    "<!DOCTYPE lolz [<!ENTITY lol 'lol'>]><a>&lol;</a>", "<!-- --><a/>", "<?php?><a/>",
                    f"<hello xmlns='{wire.CALL}' fingerprint=''/>", f"{HELLO}{HELLO}", "")
        for payload in payloads:
            with Guest(number) as guest:
                try:
                    guest.call(payload)
                    guest.session.stream.settimeout(0.7)
                    guest.session.expect("nothing that ever comes")
                except (wire.Closed, TimeoutError, OSError):
                    pass
            unmoved(box, number)
        with Guest(number) as guest:
            try:
                for _ in range(400):
                    guest.call("<ping xmlns='urn:xmpp:ping'/>", "get")
                guest.session.expect("307", patience=1000)
            except (wire.Closed, OSError):
                pass
        unmoved(box, number)


def test_outsiders():
    """What comes from outside the room, or from a false sender, gets no answer and changes nothing."""
    cloud = the_cloud()
    with rooms.Room() as room:
        account = cloud.register("alone")
        box = start_box(room, account)
        number = number_of(box)
        name, password = "mallory", secrets.token_hex(8)
        cloud.register(name, password)
        with cloud.account(name, password) as eve, cloud.guest() as guest:
            direct = f"{account[0]}/box"
            for session in eve, guest:
                for to, sender in ((direct, ""), (account[0], ""), (direct, f" from='{number}@meet.{clouds.HOST}/anna'")):
                    try:
                        session.write(f"<iq xmlns='jabber:client' type='set' id='o' to='{to}'{sender}>{HELLO}</iq>")
                        if to == direct:  # for the account the server answers itself
                            session.write(f"<iq xmlns='jabber:client' type='get' id='p' to='{to}'{sender}>"
                                          "<ping xmlns='urn:xmpp:ping'/></iq>")
                        session.stream.settimeout(1)
                        said = session.expect("<")
                        check("challenge" not in said and "type='result'" not in said, said)
                    except (wire.Closed, TimeoutError, OSError):
                        pass
        # In the room's name, without being in it.
        with cloud.guest() as guest:
            guest.write(f"<iq xmlns='jabber:client' type='set' id='q' to='{number}@meet.{clouds.HOST}/box'>{HELLO}</iq>")
            answer = guest.expect("<iq")
            check("type='error'" in answer, answer)
        unmoved(box, number)


def test_restarts():
    """The server is started again, in order or killed: the box comes back with the same number."""
    cloud = the_cloud()
    with rooms.Room() as room:
        box = start_box(room, cloud.register("faithful"))
        number = number_of(box)
        for round_, kind in enumerate((signal.SIGTERM, signal.SIGKILL), 2):
            cloud.restart_node(kind)
            wait_until(lambda count=round_: sessions_of(box) >= count, 60, lambda: f"another session\n{box.err()[-2000:]}")

            def is_back():
                with cloud.guest() as guest:
                    return "type='error'" not in guest.join(number, secrets.token_hex(8))
            wait_until(is_back, 20, "the room", every=0.3)
            check(number_of(box) == number and count_number(box) == 1, box.err()[-3000:])
            comment(f"back with {number}")


def test_silence():
    """A line that has gone dead is noticed within 30 s, and the session is resumed."""
    cloud = the_cloud()
    with rooms.Room() as room:
        box = start_box(room, cloud.register("patient"))
        number = number_of(box)
        guest = Guest(number)
        check(guest.is_challenged(), "no challenge")
        os.kill(cloud.door.pid, signal.SIGSTOP)
        try:
            start = time.monotonic()
            wait_for(box, "connecting", 31)
            comment(f"noticed after {time.monotonic() - start:.0f} s")
        finally:
            os.kill(cloud.door.pid, signal.SIGCONT)
        wait_for(box, "connected", 30)
        check(number_of(box) == number and count_number(box) == 1, box.err()[-3000:])
        check("The session with the cloud goes on." in box.err(), "it was not resumed", box.err()[-3000:])
        unmoved(box, number, sessions=2)


def test_account():
    """A wrong password, a revoked account and another's cloud are told in a sentence; forgetting is a step of its own."""
    cloud = the_cloud()
    with rooms.Room() as room:
        jid, password = cloud.register("known")
        box = start_box(room, (jid, "not the password"))
        said = wait_for(box, "refused")
        check("does not accept" in said["trouble"] and not said["number"], said)
        box.stop()
        box = start_box(room, (jid, password))
        number_of(box)
        cloud.revoke("known")
        said = wait_for(box, "refused", 40)
        comment(said["trouble"])
        check(not said["number"], "a number that leads nowhere is still shown", said)
        box.stop()
        box = start_box(room, (jid, password), enrolled="other.example.org")
        said = cloud_of(box)
        check(said["state"] == "not-enrolled" and "--forget-cloud" in said["trouble"], said)
        done = subprocess.run([rooms.build / "receiver/lectern-receiver", "--forget-cloud", "--state-folder", box.state],
                              capture_output=True, text=True, check=False)
        check(done.returncode == 0 and not (box.state / "cloud.json").exists(), done.stderr)


class Impostor(threading.Thread):
    """Something on port 443 that says it is a cloud, with a certificate of the test's choice."""

    def __init__(self, certificate, behave=None):
        super().__init__(daemon=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.listener = socket.create_server((IMPOSTOR_ADDRESS, 443))
        self.behave, self.heard, self.sessions = behave, b"", 0
        self.start()

    def run(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            try:
                plain.settimeout(10)
                with self.context.wrap_socket(plain, server_side=True) as stream:
                    self.sessions += 1
                    if self.behave:
                        self.behave(self, stream)
                    else:
                        self.heard += stream.recv(65536)
            except (OSError, ssl.SSLError):
                pass

    def read_until(self, stream, word):
        text = b""
        while word not in text:
            more = stream.recv(65536)
            if not more:
                raise OSError("it has gone")
            text += more
            self.heard += more
        return text

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


HEADER = ("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' "
          f"from='boxes.{IMPOSTOR}' version='1.0'>")


def features(*mechanisms):
    return ("<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
            + "".join(f"<mechanism>{one}</mechanism>" for one in mechanisms) + "</mechanisms></stream:features>").encode()


def before_impostor(room, certificate, behave=None, **more):
    impostor = Impostor(certificate, behave)
    box = start_box(room, (f"room12@boxes.{IMPOSTOR}", secrets.token_hex(8)), host=IMPOSTOR, **more)
    return impostor, box


def test_certificates():
    """A certificate of another authority, for another name or from the past is refused before a word of XMPP."""
    cloud = the_cloud()
    names = clouds.names_of(IMPOSTOR)
    with rooms.Room() as room:
        other = clouds.Authority(room.folder, "Other")
        for word, certificate in (
                ("nobody this display trusts", other.sign(room.folder / "other.pem", *names)),
                ("another name", cloud.authority.sign(room.folder / "name.pem", "boxes.elsewhere.example")),
                ("has expired", expired(cloud.authority, room.folder / "old.pem", *names))):
            impostor, box = before_impostor(room, certificate)
            said = wait_for(box, "refused")
            comment(said["trouble"])
            check(word in said["trouble"] and not said["number"], said)
            check(not impostor.heard, impostor.heard)
            box.stop()
            impostor.close()


def expired(authority, target, *names):
    """A certificate whose time is over."""
    authority.sign(target, *names)
    request, extensions = target.with_suffix(".csr"), target.with_suffix(".ext")
    folder = target.parent / "ca"
    folder.mkdir()
    (folder / "index.txt").touch()
    (folder / "serial").write_text("42\n")
    (folder / "ca.conf").write_text(f"[ca]\ndefault_ca=own\n[own]\ndatabase={folder}/index.txt\nserial={folder}/serial\n"
                                    f"new_certs_dir={folder}\ndefault_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n")
    clouds.openssl("ca", "-batch", "-config", folder / "ca.conf", "-cert", authority.certificate, "-keyfile", authority.key,
                   "-in", request, "-out", target, "-startdate", "20200101000000Z", "-enddate", "20200201000000Z",
                   "-extfile", extensions, "-notext")
    target.write_text(target.read_text() + target.with_suffix(".key").read_text())
    return target


def pin_of(certificate):
    der = subprocess.run(f"openssl x509 -in {certificate} -noout -pubkey | openssl pkey -pubin -outform der", shell=True,
                         capture_output=True, check=True).stdout
    return ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())


def test_pins():
    """A key that is not the pinned one is refused, however good its certificate; the right pin is let in."""
    cloud = the_cloud()
    with rooms.Room() as room:
        good = cloud.authority.sign(room.folder / "good.pem", *clouds.names_of(IMPOSTOR))
        impostor, box = before_impostor(room, good, pins=[":".join(["00"] * 32), ":".join(["11"] * 32)])
        said = wait_for(box, "refused")
        check("key is not the one" in said["trouble"] and not impostor.heard, said)
        box.stop()
        impostor.close()
        box = start_box(room, cloud.register("pinned"), pins=[":".join(["00"] * 32), pin_of(cloud.tls)])
        number_of(box)
        box.stop()


def test_first_use():
    """Trust on first use: the first key is kept, in a file for its owner alone, and another refused afterwards."""
    cloud = the_cloud()
    with rooms.Room() as room:
        stranger = clouds.Authority(room.folder, "Stranger")
        account = cloud.register("trusting")
        box = start_box(room, account, trust="first-use", ca=stranger.certificate)
        number_of(box)
        kept = json.loads((box.state / "cloud.json").read_text())
        check(kept["pins"] == [pin_of(cloud.tls)] and kept["password"] == account[1], kept["pins"])
        check(stat.S_IMODE((box.state / "cloud.json").stat().st_mode) == 0o600, "others can read it")
        box.stop()
        other = stranger.sign(room.folder / "s.pem", *clouds.names_of(IMPOSTOR))
        impostor, box = before_impostor(room, other, trust="first-use", pins=kept["pins"])
        said = wait_for(box, "refused")
        check("--forget-cloud" in said["trouble"] and not impostor.heard, said)
        impostor.close()


def test_certificate_of_its_own():
    """With a certificate that names its account the box signs in without its password."""
    cloud = the_cloud()
    with rooms.Room() as room:
        jid, _ = cloud.register("certified")
        own = room.folder / "own.pem"
        cloud.authority.sign(own, "certified")
        own.with_suffix(".ext").write_text(f"subjectAltName=otherName:1.3.6.1.5.5.7.8.5;UTF8:{jid}\n")
        clouds.openssl("x509", "-req", "-in", own.with_suffix(".csr"), "-CA", cloud.authority.certificate, "-CAkey",
                       cloud.authority.key, "-CAcreateserial", "-days", "7", "-extfile", own.with_suffix(".ext"), "-out", own)
        own.write_text(own.read_text() + own.with_suffix(".key").read_text())
        box = start_box(room, (jid, "not the password"), certificate=own)
        number_of(box)


def plain_only(impostor, stream):
    impostor.read_until(stream, b"<stream:stream")
    stream.sendall(HEADER.encode() + features("PLAIN", "DIGEST-MD5", "SCRAM-SHA-1"))
    impostor.read_until(stream, b"nothing that ever comes")


def scram_then_plain(impostor, stream):
    """Offers both, and lets the good one fail."""
    impostor.read_until(stream, b"<stream:stream")
    stream.sendall(HEADER.encode() + features("SCRAM-SHA-512", "PLAIN"))
    impostor.read_until(stream, b"</auth>")
    stream.sendall(b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>" + features("PLAIN"))
    impostor.read_until(stream, b"nothing that ever comes")


def test_mechanisms():
    """No sign-in but SCRAM-SHA-512 is used, whatever is offered, and whatever fails."""
    cloud = the_cloud()
    with rooms.Room() as room:
        good = cloud.authority.sign(room.folder / "good.pem", *clouds.names_of(IMPOSTOR))
        impostor, box = before_impostor(room, good, plain_only)
        said = wait_for(box, "refused")
        check("SCRAM-SHA-512" in said["trouble"] and b"<auth" not in impostor.heard, said, impostor.heard)
        box.stop()
        impostor.close()
        impostor, box = before_impostor(room, good, scram_then_plain)
        wait_for(box, "refused")
        check(impostor.heard.count(b"<auth") == impostor.sessions, impostor.heard)
        check(b"PLAIN" not in impostor.heard, impostor.heard)
        box.stop()
        impostor.close()


def memory_of(box):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{box.pid}/status").read_text()).group(1)) // 1024


def bad_stream(text):
    def behave(impostor, stream):
        try:
            impostor.read_until(stream, b"<stream:stream")
            stream.sendall(text)
            impostor.read_until(stream, b"nothing that ever comes")
        finally:
            impostor.over = True
    return behave


LAUGHS = ("<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY a 'lol'>" + "".join(
    f"<!ENTITY {chr(98 + i)} '{f'&{chr(97 + i)};' * 10}'>" for i in range(9)) + "]>"
    + HEADER.partition("?>")[2] + "<message>&j;</message>")


def test_bad_streams():
    """Billion laughs, endless headers and elements, depth without end: hung up on, and little memory used."""
    cloud = the_cloud()
    with rooms.Room() as room:
        good = cloud.authority.sign(room.folder / "good.pem", *clouds.names_of(IMPOSTOR))
        for text in (LAUGHS.encode(), b"<stream:stream a='" + b"x" * 3_000_000, HEADER.encode() + b"<a>" * 2_000_000,
                     HEADER.encode() + b"<message>" + b"x" * 3_000_000, b"HTTP/1.1 400 Bad Request\r\n\r\n",
                     HEADER.encode() + b"<message><![CDATA[x]]></message>", b"\0" * 100_000):
            impostor, box = before_impostor(room, good, bad_stream(text))
            wait_until(lambda one=impostor: getattr(one, "over", False), 20, lambda: f"the end\n{box.err()[-2000:]}")
            wait_until(lambda one=box: cloud_of(one)["trouble"], 5, "a sentence")
            comment(cloud_of(box)["trouble"])
            check(box.running() and memory_of(box) < 200, memory_of(box), "MiB", box.err())
            box.stop()
            impostor.close()


def main():
    rooms.start()
    try:
        run(test_number, test_guest, test_hostile_guests, test_outsiders, test_restarts, test_silence, test_account,
            test_certificates, test_pins, test_first_use, test_certificate_of_its_own, test_mechanisms,
            test_bad_streams)
    finally:
        if "room" in shared:
            shared["room"].__exit__(None, None, None)


main()
