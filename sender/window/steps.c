/* The sharing's events become the view, the person's actions the sharing's. */
#include "sender/window/steps.h"
#include "common/base/i18n.h"

struct LecSteps {
    const LecShareOptions *options;
    const LecIdentity *identity;
    void (*changed)(void *user);
    void *user;
    LecView view;
    LecShare *share;
};

static void tell(LecSteps *self) {
    self->changed(self->user);
}

static void replace(char **text, const char *by) {
    char *before = *text;
    *text = g_strdup(by);
    g_free(before);
}

/* ---- what the sharing says ---- */

static void on_pin_needed(const char *box_name, void *user) {
    LecSteps *self = user;
    replace(&self->view.box_name, box_name);
    self->view.step = LEC_STEP_PIN;
    tell(self);
}

/* As often as the person wants: the box counts. */
static bool on_denied(const char *sentence, void *user) {
    LecSteps *self = user;
    replace(&self->view.problem,
            _("That PIN is not right. Look at the display and type it again."));
    return true;
}

static void on_unproved(const char *box_name, void *user) {
    LecSteps *self = user;
    replace(&self->view.box_name, box_name);
    self->view.unproved = true;
    tell(self);
}

static void on_waiting(const char *sas, void *user) {
    LecSteps *self = user;
    replace(&self->view.sas, sas);
    if (!self->view.reconnecting)
        self->view.step = LEC_STEP_WAITING;
    tell(self);
}

static void on_joined(const char *box_name, void *user) {
    LecSteps *self = user;
    replace(&self->view.box_name, box_name);
    if (!self->view.reconnecting) {
        self->view.step = LEC_STEP_CHOOSE;
        replace(&self->view.problem, NULL);
    }
    tell(self);
}

static void on_shown(void *user) {
    LecSteps *self = user;
    self->view.opening = self->view.switching = false;
    self->view.step = LEC_STEP_SHARING;
    if (self->view.since_us == 0)
        self->view.since_us = g_get_monotonic_time();
    tell(self);
}

static void on_lost(void *user) {
    LecSteps *self = user;
    self->view.reconnecting = true;
    tell(self);
}

static void on_found_again(void *user) {
    LecSteps *self = user;
    self->view.reconnecting = false;
    tell(self);
}

static void on_figures(const LecShareStats *stats, const char *encoder, void *user) {
    LecSteps *self = user;
    self->view.stats = *stats;
    self->view.measured = true;
    tell(self);
}

static void on_source_gone(LecSteps *self, const char *sentence) {
    replace(&self->view.problem, sentence);
    self->view.opening = false;
    if (!lec_share_has_source(self->share)) {
        self->view.step = LEC_STEP_CHOOSE;
        self->view.switching = false;
    }
    tell(self);
}

static void on_source_failed(const GError *error, void *user) {
    on_source_gone(user, error->message);
}

static void on_source_closed(void *user) {
    on_source_gone(user, _("The window that you shared was closed. Choose something else."));
}

static void on_silent(const GError *error, void *user) {
    LecSteps *self = user;
    replace(&self->view.problem, error->message);
    self->view.sound = false;
    tell(self);
}

static void finish(LecSteps *self, LecShareStatus status, const char *sentence, bool by_us) {
    g_clear_pointer(&self->share, lec_share_free);
    self->view.step = LEC_STEP_ENDED;
    self->view.status = status;
    self->view.by_us = by_us;
    replace(&self->view.sentence, sentence);
    replace(&self->view.problem, NULL);
    tell(self);
}

static void on_ended(LecShareStatus status, const char *sentence, void *user) {
    finish(user, status, sentence, false);
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

/* ---- what the person does ---- */

const LecView *lec_steps_get_view(const LecSteps *self) {
    return &self->view;
}

void lec_steps_connect(LecSteps *self, const char *target) {
    if (self->view.step != LEC_STEP_FIND || !*target)
        return;
    replace(&self->view.target, target);
    self->view.step = LEC_STEP_CONNECTING;
    const LecShareConfig config = {
        .target = target,
        .name = self->options->name,
        .offers_sound = true,
        .sound = self->view.sound,
        .profile = self->view.profile,
        .max_fps = self->options->max_fps,
        .proxy = self->options->way,
        .cloud = self->options->cloud,
        .anchors = self->options->anchors,
        .local_only = self->options->local_only,
    };
    self->share = lec_share_new(&config, self->identity, &share_events, self);
    tell(self);
}

void lec_steps_give_pin(LecSteps *self, const char *pin) {
    if (self->view.step != LEC_STEP_PIN)
        return;
    replace(&self->view.problem, NULL);
    self->view.step = LEC_STEP_CONNECTING;
    tell(self);
    lec_share_give_pin(self->share, pin);
}

void lec_steps_show(LecSteps *self, const char *source) {
    if (self->view.step != LEC_STEP_CHOOSE || self->view.opening)
        return;
    replace(&self->view.problem, NULL);
    self->view.opening = true;
    tell(self);
    if (self->view.paused)
        lec_steps_set_paused(self, false);
    lec_share_show(self->share, source);
}

void lec_steps_choose_other(LecSteps *self) {
    if (self->view.step != LEC_STEP_SHARING)
        return;
    replace(&self->view.problem, NULL);
    self->view.step = LEC_STEP_CHOOSE;
    self->view.switching = true;
    tell(self);
}

void lec_steps_keep(LecSteps *self) {
    if (!self->view.switching || self->view.opening)
        return;
    self->view.step = LEC_STEP_SHARING;
    self->view.switching = false;
    replace(&self->view.problem, NULL);
    tell(self);
}

void lec_steps_set_paused(LecSteps *self, bool paused) {
    if (!self->share || self->view.paused == paused)
        return;
    self->view.paused = paused;
    lec_share_set_paused(self->share, paused);
    tell(self);
}

void lec_steps_set_sound(LecSteps *self, bool on) {
    if (self->view.sound == on)
        return;
    self->view.sound = on;
    if (self->share)
        lec_share_set_sound(self->share, on);
    tell(self);
}

void lec_steps_set_profile(LecSteps *self, LecProfile profile) {
    if (self->view.profile == profile)
        return;
    self->view.profile = profile;
    if (self->share)
        lec_share_set_profile(self->share, profile);
    tell(self);
}

void lec_steps_stop(LecSteps *self) {
    if (self->share)
        finish(self, LEC_SHARE_ENDED, NULL, true);
}

void lec_steps_begin_again(LecSteps *self) {
    g_clear_pointer(&self->share, lec_share_free);
    LecView *view = &self->view;
    replace(&view->box_name, "");
    replace(&view->sas, "");
    replace(&view->problem, NULL);
    replace(&view->sentence, NULL);
    *view = (LecView){.step = LEC_STEP_FIND,
                      .target = view->target,
                      .box_name = view->box_name,
                      .sas = view->sas,
                      .sound = view->sound,
                      .profile = view->profile};
    tell(self);
}

LecSteps *lec_steps_new(const LecShareOptions *options, const LecIdentity *identity,
                        void (*changed)(void *user), void *user) {
    LecSteps *self = g_new0(LecSteps, 1);
    self->options = options;
    self->identity = identity;
    self->changed = changed;
    self->user = user;
    self->view = (LecView){.target = g_strdup(options->target ? options->target : ""),
                           .box_name = g_strdup(""),
                           .sas = g_strdup(""),
                           .sound = options->audio,
                           .profile = options->profile};
    return self;
}

void lec_steps_free(LecSteps *self) {
    if (!self)
        return;
    g_clear_pointer(&self->share, lec_share_free);
    g_free(self->view.target);
    g_free(self->view.box_name);
    g_free(self->view.sas);
    g_free(self->view.problem);
    g_free(self->view.sentence);
    g_free(self);
}
