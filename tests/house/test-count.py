#!/usr/bin/env python3
"""packaging/count on a log that meson wrote of programs that pass, fail, crash, hang, leak, stop short and say nothing."""
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from tap import check, run  # noqa: E402

here = pathlib.Path(__file__).resolve().parent
RECORDED = (here / "recorded-run.json").read_text(encoding="utf-8").splitlines()


def count(lines, *options):
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "testlog.json"
        log.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        done = subprocess.run([sys.executable, here.parents[1] / "packaging/count", *options, log], capture_output=True,
                              text=True, check=False)
    return done.returncode, done.stdout.splitlines()


def only(name):
    return [line for line in RECORDED if f'"name": "{name}"' in line]


def test_whole():
    """The closing line of a whole log is right and stands alone at the end."""
    status, said = count(RECORDED)
    check(status == 1 and said[-1] == "13 passed, 11 failed, 3 skipped", status, said)
    check(sum(line.startswith("FAILED: ") for line in said) == 11, said)
    check("SKIPPED: tap-skips-one /second: no camera" in said and "SKIPPED: tap-skips-all: no display" in said, said)


def test_each():
    """Whatever ends badly is a failure, though all its points passed."""
    for name in ("crashes", "fails", "hangs", "leaks", "tap-bails-out", "tap-crashes-late", "tap-fails", "tap-hangs",
                 "tap-leaks", "tap-says-nothing", "tap-stops-short"):
        status, said = count(only(name) + only("passes"))
        check(status == 1 and ", 1 failed" in said[-1], name, status, said)


def test_good():
    """What passes or says why it skips ends with success."""
    status, said = count(only("passes") + only("tap-passes") + only("skips"))
    check(status == 0 and said[-1] == "3 passed, 0 failed, 1 skipped", status, said)
    status, said = count(only("passes"))
    check(status == 0 and said == ["1 passed, 0 failed"], status, said)


def test_nothing():
    """A log that is empty, cut off or not there is a failure, and so is what failed before."""
    for lines in ([], ['{"name": "cut'], only("skips")):
        status, said = count(lines)
        check(status == 1, lines, said)
    status, said = count(only("passes"), "no-such-log.json")
    check(status == 1 and said[-1] == "1 passed, 1 failed", said)
    status, said = count(only("passes"), "--failed", "build-check-gcc: it does not build")
    check(status == 1 and said[-1] == "1 passed, 1 failed", said)


run(test_whole, test_each, test_good, test_nothing)
