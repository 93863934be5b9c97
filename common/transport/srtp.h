/* SRTP and SRTCP for one peer, both ways (RFC 3711, RFC 7714), behind libsrtp2. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_SRTP_MAX_KEY_BYTES 46 /* master key and salt, the longest of the profiles */
#define LEC_SRTP_OVERHEAD 32      /* room that protecting may need behind a packet: tag, index */
#define LEC_SRTP_MAX_SOURCES 32   /* SSRCs that a peer may use in the life of a link */

typedef enum {
    LEC_SRTP_AEAD_AES_256_GCM,
    LEC_SRTP_AEAD_AES_128_GCM,
    LEC_SRTP_AES128_CM_SHA1_80,
} LecSrtpProfile;

/* Master keys, each followed by its salt. Secret: wipe with lec_srtp_keys_clear(). */
typedef struct {
    LecSrtpProfile profile;
    guint8 send[LEC_SRTP_MAX_KEY_BYTES];
    guint8 receive[LEC_SRTP_MAX_KEY_BYTES];
} LecSrtpKeys;

const char *lec_srtp_profile_name(LecSrtpProfile profile); /* "AEAD_AES_256_GCM", as IANA has it */
gsize lec_srtp_key_bytes(LecSrtpProfile profile);          /* of the master key */
gsize lec_srtp_salt_bytes(LecSrtpProfile profile);
void lec_srtp_keys_clear(LecSrtpKeys *keys);

#define LEC_SRTP_ERROR (lec_srtp_error_quark())
GQuark lec_srtp_error_quark(void);

typedef struct LecSrtp LecSrtp;

LecSrtp *lec_srtp_new(const LecSrtpKeys *keys, GError **error);
void lec_srtp_free(LecSrtp *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecSrtp, lec_srtp_free)

/* In place; size is the room in data and leaves LEC_SRTP_OVERHEAD behind *len. False: drop the
 * packet. */
bool lec_srtp_protect_rtp(LecSrtp *self, guint8 *data, gsize size, gsize *len);
bool lec_srtp_protect_rtcp(LecSrtp *self, guint8 *data, gsize size, gsize *len);

/* In place; *len shrinks. False, with data spoilt, for what is forged, replayed, too old, or one
 * SSRC too many. */
bool lec_srtp_unprotect_rtp(LecSrtp *self, guint8 *data, gsize *len);
bool lec_srtp_unprotect_rtcp(LecSrtp *self, guint8 *data, gsize *len);
