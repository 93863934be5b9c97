/* Keyboard and pointer of a Wayland session: keys as X keysyms, and no pointer over the picture. */
#pragma once

#include <glib.h>
#include <wayland-client.h>

typedef struct {
    struct wl_seat *seat;
    struct wl_keyboard *keyboard;
    struct wl_pointer *pointer;
    void (*on_key)(guint keysym, void *user);
    void *user;
} LecWaylandSeat;

void lec_wayland_seat_init(LecWaylandSeat *self, struct wl_seat *seat,
                           void (*on_key)(guint keysym, void *user), void *user); /* takes seat */
void lec_wayland_seat_clear(LecWaylandSeat *self);

/* The keysym of an evdev key by its place on a US keyboard; 0: none that anyone asks for. Pure. */
guint lec_wayland_keysym(guint key);
