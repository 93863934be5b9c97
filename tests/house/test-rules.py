#!/usr/bin/env python3
"""The rules of tests/unit/test-house.py on a small tree: a clean one passes, and each offence is found by its own rule."""
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from tap import check, run  # noqa: E402

rules = pathlib.Path(__file__).resolve().parents[1] / "unit/test-house.py"
CLEAN = {
    "meson.build": "glib = dependency('glib-2.0')\n",
    "packaging/packages.run": "# Needed.\nxvfb\n",
    "packaging/packages.test": "gstreamer1.0-x\n",
    "docs/decisions/README.md": "[Dependencies](0000-dependencies.md)\n",
    "docs/decisions/0000-dependencies.md": "`glib-2.0`, `xvfb` and `gstreamer1.0-*`.\n",
    "receiver/a.c": '/* A. */\n#include "signalling/b.h"\n#include <gst/gst.h>\n',
    "signalling/b.h": '/* B. */\n#include "common/base/c.h"\n/* never system() */\n',
    "common/base/c.h": "/* C. */\n#include <glib.h>\n",
    "common/transport/ice.c": "/* ICE. */\n#include <nice/agent.h>\n",
}
OFFENCES = {  # rule -> files, each of which breaks it
    "rooms include only whom they may": [
        {"signalling/b.h": '/* B. */\n#include "common/transport/link.h"\n'},
        {"common/base/c.h": '/* C. */\n#include "receiver/a.h"\n'},
        {"receiver/a.c": '/* A. */\n#  include "sender/d.h"\n'},
        {"sender/e.c": '/* E. */\n#include "receiver/a.h"\n'},
        {"common/transport/f.c": '/* F. */\n#include "signalling/b.h"\n'}],
    "each library has one door": [
        {"receiver/a.c": "/* A. */\n#include <nice/agent.h>\n"},
        {"receiver/a.c": "/* A. */\n#include <openssl/ssl.h>\n"},
        {"receiver/a.c": "/* A. */\n#include <srtp2/srtp.h>\n"},
        {"signalling/call.c": "/* A. */\n#include <libsoup/soup.h>\n"},
        {"common/transport/x.c": "/* A. */\n#include <gst/gst.h>\n"},
        {"receiver/stage/tile.c": "/* A. */\n#include <X11/Xlib.h>\n"}],
    "calls that are not made": [
        {"receiver/a.c": '/* A. */\nint f(void) { return system("ls"); }\n'},
        {"receiver/a.c": "/* A. */\nvoid f(char *a, char *b) { strcpy (a, b); }\n"},
        {"receiver/a.c": '/* A. */\nvoid f(void) { x("/*"); popen(0, 0); y("*/"); }\n'}],
    "files open with their job": [{"receiver/a.c": "#include <glib.h>\n"}],
    "files stay under 600 lines": [{"receiver/a.c": "/* A. */\n" + "\n" * 600}],
    "only the folders of the design": [{"misc/a.txt": ""}],
    "each dependency has its reason": [
        {"meson.build": "a = dependency('glib-2.0')\nb = dependency('leftpad')\n"},
        {"receiver/meson.build": "b = meson.get_compiler('c').find_library('leftpad')\n"},
        {"packaging/packages.test": "leftpad\n"}],
    "links lead somewhere": [{"README.md": "[there](docs/nowhere.md)\n"}, {"docs/a.md": "![picture](a.png)\n"}],
    "each decision stands in the index": [{"docs/decisions/0009-more.md": "# More\n"}],
}


def broken_rules(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, rules, folder], capture_output=True, text=True, check=False)
    check(re.match(r"1\.\.\d+\n", done.stdout), done.stdout, done.stderr)
    broken = re.findall(r"^not ok \d+ (.*)$", done.stdout, re.MULTILINE)
    check(bool(broken) == bool(done.returncode), done.returncode, done.stdout, done.stderr)
    return broken


def test_clean():
    """A tree that keeps every rule passes."""
    check(broken_rules(CLEAN) == [], broken_rules(CLEAN))


def test_offences():
    """Each offence is found, by its rule alone."""
    for rule, trees in OFFENCES.items():
        for offence in trees:
            broken = broken_rules({**CLEAN, **offence})
            check(broken == [rule], "expected", rule, "and not", broken, "for", offence)


def test_all_rules_are_tried():
    """There is an offence for every rule."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, rules, folder], capture_output=True, text=True, check=False)
    text = rules.read_text(encoding="utf-8").rpartition("checks = {")[2].partition("}")[0]
    check(set(re.findall(r'"([^"]+)": \w+', text)) == set(OFFENCES), text, done.stderr)


run(test_clean, test_offences, test_all_rules_are_tried)
