/* The session's state machine: what ICE, DTLS and media report, and what that sets going. */
#include "common/transport/session.h"

#include "common/base/log.h"
#include "common/transport/demux.h"
#include "common/transport/dtls.h"
#include "common/transport/media.h"
#include "common/transport/paths.h"
#include "common/transport/srtp.h"

#include <string.h>

#define CONNECT_TIMEOUT_MS 15000
#define MAX_EARLY 16 /* DTLS datagrams kept until ICE has connected here: the peer may be ahead */

struct LecSession {
    LecSessionConfig config;
    LecLinkEvents events;
    LecSessionCandidate on_candidate;
    void *user;
    LecLinkState state;

    LecIceConfig ice;
    LecPaths *paths;
    LecDtls *dtls;
    LecSrtp *srtp;
    LecMedia *media;
    GQueue early;      /* of GBytes */
    GSource *deadline; /* of connecting, or of the grace while disconnected */
    GSource *second;
    const char *profile;
    guint64 dropped_srtp;
};

LecSession *lec_session_new(const LecSessionConfig *config, const LecLinkEvents *events,
                            LecSessionCandidate on_candidate, void *user) {
    LecSession *self = g_new0(LecSession, 1);
    self->config = *config;
    self->config.context = g_main_context_ref(config->context);
    self->events = *events;
    self->on_candidate = on_candidate;
    self->user = user;
    g_queue_init(&self->early);
    return self;
}

static void clear_source(GSource **source) {
    if (*source == NULL)
        return;
    g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

void lec_session_free(LecSession *self) {
    if (self == NULL)
        return;
    clear_source(&self->deadline);
    clear_source(&self->second);
    g_clear_pointer(&self->media, lec_media_free);
    if (self->dtls != NULL)
        lec_dtls_close(self->dtls);
    g_clear_pointer(&self->dtls, lec_dtls_free);
    g_clear_pointer(&self->srtp, lec_srtp_free);
    g_clear_pointer(&self->paths, lec_paths_free);
    g_queue_clear_full(&self->early, (GDestroyNotify)g_bytes_unref);
    g_strfreev(self->config.interfaces_denied);
    lec_relays_unref(self->config.relays);
    g_clear_object(&self->config.anchors);
    explicit_bzero(self->config.pwd, sizeof self->config.pwd);
    g_main_context_unref(self->config.context);
    g_free(self);
}

static void set_state(LecSession *self, LecLinkState state, const GError *error) {
    self->state = state;
    self->events.on_state(state, error, self->user);
}

/* The last state. What runs is left as it is until lec_session_free(), for this may be called from
 * inside of it. */
static void fail(LecSession *self, const GError *error) {
    if (self->state == LEC_LINK_FAILED)
        return;
    clear_source(&self->deadline);
    clear_source(&self->second);
    set_state(self, LEC_LINK_FAILED, error);
}

static void fail_with(LecSession *self, LecLinkError code, const char *sentence) {
    g_autoptr(GError) error = g_error_new_literal(LEC_LINK_ERROR, (int)code, sentence);
    fail(self, error);
}

static GSource *add_timeout(LecSession *self, guint ms, GSourceFunc func) {
    GSource *source = g_timeout_source_new(ms);
    g_source_set_callback(source, func, self, NULL);
    g_source_attach(source, self->config.context);
    return source;
}

/* ---- media ---- */

/* A link that only seems disconnected still reports, so that it is found to be well again. */
static bool may_send(const LecSession *self) {
    return self->state == LEC_LINK_CONNECTED || self->state == LEC_LINK_DISCONNECTED;
}

static gsize send_rtp(guint8 *data, gsize size, gsize len, void *user) {
    LecSession *self = user;
    if (!may_send(self))
        return 0;
    return lec_srtp_protect_rtp(self->srtp, data, size, &len) &&
                   lec_paths_send(self->paths, data, len)
               ? len
               : 0;
}

static gsize send_rtcp(guint8 *data, gsize size, gsize len, void *user) {
    LecSession *self = user;
    if (!may_send(self))
        return 0;
    return lec_srtp_protect_rtcp(self->srtp, data, size, &len) &&
                   lec_paths_send(self->paths, data, len)
               ? len
               : 0;
}

static void on_rtp(const LecRtpIn *packet, void *user) {
    LecSession *self = user;
    if (self->events.on_rtp != NULL && self->state == LEC_LINK_CONNECTED)
        self->events.on_rtp(packet, self->user);
}

static void on_keyframe_request(guint section, void *user) {
    LecSession *self = user;
    if (self->state == LEC_LINK_CONNECTED)
        self->events.on_keyframe_request(section, self->user);
}

static void on_estimate(guint32 kbps, void *user) {
    LecSession *self = user;
    if (self->state == LEC_LINK_CONNECTED)
        self->events.on_estimate(kbps, self->user);
}

/* ---- losing the peer, and finding it again ---- */

static gboolean on_grace_over(gpointer user) {
    fail_with(user, LEC_LINK_ERROR_LOST, "The connection was lost and did not come back in time");
    return G_SOURCE_REMOVE;
}

static void disconnect(LecSession *self, const char *sentence) {
    if (self->config.grace_ms == 0) {
        fail_with(self, LEC_LINK_ERROR_LOST, sentence);
        return;
    }
    clear_source(&self->deadline);
    self->deadline = add_timeout(self, self->config.grace_ms, on_grace_over);
    set_state(self, LEC_LINK_DISCONNECTED, NULL);
}

static void reconnect(LecSession *self) {
    clear_source(&self->deadline);
    set_state(self, LEC_LINK_CONNECTED, NULL);
}

static gboolean on_second(gpointer user) {
    LecSession *self = user;
    gint64 now_us = g_get_monotonic_time();
    if (self->state == LEC_LINK_CONNECTED && lec_media_has_lost_peer(self->media, now_us)) {
        disconnect(self, "The connection was lost: the other side has fallen silent");
        if (self->state == LEC_LINK_FAILED)
            return G_SOURCE_REMOVE;
    }
    LecLinkStats stats = {.dropped_srtp = self->dropped_srtp};
    g_strlcpy(stats.srtp_profile, self->profile, sizeof stats.srtp_profile);
    lec_paths_describe_pair(self->paths, stats.local_candidate, stats.remote_candidate);
    lec_media_fill_stats(self->media, &stats, now_us);
    self->events.on_stats(&stats, self->user);
    return G_SOURCE_CONTINUE;
}

/* ---- DTLS ---- */

static void on_dtls_send(const guint8 *datagram, gsize len, void *user) {
    LecSession *self = user;
    lec_paths_send(self->paths, datagram, len);
}

static void on_secured(const LecSrtpKeys *keys, void *user) {
    LecSession *self = user;
    g_autoptr(GError) error = NULL;
    self->srtp = lec_srtp_new(keys, &error);
    if (self->srtp == NULL) {
        fail_with(self, LEC_LINK_ERROR_INTERNAL, error->message);
        return;
    }
    self->profile = lec_srtp_profile_name(keys->profile);
    clear_source(&self->deadline);
    self->second = add_timeout(self, 1000, on_second);
    set_state(self, LEC_LINK_CONNECTED, NULL);
    lec_media_start(self->media, lec_dtls_get_rtt_us(self->dtls), g_get_monotonic_time());
}

static void on_dtls_failed(const GError *error, void *user) {
    fail(user, error);
}

static bool set_up_dtls(LecSession *self, const LecFingerprint *remote, bool active) {
    static const LecDtlsEvents events = {
        .send = on_dtls_send, .secured = on_secured, .failed = on_dtls_failed};
    LecDtlsConfig config = {.context = self->config.context,
                            .identity = self->config.identity,
                            .remote = *remote,
                            .active = active,
                            .allow_aes_128 = self->config.allow_aes_128};
    g_autoptr(GError) error = NULL;
    self->dtls = lec_dtls_new(&config, &events, self, &error);
    if (self->dtls == NULL)
        fail(self, error);
    return self->dtls != NULL;
}

/* ---- ICE ---- */

static void on_candidate(guint generation, const LecCandidate *candidate, void *user) {
    LecSession *self = user;
    if (self->state != LEC_LINK_FAILED)
        self->on_candidate(generation, candidate, self->user);
}

static void secure(LecSession *self) {
    clear_source(&self->deadline); /* the handshake has its own */
    set_state(self, LEC_LINK_SECURING, NULL);
    lec_dtls_start(self->dtls);
    GBytes *datagram;
    while ((datagram = g_queue_pop_head(&self->early)) != NULL) {
        gsize len;
        const guint8 *data = g_bytes_get_data(datagram, &len);
        lec_dtls_receive(self->dtls, data, len);
        g_bytes_unref(datagram);
    }
}

static void on_connected(bool moved, void *user) {
    LecSession *self = user;
    if (self->state == LEC_LINK_CONNECTING) {
        secure(self);
        return;
    }
    const bool back = self->state == LEC_LINK_DISCONNECTED;
    if (back)
        reconnect(self);
    if (self->state == LEC_LINK_CONNECTED && (moved || back))
        lec_media_move(self->media, g_get_monotonic_time());
}

/* Before a pair was found this is no end: late candidates may come, and the deadline watches. While
 * DTLS goes on, its own time limit does. */
static void on_lost(void *user) {
    LecSession *self = user;
    static const char sentence[] = "The connection was lost: the other side no longer answers";
    if (self->state == LEC_LINK_CONNECTED)
        disconnect(self, sentence);
    else if (self->state == LEC_LINK_SECURING && self->config.grace_ms == 0)
        fail_with(self, LEC_LINK_ERROR_LOST, sentence);
}

static void receive_dtls(LecSession *self, const guint8 *data, gsize len) {
    if (self->state != LEC_LINK_NEW && self->state != LEC_LINK_CONNECTING)
        lec_dtls_receive(self->dtls, data, len);
    else if (self->early.length < MAX_EARLY)
        g_queue_push_tail(&self->early, g_bytes_new(data, len));
}

static void receive_media(LecSession *self, LecDemuxKind kind, guint8 *data, gsize len) {
    gint64 now_us = g_get_monotonic_time();
    bool is_rtp = kind == LEC_DEMUX_RTP;
    bool genuine = self->srtp != NULL && (is_rtp ? lec_srtp_unprotect_rtp(self->srtp, data, &len)
                                                 : lec_srtp_unprotect_rtcp(self->srtp, data, &len));
    if (!genuine)
        self->dropped_srtp++;
    else if (is_rtp)
        lec_media_receive_rtp(self->media, data, len, now_us);
    else
        lec_media_receive_rtcp(self->media, data, len, now_us);
    /* It was silent, and consent has held: the network was gone for a while. */
    if (genuine && self->state == LEC_LINK_DISCONNECTED && lec_paths_is_alive(self->paths))
        reconnect(self);
}

static void on_packet(guint8 *data, gsize len, void *user) {
    LecSession *self = user;
    if (self->state == LEC_LINK_FAILED)
        return;
    LecDemuxKind kind = lec_demux_classify(data, len);
    switch (kind) {
    case LEC_DEMUX_DTLS:
        receive_dtls(self, data, len);
        return;
    case LEC_DEMUX_RTP:
    case LEC_DEMUX_RTCP:
        receive_media(self, kind, data, len);
        return;
    case LEC_DEMUX_STUN:
    case LEC_DEMUX_TURN_CHANNEL:
    case LEC_DEMUX_UNKNOWN:
        return;
    }
}

/* ---- the owner's wishes ---- */

void lec_session_open(LecSession *self) {
    static const LecPathsEvents events = {
        .candidate = on_candidate, .connected = on_connected, .lost = on_lost, .packet = on_packet};
    self->ice =
        (LecIceConfig){.context = self->config.context,
                       .controlling = self->config.controlling,
                       .no_tcp = self->config.no_tcp,
                       .loopback = self->config.loopback,
                       .relays = self->config.relays,
                       .proxy = self->config.proxy,
                       .anchors = self->config.anchors,
                       .local_only = self->config.local_only,
                       .no_relays = self->config.no_relays,
                       .relays_only = self->config.relays_only,
                       .interfaces_denied = (const char *const *)self->config.interfaces_denied};
    self->paths = lec_paths_new(&self->ice, &events, self);
    g_autoptr(GError) error = NULL;
    if (!lec_paths_open(self->paths, self->config.ufrag, self->config.pwd, &error))
        fail(self, error);
}

static gboolean on_deadline(gpointer user) {
    fail_with(user, LEC_LINK_ERROR_CONNECT, "No network path to the other side was found in time");
    return G_SOURCE_REMOVE;
}

static bool take_remote(LecSession *self, const LecMediaParams *remote) {
    if (!lec_paths_set_remote(self->paths, remote->ice_ufrag, remote->ice_pwd))
        return false;
    for (guint i = 0; i < remote->candidates->len; i++)
        lec_paths_add_candidate(self->paths, &g_array_index(remote->candidates, LecCandidate, i));
    if (remote->end_of_candidates)
        lec_paths_add_candidate(self->paths, NULL);
    return true;
}

void lec_session_start(LecSession *self, const LecMediaParams *local, const LecMediaParams *remote,
                       bool active) {
    static const LecMediaEvents events = {.send_rtp = send_rtp,
                                          .send_rtcp = send_rtcp,
                                          .rtp = on_rtp,
                                          .keyframe_request = on_keyframe_request,
                                          .estimate = on_estimate};
    if (self->state != LEC_LINK_NEW || !set_up_dtls(self, &remote->fingerprint, active))
        return;
    self->media = lec_media_new(self->config.context, local, remote, &events, self);
    self->deadline = add_timeout(self, CONNECT_TIMEOUT_MS, on_deadline);
    set_state(self, LEC_LINK_CONNECTING, NULL);
    if (!take_remote(self, remote))
        fail_with(self, LEC_LINK_ERROR_PARAMS,
                  "The other side's connection details cannot be used");
}

void lec_session_set_relays(LecSession *self, LecRelays *relays) {
    lec_relays_unref(self->config.relays);
    self->ice.relays = self->config.relays = relays;
}

/* RFC 8445 §9. Media stay on the old path, if there is one, until the new one is found. */
void lec_session_restart(LecSession *self, const LecMediaParams *local) {
    if (self->state == LEC_LINK_NEW || self->state == LEC_LINK_FAILED)
        return;
    g_autoptr(GError) error = NULL;
    if (!lec_paths_open(self->paths, local->ice_ufrag, local->ice_pwd, &error))
        lec_info("No other path can be looked for: %s.", error->message);
    if (self->state == LEC_LINK_CONNECTING) {
        clear_source(&self->deadline);
        self->deadline = add_timeout(self, CONNECT_TIMEOUT_MS, on_deadline);
    }
}

void lec_session_restart_remote(LecSession *self, const LecMediaParams *remote) {
    if (self->state != LEC_LINK_NEW && self->state != LEC_LINK_FAILED)
        take_remote(self, remote);
}

void lec_session_add_candidate(LecSession *self, const LecCandidate *candidate) {
    if (self->paths != NULL && self->state != LEC_LINK_FAILED)
        lec_paths_add_candidate(self->paths, candidate);
}

void lec_session_send(LecSession *self, guint section, GPtrArray *packets, gint64 capture_us) {
    if (self->state == LEC_LINK_CONNECTED)
        lec_media_send(self->media, section, packets, capture_us, g_get_monotonic_time());
    else
        g_ptr_array_unref(packets);
}

void lec_session_request_keyframe(LecSession *self, guint section) {
    if (self->state == LEC_LINK_CONNECTED)
        lec_media_request_keyframe(self->media, section, g_get_monotonic_time());
}
