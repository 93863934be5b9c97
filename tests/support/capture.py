"""Packets of a device in another namespace, and what is to be read in them: who spoke to whom, and whether all of it was TLS."""
import collections
import ctypes
import ipaddress
import re
import select
import socket
import struct
import threading

from tap import check

CLONE_NEWNET, ETH_P_ALL, SO_RCVBUFFORCE, SOL_PACKET, PACKET_STATISTICS = 0x40000000, 3, 33, 263, 6
IPV4, IPV6, TCP, UDP = 0x0800, 0x86DD, 6, 17
# RFC 8489 §5: two bits of nought, a length that four divides, the cookie.
STUN = re.compile(rb"[\x00-\x3f].[\x00-\x07][\x00\x04\x08\x0c\x10\x14\x18\x1c\x20\x24\x28\x2c\x30\x34\x38\x3c"
                  rb"\x40\x44\x48\x4c\x50\x54\x58\x5c\x60\x64\x68\x6c\x70\x74\x78\x7c\x80\x84\x88\x8c\x90\x94\x98\x9c"
                  rb"\xa0\xa4\xa8\xac\xb0\xb4\xb8\xbc\xc0\xc4\xc8\xcc\xd0\xd4\xd8\xdc\xe0\xe4\xe8\xec\xf0\xf4\xf8\xfc]"
                  rb"\x21\x12\xa4\x42", re.DOTALL)
libc = ctypes.CDLL(None, use_errno=True)


def socket_in(inside, *arguments):
    """A socket that lives in the network namespace of the process inside."""
    made = []

    def make():  # a thread's namespace is its own
        with open(f"/proc/{inside}/ns/net", "rb") as space:
            if libc.setns(space.fileno(), CLONE_NEWNET) == 0:
                made.append(socket.socket(*arguments))
    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    check(made, "no socket in that namespace")
    return made[0]


class Stream:
    """One direction of a TCP connection, put together from its segments."""

    def __init__(self):
        self.first, self.parts = None, {}

    def add(self, sequence, is_first, payload):
        if is_first:
            self.first = (sequence + 1) & 0xffffffff
        elif payload and len(payload) > len(self.parts.get(sequence, b"")):
            self.parts[sequence] = payload

    def data(self):
        """From the beginning to the first hole."""
        whole = bytearray()
        if self.first is None:
            return bytes(whole)
        for sequence in sorted(self.parts, key=lambda one: (one - self.first) & 0xffffffff):
            offset = (sequence - self.first) & 0xffffffff
            if offset > len(whole):
                break
            whole[offset:] = self.parts[sequence] if offset + len(self.parts[sequence]) > len(whole) else whole[offset:]
        return bytes(whole)


def is_tls(data):
    """Records of TLS (RFC 8446 §5.1) and nothing else; the last one may not be complete."""
    at = 0
    while at + 5 <= len(data):
        kind, major, length = data[at], data[at + 1], struct.unpack(">H", data[at + 3:at + 5])[0]
        if kind not in (20, 21, 22, 23) or major != 3 or length > 16384 + 256:
            return False
        at += 5 + length
    return True


class Capture(threading.Thread):
    """with Capture(process, device) as capture: … """

    def __init__(self, inside, device):
        super().__init__(daemon=True)
        self.socket = socket_in(inside, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        self.socket.bind((device, ETH_P_ALL))
        self.packets = collections.Counter()  # (protocol, source, port, target, port) -> how many
        self.streams = collections.defaultdict(Stream)
        self.lock, self.over, self.lost = threading.Lock(), False, 0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.over = True
        self.join()
        self.socket.close()

    def run(self):
        while not self.over:
            if select.select([self.socket], [], [], 0.1)[0]:
                packet = self.socket.recv(1 << 17)
                with self.lock:
                    self.read(packet)

    def read(self, packet):
        kind = struct.unpack(">H", packet[12:14])[0]
        if kind == IPV4:
            protocol, head, size = packet[23], 14 + (packet[14] & 15) * 4, 14 + struct.unpack(">H", packet[16:18])[0]
            addresses = packet[26:30], packet[30:34]
        elif kind == IPV6:
            protocol, head, size = packet[20], 54, 54 + struct.unpack(">H", packet[18:20])[0]
            addresses = packet[22:38], packet[38:54]
        else:
            return
        source, target = (str(ipaddress.ip_address(one)) for one in addresses)
        ports = struct.unpack(">HH", packet[head:head + 4]) if protocol in (TCP, UDP) else (0, 0)
        key = protocol, source, ports[0], target, ports[1]
        self.packets[key] += 1
        if protocol == TCP:
            sequence, offset, flags = struct.unpack(">IxxxxBB", packet[head + 4:head + 14])
            self.streams[key].add(sequence, bool(flags & 2), packet[head + (offset >> 4) * 4:max(size, 0)])

    def settled(self):
        """What has been seen; nothing must have been lost on the way here."""
        lost = struct.unpack("II", self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
        check(not lost, lost, "packets were not captured")
        with self.lock:
            return dict(self.packets), {key: stream.data() for key, stream in self.streams.items()}

    def protocols(self):
        """(protocol, the service's port) of all that was spoken; ICMP counts, for it tells nobody a port."""
        return {(protocol, min(one, other)) for protocol, _, one, _, other in self.settled()[0]}

    def beyond_443(self):
        """Who spoke of TCP and UDP with something else than port 443 of TCP."""
        return [key for key in self.settled()[0]
                if key[0] in (TCP, UDP) and not (key[0] == TCP and 443 in (key[2], key[4]))]

    def plain(self):
        """Streams of port 443 that are not TLS from their first byte to their last, or that hold STUN in the clear."""
        return [key for key, data in self.settled()[1].items()
                if 443 in (key[2], key[4]) and (not is_tls(data) or STUN.search(data))]

    def bytes_of(self, port):
        """How many were put together of TCP streams with that port."""
        return sum(len(data) for key, data in self.settled()[1].items() if port in (key[2], key[4]))
