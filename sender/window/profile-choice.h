/* What matters most where the network cannot carry everything: three choices, a sentence each. */
#pragma once

#include <gtk/gtk.h>

#include "sender/window/steps.h"

typedef struct LecProfileChoice LecProfileChoice;

/* Tells steps of the choice. Freed with root. */
LecProfileChoice *lec_profile_choice_new(LecSteps *steps);
GtkWidget *lec_profile_choice_get_root(LecProfileChoice *self);
void lec_profile_choice_update(LecProfileChoice *self, const LecView *view);
