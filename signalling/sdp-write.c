/* Writes media-params as an SDP description that browsers and our own reader take. */
#include "signalling/sdp-internal.h"

#include <string.h>

static void line(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void line(GString *out, const char *format, ...) {
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(out, format, args);
    va_end(args);
    g_string_append(out, "\r\n");
}

static const char *setup_name(LecSetup setup) {
    switch (setup) {
    case LEC_SETUP_ACTPASS:
        return "actpass";
    case LEC_SETUP_ACTIVE:
        return "active";
    case LEC_SETUP_PASSIVE:
        return "passive";
    }
    g_assert_not_reached();
}

static const char *direction_name(LecMediaDirection direction) {
    switch (direction) {
    case LEC_MEDIA_INACTIVE:
        return "inactive";
    case LEC_MEDIA_SENDONLY:
        return "sendonly";
    case LEC_MEDIA_RECVONLY:
        return "recvonly";
    case LEC_MEDIA_SENDRECV:
        return "sendrecv";
    }
    g_assert_not_reached();
}

static const char *kind_name(LecMediaKind kind) {
    switch (kind) {
    case LEC_MEDIA_VIDEO:
        return "video";
    case LEC_MEDIA_AUDIO:
        return "audio";
    case LEC_MEDIA_OTHER:
        break;
    }
    g_assert_not_reached();
}

/* RFC 8866 §5.2: a number that differs from session to session; the ICE word is new for each, and
 * no secret. */
static void write_session(GString *out, const LecMediaParams *params) {
    line(out, "v=0");
    line(out, "o=- %u 1 IN IP4 0.0.0.0", g_str_hash(params->ice_ufrag));
    line(out, "s=-");
    line(out, "t=0 0");
    g_string_append(out, "a=group:BUNDLE");
    for (guint i = 0; i < params->n_sections; i++)
        if (!params->sections[i].rejected)
            g_string_append_printf(out, " %s", params->sections[i].mid);
    g_string_append(out, "\r\n");
    line(out, "a=ice-options:trickle");
}

/* An m-line needs a format; that of a section with port 0 means nothing (RFC 3264 §6). */
static void write_rejected(GString *out, const LecMediaSection *section) {
    if (section->kind == LEC_MEDIA_OTHER) {
        g_auto(GStrv) words = g_strsplit(section->other, " ", 2);
        g_assert(words[0] && words[1]);
        line(out, "m=%s 0 %s", words[0], words[1]);
    } else {
        line(out, "m=%s 0 UDP/TLS/RTP/SAVPF 0", kind_name(section->kind));
    }
    line(out, "c=IN IP4 0.0.0.0");
    if (*section->mid)
        line(out, "a=mid:%s", section->mid);
    line(out, "a=inactive");
}

static void write_transport(GString *out, const LecMediaParams *params) {
    char fingerprint[LEC_FINGERPRINT_TEXT_SIZE];
    lec_fingerprint_format(&params->fingerprint, fingerprint);
    line(out, "a=ice-ufrag:%s", params->ice_ufrag);
    line(out, "a=ice-pwd:%s", params->ice_pwd);
    line(out, "a=fingerprint:sha-256 %s", fingerprint);
    line(out, "a=setup:%s", setup_name(params->setup));
}

static void write_codec(GString *out, const LecCodecParams *codec) {
    guint type = codec->payload_type, rtx = codec->rtx_payload_type;
    g_string_append_printf(out, "a=rtpmap:%u %s/%u", type, lec_codec_name(codec->codec),
                           codec->clock_rate);
    if (codec->channels > 1)
        g_string_append_printf(out, "/%u", codec->channels);
    g_string_append(out, "\r\n");
    if (codec->transport_cc)
        line(out, "a=rtcp-fb:%u transport-cc", type);
    if (codec->nack)
        line(out, "a=rtcp-fb:%u nack", type);
    if (codec->pli)
        line(out, "a=rtcp-fb:%u nack pli", type);
    if (*codec->fmtp)
        line(out, "a=fmtp:%u %s", type, codec->fmtp);
    if (rtx == 0)
        return;
    line(out, "a=rtpmap:%u rtx/%u", rtx, codec->clock_rate);
    line(out, "a=fmtp:%u apt=%u", rtx, type);
}

static void write_formats(GString *out, const LecMediaSection *section) {
    g_string_append_printf(out, "m=%s 9 UDP/TLS/RTP/SAVPF", kind_name(section->kind));
    for (guint i = 0; i < section->n_codecs; i++) {
        g_string_append_printf(out, " %u", section->codecs[i].payload_type);
        if (section->codecs[i].rtx_payload_type)
            g_string_append_printf(out, " %u", section->codecs[i].rtx_payload_type);
    }
    g_string_append(out, "\r\n");
}

static void write_ssrcs(GString *out, const LecMediaSection *section) {
    if (section->ssrc == 0)
        return;
    if (section->rtx_ssrc)
        line(out, "a=ssrc-group:FID %u %u", section->ssrc, section->rtx_ssrc);
    line(out, "a=ssrc:%u cname:lectern", section->ssrc);
    if (section->rtx_ssrc)
        line(out, "a=ssrc:%u cname:lectern", section->rtx_ssrc);
}

static void write_section(GString *out, const LecMediaSection *section,
                          const LecMediaParams *params) {
    write_formats(out, section);
    line(out, "c=IN IP4 0.0.0.0");
    line(out, "a=mid:%s", section->mid);
    write_transport(out, params);
    line(out, "a=%s", direction_name(section->direction));
    line(out, "a=rtcp-mux");
    if (section->transport_cc_id)
        line(out, "a=extmap:%u %s", section->transport_cc_id, LEC_SDP_URI_TRANSPORT_CC);
    if (section->mid_id)
        line(out, "a=extmap:%u %s", section->mid_id, LEC_SDP_URI_MID);
    for (guint i = 0; i < section->n_codecs; i++)
        write_codec(out, &section->codecs[i]);
    write_ssrcs(out, section);
}

static void write_candidates(GString *out, const LecMediaParams *params) {
    for (guint i = 0; i < params->candidates->len; i++) {
        g_autofree char *text =
            lec_sdp_write_candidate(&g_array_index(params->candidates, LecCandidate, i));
        line(out, "a=%s", text);
    }
    if (params->end_of_candidates)
        line(out, "a=end-of-candidates");
}

char *lec_sdp_write(LecSdpType type, const LecMediaParams *params) {
    g_assert(type == LEC_SDP_OFFER || params->setup != LEC_SETUP_ACTPASS);
    GString *out = g_string_new(NULL);
    bool is_tagged = true; /* RFC 8843 §7.2: the first of the group carries the candidates */
    write_session(out, params);
    for (guint i = 0; i < params->n_sections; i++) {
        if (params->sections[i].rejected) {
            write_rejected(out, &params->sections[i]);
            continue;
        }
        write_section(out, &params->sections[i], params);
        if (is_tagged)
            write_candidates(out, params);
        is_tagged = false;
    }
    return g_string_free(out, FALSE);
}
