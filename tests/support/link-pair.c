/* A pair of links and what a test needs around it. */
#include "tests/support/link-pair.h"

#include <net/if.h>
#include <string.h>

/* ---- events ---- */

static void on_state(LecLinkState state, const GError *error, void *user) {
    LinkSide *side = user;
    g_assert_cmpint(side->state, !=, LEC_LINK_FAILED);
    g_assert_true((error != NULL) == (state == LEC_LINK_FAILED));
    side->state = state;
    side->n_states++;
    if (state == LEC_LINK_CONNECTED)
        side->connected_us = g_get_monotonic_time();
    if (error != NULL)
        side->error = g_error_copy(error);
}

static void on_candidate(const LecCandidate *candidate, void *user) {
    LinkSide *side = user;
    g_assert_false(side->gathered);
    if (candidate == NULL)
        side->gathered = true;
    else
        side->n_candidates++;
    if (side->peer == NULL || side->peer->link == NULL)
        return;
    LecCandidate carried;
    if (candidate != NULL) {
        carried = *candidate;
        if (side->pair->carry != NULL && !side->pair->carry(side, &carried, side->pair->carry_data))
            return;
    }
    lec_link_add_candidate(side->peer->link, candidate != NULL ? &carried : NULL);
}

static void on_keyframe_request(guint section, void *user) {
    LinkSide *side = user;
    g_assert_cmpuint(section, ==, LINK_VIDEO);
    side->n_keyframe_requests++;
}

static void on_estimate(guint32 kbps, void *user) {
    LinkSide *side = user;
    side->estimate_kbps = kbps;
}

static void on_stats(const LecLinkStats *stats, void *user) {
    LinkSide *side = user;
    side->stats = *stats;
    side->n_stats++;
}

static guint32 read_u32(const guint8 *p) {
    return (guint32)p[0] << 24 | (guint32)p[1] << 16 | (guint32)p[2] << 8 | p[3];
}

static void on_rtp(const LecRtpIn *packet, void *user) {
    LinkSide *side = user;
    guint n = (guint)g_atomic_int_get(&side->n_received);
    gsize header = 12 + 4u * (packet->data[0] & 15);
    if (packet->data[0] & 0x10)
        header += 4 + 4u * (gsize)(packet->data[header + 2] << 8 | packet->data[header + 3]);
    g_assert_cmpuint(packet->len, >=, header + 12);
    if (n == LINK_MAX_RECEIVED)
        return;
    LinkReceived *received = &side->received[n];
    *received = (LinkReceived){.section = packet->section,
                               .sequence = (guint16)(packet->data[2] << 8 | packet->data[3]),
                               .timestamp = read_u32(packet->data + 4),
                               .number = read_u32(packet->data + header),
                               .arrival_us = packet->arrival_us,
                               .delivered_us = g_get_monotonic_time(),
                               .sender_us = packet->sender_us,
                               .discontinuity = packet->discontinuity};
    memcpy(&received->sent_us, packet->data + header + 4, 8);
    g_atomic_int_set(&side->n_received, (gint)n + 1);
}

/* ---- descriptions ---- */

void link_describe_sections(LecMediaParams *params, guint32 first_ssrc) {
    params->n_sections = 2;
    params->sections[LINK_VIDEO] = (LecMediaSection){.kind = LEC_MEDIA_VIDEO,
                                                     .direction = LEC_MEDIA_SENDRECV,
                                                     .mid = "v",
                                                     .n_codecs = 1,
                                                     .transport_cc_id = 3,
                                                     .mid_id = 4,
                                                     .ssrc = first_ssrc,
                                                     .rtx_ssrc = first_ssrc + 1};
    params->sections[LINK_VIDEO].codecs[0] = (LecCodecParams){.codec = LEC_CODEC_H264,
                                                              .payload_type = LINK_VIDEO_PT,
                                                              .rtx_payload_type = LINK_VIDEO_RTX_PT,
                                                              .clock_rate = 90000,
                                                              .nack = true,
                                                              .pli = true,
                                                              .transport_cc = true};
    params->sections[LINK_AUDIO] = (LecMediaSection){.kind = LEC_MEDIA_AUDIO,
                                                     .direction = LEC_MEDIA_SENDRECV,
                                                     .mid = "a",
                                                     .n_codecs = 1,
                                                     .transport_cc_id = 3,
                                                     .mid_id = 4,
                                                     .ssrc = first_ssrc + 2};
    params->sections[LINK_AUDIO].codecs[0] = (LecCodecParams){.codec = LEC_CODEC_OPUS,
                                                              .payload_type = LINK_AUDIO_PT,
                                                              .clock_rate = 48000,
                                                              .channels = 2,
                                                              .transport_cc = true};
}

/* ---- set-up ---- */

/* Every interface but loopback, so that a test is the same on every machine. */
static GPtrArray *list_others(void) {
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    struct if_nameindex *all = if_nameindex();
    for (struct if_nameindex *i = all; i != NULL && i->if_name != NULL; i++) {
        if (strcmp(i->if_name, "lo") != 0)
            g_ptr_array_add(names, g_strdup(i->if_name));
    }
    if_freenameindex(all);
    g_ptr_array_add(names, NULL);
    return names;
}

void link_side_init(LinkSide *side, const char *name) {
    g_autoptr(GError) error = NULL;
    side->identity = lec_identity_new_ephemeral(name, &error);
    g_assert_no_error(error);
    side->config.identity = side->identity;
    side->config.loopback = true;
    side->received = g_new0(LinkReceived, LINK_MAX_RECEIVED);
    side->sequence[0] = side->sequence[1] = 0xfff0; /* wraps soon */
}

void link_pair_init(LinkPair *pair) {
    *pair = (LinkPair){.transport = lec_transport_new(), .denied = list_others()};
    pair->a.pair = pair->b.pair = pair;
    pair->a.peer = &pair->b;
    pair->b.peer = &pair->a;
    link_side_init(&pair->a, "a");
    link_side_init(&pair->b, "b");
    pair->a.config.controlling = true;
    pair->a.config.setup = LEC_SETUP_ACTPASS;
    pair->b.config.setup = LEC_SETUP_ACTIVE;
    pair->a.config.interfaces_denied = (const char *const *)pair->denied->pdata;
    pair->b.config.interfaces_denied = (const char *const *)pair->denied->pdata;
}

void link_side_open(LinkSide *side, LecTransport *transport) {
    static const LecLinkEvents events = {.on_state = on_state,
                                         .on_candidate = on_candidate,
                                         .on_keyframe_request = on_keyframe_request,
                                         .on_estimate = on_estimate,
                                         .on_stats = on_stats,
                                         .on_rtp = on_rtp};
    side->link = lec_link_new(transport, &side->config, &events, side);
    side->local = lec_media_params_new();
    lec_link_describe(side->link, side->local);
    link_describe_sections(side->local, side->config.controlling ? 1000 : 2000);
}

void link_pair_open(LinkPair *pair) {
    link_side_open(&pair->a, pair->transport);
    link_side_open(&pair->b, pair->transport);
}

static void start_side(LinkSide *side, const LecFingerprint *lie) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecMediaParams) remote = lec_media_params_copy(side->peer->local);
    if (lie != NULL)
        remote->fingerprint = *lie;
    lec_link_start(side->link, side->local, remote, &error);
    g_assert_no_error(error);
}

void link_pair_start(LinkPair *pair) {
    pair->started_us = g_get_monotonic_time();
    start_side(&pair->a, pair->lie_to_a);
    start_side(&pair->b, pair->lie_to_b);
}

static void restart_side(LinkSide *side) {
    side->gathered = false;
    lec_link_restart(side->link);
    lec_link_describe(side->link, side->local);
}

void link_pair_restart(LinkPair *pair, LinkSide *initiator, const char *wrong_pwd) {
    g_autoptr(GError) error = NULL;
    restart_side(initiator);
    restart_side(initiator->peer);
    lec_link_restart_remote(initiator->peer->link, initiator->local, &error);
    g_assert_no_error(error);
    g_autoptr(LecMediaParams) answer = lec_media_params_copy(initiator->peer->local);
    if (wrong_pwd != NULL)
        g_strlcpy(answer->ice_pwd, wrong_pwd, sizeof answer->ice_pwd);
    lec_link_restart_remote(initiator->link, answer, &error);
    g_assert_no_error(error);
}

void link_side_clear(LinkSide *side) {
    g_clear_pointer(&side->link, lec_link_free);
    g_clear_pointer(&side->local, lec_media_params_free);
    g_clear_pointer(&side->identity, lec_identity_free);
    g_clear_pointer(&side->received, g_free);
    g_clear_error(&side->error);
}

void link_pair_clear(LinkPair *pair) {
    link_side_clear(&pair->a);
    link_side_clear(&pair->b);
    lec_transport_free(pair->transport);
    g_ptr_array_unref(pair->denied);
}

void link_pair_connect(LinkPair *pair) {
    link_pair_open(pair);
    link_pair_start(pair);
    link_wait(link_pair_is_connected, pair, 10);
}

/* ---- waiting ---- */

static gboolean on_watchdog(gpointer data) {
    g_error("The condition did not come true in time");
    return G_SOURCE_REMOVE;
}

static gboolean on_tick(gpointer data) {
    return G_SOURCE_CONTINUE; /* only wakes the loop, for conditions that the transport thread makes
                                 true */
}

void link_wait(bool (*done)(gpointer data), gpointer data, guint seconds) {
    guint watchdog = g_timeout_add_seconds(seconds, on_watchdog, NULL);
    guint tick = g_timeout_add(2, on_tick, NULL);
    while (!done(data))
        g_main_context_iteration(NULL, TRUE);
    g_source_remove(tick);
    g_source_remove(watchdog);
}

static bool is_over(gpointer data) {
    return g_get_monotonic_time() >= *(gint64 *)data;
}

void link_run_for(guint ms) {
    gint64 end_us = g_get_monotonic_time() + (gint64)ms * 1000;
    link_wait(is_over, &end_us, ms / 1000 + 5);
}

bool link_pair_is_connected(gpointer data) {
    LinkPair *pair = data;
    g_assert_no_error(pair->a.error);
    g_assert_no_error(pair->b.error);
    return pair->a.state == LEC_LINK_CONNECTED && pair->b.state == LEC_LINK_CONNECTED;
}

bool link_side_has_failed(gpointer data) {
    return ((LinkSide *)data)->state == LEC_LINK_FAILED;
}

bool link_pair_has_failed(gpointer data) {
    LinkPair *pair = data;
    return link_side_has_failed(&pair->a) && link_side_has_failed(&pair->b);
}

guint link_count_received(const LinkSide *side) {
    return (guint)g_atomic_int_get(&side->n_received);
}

/* ---- sending ---- */

static void write_u32(guint8 *p, guint32 value) {
    p[0] = (guint8)(value >> 24);
    p[1] = (guint8)(value >> 16);
    p[2] = (guint8)(value >> 8);
    p[3] = (guint8)value;
}

void link_send(LinkSide *side, guint section, guint n, gsize len) {
    g_assert_cmpuint(len, >=, 12);
    gint64 now_us = g_get_monotonic_time();
    guint32 rate = section == LINK_VIDEO ? 90000 : 48000;
    g_autoptr(GPtrArray) packets = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (guint i = 0; i < n; i++) {
        guint8 *data = g_malloc0(12 + len);
        guint16 sequence = side->sequence[section]++;
        data[0] = 0x80;
        data[1] = (guint8)((section == LINK_VIDEO ? LINK_VIDEO_PT : LINK_AUDIO_PT) |
                           (i + 1 == n ? 0x80 : 0));
        data[2] = (guint8)(sequence >> 8);
        data[3] = (guint8)sequence;
        write_u32(data + 4, (guint32)(now_us * rate / G_USEC_PER_SEC));
        write_u32(data + 8, 0xdead); /* the link puts its own */
        write_u32(data + 12, side->n_sent[section]++);
        memcpy(data + 16, &now_us, 8);
        g_ptr_array_add(packets, g_bytes_new_take(data, 12 + len));
    }
    lec_link_send(side->link, section, g_steal_pointer(&packets), now_us);
}
