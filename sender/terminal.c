/* Sentences out, the PIN in. */
#include "sender/terminal.h"
#include "common/base/i18n.h"

#include "common/base/log.h"
#include "sender/pin.h"
#include "sender/progress.h"

#define MAX_GUESSES 3 /* the box counts too */

struct LecTerminal {
    const LecShareOptions *options;
    void (*ended)(LecShareStatus status, const char *sentence, void *user);
    void *user;
    LecProgress *progress;
    LecPinSource *pin_source;
    guint guesses;
    bool shown; /* pictures have left */
    bool lost;
    LecShare *share;
};

static void on_pin(const char *pin, const GError *error, void *user) {
    LecTerminal *self = user;
    if (error) {
        self->ended(LEC_SHARE_USAGE, error->message, self->user);
        return;
    }
    lec_share_give_pin(self->share, pin);
    g_clear_pointer(&self->pin_source, lec_pin_source_free);
}

static void on_pin_needed(const char *box_name, void *user) {
    LecTerminal *self = user;
    self->guesses++;
    g_autofree char *prompt = g_strdup_printf(_("PIN shown on %s: "), box_name);
    self->pin_source = lec_pin_source_ask(self->options->pin_file, prompt, on_pin, self);
}

static bool on_denied(const char *sentence, void *user) {
    LecTerminal *self = user;
    if (self->options->pin_file || self->guesses >= MAX_GUESSES || !lec_pin_source_has_terminal())
        return false;
    lec_progress_step(self->progress, ")%s", sentence);
    return true;
}

static void on_unproved(const char *box_name, void *user) {
    LecTerminal *self = user;
    lec_progress_step(
        self->progress,
        _("%s asks for no PIN, so nothing proves that it is the box in front of you."), box_name);
}

static void on_waiting(const char *sas, void *user) {
    LecTerminal *self = user;
    lec_progress_step(self->progress,
                      _("Somebody in the room is asked to let you in; the code is %s."), sas);
}

static void on_joined(const char *box_name, void *user) {
    LecTerminal *self = user;
    lec_progress_step(self->progress, _("Joined %s."), box_name);
}

static void on_shown(void *user) {
    LecTerminal *self = user;
    self->shown = true;
}

static void on_lost(void *user) {
    LecTerminal *self = user;
    self->lost = true;
    lec_progress_step(self->progress, _("The connection is lost; joining again …"));
}

static void on_found_again(void *user) {
    LecTerminal *self = user;
    self->lost = false;
}

static void on_figures(const LecShareStats *stats, const char *encoder, void *user) {
    LecTerminal *self = user;
    if (*encoder && !self->lost)
        lec_progress_keep(self->progress, _("Sharing, %.0f ms. Ctrl-C ends it."),
                          lec_share_stats_get_latency_us(stats) / 1000.0);
    if (self->options->stats)
        lec_share_stats_print(stats, encoder);
}

static void on_source_failed(const GError *error, void *user) {
    LecTerminal *self = user;
    const bool refused = g_error_matches(error, LEC_CAPTURE_ERROR, LEC_CAPTURE_ERROR_REFUSED);
    self->ended(refused       ? LEC_SHARE_REFUSED
                : self->shown ? LEC_SHARE_LOST
                              : LEC_SHARE_USAGE,
                error->message, self->user);
}

static void on_source_closed(void *user) {
    LecTerminal *self = user;
    lec_progress_step(self->progress, _("The shared window was closed."));
    self->ended(LEC_SHARE_ENDED, NULL, self->user);
}

static void on_silent(const GError *error, void *user) {
    lec_warning("%s", error->message);
}

static void on_ended(LecShareStatus status, const char *sentence, void *user) {
    LecTerminal *self = user;
    if (status == LEC_SHARE_ENDED) {
        lec_progress_step(self->progress, "%s", sentence);
        sentence = NULL;
    }
    self->ended(status, sentence, self->user);
}

static const LecShareEvents share_events = {
    .pin_needed = on_pin_needed,
    .denied = on_denied,
    .unproved = on_unproved,
    .waiting = on_waiting,
    .joined = on_joined,
    .shown = on_shown,
    .lost = on_lost,
    .found_again = on_found_again,
    .figures = on_figures,
    .source_failed = on_source_failed,
    .source_closed = on_source_closed,
    .silent = on_silent,
    .ended = on_ended,
};

LecTerminal *lec_terminal_new(const LecShareOptions *options, const LecIdentity *identity,
                              void (*ended)(LecShareStatus status, const char *sentence,
                                            void *user),
                              void *user) {
    LecTerminal *self = g_new0(LecTerminal, 1);
    self->options = options;
    self->ended = ended;
    self->user = user;
    self->progress = lec_progress_new();
    lec_progress_step(self->progress, _("Looking for the box …"));
    const LecShareConfig config = {
        .target = options->target,
        .name = options->name,
        .source = options->source,
        .offers_sound = options->audio,
        .sound = options->audio,
        .profile = options->profile,
        .max_fps = options->max_fps,
        .proxy = options->way,
        .cloud = options->cloud,
        .anchors = options->anchors,
        .local_only = options->local_only,
    };
    self->share = lec_share_new(&config, identity, &share_events, self);
    return self;
}

void lec_terminal_free(LecTerminal *self) {
    if (!self)
        return;
    g_clear_pointer(&self->pin_source, lec_pin_source_free);
    g_clear_pointer(&self->share, lec_share_free);
    g_clear_pointer(&self->progress, lec_progress_free);
    g_free(self);
}
