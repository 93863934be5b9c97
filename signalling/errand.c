/* Joins a connection to the cloud, the stream's reader and the login; then asks and listens. */
#include "signalling/errand.h"

#include "signalling/login.h"
#include "signalling/stream-reader.h"
#include "signalling/xmpp.h"

#include <string.h>

#define READY_S 20
#define CHUNK_BYTES 8192
#define MAX_UNSENT_BYTES (1024 * 1024)
#define MAX_QUESTIONS 64
#define LINGER_S 2 /* to have the last words sent */

typedef struct {
    LecErrandAnswer answered;
    void *user;
} Question;

struct LecErrand {
    LecErrandConfig config;
    LecErrandEvents events;
    void *user;
    LecCloudConnect *connect;
    LecFingerprint key;
    LecLogin *login;
    LecStreamReader *reader;
    GIOStream *stream;
    GCancellable *reading, *writing;
    GByteArray *unsent, *sending; /* sending: what the stream has now */
    char chunk[CHUNK_BYTES];
    GHashTable *questions; /* id -> Question */
    guint asked;
    guint watchdog; /* until ready; then of the last words */
    bool ready, over;
    guint busy;  /* functions of ours that run, and answers of the stream's that are due */
    bool doomed; /* freed meanwhile */
};

static void destroy(LecErrand *self) {
    g_clear_object(&self->stream);
    g_clear_handle_id(&self->watchdog, g_source_remove);
    g_clear_object(&self->reading);
    g_clear_object(&self->writing);
    lec_login_free(self->login);
    lec_stream_reader_free(self->reader);
    g_byte_array_unref(self->unsent);
    g_byte_array_unref(self->sending);
    g_hash_table_unref(self->questions);
    g_free(self);
}

static void enter(LecErrand *self) {
    self->busy++;
}

static void leave(LecErrand *self) {
    if (--self->busy == 0 && self->doomed)
        destroy(self);
}

static void fail(LecErrand *self, const GError *error) {
    if (self->over || self->doomed)
        return;
    self->over = true;
    g_clear_handle_id(&self->watchdog, g_source_remove);
    g_cancellable_cancel(self->reading);
    g_cancellable_cancel(self->writing);
    self->events.failed(error, self->user);
}

static void fail_lost(LecErrand *self) {
    g_autoptr(GError) error =
        g_error_new_literal(LEC_CLOUD_ERROR, LEC_CLOUD_ERROR_UNREACHABLE,
                            "The connection to the cloud was lost; check the network.");
    fail(self, error);
}

/* ---- writing ---- */

static void write_on(LecErrand *self);

static void on_written(GObject *stream, GAsyncResult *result, gpointer user) {
    LecErrand *self = user;
    const bool good = g_output_stream_write_all_finish(G_OUTPUT_STREAM(stream), result, NULL, NULL);
    g_byte_array_set_size(self->sending, 0);
    if (good)
        write_on(self);
    else
        fail_lost(self);
    leave(self);
}

static void write_on(LecErrand *self) {
    if (self->sending->len > 0 || self->unsent->len == 0 || !self->stream)
        return;
    GByteArray *empty = self->sending;
    self->sending = self->unsent;
    self->unsent = empty;
    enter(self);
    g_output_stream_write_all_async(g_io_stream_get_output_stream(self->stream),
                                    self->sending->data, self->sending->len, G_PRIORITY_DEFAULT,
                                    self->writing, on_written, self);
}

static void write_text(LecErrand *self, const char *text) {
    if (self->over || self->unsent->len > MAX_UNSENT_BYTES)
        return;
    g_byte_array_append(self->unsent, (const guint8 *)text, (guint)strlen(text));
    write_on(self);
}

void lec_errand_send(LecErrand *self, const LecStanza *stanza) {
    g_autofree char *text = lec_stanza_write(stanza);
    if (self->ready)
        write_text(self, text);
}

/* ---- questions ---- */

void lec_errand_ask(LecErrand *self, const char *type, const char *to, LecStanza *payload,
                    LecErrandAnswer answered, void *user) {
    g_autoptr(LecStanza) iq = lec_stanza_new("iq", LEC_XMPP_NS_CLIENT);
    g_autofree char *id = g_strdup_printf("e%u", ++self->asked);
    lec_stanza_set(iq, "type", type);
    lec_stanza_set(iq, "id", id);
    lec_stanza_set(iq, "to", to);
    lec_stanza_add(iq, payload);
    if (g_hash_table_size(self->questions) < MAX_QUESTIONS) {
        Question *question = g_new(Question, 1);
        *question = (Question){answered, user};
        g_hash_table_insert(self->questions, g_steal_pointer(&id), question);
    }
    lec_errand_send(self, iq);
}

void lec_errand_acknowledge(LecErrand *self, const LecStanza *iq) {
    g_autoptr(LecStanza) result = lec_stanza_new("iq", LEC_XMPP_NS_CLIENT);
    lec_stanza_set(result, "type", "result");
    lec_stanza_set(result, "id", lec_stanza_get(iq, "id"));
    lec_stanza_set(result, "to", lec_stanza_get(iq, "from"));
    lec_errand_send(self, result);
}

static bool take_answer(LecErrand *self, const LecStanza *iq, const char *type) {
    const char *id = lec_stanza_get(iq, "id");
    if (!id || (strcmp(type, "result") != 0 && strcmp(type, "error") != 0))
        return false;
    g_autofree char *key = NULL;
    g_autofree Question *question = NULL;
    if (!g_hash_table_steal_extended(self->questions, id, (gpointer *)&key, (gpointer *)&question))
        return false;
    if (question->answered)
        question->answered(iq, question->user);
    return true;
}

static void take_stanza(LecErrand *self, const LecStanza *stanza) {
    const bool iq = lec_stanza_is(stanza, "iq", LEC_XMPP_NS_CLIENT);
    const char *type = lec_stanza_get(stanza, "type");
    if (lec_stanza_is(stanza, "error", LEC_XMPP_NS_STREAM))
        fail_lost(self);
    else if (iq && type && take_answer(self, stanza, type))
        return;
    else if (iq && type && !strcmp(type, "get") &&
             lec_stanza_child(stanza, "ping", LEC_XMPP_NS_PING))
        lec_errand_acknowledge(self, stanza);
    else
        self->events.stanza(stanza, self->user);
}

/* ---- the stream ---- */

static void on_header(const LecStanza *header, void *user) {
}

static void on_element(LecStanza *element, void *user) {
    LecErrand *self = user;
    g_autoptr(LecStanza) owned = element;
    if (self->over || self->doomed)
        return;
    if (self->ready)
        take_stanza(self, owned);
    else
        lec_login_take(self->login, owned);
}

static void on_refused(const GError *error, void *user) {
}

static void on_end(void *user) {
    fail_lost(user);
}

static void read_on(LecErrand *self);

static void on_read(GObject *stream, GAsyncResult *result, gpointer user) {
    LecErrand *self = user;
    g_autoptr(GError) error = NULL;
    const gssize len = g_input_stream_read_finish(G_INPUT_STREAM(stream), result, NULL);
    if (!self->over && !self->doomed) {
        if (len <= 0)
            fail_lost(self);
        else if (!lec_stream_reader_feed(self->reader, self->chunk, (gsize)len, &error))
            fail(self, error);
        else if (!self->over && !self->doomed)
            read_on(self);
    }
    leave(self);
}

static void read_on(LecErrand *self) {
    enter(self);
    g_input_stream_read_async(g_io_stream_get_input_stream(self->stream), self->chunk, CHUNK_BYTES,
                              G_PRIORITY_DEFAULT, self->reading, on_read, self);
}

static void on_connected(GIOStream *stream, const LecFingerprint *key, void *user) {
    LecErrand *self = user;
    enter(self);
    self->stream = stream;
    self->key = *key;
    g_clear_pointer(&self->connect, lec_cloud_connect_free);
    lec_login_start(self->login);
    read_on(self);
    leave(self);
}

static void on_unconnected(const GError *error, void *user) {
    LecErrand *self = user;
    enter(self);
    fail(self, error);
    leave(self);
}

/* ---- login ---- */

static void on_login_send(const char *text, void *user) {
    write_text(user, text);
}

static void on_login_restart(void *user) {
    lec_stream_reader_restart(((LecErrand *)user)->reader);
}

static void on_login_bound(const char *jid, void *user) {
    LecErrand *self = user;
    self->ready = true;
    g_clear_handle_id(&self->watchdog, g_source_remove);
    self->events.ready(jid, &self->key, self->user);
}

static void on_login_failed(const GError *error, void *user) {
    fail(user, error);
}

static gboolean on_late(gpointer user) {
    LecErrand *self = user;
    self->watchdog = 0;
    g_autoptr(GError) error =
        g_error_new_literal(LEC_CLOUD_ERROR, LEC_CLOUD_ERROR_UNREACHABLE,
                            "The cloud does not answer in time; check the network.");
    enter(self);
    fail(self, error);
    leave(self);
    return G_SOURCE_REMOVE;
}

LecErrand *lec_errand_new(const LecErrandConfig *config, const LecErrandEvents *events,
                          void *user) {
    static const LecCloudConnectEvents connect_events = {on_connected, on_unconnected};
    static const LecLoginEvents login_events = {on_login_send, on_login_restart, on_login_bound,
                                                on_login_failed};
    static const LecStreamReaderEvents reader_events = {on_header, on_element, on_refused, on_end};
    LecErrand *self = g_new0(LecErrand, 1);
    self->config = *config;
    self->config.password = NULL; /* the login has its own copy */
    self->events = *events;
    self->user = user;
    self->reading = g_cancellable_new();
    self->writing = g_cancellable_new();
    self->unsent = g_byte_array_new();
    self->sending = g_byte_array_new();
    self->questions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    self->reader = lec_stream_reader_new(&reader_events, self);
    self->login =
        lec_login_new(config->domain, config->user, config->password, &login_events, self);
    self->watchdog = g_timeout_add_seconds(READY_S, on_late, self);
    self->connect = lec_cloud_connect_new(&self->config.server, &connect_events, self);
    return self;
}

static gboolean on_lingered(gpointer user) {
    LecErrand *self = user;
    self->watchdog = 0;
    g_cancellable_cancel(self->writing);
    return G_SOURCE_REMOVE;
}

void lec_errand_free(LecErrand *self) {
    if (!self)
        return;
    g_assert(!self->doomed);
    enter(self);
    g_clear_handle_id(&self->watchdog, g_source_remove);
    g_clear_pointer(&self->connect, lec_cloud_connect_free);
    if (self->ready)
        write_text(self, "</stream:stream>");
    if (self->ready && !self->over)
        self->watchdog = g_timeout_add_seconds(LINGER_S, on_lingered, self);
    self->doomed = true;
    g_cancellable_cancel(self->reading);
    leave(self);
}
