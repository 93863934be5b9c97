"""The stage alone, from a decoded picture to the display: runs bench-stage, several times over."""
import json
import subprocess

import room as rooms
from report import fold, say, table
from tap import check

KEYS = {"p50_ms": 2, "p95_ms": 2, "fps": 1, "dropped": 0, "cpu_percent": 1, "server_cpu_percent": 1}


def run(seconds):
    done = subprocess.run([rooms.build / "tests/bench/bench-stage", "--json", "--seconds", str(seconds)], capture_output=True,
                          text=True, check=False)
    check(done.returncode == 0, "bench-stage:", done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def plan(options):
    return f"{options.rounds} rounds of {options.seconds} s, medians over the rounds"


def measure(options, progress):
    samples = {}
    for number in range(options.rounds):
        progress(f"stage, round {number + 1} of {options.rounds}")
        for one in run(options.seconds):
            samples.setdefault(one.pop("case"), []).append(one)
    return {name: {"median": fold(all_of), "rounds": all_of} for name, all_of in samples.items()}


def show(found):
    yield "\nFrom handing a picture over until the display has it; ratios to the first row\n"
    first = next(iter(found.values()))["median"]
    rows = [[name, *(say(one["median"][key], digits) for key, digits in KEYS.items()),
             say(one["median"]["p50_ms"] / first["p50_ms"], 2), say(one["median"]["cpu_percent"] / first["cpu_percent"], 2)]
            for name, one in found.items()]
    yield table(["", "p50 ms", "p95 ms", "fps", "dropped", "CPU %", "server CPU %", "p50 ×", "CPU ×"], rows)
