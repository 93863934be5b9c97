"""How long it takes from Enter to the first picture through a real cloud, near and far away from it."""
import subprocess
import sys
import time

import join
import room as rooms
from cloud import Cloud
from delay import Wire
from enrolled import box_in, way_to
from networks import Networks
from report import percentile, ratio, say, table, targets
from screen import Eye
from tap import check, wait_until

ROUND_TRIPS_MS = 0, 20, 40  # from each end to the cloud; from end to end it is twice that
WANTED_MS = 1500
KNOCK = """
import socket, sys, time
def knock():
    start = time.monotonic()
    socket.create_connection((sys.argv[1], 443), 5).close()
    return 1000 * (time.monotonic() - start)
print(min(knock() for _ in range(5)))
"""
STAGES = {"started, cloud dialled": r"The box is dialled through the cloud", "challenged": r"asks for|asks nothing",
          "let in": r"^Joined", "media connected": r"The link is up", "first packets": r"The first picture leaves"}


def name_of(round_trip_ms):
    return f"{round_trip_ms} ms to the cloud"


class Place:
    """A box and a sender in networks of their own, each that far from the cloud."""

    def __init__(self, room, cloud, number, round_trip_ms):
        self.room, self.cloud = room, cloud
        inside = []
        for index, end in enumerate(("box", "far")):
            namespace = Networks.namespace(room, f"{end}{number}")
            Wire(room, f"{end}{number}-", namespace, f"10.8{number}.{index}.1", f"10.8{number}.{index}.2", round_trip_ms / 2)
            inside.append(namespace)
        self.screen = room.display(1920, 1080)
        self.box, self.number = box_in(cloud, self.screen, account=f"room-{number}", inside=inside[0])
        self.inside = inside[1]
        self.check_distance(round_trip_ms)

    def check_distance(self, round_trip_ms):
        """The wire is as long as it is said to be: TCP's first round trip takes that."""
        done = subprocess.run([*rooms.enter(self.inside), sys.executable, "-c", KNOCK, rooms.ADDRESS], capture_output=True,
                              text=True, check=False)
        check(done.returncode == 0 and round_trip_ms <= float(done.stdout) < round_trip_ms + 10, "the wire:", done.stdout,
              done.stderr)

    def sample(self, near):
        pin = self.room.folder / "join.pin"
        pin.touch(0o600)
        pin.write_text(f"{self.box.pin()}\n")
        eye = Eye(self.screen)
        eye.drawn = time.monotonic()  # older pictures are those of the time before
        started = join.Started([*rooms.enter(self.inside), rooms.build / "sender/lectern-share", self.number, "--name", "Anna",
                                "--pin-file", pin, "--state-folder", self.room.folder / "sender", "--source", "screen",
                                *way_to(self.cloud)], near)
        first = wait_until(lambda: eye.look() and time.monotonic() or started.popen.poll(), join.PATIENCE_S,
                           lambda: f"the first picture: {started.lines}", every=0.001)
        check(started.popen.poll() is None, "the sender has ended:", started.lines)
        figures = {"first_picture_ms": 1000 * (first - started.start),
                   "stages_ms": {name: started.when(pattern) for name, pattern in STAGES.items()}}
        figures["stages_ms"]["first picture seen"] = figures["first_picture_ms"]
        started.stop()
        wait_until(lambda: not self.box.status()["presenters"], 15, "the presenter to be gone", every=0.1)
        return figures


def plan(options):
    return f"each {join.count(options)} times, in turn"


def measure(options, progress):
    rooms.needs_root()
    with rooms.Room() as room:
        progress("the cloud starts")
        cloud = Cloud(room)
        Networks.enter(None, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        near = room.display(1920, 1080)
        room.paint(near, "moving", fps=30)
        places = {name_of(ms): Place(room, cloud, number, ms) for number, ms in enumerate(ROUND_TRIPS_MS)}
        samples = {name: [] for name in places}
        for number in range(join.count(options)):
            for name, place in places.items():
                progress(f"join {number + 1} of {join.count(options)}: {name}")
                samples[name].append(place.sample(near))
        return samples


def show(found):
    times = {name: [one["first_picture_ms"] for one in all_of] for name, all_of in found.items()}
    first = next(iter(times.values()))
    yield f"\nFrom the start of the program to the first picture through the cloud, 1080p moving, n = {len(first)}\n"
    yield table(["", "p50 ms", "p95 ms", "least", "most", "p50 ×", "p95 ×"],
                [[name, say(percentile(one, 0.5)), say(percentile(one, 0.95)), say(min(one)), say(max(one)),
                  *(say(ratio(percentile(one, p), percentile(first, p)), 2) for p in (0.5, 0.95))] for name, one in times.items()])
    for name, samples in found.items():
        yield f"\nWhere they go, {name}: the median time at which each step was reached, and what it took\n"
        yield table(["", "at ms", "took ms"], list(join.steps(samples)))
    yield ""
    yield targets([(f"{name}, p50", percentile(times[name], 0.5), WANTED_MS, " ms") for name in times])
