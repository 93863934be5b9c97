#!/usr/bin/env python3
"""Pages that are not the box's, in real browsers: of another origin, and under a name that was made to lead to the box."""
import ctypes
import functools
import http.server
import pathlib
import ssl
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from browser import Browser  # noqa: E402
from tap import check, comment, run  # noqa: E402

MS_BIND = 4096
REBOUND = "attacker.example"

# Each gives a word to evaluate(): what became of the attempt.
OPEN_DOOR = """new Promise(done => {
  const socket = new WebSocket('wss://%s/xmpp', 'xmpp')
  socket.onopen = () => done('open')
  socket.onerror = () => done('refused')
})"""
LOAD = """new Promise(done => {
  const one = document.createElement('%s')
  one.onload = () => done('loaded')
  one.onerror = () => done('refused')
  one.src = 'https://%s%s'
  document.head.append(one)
})"""
READ = "fetch('https://%s%s').then(() => 'read', () => 'refused')"
CHANGE = """fetch('https://%s/', { method: 'POST', body: 'x', headers: { Authorization: 'Bearer x' } })
  .then(() => 'sent', () => 'refused')"""


def serve_elsewhere(room):
    """An origin of somebody else's, on a port of its own; its authority."""
    key, certificate = room.folder / "elsewhere.key", room.folder / "elsewhere.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                    "/CN=elsewhere", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1", "-keyout", key, "-out",
                    certificate], check=True, capture_output=True)

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>elsewhere</title>")

        def log_message(self, *what):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def try_from_elsewhere(kind):
    with rooms.Room() as room:
        box = room.receiver(None, "--http-port", "0")
        authority = f"127.0.0.1:{box.port}"
        server = serve_elsewhere(room)
        try:
            browser = Browser(room, kind, room.display(1280, 800))
            browser.open(f"https://{authority}/")
            check(browser.evaluate(OPEN_DOOR % authority) == "open", "the box's own page cannot open the door")
            script = browser.evaluate("document.querySelector('script[src]').getAttribute('src')")
            check(browser.evaluate(LOAD % ("script", authority, script)) == "loaded", "the box's own page cannot load", script)
            check("Content Security Policy" not in browser.err() and "Content-Security-Policy" not in browser.err(),
                  "the page breaks its own policy:", browser.err())
            page = browser.open(f"https://127.0.0.1:{server.server_address[1]}/")
            tries = {"door": OPEN_DOOR % authority, "program": LOAD % ("script", authority, script),
                     "icon": LOAD % ("img", authority, "/app/icon.svg"), "page": READ % (authority, "/"),
                     "room": READ % (authority, "/api/v1/room"), "change": CHANGE % authority}
            told = {name: browser.evaluate(script, page) for name, script in tries.items()}
            check(set(told.values()) == {"refused"}, "a page from elsewhere:", told)
            comment(f"{kind} {browser.version}")
        finally:
            server.shutdown()


def test_chromium_elsewhere():
    """In Chromium a page of another origin opens no door, loads nothing, reads nothing and changes nothing"""
    try_from_elsewhere("chromium")


def test_firefox_elsewhere():
    """In Firefox a page of another origin opens no door, loads nothing, reads nothing and changes nothing"""
    try_from_elsewhere("firefox")


@functools.cache
def lead_to_the_box():
    """What the attacker's name server does, for this process and its children."""
    hosts = pathlib.Path(tempfile.mkdtemp(prefix="lectern-")) / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n127.0.0.1 {REBOUND}\n")
    check(ctypes.CDLL(None).mount(str(hosts).encode(), b"/etc/hosts", None, MS_BIND, None) == 0, "cannot bind /etc/hosts")


def try_rebound(kind):
    """The page comes from the attacker's own server; when it asks again, the same name and port are the box's."""
    rooms.needs_root()
    with rooms.Room() as room:
        lead_to_the_box()
        server = serve_elsewhere(room)
        port = server.server_address[1]
        browser = Browser(room, kind, room.display(1280, 800))
        browser.open(f"https://{REBOUND}:{port}/")
        check(browser.evaluate("fetch('/').then(answer => answer.status)") == 200, "the attacker's own page")
        server.shutdown()
        server.server_close()
        room.receiver(None, "--http-port", "0", port=port)
        for path in "/", "/xmpp", "/api/v1/room":
            status = browser.evaluate(f"fetch('{path}', {{ cache: 'no-store' }}).then(answer => answer.status)")
            check(status == 421, path, "was answered", status)
        status = browser.evaluate("fetch('/', { method: 'POST', body: 'x' }).then(answer => answer.status)")
        check(status == 421, "a change was answered", status)
        check(browser.evaluate(OPEN_DOOR % f"{REBOUND}:{port}") == "refused", "the door opened")


def test_chromium_rebound():
    """In Chromium a name that leads to the box is not enough to speak to it"""
    try_rebound("chromium")


def test_firefox_rebound():
    """In Firefox a name that leads to the box is not enough to speak to it"""
    try_rebound("firefox")


rooms.start()
run(test_chromium_elsewhere, test_firefox_elsewhere, test_chromium_rebound, test_firefox_rebound)
