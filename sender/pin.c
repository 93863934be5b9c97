/* Reads one line that is a secret. */
#include "sender/pin.h"

#include "common/base/i18n.h"

#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <glib/gstdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "signalling/pin.h"

#define MAX_PIN_BYTES 128

struct LecPinSource {
    LecPinReady ready;
    void *user;
    int terminal; /* −1: none */
    struct termios before;
    GInputStream *stream;
    GDataInputStream *lines;
    GCancellable *cancel;
    GSource *trouble; /* pending, where nothing could be opened */
};

bool lec_pin_source_has_terminal(void) {
    const int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

static void give_terminal_back(LecPinSource *self) {
    if (self->terminal < 0)
        return;
    tcsetattr(self->terminal, TCSANOW, &self->before);
    (void)!write(self->terminal, "\n", 1);
    close(self->terminal);
    self->terminal = -1;
}

static void finish(LecPinSource *self, char *line, const GError *error) {
    give_terminal_back(self);
    if (line)
        lec_pin_tidy(line);
    if (line && *line) {
        self->ready(line, NULL, self->user);
    } else {
        g_autoptr(GError) none =
            g_error_new(G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("No PIN was given%s%s."),
                        error ? ": " : "", error ? error->message : "");
        self->ready(NULL, none, self->user);
    }
}

static void on_line(GObject *source, GAsyncResult *result, gpointer user) {
    g_autoptr(GError) error = NULL;
    gsize len = 0;
    char *line = g_data_input_stream_read_line_finish_utf8(G_DATA_INPUT_STREAM(source), result,
                                                           &len, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* user is gone */
    if (line && len > MAX_PIN_BYTES)
        explicit_bzero(line, len);
    finish(user, line, error);
    if (line)
        explicit_bzero(line, len);
    g_free(line);
}

/* Without echo; what was typed before the question does not count. */
static bool take_terminal(LecPinSource *self, const char *prompt) {
    self->terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (self->terminal < 0 || tcgetattr(self->terminal, &self->before) != 0)
        return false;
    struct termios silent = self->before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(self->terminal, TCSAFLUSH, &silent);
    (void)!write(self->terminal, prompt, strlen(prompt));
    self->stream = g_unix_input_stream_new(dup(self->terminal), TRUE);
    return true;
}

static bool open_stream(LecPinSource *self, const char *file, const char *prompt, GError **error) {
    if (!file) {
        if (take_terminal(self, prompt))
            return true;
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    _("there is no terminal to ask at; give it with --pin-file"));
        return false;
    }
    if (g_str_equal(file, "-")) {
        self->stream = g_unix_input_stream_new(dup(STDIN_FILENO), TRUE);
        return true;
    }
    g_autoptr(GFile) place = g_file_new_for_path(file);
    self->stream = G_INPUT_STREAM(g_file_read(place, NULL, error));
    return self->stream != NULL;
}

typedef struct {
    LecPinSource *source;
    GError *error;
} Trouble;

static gboolean on_trouble(gpointer user) {
    Trouble *trouble = user;
    finish(trouble->source, NULL, trouble->error);
    return G_SOURCE_REMOVE;
}

static void trouble_free(gpointer user) {
    Trouble *trouble = user;
    g_error_free(trouble->error);
    g_free(trouble);
}

LecPinSource *lec_pin_source_ask(const char *file, const char *prompt, LecPinReady ready,
                                 void *user) {
    LecPinSource *self = g_new0(LecPinSource, 1);
    self->ready = ready;
    self->user = user;
    self->terminal = -1;
    self->cancel = g_cancellable_new();
    GError *error = NULL;
    if (!open_stream(self, file, prompt, &error)) {
        Trouble *trouble = g_new0(Trouble, 1);
        *trouble = (Trouble){self, error};
        self->trouble = g_idle_source_new();
        g_source_set_callback(self->trouble, on_trouble, trouble, trouble_free);
        g_source_attach(self->trouble, NULL);
        return self;
    }
    self->lines = g_data_input_stream_new(self->stream);
    g_data_input_stream_set_newline_type(self->lines, G_DATA_STREAM_NEWLINE_TYPE_ANY);
    g_data_input_stream_read_line_async(self->lines, G_PRIORITY_DEFAULT, self->cancel, on_line,
                                        self);
    return self;
}

void lec_pin_source_free(LecPinSource *self) {
    if (!self)
        return;
    g_cancellable_cancel(self->cancel);
    if (self->trouble)
        g_source_destroy(self->trouble);
    g_clear_pointer(&self->trouble, g_source_unref);
    give_terminal_back(self);
    g_clear_object(&self->lines);
    g_clear_object(&self->stream);
    g_object_unref(self->cancel);
    g_free(self);
}
