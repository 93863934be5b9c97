/* A virtual X display of its own for a test: the real server, on a number that it picks itself. */
#pragma once

#include <gio/gio.h>

typedef struct {
    GSubprocess *process;
    char *name; /* ":97" */
} LecXvfb;

/* NULL, with a sentence for g_test_skip(), where there is no Xvfb or it does not start. */
LecXvfb *lec_xvfb_start(guint width, guint height, GError **error);
void lec_xvfb_kill(LecXvfb *self); /* at once, as a crash would */
void lec_xvfb_free(LecXvfb *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecXvfb, lec_xvfb_free)
