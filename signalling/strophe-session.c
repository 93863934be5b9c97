/* Keeps libstrophe between two pipes: our strict reader before it, our strict reader behind it. */
#include "signalling/strophe-session.h"

#include "common/base/log.h"
#include "signalling/loopback-pair.h"
#include "signalling/scram-witness.h"
#include "signalling/stream-reader.h"
#include "signalling/xmpp.h"

#include <glib-unix.h>
#include <string.h>
#include <strophe.h>
#include <sys/select.h>
#include <unistd.h>

#define MECHANISM "SCRAM-SHA-512"
#define EXTERNAL "EXTERNAL"
#define NS_SM "urn:xmpp:sm:3"
#define TICK_MS 200 /* libstrophe's own timers */
#define TURNS 3
#define MAX_WAITING 512
#define CHUNK_BYTES 4096
#define STROPHE_READ_BYTES 4096
#define MAX_UNREAD_BYTES \
    (32 * LEC_STANZA_MAX_BYTES) /* one, escaped, can be six times as long, and is padded */

G_DEFINE_QUARK(lec_strophe_error, lec_strophe_error)

/* libstrophe resumes only within the context that the session was made in. */
struct LecStropheMemory {
    xmpp_log_t log;
    xmpp_ctx_t *context;
    xmpp_sm_state_t *state;
};

struct LecStropheSession {
    LecStropheEvents events;
    void *user;
    LecStropheMemory *memory;
    bool external;
    LecStreamReader *reader;
    LecScramWitness *witness; /* until signed in */
    xmpp_conn_t *connection;
    LecLoopbackPair *pair; /* between libstrophe and us */
    GString *unread;       /* for libstrophe, where its socket was full */
    GSource *near_source, *far_source, *tick;
    bool signed_in, resumed, ready, ended;
    bool running; /* within xmpp_run_once(), which may not be entered twice */
};

static void end(LecStropheSession *self, const GError *error) {
    if (self->ended)
        return;
    self->ended = true;
    self->ready = false;
    self->events.ended(error, self->user);
}

static void fail(LecStropheSession *self, LecStropheError code, const char *sentence) {
    g_autoptr(GError) error = g_error_new_literal(LEC_STROPHE_ERROR, (gint)code, sentence);
    end(self, error);
}

/* ---- towards libstrophe ---- */

static void flush_unread(LecStropheSession *self) {
    while (self->unread->len > 0) {
        const gssize written =
            write(lec_loopback_pair_get_near(self->pair), self->unread->str, self->unread->len);
        if (written <= 0)
            return;
        g_string_erase(self->unread, 0, written);
    }
}

static void run_once(LecStropheSession *self) {
    if (self->running)
        return;
    self->running = true;
    xmpp_run_once(self->memory->context, 0);
    self->running = false;
}

/* A turn first writes what waits, then reads; what its handlers answer is written in the next. */
static void run(LecStropheSession *self) {
    flush_unread(self);
    for (guint turn = 0; turn < TURNS && !self->ended; turn++)
        run_once(self);
}

static void give(LecStropheSession *self, const char *text) {
    g_string_append(self->unread, text);
    if (self->unread->len > MAX_UNREAD_BYTES)
        fail(self, LEC_STROPHE_ERROR_STREAM, "The server sends more than can be read.");
    else
        flush_unread(self);
}

/*
 * Expat puts off a tag that comes in pieces until there is twice as much as when it last looked
 * (its defence against quadratic work, in Debian 12 since 2.5.0-1+deb12u2), and libstrophe reads in
 * pieces. Somebody's long tag would hold up everybody's stanzas after it: spaces between them make
 * up the rest (RFC 6120 §4.6.1).
 */
static void give_element(LecStropheSession *self, const LecStanza *element) {
    g_autofree char *text = lec_stanza_write(element);
    const gsize len = strlen(text);
    if (len <= STROPHE_READ_BYTES) {
        give(self, text);
        return;
    }
    g_autofree char *padded = g_strdup_printf("%s%*s", text, (int)len, "");
    give(self, padded);
}

/* ---- from the server ---- */

static void on_header(const LecStanza *header, void *user) {
    LecStropheSession *self = user;
    g_autoptr(LecStanza) stream = lec_stanza_new("stream", NULL);
    lec_stanza_set(stream, "id", lec_stanza_get(header, "id"));
    lec_stanza_set(stream, "from", lec_stanza_get(header, "from"));
    lec_stanza_set(stream, "version", "1.0");
    g_autofree char *text = lec_stanza_write(stream);
    /* "<stream … />", to be left open and put into its namespace. */
    g_autofree char *attributes =
        g_strndup(text + strlen("<stream"), strlen(text) - strlen("<stream/>"));
    g_autofree char *opening =
        g_strdup_printf("<?xml version='1.0'?><stream:stream xmlns='" LEC_XMPP_NS_CLIENT
                        "' xmlns:stream='" LEC_XMPP_NS_STREAM "'%s>",
                        attributes);
    give(self, opening);
}

static bool is_wanted(const LecStropheSession *self, const char *mechanism) {
    return strcmp(mechanism, MECHANISM) == 0 ||
           (self->external && strcmp(mechanism, EXTERNAL) == 0);
}

/* Only what we would use is passed on: libstrophe tries the next best mechanism when one fails,
 * down to PLAIN. */
static bool add_mechanisms(LecStropheSession *self, const LecStanza *offered, LecStanza *features) {
    LecStanza *mechanisms = lec_stanza_add_new(features, "mechanisms", LEC_XMPP_NS_SASL, NULL);
    bool any = false;
    for (const LecStanza *child = lec_stanza_first(offered); child;
         child = lec_stanza_next(child)) {
        if (!lec_stanza_is(child, "mechanism", LEC_XMPP_NS_SASL) ||
            !is_wanted(self, lec_stanza_get_text(child)))
            continue;
        lec_stanza_add_new(mechanisms, "mechanism", NULL, lec_stanza_get_text(child));
        any = true;
    }
    return any;
}

static void take_features(LecStropheSession *self, const LecStanza *offered) {
    g_autoptr(LecStanza) features = lec_stanza_new("features", LEC_XMPP_NS_STREAM);
    const LecStanza *mechanisms = lec_stanza_child(offered, "mechanisms", LEC_XMPP_NS_SASL);
    if (!self->signed_in && (!mechanisms || !add_mechanisms(self, mechanisms, features))) {
        fail(self, LEC_STROPHE_ERROR_SIGN_IN,
             "The cloud offers no sign-in with SCRAM-SHA-512, and no other is used.");
        return;
    }
    const LecStanza *bind = lec_stanza_child(offered, "bind", LEC_XMPP_NS_BIND);
    const LecStanza *sm = lec_stanza_child(offered, "sm", NS_SM);
    if (self->signed_in && bind)
        lec_stanza_add_new(features, "bind", LEC_XMPP_NS_BIND, NULL);
    if (self->signed_in && sm)
        lec_stanza_add_new(features, "sm", NS_SM, NULL);
    give_element(self, features);
}

static void take_failure(LecStropheSession *self, const LecStanza *failure) {
    const LecStanza *why = lec_stanza_first(failure);
    if (why && lec_stanza_is(why, "temporary-auth-failure", LEC_XMPP_NS_SASL))
        fail(self, LEC_STROPHE_ERROR_STREAM, "The cloud cannot check accounts at the moment.");
    else
        fail(self, LEC_STROPHE_ERROR_REFUSED, "The cloud does not accept this display's account.");
}

static void take_stream_error(LecStropheSession *self, const LecStanza *stream_error) {
    const LecStanza *why = lec_stanza_first(stream_error);
    const char *name = why ? lec_stanza_get_name(why) : "";
    if (strcmp(name, "conflict") == 0)
        fail(self, LEC_STROPHE_ERROR_REFUSED,
             "Another display uses this one's account in the cloud.");
    else if (strcmp(name, "policy-violation") == 0 || strcmp(name, "not-authorized") == 0)
        fail(self, LEC_STROPHE_ERROR_REFUSED, "The cloud has ended this display's session.");
    else
        fail(self, LEC_STROPHE_ERROR_STREAM, "The cloud has ended the connection.");
}

/* Before sign-in a server has little to say. */
static bool is_in_order(const LecStropheSession *self, const LecStanza *element) {
    if (self->signed_in)
        return strcmp(lec_stanza_get_ns(element), LEC_XMPP_NS_SASL) != 0;
    return strcmp(lec_stanza_get_ns(element), LEC_XMPP_NS_SASL) == 0;
}

/* libstrophe computes as many rounds as it is told to, and nothing can stop it. */
static bool take_challenge(LecStropheSession *self, const LecStanza *challenge) {
    if (lec_scram_witness_see_challenge(self->witness, lec_stanza_get_text(challenge)))
        return true;
    fail(self, LEC_STROPHE_ERROR_SIGN_IN,
         "The cloud asks for a proof of the password that is not safe to give.");
    return false;
}

/* Nor does it look at what the server proves. */
static bool take_success(LecStropheSession *self, const LecStanza *success) {
    if (!lec_scram_witness_check(self->witness, lec_stanza_get_text(success))) {
        fail(self, LEC_STROPHE_ERROR_SIGN_IN,
             "What answers there does not know the password: it is not the cloud.");
        return false;
    }
    g_clear_pointer(&self->witness, lec_scram_witness_free);
    self->signed_in = true;
    lec_stream_reader_restart(self->reader);
    return true;
}

static void take_element(LecStropheSession *self, const LecStanza *element) {
    if (lec_stanza_is(element, "features", LEC_XMPP_NS_STREAM)) {
        take_features(self, element);
        return;
    }
    if (lec_stanza_is(element, "error", LEC_XMPP_NS_STREAM)) {
        take_stream_error(self, element);
        return;
    }
    if (!is_in_order(self, element)) {
        fail(self, LEC_STROPHE_ERROR_STREAM, "The cloud said something out of order.");
        return;
    }
    if (lec_stanza_is(element, "failure", LEC_XMPP_NS_SASL)) {
        take_failure(self, element);
        return;
    }
    if (lec_stanza_is(element, "challenge", LEC_XMPP_NS_SASL) && !take_challenge(self, element))
        return;
    if (lec_stanza_is(element, "success", LEC_XMPP_NS_SASL)) {
        if (!take_success(self, element))
            return;
    } else if (lec_stanza_is(element, "resumed", NS_SM)) {
        self->resumed = true;
    }
    give_element(self, element);
}

static void on_element(LecStanza *element, void *user) {
    LecStropheSession *self = user;
    g_autoptr(LecStanza) owned = element;
    if (!self->ended)
        take_element(self, owned);
}

/* Something else stands for it, so that what is acknowledged (XEP-0198) still counts right. */
static void on_refused(const GError *error, void *user) {
    LecStropheSession *self = user;
    if (self->ended)
        return;
    if (!self->signed_in) {
        end(self, error);
        return;
    }
    lec_debug("A stanza from the cloud was passed over: %s", error->message);
    give(self, "<message xmlns='" LEC_XMPP_NS_CLIENT "'/>");
}

static void on_end(void *user) {
    fail(user, LEC_STROPHE_ERROR_STREAM, "The cloud has closed the connection.");
}

void lec_strophe_session_receive(LecStropheSession *self, const char *data, gsize len) {
    if (self->ended)
        return;
    g_autoptr(GError) error = NULL;
    if (!lec_stream_reader_feed(self->reader, data, len, &error)) {
        g_prefix_error(&error, "The cloud sent what it must not. ");
        end(self, error);
    }
}

/* ---- from libstrophe ---- */

static int on_stanza(xmpp_conn_t *connection, xmpp_stanza_t *stanza, void *user) {
    LecStropheSession *self = user;
    char *text = NULL;
    size_t len = 0;
    if (self->ended || xmpp_stanza_to_text(stanza, &text, &len) != XMPP_EOK)
        return 1;
    g_autoptr(GError) error = NULL;
    LecStanza *read = lec_stream_read_element(text, len, &error);
    xmpp_free(self->memory->context, text);
    if (!read)
        lec_debug("A stanza from the cloud was dropped: %s", error->message);
    else if (!strcmp(lec_stanza_get_ns(read), LEC_XMPP_NS_CLIENT))
        self->events.stanza(read, self->user);
    else
        lec_stanza_free(read);
    return 1;
}

static void on_event(xmpp_conn_t *connection, xmpp_conn_event_t event, int why,
                     xmpp_stream_error_t *stream_error, void *user) {
    LecStropheSession *self = user;
    if (self->ended)
        return;
    if (event == XMPP_CONN_CONNECT) {
        xmpp_handler_add(connection, on_stanza, NULL, NULL, NULL, self);
        self->ready = true;
        self->events.ready(self->resumed, self->user);
    } else if (event == XMPP_CONN_DISCONNECT || event == XMPP_CONN_FAIL) {
        fail(self, LEC_STROPHE_ERROR_STREAM, "The connection to the cloud has ended.");
    }
}

/* Warnings only: at lower levels it logs whole stanzas, the sign-in among them. */
static void on_log(void *user, xmpp_log_level_t level, const char *area, const char *message) {
    if (level < XMPP_LEVEL_WARN)
        return;
    g_autofree char *text = lec_log_text(message);
    lec_debug("libstrophe, %s: %s", area, text);
}

static gboolean on_far_readable(gint fd, GIOCondition condition, gpointer user) {
    run(user);
    return G_SOURCE_CONTINUE;
}

static gboolean on_tick(gpointer user) {
    run(user);
    return G_SOURCE_CONTINUE;
}

static gboolean on_near_readable(gint fd, GIOCondition condition, gpointer user) {
    LecStropheSession *self = user;
    char data[CHUNK_BYTES];
    const gssize len = read(fd, data, sizeof data);
    if (len > 0) {
        if (self->witness)
            lec_scram_witness_see_sent(self->witness, data, (gsize)len);
        if (!self->ended)
            self->events.send(data, (gsize)len, self->user);
        return G_SOURCE_CONTINUE;
    }
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return G_SOURCE_CONTINUE;
    fail(self, LEC_STROPHE_ERROR_STREAM, "The connection to the cloud has ended.");
    return G_SOURCE_REMOVE;
}

/* ---- life ---- */

LecStropheMemory *lec_strophe_memory_new(void) {
    LecStropheMemory *self = g_new0(LecStropheMemory, 1);
    self->log = (xmpp_log_t){.handler = on_log};
    xmpp_initialize();
    self->context = xmpp_ctx_new(NULL, &self->log);
    return self;
}

void lec_strophe_memory_free(LecStropheMemory *self) {
    if (!self)
        return;
    if (self->state)
        xmpp_free_sm_state(self->state);
    xmpp_ctx_free(self->context);
    g_free(self);
}

/* libstrophe waits with select(), for which a descriptor past the end of an fd_set is a write out
 * of bounds. */
static int on_socket(xmpp_conn_t *connection, void *socket) {
    return *(int *)socket < FD_SETSIZE ? 0 : -1;
}

static GSource *watch(int fd, GUnixFDSourceFunc callback, LecStropheSession *self) {
    GSource *source = g_unix_fd_source_new(fd, G_IO_IN | G_IO_HUP);
    g_source_set_callback(source, G_SOURCE_FUNC(callback), self, NULL);
    g_source_attach(source, g_main_context_get_thread_default());
    return source;
}

static bool connect_pair(LecStropheSession *self, GError **error) {
    if (xmpp_connect_client(self->connection, "127.0.0.1", lec_loopback_pair_get_port(self->pair),
                            on_event, self) != XMPP_EOK) {
        g_set_error_literal(error, LEC_STROPHE_ERROR, LEC_STROPHE_ERROR_STREAM,
                            "The connection to the cloud cannot be set up within the display.");
        return false;
    }
    if (!lec_loopback_pair_accept(self->pair, error))
        return false;
    self->near_source = watch(lec_loopback_pair_get_near(self->pair), on_near_readable, self);
    self->far_source = watch(lec_loopback_pair_get_far(self->pair), on_far_readable, self);
    self->tick = g_timeout_source_new(TICK_MS);
    g_source_set_callback(self->tick, on_tick, self, NULL);
    g_source_attach(self->tick, g_main_context_get_thread_default());
    return true;
}

static void make_connection(LecStropheSession *self, const LecStropheConfig *config) {
    self->connection = xmpp_conn_new(self->memory->context);
    xmpp_conn_set_flags(self->connection, XMPP_CONN_FLAG_DISABLE_TLS); /* the carrier has it */
    xmpp_conn_set_sockopt_callback(self->connection, on_socket);
    xmpp_conn_set_jid(self->connection, config->jid);
    xmpp_conn_set_pass(self->connection, config->password);
    /* To it the file is but the sign that there is a certificate, and the place of our name. */
    if (config->certificate_file)
        xmpp_conn_set_client_cert(self->connection, config->certificate_file,
                                  config->certificate_file);
    if (self->memory->state)
        xmpp_conn_set_sm_state(self->connection, g_steal_pointer(&self->memory->state));
}

LecStropheSession *lec_strophe_session_new(const LecStropheConfig *config,
                                           const LecStropheEvents *events, void *user,
                                           GError **error) {
    static const LecStreamReaderEvents reader_events = {on_header, on_element, on_refused, on_end};
    g_autoptr(LecStropheSession) self = g_new0(LecStropheSession, 1);
    self->events = *events;
    self->user = user;
    self->memory = config->memory;
    self->external = config->certificate_file != NULL;
    self->unread = g_string_new(NULL);
    self->reader = lec_stream_reader_new(&reader_events, self);
    self->witness = lec_scram_witness_new(config->jid, config->password);
    self->pair = lec_loopback_pair_new(error);
    if (!self->pair)
        return NULL;
    make_connection(self, config);
    return connect_pair(self, error) ? g_steal_pointer(&self) : NULL;
}

static void drop_source(GSource **source) {
    if (*source)
        g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

void lec_strophe_session_free(LecStropheSession *self) {
    if (!self)
        return;
    self->ended = true;
    drop_source(&self->near_source);
    drop_source(&self->far_source);
    drop_source(&self->tick);
    g_clear_pointer(&self->pair, lec_loopback_pair_free);
    if (self->connection) {
        /* It hands its memory over only once it has noticed the end. */
        for (guint i = 0; i < 8 && !xmpp_conn_is_disconnected(self->connection); i++)
            xmpp_run_once(self->memory->context, 0);
        if (xmpp_conn_is_disconnected(self->connection) && self->signed_in)
            self->memory->state = xmpp_conn_get_sm_state(self->connection);
        xmpp_conn_release(self->connection);
    }
    g_clear_pointer(&self->reader, lec_stream_reader_free);
    g_clear_pointer(&self->witness, lec_scram_witness_free);
    g_string_free(self->unread, TRUE);
    g_free(self);
}

bool lec_strophe_session_send(LecStropheSession *self, const char *text) {
    if (!self->ready || xmpp_conn_send_queue_len(self->connection) > MAX_WAITING)
        return false;
    xmpp_send_raw(self->connection, text, strlen(text));
    run_once(self);
    return true;
}

void lec_strophe_session_close(LecStropheSession *self) {
    if (self->ended)
        return;
    xmpp_disconnect(self->connection);
    run_once(self);
}
