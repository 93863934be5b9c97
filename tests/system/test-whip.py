#!/usr/bin/env python3
"""WHIP (RFC 9725) with real encoders, tokens of a real host, and programs that steer the room with theirs."""
import json
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
import ssl

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from browser import Browser, nobody, presenter  # noqa: E402
from host import Host  # noqa: E402
from screen import Eye  # noqa: E402
from tap import Skip, check, comment, run, wait_until  # noqa: E402

SYSTEM_PYTHON = "/usr/bin/python3"  # the one that Debian's python3-gst-1.0 is for
support = pathlib.Path(__file__).resolve().parents[1] / "support"

# What a page of the box's own origin does to present by WHIP; keeps it in window.lecternWhip.
START = """(async () => {
  const link = new RTCPeerConnection()
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: 30 } })
  link.addTransceiver(stream.getVideoTracks()[0], { direction: 'sendonly' })
  const gathered = new Promise(done => { link.onicegatheringstatechange = () => link.iceGatheringState === 'complete' && done() })
  await link.setLocalDescription()
  await gathered
  const headers = { 'Authorization': 'Bearer ' + %s, 'Content-Type': 'application/sdp' }
  const answer = await fetch('/whip', { method: 'POST', headers, body: link.localDescription.sdp })
  const text = await answer.text()
  if (answer.status !== 201) return { status: answer.status, text }
  await link.setRemoteDescription({ type: 'answer', sdp: text })
  window.lecternWhip = { link, location: answer.headers.get('Location') }
  return { status: answer.status, location: answer.headers.get('Location') }
})()"""
STOP = """(async () => {
  const headers = { 'Authorization': 'Bearer ' + %s }
  return (await fetch(lecternWhip.location, { method: 'DELETE', headers })).status
})()"""


class Issued:
    """A token of a host's, which may stand in the host's own output and nowhere else."""

    def __init__(self, room, host, scope="whip", minutes=5):
        answer = host.do("token", scope=scope, minutes=minutes, label=f"a test's {scope}")
        self.text, self.id, self.host = answer["token"], answer["id"], host
        self.path = room.folder / f"{self.id}.token"
        self.path.touch(0o600)
        self.path.write_text(self.text)

    def listed(self):
        return any(one["id"] == self.id for one in self.host.room()["tokens"])

    def check_kept(self, *processes):
        for one in processes:
            check(self.text not in one.out() + one.err(), "the token stands in the output of", one.name)


def receiver(room, screen, *lines):
    settings = room.folder / "room.conf"
    settings.write_text("\n".join(["[admission]", *lines]) + "\n")
    return room.receiver(screen, "--config", settings)


def request(box, method, path, token=None, body=None, kind="application/json"):
    """(status, body)"""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    headers = {"Content-Type": kind} if body is not None else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    asked = urllib.request.Request(f"https://{box.target()}{path}", body and body.encode(), headers, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=10, context=context) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def gone_after(box):
    start = time.monotonic()
    nobody(box, 5)
    return time.monotonic() - start


def test_chromium():
    """Chromium presents by WHIP with a host's token: wrong tokens do not, DELETE ends it, so does taking the token back."""
    with rooms.Room() as room:
        box, desk = receiver(room, room.display(1280, 720), "whip=true"), room.display(1280, 720)
        host = Host(room, box).open()
        token = Issued(room, host)
        browser = Browser(room, "chromium", desk)
        room.paint(desk, number=3, fps=30)
        page = browser.open(f"https://{box.target()}/")
        refused = browser.evaluate(START % json.dumps("wrong"), page)
        check(refused["status"] == 401 and "token" in refused["text"], refused)
        check(not box.status()["presenters"], "a presenter with a wrong token")

        answer = browser.evaluate(START % json.dumps(token.text), page)
        check(answer["status"] == 201 and answer["location"].startswith("/whip/"), answer)
        eye = Eye(box.screen, None, 3)
        wait_until(lambda: eye.look() and eye.pictures > 20, 20, "the encoder's picture to move")
        said = presenter(box)
        check(said["srtp"] == "AEAD_AES_256_GCM", said)
        own = wait_until(lambda: [one for one in host.room()["presenters"] if one["state"] == "shown"], 5, "the host to see it")
        check(own[0]["door"] == "whip", own)
        check(browser.evaluate(STOP % json.dumps("wrong"), page) == 401, "ended with a wrong token")
        check(browser.evaluate(STOP % json.dumps(token.text), page) == 200, "not ended")
        comment(f"gone {gone_after(box):.2f} s after DELETE")

        check(browser.evaluate(START % json.dumps(token.text), page)["status"] == 201, "not taken again")
        wait_until(eye.look, 20, "the picture of the second session")
        wait_until(token.listed, 5, "the token in the room")
        host.do("revoke-token", token=token.id)
        late = gone_after(box)
        check(late < 1.2, late, "s until the token's encoder was gone")  # status is asked every 0.1 s, by a program of its own
        comment(f"gone {late:.2f} s after the token was taken back")
        wait_until(lambda: not token.listed(), 5, "the token to be out of the room")
        check(browser.evaluate(START % json.dumps(token.text), page)["status"] == 401, "a revoked token was taken")
        token.check_kept(box)


def encoder(room, box, token, desk):
    found = subprocess.run([SYSTEM_PYTHON, "-c", "import gi; gi.require_version('GstWebRTC', '1.0'); "
                            "from gi.repository import GstWebRTC"], capture_output=True, check=False)
    if found.returncode:
        raise Skip("python3-gst-1.0 and gir1.2-gst-plugins-bad-1.0 are not installed")
    return rooms.Process(room, "gstreamer", [SYSTEM_PYTHON, support / "whip-gst.py", f"https://{box.target()}/whip", token.path,
                                             desk.name], G_DEBUG="")


def test_gstreamer():
    """GStreamer's webrtcbin presents, where AES-128 is allowed; ending it ends its presentation."""
    with rooms.Room() as room:
        box = receiver(room, room.display(640, 360), "whip=true", "allow-aes-128=true")
        token = Issued(room, Host(room, box).open())
        own = encoder(room, box, token, room.painted(number=5))
        eye = Eye(box.screen, None, 5)
        wait_until(lambda: eye.look() and eye.pictures > 10, 25, lambda: f"its picture\n{own.out()}{own.err()}\n{box.err()}")
        said = presenter(box)
        check(said["codec"] == "H264" and "128" in said["srtp"], said["codec"], said["srtp"])
        comment(said["srtp"])
        own.stop()
        check("deleted 200" in own.out(), own.out())
        nobody(box, 5)
        token.check_kept(box, own)


def test_gstreamer_refused():
    """Where AES-128 is not allowed, an encoder that knows nothing else is turned away, and the box says why."""
    with rooms.Room() as room:
        box = receiver(room, room.display(640, 360), "whip=true")
        token = Issued(room, Host(room, box).open())
        own = encoder(room, box, token, room.painted(number=5))
        wait_until(lambda: "answered" in own.out(), 20, lambda: f"the answer\n{own.out()}{own.err()}")
        wait_until(lambda: "no media encryption that is allowed here" in box.err(), 20, lambda: f"the reason\n{box.err()}")
        nobody(box, 5)
        check(Eye(box.screen, None, 5).look() is False, "its picture is there")
        token.check_kept(box, own)


def test_off():
    """By default there is no WHIP."""
    with rooms.Room() as room:
        box = receiver(room, None)
        token = Issued(room, Host(room, box).open())
        status, _ = request(box, "POST", "/whip", token.text, "v=0\r\n", "application/sdp")
        check(status in (404, 405), status)
        token.check_kept(box)


def test_programs():
    """A program with a host's token sees the room and removes a presenter; without it, or with a WHIP token, it does not."""
    with rooms.Room() as room:
        box = receiver(room, room.display(640, 360), "whip=true")
        host = Host(room, box).open()
        token, other = Issued(room, host, "room"), Issued(room, host, "whip")
        sender, _ = room.share(box)
        check(request(box, "GET", "/api/v1/room")[0] == 401, "the room without a token")
        check(request(box, "GET", "/api/v1/room", other.text)[0] == 403, "the room with a token for encoders")
        status, text = request(box, "GET", "/api/v1/room", token.text)
        check(status == 200, status, text)
        found = json.loads(text)
        check([one["name"] for one in found["presenters"]] == ["Anna"] and found["hosts"] == 1 and found["whip"] is True, found)
        action = json.dumps({"do": "remove", "presenter": found["presenters"][0]["id"]})
        check(request(box, "POST", "/api/v1/room/actions", other.text, action)[0] == 403, "removed by an encoder's token")
        check(box.presenters(), "the presenter is gone")
        status, text = request(box, "POST", "/api/v1/room/actions", token.text, action)
        check(status == 200 and json.loads(text) == {"done": True}, status, text)
        check(sender.wait() == 0, sender.err())
        status, text = request(box, "POST", "/api/v1/room/actions", token.text, action)
        check(status == 409 and json.loads(text)["detail"].endswith("."), status, text)
        host.do("revoke-token", token=token.id)
        check(request(box, "GET", "/api/v1/room", token.text)[0] == 401, "a revoked token was taken")
        token.check_kept(box, sender)


rooms.start()
run(test_chromium, test_gstreamer, test_gstreamer_refused, test_off, test_programs)
