/* Chooses connector, mode and CRTC. */
#include "receiver/stage/kms-choose.h"

#define USUAL_MHZ 60000

/* How well the mode suits: compared from the first figure to the last, more is better. */
typedef struct {
    gint64 figures[7];
} Score;

static Score score(const LecKmsMode *mode, const LecKmsMode *preferred, guint width, guint height) {
    gint64 pixels = (gint64)mode->width * mode->height;
    bool bounded = pixels <= LEC_KMS_PIXELS_MAX;
    bool shape = !preferred ||
                 (gint64)mode->width * preferred->height == (gint64)mode->height * preferred->width;
    gint64 off = (gint64)mode->refresh_mhz - USUAL_MHZ;
    /* The preferred mode is what the screen is made of: larger ones it would shrink again. */
    return (Score){{width && mode->width == width && mode->height == height, !mode->interlaced,
                    bounded && mode->preferred, bounded, shape, bounded ? pixels : -pixels,
                    -ABS(off)}};
}

static bool better(const Score *a, const Score *b) {
    for (guint i = 0; i < G_N_ELEMENTS(a->figures); i++)
        if (a->figures[i] != b->figures[i])
            return a->figures[i] > b->figures[i];
    return false;
}

static guint choose_mode(const LecKmsConnector *connector, guint width, guint height) {
    const LecKmsMode *preferred = NULL;
    guint best = 0;
    for (guint i = 0; i < connector->n_modes && !preferred; i++)
        if (connector->modes[i].preferred)
            preferred = &connector->modes[i];
    for (guint i = 1; i < connector->n_modes; i++) {
        Score this = score(&connector->modes[i], preferred, width, height);
        Score that = score(&connector->modes[best], preferred, width, height);
        if (better(&this, &that))
            best = i;
    }
    return best;
}

bool lec_kms_choose(const LecKmsConnector *connectors, guint n_connectors, guint width,
                    guint height, LecKmsChoice *ret) {
    for (guint i = 0; i < n_connectors; i++) {
        const LecKmsConnector *connector = &connectors[i];
        if (!connector->connected || !connector->n_modes || !connector->crtcs)
            continue;
        *ret = (LecKmsChoice){.connector = i,
                              .mode = choose_mode(connector, width, height),
                              .crtc = (guint)g_bit_nth_lsf(connector->crtcs, -1)};
        return true;
    }
    return false;
}
