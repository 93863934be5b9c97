"""A WHIP encoder (RFC 9725) out of stock GStreamer parts: shares an X display until it is interrupted, then DELETEs.

whip-gst.py URL TOKEN-FILE DISPLAY. Says "answered STATUS", the body of a refusal, and how the connection fares.
It needs python3-gst-1.0, and so runs in the system's Python.
"""
import pathlib
import signal
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

PIPELINE = (
    "ximagesrc display-name={display} use-damage=false show-pointer=false ! video/x-raw,framerate=15/1 ! videoconvert ! "
    "video/x-raw,format=I420 ! x264enc tune=zerolatency speed-preset=ultrafast bitrate=3000 key-int-max=30 ! "
    "video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1 aggregate-mode=zero-latency ! "
    "application/x-rtp,media=video,encoding-name=H264,payload=96 ! webrtcbin name=link bundle-policy=max-bundle")


def say(*words):
    print(*words, flush=True)


class Encoder:
    def __init__(self, url, token, display):
        self.url, self.token, self.resource = url, token, None
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.parse_launch(PIPELINE.format(display=display))
        self.link = self.pipeline.get_by_name("link")
        self.link.emit("get-transceiver", 0).set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
        self.link.connect("on-negotiation-needed", self.on_negotiation)
        self.link.connect("notify::ice-gathering-state", self.on_gathering)
        self.link.connect("notify::connection-state", self.on_state)

    def request(self, method, url, body=None):
        """(status, Location, text)"""
        context = ssl.create_default_context()  # the box's own certificate is known to nobody
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        headers = {"Authorization": f"Bearer {self.token}", "User-Agent": "GStreamer/1.22"}
        if body:
            headers["Content-Type"] = "application/sdp"
        request = urllib.request.Request(url, body and body.encode(), headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10, context=context) as answer:
                return answer.status, answer.headers["Location"], answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, None, refusal.read().decode()

    def on_negotiation(self, link):
        link.emit("create-offer", None, Gst.Promise.new_with_change_func(self.on_offer))

    def on_offer(self, promise):
        reply = promise.get_reply()  # the offer goes with it
        self.link.emit("set-local-description", reply.get_value("offer"), Gst.Promise.new())

    def on_gathering(self, link, _):
        if link.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            GLib.idle_add(self.post)

    def post(self):
        offer = self.link.get_property("local-description").sdp.as_text()
        status, location, text = self.request("POST", self.url, offer)
        say("answered", status)
        if status != 201:
            say(text)
            self.loop.quit()
            return
        self.resource = urllib.parse.urljoin(self.url, location)
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self.link.emit("set-remote-description", answer, Gst.Promise.new())

    def on_state(self, link, _):
        say("connection", link.get_property("connection-state").value_nick)

    def run(self):
        for number in signal.SIGINT, signal.SIGTERM:
            GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, self.loop.quit)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        if self.resource:
            say("deleted", self.request("DELETE", self.resource)[0])
        self.pipeline.set_state(Gst.State.NULL)


Gst.init(None)
Encoder(sys.argv[1], pathlib.Path(sys.argv[2]).read_text().strip(), sys.argv[3]).run()
