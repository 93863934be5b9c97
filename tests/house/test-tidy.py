#!/usr/bin/env python3
"""clang-tidy over the programs' own files, with the checks of .clang-tidy; one point a room."""
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from tap import Skip, check, run  # noqa: E402

top = pathlib.Path(__file__).resolve().parents[2]
build = pathlib.Path(sys.argv[1])


def sources(room):
    """Files of the room as the build knows them, so that none of another configuration is looked at."""
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    paths = {(pathlib.Path(entry["directory"]) / entry["file"]).resolve() for entry in commands}
    return sorted(path for path in paths if path.is_relative_to(top / room))


def tidy(path):
    done = subprocess.run(["clang-tidy", "--quiet", "-p", build, path], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode else ""


def look_at(room):
    if not shutil.which("clang-tidy"):
        raise Skip("clang-tidy is not installed")
    files = sources(room)
    check(files, "the build has no file of", room)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [text for text in pool.map(tidy, files) if text]
    check(not found, "\n".join(found))


def point(room):
    def test():
        look_at(room)

    test.__doc__ = f"clang-tidy finds nothing in {room}/."
    return test


run(*[point(room) for room in ("common", "signalling", "receiver", "sender")])
