/* Connections to the X display in DISPLAY that outlive errors. */
#pragma once

#include <X11/Xlib.h>

/* NULL: there is none. A request that fails on it, or its loss, does not end the process; whoever
 * makes requests looks at what came of them. A toolkit's own connection stays as it is. */
Display *lec_x11_display_open(void);
