#!/usr/bin/env python3
"""Chromium and Firefox share into the real box: a screen with every codec that both have, a tab, sound."""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from browser import Browser, nobody, presenter  # noqa: E402
from screen import Eye  # noqa: E402
from speaker import RATE, Speaker, share_of  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402

TONE = 997
SLICE = RATE // 50


def has(browser, codec, page):
    """Firefox downloads its encoder for H.264, a plug-in, some time after it was installed."""
    return browser.evaluate(
        f"RTCRtpSender.getCapabilities('video').codecs.some(one => one.mimeType.toLowerCase() === 'video/{codec.lower()}')", page)


def watch(browser, box, page, number, codec):
    """The picture of a page that has joined: that it comes, moves, and is what both sides say of it."""
    start = time.monotonic()
    browser.share(page)
    eye = Eye(box.screen, None, number)
    wait_until(eye.look, 15, lambda: f"the picture of {browser.kind}; the page says: {browser.text(page)}")
    first = time.monotonic() - start
    wait_until(lambda: eye.look() and eye.pictures > 20, 10, "the picture to move")
    # The page asks for the size of its tile; the display of this test is as large as the screen.
    size = (box.screen.width, box.screen.height)
    one = presenter(box, lambda one: one["srtp"] and (one["width"], one["height"]) == size)
    own = {}

    def known():
        own.update(browser.stats(page))
        return (own.get("width"), own.get("height")) == size
    wait_until(known, 15, lambda: f"the browser to send {size}; it says {own}", every=0.2)
    check("AEAD_AES_256_GCM" in own["srtp"], "the browser's SRTP profile is", own["srtp"])
    check(one["srtp"] == "AEAD_AES_256_GCM", "the box's SRTP profile is", one["srtp"])
    check(own["codec"] == f"video/{codec}", "the browser sends", own["codec"])
    check(one["codec"] == codec and codec.lower() in one["decoder"], one["codec"], one["decoder"])
    return first, own


def try_screen(kind, codecs):
    with rooms.Room() as room:
        box, desk = room.receiver(room.display(1280, 720)), room.display(1280, 720)
        browser = Browser(room, kind, desk)
        room.paint(desk, number=3, fps=30)
        empty = browser.open("about:blank")
        missing = [codec for codec in codecs if not has(browser, codec, empty)]
        check("VP8" not in missing, kind, "has no VP8")
        for codec in missing:
            comment(f"{browser.version} has no {codec}")
        for codec in [codec for codec in codecs if codec not in missing]:
            page, joined = browser.join(box, codec)
            first, own = watch(browser, box, page, 3, codec)
            comment(f"{codec}: PIN proved after {joined:.2f} s, click to picture {first:.2f} s, {own['remote'].get('protocol')}, "
                    f"estimate {own.get('estimate')}")
            # Its start is what the answer names; more is what the box's feedback has let it find.
            if kind == "chromium":
                wait_until(lambda: browser.stats(page).get("estimate", 0) > 4.1e6, 15, "the estimate to rise", every=0.2)
            browser.close(page)
            nobody(box)


def test_chromium():
    """Chromium shares its screen in H.264, VP8 and VP9 over AES-256-GCM."""
    try_screen("chromium", ["H264", "VP8", "VP9"])


def test_firefox():
    """Firefox shares its screen in VP8, VP9 and what else it has over AES-256-GCM."""
    try_screen("firefox", ["H264", "VP8", "VP9"])


def hears_tone(microphone):
    """Half of the last second in pieces of 20 ms: a busy machine stretches a browser's sound, but for clear tone it is."""
    last = microphone.last(1)
    pieces = [last[at:at + SLICE] for at in range(0, len(last) - SLICE, SLICE)]
    return sum(share_of(TONE, piece) > 0.8 for piece in pieces) > len(pieces) / 2


def test_tab():
    """Chromium shares a tab with its sound, whatever its size becomes."""
    with rooms.Room() as room:
        near, far = Speaker(room, "desk"), Speaker(room, "hall")
        box = room.receiver(room.display(1280, 720), sound=True, PULSE_SERVER=far.server)
        browser = Browser(room, "chromium", room.display(1280, 720), capture="Barcode", PULSE_SERVER=near.server)
        page, _ = browser.join(box)
        clock = (time.monotonic() - time.time()) * 1000
        tab = browser.open((pathlib.Path(__file__).resolve().parents[1] / "support/barcode.html").as_uri() +
                           f"#5,{clock:.1f},{TONE}")
        browser.ask("front", page)
        browser.share(page)
        for width, height in (900, 500), (500, 600), (1000, 560):
            browser.ask("resize", tab, width=width, height=height)
            shape = width / height

            def fits():
                one = presenter(box)
                return abs(one["width"] / one["height"] - shape) < 0.03
            wait_until(fits, 10, lambda: f"{width} × {height}; there is {presenter(box)}", every=0.1)
            eye = Eye(box.screen, box.screen.tile(0, 1, shape), 5)
            wait_until(lambda: eye.look() and eye.pictures > 5, 10, f"the tab's picture at {width} × {height}")
        microphone = far.listen()
        wait_until(lambda: len(microphone.samples) > RATE and hears_tone(microphone), 15, "the tab's tone", every=0.2)
        check(browser.stats(page)["audioBytes"] > 0, browser.stats(page))


rooms.start()
run(test_chromium, test_firefox, test_tab)
