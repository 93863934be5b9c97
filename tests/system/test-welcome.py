#!/usr/bin/env python3
"""The code on the welcome screen, read from the display's own pixels as a telephone reads it, leads to the page."""
import pathlib
import re
import ssl
import subprocess
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

SIZES = [(640, 360), (1280, 720), (1024, 768), (1080, 1920)]


def picture_of(screen):
    """The display as a PPM."""
    rows = (screen.pixels[screen.start + y * screen.stride:screen.start + y * screen.stride + screen.width * 4]
            for y in range(screen.height))
    body = bytearray()
    for row in rows:
        line = bytearray(screen.width * 3)
        line[0::3], line[1::3], line[2::3] = row[2::4], row[1::4], row[0::4]
        body += line
    return b"P6 %d %d 255\n" % (screen.width, screen.height) + bytes(body)


def read_code(room, screen):
    """What zbar finds, or nothing."""
    path = room.folder / "display.ppm"
    path.write_bytes(picture_of(screen))
    done = subprocess.run([rooms.tool("zbarimg"), "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", path],
                          capture_output=True, text=True, check=False)
    return done.stdout.split()


def fetch(url):
    """The page behind a certificate that nobody vouches for."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with urllib.request.urlopen(url, timeout=10, context=context) as answer:
        return answer.read().decode()


def read_at(width, height, dark):
    with rooms.Room() as room:
        config = room.folder / "settings"
        config.write_text(f"[display]\ndark = {'true' if dark else 'false'}\n")
        screen = room.display(width, height)
        box = room.receiver(screen, "--config", config)
        found = wait_until(lambda: read_code(room, screen), 20, "a code on the display", every=0.3)
        comment(f"{width}×{height}, {'dark' if dark else 'light'}: {found}")
        check(len(found) == 1, found)
        host = box.said("Address")
        check(re.fullmatch(rf"https://{re.escape(host)}(:\d+)?/", found[0]), found, "is not at", host)
        pin = box.pin().replace(" ", "")
        check(pin not in found[0], "the code holds the PIN")
        check("<title>Lectern</title>" in fetch(found[0]), "the code does not lead to the page")


def test_sizes():
    """On displays of every shape the code is read and leads to the page; it does not hold the PIN."""
    for width, height in SIZES:
        read_at(width, height, True)


def test_light():
    """Dark on light, it is read as well."""
    read_at(1280, 720, False)


rooms.start()
run(test_sizes, test_light)
