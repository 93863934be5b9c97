#!/usr/bin/env python3
"""Runs the cases of a GLib test program side by side, each in a process of its own, and says what they said as one test.

usage: side-by-side.py PROGRAM      for cases that wait for the clock far more than they work
"""
import concurrent.futures
import re
import subprocess
import sys

AT_ONCE = 6


def run_case(program, path):
    """(whether it passed or was skipped, the words behind the number, what else it said)."""
    done = subprocess.run([program, "-p", path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False)
    points = re.findall(r"^(ok|not ok) \d+ (.*)$", done.stdout, re.MULTILINE)
    said = [line for line in done.stdout.splitlines() if not re.match(r"ok |not ok |1\.\.|# (Start|End) of ", line)]
    if done.returncode or len(points) != 1:
        return False, path, [*said, f"it ended with {done.returncode} after {len(points)} points"]
    return points[0][0] == "ok", points[0][1], said


def main():
    program = sys.argv[1]
    listed = subprocess.run([program, "-l"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
    paths = [line for line in listed.splitlines() if line.startswith("/")]
    if not paths:
        sys.exit(f"{program} has no cases")
    print(f"1..{len(paths)}", flush=True)
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for number, (passed, words, said) in enumerate(pool.map(lambda path: run_case(program, path), paths), 1):
            print(f"{'ok' if passed else 'not ok'} {number} {words}", flush=True)
            for line in said:
                print(line if line.startswith("#") else f"# {line}", flush=True)
            failures += not passed
    sys.exit(1 if failures else 0)


main()
