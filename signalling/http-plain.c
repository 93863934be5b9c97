/* Sockets of plain HTTP: reads a head, writes the answer, waits for the other end to close. */
#include "signalling/http-plain.h"

#include "signalling/acceptor.h"
#include "signalling/listener.h"
#include "signalling/source.h"

#include <stdbool.h>
#include <string.h>

#define BACKLOG 32

const LecHttpPlainLimits lec_http_plain_limits_default = {
    .connections = 64,
    .connections_a_source = 16,
    .ms = 5000,
};

typedef struct {
    LecHttpPlain *server; /* NULL: dropped; the operation under way frees us */
    char *source;
    GSocketConnection *socket;
    GSocketAddress *local;
    GCancellable *cancellable;
    GBytes *response; /* once there is one */
    guint deadline;
    gsize len;
    GList link;
    char head[LEC_HTTP_PLAIN_MAX_HEAD_BYTES];
} Conn;

struct LecHttpPlain {
    LecHttpPlainLimits limits;
    LecHttpPlainEvents events;
    void *user;
    LecAcceptor *acceptor;
    guint16 port;
    GQueue conns; /* oldest first */
};

static void conn_read(Conn *conn);

static void conn_free(Conn *conn) {
    g_io_stream_close(G_IO_STREAM(conn->socket), NULL, NULL);
    g_object_unref(conn->socket);
    g_object_unref(conn->cancellable);
    g_clear_object(&conn->local);
    g_clear_pointer(&conn->response, g_bytes_unref);
    g_free(conn->source);
    g_free(conn);
}

/* Off the books; freed by its operation, of which there is always one. */
static void conn_drop(Conn *conn) {
    g_queue_unlink(&conn->server->conns, &conn->link);
    g_clear_handle_id(&conn->deadline, g_source_remove);
    conn->server = NULL;
    g_cancellable_cancel(conn->cancellable);
}

static gboolean on_deadline(gpointer data) {
    Conn *conn = data;
    conn->deadline = 0;
    conn_drop(conn);
    return G_SOURCE_REMOVE;
}

/* The operation is over and no other follows. */
static void conn_end(Conn *conn) {
    if (conn->server)
        conn_drop(conn);
    conn_free(conn);
}

/* Closing at once could take the answer back where something unread has come in (RFC 9112 §9.6). */
static void on_written(GObject *out, GAsyncResult *result, gpointer data) {
    Conn *conn = data;
    if (!g_output_stream_write_all_finish(G_OUTPUT_STREAM(out), result, NULL, NULL) ||
        !conn->server) {
        conn_end(conn);
        return;
    }
    g_socket_shutdown(g_socket_connection_get_socket(conn->socket), FALSE, TRUE, NULL);
    conn_read(conn);
}

/* Bytes of the head with its empty line; 0 while that has not come. */
static gsize head_bytes(const Conn *conn) {
    const char *crlf = memmem(conn->head, conn->len, "\r\n\r\n", 4);
    const char *lf = memmem(conn->head, conn->len, "\n\n", 2);
    if (crlf && (!lf || crlf < lf))
        return (gsize)(crlf - conn->head) + 4;
    return lf ? (gsize)(lf - conn->head) + 2 : 0;
}

static void conn_respond(Conn *conn, gsize head_len) {
    LecHttpPlain *server = conn->server;
    conn->response = server->events.asked(conn->head, head_len, conn->local, server->user);
    if (!conn->response) {
        conn_end(conn);
        return;
    }
    gsize len;
    const void *data = g_bytes_get_data(conn->response, &len);
    g_output_stream_write_all_async(g_io_stream_get_output_stream(G_IO_STREAM(conn->socket)), data,
                                    len, G_PRIORITY_DEFAULT, conn->cancellable, on_written, conn);
}

static void on_read(GObject *in, GAsyncResult *result, gpointer data) {
    Conn *conn = data;
    gssize n = g_input_stream_read_finish(G_INPUT_STREAM(in), result, NULL);
    if (n <= 0 || !conn->server) {
        conn_end(conn);
        return;
    }
    if (!conn->response)
        conn->len += (gsize)n; /* else it is thrown away */
    const gsize head_len = conn->response ? 0 : head_bytes(conn);
    if (head_len)
        conn_respond(conn, head_len);
    else if (conn->len == sizeof conn->head && !conn->response)
        conn_end(conn);
    else
        conn_read(conn);
}

static void conn_read(Conn *conn) {
    const gsize from = conn->response ? 0 : conn->len;
    g_input_stream_read_async(g_io_stream_get_input_stream(G_IO_STREAM(conn->socket)),
                              conn->head + from, sizeof conn->head - from, G_PRIORITY_DEFAULT,
                              conn->cancellable, on_read, conn);
}

/* source NULL: of anybody. */
static Conn *find_oldest(LecHttpPlain *self, const char *source, guint *ret_count) {
    Conn *oldest = NULL;
    *ret_count = 0;
    for (GList *l = self->conns.head; l; l = l->next) {
        Conn *conn = l->data;
        if (source && strcmp(conn->source, source) != 0)
            continue;
        oldest = oldest ? oldest : conn;
        (*ret_count)++;
    }
    return oldest;
}

static void make_room(LecHttpPlain *self, const char *source) {
    guint count;
    Conn *oldest = find_oldest(self, source, &count);
    if (count >= self->limits.connections_a_source)
        conn_drop(oldest);
    else if ((oldest = find_oldest(self, NULL, &count)) && count >= self->limits.connections)
        conn_drop(oldest);
}

void lec_http_plain_take(LecHttpPlain *self, GSocketConnection *socket) {
    g_autoptr(GSocketAddress) local = g_socket_connection_get_local_address(socket, NULL);
    g_autoptr(GSocketAddress) remote = g_socket_connection_get_remote_address(socket, NULL);
    if (!local || !remote)
        return; /* gone already */
    g_autofree char *source = lec_source_key(remote);
    make_room(self, source);
    Conn *conn = g_new0(Conn, 1);
    conn->server = self;
    conn->source = g_steal_pointer(&source);
    conn->socket = g_object_ref(socket);
    conn->local = g_steal_pointer(&local);
    conn->cancellable = g_cancellable_new();
    conn->deadline = g_timeout_add(self->limits.ms, on_deadline, conn);
    conn->link.data = conn;
    g_queue_push_tail_link(&self->conns, &conn->link);
    conn_read(conn);
}

static void on_accepted(GSocketConnection *socket, void *user) {
    lec_http_plain_take(user, socket);
}

static void on_exhausted(void *user) {
    LecHttpPlain *self = user;
    if (self->conns.head)
        conn_drop(self->conns.head->data);
}

bool lec_http_plain_listen(LecHttpPlain *self, guint16 port, GError **error) {
    static const LecAcceptorEvents acceptor_events = {.accepted = on_accepted,
                                                      .exhausted = on_exhausted};
    g_autoptr(GSocketListener) listener =
        lec_listener_new(&port, BACKLOG, self->limits.own_networks_only, error);
    if (!listener)
        return false;
    self->port = port;
    self->acceptor = lec_acceptor_new(listener, &acceptor_events, self);
    return true;
}

LecHttpPlain *lec_http_plain_new(const LecHttpPlainLimits *limits, const LecHttpPlainEvents *events,
                                 void *user) {
    LecHttpPlain *self = g_new0(LecHttpPlain, 1);
    self->limits = *limits;
    self->events = *events;
    self->user = user;
    return self;
}

void lec_http_plain_free(LecHttpPlain *self) {
    if (!self)
        return;
    g_clear_pointer(&self->acceptor, lec_acceptor_free);
    while (self->conns.head)
        conn_drop(self->conns.head->data);
    g_free(self);
}

guint16 lec_http_plain_get_port(const LecHttpPlain *self) {
    return self->port;
}

guint lec_http_plain_count(const LecHttpPlain *self) {
    return self->conns.length;
}
