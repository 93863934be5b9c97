#!/usr/bin/env python3
"""The three certificates: the box's own, its authority's in a real browser, the administrator's and ACME's while people are on."""
import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from tap import Skip, check, comment, run, wait_until  # noqa: E402
from wire import Client  # noqa: E402

MS_BIND = 4096
NAME = "room12.example.org"
top = pathlib.Path(__file__).resolve().parents[2]
PING = "<iq xmlns='jabber:client' type='get' id='{}' to='box'><ping xmlns='urn:xmpp:ping'/></iq>"


def open_box(room, *lines, **more):
    settings = room.folder / f"box-{len(room.processes)}.conf"
    settings.write_text("\n".join(["[network]", f"host-names={NAME}", *lines, ""]))
    return room.receiver(None, "--config", settings, **more)


def verify(box, root, name, address="127.0.0.1"):
    """None, or why somebody who trusts root alone would not believe in the box under that name."""
    context = ssl.create_default_context(cafile=str(root))
    try:
        with context.wrap_socket(socket.create_connection((address, box.port), 10), server_hostname=name):
            return None
    except ssl.SSLError as why:
        return str(why)


def fetch(url, path):
    with urllib.request.urlopen(url, timeout=10) as answer:
        path.write_bytes(answer.read())
        return answer.headers


def still_on(client, number):
    client.write(PING.format(number))
    client.expect(f"id='{number}'")


# ---- the authority ----

def open_with_authority(room, *lines):
    port = rooms.free_port()
    box = open_box(room, "tls=ca", f"http-port={port}", *lines)
    root = room.folder / "ca.crt"
    headers = fetch(f"http://127.0.0.1:{port}/ca.crt", root)
    check(headers["Content-Type"] == "application/x-x509-ca-cert", headers)
    return box, root


def fingerprint_of(path):
    told = subprocess.run(["openssl", "x509", "-in", path, "-noout", "-fingerprint", "-sha256"], capture_output=True,
                          text=True, check=True).stdout
    return told.strip().partition("=")[2]


def test_authority():
    """The box's authority is to be had at the box, vouches for its names and addresses, and outlives a restart"""
    with rooms.Room() as room:
        box, root = open_with_authority(room)
        machine = socket.gethostname().split(".")[0].lower()
        for name in "127.0.0.1", "localhost", machine, f"{machine}.local", NAME:
            check(verify(box, root, name) is None, name, verify(box, root, name))
        if room.isolated and rooms.have_network():
            check(verify(box, root, rooms.ADDRESS, rooms.ADDRESS) is None, "not for", rooms.ADDRESS)
        check(verify(box, root, "bank.example") is not None, "vouches for anybody")
        told = box.status()
        check(told["tls"] == "ca" and told["authority_fingerprint"] == fingerprint_of(root), told)
        check(told["authority_fingerprint"] in box.err(), "the log does not name it")
        check(told["fingerprint"] != told["tls_fingerprint"], "the media's certificate is another")
        check(oct((box.state / "authority.key").stat().st_mode & 0o777) == "0o600", "the key can be read by others")
        box.stop()
        settings = next(room.folder.glob("box-*.conf"))
        again = rooms.Process(room, "again", [rooms.build / "receiver/lectern-receiver", "--config", settings, "--port",
                                              box.port, "--state-folder", box.state, "--display", "none", "--no-sound"])
        wait_until(lambda: "waits on port" in again.err(), 20, lambda: f"the second start\n{again.err()}")
        check(verify(box, root, NAME) is None, "who has installed it is warned after a restart")


def test_new_address():
    """Where the box gets another address the certificate follows"""
    rooms.needs_root()
    with rooms.Room() as room:
        box, root = open_with_authority(room)
        before = box.status()["tls_fingerprint"]
        rooms.ip("address", "add", "10.78.0.1/24", "dev", "room-a")
        try:
            wait_until(lambda: box.status()["tls_fingerprint"] != before, 10, "another certificate")
            check(verify(box, root, "10.78.0.1", "10.78.0.1") is None, verify(box, root, "10.78.0.1", "10.78.0.1"))
        finally:
            rooms.ip("address", "del", "10.78.0.1/24", "dev", "room-a")


def browse(room, home, url, rules):
    """What Chromium makes of a page, as HTML."""
    browser = rooms.Process(
        room, "chromium", [rooms.tool("chromium"), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                           f"--user-data-dir={home}/profile", f"--host-resolver-rules={rules}", "--timeout=15000",
                           "--dump-dom", url],
        HOME=home, DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent", G_DEBUG="")
    browser.wait(60)
    return browser.out()


def test_browser():
    """Chromium warns of the box, and opens the page without a word once the authority is installed"""
    for program in "chromium", "certutil":
        rooms.tool(program)
    with rooms.Room() as room:
        box, root = open_with_authority(room)
        home = room.folder / "home"
        store = home / ".pki/nssdb"
        store.mkdir(parents=True)
        subprocess.run(["certutil", "-d", f"sql:{store}", "-N", "--empty-password"], check=True)
        rules = f"MAP {NAME} 127.0.0.1, EXCLUDE 127.0.0.1, EXCLUDE localhost"
        urls = [f"https://{host}:{box.port}/licences.txt" for host in ("127.0.0.1", NAME)]
        for url in urls:
            check("pdfjs" not in browse(room, home, url, rules), url, "was opened without a warning")
        subprocess.run(["certutil", "-d", f"sql:{store}", "-A", "-t", "C,,", "-n", "box", "-i", root], check=True)
        for url in urls:
            text = browse(room, home, url, rules)
            check("pdfjs" in text, url, "was not opened:", text[:300])


# ---- the administrator's files ----

def make_pair(folder, stem, days="30", name=NAME, root=None):
    """A certificate and its key as an administrator's own authority would give them."""
    key, request, certificate = (folder / f"{stem}.{end}" for end in ("key", "csr", "crt"))
    extensions = folder / "extensions"
    extensions.write_text(f"subjectAltName=DNS:{name}\n")
    openssl = ["openssl"]
    subprocess.run([*openssl, "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                    f"/CN={stem}", "-keyout", key, "-out", request], check=True, capture_output=True)
    signer = ["-signkey", key] if not root else ["-CA", folder / f"{root}.crt", "-CAkey", folder / f"{root}.key",
                                                 "-CAcreateserial", "-extfile", extensions]
    subprocess.run([*openssl, "x509", "-req", "-in", request, "-days", days, *signer, "-out", certificate], check=True,
                   capture_output=True)
    return certificate, key


def put_in_place(source, target):
    new = target.with_suffix(".new")
    shutil.copy(source, new)
    new.chmod(0o600)
    new.rename(target)


def test_files():
    """The administrator's files are taken when they come and when they change; a bad pair changes nothing, and nobody is cut off"""
    with rooms.Room() as room:
        root, _ = make_pair(room.folder, "root")
        target = [room.folder / "tls.crt", room.folder / "tls.key"]
        box = open_box(room, "tls=files", f"tls-certificate={target[0]}", f"tls-key={target[1]}", "http-port=0")
        check("cannot be read" in box.err() and box.status()["tls"] == "own", box.err())

        def show(stem, **more):
            before = box.status().get("tls_fingerprint")
            for source, end in zip(make_pair(room.folder, stem, root="root", **more), target):
                put_in_place(source, end)
            return before

        before = show("first")
        wait_until(lambda: box.status().get("tls_fingerprint") != before, 15, lambda: f"the files\n{box.err()}")
        check(verify(box, root, NAME) is None, verify(box, root, NAME))
        with Client("127.0.0.1", box.port) as client:
            still_on(client, 1)
            before = show("second")
            wait_until(lambda: box.status()["tls_fingerprint"] != before, 15, "the second pair")
            still_on(client, 2)
            before = show("third", days="-1")
            wait_until(lambda: "expired" in box.err(), 15, lambda: f"what is wrong\n{box.err()}")
            put_in_place(make_pair(room.folder, "fourth", root="root")[1], target[1])
            wait_until(lambda: "not that of the first" in box.err(), 15, lambda: f"what is wrong\n{box.err()}")
            check(box.status()["tls_fingerprint"] == before, "a bad pair took the place of a good one")
            check(verify(box, root, NAME) is None, verify(box, root, NAME))
            still_on(client, 3)
            before = show("fifth", days="7")
            wait_until(lambda: box.status()["tls_fingerprint"] != before, 15, "the fifth pair")
            wait_until(lambda: "only: renew it" in box.err(), 10, lambda: f"a word on its end\n{box.err()}")
            check("PRIVATE" not in box.err(), "the log holds a key")


def test_hangup():
    """SIGHUP reads the files again where nothing told of a change, and ends nothing"""
    with rooms.Room() as room:
        root, _ = make_pair(room.folder, "root")
        first = make_pair(room.folder, "first", root="root")
        first[1].chmod(0o644)
        folder = room.folder / "live"
        folder.symlink_to(room.folder)
        box = open_box(room, "tls=files", f"tls-certificate={folder / 'first.crt'}", f"tls-key={folder / 'first.key'}",
                       "http-port=0")
        check("Everybody on this machine can read the key" in box.err(), box.err())
        check(verify(box, root, NAME) is None, verify(box, root, NAME))
        before = box.status()["tls_fingerprint"]
        elsewhere = room.folder / "elsewhere"
        elsewhere.mkdir()
        for source, end in zip(make_pair(room.folder, "second", root="root"), ("first.crt", "first.key")):
            put_in_place(source, elsewhere / end)
        folder.unlink()
        folder.symlink_to(elsewhere)
        box.send(signal.SIGHUP)
        wait_until(lambda: box.status()["tls_fingerprint"] != before, 10, "the files behind the other link")
        check(verify(box, root, NAME) is None, verify(box, root, NAME))


# ---- ACME ----

def trust(path):
    """For this process and its children: one more authority in the system's file."""
    store = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
    more = path.parent / "trusted.crt"
    more.write_text(store.read_text() + path.read_text())
    check(ctypes.CDLL(None).mount(str(more).encode(), str(store).encode(), None, MS_BIND, None) == 0, "cannot bind", store)


def start_pebble(room, http_port):
    """An ACME server (RFC 8555) of our own network; its root's file."""
    own, _ = make_pair(room.folder, "directory-root")
    certificate, own_key = make_pair(room.folder, "directory", name="localhost", root="directory-root")
    trust(own)
    ports = [rooms.free_port() for _ in range(4)]
    settings = room.folder / "pebble.json"
    settings.write_text(json.dumps({"pebble": {
        "listenAddress": f"127.0.0.1:{ports[0]}", "managementListenAddress": f"127.0.0.1:{ports[1]}",
        "certificate": str(certificate), "privateKey": str(own_key), "httpPort": http_port, "tlsPort": 5001,
        "ocspResponderURL": "", "externalAccountBindingRequired": False}}))
    rooms.Process(room, "names", [rooms.tool("pebble-challtestsrv"), "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01",
                                  f"127.0.0.1:{ports[2]}", "-http01", "", "-https01", "", "-tlsalpn01", "", "-management",
                                  f"127.0.0.1:{ports[3]}"]).expected_to_crash = True
    server = rooms.Process(room, "pebble", [rooms.tool("pebble"), "-config", settings, "-dnsserver", f"127.0.0.1:{ports[2]}"],
                           PEBBLE_VA_NOSLEEP="1", PEBBLE_WFE_NONCEREJECT="0")
    server.expected_to_crash = True
    context = ssl.create_default_context(cafile=str(own))
    root = room.folder / "acme-root.crt"

    def get_root():
        try:
            with urllib.request.urlopen(f"https://localhost:{ports[1]}/roots/0", timeout=5, context=context) as answer:
                return answer.read()
        except OSError:
            return None
    root.write_bytes(wait_until(get_root, 20, lambda: f"pebble\n{server.err()}{server.out()}", every=0.1))
    return f"https://localhost:{ports[0]}/dir", root


def renew(room, state, url, *more):
    """packaging/certificates/acme-renew, as its unit runs it."""
    asked = subprocess.run([top / "packaging/certificates/acme-renew"], capture_output=True, text=True, timeout=120,
                           env={**os.environ, "LECTERN_NAMES": NAME, "STATE_DIRECTORY": str(state), "LECTERN_ACME_URL": url,
                                **dict(more)}, check=False)
    check(asked.returncode == 0, "acme-renew failed:", asked.stderr, asked.stdout)


def test_acme():
    """uacme and a real ACME server give the box a certificate over its own port, and it is shown without a restart"""
    rooms.needs_root()
    for program in "pebble", "pebble-challtestsrv", "uacme":
        rooms.tool(program)
    with rooms.Room() as room:
        state = room.folder / "acme"
        http_port = rooms.free_port()
        box = open_box(room, "tls=files", f"tls-certificate={state / NAME / 'cert.pem'}",
                       f"tls-key={state / 'private' / NAME / 'key.pem'}", f"acme-challenges={state / 'challenges'}",
                       f"http-port={http_port}")
        check(box.status()["tls"] == "own", "there is no certificate yet")
        url, root = start_pebble(room, http_port)
        renew(room, state, url)
        wait_until(lambda: box.status()["tls"] == "files", 20, lambda: f"the certificate\n{box.err()}")
        check(verify(box, root, NAME) is None, verify(box, root, NAME))
        check(not list((state / "challenges").iterdir()), "an answer to a challenge was left")
        before = box.status()["tls_fingerprint"]
        renew(room, state, url)  # nothing is due
        check(box.status()["tls_fingerprint"] == before, "renewed without need")
        comment(f"good until {box.status()['tls_until']}")


if not rooms.start():
    comment("without a network of its own")
run(test_authority, test_new_address, test_browser, test_files, test_hangup, test_acme)
