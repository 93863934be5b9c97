/* A seat: joins link, playback and tile. */
#include "receiver/seat.h"

#include <string.h>

#include "common/base/i18n.h"
#include "common/base/log.h"
#include "receiver/abilities.h"
#include "receiver/hold.h"
#include "receiver/seat-private.h"
#include "receiver/seats.h"
#include "signalling/sdp.h"

static void note(LecSeat *self) {
    lec_seats_note(self->house->seats);
}

static void report(LecSeat *self) {
    if (!self->link || !self->events->report)
        return;
    LecCallReport report = {.display_us = self->tile_stats.display_us,
                            .visible = self->tile != NULL,
                            .width = self->share.width,
                            .height = self->share.height,
                            .max_kbps = self->share.max_kbps,
                            .max_fps = self->share.max_fps};
    if (self->pauses & LEC_PAUSED_BY_HOST)
        report.state = LEC_CALL_REPORT_PAUSED;
    if (self->state == LEC_SEAT_HELD)
        report.state = LEC_CALL_REPORT_HELD;
    self->events->report(&report, self->user);
}

/* ---- pictures ---- */

static void show(LecFrame *frame, void *user) {
    LecSeat *self = user;
    if (self->hidden) { /* on its way when its sender said so */
        lec_frame_unref(frame);
        return;
    }
    self->pictures++;
    self->width = frame->width;
    self->height = frame->height;
    self->shown_sender_us = frame->sender_us;
    self->picture_us = g_get_monotonic_time();
    g_clear_pointer(&self->picture, lec_frame_unref);
    self->picture = lec_frame_ref(frame);
    if (self->tile && !(self->pauses & LEC_PAUSED_BY_HOST))
        lec_tile_show(self->tile, frame);
    else
        lec_frame_unref(frame);
    if (self->pictures == 1)
        self->events->changed(self->user);
}

static void on_frame(LecFrame *frame, void *user) {
    LecSeat *self = user;
    lec_hold_push(self->hold, frame);
}

static void on_keyframe_needed(void *user) {
    LecSeat *self = user;
    if (self->link && self->video >= 0)
        lec_link_request_keyframe(self->link, (guint)self->video);
}

static void on_playback_failed(const GError *error, void *user) {
    LecSeat *self = user;
    lec_warning("The picture of %s cannot be decoded: %s", self->source, error->message);
    self->events->failed(false, self->user);
}

static const LecPlaybackEvents playback_events = {
    .frame = on_frame,
    .keyframe_needed = on_keyframe_needed,
    .failed = on_playback_failed,
};

/* Sound is for all in the room, so it begins and rests with the picture. */
static void settle(LecSeat *self) {
    LecTrack *track = self->playback ? lec_playback_get_track(self->playback) : NULL;
    if (track)
        lec_track_set_muted(track,
                            self->state != LEC_SEAT_SHOWN || (self->pauses & LEC_PAUSED_BY_HOST));
    if (self->tile)
        lec_tile_set_mark(self->tile, self->pauses ? LEC_MARK_PAUSED : LEC_MARK_NONE);
}

/* The tile that was hidden: its place, and if nobody was made large since, that again. */
static void remember_place(LecSeat *self) {
    const LecStage *stage = self->house->stage;
    self->position = lec_tile_get_position(self->tile);
    self->was_focus = lec_stage_get_focus(stage) == self->tile;
    self->focus_set = lec_stage_count_focus(stage);
}

static void take_place(LecSeat *self) {
    LecStage *stage = self->house->stage;
    if (self->position != G_MAXUINT)
        lec_tile_set_position(self->tile, self->position);
    if (self->was_focus && lec_stage_count_focus(stage) == self->focus_set)
        lec_stage_set_focus(stage, self->tile);
    self->was_focus = false;
}

/* Shown to all from now on: what came last, at once. */
static void give_tile(LecSeat *self) {
    if (self->tile || self->hidden || self->state != LEC_SEAT_SHOWN ||
        self->link_state != LEC_LINK_CONNECTED)
        return;
    self->tile = lec_stage_add_tile(self->house->stage, self->name);
    if (self->tile)
        take_place(self);
    if (self->tile && self->picture)
        lec_tile_show(self->tile, lec_frame_ref(self->picture));
    settle(self);
    g_autofree char *name = lec_log_text(self->name);
    lec_info("\"%s\" at %s is sharing.", name, self->source);
}

/* ---- the link ---- */

static void on_link_state(LecLinkState state, const GError *error, void *user) {
    LecSeat *self = user;
    self->link_state = state;
    if (state == LEC_LINK_CONNECTED) {
        give_tile(self);
        note(self);
        self->events->changed(self->user);
    } else if (state == LEC_LINK_DISCONNECTED) {
        lec_info("The media link to %s is lost; it may come back.", self->source);
        note(self);
        self->events->changed(self->user);
    } else if (state == LEC_LINK_FAILED) {
        const bool wanted = error->code == LEC_LINK_ERROR_CLOSED;
        if (!wanted)
            lec_warning("The media link to %s failed: %s", self->source, error->message);
        self->events->failed(wanted, self->user);
    }
}

static void on_link_candidate(const LecCandidate *candidate, void *user) {
    LecSeat *self = user;
    self->events->candidate(candidate, self->user);
}

static void on_link_stats(const LecLinkStats *stats, void *user) {
    LecSeat *self = user;
    self->link_stats = *stats;
}

/* On the transport thread. */
static void on_rtp(const LecRtpIn *packet, void *user) {
    LecSeat *self = user;
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

static int find_section(const LecMediaParams *params, LecMediaKind kind) {
    for (guint i = 0; i < params->n_sections; i++)
        if (params->sections[i].kind == kind && params->sections[i].n_codecs > 0 &&
            params->sections[i].direction != LEC_MEDIA_INACTIVE)
            return (int)i;
    return -1;
}

static bool open_playback(LecSeat *self, GError **error) {
    self->video = find_section(self->answer, LEC_MEDIA_VIDEO);
    self->audio = find_section(self->answer, LEC_MEDIA_AUDIO);
    if (self->video < 0) {
        g_set_error(error, LEC_LINK_ERROR, LEC_LINK_ERROR_PARAMS,
                    "The offer holds no picture that we can show.");
        return false;
    }
    self->playback =
        lec_playback_new(&self->answer->sections[self->video],
                         self->audio >= 0 ? &self->answer->sections[self->audio] : NULL,
                         self->house->mixer, &playback_events, self, error);
    return self->playback != NULL;
}

bool lec_seat_open(LecSeat *self, const LecMediaParams *offer, GError **error) {
    g_return_val_if_fail(!self->link, false);
    g_autoptr(LecMediaParams) abilities = lec_media_params_new();
    lec_abilities_describe(abilities);
    const LecLinkConfig config = {
        .identity = self->house->identity,
        .setup = LEC_SETUP_PASSIVE,
        .allow_aes_128 = self->house->allow_aes_128,
        .loopback = self->loopback,
        .proxy = self->house->proxy,
        .anchors = self->house->anchors,
        .local_only = self->house->local_only,
        .no_relays = self->house->no_relays,
        .relays = self->house->relays ? *self->house->relays : NULL,
        .grace_ms = self->may_come_back ? LEC_CALL_PARTED_S * 1000 : 0,
    };
    self->link = lec_link_new(self->house->transport, &config, &link_events, self);
    lec_link_describe(self->link, abilities);
    self->answer = lec_sdp_negotiate(offer, abilities, error);
    if (!self->answer || !open_playback(self, error) ||
        !lec_link_start(self->link, self->answer, offer, error))
        return false;
    self->picture_us = g_get_monotonic_time();
    if (self->state == LEC_SEAT_WAITING)
        self->state = LEC_SEAT_SHOWN;
    settle(self);
    note(self);
    return true;
}

bool lec_seat_restart(LecSeat *self, const LecMediaParams *offer, GError **error) {
    g_return_val_if_fail(self->link, false);
    const LecSetup role = self->answer->setup; /* DTLS goes on, and its roles with it */
    /* Those that the link began with may have expired. */
    if (self->house->relays && *self->house->relays)
        lec_link_set_relays(self->link, *self->house->relays);
    lec_link_restart(self->link);
    lec_link_describe(self->link, self->answer);
    self->answer->setup = role;
    return lec_link_restart_remote(self->link, offer, error);
}

/* ---- what people decide ---- */

void lec_seat_let_in(LecSeat *self) {
    const LecSeatState before = self->state;
    if (before == LEC_SEAT_SHOWN)
        return;
    if (before == LEC_SEAT_WAITING) {
        self->events->let_in(self->user); /* opens it, or ends it */
        return;
    }
    self->state = LEC_SEAT_SHOWN;
    settle(self);
    give_tile(self);
    report(self);
    note(self);
    self->events->changed(self->user);
}

void lec_seat_dismiss(LecSeat *self, LecCallEnd reason) {
    self->events->dismissed(reason, self->user);
}

void lec_seat_pause(LecSeat *self, LecSeatPause who, bool on) {
    const guint pauses = on ? self->pauses | who : self->pauses & ~(guint)who;
    if (pauses == self->pauses)
        return;
    const bool resumes = (self->pauses & LEC_PAUSED_BY_HOST) && !(pauses & LEC_PAUSED_BY_HOST);
    self->pauses = pauses;
    settle(self);
    if (resumes && self->tile && self->picture)
        lec_tile_show(self->tile, lec_frame_ref(self->picture));
    report(self);
    note(self);
}

void lec_seat_hide(LecSeat *self, bool on) {
    if (self->hidden == on)
        return;
    self->hidden = on;
    if (on && self->tile) {
        remember_place(self);
        g_clear_pointer(&self->tile, lec_tile_remove);
        self->tile_stats = (LecTileStats){0};
    }
    g_clear_pointer(&self->picture, lec_frame_unref);
    give_tile(self);
    report(self);
    note(self);
}

/* ---- life ---- */

LecSeat *lec_seat_new(const LecHouse *house, const LecSeatGuest *guest, LecSeatState state,
                      const LecSeatEvents *events, void *user) {
    LecSeat *self = g_new0(LecSeat, 1);
    self->house = house;
    self->events = events;
    self->user = user;
    self->name = g_strdup(guest->name);
    self->source = g_strdup(guest->source);
    self->door = g_strdup(guest->door);
    self->sas = g_strdup(guest->sas ? guest->sas : "");
    if (guest->device)
        lec_fingerprint_format(guest->device, self->device);
    self->loopback = guest->loopback;
    self->may_come_back = guest->may_come_back;
    self->state = state;
    self->since_us = self->picture_us = g_get_monotonic_time();
    self->video = self->audio = -1;
    self->position = G_MAXUINT;
    self->hold = lec_hold_new(show, self);
    self->id = lec_seats_add(house->seats, self);
    lec_seats_note(house->seats); /* now that it has its number, by which it is asked about */
    return self;
}

void lec_seat_free(LecSeat *self) {
    if (!self)
        return;
    g_clear_pointer(&self->link, lec_link_free); /* first: it feeds the playback */
    g_clear_pointer(&self->playback, lec_playback_free);
    g_clear_pointer(&self->hold, lec_hold_free);
    g_clear_pointer(&self->tile, lec_tile_remove);
    g_clear_pointer(&self->picture, lec_frame_unref);
    g_clear_pointer(&self->answer, lec_media_params_free);
    lec_seats_remove(self->house->seats, self);
    g_free(self->name);
    g_free(self->source);
    g_free(self->door);
    g_free(self->sas);
    g_free(self);
}

const LecMediaParams *lec_seat_get_answer(const LecSeat *self) {
    return self->answer;
}

void lec_seat_add_candidate(LecSeat *self, const LecCandidate *candidate) {
    if (self->link)
        lec_link_add_candidate(self->link, candidate);
}

LecSeatState lec_seat_get_state(const LecSeat *self) {
    return self->state;
}

guint lec_seat_count_pictures(const LecSeat *self) {
    return self->pictures;
}

const char *lec_seat_get_codec(const LecSeat *self) {
    return self->video < 0 ? ""
                           : lec_codec_name(self->answer->sections[self->video].codecs[0].codec);
}

const char *lec_seat_get_sas(const LecSeat *self) {
    return self->sas;
}

const char *lec_seat_get_door(const LecSeat *self) {
    return self->door;
}

gint64 lec_seat_get_age_us(const LecSeat *self) {
    return g_get_monotonic_time() - self->since_us;
}

guint lec_seat_get_pauses(const LecSeat *self) {
    return self->pauses;
}

guint lec_seat_get_id(const LecSeat *self) {
    return self->id;
}

const char *lec_seat_get_name(const LecSeat *self) {
    return self->name;
}

const char *lec_seat_get_source(const LecSeat *self) {
    return self->source;
}

LecTile *lec_seat_get_tile(const LecSeat *self) {
    return self->tile;
}

LecFrame *lec_seat_get_picture(const LecSeat *self) {
    return self->picture;
}

bool lec_seat_is_connected(const LecSeat *self) {
    return self->link_state == LEC_LINK_CONNECTED;
}

bool lec_seat_is_lost(const LecSeat *self) {
    return self->link_state == LEC_LINK_DISCONNECTED;
}

gint64 lec_seat_get_link_silence_us(const LecSeat *self) {
    return self->link_stats.silence_us;
}

bool lec_seat_is_idle(const LecSeat *self, gint64 now_us) {
    return self->pictures == 0 && self->pauses == 0 &&
           now_us - self->picture_us >= LEC_SEAT_PICTURE_TIMEOUT_US;
}

/* ---- each second ---- */

static void say_when_silent(LecSeat *self) {
    if (self->link_stats.silence_us < LEC_STAGE_STALE_US) {
        lec_tile_set_notice(self->tile, NULL);
        return;
    }
    g_autofree char *notice = g_strdup_printf(_("No connection for %u s: this picture is old."),
                                              self->link_stats.silence_us / (guint)G_USEC_PER_SEC);
    lec_tile_set_notice(self->tile, notice);
}

static void keep_in_step(LecSeat *self) {
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

void lec_seat_tick(LecSeat *self) {
    if (self->tile) {
        keep_in_step(self);
        say_when_silent(self);
    }
    report(self);
}

/* ---- what it is asked for ---- */

void lec_seat_take_load(LecSeat *self) {
    if (self->tile)
        lec_tile_take_stats(self->tile, &self->tile_stats);
    if (self->playback)
        lec_playback_take_load(self->playback, &self->load);
}

bool lec_seat_measure(const LecSeat *self, LecBudgetSeat *ret) {
    if (!self->link)
        return false;
    *ret = (LecBudgetSeat){
        .id = self->id,
        .held = self->state == LEC_SEAT_HELD,
        .paused = (self->pauses & LEC_PAUSED_BY_HOST) != 0,
        .pictures = self->load.pictures,
        .decode_us = self->load.decode_us,
        .waiting_us = self->load.waiting_us,
        .dropped = self->tile_stats.dropped,
        .kbps = self->link_stats.receiving_kbps,
    };
    if (!self->tile)
        return true;
    guint width, height;
    lec_tile_get_size(self->tile, &ret->width, &ret->height);
    lec_stage_get_size(self->house->stage, &width, &height);
    if (width > 0 && height > 0)
        ret->of_display = (double)ret->width * ret->height / ((double)width * height);
    return true;
}

void lec_seat_ask(LecSeat *self, const LecBudgetShare *share) {
    const LecBudgetShare before = self->share;
    self->share = *share;
    if (before.width != share->width || before.height != share->height ||
        before.max_fps != share->max_fps)
        report(self);
}
