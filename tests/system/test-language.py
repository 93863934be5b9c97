#!/usr/bin/env python3
"""What people read comes in their language: the display's welcome, lectern-share's sentences, and its window."""
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from tap import check, run, wait_until  # noqa: E402
from window import Desk, Window, with_system_python  # noqa: E402

CONFIG = "[display]\nlanguage={}\n"


def share(*arguments, **environment):
    """What lectern-share says of an address where nobody answers."""
    done = subprocess.run([rooms.build / "sender/lectern-share", *(arguments or ["127.0.0.1:9"])], capture_output=True, text=True,
                          timeout=60, check=False, stdin=subprocess.DEVNULL,
                          env={**{name: value for name, value in os.environ.items() if name[:3] not in ("LAN", "LC_")},
                               "DISPLAY": "", "WAYLAND_DISPLAY": "", **environment})
    check(done.returncode in (2, 3), done)
    return done.stderr


def test_sentences():
    """lectern-share speaks German, French, Spanish and Japanese where the environment asks for it, installed locale or not."""
    english = share(LC_ALL="C.UTF-8")
    check("Looking for the box" in english, english)
    check(share(LANG="C", LANGUAGE="de") == english, "LANG=C is not English")
    said = {english}
    for wish in ({"LANG": "de_DE.UTF-8"}, {"LC_ALL": "fr_FR.UTF-8"}, {"LANG": "C.UTF-8", "LANGUAGE": "es:en"},
                 {"LC_MESSAGES": "ja_JP.UTF-8"}):
        said.add(share(**wish))
    check(len(said) == 5, *said)
    german = share(LANG="de_AT.UTF-8")
    check("gesucht" in german or "Suche" in german, german)
    klingon = share(LANG="tlh_AQ.UTF-8")
    check(klingon == english, "a language that is not there is not English:", klingon, english)
    usage = share("lectern:1?pin=2", LANG="de_DE.UTF-8")
    check("Meeting-ID" in usage, usage)


def test_help():
    """lectern-share --help names each option, and says what it does in the person's language."""
    said = {}
    for language in "en", "de", "es", "fr", "ja":
        done = subprocess.run([rooms.build / "sender/lectern-share", "--help"], capture_output=True, text=True, timeout=60,
                              check=True, env={**os.environ, "LC_ALL": "", "LANG": "C.UTF-8", "LANGUAGE": language})
        said[language] = {match[1]: match[2] for match in re.finditer(r"(--[a-z-]+)(?:=\S+)?  +(\S.*)", done.stdout)}
    check(len(said["en"]) > 14, said["en"])
    for language in "de", "es", "fr", "ja":
        same = [name for name, text in said["en"].items() if name != "--help" and said[language].get(name, text) == text]
        check(not same, language, same)


def test_installed():
    """The installation brings the texts of every language."""
    with rooms.Room() as room:
        place = room.folder / "root"
        done = subprocess.run([rooms.tool("meson"), "install", "-C", rooms.build, "--no-rebuild", "--destdir", place,
                               "--quiet"], capture_output=True, text=True, timeout=120, check=False)
        check(done.returncode == 0, done.stdout[-500:], done.stderr[-500:])
        found = sorted(path.parts[-3] for path in place.rglob("lectern.mo"))
        check(found == ["de", "es", "fr", "ja"], found)


def picture_of(room, *options, **environment):
    screen = room.display()
    box = room.receiver(screen, "--pin", "none", *options, **environment)
    seen = []

    def settled():
        seen.append(screen.snapshot(320, 180))
        return len(seen) > 3 and seen[-1] == seen[-3] and len(set(seen[-1])) > 4
    wait_until(settled, 30, "the welcome screen")
    box.stop()
    return seen[-1]


def test_welcome():
    """The display's texts are in the language of the setting, or of the environment, and are another picture for each."""
    with rooms.Room() as room:
        pictures = {}
        for language in "en", "de", "ja":
            path = room.folder / f"{language}.conf"
            path.write_text(CONFIG.format(language))
            pictures[language] = picture_of(room, "--config", path)
        check(len({tuple(one) for one in pictures.values()}) == 3, "two languages look the same")
        german = picture_of(room, LC_ALL="", LANG="de_DE.UTF-8")
        apart = sum(one != other for one, other in zip(german, pictures["de"]))
        far = sum(one != other for one, other in zip(german, pictures["en"]))
        check(apart < far / 3, f"the environment's German differs from the setting's in {apart} places, from English in {far}")
        wrong = room.folder / "wrong.conf"
        wrong.write_text(CONFIG.format("klingon"))
        box = room.receiver(None, "--config", wrong, wait=False)
        check(box.wait() == 2 and "language" in box.err(), box.err())


def test_window():
    """The window's texts and its names for screen readers are in that language, too."""
    with rooms.Room() as room:
        window = Window(room, Desk(room), room.display(), LC_ALL="", LANG="de_DE.UTF-8")
        window.wait_for_focus("Meeting-ID")
        check(not window.nameless(), window.outline())
        check(not window.find("Continue"), window.outline())
        window.keep("german")


with_system_python()
rooms.start()
run(test_sentences, test_help, test_installed, test_welcome, test_window)
