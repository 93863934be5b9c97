/* SRTP behind libsrtp2: one session each way, any SSRC, their number bounded here. */
#include "common/transport/srtp.h"

#include <srtp2/srtp.h>
#include <string.h>

#define REPLAY_WINDOW                                                          \
    2048 /* packets; a burst of a whole keyframe may overtake a retransmission \
          */
#define RTP_MIN_BYTES 12
#define RTCP_MIN_BYTES 8

G_DEFINE_QUARK(lec_srtp_error, lec_srtp_error)

struct LecSrtp {
    srtp_t outgoing;
    srtp_t incoming;
    guint32 sources[LEC_SRTP_MAX_SOURCES]; /* SSRCs that have been authenticated */
    guint n_sources;
};

const char *lec_srtp_profile_name(LecSrtpProfile profile) {
    switch (profile) {
    case LEC_SRTP_AEAD_AES_256_GCM:
        return "AEAD_AES_256_GCM";
    case LEC_SRTP_AEAD_AES_128_GCM:
        return "AEAD_AES_128_GCM";
    case LEC_SRTP_AES128_CM_SHA1_80:
        return "AES128_CM_HMAC_SHA1_80";
    }
    g_assert_not_reached();
}

gsize lec_srtp_key_bytes(LecSrtpProfile profile) {
    return profile == LEC_SRTP_AEAD_AES_256_GCM ? SRTP_AES_256_KEY_LEN : SRTP_AES_128_KEY_LEN;
}

gsize lec_srtp_salt_bytes(LecSrtpProfile profile) {
    return profile == LEC_SRTP_AES128_CM_SHA1_80 ? SRTP_SALT_LEN : SRTP_AEAD_SALT_LEN;
}

void lec_srtp_keys_clear(LecSrtpKeys *keys) {
    explicit_bzero(keys, sizeof *keys);
}

static void set_crypto(srtp_crypto_policy_t *policy, LecSrtpProfile profile) {
    switch (profile) {
    case LEC_SRTP_AEAD_AES_256_GCM:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(policy);
        return;
    case LEC_SRTP_AEAD_AES_128_GCM:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(policy);
        return;
    case LEC_SRTP_AES128_CM_SHA1_80:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(policy);
        return;
    }
}

static bool make(srtp_t *ret, LecSrtpProfile profile, srtp_ssrc_type_t direction, guint8 *key,
                 GError **error) {
    srtp_policy_t policy = {.ssrc = {.type = direction},
                            .key = key,
                            .window_size = REPLAY_WINDOW,
                            .allow_repeat_tx = 0};
    set_crypto(&policy.rtp, profile);
    set_crypto(&policy.rtcp, profile);
    srtp_err_status_t status = srtp_create(ret, &policy);
    if (status == srtp_err_status_ok)
        return true;
    g_set_error(error, LEC_SRTP_ERROR, (int)status,
                "The media encryption %s cannot be set up (libsrtp status %d)",
                lec_srtp_profile_name(profile), (int)status);
    return false;
}

/*
 * libsrtp wants one call a process before all others, and calls the next ones wrong: it finds its
 * modules there already. The first may well not be ours: GStreamer's own SRTP plug-in makes it
 * where the plug-ins are looked through in this process, so at the first start after an
 * installation.
 */
static bool init_library(void) {
    static gsize ready; /* 1: initialised, 2: failed */
    if (g_once_init_enter(&ready)) {
        const srtp_err_status_t status = srtp_init();
        const bool good = status == srtp_err_status_ok || status == srtp_err_status_bad_param;
        g_once_init_leave(&ready, good ? 1 : 2);
    }
    return ready == 1;
}

LecSrtp *lec_srtp_new(const LecSrtpKeys *keys, GError **error) {
    if (!init_library()) {
        g_set_error(error, LEC_SRTP_ERROR, 0,
                    "The media encryption library does not pass its self-test");
        return NULL;
    }
    g_autoptr(LecSrtp) self = g_new0(LecSrtp, 1);
    LecSrtpKeys copy = *keys; /* srtp_create() wants writable keys */
    bool made = make(&self->outgoing, keys->profile, ssrc_any_outbound, copy.send, error) &&
                make(&self->incoming, keys->profile, ssrc_any_inbound, copy.receive, error);
    lec_srtp_keys_clear(&copy);
    return made ? g_steal_pointer(&self) : NULL;
}

void lec_srtp_free(LecSrtp *self) {
    if (self == NULL)
        return;
    if (self->outgoing != NULL)
        srtp_dealloc(self->outgoing);
    if (self->incoming != NULL)
        srtp_dealloc(self->incoming);
    g_free(self);
}

bool lec_srtp_protect_rtp(LecSrtp *self, guint8 *data, gsize size, gsize *len) {
    if (*len < RTP_MIN_BYTES || size < *len || size - *len < LEC_SRTP_OVERHEAD)
        return false;
    int length = (int)*len;
    if (srtp_protect(self->outgoing, data, &length) != srtp_err_status_ok)
        return false;
    *len = (gsize)length;
    return true;
}

bool lec_srtp_protect_rtcp(LecSrtp *self, guint8 *data, gsize size, gsize *len) {
    if (*len < RTCP_MIN_BYTES || size < *len || size - *len < LEC_SRTP_OVERHEAD)
        return false;
    int length = (int)*len;
    if (srtp_protect_rtcp(self->outgoing, data, &length) != srtp_err_status_ok)
        return false;
    *len = (gsize)length;
    return true;
}

static guint32 read_u32(const guint8 *data) {
    return (guint32)data[0] << 24 | (guint32)data[1] << 16 | (guint32)data[2] << 8 | data[3];
}

static bool is_known(const LecSrtp *self, guint32 ssrc) {
    for (guint i = 0; i < self->n_sources; i++) {
        if (self->sources[i] == ssrc)
            return true;
    }
    return false;
}

/* libsrtp keeps state for every SSRC that it has authenticated, so their number is the peer's
 * unless bounded here. */
static bool may_come(const LecSrtp *self, guint32 ssrc) {
    return self->n_sources < LEC_SRTP_MAX_SOURCES || is_known(self, ssrc);
}

static void remember(LecSrtp *self, guint32 ssrc) {
    if (!is_known(self, ssrc))
        self->sources[self->n_sources++] = ssrc;
}

bool lec_srtp_unprotect_rtp(LecSrtp *self, guint8 *data, gsize *len) {
    if (*len < RTP_MIN_BYTES || *len > G_MAXINT)
        return false;
    guint32 ssrc = read_u32(data + 8);
    int length = (int)*len;
    if (!may_come(self, ssrc) ||
        srtp_unprotect(self->incoming, data, &length) != srtp_err_status_ok)
        return false;
    remember(self, ssrc);
    *len = (gsize)length;
    return true;
}

bool lec_srtp_unprotect_rtcp(LecSrtp *self, guint8 *data, gsize *len) {
    if (*len < RTCP_MIN_BYTES || *len > G_MAXINT)
        return false;
    guint32 ssrc = read_u32(data + 4);
    int length = (int)*len;
    if (!may_come(self, ssrc) ||
        srtp_unprotect_rtcp(self->incoming, data, &length) != srtp_err_status_ok)
        return false;
    remember(self, ssrc);
    *len = (gsize)length;
    return true;
}
