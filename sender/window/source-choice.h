/* What to share: the whole screen or one of the windows; under Wayland the desktop itself asks. */
#pragma once

#include <gtk/gtk.h>
#include <stdbool.h>

typedef struct LecSourceChoice LecSourceChoice;

LecSourceChoice *lec_source_choice_new(void); /* freed with root */
GtkWidget *lec_source_choice_get_root(LecSourceChoice *self);
GtkWidget *lec_source_choice_get_focus(
    LecSourceChoice *self); /* NULL: there is nothing to choose */
/* Keeps the list of windows up to date; no more than while it is looked at. */
void lec_source_choice_set_watching(LecSourceChoice *self, bool watching);
/* As lec_capture_open() takes it. Borrowed until the list changes. */
const char *lec_source_choice_get(LecSourceChoice *self);
