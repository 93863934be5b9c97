"""Medians, ratios and the table a bench prints."""
import datetime
import os
import pathlib
import platform
import statistics
import subprocess

import contenders


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else None


def fold(rounds):
    """The median of each figure over the rounds, whatever their shape."""
    first = rounds[0]
    if isinstance(first, dict):
        return {key: fold([one[key] for one in rounds if key in one]) for key in first}
    if isinstance(first, (int, float)) or first is None:
        return median(rounds)
    if isinstance(first, list):
        return median([value for one in rounds for value in one])
    return first


def ratio(one, other):
    return one / other if one is not None and other else None


def say(value, digits=1):
    return "–" if value is None else f"{value:.{digits}f}"


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def revision(top):
    asked = subprocess.run(["git", "-C", str(top), "describe", "--always", "--dirty"], capture_output=True, text=True,
                           check=False)
    return asked.stdout.strip() or None


def circumstances(top):
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
            "processor": processor(), "cores": os.cpu_count(), "kernel": platform.release(),
            "load_before": os.getloadavg()[0], "revision": revision(top), "versions": contenders.versions()}


def heading(about):
    names = "; ".join(f"{name} {version}" for name, version in about["versions"].items())
    return (f"{about['date']}, {about['processor']}, {about['cores']} cores, Linux {about['kernel']}, "
            f"load before {about['load_before']:.1f}, after {about['load_after']:.1f}\n"
            f"revision {about['revision']}; {names}")


def table(columns, rows):
    """Markdown, aligned for the eye: the first column left, the rest right."""
    cells = [columns, *rows]
    widths = [max(len(str(row[i])) for row in cells) for i in range(len(columns))]
    lines = ["| " + " | ".join(str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))) + " |" for row in cells]
    rule = "|" + "|".join("-" * (width + 2) if i == 0 else "-" * (width + 1) + ":" for i, width in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def targets(found):
    """found: (what, value, limit, unit). Says of each whether it is met."""
    rows = [(what, say(value, 2) + unit, f"≤ {limit}{unit}",
             "not measured" if value is None else "met" if value <= limit else "missed")
            for what, value, limit, unit in found]
    return table(["target", "measured", "wanted", ""], rows)
