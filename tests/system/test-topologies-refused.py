#!/usr/bin/env python3
"""A router that answers TLS in the cloud's place, with certificates that are not to be trusted: refused, by both, in a sentence."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cloud as clouds  # noqa: E402
import enrolled  # noqa: E402
import room as rooms  # noqa: E402
from cloud import run_with  # noqa: E402
from tap import check, comment, wait_until  # noqa: E402
from topology import Site, internet_cloud  # noqa: E402

shared = internet_cloud()


def refused(make, *words):
    """make(folder): the certificate that the router has. words: one of them is in what each side says."""
    cloud = shared()
    with rooms.Room() as room:
        site = Site(room, 1)
        inside, account = site.host(), cloud.register(f"refused{len(cloud.room.processes)}-{make.__name__}")
        room.secrets.add(account[1])
        site.intercept(make(room.folder))
        settings = room.folder / "box.conf"
        settings.write_text(f"[cloud]\nserver={cloud.host}\nca={cloud.authority.certificate}\n")
        room.isolated = True
        enrolled.enrol(room.folder / f"box-{len(room.processes)}", *account, cloud.host)
        box = room.receiver(None, "--config", settings, "--verbose", port=8443, inside=inside)
        sender = room.sender("424242", *enrolled.way_to(cloud), inside=site.host())
        check(sender.wait(20) == 3, sender.popen.returncode, sender.err())
        wait_until(lambda: box.status()["cloud"]["trouble"], 20, "a sentence of the box", every=0.1)
        for said in sender.err().splitlines()[-1], box.status()["cloud"]["trouble"]:
            comment(said)
            check(any(word in said for word in words), said)
        check(not box.status()["cloud"]["number"], "a number was claimed")
        check(box.stop() == 0, box.err())


def by_unknown(folder):
    return clouds.Authority(folder, "Inspection").sign(folder / "unknown.pem", *clouds.names_of(clouds.HOST))


def expired(folder):
    return shared().authority.sign(folder / "expired.pem", *clouds.names_of(clouds.HOST), days=-1)


def of_another(folder):
    return shared().authority.sign(folder / "other.pem", "elsewhere.example.org")


def test_interception():
    """TLS inspected by an authority that nobody knows."""
    refused(by_unknown, "authority", "issued by nobody")


def test_expired():
    """A certificate that has expired."""
    refused(expired, "expired", "over")


def test_wrong_name():
    """A certificate for another name."""
    refused(of_another, "name")


if __name__ == "__main__":
    run_with(shared, test_interception, test_expired, test_wrong_name)
