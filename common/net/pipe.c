/* Joins two streams. */
#include "common/net/pipe.h"

#include <stdbool.h>

#define BUFFER_BYTES 16384
#define HALF_CLOSED_S 60 /* one side has ended and the other says nothing any more */

typedef struct {
    LecPipe *pipe;
    GIOStream *from, *to;
    GSocketConnection *to_tcp;
    bool ended;
    guint8 buffer[BUFFER_BYTES];
} Way;

/* Each operation under way holds a reference, for GIO uses the buffer until it has come back. */
struct LecPipe {
    GSocketConnection *near, *far_tcp;
    GIOStream *far;
    GCancellable *cancellable;
    GSource *half_closed;
    void (*on_ended)(const GError *error, void *user);
    void *user;
    Way out, in;
};

static void pipe_clear(gpointer data) {
    LecPipe *self = data;
    g_clear_object(&self->far);
    g_clear_object(&self->far_tcp);
    g_clear_object(&self->near);
    g_clear_object(&self->cancellable);
}

static void release(LecPipe *self) {
    g_rc_box_release_full(self, pipe_clear);
}

static void stop_timer(LecPipe *self) {
    if (self->half_closed)
        g_source_destroy(self->half_closed);
    g_clear_pointer(&self->half_closed, g_source_unref);
}

static void end(LecPipe *self, const GError *error) {
    void (*ended)(const GError *, void *) = g_steal_pointer(&self->on_ended);
    stop_timer(self);
    g_cancellable_cancel(self->cancellable);
    if (ended)
        ended(error, self->user);
}

static gboolean on_half_closed(gpointer user) {
    end(user, NULL);
    return G_SOURCE_REMOVE;
}

static void restart_timer(LecPipe *self) {
    stop_timer(self);
    if (!self->out.ended && !self->in.ended)
        return;
    self->half_closed = g_timeout_source_new_seconds(HALF_CLOSED_S);
    g_source_set_callback(self->half_closed, on_half_closed, self, NULL);
    g_source_attach(self->half_closed, g_main_context_get_thread_default());
}

static void read_more(Way *way);

static void on_closed(GObject *object, GAsyncResult *result, gpointer user) {
    LecPipe *self = user;
    g_output_stream_close_finish(G_OUTPUT_STREAM(object), result, NULL);
    if (self->on_ended && self->out.ended && self->in.ended)
        end(self, NULL);
    release(self);
}

/* TLS says close_notify (RFC 8446 §6.1) and goes on reading; TCP says FIN. */
static void finish(Way *way) {
    LecPipe *self = way->pipe;
    way->ended = true;
    restart_timer(self);
    if (G_IS_TLS_CONNECTION(way->to)) {
        g_output_stream_close_async(g_io_stream_get_output_stream(way->to), G_PRIORITY_DEFAULT,
                                    self->cancellable, on_closed, g_rc_box_acquire(self));
        return;
    }
    g_socket_shutdown(g_socket_connection_get_socket(way->to_tcp), FALSE, TRUE, NULL);
    if (self->out.ended && self->in.ended)
        end(self, NULL);
}

static void on_written(GObject *object, GAsyncResult *result, gpointer user) {
    Way *way = user;
    LecPipe *self = way->pipe;
    g_autoptr(GError) error = NULL;
    const bool done =
        g_output_stream_write_all_finish(G_OUTPUT_STREAM(object), result, NULL, &error);
    if (self->on_ended && !done)
        end(self, error);
    else if (self->on_ended)
        read_more(way);
    release(self);
}

static void on_read(GObject *object, GAsyncResult *result, gpointer user) {
    Way *way = user;
    LecPipe *self = way->pipe;
    g_autoptr(GError) error = NULL;
    const gssize n = g_input_stream_read_finish(G_INPUT_STREAM(object), result, &error);
    if (self->on_ended && n < 0) {
        end(self, error);
    } else if (self->on_ended && n == 0) {
        finish(way);
    } else if (self->on_ended) {
        if (self->half_closed)
            restart_timer(self);
        g_output_stream_write_all_async(g_io_stream_get_output_stream(way->to), way->buffer,
                                        (gsize)n, G_PRIORITY_DEFAULT, self->cancellable, on_written,
                                        way);
        g_rc_box_acquire(self);
    }
    release(self);
}

static void read_more(Way *way) {
    g_rc_box_acquire(way->pipe);
    g_input_stream_read_async(g_io_stream_get_input_stream(way->from), way->buffer, BUFFER_BYTES,
                              G_PRIORITY_DEFAULT, way->pipe->cancellable, on_read, way);
}

static void way_init(Way *way, LecPipe *self, GIOStream *from, GIOStream *to,
                     GSocketConnection *to_tcp) {
    way->pipe = self;
    way->from = from;
    way->to = to;
    way->to_tcp = to_tcp;
}

LecPipe *lec_pipe_new(GSocketConnection *near, GSocketConnection *far_tcp, GIOStream *far,
                      void (*ended)(const GError *error, void *user), void *user) {
    LecPipe *self = g_rc_box_new0(LecPipe);
    self->near = g_object_ref(near);
    self->far_tcp = g_object_ref(far_tcp);
    self->far = g_object_ref(far);
    self->cancellable = g_cancellable_new();
    self->on_ended = ended;
    self->user = user;
    way_init(&self->out, self, G_IO_STREAM(near), far, far_tcp);
    way_init(&self->in, self, far, G_IO_STREAM(near), near);
    read_more(&self->out);
    read_more(&self->in);
    return self;
}

void lec_pipe_free(LecPipe *self) {
    if (!self)
        return;
    self->on_ended = NULL;
    stop_timer(self);
    g_cancellable_cancel(self->cancellable);
    g_socket_shutdown(g_socket_connection_get_socket(self->near), TRUE, TRUE, NULL);
    g_socket_shutdown(g_socket_connection_get_socket(self->far_tcp), TRUE, TRUE, NULL);
    release(self);
}
