#!/usr/bin/env python3
"""A cloud from packaging/cloud's templates: boxes and guests log in through port 443 and meet, and nobody else does."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
import wire  # noqa: E402
from cloud import Cloud  # noqa: E402
from tap import Skip, check, run  # noqa: E402

shared = {}


def the_cloud():
    if "cloud" not in shared:
        rooms.needs_root()
        room = shared["room"] = rooms.Room()
        shared["cloud"] = None
        shared["cloud"] = Cloud(room)
    if not shared["cloud"]:
        raise Skip("the cloud has not started, see above")
    return shared["cloud"]


def test_meeting():
    """A guest finds the room that a box has made, and the two exchange an IQ."""
    cloud = the_cloud()
    jid, password = cloud.register("room-12")
    with cloud.account("room-12", password) as box, cloud.guest() as guest:
        check(box.jid.startswith(f"{jid}/"), box.jid)
        made = box.join("123456", "box")
        check("code='201'" in made and "affiliation='owner'" in made, made)
        joined = guest.join("123456", "0123456789abcdef")
        check("type='error'" not in joined, joined)
        guest.write(f"<iq xmlns='jabber:client' type='set' id='x' to='123456@meet.{cloud.host}/box'>"
                    "<call xmlns='urn:lectern:call:1'/></iq>")
        heard = box.expect("urn:lectern:call:1")
        check(f"123456@meet.{cloud.host}/0123456789abcdef" in heard, heard)
        who = heard.partition("from='")[2].partition("'")[0]
        number = heard.partition(" id='")[2].partition("'")[0]
        box.write(f"<iq xmlns='jabber:client' type='result' id='{number}' to='{who}'/>")
        check("type='result'" in guest.expect("id='x'"), "no answer")


def test_no_such_room():
    """A guest makes no room, and is told the same of each number without one."""
    with the_cloud().guest() as guest:
        answers = {guest.join(number, "someone").replace(number, "") for number in ("900001", "900002")}
        check(len(answers) == 1 and "type='error'" in answers.pop(), answers)


def test_wrong_password():
    """Neither a wrong password nor an unknown name gets in."""
    cloud = the_cloud()
    cloud.register("room-13")
    for name in "room-13", "nobody":
        try:
            cloud.account(name, "wrong").__exit__()
            check(False, name, "got in")
        except wire.Closed as why:
            check("not-authorized" in str(why), why)


def main():
    rooms.start()
    try:
        run(test_meeting, test_no_such_room, test_wrong_password)
    finally:
        if "room" in shared:
            shared["room"].__exit__(None, None, None)


main()
