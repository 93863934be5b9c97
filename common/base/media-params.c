/* Making, copying and wiping the description of a media link. */
#include "common/base/media-params.h"

#include <string.h>

LecMediaParams *lec_media_params_new(void) {
    LecMediaParams *self = g_new0(LecMediaParams, 1);
    self->candidates = g_array_new(false, true, sizeof(LecCandidate));
    return self;
}

LecMediaParams *lec_media_params_copy(const LecMediaParams *self) {
    LecMediaParams *copy = g_memdup2(self, sizeof *self);
    copy->candidates = g_array_copy(self->candidates);
    return copy;
}

void lec_media_params_free(LecMediaParams *self) {
    if (self == NULL)
        return;
    g_clear_pointer(&self->candidates, g_array_unref);
    explicit_bzero(self->ice_pwd, sizeof self->ice_pwd);
    g_free(self);
}

bool lec_media_params_keeps_sections(const LecMediaParams *later, const LecMediaParams *answer) {
    if (later->n_sections != answer->n_sections)
        return false;
    for (guint i = 0; i < answer->n_sections; i++) {
        const LecMediaSection *ours = &answer->sections[i], *theirs = &later->sections[i];
        if (!ours->rejected &&
            (theirs->rejected || theirs->kind != ours->kind || strcmp(theirs->mid, ours->mid) != 0))
            return false;
    }
    return true;
}

const char *lec_codec_name(LecCodec codec) {
    switch (codec) {
    case LEC_CODEC_UNKNOWN:
        return "unknown";
    case LEC_CODEC_H264:
        return "H264";
    case LEC_CODEC_VP8:
        return "VP8";
    case LEC_CODEC_VP9:
        return "VP9";
    case LEC_CODEC_AV1:
        return "AV1";
    case LEC_CODEC_OPUS:
        return "opus"; /* RFC 7587 §7 writes it small */
    }
    g_assert_not_reached();
}
