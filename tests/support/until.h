/* Runs the default main context until a condition holds, under a watchdog; the way to wait in a
 * test. */
#pragma once

#include <glib.h>

static inline gboolean lec_until_wake(gpointer data) {
    return G_SOURCE_CONTINUE;
}

#define LEC_UNTIL_WITHIN(seconds, condition)                                              \
    do {                                                                                  \
        gint64 give_up_us = g_get_monotonic_time() + (seconds)*G_USEC_PER_SEC;            \
        guint wake = g_timeout_add(20, lec_until_wake, NULL);                             \
        while (!(condition)) {                                                            \
            if (g_get_monotonic_time() > give_up_us)                                      \
                g_error("%s:%d: waited in vain for: %s", __FILE__, __LINE__, #condition); \
            g_main_context_iteration(NULL, TRUE);                                         \
        }                                                                                 \
        g_source_remove(wake);                                                            \
    } while (0)

#define LEC_UNTIL(condition) LEC_UNTIL_WITHIN(20, condition)
