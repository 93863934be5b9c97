/* What the person at the terminal is told: one sentence a step, and one line that is kept up to
 * date while sharing. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct LecProgress LecProgress;

/* Writes to standard error. */
LecProgress *lec_progress_new(void);
void lec_progress_free(LecProgress *self); /* ends the line that is being kept */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecProgress, lec_progress_free)

void lec_progress_step(LecProgress *self, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Replaces the line at a terminal; elsewhere only the first of a row is written, so that logs stay
 * short. */
void lec_progress_keep(LecProgress *self, const char *format, ...) G_GNUC_PRINTF(2, 3);
