/* Routes each session of a door by the namespace of its first payload. */
#include "receiver/doors.h"

#include "signalling/steer.h"

#include <string.h>

typedef enum { UNKNOWN, CALLER, HOST } Kind;

struct LecDoors {
    LecPresenters *presenters;
    LecHosts *hosts;
    GHashTable *kinds; /* LecDoorPeer, borrowed -> Kind */
    LecDoorLocal *local;
};

static Kind kind_of(const LecDoors *self, const LecDoorPeer *peer) {
    return GPOINTER_TO_UINT(g_hash_table_lookup(self->kinds, peer));
}

void lec_doors_payload(LecDoors *self, LecDoorPeer *peer, const LecStanza *payload) {
    const Kind said = strcmp(lec_stanza_get_ns(payload), LEC_HOST_NS) == 0 ? HOST : CALLER;
    if (kind_of(self, peer) == UNKNOWN)
        g_hash_table_insert(self->kinds, peer, GUINT_TO_POINTER(said));
    if (kind_of(self, peer) != said)
        lec_door_peer_close(peer); /* nobody who is honest is both in one session */
    else if (said == HOST)
        lec_hosts_receive(self->hosts, peer, payload);
    else
        lec_presenters_receive(self->presenters, peer, payload);
}

void lec_doors_gone(LecDoors *self, LecDoorPeer *peer) {
    const Kind kind = kind_of(self, peer);
    g_hash_table_remove(self->kinds, peer);
    if (kind == HOST)
        lec_hosts_gone(self->hosts, peer);
    else if (kind == CALLER)
        lec_presenters_gone(self->presenters, peer);
}

static void on_payload(LecDoorPeer *peer, const LecStanza *payload, void *user) {
    lec_doors_payload(user, peer, payload);
}

static void on_gone(LecDoorPeer *peer, void *user) {
    lec_doors_gone(user, peer);
}

static const LecDoorEvents door_events = {.payload = on_payload, .gone = on_gone};

LecDoors *lec_doors_new(LecHttpsServer *server, LecPresenters *presenters, LecHosts *hosts) {
    LecDoors *self = g_new0(LecDoors, 1);
    self->presenters = presenters;
    self->hosts = hosts;
    self->kinds = g_hash_table_new(NULL, NULL);
    self->local = lec_door_local_new(server, &door_events, self);
    return self;
}

void lec_doors_free(LecDoors *self) {
    if (!self)
        return;
    g_clear_pointer(&self->local, lec_door_local_free);
    g_hash_table_unref(self->kinds);
    g_free(self);
}
