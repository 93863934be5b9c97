"""A whole cloud of a test's own: ejabberd, coturn and haproxy from the very templates of packaging/cloud, with ports as in
production. One for a whole test file: ejabberd takes seconds to start."""
import base64
import http.client
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess

import room as rooms
import wire
from scram import Scram
from tap import Failed, Skip, check, run, wait_until

top = pathlib.Path(__file__).resolve().parents[2]
HOST = "cloud.example.org"
PROGRAMS = "ejabberdctl", "turnserver", "haproxy", "openssl", "nft"


class Authority:
    """Who signs the cloud's certificate: a private authority, made anew for each test."""

    def __init__(self, folder, name="Test authority"):
        self.folder = folder
        self.certificate, self.key = folder / f"{name}.crt", folder / f"{name}.key"
        openssl("req", "-x509", *fresh_key(self.key), "-out", self.certificate, "-days", "30", "-subj", f"/CN={name}")

    def sign(self, target, *names, days=7):
        """PEM file target: certificate, then key, for names. days below nought: over already."""
        request, key, extensions = (target.with_suffix(end) for end in (".csr", ".key", ".ext"))
        extensions.write_text("subjectAltName=" + ",".join(f"DNS:{name}" for name in names))
        openssl("req", "-new", *fresh_key(key), "-out", request, "-subj", f"/CN={names[0]}")
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial", "-days",
                str(days), "-extfile", extensions, "-out", target)
        target.write_text(target.read_text() + key.read_text())
        return target


def fresh_key(path):
    return "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    check(done.returncode == 0, done.stderr)


def names_of(host):
    return [host, *(f"{part}.{host}" for part in ("boxes", "guests", "meet", "news", "turn"))]


def name_addresses(folder, **addresses):
    """From now on, for this process and what it starts: name -> address, by a file of our own over /etc/hosts.
    addresses: host -> one address or several; all the names of that cloud go there."""
    lines = ["127.0.0.1 localhost", "::1 localhost"]
    for host, own in addresses.items():
        for address in [own] if isinstance(own, str) else own:
            lines += [f"{address} {name}" for name in names_of(host)]
    hosts = folder / "hosts"
    hosts.write_text("\n".join(lines) + "\n")
    MS_BIND = 4096
    if not os.path.samefile(hosts, "/etc/hosts"):
        check(rooms.libc.mount(str(hosts).encode(), b"/etc/hosts", None, MS_BIND, None) == 0, "/etc/hosts cannot be covered")


class Cloud:
    """room: what it lives in. address: where it answers, in the namespace of the process inside (None: the test's own).
    settings: lines for packaging/cloud/fill, over those of a test."""

    def __init__(self, room, address=rooms.ADDRESS, inside=None, host=HOST, authority=None, start=True, name_it=True,
                 **settings):
        rooms.needs_root()
        for program in PROGRAMS:
            rooms.tool(program)
        self.room, self.address, self.inside, self.host = room, address, inside, host
        self.folder = room.folder / f"cloud-{len(room.processes)}"
        for part in "", "run", "ejabberd", "logs", "page", "relay":
            (self.folder / part).mkdir(mode=0o700)
        # coturn is another user, as in production: the packet filter knows it by that.
        for folder in room.folder, self.folder:
            folder.chmod(0o711)
        shutil.chown(self.folder / "relay", "turnserver")
        self.authority = authority or Authority(self.folder)
        self.tls = self.authority.sign(self.folder / "tls.pem", *names_of(host))
        self.administrator, self.password = "administrator", secrets.token_hex(16)
        self.port, self.server, self.relay, self.door = 5210, None, None, None
        self.settings = {
            "HOST": host, "EJABBERD_TLS": self.tls, "HAPROXY_TLS": self.tls,
            "BOX_CA": self.authority.certificate, "RELAY_SECRET": secrets.token_hex(16), "RUN": self.folder / "run",
            "PAGE": self.page(), "TURN_DB": self.folder / "relay/turndb", "HAPROXY_USER": "", "HAPROXY_SOCKET": "mode 600",
            "MOST_CONNECTIONS": 4000, "RELAY_ADDRESSES": address, "ALLOW_PRIVATE_RELAY": "yes", **settings}
        self.fill()
        if name_it:
            name_addresses(room.folder, **{host: address})
        if start:
            self.start()

    def page(self):
        """The sender page of the build, where it is built."""
        bundle = rooms.build / "sender/web/bundle"
        if (bundle / "index.html").exists():
            return bundle
        (self.folder / "page/index.html").write_text("<!doctype html><title>The page has not been built</title>")
        return self.folder / "page"

    def fill(self, **settings):
        """Settings go over those before; what runs keeps the old ones until it is started again."""
        self.settings.update(settings)
        path = self.folder / "settings"
        path.write_text("".join(f"{key}={value}\n" for key, value in self.settings.items()))
        done = subprocess.run([top / "packaging/cloud/fill", path, self.folder], capture_output=True, text=True, check=False)
        check(done.returncode == 0, done.stderr)

    # The three programs.

    def start(self):
        self.start_relay()
        self.start_node()
        self.start_door()
        self.wait()
        self.import_account(self.administrator, self.password)
        # Before anybody comes: the rule that asks who is thrown out wants the list to be there.
        self.ejabberdctl("srg_create", "revoked", f"boxes.{self.host}", "revoked", "", "")

    def join(self, first):
        """Becomes another node of first's cloud."""
        (self.folder / ".erlang.cookie").write_text((first.folder / ".erlang.cookie").read_text())
        (self.folder / ".erlang.cookie").chmod(0o400)
        self.administrator, self.password = first.administrator, first.password
        self.start_relay()
        self.start_node()
        self.start_door()
        self.wait()
        self.ejabberdctl("join_cluster", f"ejabberd@{first.node_address()}")
        self.restart_node()

    def start_relay(self):
        subprocess.run([*rooms.enter(self.inside), rooms.tool("nft"), "-f", self.folder / "filter.nft"], check=True)
        self.relay = self.process("coturn", rooms.tool("turnserver"), "-c", self.folder / "turnserver.conf")

        self.wait_for_relay()

    def wait_for_relay(self):
        wait_until(lambda: "Relay ports initialization done" in self.relay.out() or not self.relay.running(), 30, "coturn")

    def start_door(self):
        self.door = self.process("haproxy", rooms.tool("haproxy"), "-db", "-f", self.folder / "haproxy.cfg")

    def start_node(self):
        # ejabberdctl forks Erlang, and as root it would change users: so it gets an erl of ours, and stays who it is.
        erl = self.folder / "erl"
        erl.write_text('#!/bin/sh\nexec setpriv --pdeathsig KILL -- /usr/bin/erl "$@"\n')
        erl.chmod(0o700)
        (self.folder / "ejabberdctl.cfg").write_text("\n".join((
            "EXEC_CMD=as_current_user", f"ERL={erl}", f"ERLANG_NODE=ejabberd@{self.node_address()}",
            f"INET_DIST_INTERFACE={self.node_address()}", f"ERL_DIST_PORT={self.port}",
            f'ERL_OPTIONS="-pa {self.folder} +sbwt none +sbwtdcpu none +sbwtdio none"', f"EJABBERD_PID_PATH={self.folder}/run/ejabberd.pid", "")))
        (self.folder / "inetrc").write_text("{lookup, [file, native]}.\n")
        self.server = self.process("ejabberd", *self.control("foreground"))

    def node_address(self):
        return self.settings.get("NODE_ADDRESS", "127.0.0.1")

    def control(self, *arguments):
        return [rooms.tool("ejabberdctl"), "--config-dir", self.folder, "--spool", self.folder / "ejabberd", "--logs",
                self.folder / "logs", *arguments]

    def process(self, name, *command):
        started = rooms.Process(self.room, name, command, inside=self.inside, HOME=str(self.folder))
        started.expected_to_crash = True
        return started

    def wait(self):
        """Until all of it answers."""
        def ready():
            for one in self.server, self.door, self.relay:
                check(one.running(), one.name, "has ended:", one.out()[-2000:], one.err()[-2000:])
            try:
                return self.request("GET", "/")[0] == 200
            except (OSError, http.client.HTTPException):
                return False
        wait_until(ready, 60, lambda: f"the cloud to start\n{self.server.out()[-2000:]}", every=0.1)

    def stop_node(self, number=signal.SIGTERM):
        """ejabberd ends: in order, or with SIGKILL as when a machine dies."""
        os.kill(int((self.folder / "run/ejabberd.pid").read_text()), number)
        self.server.wait(30)

    def restart_node(self, number=signal.SIGTERM):
        self.stop_node(number)
        self.start_node()
        self.wait()

    def stop(self):
        """All of the cloud is gone, as when its machine dies."""
        self.stop_node(signal.SIGKILL)
        for one in self.door, self.relay:
            one.kill()

    # Accounts.

    def ejabberdctl(self, *arguments):
        done = subprocess.run([*rooms.enter(self.inside), *self.control(*arguments)], capture_output=True, text=True,
                              check=False, env={**os.environ, "HOME": str(self.folder)}, timeout=60)
        check(done.returncode == 0, "ejabberdctl", *arguments[:1], done.stdout, done.stderr)
        return done.stdout

    def import_account(self, name, password):
        """As packaging/cloud/setup makes the first: no password among a program's arguments."""
        path = self.folder / "account.xml"
        path.write_text("<server-data xmlns='urn:xmpp:pie:0'>"
                        f"<host jid='boxes.{self.host}'><user name='{name}' password='{password}'/></host></server-data>")
        self.ejabberdctl("import_piefxis", path)
        path.unlink()

    def register(self, name, password=None):
        """A box's account: (JID, password)."""
        password = password or secrets.token_hex(16)
        self.call("register", user=name, host=f"boxes.{self.host}", password=password)
        return f"{name}@boxes.{self.host}", password

    def revoke(self, name):
        """As lectern-admin does: no new session, and the present ones end."""
        boxes = f"boxes.{self.host}"
        self.call("srg_user_add", user=name, host=boxes, group="revoked", grouphost=boxes)
        return self.call("kick_user", user=name, host=boxes)

    def restore(self, name):
        boxes = f"boxes.{self.host}"
        self.call("srg_user_del", user=name, host=boxes, group="revoked", grouphost=boxes)

    def call(self, command, **arguments):
        """A command of the administrator's, over HTTPS."""
        status, body = self.request("POST", f"/api/{command}", json.dumps(arguments), self.authorization())
        check(status == 200, command, status, body)
        return json.loads(body)

    def authorization(self):
        who = f"{self.administrator}@boxes.{self.host}:{self.password}"
        return {"Authorization": "Basic " + base64.b64encode(who.encode()).decode(), "Content-Type": "application/json"}

    # Callers.

    def context(self):
        return ssl.create_default_context(cafile=str(self.authority.certificate))

    def tls_stream(self, name=None, source=None):
        """TLS to port 443 under one of the cloud's names, from this test's own namespace."""
        stream = socket.create_connection((self.address, 443), 10, source and (source, 0))
        return self.context().wrap_socket(stream, server_hostname=name or self.host)

    def request(self, method, path, body=None, headers=None):
        """(status, body) over HTTPS."""
        status, _, answer = self.fetch(method, path, body, headers)
        return status, answer

    def fetch(self, method, path, body=None, headers=None, source=None):
        """(status, headers, body) over HTTPS."""
        connection = http.client.HTTPSConnection(self.host, 443, timeout=20)
        connection.sock = self.tls_stream(source=source)
        try:
            connection.request(method, path, body, {"Host": self.host, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode(errors="replace")
        finally:
            connection.close()

    def guest(self, source=None):
        """Somebody without an account, logged in."""
        return Session(self, f"guests.{self.host}", source=source)

    def account(self, name, password, source=None):
        """Somebody with an account, logged in over the WebSocket."""
        return Session(self, f"boxes.{self.host}", name, password, source)


    def refusal(self, name, password):
        """Why an account is not let in; empty where it is."""
        try:
            self.account(name, password).stream.close()
        except (wire.Closed, Failed) as why:
            return str(why)
        return ""

    def features(self, domain):
        """What a stream to that domain offers before anybody has logged in."""
        session = Session(self, domain, login=False)
        session.stream.close()
        return session.features


class Shared:
    """One cloud for all the tests of a file: shared() in each of them, run_with(shared, tests…) at the end."""

    def __init__(self, prepare=None, **settings):
        self.prepare, self.settings, self.room, self.cloud = prepare, settings, None, None

    def __call__(self):
        if not self.room:
            rooms.needs_root()
            self.room = rooms.Room()
            if self.prepare:
                self.prepare()
            self.cloud = Cloud(self.room, **self.settings)
        if not self.cloud:
            raise Skip("the cloud has not started, see above")
        return self.cloud


def run_with(shared, *tests):
    rooms.start()
    try:
        run(*tests)
    except SystemExit as end:
        if end.code and shared.room:
            shared.room.show_logs()
        raise
    finally:
        if shared.room:
            shared.room.__exit__(None, None, None)


class Session(wire.Frames):
    """A caller of the cloud by hand: RFC 7395 over haproxy's port 443."""

    def __init__(self, cloud, domain, name=None, password=None, source=None, login=True):
        super().__init__(cloud.tls_stream(source=source), True)
        self.cloud, self.domain, self.numbers = cloud, domain, 0
        self.stream.sendall((f"GET /xmpp HTTP/1.1\r\nHost: {cloud.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
                             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n").encode())
        head = self.take_head()
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise wire.Closed(head.decode())
        self.features = self.open()
        if login:
            self.log_in(name, password)

    def log_in(self, name, password):
        if name:
            self.prove(name, password)
        else:
            self.write("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>")
            self.expect("<success")
        self.open()
        bound = self.ask("set", None, "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>")
        check("<jid>" in bound, bound)
        self.jid = bound.partition("<jid>")[2].partition("</jid>")[0]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stream.close()

    def open(self):
        self.write(f"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{self.domain}' version='1.0'/>")
        return self.expect("features")

    def prove(self, name, password):
        scram = Scram(name, password)
        self.write("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-512'>" + scram.first() + "</auth>")
        answer = scram.answer(text_of(self.expect("<challenge", "<failure")))
        self.write(f"<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{answer}</response>")
        check(scram.is_server(text_of(self.expect("<success", "<failure"))), "the server does not know the password")

    def expect(self, word, never=None, patience=50):
        """The next message with that word in it; what comes before is passed over. A message with never in it ends it."""
        for _ in range(patience):
            opcode, payload = self.read()
            text = payload.decode()
            if opcode == wire.CLOSE or "<close" in text:
                raise wire.Closed(text)
            if opcode == wire.PING:
                self.write(payload, wire.PONG)
            if word in text:
                return text
            if never and never in text:
                raise wire.Closed(text)
        raise wire.Closed(f"{patience} messages without {word}")

    def ask(self, kind, to, payload):
        """An IQ, and its answer, whatever that is."""
        self.numbers += 1
        address = f" to='{to}'" if to else ""
        self.write(f"<iq xmlns='jabber:client' type='{kind}' id='q{self.numbers}'{address}>{payload}</iq>")
        while True:
            answer = self.expect(f"q{self.numbers}")
            if "type='result'" in answer or "type='error'" in answer:
                return answer

    def join(self, room, nick):
        """The last presence of the joining: one's own, or an error."""
        self.write(f"<presence xmlns='jabber:client' to='{room}@meet.{self.cloud.host}/{nick}'>"
                   "<x xmlns='http://jabber.org/protocol/muc'/></presence>")
        while True:
            presence = self.expect("<presence")
            if "type='error'" in presence or "code='110'" in presence:
                return presence

    def relays(self):
        """What XEP-0215 offers: dictionaries of type, host, port, transport, username, password."""
        answer = self.ask("get", self.domain, "<services xmlns='urn:xmpp:extdisco:2'/>")
        return [dict(re.findall(r"(\w+)='([^']*)'", service)) for service in re.findall(r"<service [^>]*>", answer)]

    def leave(self, room, nick):
        self.write(f"<presence xmlns='jabber:client' type='unavailable' to='{room}@meet.{self.cloud.host}/{nick}'/>")


def text_of(element):
    return element.partition(">")[2].rpartition("</")[0]
