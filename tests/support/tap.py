"""Test Anything Protocol for the system tests: runs functions, each a point, and says why one failed or was skipped."""
import sys
import time
import traceback


class Skip(Exception):
    """What the machine does not allow."""


class Failed(Exception):
    """What a test found."""


def check(condition, *what):
    """what: sentences or values that say what is wrong."""
    if not condition:
        raise Failed(" ".join(str(part) for part in what))


def wait_until(condition, timeout, what, every=0.01):
    """Returns the condition's first true value. Fails, naming what was waited for, after timeout seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"waited {timeout} s in vain: {what() if callable(what) else what}")
        time.sleep(every)


def comment(text):
    for line in str(text).splitlines():
        print(f"# {line}", flush=True)


def run(*tests):
    """Each test is a function without arguments; its first line of documentation is its name."""
    print(f"1..{len(tests)}", flush=True)
    failures = 0
    for number, test in enumerate(tests, 1):
        name = test.__doc__.strip().splitlines()[0].rstrip(".").replace("#", "")
        start = time.monotonic()
        try:
            test()
            print(f"ok {number} {name}", flush=True)
        except Skip as why:
            print(f"ok {number} {name} # SKIP {why}", flush=True)
        except Exception as why:  # whatever it is, the next test is to run
            failures += 1
            print(f"not ok {number} {name}", flush=True)
            comment(f"{type(why).__name__}: {why}" if isinstance(why, Failed) else traceback.format_exc())
        comment(f"{time.monotonic() - start:.1f} s")
    sys.exit(1 if failures else 0)
