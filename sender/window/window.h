/* The window: the step's page in it, its keys, and what it is called. */
#pragma once

#include <gtk/gtk.h>

#include "common/base/identity.h"
#include "sender/options.h"

typedef struct LecWindow LecWindow;

/* Freed when it is closed. options and identity are borrowed. */
LecWindow *lec_window_new(GtkApplication *application, const LecShareOptions *options,
                          const LecIdentity *identity);
/* To the front; target, which may be NULL, is filled in where a box is still to be chosen. */
void lec_window_present(LecWindow *self, const char *target);
void lec_window_close(LecWindow *self);
