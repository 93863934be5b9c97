/* Connects, signs in, listens for the line's heartbeat, and tries again. */
#include "signalling/cloud-engine.h"

#include "common/base/log.h"
#include "signalling/strophe-session.h"
#include "signalling/xmpp.h"

#include <string.h>

#define READ_BYTES 8192
#define MAX_QUEUED_BYTES (1024 * 1024)
#define MAX_HELD 256
#define SIGN_IN_MS 15000
#define STEADY_MS 30000 /* a line that held so long starts again with short waits */
#define REFUSED_MIN_MS 15000
#define GOODBYE_MS 400

struct LecCloudEngine {
    const LecCloudLinkConfig *config;
    LecCloudEngineEvents events;
    void *user;
    LecCloudServer server; /* the configured one, and a key learned on first use */
    char *jid;             /* with our resource */
    LecStropheMemory *memory;
    LecCloudConnect *connect;
    GIOStream *stream;
    GCancellable *cancellable; /* of what the stream does */
    LecStropheSession *session;
    GByteArray *outgoing; /* not yet written to the stream */
    GBytes *writing;      /* what the stream has in hand; NULL: nothing */
    GQueue held;          /* of text, for a session that is to be resumed */
    guint8 *incoming;     /* READ_BYTES, the stream's own, for it may outlive us */
    GSource *timer;       /* the one thing that is waited for */
    guint wait_ms;        /* before the next attempt */
    gint64 ready_us;      /* 0: not signed in */
    gint64 heard_us;      /* when anything came last */
    guint ping;           /* number of the ping that is out; 0: none */
    guint next_ping;
    LecCloudState state;
    char *sentence;
    GError *ended; /* why the session has; buried on the loop */
    bool stopping;
};

static void attempt(LecCloudEngine *self);

static void set_timer(LecCloudEngine *self, guint ms, GSourceFunc callback) {
    if (self->timer) {
        g_source_destroy(self->timer);
        g_clear_pointer(&self->timer, g_source_unref);
    }
    if (!callback)
        return;
    self->timer = g_timeout_source_new(ms);
    g_source_set_callback(self->timer, callback, self, NULL);
    g_source_attach(self->timer, g_main_context_get_thread_default());
}

static void set_state(LecCloudEngine *self, LecCloudState state, const char *sentence) {
    if (self->state == state && g_strcmp0(self->sentence, sentence) == 0)
        return;
    char *kept = g_strdup(sentence); /* which may be ours */
    g_free(self->sentence);
    self->sentence = kept;
    self->state = state;
    self->events.state(state, kept, self->user);
}

/* The socket goes first: TLS says goodbye when it is closed, and would wait for a peer that does
 * not read. */
static void drop_stream(LecCloudEngine *self) {
    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->cancellable);
    if (!self->stream)
        return;
    g_autoptr(GIOStream) base = NULL;
    g_object_get(self->stream, "base-io-stream", &base, NULL);
    if (G_IS_SOCKET_CONNECTION(base))
        g_socket_close(g_socket_connection_get_socket(G_SOCKET_CONNECTION(base)), NULL);
    g_clear_object(&self->stream);
}

static void hang_up(LecCloudEngine *self) {
    set_timer(self, 0, NULL);
    g_clear_pointer(&self->connect, lec_cloud_connect_free);
    g_clear_pointer(&self->session, lec_strophe_session_free);
    drop_stream(self);
    g_clear_error(&self->ended);
    g_clear_pointer(&self->writing, g_bytes_unref);
    g_byte_array_set_size(self->outgoing, 0);
    self->ready_us = 0;
    self->ping = 0;
}

static gboolean on_wait_over(gpointer user) {
    attempt(user);
    return G_SOURCE_REMOVE;
}

static gboolean on_goodbye_over(gpointer user) {
    LecCloudEngine *self = user;
    hang_up(self);
    self->events.over(self->user);
    return G_SOURCE_REMOVE;
}

static bool is_refusal(const GError *error) {
    return g_error_matches(error, LEC_CLOUD_ERROR, LEC_CLOUD_ERROR_UNTRUSTED) ||
           g_error_matches(error, LEC_STROPHE_ERROR, LEC_STROPHE_ERROR_REFUSED) ||
           g_error_matches(error, LEC_STROPHE_ERROR, LEC_STROPHE_ERROR_SIGN_IN);
}

/* Waits double, and no two boxes wait alike: all of a node's boxes lose it at once. */
static void lose(LecCloudEngine *self, const GError *why) {
    if (self->stopping) {
        set_timer(self, 0, on_goodbye_over);
        return;
    }
    const gint64 now = g_get_monotonic_time();
    const bool refused = is_refusal(why);
    g_autoptr(GError) kept = g_error_copy(why);
    if (self->ready_us && now - self->ready_us > STEADY_MS * G_TIME_SPAN_MILLISECOND)
        self->wait_ms = LEC_CLOUD_WAIT_MIN_MS;
    if (refused)
        self->wait_ms = MAX(self->wait_ms, REFUSED_MIN_MS);
    const guint wait_ms =
        self->wait_ms / 2 + (guint)g_random_int_range(0, (gint32)self->wait_ms / 2 + 1);
    self->wait_ms = MIN(self->wait_ms * 2, LEC_CLOUD_WAIT_MAX_MS);
    lec_debug("%s The next attempt is in %u ms.", why->message, wait_ms);
    hang_up(self);
    set_state(self, refused ? LEC_CLOUD_REFUSED : LEC_CLOUD_CONNECTING, kept->message);
    set_timer(self, wait_ms, on_wait_over);
}

static void lose_for(LecCloudEngine *self, const char *sentence) {
    g_autoptr(GError) error =
        g_error_new_literal(LEC_STROPHE_ERROR, LEC_STROPHE_ERROR_STREAM, sentence);
    lose(self, error);
}

/* ---- writing ---- */

static void write_on(LecCloudEngine *self);

static void on_written(GObject *source, GAsyncResult *result, gpointer user) {
    g_autoptr(GError) error = NULL;
    const bool good =
        g_output_stream_write_all_finish(G_OUTPUT_STREAM(source), result, NULL, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* hung up; user may be gone */
    LecCloudEngine *self = user;
    g_clear_pointer(&self->writing, g_bytes_unref);
    if (good)
        write_on(self);
    else
        lose_for(self, "The connection to the cloud broke.");
}

static void write_on(LecCloudEngine *self) {
    if (self->writing || self->outgoing->len == 0 || !self->stream)
        return;
    self->writing = g_byte_array_free_to_bytes(self->outgoing);
    self->outgoing = g_byte_array_new();
    gsize len;
    const void *data = g_bytes_get_data(self->writing, &len);
    /* The bytes live as long as the call does, whatever becomes of us. */
    g_object_set_data_full(G_OBJECT(g_io_stream_get_output_stream(self->stream)), "lectern-bytes",
                           g_bytes_ref(self->writing), (GDestroyNotify)g_bytes_unref);
    g_output_stream_write_all_async(g_io_stream_get_output_stream(self->stream), data, len,
                                    G_PRIORITY_DEFAULT, self->cancellable, on_written, self);
}

static void on_session_send(const char *data, gsize len, void *user) {
    LecCloudEngine *self = user;
    if (self->outgoing->len + len <= MAX_QUEUED_BYTES)
        g_byte_array_append(self->outgoing, (const guint8 *)data, (guint)len);
    else
        lec_debug("The cloud does not take what it is sent."); /* the heartbeat will end it */
    write_on(self);
}

/* ---- reading ---- */

static void read_on(LecCloudEngine *self);

static void on_read(GObject *source, GAsyncResult *result, gpointer user) {
    g_autoptr(GError) error = NULL;
    const gssize len = g_input_stream_read_finish(G_INPUT_STREAM(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* hung up; user may be gone */
    LecCloudEngine *self = user;
    if (len <= 0) {
        lose_for(self, "The connection to the cloud broke.");
        return;
    }
    self->heard_us = g_get_monotonic_time();
    lec_strophe_session_receive(self->session, (const char *)self->incoming, (gsize)len);
    read_on(self);
}

/* A session that has ended waits for its burial on the loop, and hears no more. */
static void read_on(LecCloudEngine *self) {
    if (self->stream)
        g_input_stream_read_async(g_io_stream_get_input_stream(self->stream), self->incoming,
                                  READ_BYTES, G_PRIORITY_DEFAULT, self->cancellable, on_read, self);
}

/* ---- the session ---- */

static gboolean on_heartbeat(gpointer user) {
    LecCloudEngine *self = user;
    const gint64 silent_ms = (g_get_monotonic_time() - self->heard_us) / G_TIME_SPAN_MILLISECOND;
    if (self->ping && silent_ms >= LEC_CLOUD_PONG_MS) {
        lose_for(self, "The cloud has fallen silent.");
        return G_SOURCE_REMOVE;
    }
    if (!self->ping && silent_ms < LEC_CLOUD_IDLE_MS) {
        set_timer(self, (guint)(LEC_CLOUD_IDLE_MS - silent_ms), on_heartbeat);
        return G_SOURCE_REMOVE;
    }
    if (self->ping) { /* something came, though not the answer */
        self->ping = 0;
        set_timer(self, LEC_CLOUD_IDLE_MS, on_heartbeat);
        return G_SOURCE_REMOVE;
    }
    self->ping = ++self->next_ping;
    g_autofree char *text =
        g_strdup_printf("<iq xmlns='" LEC_XMPP_NS_CLIENT "' type='get' id='beat-%u'>"
                        "<ping xmlns='" LEC_XMPP_NS_PING "'/></iq>",
                        self->ping);
    self->heard_us = g_get_monotonic_time(); /* from now on silence means something */
    set_timer(self, LEC_CLOUD_PONG_MS, on_heartbeat);
    lec_strophe_session_send(self->session, text);
    return G_SOURCE_REMOVE;
}

static void on_ready(bool resumed, void *user) {
    LecCloudEngine *self = user;
    self->ready_us = self->heard_us = g_get_monotonic_time();
    set_timer(self, LEC_CLOUD_IDLE_MS, on_heartbeat);
    lec_debug(resumed ? "The session with the cloud goes on."
                      : "The session with the cloud is new.");
    set_state(self, LEC_CLOUD_CONNECTED, NULL);
    char *text;
    while ((text = g_queue_pop_head(&self->held))) {
        if (resumed)
            lec_strophe_session_send(self->session, text);
        g_free(text);
    }
    self->events.ready(resumed, self->user);
}

/* Pings between the server and us are the line's business; the server's other requests too, and are
 * all refused. */
static bool take_own(LecCloudEngine *self, const LecStanza *stanza) {
    const char *from = lec_stanza_get(stanza, "from"), *id = lec_stanza_get(stanza, "id");
    const char *type = lec_stanza_get(stanza, "type");
    const char *domain = strchr(self->config->jid, '@') + 1;
    const bool server = !from || strcmp(from, domain) == 0 || strcmp(from, self->config->jid) == 0;
    if (!server || !id || !type || !lec_stanza_is(stanza, "iq", LEC_XMPP_NS_CLIENT))
        return false;
    if (g_str_has_prefix(id, "beat-"))
        return true;
    if (strcmp(type, "get") != 0 && strcmp(type, "set") != 0)
        return false;
    const bool ping = lec_stanza_child(stanza, "ping", LEC_XMPP_NS_PING) != NULL;
    g_autoptr(LecStanza) answer = lec_stanza_new("iq", LEC_XMPP_NS_CLIENT);
    lec_stanza_set(answer, "type", ping ? "result" : "error");
    lec_stanza_set(answer, "id", id);
    lec_stanza_set(answer, "to", from);
    if (!ping) {
        LecStanza *error = lec_stanza_add_new(answer, "error", NULL, NULL);
        lec_stanza_set(error, "type", "cancel");
        lec_stanza_add_new(error, "service-unavailable", LEC_XMPP_NS_STANZA_ERRORS, NULL);
    }
    g_autofree char *text = lec_stanza_write(answer);
    lec_strophe_session_send(self->session, text);
    return true;
}

static void on_stanza(LecStanza *stanza, void *user) {
    LecCloudEngine *self = user;
    if (take_own(self, stanza))
        lec_stanza_free(stanza);
    else
        self->events.stanza(stanza, self->user);
}

static gboolean on_burial(gpointer user) {
    LecCloudEngine *self = user;
    g_autoptr(GError) why = g_steal_pointer(&self->ended);
    lose(self, why);
    return G_SOURCE_REMOVE;
}

/* Not at once: we are inside the session. */
static void on_ended(const GError *error, void *user) {
    LecCloudEngine *self = user;
    g_clear_error(&self->ended);
    self->ended = g_error_copy(error);
    set_timer(self, 0, on_burial);
}

static gboolean on_sign_in_late(gpointer user) {
    lose_for(user, "The cloud did not sign this display in, in time.");
    return G_SOURCE_REMOVE;
}

static void on_connected(GIOStream *stream, const LecFingerprint *key, void *user) {
    static const LecStropheEvents events = {on_session_send, on_ready, on_stanza, on_ended};
    LecCloudEngine *self = user;
    self->stream = stream;
    self->incoming = g_malloc(READ_BYTES);
    g_object_set_data_full(G_OBJECT(stream), "lectern-incoming", self->incoming, g_free);
    self->cancellable = g_cancellable_new();
    g_clear_pointer(&self->connect, lec_cloud_connect_free);
    if (self->server.trust == LEC_CLOUD_TRUST_FIRST_USE && self->server.n_pins == 0) {
        self->server.pins[self->server.n_pins++] = *key;
        self->events.learned(key, self->user);
    }
    const LecStropheConfig config = {.jid = self->jid,
                                     .password = self->config->password,
                                     .certificate_file = self->config->certificate_file,
                                     .memory = self->memory};
    g_autoptr(GError) error = NULL;
    self->session = lec_strophe_session_new(&config, &events, self, &error);
    if (!self->session) {
        lose(self, error);
        return;
    }
    set_timer(self, SIGN_IN_MS, on_sign_in_late);
    read_on(self);
}

static void on_failed(const GError *error, void *user) {
    lose(user, error);
}

static void attempt(LecCloudEngine *self) {
    static const LecCloudConnectEvents events = {on_connected, on_failed};
    set_timer(self, 0, NULL);
    if (self->state != LEC_CLOUD_REFUSED)
        set_state(self, LEC_CLOUD_CONNECTING, self->sentence);
    self->connect = lec_cloud_connect_new(&self->server, &events, self);
}

void lec_cloud_engine_send(LecCloudEngine *self, const char *text) {
    if (self->ready_us) {
        if (!lec_strophe_session_send(self->session, text))
            lec_debug("A stanza to the cloud was dropped: too many wait.");
    } else if (self->held.length < MAX_HELD) {
        g_queue_push_tail(&self->held, g_strdup(text));
    }
}

void lec_cloud_engine_hurry(LecCloudEngine *self) {
    if (self->stopping || self->ended)
        return;
    self->wait_ms = LEC_CLOUD_WAIT_MIN_MS;
    if (self->ready_us && !self->ping) {
        self->heard_us -= LEC_CLOUD_IDLE_MS * G_TIME_SPAN_MILLISECOND;
        set_timer(self, 0, on_heartbeat);
    } else if (!self->session) {
        hang_up(self); /* what is being tried was begun on another network */
        attempt(self);
    }
}

void lec_cloud_engine_stop(LecCloudEngine *self) {
    self->stopping = true;
    const bool up = self->ready_us != 0;
    set_timer(self, up ? GOODBYE_MS : 0, on_goodbye_over);
    if (up)
        lec_strophe_session_close(self->session);
}

LecCloudEngine *lec_cloud_engine_new(const LecCloudLinkConfig *config,
                                     const LecCloudEngineEvents *events, void *user) {
    LecCloudEngine *self = g_new0(LecCloudEngine, 1);
    self->config = config;
    self->events = *events;
    self->user = user;
    self->jid = g_strdup_printf("%s/%s", config->jid, LEC_CLOUD_RESOURCE);
    self->memory = lec_strophe_memory_new();
    self->outgoing = g_byte_array_new();
    self->wait_ms = LEC_CLOUD_WAIT_MIN_MS;
    self->server = config->server;
    set_timer(self, 0, on_wait_over);
    return self;
}

void lec_cloud_engine_free(LecCloudEngine *self) {
    if (!self)
        return;
    hang_up(self);
    g_queue_clear_full(&self->held, g_free);
    lec_strophe_memory_free(self->memory);
    g_byte_array_unref(self->outgoing);
    g_clear_error(&self->ended);
    g_free(self->sentence);
    g_free(self->jid);
    g_free(self);
}
