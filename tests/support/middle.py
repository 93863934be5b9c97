#!/usr/bin/env python3
"""What may stand between a box and its cloud. Prints "ready", then serves until it is killed.
  middle.py tls PORT PEM SECONDS      answers every HTTPS request with a Date that many seconds off
  middle.py proxy PORT                an HTTP proxy: CONNECT, for everybody
  middle.py mdns ADDRESS              somebody on the network who speaks multicast DNS
"""
import email.utils
import socket
import ssl
import sys
import threading
import time


def read_head(stream):
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < 16384:
        part = stream.recv(1)
        if not part:
            break
        head += part
    return head


def each(port, serve):
    listener = socket.create_server(("", port))
    print("ready", flush=True)
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


def answer_tls(port, pem, seconds):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def serve(client):
        try:
            stream = context.wrap_socket(client, server_side=True)
            read_head(stream)
            date = email.utils.formatdate(time.time() + seconds, usegmt=True)
            stream.sendall(f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n".encode())
            stream.close()
        except OSError:
            pass  # whoever that was has gone
    each(port, serve)


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def lead(client):
    method, target = read_head(client).decode("latin-1").split(" ")[:2]
    if method != "CONNECT":
        client.sendall(b"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n")
        return
    host, _, port = target.rpartition(":")
    far = socket.create_connection((host, int(port)))
    client.sendall(b"HTTP/1.1 200 Go\r\n\r\n")
    threading.Thread(target=pump, args=(far, client), daemon=True).start()
    pump(client, far)


def speak(address):
    speaker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    speaker.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
    print("ready", flush=True)
    while True:
        speaker.sendto(bytes.fromhex("000084000000000000000000"), ("224.0.0.251", 5353))
        time.sleep(0.2)


role, *rest = sys.argv[1:]
if role == "tls":
    answer_tls(int(rest[0]), rest[1], int(rest[2]))
elif role == "proxy":
    each(int(rest[0]), lead)
else:
    speak(rest[0])
