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
from tap import Skip, check, comment, run, wait_until  # noqa: E402

TONE = 997
SLICE = RATE // 50


def has(browser, codec):
    return browser.evaluate(
        f"RTCRtpSender.getCapabilities('video').codecs.some(one => one.mimeType.toLowerCase() === 'video/{codec.lower()}')")


def watch(browser, box, page, number, codec):
    """The picture of a page that has joined: that it comes, moves, and is what both sides say of it."""
    start = time.monotonic()
    browser.share(page)
    eye = Eye(box.screen, None, number)
    wait_until(eye.look, 15, lambda: f"the picture of {browser.kind}; the page says: {browser.text(page)}")
    first = time.monotonic() - start
    wait_until(lambda: eye.look() and eye.pictures > 20, 10, "the picture to move")
    # The page asks for the size of its tile; the display of this test is as large as the screen.
    box_says = presenter(box, lambda one: one["srtp"] and one["width"] == box.screen.width)
    own = browser.stats(page)
    check(own["srtp"] and "AEAD_AES_256_GCM" in own["srtp"], "the browser's SRTP profile is", own["srtp"])
    check(box_says["srtp"] == "AEAD_AES_256_GCM", "the box's SRTP profile is", box_says["srtp"])
    check(own["codec"] == f"video/{codec}", "the browser sends", own["codec"])
    check(box_says["codec"] == codec and codec.lower() in box_says["decoder"], box_says["codec"], box_says["decoder"])
    check((own["width"], own["height"]) == (box_says["width"], box_says["height"]) == (1280, 720), own, box_says)
    return first, own


def try_screen(kind, codecs):
    with rooms.Room() as room:
        box, desk = room.receiver(room.display(1280, 720)), room.display(1280, 720)
        browser = Browser(room, kind, desk)
        room.paint(desk, number=3, fps=30)
        for codec in codecs:
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
    """Firefox shares its screen in VP8 and VP9 over AES-256-GCM."""
    try_screen("firefox", ["VP8", "VP9"])


def test_firefox_h264():
    """Firefox with an encoder for it shares its screen in H.264."""
    with rooms.Room() as room:
        box, desk = room.receiver(room.display(1280, 720)), room.display(1280, 720)
        browser = Browser(room, "firefox", desk)
        browser.open(f"https://{box.target()}/")
        if not has(browser, "H264"):
            raise Skip("this Firefox has no H.264 without the plug-in that it downloads")
        room.paint(desk, number=3, fps=30)
        page, _ = browser.join(box, "H264")
        watch(browser, box, page, 3, "H264")


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
run(test_chromium, test_firefox, test_firefox_h264, test_tab)
