/* The facade: the owner's calls go to the session, the session's events to the owner, both through
 * mailboxes. */
#include "common/transport/link.h"

#include "common/base/mailbox.h"
#include "common/transport/session.h"
#include "common/transport/transport.h"

#include <sodium.h>
#include <string.h>

#define UFRAG_CHARACTERS 8 /* RFC 8445 §5.3 wants 24 bits, one has 6 */
#define PWD_CHARACTERS 32  /* and 128 bits */
#define MIN_UFRAG_CHARACTERS 4
#define MIN_PWD_CHARACTERS 22
#define MAX_CONTROL 1024
#define MAX_MEDIA 256   /* pictures and blocks of sound that wait for a busy transport thread */
#define MAX_EVENTS 4096 /* over an hour of statistics for an owner that does not look */

struct LecLink {
    LecTransport *transport;
    LecSession *session; /* touched on the transport thread alone */
    LecMailbox *control, *media, *incoming;
    LecLinkEvents events;
    void *user;

    char ufrag[UFRAG_CHARACTERS + 1], pwd[PWD_CHARACTERS + 1];
    LecFingerprint fingerprint;
    LecSetup setup;
    GArray *candidates; /* local ones, as far as they have come */
    bool gathered;
    bool started;
    guint generation;     /* of our credentials and candidates; a restart makes the next */
    bool awaiting_remote; /* the restart's other side */
    guint n_remote;
    GArray *remote_candidates; /* from before the start; NULL after */
    bool remote_gathered;
};

/* ---- owner to transport ---- */

typedef enum {
    OPEN,
    START,
    RESTART,
    RESTART_REMOTE,
    RELAYS,
    CANDIDATE,
    NO_MORE_CANDIDATES,
    KEYFRAME
} ControlKind;

typedef struct {
    ControlKind kind;
    LecMediaParams *local, *remote;
    bool active;
    LecCandidate candidate;
    guint section;
    LecRelays *relays;
} Control;

typedef struct {
    guint section;
    GPtrArray *packets;
    gint64 capture_us;
} Media;

static void free_control(gpointer message) {
    Control *control = message;
    lec_media_params_free(control->local);
    lec_media_params_free(control->remote);
    lec_relays_unref(control->relays);
    g_free(control);
}

static void free_media(gpointer message) {
    Media *media = message;
    if (media->packets != NULL)
        g_ptr_array_unref(media->packets);
    g_free(media);
}

static void obey(LecSession *session, Control *control) {
    switch (control->kind) {
    case OPEN:
        lec_session_open(session);
        return;
    case START:
        lec_session_start(session, control->local, control->remote, control->active);
        return;
    case RESTART:
        lec_session_restart(session, control->local);
        return;
    case RESTART_REMOTE:
        lec_session_restart_remote(session, control->remote);
        return;
    case RELAYS:
        lec_session_set_relays(session, g_steal_pointer(&control->relays));
        return;
    case CANDIDATE:
        lec_session_add_candidate(session, &control->candidate);
        return;
    case NO_MORE_CANDIDATES:
        lec_session_add_candidate(session, NULL);
        return;
    case KEYFRAME:
        lec_session_request_keyframe(session, control->section);
        return;
    }
}

static void on_control(gpointer message, void *user) {
    LecLink *self = user;
    obey(self->session, message);
    free_control(message);
}

static void on_media(gpointer message, void *user) {
    LecLink *self = user;
    Media *media = message;
    lec_session_send(self->session, media->section, g_steal_pointer(&media->packets),
                     media->capture_us);
    free_media(media);
}

static void post(LecLink *self, const Control *control) {
    lec_mailbox_post(self->control, g_memdup2(control, sizeof *control));
}

/* ---- transport to owner ---- */

typedef enum { STATE, LOCAL_CANDIDATE, GATHERED, KEYFRAME_REQUEST, ESTIMATE, STATS } EventKind;

typedef struct {
    EventKind kind;
    LecLinkState state;
    GError *error;
    LecCandidate candidate;
    guint generation;
    guint section;
    guint32 kbps;
    LecLinkStats stats;
} Event;

static void free_event(gpointer message) {
    Event *event = message;
    g_clear_error(&event->error);
    g_free(event);
}

static void tell_candidate(LecLink *self, const LecCandidate *candidate) {
    if (candidate != NULL && self->candidates->len >= LEC_MEDIA_MAX_CANDIDATES)
        return;
    if (candidate != NULL)
        g_array_append_val(self->candidates, *candidate);
    else
        self->gathered = true;
    if (self->events.on_candidate != NULL)
        self->events.on_candidate(candidate, self->user);
}

/* The owner may free the link inside any of these. */
static void tell(LecLink *self, const Event *event) {
    switch (event->kind) {
    case STATE:
        if (self->events.on_state != NULL)
            self->events.on_state(event->state, event->error, self->user);
        return;
    case LOCAL_CANDIDATE:
    case GATHERED:
        if (event->generation == self->generation)
            tell_candidate(self, event->kind == GATHERED ? NULL : &event->candidate);
        return;
    case KEYFRAME_REQUEST:
        if (self->events.on_keyframe_request != NULL)
            self->events.on_keyframe_request(event->section, self->user);
        return;
    case ESTIMATE:
        if (self->events.on_estimate != NULL)
            self->events.on_estimate(event->kbps, self->user);
        return;
    case STATS:
        if (self->events.on_stats != NULL)
            self->events.on_stats(&event->stats, self->user);
        return;
    }
}

static void on_event(gpointer message, void *user) {
    tell(user, message);
    free_event(message);
}

static void post_event(LecLink *self, const Event *event) {
    lec_mailbox_post(self->incoming, g_memdup2(event, sizeof *event));
}

static void on_session_state(LecLinkState state, const GError *error, void *user) {
    post_event(user, &(Event){.kind = STATE,
                              .state = state,
                              .error = error != NULL ? g_error_copy(error) : NULL});
}

static void on_session_candidate(guint generation, const LecCandidate *candidate, void *user) {
    Event event = {.kind = candidate == NULL ? GATHERED : LOCAL_CANDIDATE,
                   .generation = generation};
    if (candidate != NULL)
        event.candidate = *candidate;
    post_event(user, &event);
}

static void on_session_keyframe_request(guint section, void *user) {
    post_event(user, &(Event){.kind = KEYFRAME_REQUEST, .section = section});
}

static void on_session_estimate(guint32 kbps, void *user) {
    post_event(user, &(Event){.kind = ESTIMATE, .kbps = kbps});
}

static void on_session_stats(const LecLinkStats *stats, void *user) {
    post_event(user, &(Event){.kind = STATS, .stats = *stats});
}

static void on_session_rtp(const LecRtpIn *packet, void *user) {
    LecLink *self = user;
    self->events.on_rtp(packet, self->user);
}

/* ---- the owner's side ---- */

/* RFC 8839 §5.4's ice-char: there are 64, so a random byte maps without bias. */
static void random_ice_chars(char *text, gsize n) {
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    guint8 bytes[PWD_CHARACTERS];
    g_assert(n <= sizeof bytes);
    if (sodium_init() < 0)
        g_error("No random numbers can be had");
    randombytes_buf(bytes, n);
    for (gsize i = 0; i < n; i++)
        text[i] = alphabet[bytes[i] & 63];
    text[n] = '\0';
    explicit_bzero(bytes, sizeof bytes);
}

static void draw_credentials(LecLink *self) {
    random_ice_chars(self->ufrag, UFRAG_CHARACTERS);
    random_ice_chars(self->pwd, PWD_CHARACTERS);
}

static LecSession *make_session(LecLink *self, const LecLinkConfig *config) {
    LecSessionConfig ours = {.context = lec_transport_get_context(self->transport),
                             .identity = config->identity,
                             .controlling = config->controlling,
                             .allow_aes_128 = config->allow_aes_128,
                             .no_tcp = config->no_tcp,
                             .loopback = config->loopback,
                             .grace_ms = config->grace_ms,
                             .local_only = config->local_only,
                             .no_relays = config->no_relays,
                             .relays_only = config->relays_only,
                             .interfaces_denied = g_strdupv((char **)config->interfaces_denied),
                             .relays = config->relays ? lec_relays_ref(config->relays) : NULL,
                             .proxy = config->proxy,
                             .anchors = config->anchors ? g_object_ref(config->anchors) : NULL};
    g_strlcpy(ours.ufrag, self->ufrag, sizeof ours.ufrag);
    g_strlcpy(ours.pwd, self->pwd, sizeof ours.pwd);
    LecLinkEvents events = {.on_state = on_session_state,
                            .on_keyframe_request = on_session_keyframe_request,
                            .on_estimate = on_session_estimate,
                            .on_stats = on_session_stats,
                            .on_rtp = self->events.on_rtp != NULL ? on_session_rtp : NULL};
    LecSession *session = lec_session_new(&ours, &events, on_session_candidate, self);
    explicit_bzero(ours.pwd, sizeof ours.pwd);
    return session;
}

LecLink *lec_link_new(LecTransport *transport, const LecLinkConfig *config,
                      const LecLinkEvents *events, void *user) {
    LecLink *self = g_new0(LecLink, 1);
    self->transport = transport;
    self->events = *events;
    self->user = user;
    self->fingerprint = *lec_identity_get_fingerprint(config->identity);
    self->setup = config->setup;
    self->candidates = g_array_new(FALSE, FALSE, sizeof(LecCandidate));
    self->remote_candidates = g_array_new(FALSE, FALSE, sizeof(LecCandidate));
    draw_credentials(self);

    g_autoptr(GMainContext) owner = g_main_context_ref_thread_default();
    GMainContext *context = lec_transport_get_context(transport);
    self->incoming =
        lec_mailbox_new(owner, G_PRIORITY_DEFAULT, MAX_EVENTS, on_event, free_event, self);
    self->session = make_session(self, config);
    self->control =
        lec_mailbox_new(context, G_PRIORITY_DEFAULT, MAX_CONTROL, on_control, free_control, self);
    self->media = lec_mailbox_new(context, G_PRIORITY_HIGH, MAX_MEDIA, on_media, free_media, self);
    post(self, &(Control){.kind = OPEN});
    return self;
}

static void take_down(gpointer data) {
    LecLink *self = data;
    lec_mailbox_close(self->control);
    lec_mailbox_close(self->media);
    g_clear_pointer(&self->session, lec_session_free);
}

void lec_link_free(LecLink *self) {
    if (self == NULL)
        return;
    lec_mailbox_close(self->incoming);
    lec_transport_call(self->transport, take_down, self);
    lec_mailbox_unref(self->control);
    lec_mailbox_unref(self->media);
    lec_mailbox_unref(self->incoming);
    g_array_unref(self->candidates);
    g_clear_pointer(&self->remote_candidates, g_array_unref);
    explicit_bzero(self->pwd, sizeof self->pwd);
    g_free(self);
}

void lec_link_describe(LecLink *self, LecMediaParams *params) {
    g_strlcpy(params->ice_ufrag, self->ufrag, sizeof params->ice_ufrag);
    g_strlcpy(params->ice_pwd, self->pwd, sizeof params->ice_pwd);
    params->fingerprint = self->fingerprint;
    params->setup = self->setup;
    params->end_of_candidates = self->gathered;
    g_array_set_size(params->candidates, 0);
    if (self->candidates->len > 0)
        g_array_append_vals(params->candidates, self->candidates->data, self->candidates->len);
}

static bool are_ice_chars(const char *text) {
    for (; *text != '\0'; text++) {
        if (!g_ascii_isalnum(*text) && *text != '+' && *text != '/')
            return false;
    }
    return true;
}

static bool check_credentials(const LecMediaParams *remote, GError **error) {
    if (strlen(remote->ice_ufrag) >= MIN_UFRAG_CHARACTERS && are_ice_chars(remote->ice_ufrag) &&
        strlen(remote->ice_pwd) >= MIN_PWD_CHARACTERS && are_ice_chars(remote->ice_pwd))
        return true;
    g_set_error(error, LEC_LINK_ERROR, LEC_LINK_ERROR_PARAMS,
                "The other side's description has no usable ICE credentials");
    return false;
}

/* RFC 8842 §5.3: who opens DTLS. */
static bool choose_role(LecSetup local, LecSetup remote, bool *ret_active, GError **error) {
    if (local == remote) {
        g_set_error(
            error, LEC_LINK_ERROR, LEC_LINK_ERROR_PARAMS,
            "Both descriptions give the same set-up role, so nobody would open the encryption");
        return false;
    }
    *ret_active = local == LEC_SETUP_ACTIVE || remote == LEC_SETUP_PASSIVE;
    return true;
}

bool lec_link_start(LecLink *self, const LecMediaParams *local, const LecMediaParams *remote,
                    GError **error) {
    bool active;
    if (self->started) {
        g_set_error(error, LEC_LINK_ERROR, LEC_LINK_ERROR_PARAMS,
                    "The link has been started already");
        return false;
    }
    if (local->n_sections != remote->n_sections || local->n_sections > LEC_MEDIA_MAX_SECTIONS) {
        g_set_error(error, LEC_LINK_ERROR, LEC_LINK_ERROR_PARAMS,
                    "The descriptions differ in their number of media sections (%u and %u)",
                    local->n_sections, remote->n_sections);
        return false;
    }
    if (!check_credentials(remote, error) ||
        !choose_role(local->setup, remote->setup, &active, error))
        return false;
    self->started = true;
    self->n_remote += remote->candidates->len;
    post(self, &(Control){.kind = START,
                          .local = lec_media_params_copy(local),
                          .remote = lec_media_params_copy(remote),
                          .active = active});
    g_autoptr(GArray) early = g_steal_pointer(&self->remote_candidates);
    for (guint i = 0; i < early->len; i++)
        post(self,
             &(Control){.kind = CANDIDATE, .candidate = g_array_index(early, LecCandidate, i)});
    if (self->remote_gathered && !remote->end_of_candidates)
        post(self, &(Control){.kind = NO_MORE_CANDIDATES});
    return true;
}

void lec_link_restart(LecLink *self) {
    if (!self->started)
        return;
    self->generation++;
    self->awaiting_remote = true;
    self->gathered = false;
    g_array_set_size(self->candidates, 0);
    draw_credentials(self);
    LecMediaParams *local = lec_media_params_new();
    lec_link_describe(self, local);
    post(self, &(Control){.kind = RESTART, .local = local});
}

void lec_link_set_relays(LecLink *self, LecRelays *relays) {
    post(self, &(Control){.kind = RELAYS, .relays = relays ? lec_relays_ref(relays) : NULL});
}

bool lec_link_restart_remote(LecLink *self, const LecMediaParams *remote, GError **error) {
    if (!check_credentials(remote, error))
        return false;
    if (!self->awaiting_remote)
        return true;
    self->awaiting_remote = false;
    self->n_remote = remote->candidates->len;
    self->remote_gathered = remote->end_of_candidates;
    post(self, &(Control){.kind = RESTART_REMOTE, .remote = lec_media_params_copy(remote)});
    return true;
}

void lec_link_add_candidate(LecLink *self, const LecCandidate *candidate) {
    if (self->awaiting_remote)
        return; /* of the descriptions before */
    if (self->remote_gathered || (candidate != NULL && self->n_remote >= LEC_MEDIA_MAX_CANDIDATES))
        return;
    if (candidate == NULL)
        self->remote_gathered = true;
    else
        self->n_remote++;
    if (self->started && candidate == NULL)
        post(self, &(Control){.kind = NO_MORE_CANDIDATES});
    else if (self->started)
        post(self, &(Control){.kind = CANDIDATE, .candidate = *candidate});
    else if (candidate != NULL)
        g_array_append_val(self->remote_candidates, *candidate);
}

void lec_link_send(LecLink *self, guint section, GPtrArray *packets, gint64 capture_us) {
    Media *media = g_new0(Media, 1);
    *media = (Media){section, packets, capture_us};
    lec_mailbox_post(self->media, media);
}

void lec_link_request_keyframe(LecLink *self, guint section) {
    post(self, &(Control){.kind = KEYFRAME, .section = section});
}
