"""Virtual displays whose pixels a test reads directly, and the barcodes of lectern-paint in them."""
import mmap
import os
import struct
import threading
import time

COLUMNS, ROWS = 12, 4
BITS = COLUMNS * ROWS
GAP = 4  # pixels between the stage's tiles
GAP_OF_MANY = 2  # from five tiles on


class Screen:
    """The frame buffer of a running Xvfb, mapped from its XWD file (XWDFile.h, version 7)."""

    def __init__(self, name, path):
        self.name = name
        with open(path, "rb") as file:
            self.pixels = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        head = struct.unpack(">25I", self.pixels[:100])
        self.width, self.height, self.stride = head[4], head[5], head[12]
        self.start = head[0] + head[19] * 12

    def colour(self, x, y):
        """(red, green, blue) at a pixel."""
        at = self.start + int(y) * self.stride + int(x) * 4
        blue, green, red = self.pixels[at:at + 3]
        return red, green, blue

    def average(self, x, y, side):
        """The mean colour of a square."""
        total = [0, 0, 0]
        for row in range(int(y), int(y) + side):
            at = self.start + row * self.stride + int(x) * 4
            line = self.pixels[at:at + side * 4]
            for channel in range(3):
                total[channel] += sum(line[2 - channel::4])
        return tuple(part / side / side for part in total)

    def snapshot(self, columns=64, rows=36):
        """Sampled colours; two of the same picture are equal."""
        return [self.colour((x + 0.5) * self.width / columns, (y + 0.5) * self.height / rows)
                for y in range(rows) for x in range(columns)]

    def whole(self):
        return (0, 0, self.width, self.height)

    def tile(self, index, count, shape=16 / 9):
        """Where the index-th of count presenters stands; shape: its picture's width by its height."""
        return fit(self.whole() if count == 1 else self.cell(index, count), shape)

    def cell(self, index, count):
        """Of equal ones in rows, close together in the middle; of five wide pictures, the display shows larger ones."""
        columns, gap = (2, GAP) if count <= 4 else (3, GAP_OF_MANY)
        rows = (count + columns - 1) // columns
        most = ((self.width - (columns - 1) * gap) // columns & ~1, (self.height - (rows - 1) * gap) // rows & ~1)
        width = min(most[0], int(most[1] * 16 / 9) + 2 & ~1)
        height = min(most[1], int(most[0] * 9 / 16) + 2 & ~1)
        row = index // columns
        in_row = min(columns, count - row * columns)
        left = (self.width - in_row * width - (in_row - 1) * gap) // 2 & ~1
        top = (self.height - rows * height - (rows - 1) * gap) // 2 & ~1
        return left + index % columns * (width + gap), top + row * (height + gap), width, height

    def read(self, region=None):
        """(when it was drawn, by which painter) of the barcode in region; None: none is there."""
        left, top, width, height = region or self.whole()
        cell = min(width / 80, height / 45)
        bits = 0
        for index in range(BITS):
            x = left + (2 + index % COLUMNS + 0.5) * cell
            y = top + (2 + index // COLUMNS + 0.5) * cell
            bits = bits << 1 | (self.colour(x, y)[1] < 128)
        value = bits >> 12
        if checksum(value) != bits & 0xfff:
            return None
        age = (int(time.monotonic() * 10000) - (value >> 4)) & 0xffffffff
        return (time.monotonic() - age / 10000, value & 15) if age < 600000 else None


def fit(cell, shape):
    """The largest rectangle of that shape in the middle of a cell."""
    left, top, width, height = cell
    fitted_width, fitted_height = min(width, height * shape), min(height, width / shape)
    return (left + (width - fitted_width) / 2, top + (height - fitted_height) / 2, fitted_width, fitted_height)


def checksum(value):
    """CRC-12 (0x80f) over 36 bits, as tests/support/barcode.c has it."""
    crc = 0xfff
    for bit in range(35, -1, -1):
        top = crc >> 11 & 1
        crc = crc << 1 & 0xfff
        if (value >> bit & 1) ^ top:
            crc ^= 0x80f
    return crc


class Eye:
    """Watches one painter's barcode in a region: is it there, is it moving, how long did it stand still."""

    def __init__(self, screen, region=None, number=None):
        self.screen, self.region, self.number = screen, region, number
        self.drawn = 0.0
        self.pictures = 0
        self.changed = time.monotonic()
        self.longest_gap = 0.0
        self.lock = threading.Lock()

    def look(self):
        """True where a newer picture is there than at the last look."""
        with self.lock:
            return self.look_alone()

    def keep_looking(self):
        """From now on by itself, while the test does something else, until nothing has come for a minute."""
        threading.Thread(target=self.stare, daemon=True).start()

    def stare(self):
        while self.still_for() < 60:
            time.sleep(0.02)

    def look_alone(self):
        seen = self.screen.read(self.region)
        if not seen or seen[0] <= self.drawn + 0.0002 or self.number not in (None, seen[1]):
            return False
        now = time.monotonic()
        if self.pictures:
            self.longest_gap = max(self.longest_gap, now - self.changed)
        self.drawn, self.changed = seen[0], now
        self.pictures += 1
        return True

    def still_for(self):
        self.look()
        return time.monotonic() - self.changed


def settled(screen, seconds=0.6):
    """A condition for wait_until: something is drawn on the display, and has not changed for so long."""
    last = [None, 0.0]

    def condition():
        now, picture = time.monotonic(), screen.snapshot()
        if picture != last[0]:
            last[:] = picture, now
        return now - last[1] >= seconds and len(set(picture)) > 1
    return condition


def remove_frame_buffer(folder):
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))
    os.rmdir(folder)
