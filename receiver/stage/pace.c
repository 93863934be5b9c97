/* When the next picture of a tile may be shown: the generic cell rate algorithm (ITU-T I.371), with
 * half an interval of tolerance, and a rate one twentieth above the display's so that a source
 * whose clock runs a little fast is not held back picture by picture. */
#include "receiver/stage/pace.h"

gint64 lec_pace_earliest(const LecPace *self, guint interval_us) {
    return self->due_us - interval_us / 2;
}

void lec_pace_took(LecPace *self, guint interval_us, gint64 now_us) {
    self->due_us = MAX(self->due_us, now_us) + interval_us - interval_us / 20;
}
