/* Keyboard and pointer of a Wayland session. Keys are told by their place: a display has few uses
 * for them. */
#include "receiver/stage/wayland-seat.h"

#include <X11/keysym.h>
#include <linux/input-event-codes.h>
#include <unistd.h>

guint lec_wayland_keysym(guint key) {
    static const guint16 named[][2] = {
        {KEY_ESC, XK_Escape},    {KEY_ENTER, XK_Return}, {KEY_KPENTER, XK_KP_Enter},
        {KEY_SPACE, XK_space},   {KEY_TAB, XK_Tab},      {KEY_BACKSPACE, XK_BackSpace},
        {KEY_DELETE, XK_Delete}, {KEY_UP, XK_Up},        {KEY_DOWN, XK_Down},
        {KEY_LEFT, XK_Left},     {KEY_RIGHT, XK_Right},  {KEY_F11, XK_F11},
        {KEY_F12, XK_F12},       {KEY_0, XK_0}};
    static const struct {
        guint first;
        const char *letters;
    } rows[] = {{KEY_Q, "qwertyuiop"}, {KEY_A, "asdfghjkl"}, {KEY_Z, "zxcvbnm"}};
    for (guint i = 0; i < G_N_ELEMENTS(named); i++)
        if (named[i][0] == key)
            return named[i][1];
    if (key >= KEY_1 && key <= KEY_9)
        return XK_1 + (key - KEY_1);
    if (key >= KEY_F1 && key <= KEY_F10)
        return XK_F1 + (key - KEY_F1);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        for (guint c = 0; rows[i].letters[c]; c++)
            if (key == rows[i].first + c)
                return (guint)rows[i].letters[c]; /* a Latin keysym is its character */
    return 0;
}

static void on_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd,
                      uint32_t size) {
    close(fd);
}

static void on_focus(void *data, struct wl_keyboard *keyboard, uint32_t serial,
                     struct wl_surface *surface, struct wl_array *keys) {
}

static void on_unfocus(void *data, struct wl_keyboard *keyboard, uint32_t serial,
                       struct wl_surface *surface) {
}

static void on_key(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time,
                   uint32_t key, uint32_t state) {
    LecWaylandSeat *self = data;
    guint keysym = lec_wayland_keysym(key);
    if (keysym && state == WL_KEYBOARD_KEY_STATE_PRESSED)
        self->on_key(keysym, self->user);
}

static void on_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial,
                         uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group) {
}

static const struct wl_keyboard_listener KEYBOARD = {.keymap = on_keymap,
                                                     .enter = on_focus,
                                                     .leave = on_unfocus,
                                                     .key = on_key,
                                                     .modifiers = on_modifiers};

static void on_enter(void *data, struct wl_pointer *pointer, uint32_t serial,
                     struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y) {
    wl_pointer_set_cursor(pointer, serial, NULL, 0, 0);
}

static void on_leave(void *data, struct wl_pointer *pointer, uint32_t serial,
                     struct wl_surface *surface) {
}

static void on_motion(void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x,
                      wl_fixed_t y) {
}

static void on_button(void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time,
                      uint32_t button, uint32_t state) {
}

static void on_axis(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis,
                    wl_fixed_t value) {
}

static const struct wl_pointer_listener POINTER = {.enter = on_enter,
                                                   .leave = on_leave,
                                                   .motion = on_motion,
                                                   .button = on_button,
                                                   .axis = on_axis};

static void on_capabilities(void *data, struct wl_seat *seat, uint32_t capabilities) {
    LecWaylandSeat *self = data;
    if ((capabilities & WL_SEAT_CAPABILITY_KEYBOARD) && !self->keyboard) {
        self->keyboard = wl_seat_get_keyboard(seat);
        wl_keyboard_add_listener(self->keyboard, &KEYBOARD, self);
    }
    if ((capabilities & WL_SEAT_CAPABILITY_POINTER) && !self->pointer) {
        self->pointer = wl_seat_get_pointer(seat);
        wl_pointer_add_listener(self->pointer, &POINTER, self);
    }
    if (!(capabilities & WL_SEAT_CAPABILITY_KEYBOARD))
        g_clear_pointer(&self->keyboard, wl_keyboard_destroy);
    if (!(capabilities & WL_SEAT_CAPABILITY_POINTER))
        g_clear_pointer(&self->pointer, wl_pointer_destroy);
}

static const struct wl_seat_listener SEAT = {.capabilities = on_capabilities};

void lec_wayland_seat_init(LecWaylandSeat *self, struct wl_seat *seat,
                           void (*key)(guint keysym, void *user), void *user) {
    *self = (LecWaylandSeat){.seat = seat, .on_key = key, .user = user};
    wl_seat_add_listener(seat, &SEAT, self);
}

void lec_wayland_seat_clear(LecWaylandSeat *self) {
    g_clear_pointer(&self->keyboard, wl_keyboard_destroy);
    g_clear_pointer(&self->pointer, wl_pointer_destroy);
    g_clear_pointer(&self->seat, wl_seat_destroy);
}
