"""A real browser on a display of its own, driven through browser.mjs, and what tests ask of it."""
import json
import os
import pathlib
import select
import subprocess
import time

import room as rooms
from tap import Failed, Skip, check, wait_until

PROGRAMS = {"chromium": "chromium", "firefox": "firefox-esr"}
support = pathlib.Path(__file__).resolve().parent


class Browser(rooms.Process):
    """options: see OPTIONS in browser.mjs; environment in capitals."""

    def __init__(self, room, kind, screen, inside=None, **options):
        program = rooms.tool(PROGRAMS[kind])
        stamp = rooms.build / "sender/web/modules.stamp"
        if not stamp.exists():
            raise Skip("the page's packages have not been fetched")
        environment = {name: options.pop(name) for name in list(options) if name.isupper()}
        self.kind, self.count, self.read = kind, 0, b""
        requests, request_end = os.pipe()
        answer_end, answers = os.pipe()
        super().__init__(
            room, kind,
            [rooms.tool("node"), support / "browser.mjs", stamp, kind, room.folder / f"{kind}-{len(room.processes)}",
             f"program={program}", *(f"{name}={value}" for name, value in options.items())],
            inside=inside, stdin=requests, stdout=answers, DISPLAY=screen.name, G_DEBUG="",
            **{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent", **environment})
        os.close(requests)
        os.close(answers)
        self.requests, self.answers = request_end, answer_end
        self.version = self.answer(60)["ready"]

    def answer(self, timeout):
        end = time.monotonic() + timeout
        while b"\n" not in self.read:
            ready, _, _ = select.select([self.answers], [], [], max(0, end - time.monotonic()))
            part = os.read(self.answers, 65536) if ready else b""
            if not part:
                raise Failed(f"{self.kind} {'has ended' if ready else f'has said nothing for {timeout} s'}\n{self.err()}")
            self.read += part
        line, _, self.read = self.read.partition(b"\n")
        return json.loads(line)

    def ask(self, do, page=0, timeout=40, **arguments):
        self.count += 1
        os.write(self.requests, json.dumps({"n": self.count, "do": do, "page": page, **arguments}).encode() + b"\n")
        answer = self.answer(timeout)
        check("error" not in answer, f"{self.kind}, {do} {arguments}:", answer.get("error"))
        return answer["value"]

    def open(self, url):
        """The number of the tab that it is in."""
        return self.ask("open", url=url)

    def evaluate(self, script, page=0):
        return self.ask("evaluate", page, script=script)

    def click(self, selector, page=0):
        return self.ask("click", page, selector=selector)

    def type(self, selector, text, page=0):
        return self.ask("type", page, selector=selector, text=text)

    def wait(self, script, page=0, timeout=10):
        """The script's first true value."""
        return self.ask("wait", page, script=script, timeout=timeout * 1000 // 1)

    def stats(self, page=0):
        return self.ask("stats", page)

    def text(self, page=0):
        return self.ask("text", page)

    def end_by_itself(self):
        """Closes the browser as a person does."""
        os.close(self.requests)
        check(self.wait_for_end(15) == 0, self.err())

    def wait_for_end(self, timeout):
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired as late:
            raise Failed(f"{self.kind} does not end") from late
