/*
 * A display to show the composed picture on: x11, wayland, kms or none. Pixels are 32-bit
 * little-endian xRGB (BGRx in memory). The stage draws into the surface that begin() lends and says
 * with end() what changed. All on main.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_OUTPUT_ERROR (lec_output_error_quark())
GQuark lec_output_error_quark(void);

typedef enum {
    LEC_OUTPUT_ERROR_MISSING, /* no such display; the sentence says what to do */
    LEC_OUTPUT_ERROR_FAILED,
} LecOutputError;

typedef struct {
    guint x, y, width, height;
} LecRect;

typedef struct {
    guint8 *pixels;
    gsize stride; /* bytes */
    guint width, height;
    guint age; /* how many presents ago these pixels were shown: 1 the last picture, 0 unknown (draw
                  everything) */
} LecSurface;

typedef struct {
    void (*ready)(void *user);   /* after begin() said NULL: it can draw again */
    void (*resized)(void *user); /* new size; everything must be drawn */
    void (*presented)(
        gint64 when_us,
        void *user); /* the display took what end() handed over; end() itself may call it */
    void (*closed)(const GError *error,
                   void *user); /* the display went away, the output is dead; error may be NULL: the
                                   user closed the window */
    void (*key)(guint keysym,
                void *user); /* X keysym, for outputs that have a keyboard; may be NULL */
} LecOutputEvents;

typedef struct LecOutput LecOutput;
typedef struct {
    const char *name; /* "x11" */
    bool (*begin)(LecOutput *self,
                  LecSurface *ret); /* false: the display is still busy, ready() will come */
    /* What begin() lent has changed there (at least one rectangle). Without changes it need not be
     * called. */
    void (*end)(LecOutput *self, const LecRect *changed, guint n_changed);
    void (*get_size)(LecOutput *self, guint *ret_width, guint *ret_height);
    guint (*get_interval_us)(LecOutput *self); /* of a refresh; 0: unknown */
    void (*free)(LecOutput *self);             /* no event follows */
} LecOutputClass;
struct LecOutput {
    const LecOutputClass *klass;
};

typedef struct {
    guint width, height; /* of a window or of none; 0: the whole display */
    bool fullscreen;
    const char *title;
} LecOutputOptions;

/* kind: "auto" (wayland, x11, kms by what the environment has, never none), or a name. The only way
 * to make one. */
LecOutput *lec_output_open(const char *kind, const LecOutputOptions *options,
                           const LecOutputEvents *events, void *user, GError **error);
void lec_output_free(LecOutput *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecOutput, lec_output_free)
