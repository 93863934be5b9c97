/* The bounds between good, fair and poor. */
#include "sender/window/quality.h"
#include "common/base/i18n.h"

#define POOR_LOSS 0.05f
#define FAIR_LOSS 0.01f
#define POOR_KBPS 500
#define FAIR_KBPS 2000

/* µs */
#define AT_ONCE_US 120000
#define SLIGHT_US 300000
#define NOTICEABLE_US 700000

LecQuality lec_quality_judge(const LecShareStats *stats) {
    const LecLinkStats *link = &stats->link;
    const guint32 latency_us = lec_share_stats_get_latency_us(stats);
    if (stats->report.display_us == 0)
        return LEC_QUALITY_UNKNOWN; /* the display has not said that it shows anything */
    if (link->loss >= POOR_LOSS || link->estimate_kbps < POOR_KBPS || latency_us >= NOTICEABLE_US)
        return LEC_QUALITY_POOR;
    if (link->loss >= FAIR_LOSS || link->estimate_kbps < FAIR_KBPS || latency_us >= SLIGHT_US)
        return LEC_QUALITY_FAIR;
    return LEC_QUALITY_GOOD;
}

const char *lec_quality_get_words(LecQuality quality) {
    switch (quality) {
    case LEC_QUALITY_UNKNOWN:
        return _("Measuring the connection…");
    case LEC_QUALITY_GOOD:
        return _("Good connection");
    case LEC_QUALITY_FAIR:
        return _("Fair connection");
    case LEC_QUALITY_POOR:
        return _("Poor connection");
    }
    return "";
}

const char *lec_quality_get_delay_words(guint32 latency_us) {
    if (latency_us < AT_ONCE_US)
        return _("The display follows at once.");
    if (latency_us < SLIGHT_US)
        return _("The display follows with a slight delay.");
    if (latency_us < NOTICEABLE_US)
        return _("The display follows with a noticeable delay.");
    return _("The display follows with a long delay.");
}

const char *lec_quality_get_advice(LecQuality quality) {
    return quality == LEC_QUALITY_FAIR || quality == LEC_QUALITY_POOR
               ? _("The network keeps the picture from being better. Moving closer to the access "
                   "point or plugging in a cable helps.")
               : NULL;
}
