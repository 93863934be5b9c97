/* The gate: accepting, limits, TLS handshakes, time limits. */
#include "signalling/tls-gate.h"

#include "common/base/log.h"
#include "signalling/acceptor.h"
#include "signalling/listener.h"
#include "signalling/source.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gnetworking.h>
#include <unistd.h>

#define BACKLOG 128
#define CONN_KEY "lec-gate-conn"
#define TLS_RECORD_HEADER_BYTES 5
#define TLS_RECORD_MAX_BYTES 16384
#define TLS_CONTENT_HANDSHAKE 22 /* RFC 8446 §5.1 */

const LecGateLimits lec_gate_limits_default = {
    .connections = 384,
    .connections_a_source =
        96, /* nine presenters behind one router: six connections each while the
               page loads, then one WebSocket each, and room for who comes next */
    .connections_loopback = 256,
    .handshakes = 8, /* GIO's pool starts with ten threads and must keep some for others */
    .handshakes_a_source = 4,
    .handshake_ms = 5000,
    .handshake_patience_ms = 500,
    .first_request_ms = 10000,
    .busy_ms = 60000,
    .idle_ms = 30000,
    .allowance_bytes = 160 * 1024,
};

typedef struct {
    char *key;
    guint n_conns;
    guint n_handshaking;
} Source;

struct LecGateConn {
    LecGate *gate; /* NULL once the gate is freed while a handshake was still returning */
    Source *source;
    LecGatePhase phase;
    gint64 deadline_us; /* G_MAXINT64: none */
    gint64 handshake_began_us;
    GSocketConnection *socket;
    GSocketAddress *local, *remote;
    LecMeter *meter;
    GTlsConnection *tls; /* ours; NULL once handed over */
    /* Looked at, not waited for: the last reference may be dropped on one of GIO's threads. */
    GWeakRef handed_over;
    GCancellable *cancellable;
    GSource *watch;       /* for the ClientHello */
    bool hello_announced; /* its length is known and waited for */
    bool handshake_runs;  /* GIO holds conn until its callback */
    GList link;
};

struct LecGate {
    LecGateLimits limits;
    LecGateEvents events;
    void *user;
    GTlsCertificate *certificate;
    LecAcceptor *acceptor;
    guint16 port;
    GQueue conns;        /* of LecGateConn, oldest first */
    GQueue leaving;      /* dropped, their handshake has not returned yet */
    GHashTable *sources; /* key -> Source */
    guint n_handshaking;
    guint tick;
};

static void gate_start_handshakes(LecGate *self);

static void source_free(gpointer data) {
    Source *source = data;
    g_free(source->key);
    g_free(source);
}

static Source *gate_find_source(LecGate *self, GSocketAddress *remote) {
    g_autofree char *key = lec_source_key(remote);
    Source *source = g_hash_table_lookup(self->sources, key);
    if (!source) {
        source = g_new0(Source, 1);
        source->key = g_steal_pointer(&key);
        g_hash_table_insert(self->sources, source->key, source);
    }
    return source;
}

static void gate_release_source(LecGate *self, Source *source) {
    if (!source->n_conns && !source->n_handshaking)
        g_hash_table_remove(self->sources, source->key);
}

static void conn_free(LecGateConn *conn) {
    g_weak_ref_clear(&conn->handed_over);
    g_clear_object(&conn->socket);
    g_clear_object(&conn->local);
    g_clear_object(&conn->remote);
    g_clear_object(&conn->meter);
    g_clear_object(&conn->cancellable);
    g_free(conn);
}

/* Takes conn off the books; its TLS object, where one was handed over, is somebody else's and
 * closes by itself. */
static void conn_leave(LecGateConn *conn) {
    LecGate *gate = conn->gate;
    g_queue_unlink(&gate->conns, &conn->link);
    conn->source->n_conns--;
    g_object_set_data(G_OBJECT(conn->remote), CONN_KEY, NULL);
    if (conn->watch) {
        g_source_destroy(conn->watch);
        g_clear_pointer(&conn->watch, g_source_unref);
    }
    if (conn->handshake_runs) {
        g_queue_push_tail_link(&gate->leaving, &conn->link);
        return;
    }
    gate_release_source(gate, conn->source);
    conn_free(conn);
}

/* conn is invalid afterwards. */
static void conn_drop(LecGateConn *conn) {
    if (conn->handshake_runs)
        g_cancellable_cancel(conn->cancellable);
    g_socket_shutdown(g_socket_connection_get_socket(conn->socket), TRUE, TRUE, NULL);
    conn_leave(conn);
}

/* libsoup 3.2 does not notice a peer that closes properly between two requests. */
static bool conn_peer_closed(LecGateConn *conn) {
    char byte;
    int fd = g_socket_get_fd(g_socket_connection_get_socket(conn->socket));
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static bool conn_is_gone(LecGateConn *conn) {
    if (conn->phase < LEC_GATE_FIRST_REQUEST)
        return false;
    if (conn->phase == LEC_GATE_IDLE && conn_peer_closed(conn))
        return true;
    g_autoptr(GObject) tls = g_weak_ref_get(&conn->handed_over);
    return !tls;
}

static void conn_set_deadline(LecGateConn *conn, guint ms) {
    conn->deadline_us = g_get_monotonic_time() + (gint64)ms * 1000;
}

void lec_gate_conn_set_phase(LecGateConn *conn, LecGatePhase phase) {
    const LecGateLimits *limits = &conn->gate->limits;
    g_assert(phase >= LEC_GATE_FIRST_REQUEST);
    if (conn->phase == LEC_GATE_UPGRADED)
        return; /* for good */
    conn->phase = phase;
    if (phase == LEC_GATE_FIRST_REQUEST)
        conn_set_deadline(conn, limits->first_request_ms);
    else if (phase == LEC_GATE_BUSY)
        conn_set_deadline(conn, limits->busy_ms);
    else if (phase == LEC_GATE_IDLE)
        conn_set_deadline(conn, limits->idle_ms);
    else
        conn->deadline_us = G_MAXINT64;
}

LecMeter *lec_gate_conn_get_meter(LecGateConn *conn) {
    return conn->meter;
}

LecGateConn *lec_gate_conn_of(GSocketAddress *remote) {
    return g_object_get_data(G_OBJECT(remote), CONN_KEY);
}

static void conn_hand_over(LecGateConn *conn) {
    LecGate *gate = conn->gate;
    g_autoptr(GTlsConnection) tls = g_steal_pointer(&conn->tls);
    g_weak_ref_set(&conn->handed_over, tls);
    lec_gate_conn_set_phase(conn, LEC_GATE_FIRST_REQUEST);
    gate->events.secured(conn, G_IO_STREAM(tls), conn->local, conn->remote, gate->user);
}

/* GIO offers no way to say so before the handshake: TLS 1.0 and 1.1 (RFC 8996) end here. */
static bool tls_is_modern(GTlsConnection *tls) {
    GTlsProtocolVersion version = g_tls_connection_get_protocol_version(tls);
    return version == G_TLS_PROTOCOL_VERSION_TLS_1_2 || version == G_TLS_PROTOCOL_VERSION_TLS_1_3;
}

static void conn_on_handshake(GObject *object, GAsyncResult *result, gpointer data) {
    LecGateConn *conn = data;
    g_autoptr(GError) error = NULL;
    bool ok = g_tls_connection_handshake_finish(G_TLS_CONNECTION(object), result, &error);
    LecGate *gate = conn->gate;
    conn->handshake_runs = false;
    if (ok && !tls_is_modern(conn->tls)) {
        ok = false;
        g_set_error_literal(&error, G_TLS_ERROR, G_TLS_ERROR_HANDSHAKE, "its TLS is too old");
    }
    bool dropped = !gate || g_queue_find(&gate->leaving, conn) != NULL;
    if (gate) {
        gate->n_handshaking--;
        conn->source->n_handshaking--;
    }
    if (dropped || !ok)
        g_clear_object(&conn->tls);
    if (!gate) {
        conn_free(conn);
        return;
    }
    if (dropped) {
        g_queue_unlink(&gate->leaving, &conn->link);
        gate_release_source(gate, conn->source);
        conn_free(conn);
    } else if (ok) {
        conn_hand_over(conn);
    } else {
        lec_debug("A TLS handshake from %s failed: %s", conn->source->key, error->message);
        conn_drop(conn);
    }
    gate_start_handshakes(gate);
}

static bool conn_start_handshake(LecGateConn *conn) {
    LecGate *gate = conn->gate;
    g_autoptr(GError) error = NULL;
    /* What g_tls_server_connection_new() does, but without the system's certificate store: nobody
     * shows us a certificate, and reading it takes 7 MB and stops the main loop. */
    conn->tls = g_initable_new(
        g_tls_backend_get_server_connection_type(g_tls_backend_get_default()), NULL, &error,
        "base-io-stream", conn->meter, "certificate", gate->certificate, "database", NULL, NULL);
    if (!conn->tls) {
        lec_warning("TLS cannot be started: %s", error->message);
        return false;
    }
    /* A phone that goes away does not say goodbye; WebSocket and HTTP/1.1 mark their own ends. */
    g_tls_connection_set_require_close_notify(conn->tls, FALSE);
    conn->phase = LEC_GATE_HANDSHAKING;
    conn->handshake_began_us = g_get_monotonic_time();
    conn->handshake_runs = true;
    gate->n_handshaking++;
    conn->source->n_handshaking++;
    g_tls_connection_handshake_async(conn->tls, G_PRIORITY_DEFAULT, conn->cancellable,
                                     conn_on_handshake, conn);
    return true;
}

/*
 * Whose turn it is: the source with the fewest handshakes under way, then the newest. Where there
 * is a queue at all somebody is stalling, and who has waited longest is the likeliest to be it.
 */
static LecGateConn *gate_next_in_queue(LecGate *self) {
    LecGateConn *next = NULL;
    for (GList *l = self->conns.head; l; l = l->next) {
        LecGateConn *conn = l->data;
        if (conn->phase != LEC_GATE_QUEUED ||
            conn->source->n_handshaking >= self->limits.handshakes_a_source)
            continue;
        if (!next || conn->source->n_handshaking <= next->source->n_handshaking)
            next = conn;
    }
    return next;
}

static void gate_start_handshakes(LecGate *self) {
    while (self->n_handshaking < self->limits.handshakes) {
        LecGateConn *conn = gate_next_in_queue(self);
        if (!conn)
            return;
        if (!conn_start_handshake(conn))
            conn_drop(conn);
    }
}

static void conn_set_low_water(LecGateConn *conn, guint bytes) {
    g_socket_set_option(g_socket_connection_get_socket(conn->socket), SOL_SOCKET, SO_RCVLOWAT,
                        (gint)bytes, NULL);
}

typedef enum { HELLO_BAD, HELLO_PLAIN, HELLO_PARTIAL, HELLO_WHOLE } Hello;

/* Looks at the first TLS record without taking it. ret_bytes: how long it is with its header. */
static Hello conn_peek_hello(LecGateConn *conn, guint *ret_bytes) {
    GSocket *socket = g_socket_connection_get_socket(conn->socket);
    guint8 header[TLS_RECORD_HEADER_BYTES];
    ssize_t n;
    do
        n = recv(g_socket_get_fd(socket), header, sizeof header, MSG_PEEK | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n == sizeof header && g_ascii_isupper(header[0]))
        return HELLO_PLAIN; /* a method, RFC 9110 §9.1 */
    if (n != sizeof header || header[0] != TLS_CONTENT_HANDSHAKE || header[1] != 3)
        return HELLO_BAD;
    guint len = (guint)header[3] << 8 | header[4];
    if (!len || len > TLS_RECORD_MAX_BYTES)
        return HELLO_BAD;
    *ret_bytes = TLS_RECORD_HEADER_BYTES + len;
    return g_socket_get_available_bytes(socket) >= (gssize)*ret_bytes ? HELLO_WHOLE : HELLO_PARTIAL;
}

/* By a descriptor of its own: the stream around ours closes it with itself. */
static void conn_give_away(LecGateConn *conn) {
    LecGate *gate = conn->gate;
    conn_set_low_water(conn, 1);
    const int fd =
        fcntl(g_socket_get_fd(g_socket_connection_get_socket(conn->socket)), F_DUPFD_CLOEXEC, 0);
    g_autoptr(GSocket) socket = fd < 0 ? NULL : g_socket_new_from_fd(fd, NULL);
    if (!socket) {
        if (fd >= 0)
            close(fd);
        conn_drop(conn);
        return;
    }
    g_autoptr(GSocketConnection) connection = g_socket_connection_factory_create_connection(socket);
    conn_leave(conn);
    gate->events.plain(connection, gate->user);
}

/*
 * A handshake holds one of GIO's threads, so it starts only when the ClientHello is here in full:
 * connecting and saying nothing, or saying it drop by drop, holds none. SO_RCVLOWAT makes the
 * kernel wait for us.
 */
static gboolean conn_on_readable(GSocket *socket, GIOCondition condition, gpointer data) {
    LecGateConn *conn = data;
    LecGate *gate = conn->gate;
    guint bytes = 0;
    Hello hello = conn_peek_hello(conn, &bytes);
    if (hello == HELLO_PARTIAL && !conn->hello_announced) {
        conn->hello_announced = true;
        conn_set_low_water(conn, bytes);
        return G_SOURCE_CONTINUE;
    }
    if (hello == HELLO_PLAIN && gate->events.plain) {
        conn_give_away(conn);
        return G_SOURCE_REMOVE;
    }
    if (hello != HELLO_WHOLE) {
        conn_drop(conn);
        return G_SOURCE_REMOVE;
    }
    g_clear_pointer(&conn->watch, g_source_unref);
    conn_set_low_water(conn, 1);
    conn->phase = LEC_GATE_QUEUED;
    gate_start_handshakes(gate);
    return G_SOURCE_REMOVE;
}

static bool conn_is_evictable(const LecGateConn *conn, bool idle_too) {
    return conn->phase <= LEC_GATE_FIRST_REQUEST || (idle_too && conn->phase == LEC_GATE_IDLE);
}

/* source NULL: anybody's, from the source that has most. NULL: every connection is in use. */
static LecGateConn *gate_find_victim(LecGate *self, const Source *source) {
    for (int idle_too = 0; idle_too < 2; idle_too++) {
        LecGateConn *victim = NULL;
        for (GList *l = self->conns.head; l; l = l->next) {
            LecGateConn *conn = l->data;
            if ((source && conn->source != source) || !conn_is_evictable(conn, idle_too))
                continue;
            if (!victim || conn->source->n_conns > victim->source->n_conns)
                victim = conn;
        }
        if (victim)
            return victim;
    }
    return NULL;
}

/* False: there is no room even after dropping what may be dropped. */
static bool gate_make_room(LecGate *self, Source *source, bool loopback) {
    guint most = loopback ? self->limits.connections_loopback : self->limits.connections_a_source;
    LecGateConn *victim = NULL;
    if (source->n_conns >= most) {
        victim = gate_find_victim(self, source);
    } else if (self->conns.length + self->leaving.length >= self->limits.connections) {
        victim = gate_find_victim(self, NULL);
    } else {
        return true;
    }
    if (!victim)
        return false;
    source->n_conns++; /* so that dropping its last connection does not free it */
    conn_drop(victim);
    source->n_conns--;
    return true;
}

static void gate_sweep(LecGate *self, gint64 now_us) {
    for (GList *l = self->conns.head, *next; l; l = next) {
        LecGateConn *conn = l->data;
        next = l->next;
        if (conn->deadline_us <= now_us || conn_is_gone(conn))
            conn_drop(conn);
    }
}

static bool gate_has_queue(LecGate *self) {
    for (GList *l = self->conns.head; l; l = l->next) {
        if (((LecGateConn *)l->data)->phase == LEC_GATE_QUEUED)
            return true;
    }
    return false;
}

/* While others wait for a turn, handshakes that take too long and stand in the way make room. */
static void gate_hurry(LecGate *self, gint64 now_us) {
    if (!gate_has_queue(self))
        return;
    bool full = self->n_handshaking >= self->limits.handshakes;
    gint64 patience_us = (gint64)self->limits.handshake_patience_ms * 1000;
    for (GList *l = self->conns.head, *next; l; l = next) {
        LecGateConn *conn = l->data;
        next = l->next;
        bool in_the_way = full || conn->source->n_handshaking >= self->limits.handshakes_a_source;
        if (conn->phase == LEC_GATE_HANDSHAKING && in_the_way &&
            now_us - conn->handshake_began_us > patience_us)
            conn_drop(conn);
    }
}

static gboolean gate_on_tick(gpointer data) {
    LecGate *self = data;
    gint64 now_us = g_get_monotonic_time();
    gate_sweep(self, now_us);
    gate_hurry(self, now_us);
    if (self->conns.length)
        return G_SOURCE_CONTINUE;
    self->tick = 0;
    return G_SOURCE_REMOVE;
}

static void gate_arm_tick(LecGate *self) {
    if (!self->tick)
        self->tick = g_timeout_add(CLAMP(self->limits.handshake_patience_ms / 4, 10, 250),
                                   gate_on_tick, self);
}

static void gate_tune_socket(LecGate *self, GSocket *socket) {
    g_socket_set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
    g_socket_set_keepalive(socket, TRUE);
    g_socket_set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, (gint)self->limits.busy_ms, NULL);
}

static void gate_on_accepted(GSocketConnection *socket, void *user) {
    LecGate *self = user;
    g_autoptr(GSocketAddress) local = g_socket_connection_get_local_address(socket, NULL);
    g_autoptr(GSocketAddress) remote = g_socket_connection_get_remote_address(socket, NULL);
    if (!local || !remote)
        return; /* gone already */
    gate_sweep(self, g_get_monotonic_time());
    Source *source = gate_find_source(self, remote);
    bool loopback = g_inet_address_get_is_loopback(
        g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(remote)));
    if (!gate_make_room(self, source, loopback || lec_source_is_own(local, remote))) {
        lec_debug("A connection from %s was refused: too many.", source->key);
        gate_release_source(self, source);
        g_io_stream_close(G_IO_STREAM(socket), NULL, NULL);
        return;
    }
    GSocket *raw = g_socket_connection_get_socket(socket);
    gate_tune_socket(self, raw);
    LecGateConn *conn = g_new0(LecGateConn, 1);
    *conn = (LecGateConn){
        .gate = self,
        .source = source,
        .socket = g_object_ref(socket),
        .local = g_steal_pointer(&local),
        .remote = g_steal_pointer(&remote),
        .meter = lec_meter_new(G_IO_STREAM(socket), self->limits.allowance_bytes),
        .cancellable = g_cancellable_new(),
        .watch = g_socket_create_source(raw, G_IO_IN, NULL),
    };
    conn->link.data = conn;
    g_weak_ref_init(&conn->handed_over, NULL);
    source->n_conns++;
    g_queue_push_tail_link(&self->conns, &conn->link);
    g_object_set_data(G_OBJECT(conn->remote), CONN_KEY, conn);
    conn_set_deadline(conn, self->limits.handshake_ms);
    conn_set_low_water(conn, TLS_RECORD_HEADER_BYTES);
    g_source_set_callback(conn->watch, G_SOURCE_FUNC(conn_on_readable), conn, NULL);
    g_source_attach(conn->watch, NULL);
    gate_arm_tick(self);
}

static void gate_on_exhausted(void *user) {
    LecGateConn *victim = gate_find_victim(user, NULL);
    if (victim)
        conn_drop(victim);
}

static bool gate_listen(LecGate *self, guint16 port, GError **error) {
    static const LecAcceptorEvents events = {.accepted = gate_on_accepted,
                                             .exhausted = gate_on_exhausted};
    g_autoptr(GSocketListener) listener =
        lec_listener_new(&port, BACKLOG, self->limits.own_networks_only, error);
    if (!listener)
        return false;
    self->port = port;
    self->acceptor = lec_acceptor_new(listener, &events, self);
    return true;
}

LecGate *lec_gate_new(GTlsCertificate *certificate, guint16 port, const LecGateLimits *limits,
                      const LecGateEvents *events, void *user, GError **error) {
    g_autoptr(LecGate) self = g_new0(LecGate, 1);
    self->limits = *limits;
    self->events = *events;
    self->user = user;
    self->certificate = g_object_ref(certificate);
    self->sources = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, source_free);
    if (!gate_listen(self, port, error))
        return NULL;
    return g_steal_pointer(&self);
}

void lec_gate_free(LecGate *self) {
    if (!self)
        return;
    g_clear_pointer(&self->acceptor, lec_acceptor_free);
    g_clear_handle_id(&self->tick, g_source_remove);
    while (self->conns.head)
        conn_drop(self->conns.head->data);
    while (self->leaving.head) {
        LecGateConn *conn = self->leaving.head->data;
        g_queue_unlink(&self->leaving, &conn->link);
        conn->gate = NULL;
    }
    g_clear_pointer(&self->sources, g_hash_table_unref);
    g_clear_object(&self->certificate);
    g_free(self);
}

void lec_gate_set_certificate(LecGate *self, GTlsCertificate *certificate) {
    g_set_object(&self->certificate, certificate);
}

guint16 lec_gate_get_port(const LecGate *self) {
    return self->port;
}

guint lec_gate_count(const LecGate *self) {
    guint count = 0;
    for (GList *l = self->conns.head; l; l = l->next)
        count += !conn_is_gone(l->data);
    return count;
}
