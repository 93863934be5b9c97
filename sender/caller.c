/* Dial, call and link of one sharing. */
#include "sender/caller.h"

#include <gio/gio.h>

#include "common/base/i18n.h"
#include "common/base/log.h"
#include "sender/detour.h"
#include "sender/roam.h"
#include "signalling/call-timer.h"
#include "signalling/dial-soup.h"

#define DIAL_TIMEOUT_MS 5000
#define REDIAL_TIMEOUT_MS 2000
#define REDIAL_EVERY_MS 500
#define REDIAL_MOST_MS 8000      /* to a cloud, which may be gone for long */
#define SILENCE_US (1500 * 1000) /* the box says something every second */
#define MOVE_EVERY_US (3 * G_USEC_PER_SEC)
#define VIDEO 0u
#define AUDIO 1u

struct LecCaller {
    const LecIdentity *identity;
    LecTransport *transport;
    const LecCallerEvents *events;
    void *user;
    bool audio;
    bool loopback;
    const LecPlace *place;
    LecRelays *relays;      /* the cloud's newest; NULL: none */
    gint64 greeting_due_us; /* not before */
    guint greeting;         /* source id */
    bool heard;             /* of the box */
    char *box_name;
    LecDial *dial;
    guint redial;  /* source id */
    guint redials; /* in vain */
    LecRoam *roam; /* once media have flowed */
    LecDetour detour;
    gint64 moved_us;     /* when the last move began */
    bool restart_due;    /* once the call is on its new session */
    guint restart_later; /* source id */
    bool astray;
    guint telling; /* source id: that it is, or is not */
    char local_candidate[LEC_LINK_CANDIDATE_SIZE];
    LecCall *call;
    LecCallTimer *timer;
    LecLink *link;
    LecMediaParams *offer;
    LecMediaParams *answer;
    guint ending;
    LecCallerEnd end;
    char *sentence;
    bool connected;
};

/* ---- the end ---- */

static gboolean on_ending(gpointer user) {
    LecCaller *self = user;
    self->ending = 0;
    g_autofree char *sentence = g_steal_pointer(&self->sentence); /* ended() frees self */
    self->events->ended(self->end, sentence, self->user);
    return G_SOURCE_REMOVE;
}

static void end_soon(LecCaller *self, LecCallerEnd end, const char *sentence) {
    if (self->ending)
        return;
    self->end = end;
    self->sentence = g_strdup(sentence);
    self->ending = g_idle_add_full(G_PRIORITY_DEFAULT, on_ending, self, NULL);
}

static LecCallerEnd judge(const LecCaller *self, LecCallEnd end) {
    switch (end) {
    case LEC_CALL_END_BYE:
        return LEC_CALLER_STOPPED;
    case LEC_CALL_END_DENIED:
        return LEC_CALLER_DENIED;
    case LEC_CALL_END_LOCKED:
    case LEC_CALL_END_BUSY:
    case LEC_CALL_END_REVOKED:
    case LEC_CALL_END_DECLINED:
    case LEC_CALL_END_VERSION:
    case LEC_CALL_END_IMPOSTOR:
    case LEC_CALL_END_PROTOCOL:
        return LEC_CALLER_REFUSED;
    case LEC_CALL_END_TIMEOUT:
    case LEC_CALL_END_GONE:
    case LEC_CALL_END_MEDIA:
        return self->connected ? LEC_CALLER_LOST : LEC_CALLER_UNREACHABLE;
    }
    return LEC_CALLER_LOST;
}

static void on_call_ended(LecCallEnd end, guint retry_after_s, void *user) {
    LecCaller *self = user;
    g_autofree char *sentence =
        end == LEC_CALL_END_LOCKED && retry_after_s > 0
            ? g_strdup_printf(_("%s Try again in %u s."), lec_call_end_sentence(end), retry_after_s)
            : g_strdup(lec_call_end_sentence(end));
    end_soon(self, judge(self, end), sentence);
}

/* ---- the link ---- */

static const LecMediaSection *find(const LecMediaParams *params, LecMediaKind kind) {
    for (guint i = 0; i < params->n_sections; i++)
        if (params->sections[i].kind == kind && params->sections[i].n_codecs > 0 &&
            params->sections[i].direction != LEC_MEDIA_INACTIVE)
            return &params->sections[i];
    return NULL;
}

/* ---- moving ---- */

static void restart(LecCaller *self);

static gboolean on_restart_later(gpointer user) {
    LecCaller *self = user;
    self->restart_later = 0;
    restart(self);
    return G_SOURCE_REMOVE;
}

/* Looks for other paths: through the door that we have. */
static void restart(LecCaller *self) {
    const gint64 now = g_get_monotonic_time();
    g_clear_handle_id(&self->restart_later, g_source_remove);
    if (!lec_call_is_up(self->call) || lec_call_is_parted(self->call))
        return; /* it comes with the next session */
    if (!lec_call_can_restart(self->call, now)) {
        self->restart_later = g_timeout_add_seconds(1, on_restart_later, self);
        return;
    }
    self->restart_due = false;
    lec_link_restart(self->link);
    lec_link_describe(self->link, self->offer);
    lec_call_restart(self->call, self->offer, now);
}

static void on_resumed(void *user) {
    LecCaller *self = user;
    lec_debug("The call goes on by another session.");
    if (self->restart_due)
        restart(self);
}

static void on_restarted(const LecMediaParams *answer, void *user) {
    LecCaller *self = user;
    g_autoptr(GError) error = NULL;
    if (!lec_link_restart_remote(self->link, answer, &error))
        lec_warning("The box's new paths cannot be used: %s.", error->message);
}

static void open_door(LecCaller *self);

static gboolean on_redial(gpointer user) {
    LecCaller *self = user;
    self->redial = 0;
    g_clear_pointer(&self->dial, lec_dial_free);
    if (lec_call_is_parted(self->call))
        open_door(self);
    return G_SOURCE_REMOVE;
}

/* The session is gone, or on a network that is: another one is opened. */
static void leave_door(LecCaller *self, guint redial_ms) {
    lec_call_part(self->call, g_get_monotonic_time());
    lec_call_timer_update(self->timer);
    g_clear_handle_id(&self->redial, g_source_remove);
    if (!self->ending)
        self->redial = g_timeout_add(redial_ms, on_redial, self);
}

/* The network has changed under us. The session may be as dead as the media, and not know it. */
static void move(LecCaller *self) {
    if (!self->connected || !lec_call_is_up(self->call))
        return;
    lec_debug("The network has changed: the call moves.");
    self->moved_us = g_get_monotonic_time();
    self->restart_due = true;
    leave_door(self, 0);
}

static void on_network_changed(void *user) {
    LecCaller *self = user;
    if (self->astray || lec_call_is_parted(self->call) || lec_roam_has_lost(self->local_candidate))
        move(self);
}

static gboolean on_telling(gpointer user) {
    LecCaller *self = user;
    self->telling = 0;
    (self->astray ? self->events->astray : self->events->found)(self->user);
    return G_SOURCE_REMOVE;
}

static void look_for_silence(LecCaller *self, const LecLinkStats *stats) {
    const bool silent = stats->silence_us >= SILENCE_US;
    if (silent && g_get_monotonic_time() - self->moved_us >= MOVE_EVERY_US)
        move(self);
    if (silent == self->astray)
        return;
    self->astray = silent;
    if (self->telling == 0)
        self->telling = g_idle_add_full(G_PRIORITY_DEFAULT, on_telling, self, NULL);
}

static void on_link_state(LecLinkState state, const GError *error, void *user) {
    LecCaller *self = user;
    if (state == LEC_LINK_CONNECTED && !self->connected) {
        self->connected = true;
        self->roam = lec_roam_new(on_network_changed, self);
        const LecMediaSection *audio = find(self->answer, LEC_MEDIA_AUDIO);
        self->events->connected(&self->offer->sections[VIDEO],
                                audio ? &self->offer->sections[AUDIO] : NULL, self->user);
    } else if (state == LEC_LINK_FAILED) {
        end_soon(self,
                 error->code == LEC_LINK_ERROR_FINGERPRINT ? LEC_CALLER_REFUSED
                 : error->code == LEC_LINK_ERROR_CLOSED    ? LEC_CALLER_STOPPED
                 : self->connected                         ? LEC_CALLER_LOST
                                                           : LEC_CALLER_UNREACHABLE,
                 error->message);
        lec_call_hang_up(self->call, LEC_CALL_END_MEDIA);
    }
}

static void on_link_candidate(const LecCandidate *candidate, void *user) {
    LecCaller *self = user;
    lec_call_send_candidate(self->call, candidate);
}

static void on_link_keyframe(guint section, void *user) {
    LecCaller *self = user;
    if (section == VIDEO)
        self->events->keyframe_request(self->user);
}

static void on_link_estimate(guint32 kbps, void *user) {
    LecCaller *self = user;
    self->events->estimate(kbps, self->user);
}

static void on_link_stats(const LecLinkStats *stats, void *user) {
    LecCaller *self = user;
    g_strlcpy(self->local_candidate, stats->local_candidate, sizeof self->local_candidate);
    look_for_silence(self, stats);
    if (self->place->number && !self->astray) {
        lec_call_linger(self->call, g_get_monotonic_time());
        lec_call_timer_update(self->timer);
    }
    if (lec_detour_is_due(&self->detour, stats, g_get_monotonic_time()))
        restart(self);
    self->events->stats(stats, self->user);
}

static const LecLinkEvents link_events = {
    .on_state = on_link_state,
    .on_candidate = on_link_candidate,
    .on_keyframe_request = on_link_keyframe,
    .on_estimate = on_link_estimate,
    .on_stats = on_link_stats,
};

/* ---- the call ---- */

static void on_send(LecStanza *payload, void *user) {
    LecCaller *self = user;
    if (self->dial)
        lec_dial_send(self->dial, payload);
    else
        lec_stanza_free(payload);
}

static guint32 random_ssrc(void) {
    return (guint32)g_random_int_range(1, G_MAXINT32);
}

static void describe_sections(LecCaller *self, LecMediaParams *offer) {
    offer->sections[VIDEO] = (LecMediaSection){
        .kind = LEC_MEDIA_VIDEO,
        .direction = LEC_MEDIA_SENDONLY,
        .mid = "0",
        .codecs = {{.codec = LEC_CODEC_H264,
                    .payload_type = 96,
                    .rtx_payload_type = 97,
                    .clock_rate = 90000,
                    .fmtp =
                        "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e02a",
                    .nack = true,
                    .pli = true,
                    .transport_cc = true}},
        .n_codecs = 1,
        .transport_cc_id = 1,
        .mid_id = 2,
        .ssrc = random_ssrc(),
        .rtx_ssrc = random_ssrc(),
    };
    offer->n_sections = 1;
    if (!self->audio)
        return;
    offer->sections[AUDIO] = (LecMediaSection){
        .kind = LEC_MEDIA_AUDIO,
        .direction = LEC_MEDIA_SENDONLY,
        .mid = "1",
        .codecs = {{.codec = LEC_CODEC_OPUS,
                    .payload_type = 111,
                    .clock_rate = 48000,
                    .channels = 2,
                    .fmtp = "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1",
                    .transport_cc = true}},
        .n_codecs = 1,
        .transport_cc_id = 1,
        .mid_id = 2,
        .ssrc = random_ssrc(),
    };
    offer->n_sections = 2;
}

static void make_offer(LecCaller *self) {
    const LecLinkConfig config = {
        .identity = self->identity,
        .controlling = true,
        .setup = LEC_SETUP_ACTPASS,
        .loopback = self->loopback,
        .local_only = self->place->local_only,
        .relays = self->relays,
        .proxy = self->place->proxy,
        .anchors = self->place->anchors,
        .grace_ms = LEC_CALL_PARTED_S * 1000,
    };
    self->link = lec_link_new(self->transport, &config, &link_events, self);
    self->offer = lec_media_params_new();
    describe_sections(self, self->offer);
    lec_link_describe(self->link, self->offer);
}

static void tell_heard(LecCaller *self) {
    if (self->heard)
        return;
    self->heard = true;
    self->events->answered(self->user);
}

static void prove(LecCaller *self, const char *pin) {
    if (!self->link)
        make_offer(self);
    lec_call_prove(self->call, pin, self->offer, g_get_monotonic_time());
    lec_call_timer_update(self->timer);
}

static void on_challenge(LecCallAsk ask, const LecCallPeer *box, void *user) {
    LecCaller *self = user;
    tell_heard(self);
    g_free(self->box_name);
    self->box_name = g_strdup(box->name);
    if (ask == LEC_CALL_ASK_PIN) {
        self->events->pin_needed(self->box_name, self->user);
        return;
    }
    if (ask == LEC_CALL_ASK_NOTHING)
        self->events->unproved(self->box_name, self->user);
    prove(self, NULL);
}

static void on_wait(const char *sas, void *user) {
    LecCaller *self = user;
    self->events->waiting(sas, self->user);
}

static void on_answer(const LecMediaParams *answer, void *user) {
    LecCaller *self = user;
    g_autoptr(GError) error = NULL;
    self->answer = lec_media_params_copy(answer);
    self->events->joined(self->box_name, self->user);
    if (!find(answer, LEC_MEDIA_VIDEO)) {
        end_soon(self, LEC_CALLER_REFUSED,
                 _("The box takes no picture that this machine can encode."));
        lec_call_hang_up(self->call, LEC_CALL_END_MEDIA);
    } else if (!lec_link_start(self->link, self->offer, self->answer, &error)) {
        end_soon(self, LEC_CALLER_REFUSED, error->message);
        lec_call_hang_up(self->call, LEC_CALL_END_MEDIA);
    }
}

static void on_report(const LecCallReport *report, void *user) {
    LecCaller *self = user;
    self->events->report(report, self->user);
}

static void on_candidate(const LecCandidate *candidate, void *user) {
    LecCaller *self = user;
    if (self->link)
        lec_link_add_candidate(self->link, candidate);
}

static const LecCallEvents call_events = {
    .send = on_send,
    .challenge = on_challenge,
    .wait = on_wait,
    .answer = on_answer,
    .report = on_report,
    .restarted = on_restarted,
    .resumed = on_resumed,
    .candidate = on_candidate,
    .ended = on_call_ended,
};

/* ---- the dialler ---- */

static void greet(LecCaller *self) {
    lec_call_dial(self->call, g_get_monotonic_time());
    lec_call_timer_update(self->timer);
}

static gboolean on_greeting(gpointer user) {
    LecCaller *self = user;
    self->greeting = 0;
    greet(self);
    return G_SOURCE_REMOVE;
}

static void on_dial_ready(void *user) {
    LecCaller *self = user;
    const gint64 now = g_get_monotonic_time();
    self->redials = 0;
    if (lec_call_is_parted(self->call)) {
        lec_call_resume(self->call, now);
        lec_call_timer_update(self->timer);
    } else if (now < self->greeting_due_us) {
        self->greeting =
            g_timeout_add((guint)((self->greeting_due_us - now) / 1000 + 1), on_greeting, self);
    } else {
        greet(self);
    }
}

static void on_dial_relays(LecRelays *relays, void *user) {
    LecCaller *self = user;
    g_clear_pointer(&self->relays, lec_relays_unref);
    self->relays = lec_relays_ref(relays);
    if (self->link)
        lec_link_set_relays(self->link, self->relays);
}

static void on_dial_payload(const LecStanza *payload, void *user) {
    LecCaller *self = user;
    lec_call_receive(self->call, payload, g_get_monotonic_time());
    lec_call_timer_update(self->timer);
}

/* A box is back soon or not at all; a cloud counts those who come. */
static guint get_redial_ms(LecCaller *self) {
    const guint doublings = self->place->number ? MIN(self->redials, 4) : 0;
    self->redials++;
    return MIN(REDIAL_EVERY_MS << doublings, REDIAL_MOST_MS);
}

static void on_dial_failed(const GError *error, void *user) {
    LecCaller *self = user;
    if (self->connected && lec_call_is_up(self->call)) {
        lec_debug("The connection to the box's door is lost: %s.", error->message);
        leave_door(self, lec_call_is_parted(self->call) ? get_redial_ms(self) : 0);
        return;
    }
    end_soon(self, self->connected ? LEC_CALLER_LOST : LEC_CALLER_UNREACHABLE, error->message);
    lec_call_hang_up(self->call, LEC_CALL_END_GONE);
}

static const LecDialEvents dial_events = {
    .relays = on_dial_relays,
    .ready = on_dial_ready,
    .payload = on_dial_payload,
    .failed = on_dial_failed,
};

static void open_door(LecCaller *self) {
    const bool again = self->connected && !self->place->number;
    self->dial = lec_dial_new(&lec_carrier_soup, self->place,
                              again ? REDIAL_TIMEOUT_MS : DIAL_TIMEOUT_MS, &dial_events, self);
}

/* ---- what others call ---- */

static bool is_loopback(const char *host) {
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);
    return address ? g_inet_address_get_is_loopback(address) : g_str_equal(host, "localhost");
}

LecCaller *lec_caller_new(const LecCallerConfig *config, const LecCallerEvents *events,
                          void *user) {
    const gint64 now = g_get_monotonic_time();
    LecCaller *self = g_new0(LecCaller, 1);
    self->identity = config->identity;
    self->transport = config->transport;
    self->place = config->place;
    self->events = events;
    self->user = user;
    self->audio = config->audio;
    self->loopback = is_loopback(config->place->host);
    self->greeting_due_us = now + config->head_start_ms * 1000;
    self->call =
        lec_call_new(LEC_CALL_CALLER, config->name, lec_identity_get_fingerprint(config->identity),
                     &call_events, self, now);
    self->timer = lec_call_timer_new(self->call);
    open_door(self);
    return self;
}

void lec_caller_free(LecCaller *self) {
    if (!self)
        return;
    if (!self->ending)
        lec_call_hang_up(self->call, LEC_CALL_END_BYE);
    g_clear_handle_id(&self->ending, g_source_remove);
    g_clear_handle_id(&self->redial, g_source_remove);
    g_clear_handle_id(&self->greeting, g_source_remove);
    g_clear_handle_id(&self->restart_later, g_source_remove);
    g_clear_handle_id(&self->telling, g_source_remove);
    g_clear_pointer(&self->roam, lec_roam_free);
    g_clear_pointer(&self->link, lec_link_free);
    g_clear_pointer(&self->dial, lec_dial_free);
    g_clear_pointer(&self->timer, lec_call_timer_free);
    g_clear_pointer(&self->call, lec_call_free);
    g_clear_pointer(&self->offer, lec_media_params_free);
    g_clear_pointer(&self->answer, lec_media_params_free);
    g_clear_pointer(&self->relays, lec_relays_unref);
    g_free(self->box_name);
    g_free(self->sentence);
    g_free(self);
}

void lec_caller_give_pin(LecCaller *self, const char *pin) {
    prove(self, pin);
}

void lec_caller_pause(LecCaller *self, LecCallPicture picture) {
    lec_call_pause(self->call, picture);
}

void lec_caller_send(LecCaller *self, LecMediaKind kind, GPtrArray *packets, gint64 capture_us) {
    lec_link_send(self->link, kind == LEC_MEDIA_VIDEO ? VIDEO : AUDIO, packets, capture_us);
}
