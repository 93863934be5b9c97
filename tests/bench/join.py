"""How long it takes from starting to share to the first picture on the other display, next to what others take."""
import os
import re
import signal
import subprocess
import threading
import time

import room as rooms
from contenders import Lectern, Pipe, Vnc
from report import median, percentile, ratio, say, table, targets
from screen import Eye
from tap import check, wait_until

CONTENDERS = Lectern, Pipe, Vnc
PATIENCE_S = 15
# What lectern-share --verbose says when it has come so far.
STAGES = {"started, box found": r"The box is at", "challenged": r"asks for|asks nothing", "let in": r"^Joined",
          "media connected": r"The link is up", "first packets": r"The first picture leaves"}


class Started:
    """A command whose standard error is stamped line by line."""

    def __init__(self, command, display):
        self.lines = []
        self.start = time.monotonic()
        self.popen = subprocess.Popen(
            [rooms.tool("setpriv"), "--pdeathsig", "KILL", "--", *map(str, command)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "DISPLAY": display.name, "WAYLAND_DISPLAY": "", "LC_ALL": "C.UTF-8"})
        self.pid = self.popen.pid
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.popen.stderr:
            self.lines.append((1000 * (time.monotonic() - self.start), line.strip()))

    def when(self, pattern):
        """Milliseconds from the start to the first line that matches."""
        return next((at for at, line in self.lines if re.search(pattern, line)), None)

    def stop(self, number=signal.SIGTERM):
        self.popen.send_signal(number)
        self.popen.wait(15)
        self.reader.join()


def sample(room, kind, near, far):
    contender = kind(room, near, far)
    contender.prepare()
    time.sleep(1)  # what waits for presenters has come to rest
    eye = Eye(far)
    command = contender.start_command() + (["--verbose"] if kind is Lectern else [])
    eye.drawn = time.monotonic()  # older pictures are another contender's
    started = Started(command, near)
    contender.launched(started)
    first = wait_until(lambda: eye.look() and time.monotonic() or started.popen.poll(), PATIENCE_S,
                       lambda: f"the first picture of {kind.name}: {started.lines}", every=0.001)
    check(started.popen.poll() is None, f"{kind.name} has ended:", started.lines)
    figures = {"first_picture_ms": 1000 * (first - started.start)}
    if kind is Lectern:
        figures["stages_ms"] = {name: started.when(pattern) for name, pattern in STAGES.items()}
        figures["stages_ms"]["first picture seen"] = figures["first_picture_ms"]
    contender.stop()
    return figures


def count(options):
    return max(10, options.rounds)


def plan(options):
    return f"each {count(options)} times, in turn"


def measure(options, progress):
    times = count(options)
    samples = {kind.name: [] for kind in CONTENDERS}
    with rooms.Room() as room:
        near, far = room.display(1920, 1080), room.display(1920, 1080)
        room.paint(near, "moving", fps=30)
        for number in range(times):
            for kind in CONTENDERS:
                progress(f"join {number + 1} of {times}: {kind.name}")
                samples[kind.name].append(sample(room, kind, near, far))
    return samples


def show(found):
    times = {name: [one["first_picture_ms"] for one in all_of] for name, all_of in found.items()}
    yield f"\nFrom the start of the program to the first picture, 1080p moving, n = {len(times[Lectern.name])}\n"
    pipe = times[Pipe.name]
    yield table(["", "p50 ms", "p95 ms", "least", "most", "p50 × pipe"],
                [[name, say(percentile(all_of, 0.5)), say(percentile(all_of, 0.95)), say(min(all_of)), say(max(all_of)),
                  say(ratio(percentile(all_of, 0.5), percentile(pipe, 0.5)), 2)] for name, all_of in times.items()])
    yield "\nWhere they go: the median time at which each step was reached, and what it took\n"
    yield table(["", "at ms", "took ms"], list(steps(found[Lectern.name])))
    yield ""
    yield targets([("join, p50", percentile(times[Lectern.name], 0.5), 600, " ms")])


def steps(samples):
    before = [0.0] * len(samples)
    for name in samples[0]["stages_ms"]:
        reached = [one["stages_ms"][name] for one in samples]
        took = [after - start for after, start in zip(reached, before) if after is not None and start is not None]
        yield [name, say(median(reached)), say(median(took))]
        before = reached
