/* The small words of SDP: numbers, tokens, ICE words and format parameters, with H.264's profiles.
 */
#include "signalling/sdp-internal.h"

#include <string.h>

G_DEFINE_QUARK(lec_sdp_error_quark, lec_sdp_error)

bool lec_sdp_number(const char *text, guint32 min, guint32 max, guint32 *ret) {
    gsize len = strlen(text);
    if (len == 0 || len > 10 || strspn(text, "0123456789") != len)
        return false;
    guint64 value = g_ascii_strtoull(text, NULL, 10);
    if (value < min || value > max)
        return false;
    *ret = (guint32)value;
    return true;
}

bool lec_sdp_is_token(const char *text) {
    for (const char *p = text; *p; p++)
        if (*p <= ' ' || *p > '~' || strchr("\"(),/:;<=>?@[\\]", *p))
            return false;
    return *text != '\0';
}

bool lec_sdp_is_ice_word(const char *text, gsize min, gsize max) {
    gsize len = strlen(text);
    for (const char *p = text; *p; p++)
        if (!g_ascii_isalnum(*p) && *p != '+' && *p != '/')
            return false;
    return len >= min && len <= max;
}

const char *lec_sdp_after(const char *text, const char *prefix) {
    return g_str_has_prefix(text, prefix) ? text + strlen(prefix) : NULL;
}

/* Splits "a=1; b=2" into trimmed "a=1", "b=2". */
static char **split_fmtp(const char *fmtp) {
    char **parts = g_strsplit(fmtp, ";", -1);
    for (char **part = parts; *part; part++)
        g_strstrip(*part);
    return parts;
}

static const char *parameter_value(const char *part, const char *name) {
    gsize len = strlen(name);
    return g_ascii_strncasecmp(part, name, len) == 0 && part[len] == '=' ? part + len + 1 : NULL;
}

char *lec_sdp_fmtp_get(const char *fmtp, const char *name) {
    g_auto(GStrv) parts = split_fmtp(fmtp);
    for (char **part = parts; *part; part++) {
        const char *value = parameter_value(*part, name);
        if (value)
            return g_strdup(value);
    }
    return NULL;
}

char *lec_sdp_fmtp_without(const char *fmtp, const char *name) {
    g_auto(GStrv) parts = split_fmtp(fmtp);
    GString *out = g_string_new(NULL);
    for (char **part = parts; *part; part++)
        if (!parameter_value(*part, name))
            g_string_append_printf(out, "%s%s", out->len ? ";" : "", *part);
    return g_string_free(out, FALSE);
}

/* A small number parameter; preset where absent, G_MAXUINT32 where it is nonsense. */
static guint32 number_parameter(const char *fmtp, const char *name, guint32 preset) {
    g_autofree char *text = lec_sdp_fmtp_get(fmtp, name);
    guint32 value;
    if (!text)
        return preset;
    return lec_sdp_number(text, 0, 0xffff, &value) ? value : G_MAXUINT32;
}

typedef enum {
    H264_UNKNOWN,
    H264_CONSTRAINED_BASELINE,
    H264_BASELINE,
    H264_MAIN,
    H264_CONSTRAINED_HIGH,
    H264_HIGH,
} H264Profile;

/* RFC 6184 §8.1, table 5: several spellings mean the same sub-profile. */
static H264Profile h264_profile(guint32 profile_level_id) {
    static const struct {
        guint8 idc, mask, bits;
        H264Profile profile;
    } table[] = {
        {0x42, 0x4f, 0x40, H264_CONSTRAINED_BASELINE},
        {0x4d, 0x8f, 0x80, H264_CONSTRAINED_BASELINE},
        {0x58, 0xcf, 0xc0, H264_CONSTRAINED_BASELINE},
        {0x42, 0x4f, 0x00, H264_BASELINE},
        {0x58, 0xcf, 0x80, H264_BASELINE},
        {0x4d, 0xaf, 0x00, H264_MAIN},
        {0x64, 0xff, 0x0c, H264_CONSTRAINED_HIGH},
        {0x64, 0xff, 0x00, H264_HIGH},
    };
    guint8 idc = (guint8)(profile_level_id >> 16), iop = (guint8)(profile_level_id >> 8);
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        if (table[i].idc == idc && (iop & table[i].mask) == table[i].bits)
            return table[i].profile;
    return H264_UNKNOWN;
}

/* Absent means Baseline, level 1 (RFC 6184 §8.1). */
static bool read_profile_level_id(const char *fmtp, guint32 *ret) {
    g_autofree char *text = lec_sdp_fmtp_get(fmtp, "profile-level-id");
    guint64 value = 0x42000a;
    if (text && (strlen(text) != 6 || strspn(text, "0123456789abcdefABCDEF") != 6))
        return false;
    if (text)
        value = g_ascii_strtoull(text, NULL, 16);
    *ret = (guint32)value;
    return true;
}

/* Our other parameters stay as they are: among them what hints a browser's encoder. */
static char *write_h264(const char *ours, guint32 profile_level_id, bool asymmetric) {
    static const char *const own[] = {"profile-level-id", "packetization-mode",
                                      "level-asymmetry-allowed"};
    g_auto(GStrv) parts = split_fmtp(ours);
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "%spacketization-mode=1;profile-level-id=%06x",
                           asymmetric ? "level-asymmetry-allowed=1;" : "", profile_level_id);
    for (char **part = parts; *part; part++) {
        bool is_own = **part == '\0';
        for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
            is_own |= parameter_value(*part, own[i]) != NULL;
        if (!is_own)
            g_string_append_printf(out, ";%s", *part);
    }
    return g_string_free(out, FALSE);
}

/*
 * RFC 6184 §8.2.2: profile and packetization-mode are symmetric; the level may differ where both
 * allow it and is otherwise the lower one. Mode 0 would confine a picture's slices to single
 * packets.
 */
static char *match_h264(const char *ours, const char *offered) {
    guint32 our_id, offered_id;
    if (number_parameter(ours, "packetization-mode", 0) != 1 ||
        number_parameter(offered, "packetization-mode", 0) != 1 ||
        !read_profile_level_id(ours, &our_id) || !read_profile_level_id(offered, &offered_id))
        return NULL;
    H264Profile profile = h264_profile(offered_id);
    if (profile == H264_UNKNOWN || profile != h264_profile(our_id))
        return NULL;
    bool asymmetric = number_parameter(ours, "level-asymmetry-allowed", 0) == 1 &&
                      number_parameter(offered, "level-asymmetry-allowed", 0) == 1;
    guint32 our_level = our_id & 0xff, offered_level = offered_id & 0xff;
    guint32 level = asymmetric ? our_level : MIN(our_level, offered_level);
    return write_h264(ours, (offered_id & 0xffff00) | level, asymmetric);
}

/*
 * All but the profile says what its writer can receive, so the answer has ours; an offer's limits
 * copied into it would bind the offerer to them.
 */
static char *match_profile(const char *profile, const char *ours, const char *offered) {
    guint32 wanted = number_parameter(ours, profile, 0);
    if (wanted != number_parameter(offered, profile, 0))
        return NULL;
    return *ours ? g_strdup(ours) : g_strdup_printf("%s=%u", profile, wanted);
}

char *lec_sdp_match_fmtp(LecCodec codec, const char *ours, const char *offered) {
    switch (codec) {
    case LEC_CODEC_H264:
        return match_h264(ours, offered);
    case LEC_CODEC_VP9:
        return match_profile("profile-id", ours, offered); /* RFC 9628 §6 */
    case LEC_CODEC_AV1:
        return match_profile("profile", ours, offered); /* AV1 RTP specification §7.2 */
    case LEC_CODEC_UNKNOWN:
    case LEC_CODEC_VP8:
    case LEC_CODEC_OPUS:
        break;
    }
    return g_strdup(ours);
}
