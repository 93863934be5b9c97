#!/usr/bin/env python3
"""Text over a path of 1 Mbit/s: pages that change are followed, and one that stands still is soon readable."""
import os
import pathlib
import random
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from networks import BOX, Networks  # noqa: E402
from starved import measured  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

WIDTH, HEIGHT = 1280, 720
COLUMNS, LINES = 96, 36
WORDS = """about after again against among answer because before between board bring budget business change choose clear
close common company country customer decide different during early enough every example family field figure follow former
general great group growth house however important increase interest large later letter little market matter meeting member
million minute month morning number office order paper people perhaps picture place point power present problem program
project question quarter reason report result room school second service several should simple single something special
start state still street student system table teacher together toward under value water week where whole window without
world would write year""".split()
PATH_KBPS = 1000
FOLLOWED_S, SETTLED_S = 2, 1.0
ROUNDS = 3

# In the terminal: pages five a second until a byte comes, then one page until the next byte.
PAGER = """
import os, pathlib, select, sys
pages = [pathlib.Path(one).read_text() for one in sys.argv[2:]]
go = os.open(sys.argv[1], os.O_RDWR)
number = 0
def show(text):
    sys.stdout.write("\\033[2J\\033[H" + text)
    sys.stdout.flush()
while True:
    show(pages[number % (len(pages) - 1)])
    number += 1
    if select.select([go], [], [], 0.2)[0]:
        os.read(go, 1)
        show(pages[-1])
        os.read(go, 1)
"""


def page(seed):
    draw, lines = random.Random(seed), []
    for _ in range(LINES):
        line = ""
        while len(line) < COLUMNS - 12:
            line += draw.choice(WORDS) + " "
        lines.append(line.strip())
    return "\r\n".join(lines)


class Terminal:
    """A 12-point terminal that fills a display."""

    def __init__(self, room, screen):
        self.pages = [page(seed) for seed in range(6)]
        files = [room.folder / f"page-{number}" for number in range(len(self.pages))]
        for file, text in zip(files, self.pages):
            file.write_text(text)
        self.word = room.folder / "go"
        subprocess.run(["mkfifo", self.word], check=True)
        # DejaVu Sans Mono of 12 points at 96 dpi: letters 16 pixels high.
        self.process = rooms.Process(room, "xterm", [
            rooms.tool("xterm"), "-xrm", "Xft.dpi: 96", "-fa", "DejaVu Sans Mono", "-fs", "12", "-bg", "white", "-fg", "black",
            "+sb", "-bw", "0", "-b", "0", "-geometry", f"{COLUMNS + 20}x{LINES + 10}+0+0", "-e",
            sys.executable, "-c", PAGER, self.word, *files], DISPLAY=screen.name)

    def toggle(self):
        """Stops at the last page, or goes on."""
        with open(self.word, "r+b", buffering=0) as word:
            word.write(b".")


def grey(screen):
    """What the display shows now, as a PGM picture of its green channel."""
    rows = [screen.pixels[at + 1:at + screen.width * 4:4]
            for at in range(screen.start, screen.start + screen.height * screen.stride, screen.stride)]
    return b"P5 %d %d 255\n" % (screen.width, screen.height) + b"".join(rows)


def read(picture, wanted):
    """How much of the wanted words tesseract reads in a picture, 0 to 1."""
    done = subprocess.run([rooms.tool("tesseract"), "-", "-", "--psm", "6", "--dpi", "96", "-c", "tessedit_do_invert=0"],
                          input=picture, capture_output=True, timeout=90,
                          env={**os.environ, "OMP_THREAD_LIMIT": "1"})  # its threads wait for each other on few cores
    check(done.returncode == 0, done.stderr.decode(errors="replace"))
    found = done.stdout.decode(errors="replace").split()
    words = wanted.split()
    for word in list(words):
        if word in found:
            found.remove(word)
            words.remove(word)
    return 1 - len(words) / len(wanted.split())


def follow(box, pictures):
    """Waits until so many more pictures of the pages have come."""
    before = box.presenters()["Anna"]["pictures"]
    wait_until(lambda: box.presenters()["Anna"]["pictures"] >= before + pictures, 20, "pages that change", every=0.05)


def measure(box, desk, terminal, profile, least):
    """Holds how fast pages are followed, and how much of one can be read soon after it stands still: the middle of three."""
    follow(box, 2)
    before = box.presenters()["Anna"]["pictures"]
    time.sleep(FOLLOWED_S)  # what is measured
    followed = (box.presenters()["Anna"]["pictures"] - before) / FOLLOWED_S
    shown = []
    for _ in range(ROUNDS):
        terminal.toggle()
        time.sleep(SETTLED_S)  # what is measured
        shown.append(grey(box.screen))
        still = grey(desk)
        terminal.toggle()
        follow(box, 3)
    wanted = terminal.pages[-1]
    here, there = read(still, wanted), sorted(read(picture, wanted) for picture in shown)
    comment(f"{profile}: {followed:.1f} pictures a second while pages change; of the words read here {here:.3f}, there {there}")
    there = there[ROUNDS // 2]
    check(here > 0.9, f"only {here:.2f} of the page can be read on the sender's own display")
    check(there > least * here, f"{there:.2f} of the page can be read on the display, {here:.2f} on the sender's")
    check(followed >= 1, f"{followed:.1f} pictures a second while pages change")


def readable(profile, least):
    with rooms.Room() as room:
        rooms.tool("tesseract")
        networks = Networks(room)
        try:
            networks.enter(networks.router, "tc", "qdisc", "add", "dev", "rb1", "root", "tbf", "rate",
                           f"{PATH_KBPS}kbit", "burst", "4kb",
                           "latency", "400ms")
        except subprocess.CalledProcessError as missing:
            raise rooms.Skip("this kernel cannot narrow a path (sch_tbf)") from missing
        box = room.receiver(room.display(WIDTH, HEIGHT), inside=networks.box)
        desk = room.display(WIDTH, HEIGHT)
        terminal = Terminal(room, desk)
        wait_until(lambda: min(desk.average(0, 0, 200)) < 250, 20, "the terminal")
        welcome = box.screen.snapshot()
        sender = room.sender(rooms.meeting_id(BOX), "--stats", "--profile", profile, screen=desk, pin=box.pin(),
                             inside=networks.sender)
        wait_until(lambda: box.screen.snapshot() != welcome and box.presenters().get("Anna", {}).get("pictures", 0) > 10, 30,
                   lambda: f"the terminal on the display\n{sender.err()}")
        wait_until(lambda: sender.stats().get("estimate_kbps", PATH_KBPS * 2) < PATH_KBPS * 1.2, 20,
                   lambda: f"the sender to learn how narrow the path is; {sender.stats()}", every=0.1)
        measured(lambda: measure(box, desk, terminal, profile, least))
        check(sender.stop() == 0, sender.err())


def test_text():
    """A page of 12-point text can be read one second after it stands still, with the profile for text."""
    readable("text", 0.6)


def test_auto():
    """Where the sender finds out by itself what is shown, much of it can be read by then."""
    readable("auto", 0.25)


rooms.start()
run(test_text, test_auto)
