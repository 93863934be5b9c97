/* A thread that sleeps and measures how late it wakes, and how much of the processors was idle. */
#include "tests/support/starved.h"

#include <glib.h>
#include <stdio.h>

#define TURN_US 5000
#define STALL_US 20000 /* half of what sound and picture may be apart */
#define IDLE_PERCENT 5

struct LecStarved {
    GThread *thread;
    gint over;
    gint64 stall_us; /* read once the thread has ended */
    guint64 idle, ticks;
};

/* What a host takes from a virtual machine is not idle. Both 0 where there is no such file. */
static void read_processors(guint64 *ret_idle, guint64 *ret_ticks) {
    g_autofree char *text = NULL;
    unsigned long long part[8] = {0};
    if (g_file_get_contents("/proc/stat", &text, NULL, NULL))
        sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &part[0], &part[1], &part[2],
               &part[3], &part[4], &part[5], &part[6], &part[7]);
    *ret_idle = part[3] + part[4];
    *ret_ticks = 0;
    for (guint i = 0; i < G_N_ELEMENTS(part); i++)
        *ret_ticks += part[i];
}

static gpointer stare(gpointer user) {
    LecStarved *self = user;
    while (!g_atomic_int_get(&self->over)) {
        const gint64 due_us = g_get_monotonic_time() + TURN_US;
        g_usleep(TURN_US); /* what is measured */
        self->stall_us = MAX(self->stall_us, g_get_monotonic_time() - due_us);
    }
    return NULL;
}

LecStarved *lec_starved_watch(void) {
    LecStarved *self = g_new0(LecStarved, 1);
    read_processors(&self->idle, &self->ticks);
    self->thread = g_thread_new("starved", stare, self);
    return self;
}

bool lec_starved_end(LecStarved *self) {
    guint64 idle, ticks;
    g_atomic_int_set(&self->over, 1);
    g_thread_join(self->thread);
    read_processors(&idle, &ticks);
    const guint64 percent = 100 * (idle - self->idle) / MAX(ticks - self->ticks, 1);
    const bool starved = self->stall_us > STALL_US || percent < IDLE_PERCENT;
    if (starved)
        g_test_message("the machine was short of time: %" G_GUINT64_FORMAT
                       " %% of the processors idle, a thread waited up to %.0f ms for one",
                       percent, (double)self->stall_us / 1000);
    g_free(self);
    return starved;
}
