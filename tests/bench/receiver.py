"""What the box costs with nobody, one and four presenters, and whether every picture comes to the display."""
import time

import room as rooms
from meter import Meter
from report import fold, median, say, table, targets
from screen import Eye
from tap import check, wait_until

SETTLE_S = 4  # the layout has moved, the rate has found its level, the name's label has gone
FPS = 30
CASES = {"nobody": (0, ""), "one, moving": (1, "moving"), "one, film": (1, "film"), "four, moving": (4, "moving"),
         "four, film": (4, "film")}
ONE_SIZE = (1920, 1080)


def watch(box, seconds):
    """What the box says of each presenter, second by second."""
    answers, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        answers += box.status()["presenters"]
        time.sleep(max(0, min(1, end - time.monotonic())))
    return answers


def present(room, box, count, picture):
    far = box.screen
    senders = []
    for number in range(count):
        size = ONE_SIZE if count == 1 else far.tile(number, count)[2:]
        own = room.display(int(size[0]) & ~1, int(size[1]) & ~1)
        room.paint(own, picture, number, FPS)
        senders.append(room.sender(box.target(), "--fps", FPS, screen=own, pin=box.pin(), name=f"Bench {number + 1}"))
        wait_until(lambda: len(box.presenters()) > number, 30, f"presenter {number + 1}")
    for number in range(count):
        shape = ONE_SIZE[0] / ONE_SIZE[1] if count == 1 else size[0] / size[1]
        eye = Eye(far, far.tile(number, count, shape), number)
        wait_until(eye.look, 30, f"the picture of presenter {number + 1} on the display")
    return senders


def sample(count, picture, seconds):
    with rooms.Room() as room:
        box = room.receiver(room.display(1920, 1080))
        senders = present(room, box, count, picture)
        time.sleep(SETTLE_S)
        meter = Meter({"receiver": [box], "display": [room.processes[0]]}, room.isolated)
        answers = watch(box, seconds)
        figures = meter.read()
        check(all(sender.running() for sender in senders), "a sender has ended")
        for key in "shown_per_s", "dropped_per_s", "display_ms", "receiving_kbps":
            figures[key] = median([one[key] for one in answers])
        return figures


def plan(options):
    return f"{options.rounds} rounds of {options.seconds} s, medians over the rounds"


def measure(options, progress):
    samples = {name: [] for name in CASES}
    for number in range(options.rounds):
        for name, case in CASES.items():
            progress(f"receiver, round {number + 1} of {options.rounds}: {name}")
            samples[name].append(sample(*case, options.seconds))
    return {name: {"median": fold(all_of), "rounds": all_of} for name, all_of in samples.items()}


def show(found):
    base = found["nobody"]["median"]["receiver"]
    rows = []
    for name, one in found.items():
        figures, count = one["median"], CASES[name][0]
        box = figures["receiver"]
        each = (box["threads"] - base["threads"]) / count if count else None
        rows.append([name, say(box["cpu_percent"]), say(figures["display"]["cpu_percent"]), say(box["rss_mb"]),
                     say(box["threads"], 0), say(each), say(figures["shown_per_s"]), say(figures["dropped_per_s"]),
                     say(figures["display_ms"]), say(figures.get("mbit_s"), 2)])
    yield "\nX11 output 1920 by 1080, 30 pictures a second; one at 1080p, four at the size of their tiles\n"
    yield table(["presenters", "CPU %", "Xvfb CPU %", "RSS MB", "threads", "a presenter", "shown/s", "dropped/s", "display ms",
                 "Mbit/s"], rows)
    yield ""
    yield targets(judge(found))


def judge(found):
    def value(name, key):
        return found[name]["median"]["receiver"][key]
    worst = {key: max(value(name, key) for name in ("one, moving", "one, film")) for key in ("cpu_percent", "rss_mb", "threads")}
    four = {key: max(value(name, key) for name in ("four, moving", "four, film")) for key in ("cpu_percent", "threads")}
    return [("one presenter, CPU", worst["cpu_percent"], 20, " % of a core"), ("one presenter, RSS", worst["rss_mb"], 90, " MB"),
            ("four presenters, CPU", four["cpu_percent"], 60, " % of a core"), ("one presenter, threads", worst["threads"], 16, ""),
            ("four presenters, threads", four["threads"], 34, "")]
