/* Our colours, light or dark as the system is set, none where it is set to high contrast. */
#pragma once

#include <gtk/gtk.h>

typedef struct LecAppearance LecAppearance;

LecAppearance *lec_appearance_new(GdkDisplay *display);
void lec_appearance_free(LecAppearance *self);
