/* The box's XMPP session with servers that mean ill while it signs in: what libstrophe alone would
 * do as it is told, for ever. */
#include "signalling/strophe-session.h"
#include "tests/support/until.h"

#include <string.h>

#define HEADER                                                                         \
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "                       \
    "xmlns:stream='http://etherx.jabber.org/streams' id='7' from='boxes.example.org' " \
    "version='1.0'>"
#define FEATURES                                                             \
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" \
    "<mechanism>PLAIN</mechanism><mechanism>%s</mechanism></mechanisms></stream:features>"
#define SEE_OTHER_HOST                                                           \
    "<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>" \
    "evil.example.net</see-other-host></stream:error>"

typedef struct {
    LecStropheMemory *memory;
    LecStropheSession *session;
    GString *sent;
    GError *error;
} Line;

static void on_send(const char *data, gsize len, void *user) {
    g_string_append_len(((Line *)user)->sent, data, (gssize)len);
}

static void on_ready(bool resumed, void *user) {
    g_error("nobody has signed in");
}

static void on_stanza(LecStanza *stanza, void *user) {
    lec_stanza_free(stanza);
}

static void on_ended(const GError *error, void *user) {
    Line *line = user;
    g_assert_null(line->error);
    line->error = g_error_copy(error);
}

static void line_open(Line *line) {
    static const LecStropheEvents events = {on_send, on_ready, on_stanza, on_ended};
    g_autoptr(GError) error = NULL;
    *line = (Line){.memory = lec_strophe_memory_new(), .sent = g_string_new(NULL)};
    const LecStropheConfig config = {
        .jid = "room12@boxes.example.org/box", .password = "pencil", .memory = line->memory};
    line->session = lec_strophe_session_new(&config, &events, line, &error);
    g_assert_no_error(error);
    LEC_UNTIL(strstr(line->sent->str, "<stream:stream"));
}

static void line_close(Line *line) {
    lec_strophe_session_free(line->session);
    lec_strophe_memory_free(line->memory);
    g_string_free(line->sent, TRUE);
    g_clear_error(&line->error);
}

static void say(Line *line, const char *text) {
    lec_strophe_session_receive(line->session, text, strlen(text));
}

static void offer(Line *line, const char *mechanism) {
    g_autofree char *features = g_strdup_printf(FEATURES, mechanism);
    say(line, HEADER);
    say(line, features);
}

/* The client's nonce, from the <auth/> that it sends. */
static char *read_nonce(Line *line) {
    LEC_UNTIL(strstr(line->sent->str, "</auth>"));
    const char *end = strstr(line->sent->str, "</auth>");
    const char *start = g_strrstr_len(line->sent->str, end - line->sent->str, ">") + 1;
    g_autofree char *base64 = g_strndup(start, (gsize)(end - start));
    gsize len = 0;
    g_autofree guchar *bytes = g_base64_decode(base64, &len);
    g_autofree char *text = g_strndup((const char *)bytes, len);
    const char *nonce = strstr(text, ",r=");
    g_assert_nonnull(nonce);
    return g_strdup(nonce + 3);
}

static void challenge(Line *line, const char *rest) {
    g_autofree char *nonce = read_nonce(line);
    g_autofree char *text = g_strdup_printf("r=%sabc,s=W22ZaJ0SNY7soEsUEjb6gQ==,%s", nonce, rest);
    g_autofree char *base64 = g_base64_encode((const guint8 *)text, strlen(text));
    g_autofree char *element = g_strdup_printf(
        "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>%s</challenge>", base64);
    say(line, element);
}

static void test_answered(void) {
    Line line;
    line_open(&line);
    offer(&line, "SCRAM-SHA-512");
    challenge(&line, "i=4096");
    LEC_UNTIL(strstr(line.sent->str, "</response>"));
    g_assert_no_error(line.error);
    line_close(&line);
}

/* The server's signature, which libstrophe passes over (RFC 5802 §3). */
static void test_impostor(void) {
    static const char *const texts[] = {"", "dj1YWFhY", "dj0="};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        Line line;
        line_open(&line);
        offer(&line, "SCRAM-SHA-512");
        challenge(&line, "i=4096");
        LEC_UNTIL(strstr(line.sent->str, "</response>"));
        g_string_truncate(line.sent, 0);
        g_autofree char *success = g_strdup_printf(
            "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>%s</success>", texts[i]);
        say(&line, success);
        LEC_UNTIL(line.error || line.sent->len > 0);
        g_assert_error(line.error, LEC_STROPHE_ERROR, LEC_STROPHE_ERROR_SIGN_IN);
        line_close(&line);
    }
}

/* Let in before it has been asked for anything. */
static void test_unasked(void) {
    Line line;
    line_open(&line);
    offer(&line, "SCRAM-SHA-512");
    g_free(read_nonce(&line));
    say(&line, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
    LEC_UNTIL(line.error);
    g_assert_error(line.error, LEC_STROPHE_ERROR, LEC_STROPHE_ERROR_SIGN_IN);
    line_close(&line);
}

/* Unrefused, each of these keeps the thread busy for hours, or gives a cheap proof away. */
static void test_rounds(void) {
    static const char *const rests[] = {"i=2147483647", "i=1", "i=4096,i=2147483647", "i=99999999"};
    for (guint i = 0; i < G_N_ELEMENTS(rests); i++) {
        Line line;
        line_open(&line);
        offer(&line, "SCRAM-SHA-512");
        challenge(&line, rests[i]);
        LEC_UNTIL(line.error || strstr(line.sent->str, "<response"));
        g_assert_error(line.error, LEC_STROPHE_ERROR, LEC_STROPHE_ERROR_SIGN_IN);
        g_assert_null(strstr(line.sent->str, "<response"));
        line_close(&line);
    }
}

static void test_downgrade(void) {
    Line line;
    line_open(&line);
    offer(&line, "SCRAM-SHA-1");
    LEC_UNTIL(line.error);
    g_assert_error(line.error, LEC_STROPHE_ERROR, LEC_STROPHE_ERROR_SIGN_IN);
    g_assert_null(strstr(line.sent->str, "<auth"));
    line_close(&line);
}

/* Without a challenge the server has proved nothing either, but nothing of ours has gone out. */
static void test_out_of_order(void) {
    static const char *const words[] = {
        "<message xmlns='jabber:client'/>",
        "<enabled xmlns='urn:xmpp:sm:3' id='x' resume='true'/>",
        SEE_OTHER_HOST,
        "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    };
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        Line line;
        line_open(&line);
        say(&line, HEADER);
        say(&line, words[i]);
        LEC_UNTIL(line.error);
        g_assert_error(line.error, LEC_STROPHE_ERROR, LEC_STROPHE_ERROR_STREAM);
        line_close(&line);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/strophe-session/answered", test_answered);
    g_test_add_func("/strophe-session/impostor", test_impostor);
    g_test_add_func("/strophe-session/unasked", test_unasked);
    g_test_add_func("/strophe-session/rounds", test_rounds);
    g_test_add_func("/strophe-session/downgrade", test_downgrade);
    g_test_add_func("/strophe-session/out-of-order", test_out_of_order);
    return g_test_run();
}
