/*
 * For lines that strangers can cause at will: the first is written, and those of each minute after
 * it are only counted, for as long as they go on. Time is a parameter.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_LOG_LIMIT_US (60 * G_USEC_PER_SEC)

/* All zero: nothing was said yet. */
typedef struct {
    gint64 until_us; /* of the minute that runs; 0: none */
    guint left_out;
} LecLogLimit;

/* Whether this line is to be written; where not, it is counted. */
bool lec_log_limit_may(LecLogLimit *self, gint64 now_us);

/* Once a second or so: how many lines the minute that has ended left out, for one line that says
 * so; 0: no line is due. */
guint lec_log_limit_take(LecLogLimit *self, gint64 now_us);
