/* Changes of the network, by GIO's monitor; addresses, by the rule that links use. */
#include "sender/roam.h"

#include "common/transport/interfaces.h"

#include <gio/gio.h>
#include <string.h>

#define SETTLE_MS 30 /* a link that goes down takes its routes with it, one by one */

struct LecRoam {
    void (*changed)(void *user);
    void *user;
    GNetworkMonitor *monitor; /* borrowed: there is one for the process */
    gulong handler;
    guint settling;
};

static gboolean on_settled(gpointer user) {
    LecRoam *self = user;
    self->settling = 0;
    self->changed(self->user);
    return G_SOURCE_REMOVE;
}

static void on_network_changed(GNetworkMonitor *monitor, gboolean available, gpointer user) {
    LecRoam *self = user;
    if (self->settling == 0)
        self->settling = g_timeout_add(SETTLE_MS, on_settled, self);
}

LecRoam *lec_roam_new(void (*changed)(void *user), void *user) {
    LecRoam *self = g_new0(LecRoam, 1);
    self->changed = changed;
    self->user = user;
    self->monitor = g_network_monitor_get_default();
    self->handler =
        g_signal_connect(self->monitor, "network-changed", G_CALLBACK(on_network_changed), self);
    return self;
}

void lec_roam_free(LecRoam *self) {
    if (!self)
        return;
    g_clear_signal_handler(&self->handler, self->monitor);
    g_clear_handle_id(&self->settling, g_source_remove);
    g_free(self);
}

/* "192.0.2.1" of "udp host 192.0.2.1:5000", and IPv6 likewise from within its brackets. */
static char *address_of(const char *candidate) {
    g_auto(GStrv) words = g_strsplit(candidate, " ", 4);
    if (g_strv_length(words) != 3 || strcmp(words[1], "host") != 0)
        return NULL;
    char *colon = strrchr(words[2], ':');
    if (!colon)
        return NULL;
    *colon = '\0';
    return g_strdup(g_strstrip(g_strdelimit(words[2], "[]", ' ')));
}

bool lec_roam_has_lost(const char *local_candidate) {
    g_autofree char *address = address_of(local_candidate);
    if (!address)
        return false;
    g_autoptr(GPtrArray) own = lec_interfaces_list(NULL, true);
    return !g_ptr_array_find_with_equal_func(own, address, g_str_equal, NULL);
}
