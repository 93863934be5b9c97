/* The questions by which devices find out whether a network leads anywhere. Pure. */
#pragma once

#include <glib.h>

typedef struct {
    const char *host; /* NULL: any that is not the box's */
    const char *path;
    guint status;
    const char *type, *body; /* NULL with status 204 */
    const char *header;      /* one more, whole, or NULL */
} LecHttpProbe;

/* What such a question expects; NULL: it is none. host in lower case. */
const LecHttpProbe *lec_http_probe_find(const char *host, const char *path);
