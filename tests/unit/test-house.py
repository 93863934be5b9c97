#!/usr/bin/env python3
"""Holds the architecture: who may include whom, one library behind one door, calls that are not made; and the documents."""
import fnmatch
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])
ROOMS = ["receiver", "sender", "admin", "signalling", "ap", "common/transport", "common/net", "common/base"]
MAY_INCLUDE = {
    "receiver": {"receiver", "signalling", "ap", "common/transport", "common/net", "common/base"},
    "sender": {"sender", "signalling", "common/transport", "common/net", "common/base"},
    "admin": {"admin", "signalling", "common/net", "common/base"},
    "signalling": {"signalling", "common/net", "common/base"},
    "ap": {"ap", "common/base"},
    "common/transport": {"common/transport", "common/net", "common/base"},
    "common/net": {"common/net", "common/base"},
    "common/base": {"common/base"},
}
# A library's headers -> the files that may include them (shell patterns).
DOORS = {
    r"nice/|agent\.h": ["common/transport/ice*.[ch]"],
    r"openssl/": ["common/transport/dtls*.[ch]", "common/base/identity*.[ch]", "common/base/x509.[ch]",
                  "common/base/authority.c", "common/base/certificate.c", "common/base/key-pin.c"],
    r"strophe\.h": ["signalling/strophe-session.c"],
    r"sodium": ["signalling/*.c", "receiver/admission.c", "receiver/host-code.c", "receiver/tokens.c", "common/transport/link.c", "common/base/fingerprint.c"],
    r"srtp2/": ["common/transport/srtp*.[ch]"],
    r"avahi-": ["signalling/discovery*.[ch]"],
    r"libsoup/": ["signalling/http*.c", "signalling/door-local.c", "signalling/door-whip.c", "signalling/dial-soup.c",
                  "signalling/websocket-close.c", "common/net/pac-fetch.c", "common/net/netcheck-https.c", "admin/api.c"],
    r"pacparser": ["common/net/lectern-pac.c"],
    r"libyuv": ["receiver/stage/compose*.[ch]", "sender/convert*.[ch]"],
    r"X11/(?!keysym)": ["receiver/stage/output-x11*.[ch]", "sender/capture-x11*.[ch]"],
    r"wayland-|.*-client-protocol": ["receiver/stage/output-wayland*.[ch]", "receiver/stage/wayland-*.[ch]"],
    r"(xf86)?drm": ["receiver/stage/kms-*.[ch]"],
    r"jpeglib": ["receiver/preview.c"],
    r"qrencode": ["receiver/stage/welcome*.[ch]"],
    r"(pango|cairo)": ["receiver/stage/*.[ch]"],
    r"json-glib/": ["receiver/*.[ch]", "admin/*.[ch]", "common/net/netcheck-report.c"],
    r"gtk/|gdk/": ["sender/window/*.[ch]"],
    r"gst/": ["receiver/*.[ch]", "sender/*.[ch]", "sender/window/main.c"],
}
BANNED = re.compile(r"(?<![\w.>])(system|popen|strcpy|strcat|sprintf|vsprintf|gets|alloca)\s*\(")
FOLDERS = {"receiver", "sender", "admin", "signalling", "ap", "common", "assets", "tests", "packaging", "docs"}

failures = 0
count = 0


def check(name, problems):
    global count, failures
    count += 1
    failures += bool(problems)
    print(f"{'not ok' if problems else 'ok'} {count} {name}")
    for problem in problems:
        print(f"# {problem}")


def sources():
    for room in ROOMS:
        for path in sorted((top / room).rglob("*.[ch]")):
            yield room, path, path.relative_to(top)


def includes(path):
    return re.findall(r'^\s*#\s*include\s+["<]([^">]+)[">]', path.read_text(encoding="utf-8"), re.MULTILINE)


def room_of(include):
    return next((room for room in ROOMS if include.startswith(room + "/")), None)


def rooms():
    for room, path, name in sources():
        for include in includes(path):
            target = room_of(include)
            if target and target not in MAY_INCLUDE[room]:
                yield f"{name} includes {include}"


def doors():
    for _, path, name in sources():
        for include in includes(path):
            for library, allowed in DOORS.items():
                if re.match(library, include) and not any(name.match(pattern) for pattern in allowed):
                    yield f"{name} includes {include}, whose door is {', '.join(allowed)}"


def without_comments(text):
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\])*"', "", text, flags=re.DOTALL)


def banned():
    for _, path, name in sources():
        for call in BANNED.findall(without_comments(path.read_text(encoding="utf-8"))):
            yield f"{name} calls {call}()"


def openings():
    for _, path, name in sources():
        if not path.read_text(encoding="utf-8").startswith("/*"):
            yield f"{name} does not open with a sentence on its job"


def sizes():
    for _, path, name in sources():
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > 600:
            yield f"{name} has {lines} lines"


def folders():
    for path in sorted(top.iterdir()):
        if path.is_dir() and not path.name.startswith((".", "build")) and path.name not in FOLDERS:
            yield f"{path.name}/ is not a folder of the design"


def dependencies():
    """Libraries of the build files and packages of the run and test lists, each to stand in the page in backticks."""
    page = top / "docs/decisions/0000-dependencies.md"
    named = re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8")) if page.exists() else []
    wanted = {}
    for build in [top / "meson.build", *(path for room in ROOMS for path in (top / room).rglob("meson.build"))]:
        for library in re.findall(r"(?:dependency|find_library)\('([^']+)'", build.read_text(encoding="utf-8")):
            wanted[library] = build.relative_to(top)
    for group in ("run", "test"):
        for line in (top / f"packaging/packages.{group}").read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                wanted[line] = f"packaging/packages.{group}"
    for name, where in sorted(wanted.items()):
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in named):
            yield f"{name} of {where} does not stand in {page.relative_to(top)}"


def links():
    for path in [*top.glob("*.md"), *(top / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8")):
            if "://" not in target and not (path.parent / target).exists():
                yield f"{path.relative_to(top)} points to {target}, which is not there"


def index():
    readme = top / "docs/decisions/README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    for path in sorted(readme.parent.glob("*.md")):
        if path != readme and f"({path.name})" not in text:
            yield f"docs/decisions/README.md does not list {path.name}"


checks = {"rooms include only whom they may": rooms, "each library has one door": doors,
          "calls that are not made": banned, "files open with their job": openings,
          "files stay under 600 lines": sizes, "only the folders of the design": folders, "each dependency has its reason": dependencies,
          "links lead somewhere": links, "each decision stands in the index": index}
print(f"1..{len(checks)}")
for title, rule in checks.items():
    check(title, list(rule()))
sys.exit(1 if failures else 0)
