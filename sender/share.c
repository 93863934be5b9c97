/* The sender put together: resolve, session, capture and encode, and what the person is told
 * meanwhile. */
#include "sender/share.h"

#include <string.h>

#include "common/base/log.h"
#include "sender/caller.h"
#include "sender/pin.h"
#include "sender/progress.h"
#include "sender/resolve.h"
#include "sender/share-stats.h"

#define MAX_GUESSES 3 /* at the terminal; the box counts too */
#define REJOIN_FOR_US (20 * G_USEC_PER_SEC)
#define REJOIN_EVERY_MS 1000

struct LecShare {
    const LecShareOptions *options;
    const LecIdentity *identity;
    void (*ended)(LecShareStatus status, const char *sentence, void *user);
    void *user;

    LecProgress *progress;
    LecTransport *transport;
    LecResolve *resolve;
    char *host;
    guint16 port;
    LecPinSource *pin_source;
    char *pin; /* what let us in, for joining again after a loss */
    guint guesses;
    LecCaller *caller;
    guint retry;    /* source id: joins again */
    gint64 lost_us; /* when the connection was lost; 0: it was not */

    LecCapture *capture;
    GstElement *source; /* ready and not yet in a pipeline */
    bool capturing;     /* was asked for */
    LecEncode *encode;
    bool sent_picture; /* the streaming thread's */
    bool connected;
    LecMediaSection video, audio;
    bool has_audio;

    LecShareStats stats;
    guint ending;
    LecShareStatus status;
    char *sentence;
};

/* ---- the end ---- */

static gboolean on_ending(gpointer user) {
    LecShare *self = user;
    self->ending = 0;
    self->ended(self->status, self->sentence, self->user);
    return G_SOURCE_REMOVE;
}

static void end(LecShare *self, LecShareStatus status, const char *sentence) {
    if (self->ending)
        return;
    self->status = status;
    self->sentence = g_strdup(sentence);
    self->ending = g_idle_add_full(G_PRIORITY_DEFAULT, on_ending, self, NULL);
}

/* ---- pictures ---- */

static void stop_encoding(LecShare *self) {
    g_clear_pointer(&self->encode, lec_encode_free);
    g_clear_pointer(&self->source, gst_object_unref);
    g_clear_pointer(&self->capture, lec_capture_free);
    self->capturing = false;
}

/* On a GStreamer thread; the session outlives the encoder. */
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

static void on_encode_failed(const GError *error, void *user) {
    end(user, LEC_SHARE_LOST, error->message);
}

static void on_encode_ended(void *user) {
    LecShare *self = user;
    lec_progress_step(self->progress, "The shared window was closed.");
    end(self, LEC_SHARE_ENDED, NULL);
}

static const LecEncodeEvents encode_events = {
    .packets = on_packets,
    .failed = on_encode_failed,
    .ended = on_encode_ended,
};

static void encode_when_possible(LecShare *self) {
    if (!self->connected || !self->source || self->encode)
        return;
    g_autoptr(GError) error = NULL;
    self->encode = lec_encode_new(g_steal_pointer(&self->source), &self->video,
                                  self->has_audio ? &self->audio : NULL, self->options->profile,
                                  &encode_events, self, &error);
    if (!self->encode)
        end(self, LEC_SHARE_LOST, error->message);
}

static void on_captured(GstElement *element, const GError *error, void *user) {
    LecShare *self = user;
    if (error) {
        end(self, error->code == LEC_CAPTURE_ERROR_REFUSED ? LEC_SHARE_REFUSED : LEC_SHARE_USAGE,
            error->message);
        return;
    }
    self->source = element;
    encode_when_possible(self);
}

/* While the box is being called, so that the first picture need not wait for it. */
static void open_capture(LecShare *self) {
    if (self->capturing)
        return;
    self->capturing = true;
    self->capture =
        lec_capture_open(self->options->source, self->options->max_fps, on_captured, self);
    g_autoptr(GError) error = NULL;
    if (!lec_encode_warm_up(&error))
        end(self, LEC_SHARE_USAGE, error->message);
}

/* ---- the session ---- */

static void dial(LecShare *self);

static void on_pin(const char *pin, const GError *error, void *user) {
    LecShare *self = user;
    if (error) {
        end(self, LEC_SHARE_USAGE, error->message);
        return;
    }
    lec_log_add_secret(pin);
    self->pin = g_strdup(pin);
    g_clear_pointer(&self->pin_source, lec_pin_source_free);
    if (self->caller)
        lec_caller_give_pin(self->caller, self->pin);
    else
        dial(self); /* the box did not wait so long */
}

static void on_pin_needed(const char *box_name, void *user) {
    LecShare *self = user;
    lec_debug("%s asks for its PIN.", box_name);
    if (self->pin) {
        lec_caller_give_pin(self->caller, self->pin);
        return;
    }
    self->guesses++;
    g_autofree char *prompt = g_strdup_printf("PIN shown on %s: ", box_name);
    self->pin_source = lec_pin_source_ask(self->options->pin_file, prompt, on_pin, self);
}

static void on_unproved(const char *box_name, void *user) {
    LecShare *self = user;
    lec_progress_step(self->progress,
                      "%s asks for no PIN, so nothing proves that it is the box in front of you.",
                      box_name);
}

static void on_joined(const char *box_name, void *user) {
    LecShare *self = user;
    lec_progress_step(self->progress, "Joined %s.", box_name);
}

static void on_waiting(const char *sas, void *user) {
    LecShare *self = user;
    lec_progress_step(self->progress,
                      "Somebody in the room is asked to let you in; the code is %s.", sas);
}

static void on_connected(const LecMediaSection *video, const LecMediaSection *audio, void *user) {
    LecShare *self = user;
    lec_debug("The link is up.");
    self->connected = true;
    self->video = *video;
    self->has_audio = audio != NULL;
    if (audio)
        self->audio = *audio;
    open_capture(self);
    encode_when_possible(self);
}

static void on_keyframe_request(void *user) {
    LecShare *self = user;
    if (self->encode)
        lec_encode_force_keyframe(self->encode);
}

static void on_estimate(guint32 kbps, void *user) {
    LecShare *self = user;
    if (self->encode)
        lec_encode_set_kbps(self->encode, kbps);
}

static void on_stats(const LecLinkStats *stats, void *user) {
    LecShare *self = user;
    if (self->encode) /* also what was told before there was an encoder */
        lec_encode_set_kbps(self->encode, stats->estimate_kbps);
    lec_share_stats_link(&self->stats, stats);
    if (self->lost_us == 0 && self->encode)
        lec_progress_keep(self->progress, "Sharing, %.0f ms. Ctrl-C ends it.",
                          lec_share_stats_get_latency_us(&self->stats) / 1000.0);
    if (self->options->stats)
        lec_share_stats_print(&self->stats,
                              self->encode ? lec_encode_get_encoder(self->encode) : "");
}

static void on_report(const LecCallReport *report, void *user) {
    LecShare *self = user;
    lec_share_stats_report(&self->stats, report);
    if (report->display_us >
        0) /* only now: a box that cannot show us is not to be called for ever */
        self->lost_us = 0;
    if (self->encode && report->width > 0 && report->height > 0)
        lec_encode_set_size(self->encode, report->width, report->height);
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
    if (self->lost_us == 0) {
        self->lost_us = now;
        lec_progress_step(self->progress, "The connection is lost; joining again …");
    }
    if (now - self->lost_us > REJOIN_FOR_US)
        return false;
    self->retry = g_timeout_add(REJOIN_EVERY_MS, on_retry, self);
    return true;
}

static bool may_ask_again(const LecShare *self) {
    return !self->options->pin_file && self->guesses < MAX_GUESSES && lec_pin_source_has_terminal();
}

static void on_caller_ended(LecCallerEnd reason, const char *sentence, void *user) {
    LecShare *self = user;
    stop_encoding(self);
    self->connected = false;
    g_clear_pointer(&self->caller, lec_caller_free);
    switch (reason) {
    case LEC_CALLER_STOPPED:
        lec_progress_step(self->progress, "The box has ended the sharing.");
        end(self, LEC_SHARE_ENDED, NULL);
        break;
    case LEC_CALLER_LOST:
        if (!rejoin(self))
            end(self, LEC_SHARE_LOST, sentence);
        break;
    case LEC_CALLER_UNREACHABLE:
        if (self->lost_us == 0)
            end(self, LEC_SHARE_UNREACHABLE, sentence);
        else if (!rejoin(self))
            end(self, LEC_SHARE_LOST,
                "The connection is lost and the box does not answer any more.");
        break;
    case LEC_CALLER_DENIED:
        forget_pin(self);
        if (self->lost_us != 0)
            end(self, LEC_SHARE_LOST, "The connection was lost and the box has a new PIN now.");
        else if (may_ask_again(self)) {
            lec_progress_step(self->progress, "%s", sentence);
            dial(self);
        } else
            end(self, LEC_SHARE_REFUSED, sentence);
        break;
    case LEC_CALLER_REFUSED:
        end(self, LEC_SHARE_REFUSED, sentence);
        break;
    }
}

static const LecCallerEvents caller_events = {
    .pin_needed = on_pin_needed,
    .unproved = on_unproved,
    .joined = on_joined,
    .waiting = on_waiting,
    .connected = on_connected,
    .keyframe_request = on_keyframe_request,
    .estimate = on_estimate,
    .stats = on_stats,
    .report = on_report,
    .ended = on_caller_ended,
};

static void dial(LecShare *self) {
    self->caller = lec_caller_new(self->options->name, self->identity, self->transport, self->host,
                                  self->port, self->options->audio, &caller_events, self);
}

static void on_resolved(const char *host, guint16 port, const GError *error, void *user) {
    LecShare *self = user;
    if (error) {
        end(self, error->code == LEC_RESOLVE_ERROR_USAGE ? LEC_SHARE_USAGE : LEC_SHARE_UNREACHABLE,
            error->message);
        return;
    }
    self->host = g_strdup(host);
    self->port = port;
    lec_debug("The box is at %s, port %u.", host, port);
    dial(self);
    open_capture(self);
}

LecShare *lec_share_new(const LecShareOptions *options, const LecIdentity *identity,
                        void (*ended)(LecShareStatus status, const char *sentence, void *user),
                        void *user) {
    LecShare *self = g_new0(LecShare, 1);
    self->options = options;
    self->identity = identity;
    self->ended = ended;
    self->user = user;
    self->progress = lec_progress_new();
    self->transport = lec_transport_new();
    lec_progress_step(self->progress, "Looking for the box …");
    self->resolve = lec_resolve_new(options->target, on_resolved, self);
    return self;
}

void lec_share_free(LecShare *self) {
    if (!self)
        return;
    g_clear_handle_id(&self->ending, g_source_remove);
    g_clear_handle_id(&self->retry, g_source_remove);
    g_clear_pointer(&self->resolve, lec_resolve_free);
    g_clear_pointer(&self->pin_source, lec_pin_source_free);
    stop_encoding(self);
    g_clear_pointer(&self->caller, lec_caller_free);
    g_clear_pointer(&self->transport, lec_transport_free);
    g_clear_pointer(&self->progress, lec_progress_free);
    forget_pin(self);
    g_free(self->host);
    g_free(self->sentence);
    g_free(self);
}
