"""How old a picture is when it appears on the other display, and what that costs, next to what others take."""
import json
import time

import room as rooms
from contenders import Floor, Lectern, Pipe, Vnc
from meter import Meter
from report import fold, ratio, say, table, targets
from tap import Failed, check

CONTENDERS = Floor, Lectern, Pipe, Vnc
PICTURES = "moving", "film", "text", "still"
SETTLE_S = 3  # the rate finds its level, the first keyframe has passed


def watch(room, screen, seconds):
    watcher = rooms.Process(room, "watch", [rooms.build / "tests/support/lectern-watch", "--display", screen.name,
                                            "--seconds", seconds, "--json", "-"])
    check(watcher.wait(seconds + 30) == 0, "lectern-watch:", watcher.err())
    return json.loads(watcher.out())


def sample(room, kind, near, far, picture, seconds):
    painter = room.paint(near, picture, fps=30)  # anew: a barcode tells its age only within a minute
    contender = kind(room, near, far, picture)
    contender.start()
    time.sleep(SETTLE_S)
    meter = Meter(contender.roles, room.isolated)
    seen = {}
    if picture == "still":
        time.sleep(seconds)
    else:
        seen = watch(room, contender.seen_on(), seconds)
    figures = {**seen, **meter.read(), **contender.figures()}
    contender.stop()
    painter.stop()
    return figures


def plan(options):
    return f"{options.rounds} rounds of {options.seconds} s, medians over the rounds"


def measure(options, progress):
    found = {}
    for picture in options.only or PICTURES:
        with rooms.Room() as room:
            near, far = room.display(1920, 1080), room.display(1920, 1080)
            samples = {kind.name: [] for kind in CONTENDERS}
            for number in range(options.rounds):
                for kind in CONTENDERS:
                    if picture == "still" and kind is Floor:
                        continue
                    progress(f"{picture}, round {number + 1} of {options.rounds}: {kind.name}")
                    try:
                        samples[kind.name].append(sample(room, kind, near, far, picture, options.seconds))
                    except Failed as why:
                        raise Failed(f"{kind.name}, {picture}: {why}") from why
            found[picture] = {name: {"median": fold(all_of), "rounds": all_of}
                              for name, all_of in samples.items() if all_of}
    return found


def pair(figures, key, digits=0):
    return " / ".join(say(figures.get(role, {}).get(key), digits) for role in ("sender", "receiver"))


def rows(by_name):
    medians = {name: one["median"] for name, one in by_name.items()}
    times = {name: one.get("latency_ms", {}) for name, one in medians.items()}
    for name, one in medians.items():
        ratios = [say(ratio(times[name].get(p), times[other].get(p)), 2)
                  for other in (Pipe.name, Vnc.name) for p in ("p50", "p95")]
        yield [name, say(times[name].get("p50")), say(times[name].get("p95")), *ratios, say(one.get("fps")),
               pair(one, "cpu_percent", 1), pair(one, "rss_mb"), pair(one, "threads"), say(one.get("mbit_s"), 2)]


def show(found):
    columns = ["", "p50 ms", "p95 ms", "p50 × pipe", "p95 × pipe", "p50 × VNC", "p95 × VNC", "fps", "CPU % s / r",
               "RSS MB s / r", "threads s / r", "Mbit/s"]
    for picture, by_name in found.items():
        yield f"\n1080p, {picture}: age of a picture when it appears; of a core and memory, sender / receiver\n"
        yield table(columns, rows(by_name))
    yield "\nWhere Lectern's milliseconds go, as it says itself (smoothed)\n"
    stages = {picture: by_name[Lectern.name]["median"]["stages"] for picture, by_name in found.items()}
    keys = list(next(iter(stages.values())))
    yield table(["", *keys], [[picture, *(say(one[key]) for key in keys)] for picture, one in stages.items()])
    yield ""
    yield targets(judge(found))


def judge(found):
    def value(picture, name, *path):
        at = found.get(picture, {}).get(name, {}).get("median", {})
        for key in path:
            at = at.get(key, {})
        return at if isinstance(at, (int, float)) else None

    def against(picture, other, p):
        return ratio(value(picture, Lectern.name, "latency_ms", p), value(picture, other, "latency_ms", p))
    return [("moving, p50 against the pipe", against("moving", Pipe.name, "p50"), 0.65, " ×"),
            ("moving, p95 against the pipe", against("moving", Pipe.name, "p95"), 0.6, " ×"),
            ("text, p50 against TigerVNC", against("text", Vnc.name, "p50"), 1.2, " ×"),
            ("still, sender", value("still", Lectern.name, "sender", "cpu_percent"), 3, " % of a core"),
            ("still, receiver", value("still", Lectern.name, "receiver", "cpu_percent"), 3, " % of a core")]
