"""What processes cost: processor time, memory, threads, of a process with all its descendants; and what the network carries."""
import os
import pathlib
import time

TICKS = os.sysconf("SC_CLK_TCK")
PROC = pathlib.Path("/proc")


def fields(pid):
    """/proc/PID/stat from the third field on: a program's name may hold spaces and brackets."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def tree(pid):
    """pid and its descendants that run now."""
    parents = {}
    for path in PROC.glob("[0-9]*"):
        try:
            parents[int(path.name)] = int(fields(path.name)[1])
        except (OSError, IndexError):
            continue  # it has ended meanwhile
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def processor_seconds(pids):
    return sum(sum(map(int, fields(pid)[11:13])) for pid in pids) / TICKS


def busy_seconds():
    """Of the whole machine's processors, whoever used them."""
    user, nice, system, _, _, irq, softirq, *_ = map(int, (PROC / "stat").read_text().splitlines()[0].split()[1:])
    return (user + nice + system + irq + softirq) / TICKS


def status(pid, key):
    for line in (PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    return 0


def shared_out_kb(pid):
    """Its memory, with pages that several processes have in common divided among them."""
    try:
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass  # another user's
    return 0


def carried_bytes():
    """By the loopback interface, on which all of a bench runs."""
    for line in (PROC / "net/dev").read_text().splitlines():
        if line.strip().startswith("lo:"):
            return int(line.split(":")[1].split()[0])
    return 0


class Meter:
    """roles: name -> list of processes. Measures from its making until read()."""

    def __init__(self, roles, own_network):
        self.roles = {name: [pid for one in processes for pid in tree(one.pid)] for name, processes in roles.items()}
        self.own_network = own_network
        self.seconds = {name: processor_seconds(pids) for name, pids in self.roles.items()}
        self.carried, self.start = carried_bytes(), time.monotonic()

    def read(self):
        took = time.monotonic() - self.start
        figures = {}
        for name, pids in self.roles.items():
            spent = processor_seconds(pids) - self.seconds[name]
            figures[name] = {"cpu_percent": 100 * spent / took,
                             "rss_mb": sum(status(pid, "VmRSS") for pid in pids) / 1024,
                             "pss_mb": sum(shared_out_kb(pid) for pid in pids) / 1024,
                             "threads": sum(status(pid, "Threads") for pid in pids)}
        if self.own_network:
            figures["mbit_s"] = (carried_bytes() - self.carried) * 8e-6 / took
        return figures
