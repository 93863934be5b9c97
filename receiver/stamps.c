/* Times that travel through a decoder by the PTS that names them. */
#include "receiver/stamps.h"

#include <string.h>

#define NS_PER_ENTRY \
    1000000u /* PTS grow by a millisecond an entry: plausible to every element, exact to divide */

void lec_stamps_init(LecStamps *self) {
    memset(self, 0, sizeof *self);
    g_mutex_init(&self->lock);
}

void lec_stamps_clear(LecStamps *self) {
    g_mutex_clear(&self->lock);
}

guint64 lec_stamps_note(LecStamps *self, guint32 rtp_time, gint64 arrival_us, gint64 sender_us) {
    g_mutex_lock(&self->lock);
    if (self->count == 0 || rtp_time != self->rtp_time) {
        self->count++;
        self->rtp_time = rtp_time;
    }
    self->kept[self->count % LEC_STAMPS_KEPT] = (LecStamp){arrival_us, sender_us};
    const guint64 pts = self->count * NS_PER_ENTRY;
    g_mutex_unlock(&self->lock);
    return pts;
}

LecStamp lec_stamps_find(LecStamps *self, guint64 pts) {
    LecStamp stamp = {0};
    const guint64 entry = pts / NS_PER_ENTRY;
    g_mutex_lock(&self->lock);
    if (entry > 0 && entry <= self->count && self->count - entry < LEC_STAMPS_KEPT)
        stamp = self->kept[entry % LEC_STAMPS_KEPT];
    g_mutex_unlock(&self->lock);
    return stamp;
}
