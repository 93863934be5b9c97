/* Hosts' sessions: what they ask goes to the steering, what the room is and shows goes to them. */
#include "receiver/hosts.h"

#include <string.h>

#include "common/base/log-limit.h"
#include "common/base/log.h"
#include "receiver/json-read.h"
#include "receiver/json-write.h"
#include "receiver/preview.h"
#include "receiver/seats.h"
#include "signalling/steer.h"

#define PUSH_MS 250
#define ASKED_EVERY 3 /* ticks between previews that were asked for */
#define ACTIONS_A_SECOND 20
#define MAX_NUMBER ((G_GINT64_CONSTANT(1) << 53) - 1) /* what JavaScript counts to */
/* A host that reads slowly gets fewer previews, then fewer rooms; the door would end it at 64. */
#define PREVIEWS_UP_TO 8
#define ROOMS_UP_TO 32

typedef struct {
    LecHosts *list;
    LecDoorPeer *peer; /* NULL once its session is gone */
    LecSteer *steer;
    bool on, over, polite; /* polite: it said goodbye */
    char *room;            /* as it was told last */
    gint64 room_us;
    GHashTable *asked; /* seat id -> itself: previews wanted */
    GHashTable *seen;  /* seat id -> number of the picture previewed last */
    guint actions;     /* in this second */
} Host;

struct LecHosts {
    const LecHouse *house;
    LecSteering *steering;
    char *code;
    GPtrArray *hosts; /* owned Host */
    const LecHostsEvents *events;
    void *user;
    gint64 lost_us; /* when one was cut off; 0: none was */
    bool away;      /* since then for too long to be waited for */
    guint tick, ticks, push, burial;
    LecLogLimit failures; /* of strangers' sessions */
};

static void host_free(gpointer data) {
    Host *self = data;
    lec_steer_free(self->steer);
    g_hash_table_unref(self->asked);
    g_hash_table_unref(self->seen);
    g_free(self->room);
    g_free(self);
}

/* ---- to the hosts ---- */

static void say(Host *self, JsonBuilder *json) {
    g_autofree char *text = lec_json_print(json, false);
    const gsize len = strlen(text);
    if (len <= LEC_SEAL_MAX_TEXT_BYTES)
        lec_steer_send(self->steer, text, len);
    else
        lec_warning("What a host should be told is too long, and is left out.");
    explicit_bzero(text, len); /* it may hold a token */
}

static guint count_on(const LecHosts *self) {
    guint count = 0;
    for (guint i = 0; i < self->hosts->len; i++)
        count += ((const Host *)g_ptr_array_index(self->hosts, i))->on;
    return count;
}

static char *describe(const LecHosts *self) {
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    lec_json_begin_object(json, "room");
    lec_steering_describe(self->steering, count_on(self), json);
    json_builder_end_object(json);
    json_builder_end_object(json);
    return lec_json_print(json, false);
}

/* Where it has changed, or nothing was said for a breath. */
static void tell_room(Host *self, const char *room) {
    const gint64 now = g_get_monotonic_time();
    if (!self->on || !self->peer || lec_door_peer_count_unacknowledged(self->peer) > ROOMS_UP_TO ||
        (g_strcmp0(self->room, room) == 0 && now - self->room_us < LEC_STEER_BREATH_US))
        return;
    g_free(self->room);
    self->room = g_strdup(room);
    self->room_us = now;
    if (strlen(room) <= LEC_SEAL_MAX_TEXT_BYTES)
        lec_steer_send(self->steer, room, strlen(room));
}

static gboolean on_push(gpointer user) {
    LecHosts *self = user;
    self->push = 0;
    g_autofree char *room = describe(self);
    for (guint i = 0; i < self->hosts->len; i++)
        tell_room(g_ptr_array_index(self->hosts, i), room);
    return G_SOURCE_REMOVE;
}

void lec_hosts_note(LecHosts *self) {
    if (!self->push && count_on(self) > 0)
        self->push = g_timeout_add(PUSH_MS, on_push, self);
}

/* ---- previews ---- */

static bool wants_preview(const Host *self, const LecSeat *seat, guint ticks) {
    const gpointer id = GUINT_TO_POINTER(lec_seat_get_id(seat));
    if (!self->on || !self->peer ||
        lec_door_peer_count_unacknowledged(self->peer) > PREVIEWS_UP_TO ||
        GPOINTER_TO_UINT(g_hash_table_lookup(self->seen, id)) == lec_seat_count_pictures(seat))
        return false;
    return lec_seat_get_state(seat) == LEC_SEAT_HELD ||
           (ticks % ASKED_EVERY == 0 && g_hash_table_contains(self->asked, id));
}

static JsonBuilder *describe_preview(const LecSeat *seat, GBytes *jpeg) {
    const LecFrame *picture = lec_seat_get_picture(seat);
    gsize len = 0;
    const guint8 *data = g_bytes_get_data(jpeg, &len);
    g_autofree char *base64 = g_base64_encode(data, len);
    JsonBuilder *json = json_builder_new();
    json_builder_begin_object(json);
    lec_json_begin_object(json, "preview");
    lec_json_add_count(json, "presenter", lec_seat_get_id(seat));
    lec_json_add_count(json, "width", picture->width);
    lec_json_add_count(json, "height", picture->height);
    lec_json_add_text(json, "jpeg", base64);
    json_builder_end_object(json);
    json_builder_end_object(json);
    return json;
}

/* One picture is made small once, whoever wants it. */
static void preview(LecHosts *self, const LecSeat *seat) {
    g_autoptr(JsonBuilder) json = NULL;
    for (guint i = 0; i < self->hosts->len; i++) {
        Host *host = g_ptr_array_index(self->hosts, i);
        if (!wants_preview(host, seat, self->ticks))
            continue;
        if (!json) {
            g_autoptr(GError) error = NULL;
            g_autoptr(GBytes) jpeg = lec_preview_make(lec_seat_get_picture(seat), LEC_PREVIEW_WIDTH,
                                                      LEC_PREVIEW_HEIGHT, &error);
            if (!jpeg) {
                lec_debug("No preview: %s", error->message);
                return;
            }
            json = describe_preview(seat, jpeg);
        }
        g_hash_table_insert(host->seen, GUINT_TO_POINTER(lec_seat_get_id(seat)),
                            GUINT_TO_POINTER(lec_seat_count_pictures(seat)));
        say(host, json);
    }
}

/* ---- from the hosts ---- */

static gboolean is_of_nobody(gpointer id, gpointer value, gpointer seats) {
    return lec_seats_find(seats, GPOINTER_TO_UINT(id)) == NULL;
}

/* Who has left is asked for no more: the places are for those who are there. */
static void forget_the_gone(Host *self) {
    g_hash_table_foreach_remove(self->asked, is_of_nobody, self->list->house->seats);
    g_hash_table_foreach_remove(self->seen, is_of_nobody, self->list->house->seats);
}

static bool ask_preview(Host *self, JsonObject *action, GError **error) {
    gint64 id = 0;
    bool on = false;
    if (!lec_json_get_int(action, "presenter", 1, G_MAXUINT, &id, error) ||
        !lec_json_get_bool(action, "on", &on, error))
        return false;
    const gpointer key = GUINT_TO_POINTER((guint)id);
    if (!on) {
        g_hash_table_remove(self->asked, key);
        return true;
    }
    if (!lec_seats_find(self->list->house->seats, (guint)id)) {
        g_set_error(error, LEC_STEERING_ERROR, LEC_STEERING_ERROR_NO_PRESENTER,
                    "That presenter is not here any more.");
        return false;
    }
    if (g_hash_table_size(self->asked) >= LEC_STAGE_MAX_TILES) {
        g_set_error(error, LEC_STEERING_ERROR, LEC_STEERING_ERROR_MANY_PREVIEWS,
                    "There are too many previews. Close one first.");
        return false;
    }
    g_hash_table_insert(self->asked, key, key);
    g_hash_table_remove(self->seen, key);
    return true;
}

static bool act(Host *self, JsonObject *action, JsonBuilder *answer, GError **error) {
    const char *name = lec_json_get_text(action, "do", 32, error);
    if (!name)
        return false;
    if (strcmp(name, "here") == 0)
        return true;
    if (++self->actions > ACTIONS_A_SECOND) {
        g_set_error(error, LEC_STEERING_ERROR, LEC_STEERING_ERROR_TOO_FAST,
                    "That was too much at once. Try again.");
        return false;
    }
    if (strcmp(name, "preview") == 0)
        return ask_preview(self, action, error);
    return lec_steering_do(self->list->steering, action, answer, error);
}

static void on_text(const char *text, gsize len, void *user) {
    Host *self = user;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) action = lec_json_read(text, len, &error);
    gint64 number = 0;
    if (!action || !lec_json_get_int(action, "n", 0, MAX_NUMBER, &number, &error)) {
        lec_info("A host said what is no action: %s", error->message);
        lec_steer_hang_up(self->steer, LEC_STEER_END_PROTOCOL);
        return;
    }
    g_autoptr(JsonBuilder) done = json_builder_new();
    json_builder_begin_object(done);
    lec_json_add_count(done, "done", number);
    if (act(self, action, done, &error)) {
        json_builder_end_object(done);
        say(self, done);
        return;
    }
    g_autoptr(JsonBuilder) failed = json_builder_new();
    json_builder_begin_object(failed);
    lec_json_add_count(failed, "failed", number);
    lec_json_add_text(failed, "reason", lec_steering_error_word(error));
    lec_json_add_text(failed, "why", error->message);
    json_builder_end_object(failed);
    say(self, failed);
}

/* ---- sessions ---- */

static void on_send(LecStanza *payload, void *user) {
    Host *self = user;
    if (self->peer)
        lec_door_peer_send(self->peer, payload);
    else
        lec_stanza_free(payload);
}

static LecSteerEnd on_may_prove(guint *ret_retry_after_s, void *user) {
    Host *self = user;
    LecAdmission *admission = self->list->house->admission;
    const char *source = lec_door_peer_get_source(self->peer);
    const gint64 now = g_get_monotonic_time();
    /* Before the places: who is locked out learns nothing of what goes on inside. */
    if (lec_admission_is_locked(admission, source, NULL, now, ret_retry_after_s))
        return LEC_STEER_END_LOCKED;
    if (count_on(self->list) >= LEC_HOSTS_MAX)
        return LEC_STEER_END_BUSY;
    return lec_admission_begin_proof(admission, source, NULL, now, ret_retry_after_s)
               ? LEC_STEER_END_BYE
               : LEC_STEER_END_LOCKED;
}

static void on_proved(bool success, void *user) {
    Host *self = user;
    const char *source = lec_door_peer_get_source(self->peer);
    lec_admission_end_proof(self->list->house->admission, source, NULL, success,
                            g_get_monotonic_time());
    if (success)
        lec_info("A host at %s is on.", source);
    else
        lec_warning("A wrong host code came from %s.", source);
    self->list->events->changed(self->list->user);
}

static void on_open(void *user) {
    Host *self = user;
    self->on = true;
    self->list->lost_us = 0;
    lec_door_peer_keep(self->peer);
    self->list->events->changed(self->list->user);
    g_autofree char *room = describe(self->list);
    tell_room(self, room);
    lec_hosts_note(self->list); /* the others see that there is one more */
}

/* On the loop, never inside a call of a host's own. */
static gboolean bury(gpointer user) {
    LecHosts *self = user;
    self->burial = 0;
    for (guint i = self->hosts->len; i-- > 0;) {
        Host *host = g_ptr_array_index(self->hosts, i);
        if (!host->over)
            continue;
        if (host->peer) {
            lec_door_peer_set_data(host->peer, NULL);
            lec_door_peer_close(host->peer);
        }
        g_ptr_array_remove_index_fast(self->hosts, i);
    }
    self->events->changed(self->user);
    lec_hosts_note(self);
    return G_SOURCE_REMOVE;
}

static void note_lost(LecHosts *self) {
    self->lost_us = g_get_monotonic_time();
    self->away = false;
}

/* The peer may be gone by now. */
static void log_failure(Host *self, LecSteerEnd end) {
    if (lec_log_limit_may(&self->list->failures, g_get_monotonic_time()))
        lec_info("Somebody at %s did not become a host: %s.",
                 self->peer ? lec_door_peer_get_source(self->peer) : "an address that is gone",
                 lec_steer_end_word(end));
}

static void on_ended(LecSteerEnd end, guint retry_after_s, void *user) {
    Host *self = user;
    LecHosts *list = self->list;
    if (self->on) {
        lec_info("A host has gone: %s.", lec_steer_end_word(end));
        if (end == LEC_STEER_END_GONE || end == LEC_STEER_END_TIMEOUT)
            note_lost(list);
    } else {
        log_failure(self, end);
    }
    self->on = false;
    self->over = true;
    if (!list->burial)
        list->burial = g_idle_add_full(G_PRIORITY_DEFAULT, bury, list, NULL);
}

static const LecSteerEvents steer_events = {
    .send = on_send,
    .may_prove = on_may_prove,
    .proved = on_proved,
    .open = on_open,
    .text = on_text,
    .ended = on_ended,
};

static Host *host_new(LecHosts *list, LecDoorPeer *peer) {
    Host *self = g_new0(Host, 1);
    self->list = list;
    self->peer = peer;
    self->asked = g_hash_table_new(NULL, NULL);
    self->seen = g_hash_table_new(NULL, NULL);
    self->steer = lec_steer_new_box(list->house->box_name, list->code, &steer_events, self,
                                    g_get_monotonic_time());
    g_ptr_array_add(list->hosts, self);
    lec_door_peer_set_data(peer, self);
    return self;
}

void lec_hosts_receive(LecHosts *self, LecDoorPeer *peer, const LecStanza *payload) {
    Host *host = lec_door_peer_get_data(peer);
    if (!host)
        host = host_new(self, peer);
    lec_steer_receive(host->steer, payload, g_get_monotonic_time());
}

void lec_hosts_gone(LecHosts *self, LecDoorPeer *peer) {
    Host *host = lec_door_peer_get_data(peer);
    if (!host)
        return;
    host->peer = NULL;
    lec_steer_hang_up(host->steer, LEC_STEER_END_GONE);
}

guint lec_hosts_count(const LecHosts *self) {
    return count_on(self) + (self->lost_us != 0);
}

bool lec_hosts_answer(const LecHosts *self) {
    return count_on(self) > 0 || (self->lost_us != 0 && !self->away);
}

/* ---- the clock ---- */

static void forget_lost(LecHosts *self, gint64 now) {
    const gint64 lost_for_us = self->lost_us ? now - self->lost_us : 0;
    const bool over = lost_for_us >= LEC_HOSTS_GRACE_US;
    const bool goes_away = !self->away && lost_for_us >= LEC_HOSTS_AWAY_US;
    if (over)
        self->lost_us = 0;
    self->away = self->away || goes_away;
    if (over || goes_away)
        self->events->changed(self->user);
}

static gboolean on_tick(gpointer user) {
    LecHosts *self = user;
    const gint64 now = g_get_monotonic_time();
    self->ticks++;
    for (guint i = 0; i < self->hosts->len; i++) {
        Host *host = g_ptr_array_index(self->hosts, i);
        host->actions = 0;
        forget_the_gone(host);
        lec_steer_tick(host->steer, now);
    }
    forget_lost(self, now);
    const guint left_out = lec_log_limit_take(&self->failures, now);
    if (left_out)
        lec_info("In the last minute %u more did not become hosts.", left_out);
    if (count_on(self) == 0)
        return G_SOURCE_CONTINUE;
    for (guint i = 0; i < lec_seats_count(self->house->seats); i++) {
        const LecSeat *seat = lec_seats_get(self->house->seats, i);
        if (lec_seat_get_picture(seat))
            preview(self, seat);
    }
    lec_hosts_note(self);
    return G_SOURCE_CONTINUE;
}

LecHosts *lec_hosts_new(const LecHouse *house, LecSteering *steering, const char *code,
                        const LecHostsEvents *events, void *user) {
    LecHosts *self = g_new0(LecHosts, 1);
    self->house = house;
    self->steering = steering;
    self->code = g_strdup(code);
    if (code)
        lec_log_add_secret(code);
    self->events = events;
    self->user = user;
    self->hosts = g_ptr_array_new_with_free_func(host_free);
    self->tick = g_timeout_add_seconds(1, on_tick, self);
    return self;
}

void lec_hosts_free(LecHosts *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->tick, g_source_remove);
    g_clear_handle_id(&self->push, g_source_remove);
    for (guint i = 0; i < self->hosts->len; i++) {
        Host *host = g_ptr_array_index(self->hosts, i);
        lec_steer_hang_up(host->steer, LEC_STEER_END_BYE);
        if (host->peer)
            lec_door_peer_set_data(host->peer, NULL);
    }
    g_clear_handle_id(&self->burial, g_source_remove);
    g_ptr_array_unref(self->hosts);
    if (self->code) {
        lec_log_remove_secret(self->code);
        explicit_bzero(self->code, strlen(self->code));
    }
    g_free(self->code);
    g_free(self);
}
