/* The welcome screen, drawn with Pango and Cairo: how to join, readable from 5 m at any size. Pure:
 * state in, picture out. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    const char *name; /* the box's */
    const char
        *meeting_id; /* digits, grouped by the drawing; NULL: no ID can be had, address alone */
    const char *local_id; /* the same for those nearby; NULL: there is no other */
    const char *pin;      /* NULL: none is asked */
    const char *address;  /* "192.0.2.10" or "192.0.2.10:8443"; NULL: no network */
    const char *join_url; /* behind the QR code; NULL: no code is drawn */
    const char *network;  /* a sentence on the network's state */
    const char *clock;    /* "14:05" */
    const char *notice;   /* a sentence in trouble ("The PIN is locked for 40 s …"), or NULL */
    bool dark;
} LecWelcome;

/* BGRx of width × height into pixels. False where Cairo could not. */
bool lec_welcome_draw(const LecWelcome *welcome, guint width, guint height, guint8 *pixels,
                      gsize stride);
