#!/usr/bin/env python3
"""Shell scripts parse, and shellcheck finds nothing."""
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from tap import Skip, check, run  # noqa: E402

top = pathlib.Path(__file__).resolve().parents[2]


def is_shell(path):
    if path.suffix or not path.is_file() or path.stat().st_size > 100_000:
        return False
    first = path.read_bytes().partition(b"\n")[0]
    return first.startswith((b"#!/usr/bin/env bash", b"#!/bin/sh", b"#!/bin/bash", b"# shellcheck shell="))


def scripts():
    folders = [top / ".ci", top / "packaging", top / "tests"]
    return sorted(path for folder in folders for path in folder.rglob("*")
                  if "corpus" not in path.parts and is_shell(path))


def test_syntax():
    """Every script parses."""
    check(len(scripts()) >= 5, scripts())
    for script in scripts():
        done = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)
        check(done.returncode == 0, done.stderr)


def test_shellcheck():
    """shellcheck finds nothing."""
    if not shutil.which("shellcheck"):
        raise Skip("shellcheck is not installed")
    done = subprocess.run(["shellcheck", "-x", *scripts()], cwd=top, capture_output=True, text=True, check=False)
    check(done.returncode == 0, done.stdout, done.stderr)


run(test_syntax, test_shellcheck)
