#!/usr/bin/env python3
"""clang-tidy over the programs' own files, with the checks of .clang-tidy; one point a room."""
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from tap import Skip, check, run  # noqa: E402

top = pathlib.Path(__file__).resolve().parents[2]
build = pathlib.Path(sys.argv[1])


def sources(room):
    """Files of the room as the build knows them, so that none of another configuration is looked at; with their commands."""
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    paths = {(pathlib.Path(entry["directory"]) / entry["file"]).resolve(): entry for entry in commands}
    return sorted((path, entry) for path, entry in paths.items() if path.is_relative_to(top / room))


def remembered(entry):
    """Where it is noted that a file was found clean: under a name made of all that clang-tidy looks at."""
    if not shutil.which("clang"):
        return None
    words = shlex.split(entry["command"])
    words = words[next(at for at, word in enumerate(words) if word.startswith("-")):]  # what follows the compiler
    for option in "-o", "-MF", "-MQ":
        at = words.index(option)
        del words[at:at + 2]
    # As the compiler sees it, but with comments, for they may silence a check, and with macros as they are written.
    done = subprocess.run(["clang", *[word for word in words if word not in ("-c", "-MD")], "-w", "-E", "-C", "-dD"],
                          cwd=entry["directory"], capture_output=True, check=False)
    if done.returncode:
        return None
    looked_at = hashlib.sha256(done.stdout + str(words).encode() + (top / ".clang-tidy").read_bytes() + version())
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "lectern/tidy" / looked_at.hexdigest()


@functools.cache
def version():
    return subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout


def tidy(path, entry):
    note = remembered(entry)
    if note and note.exists():
        return ""
    done = subprocess.run(["clang-tidy", "--quiet", "-p", build, path], capture_output=True, text=True, check=False)
    if done.returncode:
        return done.stdout.strip() or done.stderr.strip()
    if note:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.touch()
    return ""


def look_at(room):
    if not shutil.which("clang-tidy"):
        raise Skip("clang-tidy is not installed")
    files = sources(room)
    check(files, "the build has no file of", room)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [text for text in pool.map(tidy, *zip(*files)) if text]
    check(not found, "\n".join(found))


def point(room):
    def test():
        look_at(room)

    test.__doc__ = f"clang-tidy finds nothing in {room}/."
    return test


run(*[point(room) for room in ("common", "signalling", "receiver", "sender")])
