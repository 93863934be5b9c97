#!/usr/bin/env python3
"""The page and plain HTTP as the real receiver serves them, asked by hand: files, names, origins, limits."""
import gzip
import json
import pathlib
import re
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import room as rooms  # noqa: E402
from tap import check, comment, run, wait_until  # noqa: E402
from wire import Client, connect  # noqa: E402

PUBLIC = "/licences.txt"  # a file of the page that is there in every build


def parse(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return int(lines[0].split()[1]), headers, body


def read_all(stream):
    answer = b""
    try:
        while chunk := stream.recv(65536):
            answer += chunk
    except (ConnectionError, TimeoutError):
        pass
    return answer


def ask(box, path="/", host="127.0.0.1", method="GET", body="", **headers):
    """One request over TLS, written by hand: (status, headers, body)."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}"] if body else []
    with connect("127.0.0.1", box.port) as stream:
        stream.sendall("\r\n".join([*lines, "", body]).encode())
        return parse(read_all(stream))


def ask_plain(port, request):
    with socket.create_connection(("127.0.0.1", port), 10) as stream:
        stream.sendall(request.encode())
        return parse(read_all(stream))


def get(path, host):
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"


def open_box(room, *lines, **more):
    settings = room.folder / "box.conf"
    settings.write_text("\n".join(["[network]", *lines, ""]))
    return room.receiver(None, "--config", settings, **more)


def built_files():
    """What the build made of sender/web."""
    return json.loads((rooms.build / "sender/web/bundle/pages.json").read_text())["pages"]


def test_files():
    """Every file of the page comes as it was built, plain and packed, under its policy, and is known the second time"""
    with rooms.Room() as room:
        box = room.receiver(None, "--http-port", "0")
        pages = built_files()
        check(len(pages) > 5, "the table has", len(pages), "files")
        sample = pages[:3] + [page for page in pages[3:] if not page["path"].startswith("/app/pdf-")]
        for page in sample:
            plain = (rooms.build / "sender/web/bundle" / page["file"]).read_bytes()
            status, headers, body = ask(box, page["path"])
            check(status == 200 and body == plain, page["path"], status, len(body), "bytes")
            check(headers["content-type"] == page["type"], headers)
            check(("immutable" in headers["cache-control"]) == page["immutable"], headers)
            check("default-src 'none'" in headers["content-security-policy"], headers)
            status, headers, body = ask(box, page["path"], Accept_Encoding="gzip, br")
            check(status == 200 and (headers.get("content-encoding") == "gzip") == page["gzip"], page["path"], headers)
            check((gzip.decompress(body) if page["gzip"] else body) == plain, page["path"], "unpacks to something else")
            check(ask(box, page["path"], If_None_Match=headers["etag"])[::2] == (304, b""), page["path"], "comes again")
        comment(f"{len(sample)} files")


def test_start_page():
    """The start page names only files that are there, and holds no script or style of its own"""
    with rooms.Room() as room:
        box = room.receiver(None, "--http-port", "0")
        status, headers, body = ask(box, "/")
        check(status == 200 and headers["content-type"].startswith("text/html"), status, headers)
        text = body.decode()
        named = re.findall(r'(?:src|href)="([^"]+)"', text)
        check(any(name.endswith(".js") for name in named), "no program in", named)
        for name in named:
            check(name.startswith("/"), name, "leads elsewhere")
            check(ask(box, name)[0] == 200, name, "is not there")
        check("<style" not in text and " style=" not in text and not re.search(r"<script(?![^>]*\bsrc=)", text),
              "there is script or style within the page")


def test_names():
    """A page whose name was made to lead to the box gets nothing; the box's own names and host-names do"""
    with rooms.Room() as room:
        box = open_box(room, "host-names=share.example.org", "http-port=0")
        name = socket.gethostname().split(".")[0].lower()
        for host in "127.0.0.1", f"127.0.0.1:{box.port}", "[::1]", "localhost", name, f"{name}.local", "share.example.org":
            check(ask(box, PUBLIC, host)[0] == 200, host, "was refused")
        for host in "attacker.example", "share.example.org.attacker.example", "example.org", "a,b", "":
            for path in PUBLIC, "/xmpp", "/api/v1/room", "/nothing":
                status, headers, body = ask(box, path, host)
                check(status == 421, host, path, status)
                # A program is told what to set, in a sentence that is the same for every box.
                check(b"host-names adds names" in body if path.startswith("/api/") else not body, host, path, body)
                check("content-security-policy" not in headers, host, "was told more:", headers)


def test_origins():
    """No page of another origin opens the door, changes anything or loads anything"""
    with rooms.Room() as room:
        box = room.receiver(None, "--http-port", "0")
        upgrade = {"Upgrade": "websocket", "Sec_WebSocket_Version": "13", "Sec_WebSocket_Protocol": "xmpp",
                   "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ=="}
        for origin in "https://attacker.example", "http://127.0.0.1", "null", "https://127.0.0.1.attacker.example":
            check(ask(box, "/xmpp", Origin=origin, **upgrade)[0] == 403, origin, "opened the door")
            for method in "POST", "PUT", "DELETE", "OPTIONS":
                status = ask(box, "/", method=method, body="x", Origin=origin, Authorization="Bearer x")[0]
                check(status == 403, method, "from", origin, "was answered", status)
        check(ask(box, "/", method="POST", body="x")[0] == 401, "a change without a token")
        for site in "cross-site", "same-site":
            fetch = {"Sec_Fetch_Site": site, "Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "image"}
            check(ask(box, PUBLIC, **fetch)[0] == 403, site, "was served")
        link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
        check(ask(box, PUBLIC, **link)[0] == 200, "a link was not followed")
        with Client("127.0.0.1", box.port) as client:  # and a program still gets in
            client.write("<iq xmlns='jabber:client' type='get' id='p' to='box'><ping xmlns='urn:xmpp:ping'/></iq>")
            client.expect("id='p'")


def test_keep_alive():
    """One connection serves many requests, and nine senders' doors leave room for those who come"""
    with rooms.Room() as room:
        box = room.receiver(None, "--http-port", "0")
        with connect("127.0.0.1", box.port) as stream:
            for _ in range(20):
                stream.sendall(get(PUBLIC, "localhost").encode())
                answer = b""
                while b"\r\n\r\n" not in answer:
                    answer += stream.recv(65536)
                head, _, body = answer.partition(b"\r\n\r\n")
                size = int(re.search(rb"Content-Length: (\d+)", head).group(1))
                while len(body) < size:
                    body += stream.recv(65536)
                check(len(body) == size, "the answer is too long")
        doors = [Client("127.0.0.1", box.port) for _ in range(9)]
        browsers = [connect("127.0.0.1", box.port) for _ in range(36)]  # six browsers load the page
        try:
            for stream in browsers:
                stream.sendall(get(PUBLIC, "localhost").encode())
            for stream in browsers:
                check(stream.recv(12) == b"HTTP/1.1 200", "a browser was turned away")
        finally:
            for stream in [*browsers, *(door.stream for door in doors)]:
                stream.close()


def test_plain():
    """Plain HTTP leads to the box, keeps phones on the network, and asks for nothing"""
    with rooms.Room() as room:
        port = rooms.free_port()
        box = room.receiver(None, "--http-port", port)
        end = "" if box.port == 443 else f":{box.port}"
        status, headers, body = ask_plain(port, get("/host", f"localhost:{port}"))
        check((status, headers["location"]) == (308, f"https://localhost{end}/host"), status, headers)
        status, headers, body = ask_plain(port, get("/host", "attacker.example"))
        check((status, headers["location"]) == (302, f"https://127.0.0.1{end}/"), status, headers)
        check(ask_plain(port, get("/generate_204", "connectivitycheck.gstatic.com"))[0] == 204, "Android")
        check(b"Success" in ask_plain(port, get("/hotspot-detect.html", "captive.apple.com"))[2], "Apple")
        check(ask_plain(port, get("/connecttest.txt", "www.msftconnecttest.com"))[2] == b"Microsoft Connect Test", "Windows")
        post = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + "x" * 20000
        check(ask_plain(port, post)[0] == 405, "POST")
        check(ask_plain(port, get("/ca.crt", "localhost"))[0] == 308, "there is no authority to be had")
        for answer in headers, ask(box, "/nothing")[1]:
            check("strict-transport-security" not in answer and "set-cookie" not in answer, answer)


def test_plain_where_tls_is():
    """Plain HTTP at the port of HTTPS, as browsers try it where an address with a port is typed, leads to the page"""
    with rooms.Room() as room:
        box = room.receiver(None, "--http-port", "0")
        end = "" if box.port == 443 else f":{box.port}"
        for _ in range(40):  # none of them stays
            status, headers, body = ask_plain(box.port, get("/host", f"localhost:{box.port}"))
            check((status, headers["location"]) == (308, f"https://localhost{end}/host"), status, headers)
        with socket.create_connection(("127.0.0.1", box.port), 10) as stream:
            stream.sendall(b"EHLO stranger\r\n\r\n")
            check(b" 200 " not in stream.recv(1000), "another protocol was served")
        check(ask(box, PUBLIC)[0] == 200, "the page is not served")
        wait_until(lambda: box.status()["connections"] == 0, 10, "everybody to be gone")


def test_port_taken():
    """Where the port of plain HTTP is taken the box says so once, and works"""
    with rooms.Room() as room, socket.create_server(("127.0.0.1", 0)) as other:
        box = room.receiver(None, "--http-port", other.getsockname()[1])
        check(ask(box, PUBLIC)[0] == 200, "the page is not served")
        wait_until(lambda: box.err().count("Plain HTTP leads nobody") == 1, 5, lambda: f"the one line\n{box.err()}")


rooms.start()
run(test_files, test_start_page, test_names, test_origins, test_keep_alive, test_plain, test_plain_where_tls_is, test_port_taken)
