#!/usr/bin/env python3
"""Somebody between the sender and the box, with a certificate of their own: found out by both sides, and never shown."""
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402
from wire import CALL, Client, Closed, Meddler  # noqa: E402

FINGERPRINT = r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}"
FORGED = ":".join(["5A"] * 32)


def make_certificate(room):
    """A key and a certificate of the meddler's own, in one file."""
    path = room.folder / "meddler.pem"
    subprocess.run([rooms.tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=box", "-days", "2", "-keyout", path, "-out", room.folder / "meddler.crt"],
                   check=True, capture_output=True)
    with open(path, "ab") as file:
        file.write((room.folder / "meddler.crt").read_bytes())
    return path


def meddle(rewrite, pin=True):
    """Shares through somebody who rewrites; (the sender, what the box logged, how many messages were changed, pictures)."""
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360), *([] if pin else ["--pin", "none"]))
        own = room.painted()
        with Meddler(("127.0.0.1", box.port), make_certificate(room), rewrite) as meddler:
            sender = room.sender(f"127.0.0.1:{meddler.port}", screen=own, pin=box.pin() if pin else None)
            wait_until(lambda: not sender.running() or box.screen.read(), 30, lambda: f"an end\n{sender.err()}{meddler.trouble}")
            shown = box.screen.read() is not None
            comment(sender.err().splitlines()[-1])
            wait_until(lambda: shown or not box.status()["presenters"], 15, "the box to let go")
            return sender.popen.returncode, box.err(), meddler.touched, shown


def in_element(names, from_caller):
    """Rewrites every fingerprint in messages of these names that go one way."""
    def rewrite(is_from_caller, text):
        if is_from_caller == from_caller and re.search(rf"<({names})[ >]", text):
            return re.sub(FINGERPRINT, FORGED, text)
        return text
    return rewrite


def refused(rewrite, pin=True, status=(4,)):
    code, log, touched, shown = meddle(rewrite, pin)
    check(touched > 0, "nothing was changed on the way")
    check(not shown, "a picture was shown all the same")
    check(code in status, "exit status", code)
    check("is sharing" not in log, log)


def test_untouched():
    """Somebody who only listens and passes on has a certificate of their own and gets nothing: the picture arrives."""
    code, _, touched, shown = meddle(lambda from_caller, text: text)
    check(shown and touched == 0 and code is None, code, touched)


def test_hello():
    """A false fingerprint of the sender in hello is refused by the box."""
    refused(in_element("hello", True))


def test_challenge():
    """A false fingerprint of the box in challenge is refused."""
    refused(in_element("challenge", False))


def test_offer():
    """A false fingerprint in the offer's SDP is refused by the box."""
    refused(in_element("offer", True))


def test_answer():
    """A false fingerprint in the answer's SDP is refused by the sender."""
    refused(in_element("answer", False))


def test_all():
    """False fingerprints both ways in every message are refused where there is a PIN."""
    refused(lambda from_caller, text: re.sub(FINGERPRINT, FORGED, text))


def test_all_without_pin():
    """Where no PIN is asked, rewriting fingerprints alone is found out all the same."""
    refused(lambda from_caller, text: re.sub(FINGERPRINT, FORGED, text), pin=False, status=(3, 4, 5))


def answer_to(port, payload):
    """What the box answers a stranger who begins with this, the call's id left out, until it hangs up; and after how long."""
    with Client("127.0.0.1", port) as stranger:
        start = time.monotonic()
        stranger.call(payload)
        told = stranger.until_closed()
        return sorted(set(re.findall(r"<(\w+)[^>]*?reason=.(\w+)", told))), time.monotonic() - start


def test_stolen_resume():
    """Who has overheard a call and its resumption cannot take it over, learns nothing from trying, and disturbs nobody."""
    heard = []
    cut = []

    def overhear(_, text):
        heard.append(text)
        if cut:
            cut.clear()
            raise Closed("cut")
        return text
    with rooms.Room() as room:
        box = room.receiver(room.display(640, 360))
        own = room.painted()
        with Meddler(("127.0.0.1", box.port), make_certificate(room), overhear) as meddler:
            sender = room.sender(f"127.0.0.1:{meddler.port}", screen=own, pin=box.pin())
            eye = room.expect(box, sender)
            before = box.status()["presenters"]
            cut.append(True)
            wait_until(lambda: "is back by another" in box.err(), 10, lambda: f"a resumption\n{sender.err()}")
            overheard = next(text for text in heard if "<resume " in text)
            resume = overheard[overheard.index("<resume "):overheard.index("</resume>") + len("</resume>")]
            sid = re.search(r"sid=.([0-9a-f]{32})", resume).group(1)
            eye.longest_gap = 0
            answers = [answer_to(box.port, payload) for payload in (
                resume,  # again
                resume.replace("count='1'", "count='2'").replace('count="1"', 'count="2"'),
                resume.replace(sid, "0123456789abcdef0123456789abcdef"),
                f"<resume xmlns='{CALL}' sid='{sid}' count='7'><proof>{'A' * 43}=</proof></resume>",
                f"<resume xmlns='{CALL}' sid='{sid}'/>")]
            comment(f"{answers[0][0]}, within {max(seconds for _, seconds in answers):.2f} s")
            check(all(told == [("refused", "gone")] for told, _ in answers), answers)
            pictures = eye.pictures
            wait_until(lambda: eye.look() and eye.pictures > pictures, 3, "the next picture")
            check(eye.longest_gap < 2, eye.longest_gap)
            check([one["id"] for one in box.status()["presenters"]] == [one["id"] for one in before], box.status())
            check(sender.stop() == 0, sender.err())


rooms.start()
run(test_untouched, test_hello, test_challenge, test_offer, test_answer, test_all, test_all_without_pin, test_stolen_resume)
