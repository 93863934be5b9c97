/* The receiver put together: makes its parts in order, joins them, and runs until it is told to
 * stop. */
#pragma once

#include "receiver/settings.h"

typedef struct LecApp LecApp;

/* settings is borrowed. */
LecApp *lec_app_new(const LecSettings *settings, const LecOptions *options, GError **error);

/* Until SIGINT, SIGTERM or the end of the display; false with error where something ended it that
 * should not have. */
bool lec_app_run(LecApp *self, GError **error);
void lec_app_free(LecApp *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecApp, lec_app_free)
