/* The call and what is fed into it, from the first to the last. */
#include "sender/share.h"

#include <string.h>

#include "common/base/i18n.h"
#include "common/base/log.h"
#include "sender/approach.h"
#include "sender/caller.h"
#include "sender/feed.h"

#define REJOIN_FOR_US (20 * G_USEC_PER_SEC)
#define REJOIN_EVERY_MS 1000

struct LecShare {
    const LecIdentity *identity;
    LecShareEvents events;
    void *user;
    char *name;
    bool offers_sound;

    LecTransport *transport;
    LecApproach *approach;
    char *pin;   /* what let us in, for joining again after a loss */
    bool asking; /* for the PIN; the box need not wait as long as the person takes */
    LecCaller *caller;
    guint retry;    /* source id: joins again */
    gint64 lost_us; /* when the connection was lost; 0: it was not */
    bool told_lost;
    bool paused;
    bool sourceless;                 /* there was one; the box shows nothing of it */
    guint32 estimate_kbps, max_kbps; /* what the path bears; what the box would like, 0: no wish */

    char *source; /* to be opened once the box is known */
    LecFeed *feed;
    bool sent_picture; /* the streaming thread's */
    LecShareStats stats;

    guint ending;
    LecShareStatus status;
    char *sentence;
};

/* ---- the end ---- */

static gboolean on_ending(gpointer user) {
    LecShare *self = user;
    self->ending = 0;
    g_autofree char *sentence = g_steal_pointer(&self->sentence); /* ended() may free self */
    self->events.ended(self->status, sentence, self->user);
    return G_SOURCE_REMOVE;
}

static void end(LecShare *self, LecShareStatus status, const char *sentence) {
    if (self->ending)
        return;
    self->status = status;
    self->sentence = g_strdup(sentence);
    self->ending = g_idle_add_full(G_PRIORITY_DEFAULT, on_ending, self, NULL);
}

/* ---- pictures and sound ---- */

/* On a GStreamer thread; the caller outlives the encoders. */
static void on_packets(LecMediaKind kind, GPtrArray *packets, gint64 capture_us, void *user) {
    LecShare *self = user;
    if (kind == LEC_MEDIA_VIDEO && !self->sent_picture) {
        self->sent_picture = true;
        lec_debug("The first picture leaves.");
    }
    if (kind == LEC_MEDIA_VIDEO)
        lec_share_stats_captured(&self->stats, g_get_monotonic_time() - capture_us);
    lec_caller_send(self->caller, kind, packets, capture_us);
}

static void tell_picture(LecShare *self) {
    if (self->caller)
        lec_caller_pause(self->caller, self->sourceless ? LEC_CALL_PICTURE_HIDDEN
                                       : self->paused   ? LEC_CALL_PICTURE_STILL
                                                        : LEC_CALL_PICTURE_MOVING);
}

static void note_source(LecShare *self) {
    self->sourceless = !lec_feed_has_source(self->feed);
    tell_picture(self);
}

static void on_shown(void *user) {
    LecShare *self = user;
    note_source(self);
    self->events.shown(self->user);
}

static void on_feed_failed(const GError *error, void *user) {
    LecShare *self = user;
    note_source(self);
    self->events.source_failed(error, self->user);
}

static void on_feed_closed(void *user) {
    LecShare *self = user;
    note_source(self);
    self->events.source_closed(self->user);
}

static void on_silent(const GError *error, void *user) {
    LecShare *self = user;
    self->events.silent(error, self->user);
}

static const LecFeedEvents feed_events = {
    .packets = on_packets,
    .shown = on_shown,
    .failed = on_feed_failed,
    .closed = on_feed_closed,
    .silent = on_silent,
};

/* While the box is being called, so that the first picture need not wait for it. */
static void open_source(LecShare *self) {
    g_autofree char *source = g_steal_pointer(&self->source);
    if (source)
        lec_feed_open(self->feed, source);
    g_autoptr(GError) error = NULL;
    if (!lec_feed_warm_up(&error))
        end(self, LEC_SHARE_USAGE, error->message);
}

/* ---- the session ---- */

static void dial(LecShare *self);

static void on_pin_needed(const char *box_name, void *user) {
    LecShare *self = user;
    lec_debug("%s asks for its PIN.", box_name);
    if (self->pin) {
        lec_caller_give_pin(self->caller, self->pin);
        return;
    }
    self->asking = true;
    self->events.pin_needed(box_name, self->user);
}

static void on_unproved(const char *box_name, void *user) {
    LecShare *self = user;
    self->events.unproved(box_name, self->user);
}

static void on_joined(const char *box_name, void *user) {
    LecShare *self = user;
    self->events.joined(box_name, self->user);
}

static void on_waiting(const char *sas, void *user) {
    LecShare *self = user;
    self->events.waiting(sas, self->user);
}

static void on_connected(const LecMediaSection *video, const LecMediaSection *audio, void *user) {
    LecShare *self = user;
    lec_debug("The link is up.");
    lec_feed_connect(self->feed, video, audio);
}

static void on_keyframe_request(void *user) {
    LecShare *self = user;
    lec_feed_force_keyframe(self->feed);
}

static void set_kbps(LecShare *self) {
    if (self->estimate_kbps == 0)
        return; /* the encoder begins as it thinks best */
    lec_feed_set_kbps(self->feed, self->max_kbps > 0 ? MIN(self->estimate_kbps, self->max_kbps)
                                                     : self->estimate_kbps);
}

static void on_estimate(guint32 kbps, void *user) {
    LecShare *self = user;
    self->estimate_kbps = kbps;
    set_kbps(self);
}

static void tell_lost(LecShare *self, bool lost) {
    if (self->told_lost == lost)
        return;
    self->told_lost = lost;
    (lost ? self->events.lost : self->events.found_again)(self->user);
}

/* The time for joining again runs from here, should the call not find its way back. */
static void on_astray(void *user) {
    LecShare *self = user;
    if (self->lost_us == 0)
        self->lost_us = g_get_monotonic_time();
    tell_lost(self, true);
}

static void on_found(void *user) {
    LecShare *self = user;
    self->lost_us = 0;
    tell_lost(self, false);
}

static void on_stats(const LecLinkStats *stats, void *user) {
    LecShare *self = user;
    on_estimate(stats->estimate_kbps, self);
    lec_share_stats_link(&self->stats, stats);
    self->events.figures(&self->stats, lec_feed_get_encoder(self->feed), self->user);
}

static void on_report(const LecCallReport *report, void *user) {
    LecShare *self = user;
    lec_share_stats_report(&self->stats, report);
    self->max_kbps = report->max_kbps;
    set_kbps(self);
    lec_feed_set_fps(self->feed, report->max_fps);
    if (report->width > 0 && report->height > 0)
        lec_feed_set_size(self->feed, report->width, report->height);
    /* Only now: a box that cannot show us is not to be called for ever. */
    if (self->lost_us != 0 && report->display_us > 0) {
        self->lost_us = 0;
        tell_lost(self, false);
    }
}

static void forget_pin(LecShare *self) {
    if (!self->pin)
        return;
    lec_log_remove_secret(self->pin);
    explicit_bzero(self->pin, strlen(self->pin));
    g_clear_pointer(&self->pin, g_free);
}

static gboolean on_retry(gpointer user) {
    LecShare *self = user;
    self->retry = 0;
    dial(self);
    return G_SOURCE_REMOVE;
}

/* After a loss the box is called again for a while, with the PIN that let us in. */
static bool rejoin(LecShare *self) {
    const gint64 now = g_get_monotonic_time();
    const bool first = self->lost_us == 0;
    if (first)
        self->lost_us = now;
    if (now - self->lost_us > REJOIN_FOR_US)
        return false;
    self->retry = g_timeout_add(REJOIN_EVERY_MS, on_retry, self);
    tell_lost(self, true);
    return true;
}

static void on_denied(LecShare *self, const char *sentence) {
    forget_pin(self);
    if (self->lost_us != 0)
        end(self, LEC_SHARE_LOST, _("The connection was lost and the box has a new PIN now."));
    else if (self->events.denied(sentence, self->user))
        dial(self);
    else
        end(self, LEC_SHARE_REFUSED, sentence);
}

static void on_caller_ended(LecCallerEnd reason, const char *sentence, void *user) {
    LecShare *self = user;
    lec_feed_disconnect(self->feed);
    g_clear_pointer(&self->caller, lec_caller_free);
    switch (reason) {
    case LEC_CALLER_STOPPED:
        end(self, LEC_SHARE_ENDED, _("The box has ended the sharing."));
        break;
    case LEC_CALLER_LOST:
        if (!rejoin(self))
            end(self, LEC_SHARE_LOST, sentence);
        break;
    case LEC_CALLER_UNREACHABLE:
        if (self->asking)
            break; /* the box did not wait so long; it is called again with the PIN */
        if (!lec_approach_is_settled(self->approach))
            lec_approach_give_up(self->approach, sentence);
        else if (self->lost_us == 0)
            end(self, LEC_SHARE_UNREACHABLE, sentence);
        else if (!rejoin(self))
            end(self, LEC_SHARE_LOST,
                _("The connection is lost and the box does not answer any more."));
        break;
    case LEC_CALLER_DENIED:
        on_denied(self, sentence);
        break;
    case LEC_CALLER_REFUSED:
        end(self, LEC_SHARE_REFUSED, sentence);
        break;
    }
}

static void on_answered(void *user) {
    LecShare *self = user;
    lec_approach_settle(self->approach);
}

static const LecCallerEvents caller_events = {
    .answered = on_answered,
    .pin_needed = on_pin_needed,
    .unproved = on_unproved,
    .joined = on_joined,
    .waiting = on_waiting,
    .connected = on_connected,
    .keyframe_request = on_keyframe_request,
    .estimate = on_estimate,
    .stats = on_stats,
    .report = on_report,
    .astray = on_astray,
    .found = on_found,
    .ended = on_caller_ended,
};

static void dial(LecShare *self) {
    const LecCallerConfig config = {
        .name = self->name,
        .identity = self->identity,
        .transport = self->transport,
        .place = lec_approach_get_place(self->approach),
        .head_start_ms = lec_approach_get_head_start_ms(self->approach),
        .audio = self->offers_sound,
    };
    self->caller = lec_caller_new(&config, &caller_events, self);
    lec_caller_pause(self->caller, self->paused);
}

static void on_approach(const LecPlace *place, void *user) {
    LecShare *self = user;
    const bool first = self->caller == NULL;
    g_clear_pointer(&self->caller, lec_caller_free);
    dial(self);
    if (first)
        open_source(self);
}

static void on_no_way(bool usage, const char *sentence, void *user) {
    end(user, usage ? LEC_SHARE_USAGE : LEC_SHARE_UNREACHABLE, sentence);
}

static const LecApproachEvents approach_events = {
    .dial = on_approach,
    .failed = on_no_way,
};

/* ---- what the front ends do ---- */

void lec_share_give_pin(LecShare *self, const char *pin) {
    if (!self->asking)
        return;
    self->asking = false;
    lec_log_add_secret(pin);
    self->pin = g_strdup(pin);
    if (self->caller)
        lec_caller_give_pin(self->caller, self->pin);
    else
        dial(self);
}

void lec_share_show(LecShare *self, const char *source) {
    lec_feed_open(self->feed, source);
}

bool lec_share_has_source(const LecShare *self) {
    return lec_feed_has_source(self->feed);
}

void lec_share_set_paused(LecShare *self, bool paused) {
    lec_feed_set_paused(self->feed, paused);
    self->paused = paused;
    tell_picture(self);
}

void lec_share_set_sound(LecShare *self, bool on) {
    lec_feed_set_sound(self->feed, on);
}

void lec_share_set_profile(LecShare *self, LecProfile profile) {
    lec_feed_set_profile(self->feed, profile);
}

LecShare *lec_share_new(const LecShareConfig *config, const LecIdentity *identity,
                        const LecShareEvents *events, void *user) {
    LecShare *self = g_new0(LecShare, 1);
    self->identity = identity;
    self->events = *events;
    self->user = user;
    self->name = g_strdup(config->name);
    self->offers_sound = config->offers_sound;
    self->source = g_strdup(config->source);
    self->feed = lec_feed_new(config->max_fps, config->profile, &feed_events, self);
    lec_feed_set_sound(self->feed, config->sound);
    self->transport = lec_transport_new();
    const LecApproachConfig approach = {
        .target = config->target,
        .cloud = config->cloud,
        .proxy = config->proxy,
        .anchors = config->anchors,
        .local_only = config->local_only,
    };
    self->approach = lec_approach_new(&approach, &approach_events, self);
    return self;
}

void lec_share_free(LecShare *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->ending, g_source_remove);
    g_clear_handle_id(&self->retry, g_source_remove);
    g_clear_pointer(&self->feed, lec_feed_free);
    g_clear_pointer(&self->caller, lec_caller_free);
    g_clear_pointer(&self->approach, lec_approach_free);
    g_clear_pointer(&self->transport, lec_transport_free);
    forget_pin(self);
    g_free(self->name);
    g_free(self->source);
    g_free(self->sentence);
    g_free(self);
}
