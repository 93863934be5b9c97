"""SCRAM-SHA-512 (RFC 5802), the side of who logs in."""
import base64
import functools
import hashlib
import hmac
import secrets

import wire

digest = functools.partial(hmac.digest, digest="sha512")


@functools.lru_cache(maxsize=20000)  # a fleet of boxes logs in again and again, and each has a processor of its own
def keys(password, salt, rounds):
    """(client key, server key)."""
    salted = hashlib.pbkdf2_hmac("sha512", password.encode(), base64.b64decode(salt), int(rounds))
    return digest(salted, b"Client Key"), digest(salted, b"Server Key")


class Scram:
    def __init__(self, name, password):
        self.password, self.bare, self.wanted = password, f"n={name},r={secrets.token_hex(12)}", None

    def first(self):
        """For <auth>."""
        return base64.b64encode(b"n,," + self.bare.encode()).decode()

    def answer(self, challenge):
        """For <response>, to what <challenge> holds."""
        first = base64.b64decode(challenge).decode()
        nonce, salt, rounds = (part[2:] for part in first.split(",")[:3])
        last = f"c=biws,r={nonce}"
        whole = f"{self.bare},{first},{last}".encode()
        client, server = keys(self.password, salt, rounds)
        self.wanted = base64.b64encode(digest(server, whole)).decode()
        proof = wire.xor(client, digest(hashlib.sha512(client).digest(), whole))
        return base64.b64encode(f"{last},p={base64.b64encode(proof).decode()}".encode()).decode()

    def is_server(self, success):
        """Whether who sent that <success> knows the password too."""
        return base64.b64decode(success).decode() == f"v={self.wanted}"
