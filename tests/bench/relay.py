"""What a relay adds to a link on loopback: straight, TURN over UDP, TURN inside TLS; runs bench-relay, several times over."""
import json
import subprocess

import room as rooms
from report import fold, ratio, say, table, targets
from tap import check

KEYS = {"p50_ms": 2, "p95_ms": 2, "picture_p50_ms": 2, "picture_p95_ms": 2, "connect_ms": 0, "cpu_percent": 1,
        "relay_cpu_percent": 1, "mbit_s": 2, "lost_percent": 3}
NAMES = ["packet p50 ms", "p95 ms", "picture p50 ms", "p95 ms", "connected ms", "CPU % ends", "CPU % relay", "Mbit/s", "lost %"]
WANTED_MS = 10


def run(seconds):
    done = subprocess.run([rooms.build / "tests/bench/bench-relay", "--seconds", str(seconds)], capture_output=True, text=True,
                          check=False)
    check(done.returncode == 0, "bench-relay:", done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def plan(options):
    return f"{options.rounds} rounds of {options.seconds} s, medians over the rounds"


def measure(options, progress):
    rooms.tool("turnserver")
    samples = {}
    for number in range(options.rounds):
        progress(f"relay, round {number + 1} of {options.rounds}")
        for one in run(options.seconds):
            samples.setdefault(one.pop("case"), []).append(one)
    return {name: {"median": fold(all_of), "rounds": all_of} for name, all_of in samples.items()}


def show(found):
    yield "\nFrom handing a picture to the link until the other link delivers it, on loopback; ratios to the first row\n"
    medians = {name: one["median"] for name, one in found.items()}
    first = next(iter(medians.values()))
    yield table(["", *NAMES, "p50 ×", "p95 ×"],
                [[name, *(say(one[key], digits) for key, digits in KEYS.items()),
                  *(say(ratio(one[key], first[key]), 2) for key in ("p50_ms", "p95_ms"))] for name, one in medians.items()])
    yield ""
    yield targets([(f"{ends} in TLS over UDP relay, {what} p50", medians[f"{ends} by relay in TLS"][key]
                    - medians[f"{ends} by UDP relay"][key], WANTED_MS, " ms")
                   for ends in ("one end", "both ends") for what, key in (("packet", "p50_ms"), ("picture", "picture_p50_ms"))])
