"""The ways from one display to another that are compared, each started and stopped alike."""
import json
import re
import signal
import socket
import subprocess
import sys

import room as rooms
from screen import Eye
from tap import Failed, check, wait_until

CAPS = "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=96"
FILM_KBPS = 8000  # what Lectern spends on a film at most; the pipe's own 2048 would be mud, and the other pictures need less


class Contender:
    """near: the display that is painted; far: where it is to be seen."""
    name = ""

    def __init__(self, room, near, far, picture="moving"):
        self.room, self.near, self.far, self.picture = room, near, far, picture
        self.roles = {}

    def seen_on(self):
        return self.far

    def prepare(self):
        """Starts all but what start_command() starts."""

    def start_command(self):
        """What the person at the presenter's machine starts."""

    def launched(self, process):
        """process runs that command."""

    def start(self):
        self.prepare()
        command = self.start_command()
        if command:
            self.launched(self.run(self.name, command))
        eye = Eye(self.seen_on())
        wait_until(eye.look, 30, f"the picture of {self.name} on the display")

    def run(self, name, command, display=None, **environment):
        process = rooms.Process(self.room, name.replace(" ", "-"), command, DISPLAY=(display or self.near).name,
                                **environment)
        process.expected_to_crash = True  # it ends by a signal of ours
        return process

    def stop(self):
        for process in [one for processes in self.roles.values() for one in processes]:
            try:
                process.stop(signal.SIGTERM)
            except Failed:
                if not process.expected_to_crash:
                    raise
                process.kill()  # TigerVNC's viewer asks the person on the display what to do
        self.roles = {}

    def figures(self):
        """What it says of itself."""
        return {}


class Floor(Contender):
    """The painter's own display: what painting and reading back take."""
    name = "same display"

    def seen_on(self):
        return self.near


class Lectern(Contender):
    name = "Lectern"

    def prepare(self):
        self.box = self.room.receiver(self.far)
        self.roles = {"receiver": [self.box]}
        pin = self.room.folder / "pin"
        pin.touch(0o600)
        pin.write_text(self.box.pin())
        self.state = self.room.folder / "sender"
        self.pin_file = pin

    def start_command(self):
        return [rooms.build / "sender/lectern-share", self.box.target(), "--name", "Bench", "--pin-file", self.pin_file,
                "--state-folder", self.state, "--stats"]

    def launched(self, process):
        self.roles["sender"] = [process]

    def figures(self):
        lines = [json.loads(line) for line in self.roles["sender"][0].out().splitlines() if line.endswith("}")]
        keys = "latency_ms", "encode_ms", "pacer_ms", "rtt_ms", "display_ms", "sending_kbps", "estimate_kbps"
        return {"stages": {key: [line[key] for line in lines] for key in keys}}


class Pipe(Contender):
    """What everybody takes for the fastest way: gst-launch on both sides, without a call or encryption."""
    name = "gst-launch pipe"

    def prepare(self):
        self.port = free_udp_port()
        receiver = self.run("pipe-receiver", [
            rooms.tool("gst-launch-1.0"), "-q", "udpsrc", f"port={self.port}", "buffer-size=4194304", f"caps={CAPS}", "!",
            "rtph264depay", "!", "avdec_h264", "!", "videoconvert", "!", "ximagesink", "sync=false"], self.far)
        self.roles = {"receiver": [receiver]}
        wait_until(lambda: is_bound(self.port) or not receiver.running(), 20, "the pipe's receiver to listen")
        check(receiver.running(), "the pipe's receiver has ended:", receiver.err())

    def start_command(self):
        rate = [f"bitrate={FILM_KBPS}"] if self.picture == "film" else []
        return [rooms.tool("gst-launch-1.0"), "-q", "ximagesrc", "use-damage=0", "!", "video/x-raw,framerate=30/1", "!",
                "videoconvert", "!", "x264enc", "tune=zerolatency", "speed-preset=ultrafast", *rate, "!",
                "rtph264pay", "config-interval=-1", "!", "udpsink", "host=127.0.0.1", f"port={self.port}", "sync=false"]

    def launched(self, process):
        self.roles["sender"] = [process]


class Vnc(Contender):
    """TigerVNC: a server that reads the presenter's display, a viewer that fills the other one."""
    name = "TigerVNC"

    def prepare(self):
        self.port = rooms.free_port()
        server = self.run("vnc-server", [
            rooms.tool("X0tigervnc"), "-display", self.near.name, "-rfbport", self.port, "-SecurityTypes", "None",
            "-localhost=1", "-AlwaysShared=1"])
        self.roles = {"sender": [server]}
        wait_until(lambda: is_listening(self.port) or not server.running(), 20, "the VNC server to listen")
        check(server.running(), "the VNC server has ended:", server.err())

    def start_command(self):
        # It keeps its settings at home: ours, so that nobody's are read or changed.
        return [rooms.tool("env"), f"DISPLAY={self.far.name}", f"HOME={self.room.folder}", rooms.tool("xtigervncviewer"), "-FullScreen",
                "-SecurityTypes", "None", "-RemoteResize=0", f"127.0.0.1::{self.port}"]

    def launched(self, process):
        self.roles["receiver"] = [process]


def free_udp_port():
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_bound(port, table="udp", state=None):
    """Some socket of this network stands on the port; asking by a connection would disturb it."""
    for path in f"/proc/net/{table}", f"/proc/net/{table}6":
        with open(path, encoding="ascii") as file:
            for line in list(file)[1:]:
                part = line.split()
                if int(part[1].rpartition(":")[2], 16) == port and state in (None, part[3]):
                    return True
    return False


def is_listening(port):
    return is_bound(port, "tcp", "0A")


def versions():
    """What was compared, as the programs say it."""
    asked = {"Lectern": [str(rooms.build / "sender/lectern-share"), "--version"],
             "GStreamer": [rooms.tool("gst-launch-1.0"), "--gst-version"],
             "TigerVNC": [rooms.tool("xtigervncviewer"), "--version"]}
    found = {"Python": sys.version.split()[0]}
    for name, command in asked.items():
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        number = re.search(r"\d+(\.\d+)+", answer.stdout + answer.stderr)
        found[name] = number.group() if number else "?"
    return found
