/* Runs netcheck when there is trouble, and says what it found first. */
#include "receiver/cloud-why.h"

#include "common/base/i18n.h"
#include "common/base/log.h"

#include <string.h>

#define LOOK_EVERY_US (60 * G_USEC_PER_SEC)

struct LecCloudWhy {
    LecNetcheckConfig config;
    char *cloud;
    void (*changed)(void *user);
    void *user;
    LecNetcheck *check;
    guint burial;         /* source id */
    gint64 looked_us;     /* 0: never */
    const char *sentence; /* NULL: not known */
};

/* The check's name and what the display says where it has failed. */
static const struct {
    const char *name, *sentence;
} WHYS[] = {
    {"dns",
     N_("Ready on this network. The cloud's name is not found: the name service (DNS) fails.")},
    {"clock",
     N_("Ready on this network. The clock of this display is wrong, so the cloud cannot be "
        "trusted.")},
    {"https", N_("Ready on this network. The network does not let port 443 through to the cloud.")},
    {"certificate", N_("Ready on this network. Something on the network opens the encrypted "
                       "connection to the cloud.")},
    {"proxy", N_("Ready on this network. The proxy does not lead to the cloud.")},
};

static gboolean on_burial(gpointer user) {
    LecCloudWhy *self = user;
    self->burial = 0;
    g_clear_pointer(&self->check, lec_netcheck_free);
    return G_SOURCE_REMOVE;
}

static const char *find_why(const GPtrArray *results) {
    for (guint i = 0; i < results->len; i++) {
        const LecNetcheckResult *result = results->pdata[i];
        for (guint k = 0; k < G_N_ELEMENTS(WHYS); k++)
            if (result->state == LEC_NETCHECK_FAIL && strcmp(result->name, WHYS[k].name) == 0)
                return WHYS[k].sentence;
    }
    return NULL;
}

static void on_results(const GPtrArray *results, void *user) {
    LecCloudWhy *self = user;
    for (guint i = 0; i < results->len; i++) {
        const LecNetcheckResult *result = results->pdata[i];
        if (result->state == LEC_NETCHECK_FAIL)
            lec_warning("%s %s", result->sentence, result->advice ? result->advice : "");
    }
    self->burial = g_idle_add(on_burial, self);
    self->sentence = find_why(results);
    self->changed(self->user);
}

LecCloudWhy *lec_cloud_why_new(const LecNetcheckConfig *config, void (*changed)(void *user),
                               void *user) {
    LecCloudWhy *self = g_new0(LecCloudWhy, 1);
    self->config = *config;
    self->config.cloud = self->cloud = g_strdup(config->cloud);
    self->changed = changed;
    self->user = user;
    return self;
}

void lec_cloud_why_free(LecCloudWhy *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->burial, g_source_remove);
    g_clear_pointer(&self->check, lec_netcheck_free);
    g_free(self->cloud);
    g_free(self);
}

void lec_cloud_why_look(LecCloudWhy *self) {
    const gint64 now = g_get_monotonic_time();
    if (self->check || (self->looked_us && now - self->looked_us < LOOK_EVERY_US))
        return;
    self->looked_us = now;
    self->check = lec_netcheck_new(&self->config, on_results, self);
}

void lec_cloud_why_forget(LecCloudWhy *self) {
    self->sentence = NULL;
    self->looked_us = 0;
    g_clear_handle_id(&self->burial, g_source_remove);
    g_clear_pointer(&self->check, lec_netcheck_free);
}

const char *lec_cloud_why_get(const LecCloudWhy *self) {
    return self->sentence ? _(self->sentence) : NULL;
}
