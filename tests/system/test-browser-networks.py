#!/usr/bin/env python3
"""Browsers in another network than the box: their .local names mean nothing there, and UDP may be dropped."""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from browser import Browser, presenter  # noqa: E402
from networks import BOX, SENDER, Networks  # noqa: E402
from screen import Eye  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402


def share(room, kind, *rules):
    """What the box says of a browser that shares across a router with these rules, and what that says itself."""
    networks = Networks(room)
    networks.filter("ip daddr 224.0.0.0/4 drop", "udp dport 5353 drop", *rules)
    box, desk = room.receiver(room.display(640, 360), inside=networks.box), room.display(640, 360)
    browser = Browser(room, kind, desk, inside=networks.sender)
    room.paint(desk, number=4, fps=30)
    page, joined = browser.join(box, address=BOX)
    start = time.monotonic()
    browser.share(page)
    eye = Eye(box.screen, None, 4)
    wait_until(eye.look, 20, lambda: f"the picture of {kind}; the page says: {browser.text(page)}")
    first = time.monotonic() - start
    wait_until(lambda: eye.look() and eye.pictures > 30, 15, "the picture to go on")
    one = presenter(box, lambda one: one["remote_candidate"])
    comment(f"PIN proved after {joined:.2f} s, picture after {first:.2f} s, {one['local_candidate']} <- {one['remote_candidate']}")
    return one, browser.stats(page)


def try_local_names(kind):
    with rooms.Room() as room:
        one, _ = share(room, kind)
        check(one["local_candidate"].startswith(f"udp host {BOX}"), one["local_candidate"])
        check(one["remote_candidate"].startswith(f"udp prflx {SENDER}"), one["remote_candidate"])


def try_no_udp(kind):
    with rooms.Room() as room:
        one, own = share(room, kind, "meta l4proto udp drop")
        check(one["local_candidate"].startswith(f"tcp host {BOX}"), one["local_candidate"])
        check(one["remote_candidate"].startswith(f"tcp prflx {SENDER}"), one["remote_candidate"])
        check(one["srtp"] == "AEAD_AES_256_GCM" and own["remote"]["protocol"] == "tcp", one, own)


def test_chromium_local():
    """Chromium joins where multicast is dropped and its .local name cannot be resolved."""
    try_local_names("chromium")


def test_firefox_local():
    """Firefox joins where multicast is dropped and its .local name cannot be resolved."""
    try_local_names("firefox")


def test_chromium_tcp():
    """Chromium shares over ICE-TCP where all UDP is dropped."""
    try_no_udp("chromium")


def test_firefox_tcp():
    """Firefox shares over ICE-TCP where all UDP is dropped."""
    try_no_udp("firefox")


rooms.start()
run(test_chromium_local, test_firefox_local, test_chromium_tcp, test_firefox_tcp)
