/* The codecs that the box decodes, the first the best liked. */
#include "receiver/abilities.h"

void lec_abilities_describe(LecMediaParams *params) {
    params->sections[0] = (LecMediaSection){
        .kind = LEC_MEDIA_VIDEO,
        .direction = LEC_MEDIA_RECVONLY,
        .codecs = {{.codec = LEC_CODEC_H264,
                    .rtx_payload_type = 97, /* any: the offer's number holds */
                    .clock_rate = 90000,
                    .fmtp =
                        "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e034",
                    .nack = true,
                    .pli = true,
                    .transport_cc = true}},
        .n_codecs = 1,
        .transport_cc_id = 1,
        .mid_id = 2,
    };
    params->sections[1] = (LecMediaSection){
        .kind = LEC_MEDIA_AUDIO,
        .direction = LEC_MEDIA_RECVONLY,
        .codecs =
            {{.codec = LEC_CODEC_OPUS, .clock_rate = 48000, .channels = 2, .transport_cc = true}},
        .n_codecs = 1,
        .transport_cc_id = 1,
        .mid_id = 2,
    };
    params->n_sections = 2;
}
