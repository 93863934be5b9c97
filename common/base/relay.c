/* STUN and TURN servers: a counted list that nobody changes. */
#include "common/base/relay.h"

struct LecRelays {
    gatomicrefcount references;
    guint count;
    LecRelay list[LEC_RELAYS_MAX];
};

LecRelays *lec_relays_new(const LecRelay *relays, guint count) {
    g_return_val_if_fail(count <= LEC_RELAYS_MAX, NULL);
    LecRelays *self = g_new0(LecRelays, 1);
    g_atomic_ref_count_init(&self->references);
    self->count = count;
    for (guint i = 0; i < count; i++) {
        self->list[i] = relays[i];
        self->list[i].host = g_strdup(relays[i].host);
        self->list[i].username = g_strdup(relays[i].username);
        self->list[i].password = g_strdup(relays[i].password);
    }
    return self;
}

LecRelays *lec_relays_ref(LecRelays *self) {
    g_atomic_ref_count_inc(&self->references);
    return self;
}

void lec_relays_unref(LecRelays *self) {
    if (!self || !g_atomic_ref_count_dec(&self->references))
        return;
    for (guint i = 0; i < self->count; i++) {
        g_free(self->list[i].host);
        g_free(self->list[i].username);
        g_free(self->list[i].password);
    }
    g_free(self);
}

guint lec_relays_count(const LecRelays *self) {
    return self->count;
}

const LecRelay *lec_relays_get(const LecRelays *self, guint index) {
    return index < self->count ? &self->list[index] : NULL;
}
