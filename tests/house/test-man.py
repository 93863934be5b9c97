#!/usr/bin/env python3
"""Holds each program's --help against its man page, and the pages against man's own warnings."""
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from tap import check, run  # noqa: E402

build = pathlib.Path(sys.argv[1])
pages = pathlib.Path(__file__).resolve().parents[2] / "docs/man"
PROGRAMS = {"lectern-receiver": "receiver", "lectern-share": "sender", "lectern-admin": "admin"}
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}


def options_of(program):
    """{"--name": takes a value}"""
    text = subprocess.run([build / PROGRAMS[program] / program, "--help"], capture_output=True, text=True, check=True,
                          env=ENVIRONMENT).stdout
    found = re.findall(r"^  (?:-\w, )?(--[\w-]+)(=\S+)?", text, re.MULTILINE)
    check(len(found) > 5, "too few options in:", text)
    return {name: bool(value) for name, value in found}


def documented(program):
    """The tagged paragraphs of the section OPTIONS, .BI where the option takes a value."""
    text = (pages / f"{program}.1").read_text(encoding="utf-8").replace("\\-", "-")
    options = text.partition(".SH OPTIONS\n")[2].partition("\n.SH ")[0]
    found = {}
    for line in re.findall(r"^\.TP\n(.*)$", options, re.MULTILINE):
        names = re.findall(r"--[\w-]+", line)
        check(len(names) == 1, program, "names no option or several:", line)
        found[names[0]] = line.startswith(".BI ")
    return found


def test_options():
    """Each option of --help stands in the man page, with a value where it takes one, and no other does."""
    for program in PROGRAMS:
        have, told = options_of(program), documented(program)
        check(have == told, program, "only in --help:", sorted(set(have.items()) - set(told.items())), "only in the page:",
              sorted(set(told.items()) - set(have.items())))


def test_order():
    """Options stand in the page in the order of --help."""
    for program in PROGRAMS:
        have = [name for name in options_of(program) if name != "--help"]
        told = [name for name in documented(program) if name != "--help"]
        check(have == told, program, have, told)


def test_warnings():
    """man has nothing to warn of."""
    for page in sorted(pages.glob("*.[1-8]")):
        done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page], capture_output=True, text=True,
                              env={**ENVIRONMENT, "MANWIDTH": "100"}, check=False)
        check(done.returncode == 0 and not done.stderr.strip(), page.name, done.stderr)


def test_installed():
    """Every page of the folder is installed."""
    listed = (pages / "meson.build").read_text(encoding="utf-8")
    for page in sorted(pages.glob("*.[1-8]")):
        check(f"'{page.name}'" in listed, page.name)


run(test_options, test_order, test_warnings, test_installed)
