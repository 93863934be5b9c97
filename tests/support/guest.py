"""A virtual machine with Debian's own kernel and nothing else but what a test puts in: made of files of this machine."""
import json
import os
import pathlib
import re
import shutil
import socket
import stat
import struct
import subprocess
import tempfile
import time

from tap import Failed, Skip, check, wait_until

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "lectern/vm"
PACKAGE = "linux-image-amd64"
QEMU = "qemu-system-x86_64"

# Mounts, loads the modules in their order, then answers the host: what comes in on the second serial line is run.
INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t devtmpfs none /dev; mount -t proc none /proc; mount -t sysfs none /sys
mkdir -p /tmp /run /dev/shm /root; mount -t tmpfs none /tmp; mount -t tmpfs none /dev/shm
export PATH=/bin HOME=/root XDG_CACHE_HOME=/tmp/cache
ip link set lo up
while read module; do insmod /modules/$module.ko; done </modules/order
exec >/dev/ttyS1 2>&1
stty -F /dev/ttyS1 raw -echo
echo ready
while read -r line <&3; do eval "$line" </dev/null; done 3</dev/ttyS1
"""


def tool(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not path:
        raise Skip(f"{name} is not installed")
    return path


def output_of(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, **options)
    return done.stdout if done.returncode == 0 else ""


class Kernel:
    """Debian's kernel and its modules, fetched once for a version and kept, unpacked, never installed."""

    def __init__(self):
        tool(QEMU)  # before anything is fetched for it
        shown = output_of(tool("apt-cache"), "show", "--no-all-versions", PACKAGE)
        real = re.search(r"^Depends: (linux-image-\S+) \(= (\S+)\)", shown, re.M)
        if not real:
            raise Skip(f"apt does not know {PACKAGE}")
        name, version = real.groups()
        self.folder = CACHE / f"{name}_{version.replace(':', '%3a')}"
        if not self.folder.is_dir():
            self.fetch(f"{name}={version}")
        self.image = next((self.folder / "boot").glob("vmlinuz-*"))
        self.modules = {path.stem.replace("-", "_"): path for path in (self.folder / "lib/modules").rglob("*.ko")}

    def fetch(self, package):
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            subprocess.run([tool("apt-get"), "download", package], cwd=scratch, capture_output=True, timeout=120)
            archives = list(pathlib.Path(scratch).glob("*.deb"))
            if not archives:
                raise Skip(f"{package} cannot be downloaded")
            subprocess.run([tool("dpkg-deb"), "-x", archives[0], f"{scratch}/root"], check=True)
            for older in CACHE.glob("linux-image-*"):
                shutil.rmtree(older, ignore_errors=True)
            os.rename(f"{scratch}/root", self.folder)

    def order(self, *names):
        """The modules and what they need, in the order to load them; what the kernel has built in is left out."""
        ordered = []

        def add(name):
            path = self.modules.get(name.replace("-", "_"))
            if not path or path in ordered:
                return
            needs = re.search(rb"\0depends=([^\0]*)\0", b"\0" + path.read_bytes())
            for other in needs.group(1).decode().split(",") if needs else ():
                add(other)
            ordered.append(path)
        for name in names:
            add(name)
        return ordered


class Disk:
    """The guest's root: a cpio archive ("newc", the kernel's initramfs/buffer-format) of files of this machine, each where it
    stands here, with the libraries that they need."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.known = set()
        for folder in "usr", "usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "dev", "proc", "sys":
            self.folder(folder)
        for link in "bin", "sbin", "lib", "lib64":
            self.entry(link, stat.S_IFLNK | 0o777, f"usr/{link}".encode())

    def entry(self, name, mode, data=b""):
        self.known.add(name)
        head = [len(self.known), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
        raw = b"070701" + b"".join(b"%08x" % field for field in head) + name.encode() + b"\0"
        self.file.write(raw + bytes(-len(raw) % 4) + data + bytes(-len(data) % 4))

    def folder(self, name):
        if name and name not in self.known:
            self.folder(name.rpartition("/")[0])
            self.entry(name, stat.S_IFDIR | 0o755)

    def add(self, path, name=None, data=None):
        """The file at path, or data under that name, as name in the guest."""
        name = re.sub(r"^(bin|sbin|lib|lib64)/", r"usr/\1/", str(name or path).lstrip("/"))
        if name not in self.known:
            self.folder(name.rpartition("/")[0])
            self.entry(name, stat.S_IFREG | 0o755, pathlib.Path(path).read_bytes() if data is None else data)

    def program(self, path, name=None):
        """A program or a plugin, and the libraries that it needs."""
        self.add(path, name)
        for library in re.findall(r"(/\S+) \(0x", output_of(tool("ldd"), path)):
            self.add(library)

    def tree(self, path):
        for file in pathlib.Path(path).rglob("*"):
            if file.is_file():
                self.add(file)

    def close(self):
        self.entry("TRAILER!!!", 0)
        self.file.close()


class Guest:
    """The machine while it runs. Emulated in software: nested virtualisation cannot be relied on."""

    def __init__(self, folder, kernel, disk, *devices):
        self.folder = pathlib.Path(folder)
        self.commands = 0
        self.screens = None
        self.log = self.folder / "console"
        ends = {name: self.folder / f"{name}.socket" for name in ("qmp", "shell", "vnc")}
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [tool(QEMU), "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "768",
             "-nodefaults", "-no-reboot", "-vnc", f"unix:{ends['vnc']}", "-kernel", kernel.image, "-initrd", disk,
             "-append", "console=ttyS0 quiet panic=-1 tsc=reliable modprobe.blacklist=kvm_amd,kvm",
             "-serial", f"file:{self.log}", "-chardev", f"socket,id=shell,path={ends['shell']},server=on,wait=off",
             "-serial", "chardev:shell", "-qmp", f"unix:{ends['qmp']},server=on,wait=off", *devices],
            stdin=subprocess.DEVNULL, stdout=open(self.folder / "qemu", "wb"), stderr=subprocess.STDOUT)
        self.qmp, self.shell, self.vnc = (self.connect(end) for end in ends.values())
        self.qmp_file = self.qmp.makefile("r")
        self.qmp_file.readline()
        self.ask("qmp_capabilities")
        self.read_until(r".*ready\s*$", 90)

    def connect(self, path):
        end = socket.socket(socket.AF_UNIX)

        def connected():
            if self.process.poll() is not None:
                raise Failed("QEMU ended:", (self.folder / "qemu").read_text())
            return path.exists() and end.connect_ex(str(path)) == 0
        wait_until(connected, 20, "QEMU's socket")
        end.settimeout(120)
        return end

    def ask(self, command, **arguments):
        """A QEMU monitor command; events that come in between are passed over."""
        self.qmp.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        for line in self.qmp_file:
            answer = json.loads(line)
            if "return" in answer or "error" in answer:
                if "error" in answer:
                    raise Failed(command, answer["error"])
                return answer["return"]
        raise Failed("QEMU ended:", (self.folder / "qemu").read_text())

    def run(self, command, timeout=60):
        """What a line for the shell printed, and its exit status."""
        self.commands += 1
        mark = f"<{self.commands}>"
        self.shell.settimeout(timeout)
        self.shell.sendall(f"{command}; echo '{mark}'$?.\n".encode())
        text, status = self.read_until(rf"^(.*){mark}(\d+)\.\s*$", timeout).groups()
        return text, int(status)

    def read_until(self, pattern, timeout):
        """Reads what the guest's shell says until all of it matches."""
        self.shell.settimeout(timeout)
        said = b""
        try:
            while True:
                part = self.shell.recv(65536)
                if not part:
                    raise Failed("the guest is gone:", self.console())
                said += part
                found = re.match(pattern, said.decode(errors="replace"), re.S)
                if found:
                    return found
        except TimeoutError:
            raise Failed(f"the guest was silent for {timeout} s:", said, self.console()) from None

    def resize_screen(self, width, height):
        """Puts another screen in the place of the graphics card's, which it notices as it would a plug (RFC 6143; the
        extension is the RFB community's SetDesktopSize)."""
        if not self.screens:
            self.screens = self.vnc.makefile("rb")
            self.vnc.sendall(b"RFB 003.008\n")
            self.screens.read(12)
            self.screens.read(self.screens.read(1)[0])
            self.vnc.sendall(b"\1")
            check(self.screens.read(4) == bytes(4), "QEMU's VNC server lets nobody in")
            self.vnc.sendall(b"\1")
            head = self.screens.read(24)
            self.screens.read(struct.unpack(">I", head[20:])[0])
            self.vnc.sendall(struct.pack(">BxHi", 2, 1, -308))
        self.vnc.sendall(struct.pack(">BxHHBxIHHHHI", 251, width, height, 1, 0, 0, 0, width, height, 0))

    def console(self):
        return self.log.read_text(errors="replace")

    def picture(self):
        """What the display shows."""
        path = self.folder / "picture.ppm"
        self.ask("screendump", filename=str(path))
        return Picture(path.read_bytes())

    def end(self):
        self.process.kill()
        self.process.wait()


class Picture:
    """A binary PPM."""

    def __init__(self, data):
        head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
        self.width, self.height = int(head.group(1)), int(head.group(2))
        self.pixels = data[head.end():]

    def row(self, y):
        return self.pixels[y * self.width * 3:(y + 1) * self.width * 3]

    def colour(self, x, y):
        return tuple(self.row(y)[x * 3:x * 3 + 3])
