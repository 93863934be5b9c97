/* Progress on standard error. */
#include "sender/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

struct LecProgress {
    bool terminal;
    bool keeping; /* the cursor stands in a kept line */
};

LecProgress *lec_progress_new(void) {
    LecProgress *self = g_new0(LecProgress, 1);
    self->terminal = isatty(STDERR_FILENO);
    return self;
}

static void end_kept_line(LecProgress *self) {
    if (self->keeping && self->terminal)
        fputc('\n', stderr);
    self->keeping = false;
}

void lec_progress_free(LecProgress *self) {
    if (!self)
        return;
    end_kept_line(self);
    g_free(self);
}

void lec_progress_step(LecProgress *self, const char *format, ...) {
    end_kept_line(self);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void lec_progress_keep(LecProgress *self, const char *format, ...) {
    if (!self->terminal && self->keeping)
        return;
    if (self->terminal)
        fputs("\r\033[K", stderr);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    if (!self->terminal)
        fputc('\n', stderr);
    fflush(stderr);
    self->keeping = true;
}
