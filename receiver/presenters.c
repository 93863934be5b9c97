/* The list of presenters, fed by the doors. */
#include "receiver/presenters.h"

#include "common/base/log-limit.h"
#include "common/base/log.h"
#include "signalling/payload.h"

typedef struct {
    LecPresenters *list;
    LecDoorPeer *peer; /* NULL once its session is gone */
    LecPresenter *presenter;
} Entry;

struct LecPresenters {
    LecHouse house;
    GPtrArray *entries; /* owned Entry */
    const LecPresentersEvents *events;
    void *user;
    guint tick;
    LecLogLimit failures; /* of strangers' calls */
};

static void entry_free(gpointer data) {
    Entry *self = data;
    lec_presenter_free(self->presenter);
    if (self->peer)
        lec_door_peer_set_data(self->peer, NULL);
    g_free(self);
}

static void on_send(LecPresenter *presenter, LecStanza *payload, void *user) {
    Entry *entry = user;
    if (entry->peer)
        lec_door_peer_send(entry->peer, payload);
    else
        lec_stanza_free(payload);
}

static LecPresenter *get(const LecPresenters *self, guint index) {
    return ((Entry *)g_ptr_array_index(self->entries, index))->presenter;
}

static void on_changed(LecPresenter *presenter, void *user) {
    Entry *entry = user;
    for (guint i = 0; i < entry->list->entries->len; i++)
        if (lec_presenter_is_replaced_by(get(entry->list, i), presenter))
            lec_presenter_replace(get(entry->list, i));
    entry->list->events->changed(entry->list->user);
}

static bool on_may_log(void *user) {
    Entry *entry = user;
    return lec_log_limit_may(&entry->list->failures, g_get_monotonic_time());
}

static void on_ended(LecPresenter *presenter, const char *sentence, void *user) {
    Entry *entry = user;
    LecPresenters *self = entry->list;
    if (sentence)
        self->events->say(sentence, self->user);
    const bool was_on = lec_presenter_is_on(presenter), lost = lec_presenter_is_lost(presenter);
    if (entry->peer)
        lec_door_peer_close(entry->peer);
    g_ptr_array_remove(self->entries, entry);
    if (was_on)
        lec_admission_left(self->house.admission, lost, g_get_monotonic_time());
    self->events->changed(self->user);
}

static const LecPresenterEvents presenter_events = {
    .send = on_send,
    .changed = on_changed,
    .may_log = on_may_log,
    .ended = on_ended,
};

/* The entry whose call goes on by this peer; NULL: nobody's. */
static Entry *find_resumed(const LecPresenters *self, const LecStanza *resume) {
    const char *sid = lec_payload_read_sid(resume);
    Entry *found = NULL;
    for (guint i = 0; sid && i < self->entries->len; i++)
        if (lec_presenter_is_called(get(self, i), sid))
            found = g_ptr_array_index(self->entries, i);
    return lec_presenter_may_resume(found ? found->presenter : NULL, resume) ? found : NULL;
}

/* A session that begins with a resume. */
static void resume(LecPresenters *self, LecDoorPeer *peer, const LecStanza *payload) {
    Entry *entry = find_resumed(self, payload);
    if (!entry || lec_presenter_is_shut_out(entry->presenter, peer)) {
        LecStanza *refused = lec_call_write_not_resumed(payload);
        if (lec_log_limit_may(&self->failures, g_get_monotonic_time()))
            lec_info("A call that %s wants to resume is not there, or not its own.",
                     lec_door_peer_get_source(peer));
        if (refused)
            lec_door_peer_send(peer, refused);
        lec_door_peer_close(peer);
        return;
    }
    if (entry->peer) { /* it is gone, and we have not heard of it */
        lec_door_peer_set_data(entry->peer, NULL);
        lec_door_peer_close(entry->peer);
    }
    entry->peer = peer;
    lec_door_peer_set_data(peer, entry);
    lec_door_peer_keep(peer);
    lec_presenter_receive(entry->presenter, payload);
}

void lec_presenters_receive(LecPresenters *self, LecDoorPeer *peer, const LecStanza *payload) {
    Entry *entry = lec_door_peer_get_data(peer);
    if (!entry && lec_call_is_resume(payload)) {
        resume(self, peer, payload);
        return;
    }
    if (!entry) {
        entry = g_new0(Entry, 1);
        entry->list = self;
        entry->peer = peer;
        entry->presenter = lec_presenter_new(&self->house, peer, &presenter_events, entry);
        lec_door_peer_set_data(peer, entry);
        g_ptr_array_add(self->entries, entry);
    }
    lec_presenter_receive(entry->presenter, payload);
    if (lec_presenter_is_on(entry->presenter))
        lec_door_peer_keep(peer);
}

void lec_presenters_gone(LecPresenters *self, LecDoorPeer *peer) {
    Entry *entry = lec_door_peer_get_data(peer);
    if (!entry)
        return;
    entry->peer = NULL;
    lec_presenter_gone(entry->presenter);
}

void lec_presenters_put_out(LecPresenters *self) {
    for (guint i = 0; i < self->entries->len; i++)
        lec_presenter_put_out(get(self, i));
}

/* ---- places ---- */

static guint on_count_away(void *user) {
    const LecPresenters *self = user;
    const gint64 now = g_get_monotonic_time();
    guint count = 0;
    for (guint i = 0; i < self->entries->len; i++)
        count += lec_presenter_get_away_since_us(get(self, i), now) > 0;
    return count;
}

static void on_yield(void *user) {
    const LecPresenters *self = user;
    const gint64 now = g_get_monotonic_time();
    LecPresenter *oldest = NULL;
    gint64 oldest_us = G_MAXINT64;
    for (guint i = 0; i < self->entries->len; i++) {
        const gint64 since_us = lec_presenter_get_away_since_us(get(self, i), now);
        if (since_us > 0 && since_us < oldest_us) {
            oldest = get(self, i);
            oldest_us = since_us;
        }
    }
    if (oldest)
        lec_presenter_yield(oldest);
}

static const LecAdmissionPlaces places = {.count_away = on_count_away, .yield = on_yield};

static gboolean on_tick(gpointer user) {
    LecPresenters *self = user;
    const gint64 now = g_get_monotonic_time();
    const guint left_out = lec_log_limit_take(&self->failures, now);
    if (left_out)
        lec_info("In the last minute %u more calls came to nothing.", left_out);
    if (lec_admission_tick(self->house.admission, now))
        self->events->changed(self->user);
    return G_SOURCE_CONTINUE;
}

LecPresenters *lec_presenters_new(const LecHouse *house, const LecPresentersEvents *events,
                                  void *user) {
    LecPresenters *self = g_new0(LecPresenters, 1);
    self->house = *house;
    self->events = events;
    self->user = user;
    self->entries = g_ptr_array_new_with_free_func(entry_free);
    self->tick = g_timeout_add_seconds(1, on_tick, self);
    lec_admission_set_places(house->admission, &places, self);
    return self;
}

void lec_presenters_free(LecPresenters *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->tick, g_source_remove);
    lec_admission_set_places(self->house.admission, NULL, NULL);
    for (guint i = 0; i < self->entries->len; i++)
        lec_presenter_end(get(self, i), LEC_CALL_END_BYE);
    g_ptr_array_unref(self->entries);
    g_free(self);
}
