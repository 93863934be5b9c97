"""A host who steers the room, at the command line."""
import json
import os
import subprocess

from room import ADDRESS, Process, build, have_network
from tap import Failed, check, wait_until


def host_code(box, *options):
    """What lectern-receiver --host-code says."""
    return subprocess.run([build / "receiver/lectern-receiver", "--host-code", "--state-folder", box.state, *options],
                          capture_output=True, text=True, check=True).stdout.strip()


class Host(Process):
    def __init__(self, room, box, code=None):
        address = ADDRESS if have_network() else "127.0.0.1"  # where the senders come from, too
        reader, self.writer = os.pipe()
        self.number = 0
        code = code or host_code(box)
        room.secrets.add(code)
        super().__init__(room, "host", [build / "tests/support/lectern-test-host", address, box.port], stdin=reader)
        os.close(reader)
        self.write(code)

    def write(self, line):
        os.write(self.writer, f"{line}\n".encode())

    def said(self, key):
        """What the box said under this key, oldest first."""
        texts = [json.loads(line) for line in self.out().splitlines() if line.startswith("{") and line.endswith("}")]
        return [text for text in texts if key in text]

    def ended(self):
        """How: the word and the seconds; None: not yet."""
        lines = [line for line in self.out().splitlines() if line.startswith("ended ")]
        return lines[-1].split()[1:] if lines else None

    def open(self):
        wait_until(lambda: "open" in self.out().split(), 20, lambda: f"the host to be let in\n{self.out()}{self.err()}")
        return self

    def room(self):
        """As the box described it last."""
        rooms = self.said("room")
        return rooms[-1]["room"] if rooms else None

    def presenter(self, name):
        found = [one for one in (self.room() or {}).get("presenters", []) if one["name"] == name]
        return found[0] if found else None

    def expect(self, name, state, timeout=20):
        """Waits for a presenter of that name in that state; None: to be gone."""
        def reached():
            one = self.presenter(name)
            return one is None if state is None else one and one["state"] == state and one
        return wait_until(reached, timeout, lambda: f"{name} to be {state}; the room is {self.room()}")

    def ask(self, action, **more):
        """The answer: {"done": …}, or {"failed": …, "why": …}."""
        self.number += 1
        number = self.number
        self.write(json.dumps({"n": number, "do": action, **more}))

        def answered():
            return [one for key in ("done", "failed") for one in self.said(key) if one[key] == number]
        return wait_until(answered, 10, f"the answer to {action}")[0]

    def do(self, action, **more):
        answer = self.ask(action, **more)
        check("done" in answer, action, more, answer)
        return answer

    def leave(self):
        os.close(self.writer)
        if self.wait() != 0:
            raise Failed(self.err())
