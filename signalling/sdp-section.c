/* One section of an SDP description: its m-line, its attributes and the codecs that come of them.
 */
#include "signalling/sdp-internal.h"

#include <string.h>

static bool fail(GError **error, LecSdpError code, const char *what) {
    g_set_error_literal(error, LEC_SDP_ERROR, (gint)code, what);
    return false;
}

static bool bad(GError **error, const char *what) {
    return fail(error, LEC_SDP_ERROR_SYNTAX, what);
}

LecSdpDraft *lec_sdp_draft_new(void) {
    LecSdpDraft *self = g_new0(LecSdpDraft, 1);
    self->section.direction = LEC_MEDIA_SENDRECV; /* RFC 8866 §6.7 */
    self->candidates = g_array_new(FALSE, FALSE, sizeof(LecCandidate));
    return self;
}

void lec_sdp_draft_free(LecSdpDraft *self) {
    if (!self)
        return;
    for (guint i = 0; i < LEC_SDP_N_PAYLOADS; i++)
        g_free(self->payloads[i].fmtp);
    g_array_unref(self->candidates);
    explicit_bzero(self->ice_pwd, sizeof self->ice_pwd);
    g_free(self);
}

static bool read_formats(LecSdpDraft *self, char **formats, GError **error) {
    for (; *formats; formats++) {
        guint32 type;
        if (!lec_sdp_number(*formats, 0, LEC_SDP_N_PAYLOADS - 1, &type))
            return bad(error, "A payload type is not between 0 and 127");
        if (self->payloads[type].listed)
            return bad(error, "A payload type is listed twice");
        self->payloads[type].listed = true;
        self->order[self->n_order++] = (guint8)type;
    }
    return true;
}

static bool is_protocol(const char *text) {
    g_auto(GStrv) parts = g_strsplit(text, "/", -1);
    for (char **part = parts; *part; part++)
        if (!lec_sdp_is_token(*part))
            return false;
    return *text != '\0';
}

/* What is kept of a section that we do not speak is what its rejection must repeat (RFC 3264 §6).
 */
static bool keep_other(LecSdpDraft *self, char **words, GError **error) {
    if (!lec_sdp_is_token(words[0]) || !is_protocol(words[2]) || !lec_sdp_is_token(words[3]))
        return bad(error, "The m-line has words that SDP does not allow");
    g_autofree char *kept = g_strdup_printf("%s %s %s", words[0], words[2], words[3]);
    if (strlen(kept) >= sizeof self->section.other)
        return fail(error, LEC_SDP_ERROR_LIMIT, "The m-line of an unknown kind is too long");
    g_strlcpy(self->section.other, kept, sizeof self->section.other);
    self->section.kind = LEC_MEDIA_OTHER;
    return true;
}

bool lec_sdp_draft_read_media(LecSdpDraft *self, const char *value, GError **error) {
    g_auto(GStrv) words = g_strsplit(value, " ", -1);
    guint32 port;
    if (g_strv_length(words) < 4 || !lec_sdp_number(words[1], 0, G_MAXUINT16, &port))
        return bad(error, "The m-line is not one");
    self->port_zero = port == 0;
    self->is_secure =
        strcmp(words[2], "UDP/TLS/RTP/SAVPF") == 0 || strcmp(words[2], "TCP/TLS/RTP/SAVPF") == 0;
    if (strcmp(words[0], "audio") == 0)
        self->section.kind = LEC_MEDIA_AUDIO;
    else if (strcmp(words[0], "video") == 0)
        self->section.kind = LEC_MEDIA_VIDEO;
    else
        return keep_other(self, words, error);
    return !self->is_secure || read_formats(self, words + 3, error);
}

/* "96 rest" → the payload, NULL where the m-line does not list it; false where it is no such thing.
 */
static bool split_payload(LecSdpDraft *self, const char *value, LecSdpPayload **ret_payload,
                          const char **ret_rest, GError **error) {
    const char *space = strchr(value, ' ');
    g_autofree char *number = space ? g_strndup(value, (gsize)(space - value)) : NULL;
    guint32 type;
    if (!number || !lec_sdp_number(number, 0, LEC_SDP_N_PAYLOADS - 1, &type))
        return bad(error, "An attribute does not begin with a payload type");
    *ret_payload = self->payloads[type].listed ? &self->payloads[type] : NULL;
    *ret_rest = space + 1;
    return true;
}

static LecCodec find_codec(LecMediaKind kind, const char *name, guint32 clock_rate,
                           guint32 channels) {
    static const LecCodec video[] = {LEC_CODEC_H264, LEC_CODEC_VP8, LEC_CODEC_VP9, LEC_CODEC_AV1};
    if (kind == LEC_MEDIA_AUDIO) /* RFC 7587 §7: always 48000 and 2 */
        return g_ascii_strcasecmp(name, "opus") == 0 && clock_rate == 48000 && channels == 2
                   ? LEC_CODEC_OPUS
                   : LEC_CODEC_UNKNOWN;
    for (gsize i = 0; i < G_N_ELEMENTS(video) && clock_rate == 90000; i++)
        if (g_ascii_strcasecmp(name, lec_codec_name(video[i])) == 0)
            return video[i];
    return LEC_CODEC_UNKNOWN;
}

static bool read_rtpmap(LecSdpDraft *self, const char *value, GError **error) {
    LecSdpPayload *payload;
    const char *rest;
    if (!split_payload(self, value, &payload, &rest, error))
        return false;
    g_auto(GStrv) parts = g_strsplit(rest, "/", -1);
    guint n = g_strv_length(parts);
    guint32 clock_rate, channels = 1;
    if (n < 2 || n > 3 || !lec_sdp_is_token(parts[0]) ||
        !lec_sdp_number(parts[1], 1, 1000000, &clock_rate) ||
        (n == 3 && !lec_sdp_number(parts[2], 1, 255, &channels)))
        return bad(error, "An a=rtpmap is not name/rate/channels");
    if (!payload)
        return true;
    if (payload->mapped)
        return bad(error, "A payload type is mapped twice");
    payload->mapped = true;
    payload->is_rtx = g_ascii_strcasecmp(parts[0], "rtx") == 0;
    payload->codec = find_codec(self->section.kind, parts[0], clock_rate, channels);
    payload->clock_rate = clock_rate;
    payload->channels = self->section.kind == LEC_MEDIA_AUDIO ? (guint8)channels : 0;
    return true;
}

static bool read_fmtp(LecSdpDraft *self, const char *value, GError **error) {
    LecSdpPayload *payload;
    const char *rest;
    if (!split_payload(self, value, &payload, &rest, error))
        return false;
    if (!payload)
        return true;
    if (payload->fmtp)
        return bad(error, "A payload type has its format parameters twice");
    payload->fmtp = g_strstrip(g_strdup(rest));
    return true;
}

static bool read_rtcp_fb(LecSdpDraft *self, const char *value, GError **error) {
    LecSdpPayload *payload = &self->any;
    const char *kind = lec_sdp_after(value, "* ");
    if (!kind && !split_payload(self, value, &payload, &kind, error))
        return false;
    if (!payload)
        return true;
    payload->nack |= strcmp(kind, "nack") == 0;
    payload->pli |= strcmp(kind, "nack pli") == 0;
    payload->transport_cc |= strcmp(kind, "transport-cc") == 0;
    return true;
}

/* RFC 8285 §5; ids beyond 14 need the two-byte form, which we do not use, so they count as not
 * offered. */
static bool read_extmap(LecSdpDraft *self, const char *value, GError **error) {
    g_auto(GStrv) words = g_strsplit(value, " ", 3);
    if (!words[0] || !words[1])
        return bad(error, "An a=extmap has no URI");
    words[0][strcspn(words[0], "/")] = '\0'; /* the direction */
    guint32 id;
    if (!lec_sdp_number(words[0], 1, 4351, &id))
        return bad(error, "An a=extmap has no proper id");
    if (id > 14)
        return true;
    if (strcmp(words[1], LEC_SDP_URI_TRANSPORT_CC) == 0)
        self->section.transport_cc_id = (guint8)id;
    else if (strcmp(words[1], LEC_SDP_URI_MID) == 0)
        self->section.mid_id = (guint8)id;
    return true;
}

static bool read_mid(LecSdpDraft *self, const char *value, GError **error) {
    if (!lec_sdp_is_token(value))
        return bad(error, "An a=mid is not a word");
    if (strlen(value) >= sizeof self->section.mid)
        return fail(error, LEC_SDP_ERROR_LIMIT, "An a=mid is too long");
    g_strlcpy(self->section.mid, value, sizeof self->section.mid);
    return true;
}

/* Of several fingerprints the SHA-256 one counts (RFC 8122 §5.1); two of these would leave a choice
 * to chance. */
static bool read_fingerprint(LecSdpDraft *self, const char *value, GError **error) {
    const char *space = strchr(value, ' ');
    if (!space)
        return bad(error, "An a=fingerprint has no value");
    if (space - value != 7 || g_ascii_strncasecmp(value, "sha-256", 7) != 0)
        return true;
    LecFingerprint fingerprint;
    if (!lec_fingerprint_parse(space + 1, &fingerprint))
        return bad(error, "An a=fingerprint is not a SHA-256 fingerprint");
    if (self->has_fingerprint && !lec_fingerprint_equal(&fingerprint, &self->fingerprint))
        return fail(error, LEC_SDP_ERROR_INSECURE, "There are two different SHA-256 fingerprints");
    self->has_fingerprint = true;
    self->fingerprint = fingerprint;
    return true;
}

static bool read_setup(LecSdpDraft *self, const char *value, GError **error) {
    static const char *const names[] = {"actpass", "active", "passive"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(value, names[i]) == 0) {
            self->setup = (LecSetup)i;
            self->has_setup = true;
            return true;
        }
    }
    return bad(error, "An a=setup is neither actpass, active nor passive");
}

static bool read_ufrag(LecSdpDraft *self, const char *value, GError **error) {
    if (!lec_sdp_is_ice_word(value, 4, 256))
        return bad(error, "An a=ice-ufrag is not 4 to 256 ICE characters");
    g_strlcpy(self->ice_ufrag, value, sizeof self->ice_ufrag);
    return true;
}

static bool read_pwd(LecSdpDraft *self, const char *value, GError **error) {
    if (!lec_sdp_is_ice_word(value, 22, 256))
        return bad(error, "An a=ice-pwd is not 22 to 256 ICE characters");
    g_strlcpy(self->ice_pwd, value, sizeof self->ice_pwd);
    return true;
}

/* A candidate of a kind that we have no use for is dropped, and so are those above the limit. */
static bool read_candidate(LecSdpDraft *self, const char *value, GError **error) {
    g_autoptr(GError) why = NULL;
    LecCandidate candidate;
    if (lec_sdp_parse_candidate(value, &candidate, &why)) {
        if (self->candidates->len < LEC_MEDIA_MAX_CANDIDATES)
            g_array_append_val(self->candidates, candidate);
        return true;
    }
    if (g_error_matches(why, LEC_SDP_ERROR, LEC_SDP_ERROR_UNSUPPORTED))
        return true;
    return bad(error, "An a=candidate is not one");
}

static bool split_ssrc(const char *text, gunichar end, guint32 *ret, const char **ret_rest) {
    gsize len = strspn(text, "0123456789");
    g_autofree char *number = g_strndup(text, len);
    if ((text[len] != (char)end && text[len] != '\0') ||
        !lec_sdp_number(number, 0, G_MAXUINT32, ret))
        return false;
    *ret_rest = text[len] ? text + len + 1 : text + len;
    return true;
}

static bool read_ssrc(LecSdpDraft *self, const char *value, GError **error) {
    guint32 ssrc;
    const char *rest;
    if (!split_ssrc(value, ' ', &ssrc, &rest))
        return bad(error, "An a=ssrc has no proper number");
    if (self->section.ssrc == 0)
        self->section.ssrc = ssrc;
    return true;
}

/* RFC 5576 §4.2 with RFC 4588 §8.8: the stream and its retransmissions. The first pair counts. */
static bool read_ssrc_group(LecSdpDraft *self, const char *value, GError **error) {
    const char *rest = lec_sdp_after(value, "FID ");
    guint32 ssrc, rtx_ssrc;
    if (!rest || self->has_fid)
        return true;
    if (!split_ssrc(rest, ' ', &ssrc, &rest) || !split_ssrc(rest, ' ', &rtx_ssrc, &rest) ||
        ssrc == rtx_ssrc)
        return bad(error, "An a=ssrc-group:FID is not two numbers");
    if (ssrc == 0)
        return true;
    self->has_fid = true;
    self->section.ssrc = ssrc;
    self->section.rtx_ssrc = rtx_ssrc;
    return true;
}

static bool read_direction(LecSdpDraft *self, const char *name) {
    static const char *const names[] = {"inactive", "sendonly", "recvonly", "sendrecv"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            self->section.direction = (LecMediaDirection)i;
            self->has_direction = true;
            return true;
        }
    }
    return false;
}

static bool read_flag(LecSdpDraft *self, const char *name) {
    if (read_direction(self, name))
        return true;
    self->rtcp_mux |= strcmp(name, "rtcp-mux") == 0;
    self->bundle_only |= strcmp(name, "bundle-only") == 0;
    self->end_of_candidates |= strcmp(name, "end-of-candidates") == 0;
    return true;
}

bool lec_sdp_draft_read_attribute(LecSdpDraft *self, const char *name, const char *value,
                                  GError **error) {
    static const struct {
        const char *name;
        bool (*read)(LecSdpDraft *self, const char *value, GError **error);
    } attributes[] = {
        {"rtpmap", read_rtpmap},       {"fmtp", read_fmtp},       {"rtcp-fb", read_rtcp_fb},
        {"extmap", read_extmap},       {"mid", read_mid},         {"fingerprint", read_fingerprint},
        {"setup", read_setup},         {"ice-ufrag", read_ufrag}, {"ice-pwd", read_pwd},
        {"candidate", read_candidate}, {"ssrc", read_ssrc},       {"ssrc-group", read_ssrc_group},
    };
    if (!value)
        return read_flag(self, name);
    for (gsize i = 0; i < G_N_ELEMENTS(attributes); i++)
        if (strcmp(name, attributes[i].name) == 0)
            return attributes[i].read(self, value, error);
    return true; /* RFC 8866 §5: unknown ones are ignored */
}

/* RFC 5761 §4: on one port with RTCP these payload types would be taken for RTCP packets. */
static bool is_usable_type(guint8 type) {
    return type < 64 || type >= 96;
}

static void find_retransmissions(const LecSdpDraft *self, guint8 rtx_of[LEC_SDP_N_PAYLOADS]) {
    for (guint i = 0; i < self->n_order; i++) {
        const LecSdpPayload *payload = &self->payloads[self->order[i]];
        guint32 apt;
        if (!payload->is_rtx || !payload->fmtp || !is_usable_type(self->order[i]))
            continue;
        g_autofree char *text = lec_sdp_fmtp_get(payload->fmtp, "apt");
        if (text && lec_sdp_number(text, 0, LEC_SDP_N_PAYLOADS - 1, &apt) && rtx_of[apt] == 0)
            rtx_of[apt] = self->order[i];
    }
}

/*
 * Encoders that know their parameter sets before they offer (GStreamer's) write them here, at any
 * length. They come with the pictures as well, as they must (RFC 7742 §6.2).
 */
static char *tidy_fmtp(const char *fmtp) {
    return fmtp && strstr(fmtp, "sprop-") ? lec_sdp_fmtp_without(fmtp, "sprop-parameter-sets")
                                          : g_strdup(fmtp ? fmtp : "");
}

void lec_sdp_draft_collect_codecs(LecSdpDraft *self) {
    LecMediaSection *section = &self->section;
    guint8 rtx_of[LEC_SDP_N_PAYLOADS] = {0};
    find_retransmissions(self, rtx_of);
    for (guint i = 0; i < self->n_order && section->n_codecs < LEC_MEDIA_MAX_CODECS; i++) {
        const LecSdpPayload *payload = &self->payloads[self->order[i]];
        g_autofree char *fmtp = tidy_fmtp(payload->fmtp);
        LecCodecParams *codec = &section->codecs[section->n_codecs];
        if (payload->codec == LEC_CODEC_UNKNOWN || strlen(fmtp) >= sizeof codec->fmtp ||
            !is_usable_type(self->order[i]))
            continue;
        *codec = (LecCodecParams){
            .codec = payload->codec,
            .payload_type = self->order[i],
            .rtx_payload_type = rtx_of[self->order[i]],
            .clock_rate = payload->clock_rate,
            .channels = payload->channels,
            .nack = payload->nack || self->any.nack,
            .pli = payload->pli || self->any.pli,
            .transport_cc = payload->transport_cc || self->any.transport_cc,
        };
        g_strlcpy(codec->fmtp, fmtp, sizeof codec->fmtp);
        section->n_codecs++;
    }
}
