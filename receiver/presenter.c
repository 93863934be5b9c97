/* One presenter: joins its call, link, playback and tile. */
#include "receiver/presenter.h"

#include <string.h>

#include "common/base/log.h"
#include "receiver/hold.h"
#include "signalling/call-timer.h"
#include "signalling/sdp.h"

struct LecPresenter {
    const LecPresenterHouse *house;
    const LecPresenterEvents *events;
    void *user;
    char *source;
    bool loopback;

    LecCall *call;
    LecCallTimer *timer;
    LecCallPeer peer;
    bool asked_pin;
    guint pin_number; /* which one it was asked for */
    bool on;          /* counted by admission */
    bool lost;        /* it ended by a broken connection */
    gint64 since_us;

    LecMediaParams *local;
    LecLink *link;
    LecLinkState link_state;
    LecLinkStats link_stats;
    int video, audio; /* section indices, −1: none */

    LecPlayback *playback;
    LecTile *tile;
    guint pictures;
    guint width, height;    /* of the last picture */
    gint64 shown_sender_us; /* of the last picture given to the stage */
    LecTileStats tile_stats;
    LecHold *hold; /* pictures wait here for their sound */

    char *sentence; /* why it ends, for the display */
    guint ending;   /* source id */
};

/* ---- the end ---- */

static gboolean on_ending(gpointer user) {
    LecPresenter *self = user;
    self->ending = 0;
    self->events->ended(self, self->sentence, self->user);
    return G_SOURCE_REMOVE;
}

static void end_soon(LecPresenter *self, char *sentence) {
    if (self->ending) {
        g_free(sentence);
        return;
    }
    self->sentence = sentence;
    self->ending = g_idle_add_full(G_PRIORITY_DEFAULT, on_ending, self, NULL);
}

static char *last_words(const LecPresenter *self, LecCallEnd end) {
    if (!self->on)
        return NULL;
    switch (end) {
    case LEC_CALL_END_BYE:
        return g_strdup_printf("%s has stopped sharing.", self->peer.name);
    case LEC_CALL_END_GONE:
    case LEC_CALL_END_TIMEOUT:
    case LEC_CALL_END_MEDIA:
        return g_strdup_printf("The connection to %s was lost.", self->peer.name);
    default:
        return g_strdup_printf("%s is no longer sharing. %s", self->peer.name,
                               lec_call_end_sentence(end));
    }
}

static void on_call_ended(LecCallEnd end, guint retry_after_s, void *user) {
    LecPresenter *self = user;
    g_autofree char *name = lec_log_text(self->peer.name);
    lec_info("The call with \"%s\" at %s has ended: %s.", name, self->source,
             lec_call_end_word(end));
    self->lost =
        end == LEC_CALL_END_GONE || end == LEC_CALL_END_TIMEOUT || end == LEC_CALL_END_MEDIA;
    end_soon(self, last_words(self, end));
}

/* ---- pictures ---- */

static void show(LecFrame *frame, void *user) {
    LecPresenter *self = user;
    self->pictures++;
    self->width = frame->width;
    self->height = frame->height;
    self->shown_sender_us = frame->sender_us;
    if (self->tile)
        lec_tile_show(self->tile, frame);
    else
        lec_frame_unref(frame);
}

static void on_frame(LecFrame *frame, void *user) {
    LecPresenter *self = user;
    lec_hold_push(self->hold, frame);
}

static void on_keyframe_needed(void *user) {
    LecPresenter *self = user;
    if (self->link && self->video >= 0)
        lec_link_request_keyframe(self->link, (guint)self->video);
}

static void on_playback_failed(const GError *error, void *user) {
    LecPresenter *self = user;
    lec_warning("The picture of %s cannot be decoded: %s", self->source, error->message);
    lec_call_hang_up(self->call, LEC_CALL_END_MEDIA);
}

static const LecPlaybackEvents playback_events = {
    .frame = on_frame,
    .keyframe_needed = on_keyframe_needed,
    .failed = on_playback_failed,
};

/* ---- the link ---- */

static void on_link_state(LecLinkState state, const GError *error, void *user) {
    LecPresenter *self = user;
    self->link_state = state;
    if (state == LEC_LINK_CONNECTED && !self->tile) {
        self->tile = lec_stage_add_tile(self->house->stage, self->peer.name);
        g_autofree char *name = lec_log_text(self->peer.name);
        lec_info("\"%s\" at %s is sharing.", name, self->source);
        self->events->changed(self, self->user);
    } else if (state == LEC_LINK_FAILED) {
        const bool wanted = error->code == LEC_LINK_ERROR_CLOSED;
        if (!wanted)
            lec_warning("The media link to %s failed: %s", self->source, error->message);
        lec_call_hang_up(self->call, wanted ? LEC_CALL_END_BYE : LEC_CALL_END_MEDIA);
    }
}

static void on_link_candidate(const LecCandidate *candidate, void *user) {
    LecPresenter *self = user;
    lec_call_send_candidate(self->call, candidate);
}

static void on_link_stats(const LecLinkStats *stats, void *user) {
    LecPresenter *self = user;
    self->link_stats = *stats;
}

/* On the transport thread. */
static void on_rtp(const LecRtpIn *packet, void *user) {
    LecPresenter *self = user;
    if ((int)packet->section != self->video && (int)packet->section != self->audio)
        return;
    const LecMediaKind kind =
        (int)packet->section == self->video ? LEC_MEDIA_VIDEO : LEC_MEDIA_AUDIO;
    lec_playback_push(self->playback, kind, packet->data, packet->len, packet->arrival_us,
                      packet->sender_us, packet->discontinuity);
}

static const LecLinkEvents link_events = {
    .on_state = on_link_state,
    .on_candidate = on_link_candidate,
    .on_stats = on_link_stats,
    .on_rtp = on_rtp,
};

/* ---- the call ---- */

static void on_send(LecStanza *payload, void *user) {
    LecPresenter *self = user;
    self->events->send(self, payload, self->user);
}

static void on_hello(const LecCallPeer *caller, void *user) {
    LecPresenter *self = user;
    const gint64 now = g_get_monotonic_time();
    guint retry_after_s = 0;
    self->peer = *caller;
    switch (lec_admission_ask(self->house->admission, self->source, &caller->fingerprint, now,
                              &retry_after_s)) {
    case LEC_VERDICT_ADMIT:
        lec_call_challenge(self->call, LEC_CALL_ASK_NOTHING, NULL, now);
        break;
    case LEC_VERDICT_ASK_PIN:
        self->asked_pin = true;
        self->pin_number = lec_admission_get_pin_number(self->house->admission);
        lec_call_challenge(self->call, LEC_CALL_ASK_PIN,
                           lec_admission_get_pin(self->house->admission), now);
        break;
    case LEC_VERDICT_LOCKED:
        lec_call_refuse(self->call, LEC_CALL_END_LOCKED, retry_after_s);
        break;
    case LEC_VERDICT_FULL:
        lec_call_refuse(self->call, LEC_CALL_END_BUSY, 0);
        break;
    }
}

/* Counted before the proof is looked at: a lock-out that began since hello holds for it too. */
static bool on_may_prove(guint *ret_retry_after_s, void *user) {
    LecPresenter *self = user;
    return lec_admission_begin_proof(self->house->admission, self->source, &self->peer.fingerprint,
                                     g_get_monotonic_time(), ret_retry_after_s);
}

static void on_proof_failed(void *user) {
    LecPresenter *self = user;
    lec_admission_end_proof(self->house->admission, self->source, &self->peer.fingerprint, false,
                            g_get_monotonic_time());
    lec_warning("A wrong PIN came from %s.", self->source);
    self->events->changed(self, self->user);
}

static void describe_abilities(LecMediaParams *params) {
    params->sections[0] = (LecMediaSection){
        .kind = LEC_MEDIA_VIDEO,
        .direction = LEC_MEDIA_RECVONLY,
        .codecs = {{.codec = LEC_CODEC_H264,
                    .rtx_payload_type = 97, /* any: the offer's number holds */
                    .clock_rate = 90000,
                    .fmtp =
                        "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e034",
                    .nack = true,
                    .pli = true,
                    .transport_cc = true}},
        .n_codecs = 1,
        .transport_cc_id = 1,
        .mid_id = 2,
    };
    params->sections[1] = (LecMediaSection){
        .kind = LEC_MEDIA_AUDIO,
        .direction = LEC_MEDIA_RECVONLY,
        .codecs =
            {{.codec = LEC_CODEC_OPUS, .clock_rate = 48000, .channels = 2, .transport_cc = true}},
        .n_codecs = 1,
        .transport_cc_id = 1,
        .mid_id = 2,
    };
    params->n_sections = 2;
}

static int find_section(const LecMediaParams *params, LecMediaKind kind) {
    for (guint i = 0; i < params->n_sections; i++)
        if (params->sections[i].kind == kind && params->sections[i].n_codecs > 0 &&
            params->sections[i].direction != LEC_MEDIA_INACTIVE)
            return (int)i;
    return -1;
}

static bool open_playback(LecPresenter *self, GError **error) {
    self->video = find_section(self->local, LEC_MEDIA_VIDEO);
    self->audio = find_section(self->local, LEC_MEDIA_AUDIO);
    if (self->video < 0) {
        g_set_error(error, LEC_LINK_ERROR, LEC_LINK_ERROR_PARAMS,
                    "The offer holds no picture that we can show.");
        return false;
    }
    self->playback = lec_playback_new(&self->local->sections[self->video],
                                      self->audio >= 0 ? &self->local->sections[self->audio] : NULL,
                                      self->house->mixer, &playback_events, self, error);
    return self->playback != NULL;
}

static bool open_media(LecPresenter *self, const LecMediaParams *offer, GError **error) {
    g_autoptr(LecMediaParams) abilities = lec_media_params_new();
    describe_abilities(abilities);
    const LecLinkConfig config = {
        .identity = self->house->identity,
        .setup = LEC_SETUP_PASSIVE,
        .allow_aes_128 = self->house->allow_aes_128,
        .loopback = self->loopback,
    };
    self->link = lec_link_new(self->house->transport, &config, &link_events, self);
    lec_link_describe(self->link, abilities);
    self->local = lec_sdp_negotiate(offer, abilities, error);
    return self->local && open_playback(self, error) &&
           lec_link_start(self->link, self->local, offer, error);
}

static void on_offer(const LecMediaParams *offer, void *user) {
    LecPresenter *self = user;
    const gint64 now = g_get_monotonic_time();
    /* Another PIN has been drawn while this one was looked for: the old one is as good as wrong. */
    if (self->asked_pin &&
        self->pin_number != lec_admission_get_pin_number(self->house->admission)) {
        on_proof_failed(self);
        lec_call_refuse(self->call, LEC_CALL_END_DENIED, 0);
        return;
    }
    if (self->asked_pin)
        lec_admission_end_proof(self->house->admission, self->source, &self->peer.fingerprint, true,
                                now);
    g_autoptr(GError) error = NULL;
    if (!open_media(self, offer, &error)) {
        lec_warning("The offer of %s cannot be answered: %s", self->source, error->message);
        lec_call_refuse(self->call, LEC_CALL_END_MEDIA, 0);
        return;
    }
    if (!lec_admission_join(self->house->admission)) {
        lec_call_refuse(self->call, LEC_CALL_END_BUSY, 0);
        return;
    }
    self->on = true;
    self->since_us = now;
    lec_call_answer(self->call, self->local, now);
}

static void on_candidate(const LecCandidate *candidate, void *user) {
    LecPresenter *self = user;
    if (self->link)
        lec_link_add_candidate(self->link, candidate);
}

static const LecCallEvents call_events = {
    .send = on_send,
    .hello = on_hello,
    .may_prove = on_may_prove,
    .offer = on_offer,
    .proof_failed = on_proof_failed,
    .candidate = on_candidate,
    .ended = on_call_ended,
};

/* ---- what others call ---- */

LecPresenter *lec_presenter_new(const LecPresenterHouse *house, const char *source, bool loopback,
                                const LecPresenterEvents *events, void *user) {
    LecPresenter *self = g_new0(LecPresenter, 1);
    self->house = house;
    self->events = events;
    self->user = user;
    self->source = g_strdup(source);
    self->loopback = loopback;
    self->video = self->audio = -1;
    self->hold = lec_hold_new(show, self);
    self->call =
        lec_call_new(LEC_CALL_BOX, house->box_name, lec_identity_get_fingerprint(house->identity),
                     &call_events, self, g_get_monotonic_time());
    self->timer = lec_call_timer_new(self->call);
    return self;
}

void lec_presenter_free(LecPresenter *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->ending, g_source_remove);
    g_clear_pointer(&self->link, lec_link_free); /* first: it feeds the playback */
    g_clear_pointer(&self->playback, lec_playback_free);
    g_clear_pointer(&self->hold, lec_hold_free);
    g_clear_pointer(&self->tile, lec_tile_remove);
    g_clear_pointer(&self->timer, lec_call_timer_free);
    g_clear_pointer(&self->call, lec_call_free);
    g_clear_pointer(&self->local, lec_media_params_free);
    g_free(self->sentence);
    g_free(self->source);
    g_free(self);
}

void lec_presenter_receive(LecPresenter *self, const LecStanza *payload) {
    lec_call_receive(self->call, payload, g_get_monotonic_time());
    lec_call_timer_update(self->timer);
}

void lec_presenter_gone(LecPresenter *self) {
    lec_call_hang_up(self->call, LEC_CALL_END_GONE);
}

void lec_presenter_end(LecPresenter *self, LecCallEnd reason) {
    lec_call_hang_up(self->call, reason);
}

static void say_when_silent(LecPresenter *self) {
    if (self->link_stats.silence_us < LEC_STAGE_STALE_US) {
        lec_tile_set_notice(self->tile, NULL);
        return;
    }
    g_autofree char *notice = g_strdup_printf("No connection for %u s: this picture is old.",
                                              self->link_stats.silence_us / (guint)G_USEC_PER_SEC);
    lec_tile_set_notice(self->tile, notice);
}

static void keep_in_step(LecPresenter *self) {
    LecTrack *track = lec_playback_get_track(self->playback);
    if (!track || self->shown_sender_us == 0)
        return;
    const gint64 shown = self->tile_stats.newest_arrival_us + self->tile_stats.display_us;
    const gint64 more = lec_track_sync(track, self->shown_sender_us, shown);
    const gint64 hold = lec_hold_get_us(self->hold);
    const gint64 ahead = -lec_track_get_skew_us(track); /* of sound, over the pictures */
    if (more > 0)
        lec_hold_set_us(self->hold, hold + more / 2 + 1);
    else if (ahead > 0)
        lec_hold_set_us(self->hold, hold - ahead);
}

void lec_presenter_tick(LecPresenter *self) {
    if (!self->tile)
        return;
    lec_tile_take_stats(self->tile, &self->tile_stats);
    keep_in_step(self);
    say_when_silent(self);
    LecCallReport report = {.display_us = self->tile_stats.display_us, .visible = true};
    lec_tile_get_size(self->tile, &report.width, &report.height);
    lec_call_report(self->call, &report);
}

bool lec_presenter_is_on(const LecPresenter *self) {
    return self->on;
}

bool lec_presenter_is_lost(const LecPresenter *self) {
    return self->lost;
}

static void describe_number(JsonBuilder *json, const char *key, double value) {
    json_builder_set_member_name(json, key);
    json_builder_add_double_value(json, value);
}

static void describe_count(JsonBuilder *json, const char *key, guint64 value) {
    json_builder_set_member_name(json, key);
    json_builder_add_int_value(json, (gint64)value);
}

static void describe_text(JsonBuilder *json, const char *key, const char *value) {
    json_builder_set_member_name(json, key);
    json_builder_add_string_value(json, value);
}

void lec_presenter_describe(const LecPresenter *self, JsonBuilder *json) {
    static const char *const states[] = {"new", "connecting", "securing", "connected", "failed"};
    const LecLinkStats *stats = &self->link_stats;
    char fingerprint[LEC_FINGERPRINT_TEXT_SIZE];
    lec_fingerprint_format(&self->peer.fingerprint, fingerprint);
    json_builder_begin_object(json);
    describe_text(json, "name", self->peer.name);
    describe_text(json, "source", self->source);
    describe_text(json, "fingerprint", fingerprint);
    describe_text(json, "state", states[self->link_state]);
    describe_count(json, "for_s",
                   (guint64)(g_get_monotonic_time() - self->since_us) / G_USEC_PER_SEC);
    describe_text(json, "srtp", stats->srtp_profile);
    describe_text(json, "local_candidate", stats->local_candidate);
    describe_text(json, "remote_candidate", stats->remote_candidate);
    describe_text(json, "decoder",
                  self->playback && lec_playback_get_decoder(self->playback)
                      ? lec_playback_get_decoder(self->playback)
                      : "");
    describe_count(json, "width", self->width);
    describe_count(json, "height", self->height);
    describe_count(json, "pictures", self->pictures);
    describe_count(json, "shown_per_s", self->tile_stats.shown);
    describe_count(json, "dropped_per_s", self->tile_stats.dropped);
    describe_number(json, "display_ms", self->tile_stats.display_us / 1000.0);
    describe_number(json, "rtt_ms", stats->rtt_us / 1000.0);
    describe_count(json, "receiving_kbps", stats->receiving_kbps);
    describe_count(json, "received_packets", stats->received_packets);
    describe_count(json, "recovered_packets", stats->recovered_packets);
    describe_count(json, "lost_packets", stats->lost_packets);
    describe_count(json, "dropped_unvalidated", stats->dropped_unvalidated);
    describe_count(json, "dropped_srtp", stats->dropped_srtp);
    LecTrack *track = self->playback ? lec_playback_get_track(self->playback) : NULL;
    if (track)
        describe_number(json, "sound_skew_ms", (double)lec_track_get_skew_us(track) / 1000.0);
    json_builder_end_object(json);
}
