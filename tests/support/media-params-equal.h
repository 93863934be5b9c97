/* Compares media-params member by member; for tests and fuzz targets. */
#pragma once

#include "common/base/media-params.h"

#include <string.h>

static inline bool codec_equal(const LecCodecParams *a, const LecCodecParams *b) {
    return a->codec == b->codec && a->payload_type == b->payload_type &&
           a->rtx_payload_type == b->rtx_payload_type && a->clock_rate == b->clock_rate &&
           a->channels == b->channels && a->nack == b->nack && a->pli == b->pli &&
           a->transport_cc == b->transport_cc && strcmp(a->fmtp, b->fmtp) == 0;
}

static inline bool section_equal(const LecMediaSection *a, const LecMediaSection *b) {
    if (a->kind != b->kind || a->rejected != b->rejected || a->direction != b->direction ||
        a->n_codecs != b->n_codecs || a->transport_cc_id != b->transport_cc_id ||
        a->mid_id != b->mid_id || a->ssrc != b->ssrc || a->rtx_ssrc != b->rtx_ssrc ||
        strcmp(a->mid, b->mid) != 0 || strcmp(a->other, b->other) != 0)
        return false;
    for (guint i = 0; i < a->n_codecs; i++)
        if (!codec_equal(&a->codecs[i], &b->codecs[i]))
            return false;
    return true;
}

static inline bool candidate_equal(const LecCandidate *a, const LecCandidate *b) {
    return a->transport == b->transport && a->type == b->type && a->priority == b->priority &&
           a->port == b->port && a->related_port == b->related_port &&
           strcmp(a->foundation, b->foundation) == 0 && strcmp(a->address, b->address) == 0 &&
           strcmp(a->related_address, b->related_address) == 0;
}

static inline bool media_params_equal(const LecMediaParams *a, const LecMediaParams *b) {
    if (strcmp(a->ice_ufrag, b->ice_ufrag) != 0 || strcmp(a->ice_pwd, b->ice_pwd) != 0 ||
        !lec_fingerprint_equal(&a->fingerprint, &b->fingerprint) || a->setup != b->setup ||
        a->n_sections != b->n_sections || a->candidates->len != b->candidates->len ||
        a->end_of_candidates != b->end_of_candidates)
        return false;
    for (guint i = 0; i < a->n_sections; i++)
        if (!section_equal(&a->sections[i], &b->sections[i]))
            return false;
    for (guint i = 0; i < a->candidates->len; i++)
        if (!candidate_equal(&g_array_index(a->candidates, LecCandidate, i),
                             &g_array_index(b->candidates, LecCandidate, i)))
            return false;
    return true;
}

/* What a box would answer with: video and audio to receive, all that it can decode. */
static inline LecMediaParams *make_box_params(void) {
    static const LecMediaSection video = {
        .kind = LEC_MEDIA_VIDEO,
        .direction = LEC_MEDIA_RECVONLY,
        .mid = "v",
        .codecs = {{.codec = LEC_CODEC_H264,
                    .payload_type = 96,
                    .rtx_payload_type = 97,
                    .clock_rate = 90000,
                    .fmtp = "profile-level-id=42e02a;level-asymmetry-allowed=1;"
                            "packetization-mode=1;x-google-start-bitrate=4000",
                    .nack = true,
                    .pli = true,
                    .transport_cc = true},
                   {.codec = LEC_CODEC_VP8,
                    .payload_type = 98,
                    .clock_rate = 90000,
                    .nack = true,
                    .pli = true,
                    .transport_cc = true}},
        .n_codecs = 2,
        .transport_cc_id = 1,
        .mid_id = 2,
    };
    static const LecMediaSection audio = {
        .kind = LEC_MEDIA_AUDIO,
        .direction = LEC_MEDIA_RECVONLY,
        .mid = "a",
        .codecs = {{.codec = LEC_CODEC_OPUS,
                    .payload_type = 111,
                    .clock_rate = 48000,
                    .channels = 2,
                    .fmtp = "stereo=1;useinbandfec=1"}},
        .n_codecs = 1,
        .mid_id = 2,
    };
    LecMediaParams *params = lec_media_params_new();
    g_strlcpy(params->ice_ufrag, "boxx", sizeof params->ice_ufrag);
    g_strlcpy(params->ice_pwd, "abcdefghijklmnopqrstuv", sizeof params->ice_pwd);
    memset(params->fingerprint.bytes, 0xb0, sizeof params->fingerprint.bytes);
    params->sections[0] = video;
    params->sections[1] = audio;
    params->n_sections = 2;
    return params;
}
