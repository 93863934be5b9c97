"""The same browser shares to Lectern's receiver and to another browser, in turn: delay, cost, first picture, four at once."""
import json
import statistics
import time

import room as rooms
from browser import Browser
from ends import BrowserEnd, HintedBrowserEnd, LateBrowserEnd, LecternEnd, ScaledBrowserEnd, Wall
from meter import Meter
from report import fold, median, percentile, ratio, say, table, targets
from screen import Eye
from tap import Failed, check, wait_until

CODECS = "H264", "VP8"
PICTURES = "moving", "text"
SETTLE_S = 5  # as long for every end: the rate finds its level, and the page sees what it is that is shared
PATIENCE_S = 20
MANY = 4
ENDS = LecternEnd, BrowserEnd, HintedBrowserEnd
JOIN_ENDS = LecternEnd, BrowserEnd, LateBrowserEnd
MANY_ENDS = LecternEnd, BrowserEnd, ScaledBrowserEnd


class Rig:
    """A display that a browser shares, a display for each kind of end, and all ends waiting."""

    def __init__(self, room, kinds, picture):
        self.room = room
        self.near = room.display(1920, 1080)
        self.sender = Browser(room, "chromium", self.near)
        room.paint(self.near, picture, fps=30)
        wall = Wall(room)
        self.ends = [kind(room, self.sender, room.display(1920, 1080) if kind is LecternEnd else wall) for kind in kinds]

    def wait_for(self, eye, end, page):
        wait_until(lambda: eye.look() and time.monotonic(), PATIENCE_S,
                   lambda: f"the picture at {end.name}; the page says: {self.sender.text(page)}", every=0.001)


def watch(room, screen, seconds, regions):
    """The figures of each region, and of all: medians."""
    watchers = [rooms.Process(room, "watch", [
        rooms.build / "tests/support/lectern-watch", "--display", screen.name, "--seconds", seconds, "--json", "-",
        "--region", ",".join(map(str, region))]) for region in regions]
    for one in watchers:
        check(one.wait(seconds + 30) == 0, "lectern-watch:", one.err())
    return fold([json.loads(one.out()) for one in watchers])


def differences(before, after):
    """Of one sender's sums, what a picture took."""
    frames, packets = (after[key] - before[key] for key in ("encoded", "packets"))
    took = {"encode_ms": 1000 * (after["encode_s"] - before["encode_s"]) / max(frames, 1),
            "held_ms": 1000 * (after["held_s"] - before["held_s"]) / max(packets, 1),
            "qp": (after["qp"] - before["qp"]) / max(frames, 1), "keyframes": after["keyframes"] - before["keyframes"],
            "encoded": frames}
    return {**took, **{key: after.get(key) for key in ("width", "limit", "encoder", "content", "target", "estimate")}}


def sample(rig, end, codec, seconds, count=1):
    try:
        pages = [end.open(codec) for _ in range(count)]
        for page in pages:
            end.share(page)
        for region in end.tiles(count):
            rig.wait_for(Eye(end.far, region), end, pages[0])
        time.sleep(SETTLE_S)  # the same for all that are compared
        before = [end.sent(page) for page in pages]
        meter = Meter(end.roles(), rig.room.isolated)
        seen = watch(rig.room, end.far, seconds, end.tiles(count))
        figures = {**seen, **meter.read(), "shown": end.figures()}
        figures["sent"] = fold([differences(old, end.sent(page)) for old, page in zip(before, pages)])
        return figures
    except Failed as why:
        raise Failed(f"{end.name}, {codec}: {why}") from why
    finally:
        end.close()


def first_picture(rig, end):
    opened = time.time()
    page = end.open("")
    wait_until(lambda: end.ready(page), PATIENCE_S, f"{end.name} to be connected")
    ready = time.time()
    time.sleep(1)  # a person looks where to click
    eye = Eye(end.far, *end.tiles(1))
    eye.drawn = time.monotonic()
    clicked = end.share(page)
    rig.wait_for(eye, end, page)
    seen = time.time() - (time.monotonic() - eye.changed)
    end.close()
    return {"click_ms": 1000 * (seen - clicked), "all_ms": 1000 * (ready - opened + seen - clicked)}


def measure_pictures(options, progress):
    found = {}
    for picture in options.only or PICTURES:
        with rooms.Room() as room:
            rig = Rig(room, ENDS, picture)
            samples = {}
            for number in range(options.rounds):
                for codec in CODECS:
                    for end in rig.ends:
                        progress(f"{picture}, {codec}, round {number + 1} of {options.rounds}: {end.name}")
                        samples.setdefault(codec, {}).setdefault(end.name, []).append(
                            sample(rig, end, codec, options.seconds))
            for codec, by_name in samples.items():
                found[f"{picture}, {codec}"] = with_medians(by_name)
    return found


def measure_many(options, progress):
    samples = {}
    with rooms.Room() as room:
        rig = Rig(room, MANY_ENDS, "moving")
        for number in range(options.rounds):
            for end in rig.ends:
                progress(f"four, round {number + 1} of {options.rounds}: {end.name}")
                samples.setdefault(end.name, []).append(sample(rig, end, "H264", options.seconds, MANY))
    return with_medians(samples)


def with_medians(by_name):
    return {name: {"median": fold(rounds), "rounds": rounds} for name, rounds in by_name.items()}


def measure_joins(options, progress):
    samples = {}
    with rooms.Room() as room:
        rig = Rig(room, JOIN_ENDS, "moving")
        for number in range(count_joins(options)):
            for end in rig.ends:
                progress(f"first picture {number + 1} of {count_joins(options)}: {end.name}")
                samples.setdefault(end.name, []).append(first_picture(rig, end))
    return samples


def count_joins(options):
    return max(10, options.rounds)


def plan(options):
    return (f"{options.rounds} rounds of {options.seconds} s after {SETTLE_S} s, medians over the rounds; "
            f"first picture {count_joins(options)} times; all in turn")


def measure(options, progress):
    parts = options.part or PARTS
    return {part: PARTS[part](options, progress) for part in PARTS if part in parts}


PARTS = {"pictures": measure_pictures, "joins": measure_joins, "four": measure_many}


def pair(figures, key, digits=0):
    return " / ".join(say(figures.get(role, {}).get(key), digits) for role in ("sender", "receiver"))


def rows(by_name):
    medians = {name: one["median"] for name, one in by_name.items()}
    base = medians[BrowserEnd.name]["latency_ms"]
    for name, one in medians.items():
        times, sent = one["latency_ms"], one["sent"]
        yield [name, say(times["p50"]), say(times["p95"]), say(ratio(times["p50"], base["p50"]), 2),
               say(ratio(times["p95"], base["p95"]), 2), say(one["fps"]), pair(one, "cpu_percent"), pair(one, "rss_mb"),
               pair(one, "pss_mb"), say(one.get("mbit_s"), 2), say(sent["encode_ms"]), say(sent["held_ms"]), say(sent["width"], 0),
               say(sent["qp"])]


COLUMNS = ["", "p50 ms", "p95 ms", "p50 ×", "p95 ×", "fps", "CPU % s / r", "RSS MB s / r", "PSS MB s / r", "Mbit/s",
           "encode ms", "pacer ms", "width", "QP"]


def show_joins(samples):
    base = [one["click_ms"] for one in samples[BrowserEnd.name]]
    for name, all_of in samples.items():
        clicks, alls = ([one[key] for one in all_of] for key in ("click_ms", "all_ms"))
        yield [name, say(median(clicks)), say(percentile(clicks, 0.95)), say(min(clicks)),
               say(ratio(median(clicks), median(base)), 2), say(median(alls)), say(percentile(alls, 0.95))]


def show(found):
    for name, by_name in found.get("pictures", {}).items():
        yield f"\n1080p, {name}: age of a picture when it appears; the cost of sender / receiver; what the sender says\n"
        yield table(COLUMNS, list(rows(by_name)))
    if "joins" in found:
        yield f"\nFrom the click on what to share to the first picture, n = {len(found['joins'][LecternEnd.name])}\n"
        yield table(["", "p50 ms", "p95 ms", "least", "p50 ×", "with opening p50", "p95"], list(show_joins(found["joins"])))
    if "four" in found:
        yield "\nFour at once, moving, H264: medians over the tiles\n"
        yield table(COLUMNS, list(rows(found["four"])))
    yield ""
    yield targets(judge(found))


def judge(found):
    def compare(by_name, *path):
        values = []
        for name in LecternEnd.name, BrowserEnd.name:
            at = by_name[name]["median"]
            for key in path:
                at = at[key]
            values.append(at)
        return ratio(*values)
    for name, by_name in found.get("pictures", {}).items():
        limit = 0.35 if name.startswith("text") else 0.7
        yield f"{name}: p50", compare(by_name, "latency_ms", "p50"), limit, " ×"
        yield f"{name}: p95", compare(by_name, "latency_ms", "p95"), limit, " ×"
        for role in "receiver", "sender":
            yield f"{name}: CPU of the {role}", compare(by_name, role, "cpu_percent"), 0.6, " ×"
        yield f"{name}: RSS of the receiver", compare(by_name, "receiver", "rss_mb"), 0.1, " ×"
    if "joins" in found:
        middle = {name: statistics.median(one["click_ms"] for one in all_of) for name, all_of in found["joins"].items()}
        best = min(value for name, value in middle.items() if name != LecternEnd.name)
        yield "click to first picture, against the better one", middle[LecternEnd.name] / best, 0.6, " ×"
    if "four" in found:
        for p in "p50", "p95":
            yield f"four: {p}", compare(found["four"], "latency_ms", p), 0.4, " ×"
