/* One line, then a count a minute. */
#include "common/base/log-limit.h"

bool lec_log_limit_may(LecLogLimit *self, gint64 now_us) {
    if (self->until_us != 0) {
        self->left_out++;
        return false;
    }
    self->until_us = now_us + LEC_LOG_LIMIT_US;
    return true;
}

guint lec_log_limit_take(LecLogLimit *self, gint64 now_us) {
    if (self->until_us == 0 || now_us < self->until_us)
        return 0;
    const guint left_out = self->left_out;
    self->left_out = 0;
    self->until_us = left_out > 0 ? now_us + LEC_LOG_LIMIT_US : 0;
    return left_out;
}
