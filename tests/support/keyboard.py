"""The keyboard of a virtual X display, by the XTest extension."""
import ctypes
import ctypes.util

from tap import Skip, check


def press(screen, key):
    """Presses and releases a key by its X name: "Return"."""
    names = [ctypes.util.find_library(name) for name in ("X11", "Xtst")]
    if not all(names):
        raise Skip("libX11 or libXtst is not installed")
    x11, xtest = (ctypes.CDLL(name) for name in names)
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XStringToKeysym.restype = ctypes.c_ulong
    display = ctypes.c_void_p(x11.XOpenDisplay(screen.name.encode()))
    check(display.value, "the display does not open")
    code = x11.XKeysymToKeycode(display, ctypes.c_ulong(x11.XStringToKeysym(key.encode())))
    check(code, key, "is not a key of the display")
    for down in (1, 0):
        xtest.XTestFakeKeyEvent(display, code, down, 0)
    x11.XSync(display, 0)
    x11.XCloseDisplay(display)
