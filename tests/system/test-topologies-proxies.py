#!/usr/bin/env python3
"""A box and a sender on networks that let nothing out but what their proxies carry."""
import contextlib
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from cloud import HOST, run_with  # noqa: E402
from tap import check, comment, wait_until  # noqa: E402
from topology import Call, Site, internet_cloud  # noqa: E402

USER, PASSWORD, PORT = "anna", "open-sesame-4711", 3128
shared = internet_cloud()


def proxy(room, site, kind):
    """On the site's router, for its hosts alone; asks for the password."""
    if kind == "http":
        conf = room.folder / f"tinyproxy-{site.number}.conf"
        conf.write_text(f"Port {PORT}\nListen {site.inside}\nMaxClients 50\nTimeout 60\nLogLevel Connect\n"
                        f"BasicAuth {USER} {PASSWORD}\nConnectPort 443\n")
        command = [rooms.tool("tinyproxy"), "-d", "-c", conf]
    else:
        command = [rooms.tool("microsocks"), "-i", site.inside, "-p", PORT, "-u", USER, "-P", PASSWORD]
    started = rooms.Process(room, f"{kind}-proxy", command, inside=site.router)
    started.expected_to_crash = True
    listening = [*rooms.enter(site.router), rooms.tool("ss"), "-Htln", f"sport = :{PORT}"]
    wait_until(lambda: started.running() and subprocess.run(listening, capture_output=True, check=True).stdout, 10,
               lambda: f"the proxy\n{started.err()}", every=0.05)


def credentials(room):
    path = room.folder / "proxy-credentials"
    path.touch(0o600)
    path.write_text(f"{USER}\n{PASSWORD}\n")
    room.secrets.add(PASSWORD)
    return path


def pac(room, site, scheme):
    path = room.folder / f"{site.number}.pac"
    path.write_text("function FindProxyForURL(url, host) {\n"
                    f'  if (dnsDomainIs(host, "{HOST}")) return "{scheme} {site.inside}:{PORT}";\n'
                    '  return "DIRECT";\n}\n')
    return f"pac:{path}"


@contextlib.contextmanager
def through(box_kind, sender_kind, with_pac=False):
    """A call between two networks that let nothing out, each with a proxy of that kind."""
    cloud = shared()
    with rooms.Room() as room:
        sites = Site(room, 1, rules=["drop"]), Site(room, 2, rules=["drop"])
        secret, ways = credentials(room), []
        for site, kind in zip(sites, (box_kind, sender_kind)):
            proxy(room, site, kind)
            way = pac(room, site, "SOCKS5" if kind == "socks5" else "PROXY")
            ways.append(way if with_pac else f"{kind}://{site.inside}:{PORT}")
        with sites[0].capture() as at_box, sites[1].capture() as at_sender:
            call = Call(cloud, room, sites[0].host(), sites[1].host(),
                        conf=f"[network]\nproxy={ways[0]}\nproxy-credentials={secret}\n",
                        sender=("--proxy", ways[1], "--proxy-credentials", str(secret))).picture()
            call.goes(lambda local, remote: local.startswith("tls relay"))
            call.goes_on(30)
            for wire in at_box, at_sender:
                check(wire.beyond_443() == [], "other ports:", wire.beyond_443()[:5])
                check(wire.plain() == [], "not TLS:", wire.plain())
                check(wire.bytes_of(443) > 60_000, wire.bytes_of(443), "bytes are no picture")
            comment(f"{at_sender.bytes_of(443)} bytes by the sender's proxy, all inside TLS")
            yield call
            call.end()


def test_http():
    """Only what an HTTP proxy with a password carries, on both sides."""
    with through("http", "http"):
        pass


def test_socks():
    """Only what a SOCKS5 proxy with a password carries, on both sides."""
    with through("socks5", "socks5"):
        pass


def test_pac():
    """A PAC file names the proxy: HTTP for the box, SOCKS5 for the sender."""
    with through("http", "socks5", with_pac=True):
        pass


def test_wrong_password():
    """A proxy that refuses the password is told of in a sentence, and the password is not."""
    cloud = shared()
    with rooms.Room() as room:
        site = Site(room, 1, rules=["drop"])
        proxy(room, site, "http")
        wrong = room.folder / "wrong"
        wrong.touch(0o600)
        wrong.write_text(f"{USER}\nnot-this-one-0815\n")
        room.secrets.add("not-this-one-0815")
        sender = room.sender("424242", "--cloud", cloud.host, "--cloud-ca", str(cloud.authority.certificate), "--proxy",
                             f"http://{site.inside}:{PORT}", "--proxy-credentials", str(wrong), inside=site.host())
        check(sender.wait(20) == 3 and "proxy" in sender.err().lower(), sender.popen.returncode, sender.err())
        comment(sender.err().splitlines()[-1])


if __name__ == "__main__":
    run_with(shared, test_http, test_socks, test_pac, test_wrong_password)
