/* The end of a picture, by its packets' times and marker bits. */
#include "receiver/picture-end.h"

#include <gst/gst.h>

#define MARKER 0x80

bool lec_picture_end_is_missing(LecPictureEnd *self, const guint8 *packet) {
    const guint32 rtp_time = GST_READ_UINT32_BE(packet + 4);
    const bool ends = (packet[1] & MARKER) != 0;
    const bool begins = rtp_time != self->rtp_time;
    const bool missing = begins && self->marks_ends && !self->ended;
    self->rtp_time = rtp_time;
    self->ended = ends || (self->ended && !begins);
    self->marks_ends = self->marks_ends || ends;
    return missing;
}
