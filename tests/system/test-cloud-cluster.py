#!/usr/bin/env python3
"""Two nodes of a cloud on one PostgreSQL, each in a network of its own: accounts and meetings are one, and either may die."""
import pathlib
import re
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
import wire  # noqa: E402
from cloud import HOST  # noqa: E402
from cluster import make_nodes  # noqa: E402
from tap import Skip, check, comment, run, wait_until  # noqa: E402

shared = {}


def nodes():
    """(first, second), both up."""
    if "nodes" not in shared:
        shared["nodes"] = None
        rooms.needs_root()
        room = shared["room"] = rooms.Room()
        shared["nodes"] = make_nodes(room, TRIES_AN_HOUR=150)
    if not shared["nodes"]:
        raise Skip("the nodes have not started, see above")
    return shared["nodes"]


def test_one_cloud():
    """A box on one node and a guest on the other meet; an account made on one is good on the other."""
    first, second = nodes()
    _, password = first.register("room-1")
    with second.account("room-1", password) as box, first.guest() as guest:
        made = box.join("123456", "box")
        check("code='201'" in made, made)
        check("type='error'" not in guest.join("123456", "anna"), "they do not meet")
        start = time.monotonic()
        guest.write(f"<iq xmlns='jabber:client' type='get' id='x' to='123456@meet.{HOST}/box'><ping xmlns='urn:xmpp:ping'/></iq>")
        box.expect("urn:xmpp:ping")
        comment(f"across the nodes in {1000 * (time.monotonic() - start):.1f} ms")


def test_taken():
    """A number that is taken on one node is taken on the other."""
    first, second = nodes()
    accounts = [first.register(f"room-2{number}") for number in range(2)]
    with first.account("room-20", accounts[0][1]) as one, second.account("room-21", accounts[1][1]) as other:
        check("code='201'" in one.join("222222", "box"), "not made")
        check("<conflict" in other.join("222222", "box"), "two boxes with one number")


def test_revoked():
    """Thrown out by one node, a box is gone from the other."""
    first, second = nodes()
    _, password = first.register("room-3")
    with second.account("room-3", password) as box:
        first.revoke("room-3")
        box.stream.settimeout(5)
        try:
            while True:
                box.expect("never comes")
        except (wire.Closed, OSError):
            pass
    for node in first, second:
        check("not-allowed" in node.refusal("room-3", password), "it came back")


def test_door_stays():
    """While ejabberd of a node is down, its door passes callers on to the other node's."""
    first, second = nodes()
    _, password = first.register("room-4")
    first.stop_node()

    def answers():
        try:
            return first.fetch("GET", "/")[0] == 200
        except OSError:
            return False
    wait_until(answers, 10, "the other node to take over", every=0.2)
    first.account("room-4", password).stream.close()
    first.start_node()
    wait_until(lambda: first.server.running() and "2" in number_of_nodes(second), 60, "the node to be back", every=0.5)


def number_of_nodes(node):
    return str(len(re.findall("ejabberd@", node.ejabberdctl("list_cluster"))))


def test_node_dies():
    """A node's machine dies: its box makes its meeting anew on the other, under the same number."""
    first, second = nodes()
    first.wait()
    _, password = first.register("room-5")
    with second.account("room-5", password) as box:
        check("code='201'" in box.join("555555", "box"), "not made")
        start = time.monotonic()
        second.stop_node(signal.SIGKILL)
        with first.account("room-5", password) as again:
            def mine():
                return "code='201'" in again.join("555555", "box")
            wait_until(mine, 30, "the number to be free", every=0.5)
        comment(f"the number is the box's again {time.monotonic() - start:.1f} s after its node's death")


rooms.start()
try:
    run(test_one_cloud, test_taken, test_revoked, test_door_stays, test_node_dies)
finally:
    if "room" in shared:
        shared["room"].__exit__(None, None, None)
