"""A meeting room: displays, a receiver, senders, painters. All private to one test and gone when it ends."""
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from screen import Eye, Screen, remove_frame_buffer
from tap import Failed, Skip, check, comment, wait_until

CLONE_NEWNS, CLONE_NEWNET, MS_REC, MS_PRIVATE = 0x00020000, 0x40000000, 0x4000, 1 << 18
ADDRESS = "10.77.0.1"  # the machine's own, where the test has a network to itself
build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").absolute()
libc = ctypes.CDLL(None, use_errno=True)


def tool(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not path:
        raise Skip(f"{name} is not installed")
    return path


def ip(*arguments, inside=None):
    """ip(8), in the namespace of the process inside, or here."""
    subprocess.run([*enter(inside), tool("ip"), *arguments], check=True)


def enter(inside):
    return [tool("nsenter"), f"--net=/proc/{inside}/ns/net", "--"] if inside else []


def isolate():
    """Gives this process a network and mounts of its own: ports 443 and 8443 are free, nobody else is there. False where
    that is not allowed."""
    if os.geteuid() != 0 or not shutil.which("ip", path="/usr/sbin:/sbin:/usr/bin"):
        return False
    if libc.unshare(CLONE_NEWNS) or libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None):
        return False
    # A server on the same display number in another network would take the socket's file over.
    pathlib.Path("/tmp/.X11-unix").mkdir(mode=0o1777, exist_ok=True)
    if libc.mount(b"tmpfs", b"/tmp/.X11-unix", b"tmpfs", 0, b"mode=1777"):
        return False
    # Last, for there is no way back: a network that is not set up is worse than that of the machine.
    if libc.unshare(CLONE_NEWNET):
        return False
    # An address that is a little later than its device is a change of networks, which makes browsers drop what they began.
    dad = pathlib.Path("/proc/sys/net/ipv6/conf/default/accept_dad")
    if os.access(dad, os.W_OK):
        dad.write_text("0")
    ip("link", "set", "lo", "up")
    try:
        ip("link", "add", "room-a", "type", "veth", "peer", "name", "room-b")
    except subprocess.CalledProcessError:
        return True  # loopback alone
    for name in "room-a", "room-b":
        ip("link", "set", name, "up")
    ip("address", "add", f"{ADDRESS}/24", "dev", "room-a")
    return True


def have_network(address=ADDRESS):
    """True where a socket can be bound to the address of our own."""
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
            return True
        except OSError:
            return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def meeting_id(address, port=443):
    number = int.from_bytes(socket.inet_aton(address), "big") + (2 ** 32 if port == 8443 else 0)
    return f"{number:010d}"


class Process:
    """A program that dies with the test, its output in files."""
    is_ours = False  # held to end well

    def __init__(self, room, name, command, inside=None, stdin=None, stdout=None, **environment):
        self.name = name
        self.paths = [room.folder / f"{len(room.processes)}-{name}.{end}" for end in ("out", "err")]
        streams = [open(path, "wb") for path in self.paths]
        self.popen = subprocess.Popen(
            [*enter(inside), tool("setpriv"), "--pdeathsig", "KILL", "--", *map(str, command)],
            stdin=stdin or subprocess.DEVNULL, stdout=stdout or streams[0], stderr=streams[1],
            env={**os.environ, "G_DEBUG": "fatal-criticals", "GST_REGISTRY_FORK": "no", "WAYLAND_DISPLAY": "",
                 "LC_ALL": "C.UTF-8", **environment})
        for stream in streams:
            stream.close()
        self.pid = self.popen.pid
        self.expected_to_crash = False
        room.processes.append(self)

    def out(self):
        return self.paths[0].read_text(errors="replace")

    def err(self):
        return self.paths[1].read_text(errors="replace")

    def running(self):
        return self.popen.poll() is None

    def send(self, number=signal.SIGINT):
        if self.running():
            self.popen.send_signal(number)

    def wait(self, timeout=15):
        """Its exit status."""
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired as late:
            raise Failed(f"{self.name} has not ended within {timeout} s") from late

    def stop(self, number=signal.SIGINT, timeout=15):
        self.send(number)
        return self.wait(timeout)

    def kill(self):
        self.expected_to_crash = True
        self.send(signal.SIGKILL)
        self.popen.wait()


class Receiver(Process):
    is_ours = True

    def __init__(self, room, screen, *options, name="Room 12", port=None, inside=None, wait=True, sound=False,
                 **environment):
        self.state = room.folder / f"box-{len(room.processes)}"
        if port is None:
            port = 443 if room.isolated else free_port()
        self.port = port
        super().__init__(
            room, "receiver",
            [build / "receiver/lectern-receiver", "--name", name, "--port", port, "--state-folder", self.state,
             "--announce", "--display", "x11" if screen else "none", *([] if sound else ["--no-sound"]), *options],
            inside=inside, **{"DISPLAY": screen.name if screen else "", **environment})
        self.screen = screen
        if wait:
            wait_until(self.is_up, 30, lambda: f"the receiver to start\n{self.err()}")

    def is_up(self):
        check(self.running(), "the receiver has ended:", self.err())
        return "To join" in self.out() and (self.state / "status.socket").exists()

    def said(self, label):
        """What --announce printed last under a label."""
        found = re.findall(rf"^  {label} +(.*)$", self.out(), re.MULTILINE)
        return found[-1] if found else None

    def pin(self):
        return self.said("PIN")

    def status(self):
        asked = subprocess.run([build / "receiver/lectern-receiver", "--status", "--state-folder", self.state],
                               capture_output=True, timeout=20, check=False)
        check(asked.returncode == 0, "--status failed:", asked.stderr.decode())
        return json.loads(asked.stdout)

    def presenters(self):
        """name -> what --status says of it, of those whose pictures come."""
        return {one["name"]: one for one in self.status()["presenters"] if one["pictures"]}

    def target(self):
        """host:port, also where the machine has no network but loopback."""
        return f"{ADDRESS if have_network() else '127.0.0.1'}:{self.port}"


class Sender(Process):
    is_ours = True

    def __init__(self, room, target, *options, screen=None, pin=None, late=False, name="Anna", state=None,
                 inside=None, **environment):
        self.state = state or room.folder / f"sender-{len(room.processes)}"
        secret = room.folder / f"{len(room.processes)}.pin"
        if late:
            os.mkfifo(secret, 0o600)
            self.secret = os.open(secret, os.O_RDWR | os.O_CLOEXEC)
            options = (*options, "--verbose")
        else:
            secret.touch(0o600)
            secret.write_text(f"{pin or '000000'}\n")
        if pin:
            room.secrets.add(pin)
        super().__init__(
            room, f"sender-{name}",
            [build / "sender/lectern-share", target, "--name", name, "--pin-file", secret, "--state-folder", self.state,
             "--source", "screen" if screen else "test", *options],
            inside=inside, DISPLAY=screen.name if screen else "", **environment)

    def wait_for_question(self):
        """Of one that is late: until the box has asked for the PIN."""
        wait_until(lambda: "asks for its PIN" in self.err(), 20, lambda: f"the question for the PIN\n{self.err()}")

    def give_pin(self, pin):
        """Somebody has typed it at last."""
        os.write(self.secret, f"{pin}\n".encode())
        os.close(self.secret)

    def stats(self):
        lines = [line for line in self.out().splitlines() if line.startswith("{") and line.endswith("}")]
        return json.loads(lines[-1]) if lines else {}


class Room:
    """with Room() as room: …; says on failure what every program wrote, and holds that no PIN is among it."""

    def __init__(self):
        self.isolated = os.environ.get("LECTERN_TEST_ISOLATED") == "1"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lectern-"))
        self.processes, self.frame_buffers, self.secrets = [], [], set()

    def __enter__(self):
        return self

    def __exit__(self, kind, why, trace):
        wrong = self.end_all()
        leaks = [] if kind else self.find_secrets()
        if (kind and not issubclass(kind, Skip)) or wrong or leaks:
            self.show_logs()
        for folder in self.frame_buffers:
            remove_frame_buffer(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        if not kind:
            check(not wrong, "; ".join(wrong))
            check(not leaks, "a PIN stands in the output of", ", ".join(leaks))

    def end_all(self):
        """Ends what runs, youngest first; what went wrong with programs, before and now."""
        wrong = [f"{one.name} had ended by signal {-one.popen.returncode}" for one in self.processes
                 if not one.running() and one.popen.returncode < 0 and not one.expected_to_crash]
        for one in reversed(self.processes):
            was_running = one.running()
            one.send(signal.SIGCONT)
            one.send(signal.SIGTERM)
            try:
                one.popen.wait(15)
            except subprocess.TimeoutExpired:
                wrong.append(f"{one.name} does not end")
                one.kill()
            ours = one.is_ours
            started = not isinstance(one, Sender) or "Joined" in one.err()  # and so takes signals in its own way
            if was_running and ours and started and not one.expected_to_crash and one.popen.returncode not in (0, 5):
                wrong.append(f"{one.name} ended with {one.popen.returncode}")
            if ours and ("Sanitizer" in one.err() or "runtime error:" in one.err()):
                wrong.append(f"{one.name} was found out by a sanitizer")
        return wrong

    def find_secrets(self):
        found = []
        for one in self.processes:
            text = one.err() + ("" if isinstance(one, Receiver) else one.out())  # --announce says it on purpose
            if any(secret in text or secret.replace(" ", "") in text for secret in self.secrets):
                found.append(one.name)
        return found

    def show_logs(self):
        for one in self.processes:
            comment(f"---- {one.name}, status {one.popen.returncode}")
            for text in one.out(), one.err():
                for secret in self.secrets:
                    text = text.replace(secret, "(the PIN)")
                comment("\n".join(text.splitlines()[-int(os.environ.get("LECTERN_TEST_LOG_LINES", "15")):]))

    def display(self, width=1280, height=720):
        tool("Xvfb")
        fast = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        folder = tempfile.mkdtemp(prefix="lectern-", dir=fast)
        self.frame_buffers.append(folder)
        server = Process(self, "Xvfb", ["Xvfb", "-displayfd", 1, "-screen", 0, f"{width}x{height}x24", "-fbdir", folder,
                                        "-nolisten", "tcp", "-noreset"])
        server.expected_to_crash = True
        number = wait_until(lambda: server.running() and server.out().strip(), 30, "Xvfb to start")
        return Screen(f":{number}", os.path.join(folder, "Xvfb_screen0"))

    def paint(self, screen, mode="moving", number=0, fps=15):
        painter = Process(self, "painter", [build / "tests/support/lectern-paint", "--display", screen.name, "--mode", mode,
                                            "--id", number, "--fps", fps])
        wait_until(lambda: screen.read() or not painter.running(), 20, "the first painting")
        return painter

    def paint_window(self, screen, number, title=None):
        """A painter in a window of its own, with a name."""
        return Process(self, "painter", [build / "tests/support/lectern-paint", "--display", screen.name, "--title",
                                         title or f"painter {number}", "--id", number, "--fps", 15])

    def painted(self, mode="moving", number=0, width=640, height=360, fps=15):
        """A display with a painter at work."""
        screen = self.display(width, height)
        self.paint(screen, mode, number, fps)
        return screen

    def receiver(self, screen, *options, **more):
        box = Receiver(self, screen, *options, **more)
        pin = box.pin() or ""
        if pin[:1].isdigit():
            self.secrets.add(pin)
        return box

    def sender(self, target, *options, **more):
        return Sender(self, target, *options, **more)

    def share(self, box, number=0, name="Anna", tile=None, timeout=30):
        """A sender with a display of its own that presents; returns it and an eye that has seen its picture."""
        sender = self.sender(box.target(), "--stats", screen=self.painted(number=number), pin=box.pin(), name=name)
        return sender, self.expect(box, sender, number, tile, timeout)

    def expect(self, box, sender, number=0, tile=None, timeout=30):
        eye = Eye(box.screen, tile, number)

        def seen():
            check(sender.running(), f"{sender.name} has ended with {sender.popen.returncode}:", sender.err())
            return eye.look()
        wait_until(seen, timeout, f"the picture of {sender.name} on the display")
        return eye


def start(needs_isolation=False):
    """To be called once by each test program, first."""
    os.environ["LECTERN_TEST_ISOLATED"] = "1" if isolate() else "0"
    return os.environ["LECTERN_TEST_ISOLATED"] == "1"


def needs_root():
    if os.environ.get("LECTERN_TEST_ISOLATED") != "1":
        raise Skip("it takes root to make network namespaces")
