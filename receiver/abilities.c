/* The codecs that we answer with, in our order of preference: what this machine has a decoder for.
 */
#include "receiver/abilities.h"

#include "receiver/decoders.h"

#define NEEDLESS 97 /* a payload type: the offer's number holds */

/*
 * Read by browsers built on libwebrtc only: their first estimate, in kbit/s. With 300, their own,
 * they begin with a small picture and take seconds to the full one; the feedback corrects what was
 * too bold.
 */
#define START "x-google-start-bitrate=4000"

/* Level 5.2, as LEC_PICTURE_MAX_BLOCKS has it. */
#define H264(profile) \
    "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=" profile "34;" START

typedef struct {
    LecCodec codec;
    const char *fmtp;
} Ability;

/*
 * H.264 first, for hardware and ffmpeg decode it at half the cost of the others; its profiles in
 * the order in which browsers are sure of them. A sender without it (Firefox with no OpenH264
 * plugin) takes VP8.
 */
static const Ability abilities[] = {
    {LEC_CODEC_H264, H264("42e0")}, /* constrained baseline */
    {LEC_CODEC_H264, H264("4d00")}, /* main */
    {LEC_CODEC_H264, H264("640c")}, /* constrained high */
    {LEC_CODEC_H264, H264("6400")}, /* high */
    {LEC_CODEC_H264, H264("4200")}, /* baseline */
    {LEC_CODEC_VP8, START},         {LEC_CODEC_VP9, "profile-id=0;" START},
};

static void add_video(LecMediaSection *section, const Ability *ability) {
    LecCodecParams *codec = &section->codecs[section->n_codecs++];
    *codec = (LecCodecParams){.codec = ability->codec,
                              .rtx_payload_type = NEEDLESS,
                              .clock_rate = 90000,
                              .nack = true,
                              .pli = true,
                              .transport_cc = true};
    g_strlcpy(codec->fmtp, ability->fmtp, sizeof codec->fmtp);
}

void lec_abilities_describe(LecMediaParams *params) {
    LecMediaSection *video = &params->sections[0];
    *video = (LecMediaSection){.kind = LEC_MEDIA_VIDEO,
                               .direction = LEC_MEDIA_RECVONLY,
                               .transport_cc_id = 1,
                               .mid_id = 2};
    for (guint i = 0; i < G_N_ELEMENTS(abilities); i++)
        if (lec_decoders_name(abilities[i].codec, 0))
            add_video(video, &abilities[i]);
    params->sections[1] = (LecMediaSection){
        .kind = LEC_MEDIA_AUDIO,
        .direction = LEC_MEDIA_RECVONLY,
        .codecs = {{.codec = LEC_CODEC_OPUS,
                    .clock_rate = 48000,
                    .channels = 2,
                    .fmtp = "minptime=10;useinbandfec=1;stereo=1", /* RFC 7587 §6.1 */
                    .transport_cc = true}},
        .n_codecs = 1,
        .transport_cc_id = 1,
        .mid_id = 2,
    };
    params->n_sections = 2;
}
