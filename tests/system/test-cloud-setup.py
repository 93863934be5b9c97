#!/usr/bin/env python3
"""packaging/cloud as an administrator uses it, on a copy of this machine that nobody else sees: set up, ask, back up, restore,
take down."""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from cloud import HOST, PROGRAMS, Authority, Cloud, name_addresses, top  # noqa: E402
from tap import Failed, Skip, check, comment, run, wait_until  # noqa: E402

MS_BIND, MS_REC = 4096, 0x4000
shared = {}


def readlink(path):
    """None while there is nothing behind it yet."""
    try:
        return path.readlink()
    except OSError:
        return None


class Machine(Cloud):
    """A copy of this machine's disk on top of it (overlayfs), in the network of the test. The cloud in it is set up by setup."""

    def __init__(self, room):  # not Cloud's: nothing is started here
        for program in (*PROGRAMS, "nft", "uacme", "chroot", "turnutils_stunclient"):
            rooms.tool(program)
        self.room, self.folder, self.host, self.address = room, room.folder, HOST, rooms.ADDRESS
        memory, self.root = room.folder / "memory", room.folder / "root"
        self.mount("tmpfs", memory, "tmpfs")
        for part in "upper", "work":
            (memory / part).mkdir()
        self.mount("overlay", self.root, "overlay", f"lowerdir=/,upperdir={memory}/upper,workdir={memory}/work")
        # Its programs end with it, however the test ends.
        holder = rooms.Process(room, "machine", [rooms.tool("unshare"), "--pid", "--fork", "--kill-child", "sleep", "infinity"])
        holder.expected_to_crash = True
        self.holder = holder
        numbers = pathlib.Path(f"/proc/{holder.pid}/ns/pid_for_children")
        own = pathlib.Path("/proc/self/ns/pid").readlink()
        wait_until(lambda: os.path.lexists(numbers) and readlink(numbers) not in (None, own), 10, "numbers of its own")
        self.enter = [rooms.tool("nsenter"), f"--pid={numbers}", "--"]
        (self.root / "proc").mkdir(exist_ok=True)
        subprocess.run([*self.enter, "mount", "-t", "proc", "proc", self.root / "proc"], check=True)
        for part in "run", "tmp", "var/log", "var/lib/ejabberd":
            self.mount("tmpfs", self.root / part, "tmpfs", "mode=1777" if part == "tmp" else "mode=755")
        for part in "/dev", "/etc/hosts", str(top), str(rooms.build):
            self.mount(part, self.root / part[1:], None, flags=MS_BIND | MS_REC)
        for folder in "var/log/ejabberd", "var/lib/ejabberd":
            (self.root / folder).mkdir(exist_ok=True)
            self.inside("chown", "ejabberd:", f"/{folder}")
        self.administrator = "administrator"

    @staticmethod
    def mount(source, target, kind, options="", flags=0):
        if not target.exists():
            target.mkdir(parents=True)
        if rooms.libc.mount(source.encode(), str(target).encode(), kind and kind.encode(), flags, options.encode()):
            raise Skip(f"{kind or source} cannot be mounted here")

    def inside(self, *command, wrong=False):
        """What the command said; wrong: it is to fail."""
        done = subprocess.run([*self.enter, rooms.tool("chroot"), self.root, *map(str, command)], capture_output=True, text=True, check=False,
                              timeout=280, env={**os.environ, "LC_ALL": "C.UTF-8", "HOME": "/root"})
        check(bool(done.returncode) == wrong, command[0], "ended with", done.returncode, "\n", done.stdout, done.stderr)
        return done.stdout + done.stderr

    def program(self, name, *arguments, wrong=False):
        return self.inside(top / "packaging/cloud" / name, *arguments, wrong=wrong)

    def set_up(self, *arguments):
        said = self.program("setup", self.host, "--page", self.page_folder(), "--allow-private-relay", "--no-ipv6", *arguments)
        self.authority = type("Known", (), {"certificate": self.root / "etc/lectern-cloud/authority.crt"})
        self.password = (self.root / "etc/lectern-cloud/administrator").read_text().split("\n")[1]
        return said

    def page_folder(self):
        bundle = rooms.build / "sender/web/bundle"
        if (bundle / "index.html").exists():
            return bundle
        folder = self.root / "tmp/page"
        folder.mkdir(exist_ok=True)
        (folder / "index.html").write_text("<!doctype html><title>The page has not been built</title>")
        return "/tmp/page"

    def mode(self, path):
        return oct((self.root / path).stat().st_mode & 0o777)


def machine():
    if "machine" not in shared:
        rooms.needs_root()
        shared["machine"] = None
        shared["room"] = rooms.Room()
        name_addresses(shared["room"].folder, **{HOST: rooms.ADDRESS})
        shared["machine"] = Machine(shared["room"])
    if not shared["machine"]:
        raise Skip("there is no machine to set up, see above")
    return shared["machine"]


def test_mistakes():
    """What setup cannot do it says in a sentence, before it has changed anything."""
    here = machine()
    for arguments, sentence in (
            ((), "usage:"), (("cloud",), "not a host name"), (("Cloud.example.org",), "small letters"),
            ((HOST,), "where the certificate comes from"), ((HOST, "--certificate", "/nowhere"), "not there"),
            ((HOST, "--acme"), "needs a value"), ((HOST, "--own-ca", "--magic"), "no option --magic"),
            ((HOST, "--own-ca", "x;reboot"), "one HOST"), (("$(reboot).example.org", "--own-ca"), "not a host name")):
        said = here.program("setup", *arguments, wrong=True)
        check(sentence in said, arguments, said)
    check("no cloud on this machine" in here.program("health", wrong=True), "health")
    check(not (here.root / "etc/lectern-cloud").exists(), "something was changed")


def test_set_up():
    """One command: everything answers, a box gets an account and meets a guest, nothing is default or open to read."""
    here = machine()
    said = here.set_up("--own-ca")
    check("trouble" not in said and here.password in said, said)
    comment("\n".join(line for line in said.splitlines() if line.startswith("ok")))
    check(len(here.password) == 32, "a short password")
    for path in ("etc/lectern-cloud", "etc/lectern-cloud/settings", "etc/lectern-cloud/administrator", "etc/ejabberd/ejabberd.yml",
                 "etc/ejabberd/lectern.pem", "etc/haproxy/lectern.pem", "etc/haproxy/haproxy.cfg"):
        check(here.mode(path) in ("0o600", "0o700"), path, here.mode(path))
    check(here.mode("etc/turnserver.conf") == "0o640", here.mode("etc/turnserver.conf"))
    _, password = here.register("room-1")
    with here.account("room-1", password) as box, here.guest() as guest:
        box.join("111111", "box")
        check("type='error'" not in guest.join("111111", "anna"), "they do not meet")
        check(len(guest.relays()) == 3, guest.relays())


def test_again():
    """Set up again, it keeps accounts, passwords and secrets; another name is refused."""
    here = machine()
    password, secret = here.password, (here.root / "etc/lectern-cloud/settings").read_text()
    _, own = here.register("room-2", "a" * 32)
    said = here.set_up("--own-ca")
    check(here.password == password and password not in said, "another administrator")
    check(secret == (here.root / "etc/lectern-cloud/settings").read_text(), "other settings")
    here.account("room-2", own).stream.close()
    check("is the cloud" in here.program("setup", "other.example.org", "--own-ca", wrong=True), "two clouds")


def test_certificate():
    """A given certificate takes the place of the cloud's own; one for other names or with another key is refused."""
    here = machine()
    authority = Authority(here.root / "root", "given")
    good = authority.sign(here.root / "root/good.pem", HOST, f"boxes.{HOST}", f"turn.{HOST}", days=90)
    authority.sign(here.root / "root/other.pem", "other.example.org")
    for certificate, key, sentence in (("other.pem", "other.key", "does not hold for"), ("good.pem", "other.key", "do not belong")):
        said = here.program("setup", HOST, "--page", here.page_folder(), "--certificate", f"/root/{certificate}", "--key",
                            f"/root/{key}", wrong=True)
        check(sentence in said, said)
    (here.root / "usr/local/share/ca-certificates").mkdir(parents=True, exist_ok=True)
    (here.root / "usr/local/share/ca-certificates/given.crt").write_text(authority.certificate.read_text())
    here.inside("update-ca-certificates")
    good.write_text(good.read_text().partition("-----BEGIN PRIVATE")[0])
    said = here.set_up("--certificate", "/root/good.pem", "--key", "/root/good.key")
    here.authority = authority
    check(here.fetch("GET", "/")[0] == 200 and "trouble" not in said, said)


def test_health():
    """Health says which part is not well, and nothing else of it."""
    here = machine()
    here.inside("kill", "-9", (here.root / "run/lectern-cloud/coturn.pid").read_text().strip())
    said = here.program("health", wrong=True)
    check("trouble  coturn does not run." in said and "trouble  The relay does not answer" in said, said)
    check("trouble  ejabberd" not in said and "trouble  The page" not in said, said)


def test_backup():
    """Accounts come back from a backup: those made since are gone, those lost are there again."""
    here = machine()
    _, password = here.register("room-3", "b" * 32)
    here.revoke("room-2")
    here.program("backup", "/root/cloud.tar.gz")
    check(here.mode("root/cloud.tar.gz") == "0o600", "others can read it")
    check("there already" in here.program("backup", "/root/cloud.tar.gz", wrong=True), "written over")
    here.call("unregister", user="room-3", host=f"boxes.{HOST}")
    here.restore("room-2")
    here.register("room-4", "c" * 32)
    (here.root / "root/nonsense").write_text("nonsense")
    check("is not a backup" in here.program("restore", "/root/nonsense", wrong=True), "taken")
    here.program("restore", "/root/cloud.tar.gz")
    wait_until(lambda: here.request("GET", "/")[0] == 200, 20, "ejabberd behind the door again")
    here.account("room-3", password).stream.close()
    check(here.refusal("room-4", "c" * 32), "an account made since is still there")
    check("not-allowed" in here.refusal("room-2", "a" * 32), "the one thrown out is back in")


def test_tidy():
    """The hourly work goes through while the cloud serves."""
    here = machine()
    with here.guest() as guest:
        here.inside("/usr/lib/lectern-cloud/tidy")
        check("type='result'" in guest.ask("get", f"guests.{HOST}", "<ping xmlns='urn:xmpp:ping'/>")
              or guest.relays(), "the guest is gone")


def test_remove():
    """Taken down by its name only; then nothing of it runs or lies about, and the packages' files are back."""
    here = machine()
    check("To go on, name it" in here.program("remove", wrong=True), "without its name")
    here.program("remove", HOST)
    for path in "etc/lectern-cloud", "usr/lib/lectern-cloud", "usr/share/lectern-cloud", "etc/haproxy/lectern.pem", "run/lectern-cloud":
        check(not (here.root / path).exists(), path, "is still there")
    check("lectern" not in (here.root / "etc/haproxy/haproxy.cfg").read_text().lower(), "the package's file is not back")
    try:
        here.tls_stream().close()
        raise Failed("port 443 still answers")
    except ConnectionRefusedError:
        pass


rooms.start()
try:
    run(test_mistakes, test_set_up, test_again, test_certificate, test_health, test_backup, test_tidy, test_remove)
finally:
    if shared.get("machine") and (shared["machine"].root / "etc/lectern-cloud").exists():
        shared["machine"].program("remove", HOST)
    if shared.get("machine"):
        shared["machine"].holder.kill()  # unshare takes no other signal while it waits
    if "room" in shared:
        for part in "root", "memory":
            rooms.libc.umount2(str(shared["room"].folder / part).encode(), 2)
        shared["room"].__exit__(None, None, None)
