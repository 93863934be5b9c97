#!/usr/bin/env python3
"""A cloud from packaging/cloud's templates: boxes and guests log in through port 443 and meet, and nobody else does."""
import json
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
import wire  # noqa: E402
from cloud import Shared, run_with  # noqa: E402
from tap import check, comment  # noqa: E402

TRIES, OFFICE, ATTACKER = 300, "10.77.0.50", "10.77.0.66"  # as delivered: fill's TRIES_AN_HOUR
shared = Shared()


def test_meeting():
    """A guest finds the room that a box has made, and the two exchange an IQ."""
    cloud = shared()
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
        guest.stream.close()
        check("0123456789abcdef" in box.expect("type='unavailable'"), "the box is not told that the guest has gone")


def test_no_such_room():
    """A guest makes no room, and is told the same of each number without one."""
    with shared().guest() as guest:
        answers = {guest.join(number, "someone").replace(number, "") for number in ("900001", "900002")}
        check(len(answers) == 1 and "type='error'" in answers.pop(), answers)


def test_wrong_password():
    """Neither a wrong password nor an unknown name gets in, nobody registers, and no password is sent in the clear."""
    cloud = shared()
    cloud.register("room-13")
    for name in "room-13", "nobody":
        check("not-authorized" in cloud.refusal(name, "wrong"), name, "got in")
    for domain, mechanisms in (f"boxes.{cloud.host}", ["SCRAM-SHA-512"]), (f"guests.{cloud.host}", ["ANONYMOUS"]):
        features = cloud.features(domain)
        check(re.findall("<mechanism>(.*?)</mechanism>", features) == mechanisms, features)
        check("register" not in features, features)


def test_guests_stay_with_meetings():
    """A guest reaches rooms and its own server: no box's account, no other guest, no news, no list of rooms."""
    cloud = shared()
    _, password = cloud.register("room-14")
    with cloud.account("room-14", password) as box, cloud.guest() as guest, cloud.guest() as other:
        box.write("<presence xmlns='jabber:client'/>")
        box.join("140000", "box")
        disco = "<query xmlns='http://jabber.org/protocol/disco#items'/>"
        for whom in box.jid, box.jid.partition("/")[0], other.jid, f"news.{cloud.host}", f"meet.{cloud.host}", "example.net":
            check("service-unavailable" in guest.ask("get", whom, disco), whom, "answered")
        guest.write(f"<message xmlns='jabber:client' type='chat' to='{box.jid}'><body>x</body></message>")
        check("type='error'" in guest.expect("<message"), "the message was taken")
        check(len(guest.relays()) == 3, guest.relays())
        check("type='result'" in box.ask("get", None, "<ping xmlns='urn:xmpp:ping'/>"), "the box's link is gone")


def test_relays():
    """Boxes and guests are offered TURN inside TLS on 443, TURN and STUN, with passwords that end."""
    cloud = shared()
    _, password = cloud.register("room-15")
    with cloud.account("room-15", password) as box, cloud.guest() as guest:
        for caller in box, guest:
            offered = {one["type"]: one for one in caller.relays()}
            check(set(offered) == {"turns", "turn", "stun"}, offered)
            turns = offered["turns"]
            check((turns["port"], turns["transport"], turns["host"]) == ("443", "tcp", f"turn.{cloud.host}"), turns)
            check(offered["turn"]["port"] == "3478" and "password" not in offered["stun"], offered)
            check(0 < int(turns["username"].partition(":")[0]) - time.time() <= 660, turns["username"])


def test_revoked():
    """A box that is thrown out is gone at once and stays out, until it is let in again; the others stay."""
    cloud = shared()
    _, password = cloud.register("room-16")
    _, other_password = cloud.register("room-17")
    with cloud.account("room-16", password) as box, cloud.account("room-17", other_password) as other:
        start = time.monotonic()
        cloud.revoke("room-16")
        box.stream.settimeout(5)
        try:
            while True:
                box.expect("never comes")
        except (wire.Closed, OSError):
            pass
        comment(f"gone after {time.monotonic() - start:.2f} s")
        check(time.monotonic() - start < 2, "too late")
        check("not-allowed" in cloud.refusal("room-16", password), "it came back")
        check("type='result'" in other.ask("get", None, "<ping xmlns='urn:xmpp:ping'/>"), "the other box is gone too")
    cloud.restore("room-16")
    cloud.account("room-16", password).stream.close()


def test_api():
    """The programmatic side takes the administrator only, and only what lectern-admin does."""
    cloud = shared()
    _, password = cloud.register("room-18")
    body = json.dumps({"host": f"boxes.{cloud.host}"})
    check(f"{cloud.administrator}" in cloud.call("registered_users", host=f"boxes.{cloud.host}"), "no administrator")
    check(cloud.request("POST", "/api/registered_users", body)[0] in (401, 403), "anybody")
    own = cloud.administrator, cloud.password
    try:
        cloud.administrator, cloud.password = "room-18", password
        check(cloud.request("POST", "/api/registered_users", body, cloud.authorization())[0] in (401, 403), "a box")
        cloud.administrator, cloud.password = own[0], "wrong"
        check(cloud.request("POST", "/api/registered_users", body, cloud.authorization())[0] in (401, 403), "wrong password")
    finally:
        cloud.administrator, cloud.password = own
    for command in "stop", "restart", "backup", "dump", "set_loglevel", "module_install", "send_message", "oauth_issue_token":
        check(cloud.request("POST", f"/api/{command}", "{}", cloud.authorization())[0] in (400, 401, 403, 404), command)
    check(cloud.server.running() and cloud.call("status"), "stopped")
    for path in "/oauth/token", "/admin/", "/bosh", "/.erlang.cookie", "/../settings", "/%2e%2e/settings":
        check(cloud.request("GET", path)[0] in (403, 404), path)


def test_news():
    """What the administrator publishes reaches every box that has subscribed; a box publishes nothing."""
    cloud = shared()
    _, password = cloud.register("room-19")
    news, node = f"news.{cloud.host}", "revoked-devices"
    space = "xmlns='http://jabber.org/protocol/pubsub'"

    def publish(who, text):
        return who.ask("set", news, f"<pubsub {space}><publish node='{node}'><item id='{text}'><device "
                                    f"xmlns='urn:lectern:devices:1'>{text}</device></item></publish></pubsub>")
    with cloud.account(cloud.administrator, cloud.password) as chief, cloud.account("room-19", password) as box:
        check("type='error'" in box.ask("set", news, f"<pubsub {space}><create node='mine'/></pubsub>"), "a box made a node")
        check("type='result'" in chief.ask("set", news, f"<pubsub {space}><create node='{node}'/></pubsub>"), "not made")
        jid = box.jid
        check("subscribed" in box.ask("set", news, f"<pubsub {space}><subscribe node='{node}' jid='{jid}'/></pubsub>"), "no")
        check("type='error'" in publish(box, "forged"), "a box published")
        start = time.monotonic()
        check("type='result'" in publish(chief, "aabb"), "not published")
        check("aabb" in box.expect("urn:lectern:devices:1"), "another text")
        comment(f"there after {time.monotonic() - start:.2f} s")
        check("aabb" in box.ask("get", news, f"<pubsub {space}><items node='{node}'/></pubsub>"), "not kept")


def test_page():
    """The page comes with a policy that lets it reach this host only; another name, method or origin is refused."""
    cloud = shared()
    status, headers, _ = cloud.fetch("GET", "/")
    policy = headers.get("content-security-policy", "")
    check(status == 200 and f"connect-src 'self' wss://{cloud.host};" in policy and "default-src 'none'" in policy, policy)
    check(headers.get("x-content-type-options") == "nosniff" and "server" not in headers, headers)
    check("max-age" in headers.get("strict-transport-security", ""), headers)
    check(cloud.fetch("GET", "/", headers={"Host": "rebound.example.net"})[0] == 421, "another name")
    check(cloud.fetch("POST", "/", "x")[0] == 405, "POST")
    check(cloud.fetch("GET", "/xmpp", headers={"Origin": "https://example.net"})[0] == 403, "another page")


def addresses(*own):
    for address in own:
        rooms.ip("address", "replace", f"{address}/24", "dev", "room-a")


def test_nothing_to_learn():
    """What a room tells of itself no guest is told, box or no box; inside it sees no accounts and reaches the box alone."""
    cloud = shared()
    accounts = [cloud.register(f"room-3{number}") for number in range(2)]
    meeting, deserted, nothing = "300001", "300002", "300003"
    payloads = [f"<query xmlns='http://jabber.org/protocol/disco#{what}'/>" for what in ("info", "items")] + [
        "<vCard xmlns='vcard-temp'/>", "<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='owner'/></query>"]
    with cloud.account("room-30", accounts[0][1]) as box, cloud.account("room-31", accounts[1][1]) as gone, cloud.guest() as anna:
        for each, room in (box, meeting), (gone, deserted):
            check("code='201'" in each.join(room, "box"), "no room")
            check("type='error'" not in anna.join(room, "anna"), "not joined")
        gone.leave(deserted, "box")
        anna.expect("unavailable")
        told = {}
        for number in meeting, deserted, nothing:
            with cloud.guest() as stranger:
                told[number] = [stranger.ask("get", f"{number}@meet.{cloud.host}{nick}", payload).partition("<error")[2]
                                for payload in payloads for nick in ("", "/anna", "/room-30")]
        check(told[meeting] == told[deserted] == told[nothing] and all("service-unavailable" in one for one in told[nothing]), told)
        with cloud.guest() as guest:
            seen = joining(guest, meeting, "guest")
            accounts_seen = set(re.findall(r"jid='([^']*)'", seen)) - {guest.jid}
            check("/box'" in seen and "/anna'" in seen and not accounts_seen and "boxes." not in seen, seen)
            check("service-unavailable" in guest.ask("get", f"{meeting}@meet.{cloud.host}/anna", payloads[0]), "reached another")
            check("service-unavailable" in guest.ask("get", f"{meeting}@meet.{cloud.host}", payloads[1]), "listed")
            guest.write(f"<message xmlns='jabber:client' type='groupchat' to='{meeting}@meet.{cloud.host}'><body>x</body></message>")
            check("service-unavailable" in guest.expect("<message"), "the message was taken")


def joining(guest, number, nick):
    """All that a guest is told when it joins."""
    guest.write(f"<presence xmlns='jabber:client' to='{number}@meet.{guest.cloud.host}/{nick}'>"
                "<x xmlns='http://jabber.org/protocol/muc'/></presence>")
    heard = ""
    while "code='110'" not in heard:
        heard += guest.expect("<presence")
    return heard


def test_office():
    """200 presenters of one office, behind one address, get in within the hour."""
    cloud = shared()
    addresses(OFFICE)
    _, password = cloud.register("room-20")
    start = time.monotonic()
    with cloud.account("room-20", password) as box:
        rooms_of_office = [f"20000{number}" for number in range(5)]
        for each in rooms_of_office:
            check("type='error'" not in box.join(each, "box"), "no room")
        for number in range(200):
            with cloud.guest(source=OFFICE) as guest:
                joined = guest.join(rooms_of_office[number % 5], f"guest-{number}")
                check("type='error'" not in joined, number, joined)
    comment(f"{time.monotonic() - start:.1f} s")


def test_enumeration():
    """20 connections from one address that try numbers without a pause are answered 300 times an hour at most."""
    cloud = shared()
    addresses(ATTACKER)
    answered = refusals = 0
    guests = [cloud.guest(source=ATTACKER) for _ in range(20)]
    start, number = time.monotonic(), 300000
    wanted = 60
    while time.monotonic() - start < wanted and refusals < 2000:
        for guest in guests:
            number += 1
            kind = number % 3  # each of these tells whether there is a room
            if kind == 0:
                answer = guest.join(f"{number}", "someone")
            else:
                to = f"{number}@meet.{cloud.host}" + ("" if kind == 1 else "/box")
                answer = guest.ask("get", to, "<query xmlns='http://jabber.org/protocol/disco#info'/>")
            check("type='error'" in answer, answer)
            told = "resource-constraint" in answer
            refusals, answered = refusals + told, answered + (not told)
        if number % 500 == 0:  # a new connection starts no new count
            guests.pop(0).stream.close()
            guests.append(cloud.guest(source=ATTACKER))
    for guest in guests:
        guest.stream.close()
    comment(f"{answered} answered, {refusals} refused in {time.monotonic() - start:.0f} s; with 10,000 rooms among 10^6 numbers "
            f"{answered / 100:.0f} found, and no more for an hour")
    check(TRIES / 2 < answered <= TRIES, answered, "answered")
    check(refusals > answered, refusals, "refused")
    with cloud.guest() as elsewhere:  # who calls from another address is not held up
        check("resource-constraint" not in elsewhere.join("900003", "someone"), "the limit holds for all")


def test_restart():
    """After a restart accounts and those thrown out are as before."""
    cloud = shared()
    _, password = cloud.register("room-21")
    _, gone = cloud.register("room-22")
    cloud.revoke("room-22")
    start = time.monotonic()
    cloud.restart_node()
    comment(f"back after {time.monotonic() - start:.1f} s")
    cloud.account("room-21", password).stream.close()
    check("not-allowed" in cloud.refusal("room-22", gone), "came back")


run_with(shared, test_meeting, test_no_such_room, test_wrong_password, test_guests_stay_with_meetings, test_relays, test_revoked,
         test_api, test_news, test_page, test_nothing_to_learn, test_office, test_enumeration, test_restart)
