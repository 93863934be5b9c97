"""A whole fleet of idle boxes on one cloud: what a box costs it, how they come back after a restart, and how many meetings
a second can begin meanwhile."""
import asyncio
import gc
import ipaddress
import pathlib
import random
import resource
import secrets
import signal
import ssl
import time

import cloud as clouds
import cluster
import meter
import room as rooms
from report import percentile, say, table, targets
from swarm import LOST, Fleet, Guest
from tap import Failed, check

CALLERS = ipaddress.ip_network("10.64.0.0/12")  # each with an address of its own: a fleet does not sit behind one
IDLE_S = 60  # in which every box asks its room once, and the server four times
RATES = 5, 10, 20, 30, 40, 60, 80, 120, 160
WANTED_MS = 250
ACCOUNTS_AT_ONCE = 250
SETTLE_S = 5
FILES_A_CONNECTION = 2.6  # haproxy's own arithmetic, with what it splices by
SPARE = 1000  # connections, for guests


def plan(options):
    return f"once, {options.boxes} boxes, {options.nodes} node(s), {options.seconds} s of meetings at each rate"


def measure(options, progress):
    if options.boxes < 1 or options.limit < 60:
        raise Failed("--boxes is at least 1, --limit at least 60")
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    most = min(2 * options.boxes + 4000, int(files / FILES_A_CONNECTION))
    if most < options.boxes + SPARE:
        raise Failed(f"with {files} open files (ulimit -Hn) haproxy carries {most - SPARE} boxes")
    with rooms.Room() as room:
        rooms.needs_root()
        rooms.ip("route", "add", "local", str(CALLERS), "dev", "lo")
        progress("the cloud starts")
        try:
            return asyncio.run(asyncio.wait_for(Bench(start(room, options.nodes, most), options, progress).run(), options.limit))
        except TimeoutError as late:
            raise Failed(f"not done within {options.limit} s (--limit)") from late


def start(room, count, most_connections):
    """The nodes."""
    if count == 1:
        return [clouds.Cloud(room, MOST_CONNECTIONS=most_connections)]
    nodes = cluster.make_nodes(room, MOST_CONNECTIONS=most_connections)
    for node in nodes:
        rooms.ip("route", "add", str(CALLERS), "via", cluster.BRIDGE, inside=node.inside)
    return nodes


class Bench:
    def __init__(self, nodes, options, progress):
        self.nodes, self.cloud, self.options, self.progress = nodes, nodes[0], options, progress
        self.callers = iter(CALLERS.hosts())
        self.fleet = None

    async def run(self):
        boxes = await asyncio.to_thread(self.make_accounts)
        context = ssl.create_default_context(cafile=str(self.cloud.authority.certificate))
        self.fleet = Fleet(self.cloud.host, [node.address for node in self.nodes], context, lambda: str(next(self.callers)), boxes)
        for node in self.nodes:
            await asyncio.to_thread(node.restart_node)  # what making the accounts took is no box's
        await self.tidy()
        found = {"boxes": len(boxes), "nodes": len(self.nodes)}
        try:
            found["arrival"] = await self.arrive()
            found["idle"] = await self.rest()
            self.fleet.open_doors()
            gc.collect()
            gc.freeze()  # this program's own pauses are not the cloud's
            found["meetings"] = await self.meet()
            found["return"] = await self.come_back()
        finally:
            await self.fleet.stop()
        found["trouble"] = self.fleet.trouble
        return found

    def make_accounts(self):
        numbers = random.sample(range(1000000), self.options.boxes)
        boxes = [(number, f"box-{index}", secrets.token_hex(16)) for index, number in enumerate(numbers)]
        path = self.cloud.folder / "accounts.xml"
        for first in range(0, len(boxes), ACCOUNTS_AT_ONCE):
            self.progress(f"accounts: {first} of {len(boxes)}")
            some = "".join(f"<user name='{name}' password='{password}'/>"
                           for _, name, password in boxes[first:first + ACCOUNTS_AT_ONCE])
            path.touch(0o600)
            path.write_text(f"<server-data xmlns='urn:xmpp:pie:0'><host jid='boxes.{self.cloud.host}'>{some}</host></server-data>")
            self.cloud.ejabberdctl("import_piefxis", path)
        path.unlink()
        return boxes

    # What the servers take.

    def processes(self):
        return {"ejabberd": [int((node.folder / "run/ejabberd.pid").read_text()) for node in self.nodes],
                "haproxy": [pid for node in self.nodes for pid in meter.tree(node.door.pid)]}

    def memory_kb(self):
        return {name: sum(meter.status(pid, "VmRSS") for pid in pids) for name, pids in self.processes().items()}

    def spent_s(self):
        return {name: meter.processor_seconds(pids)
                for name, pids in {**self.processes(), "callers": [pathlib.Path("/proc/self").readlink()]}.items()}

    async def tidy(self):
        """As packaging/cloud/tidy does every hour."""
        for node in self.nodes:
            await asyncio.to_thread(node.ejabberdctl, "gc")
        await asyncio.sleep(SETTLE_S)

    # The four parts.

    async def arrive(self):
        self.empty = self.memory_kb()
        before, start = self.spent_s(), time.monotonic()
        self.fleet.start()
        await self.all_there("arrived")
        took = time.monotonic() - start
        spent = self.spent_s()
        full = self.memory_kb()
        return {"seconds": took, **{f"{name}_ms_a_login": 1000 * (spent[name] - before[name]) / self.options.boxes
                                    for name in ("ejabberd", "haproxy")},
                **{f"{name}_kb_a_box": (full[name] - self.empty[name]) / self.options.boxes for name in full}}

    async def all_there(self, what):
        told = time.monotonic()
        while len(self.fleet.times()) < self.options.boxes:
            if time.monotonic() > told + 10:
                told = time.monotonic()
                self.progress(f"{len(self.fleet.times())} of {self.options.boxes} have {what}")
            await asyncio.sleep(0.1)

    async def rest(self):
        self.progress(f"all are there; idle for {IDLE_S} s")
        await asyncio.sleep(SETTLE_S)
        before, start = self.spent_s(), time.monotonic()
        await asyncio.sleep(IDLE_S)
        took, spent = time.monotonic() - start, self.spent_s()
        loaded = self.memory_kb()
        await self.tidy()
        tidied = self.memory_kb()
        there = len(self.fleet.times())
        check(there == self.options.boxes, f"only {there} of {self.options.boxes} boxes stayed:", self.fleet.trouble)
        return {**{f"{name}_cpu_percent": 100 * (spent[name] - before[name]) / took for name in spent},
                **{f"{name}_mb": {"empty": self.empty[name] / 1024, "idle": loaded[name] / 1024, "tidied": tidied[name] / 1024}
                   for name in tidied},
                **{f"{name}_kb_a_box": {"idle": (loaded[name] - self.empty[name]) / self.options.boxes,
                                        "tidied": (tidied[name] - self.empty[name]) / self.options.boxes} for name in tidied}}

    async def meet(self):
        """Ever more a second, each at its own time whether those before are done or not, until they take too long."""
        found = []
        for rate in RATES:
            self.progress(f"{rate} meetings a second")
            before, busy, start = self.spent_s(), meter.busy_seconds(), time.monotonic()
            tasks = []
            for number in range(rate * self.options.seconds):
                await asyncio.sleep(max(0, start + number / rate - time.monotonic()))
                tasks.append(asyncio.create_task(self.guest()))
            results = await asyncio.gather(*tasks)
            took, spent = time.monotonic() - start, self.spent_s()
            times = [1000 * one for one in results if isinstance(one, float)]
            failed = [one for one in results if not isinstance(one, float)]
            found.append({"rate": rate, "n": len(results), "failed": len(failed), "why": failed[:1],
                          "p50_ms": percentile(times, 0.5), "p95_ms": percentile(times, 0.95),
                          "machine_cpu_percent": 100 * (meter.busy_seconds() - busy) / took,
                          **{f"{name}_cpu_percent": 100 * (spent[name] - before[name]) / took for name in spent}})
            if failed or not times or found[-1]["p95_ms"] > WANTED_MS:
                break
            await asyncio.sleep(1)
        return found

    async def guest(self):
        try:
            return await Guest(self.fleet).meet(random.choice(self.fleet.boxes).room)
        except LOST as why:
            return f"{type(why).__name__}: {why}"

    async def come_back(self):
        self.progress("a node is killed, and starts again")
        lost = [box for box in self.fleet.boxes if self.fleet.address_for(box.name) == self.cloud.address]
        killed = time.monotonic()
        for box in lost:
            box.tries = 0
        await asyncio.to_thread(self.cloud.restart_node, signal.SIGKILL)
        down = time.monotonic() - killed
        while any(box.ready and box.ready < killed for box in lost):
            await asyncio.sleep(0.1)  # one has not noticed yet
        await self.all_there("come back")
        times = [box.ready - killed for box in lost]
        return {"boxes": len(lost), "node_down_s": down, "p50_s": percentile(times, 0.5), "p95_s": percentile(times, 0.95),
                "all_s": max(times), "tries_a_box": sum(box.tries for box in lost) / len(lost)}


def held(meetings):
    """The highest rate that was kept within the limit."""
    good = [one["rate"] for one in meetings if not one["failed"] and one["p95_ms"] <= WANTED_MS]
    return max(good, default=0)


def show(found):
    idle, back = found["idle"], found["return"]
    yield (f"\n{found['boxes']} idle boxes on {found['nodes']} node(s), each with a room of its own; of all nodes together: memory "
           "without boxes, with them, and after the hourly tidying\n")
    yield table(["", "MB without", "MB idle", "MB tidied", "KB a box idle", "KB a box tidied", "CPU % idle", "CPU ms a login"],
                [[name, *(say(idle[f"{name}_mb"][when]) for when in ("empty", "idle", "tidied")),
                  *(say(idle[f"{name}_kb_a_box"][when]) for when in ("idle", "tidied")), say(idle[f"{name}_cpu_percent"]),
                  say(found["arrival"][f"{name}_ms_a_login"])] for name in ("ejabberd", "haproxy")])
    yield "\nA node is killed and starts again: seconds from the kill until its boxes have their rooms back\n"
    yield table(["its boxes", "node down", "half", "95 %", "all", "tries a box"],
                [[back["boxes"], *(say(back[key]) for key in ("node_down_s", "p50_s", "p95_s", "all_s", "tries_a_box"))]])
    yield "\nMeetings that begin: from a guest's first packet until its box has answered; the callers share the machine\n"
    yield table(["a second", "n", "failed", "p50 ms", "p95 ms", "CPU % ejabberd", "haproxy", "callers", "whole machine"],
                [[one["rate"], one["n"], one["failed"], say(one["p50_ms"]), say(one["p95_ms"]),
                  *(say(one[f"{name}_cpu_percent"], 0) for name in ("ejabberd", "haproxy", "callers", "machine"))]
                 for one in found["meetings"]])
    yield f"\nWithin {WANTED_MS} ms p95: {held(found['meetings'])} a second.\n"
    yield targets([("a meeting begins, p95 at the lowest rate", found["meetings"][0]["p95_ms"], WANTED_MS, " ms")])
    if found["trouble"]:
        yield f"\nWhat boxes were told meanwhile: {found['trouble']}"
