#!/usr/bin/env python3
"""What --netcheck says of networks that are as they are: a real cloud behind a router that blocks, translates, intercepts."""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cloud as clouds  # noqa: E402
import room as rooms  # noqa: E402
from networks import Networks  # noqa: E402
from tap import Skip, check, comment, run, wait_until  # noqa: E402

ROUTER, NOBODY, CLOUD, RELAY = "10.78.1.1", "10.78.1.9", "10.78.3.2", "10.78.3.3"
MIDDLE = pathlib.Path(rooms.__file__).with_name("middle.py")
shared = {}


def world():
    """One for all tests, with the router's rules as at the start."""
    if "room" not in shared:
        rooms.needs_root()
        room = shared["room"] = rooms.Room()
        networks = shared["networks"] = Networks(room)
        networks.join(os.getpid(), CLOUD, "10.78.3.1", "rq")
        rooms.ip("address", "add", f"{RELAY}/24", "dev", "rq0")
        shared["resolv"] = room.folder / "resolv.conf"
        shared["resolv"].write_text("nameserver 10.78.3.99\noptions timeout:1 attempts:1\n")
        rooms.libc.mount(str(shared["resolv"]).encode(), b"/etc/resolv.conf", None, 4096, None)
        shared["cloud"] = None
        shared["cloud"] = clouds.Cloud(room, CLOUD, IPV6="no", RELAY_ADDRESSES=f"{CLOUD} {RELAY}")
    if not shared["cloud"]:
        raise Skip("the cloud has not started, see above")
    name_them()
    networks = shared["networks"]
    networks.filter()
    return shared["room"], networks, shared["cloud"]


def name_them():
    """All the cloud's names; the relay has two addresses."""
    clouds.name_addresses(shared["room"].folder, **{clouds.HOST: CLOUD})
    hosts = shared["room"].folder / "hosts"
    hosts.write_text(hosts.read_text() + f"{RELAY} turn.{clouds.HOST}\n")


def between(*arguments):
    """Somebody at the router."""
    room = shared["room"]
    one = rooms.Process(room, f"middle-{arguments[0]}", [sys.executable, MIDDLE, *arguments], inside=shared["networks"].router)
    one.expected_to_crash = True
    wait_until(lambda: "ready" in one.out() or not one.running(), 10, "the one in the middle")
    check(one.running(), one.err())
    return one


def redirect(networks, port):
    """What is for the cloud's port 443 goes to the router's own."""
    networks.enter(networks.router, "nft", "-f", "-", text=f"""table ip lead {{
        chain away {{
            type nat hook prerouting priority -100;
            ip daddr {{ {CLOUD}, {RELAY} }} tcp dport 443 redirect to :{port}
        }}
        }}""")


def netcheck(*options, settings="", status=None, cloud=True):
    """name -> what is said."""
    room = shared["room"]
    conf = room.folder / "netcheck.conf"
    trust = "" if "[cloud]" in settings else f"\n[cloud]\nserver={clouds.HOST}\nca={shared['cloud'].authority.certificate}\n"
    conf.write_text((settings if settings.startswith("[") else f"[network]\n{settings}\n") + (trust if cloud else ""))
    state = room.folder / "netcheck-state"
    state.mkdir(exist_ok=True, mode=0o700)
    asked = subprocess.run([*rooms.enter(shared["networks"].box), rooms.build / "receiver/lectern-receiver", "--netcheck",
                            "--json", "--config", conf, "--state-folder", state, *options],
                           capture_output=True, text=True, timeout=30, check=False)
    check(asked.returncode in (0, 1), asked.stderr)
    said = json.loads(asked.stdout)
    check((asked.returncode == 1) == (said["worst"] == "fail"), asked.returncode, said["worst"])
    results = {one["name"]: one for one in said["checks"]}
    if status:
        check(results[status[0]]["state"] == status[1], json.dumps(said, indent=1))
        comment(f"{status[0]}: {results[status[0]]['sentence']}")
    return results


def states(results, **wanted):
    for name, state in wanted.items():
        check(results[name]["state"] == state, name, "is not", state, json.dumps(results, indent=1))


def test_good():
    """A network that lets everything through."""
    world()
    results = netcheck("--peer", ROUTER)
    states(results, dns="ok", clock="ok", https="ok", certificate="ok", proxy="ok", udp="ok", nat="ok", relay="ok",
           multicast="unknown", isolation="ok")
    check("not translated" in results["nat"]["sentence"], results["nat"])


def test_udp_blocked():
    """No UDP: what that costs, and the line to ask for."""
    _, networks, _ = world()
    networks.filter("meta l4proto udp drop")
    results = netcheck(status=("udp", "warn"))
    states(results, https="ok", relay="ok", nat="unknown")
    check("UDP 3478" in results["udp"]["firewall"] and "relay" in results["udp"]["sentence"], results["udp"])


def test_https_blocked():
    """No port 443: the line to ask for; and with no UDP either, no way out for pictures."""
    _, networks, _ = world()
    networks.filter("tcp dport 443 drop")
    results = netcheck(status=("https", "fail"))
    states(results, udp="ok", clock="unknown", certificate="unknown", proxy="unknown")
    check(f"boxes.{clouds.HOST}" in results["https"]["firewall"], results["https"])
    networks.filter("tcp dport 443 drop", "meta l4proto udp drop")
    states(netcheck(status=("udp", "fail")), https="fail", relay="fail")


def test_intercepted():
    """Somebody opens the connection with an authority of the house: it is named; and where the key counts, it is another."""
    room, networks, cloud = world()
    house = clouds.Authority(room.folder, "Inspection of the house")
    pem = house.sign(room.folder / "house.pem", *clouds.names_of(clouds.HOST))
    between("tls", "8443", pem, "0")
    redirect(networks, 8443)
    try:
        results = netcheck(status=("certificate", "fail"))
        check("Inspection of the house" in results["certificate"]["sentence"], results["certificate"])
        account = room.folder / "netcheck-state/cloud.json"
        account.touch(0o600)
        account.write_text(json.dumps({"host": clouds.HOST, "jid": f"a@boxes.{clouds.HOST}", "password": "none of a cloud",
                                       "pins": [":".join(["AB"] * 32)]}))
        results = netcheck(settings=f"[cloud]\nserver={clouds.HOST}\ntrust=first-use\n", status=("certificate", "fail"))
        check("another key" in results["certificate"]["sentence"], results["certificate"])
        account.unlink()
    finally:
        networks.enter(networks.router, "nft", "flush", "ruleset")


def test_clock():
    """A clock an hour behind the cloud's, by what a server with the right certificate says."""
    room, networks, cloud = world()
    pem = cloud.authority.sign(room.folder / "late.pem", *clouds.names_of(clouds.HOST))
    between("tls", "8444", pem, "3600")
    redirect(networks, 8444)
    try:
        results = netcheck(status=("clock", "fail"))
        states(results, certificate="ok", https="ok")
        check("behind" in results["clock"]["sentence"], results["clock"])
        between("tls", "8445", pem, "60")
        networks.enter(networks.router, "nft", "flush", "ruleset")
        redirect(networks, 8445)
        netcheck(status=("clock", "ok"))
    finally:
        networks.enter(networks.router, "nft", "flush", "ruleset")


def test_no_dns():
    """No name server answers."""
    room, _, _ = world()
    (room.folder / "hosts").write_text("127.0.0.1 localhost\n")
    results = netcheck(status=("dns", "fail"))
    states(results, https="fail", udp="unknown")
    check("53" in results["dns"]["firewall"], results["dns"])


def test_proxy():
    """Only a proxy leads out: unknown until it is named, needed and good once it is."""
    _, networks, _ = world()
    networks.filter("meta l4proto { tcp, udp } drop")
    between("proxy", "3128")
    results = netcheck(settings="proxy=none", status=("proxy", "unknown"))
    states(results, https="fail")
    results = netcheck(settings=f"proxy=http://{ROUTER}:3128", status=("proxy", "ok"))
    states(results, https="ok", certificate="ok", relay="ok", udp="warn", clock="ok")
    check("needed" in results["proxy"]["sentence"], results["proxy"])
    networks.filter()
    results = netcheck(settings=f"proxy=http://{ROUTER}:3129", status=("proxy", "warn"))
    states(results, https="ok")


def test_translation():
    """Address translation that treats all servers alike, and one that does not."""
    _, networks, _ = world()
    networks.filter(nat="oifname rq1 masquerade")
    results = netcheck(status=("nat", "ok"))
    check("same way" in results["nat"]["sentence"], results["nat"])
    networks.filter(nat="oifname rq1 masquerade fully-random")
    netcheck(status=("nat", "warn"))


def test_admin():
    """The administrator's program looks from where it is, and logs in nowhere."""
    _, networks, cloud = world()
    asked = subprocess.run([*rooms.enter(networks.box), rooms.build / "admin/lectern-admin", "netcheck", "--json", "--cloud",
                            clouds.HOST, "--ca", cloud.authority.certificate, "--peer", ROUTER],
                           capture_output=True, text=True, timeout=30, check=False)
    check(asked.returncode == 0, asked.stdout, asked.stderr)
    states({one["name"]: one for one in json.loads(asked.stdout)["checks"]}, https="ok", certificate="ok", udp="ok")


def test_display():
    """A box that does not reach its cloud says why on its display, as --status has it; and no more once it does."""
    room, networks, cloud = world()
    networks.filter("tcp dport 443 drop")
    conf = room.folder / "display.conf"
    conf.write_text(f"[cloud]\nserver={clouds.HOST}\nca={cloud.authority.certificate}\n")
    jid, password = cloud.register("room12")
    room.secrets.add(password)
    state = room.folder / f"box-{len(room.processes)}"
    state.mkdir(mode=0o700)
    account = state / "cloud.json"
    account.touch(0o600)
    account.write_text(json.dumps({"host": clouds.HOST, "jid": jid, "password": password, "pins": []}))
    box = room.receiver(None, "--config", conf, inside=networks.box)
    why = wait_until(lambda: box.status()["cloud"]["why"], 40, lambda: f"the reason\n{box.err()}", every=0.25)
    comment(why)
    check("443" in why, why)
    networks.filter()
    wait_until(lambda: box.status()["cloud"]["number"], 60, lambda: f"the cloud\n{box.err()}", every=0.25)
    check(box.status()["cloud"]["why"] == "", box.status())
    check(box.stop() == 0, box.err())


def test_near():
    """What is near, without any cloud: somebody who is heard, somebody who does not answer."""
    world()
    between("mdns", ROUTER)
    results = netcheck("--peer", NOBODY, cloud=False)
    check(set(results) == {"multicast", "isolation"}, results)
    states(results, multicast="ok", isolation="warn")
    check(NOBODY in results["isolation"]["sentence"], results["isolation"])


if __name__ == "__main__":
    rooms.start()
    try:
        run(test_good, test_udp_blocked, test_https_blocked, test_intercepted, test_clock, test_no_dns, test_proxy,
            test_translation, test_admin, test_display, test_near)
    finally:
        if "room" in shared:
            shared["room"].__exit__(None, None, None)
