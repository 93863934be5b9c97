#!/usr/bin/env python3
"""clang-format has nothing to change in any C file, whatever the author's own version thought."""
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from tap import Skip, check, run  # noqa: E402

top = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("common", "receiver", "sender", "signalling", "tests")


def test_format():
    """Every C file is laid out as .clang-format says."""
    if not shutil.which("clang-format"):
        raise Skip("clang-format is not installed")
    files = sorted(path for folder in FOLDERS for path in (top / folder).rglob("*.[ch]"))
    check(len(files) > 100, "only", len(files), "files were found")
    bad = []
    for path in files:
        done = subprocess.run(["clang-format", "--dry-run", "-Werror", path], capture_output=True, text=True, check=False)
        if done.returncode:
            bad.append(str(path.relative_to(top)))
    check(not bad, "run clang-format -i", *bad)


run(test_format)
