/* The WHIP door over real HTTPS on loopback: who may, what is taken, and how sessions end. */
#include "signalling/door-whip.h"
#include "tests/support/https-client.h"
#include "tests/support/sdp-corpus.h"
#include "tests/support/until.h"

#include <string.h>

#define TOKEN "the-right-token"
#define FRAGMENT_TYPE "application/trickle-ice-sdpfrag"

typedef struct {
    LecIdentity *identity;
    LecHttpsServer *server;
    LecDoorWhip *door;
    LecHttpsClient *client;
    char *offer;
    /* what the door said */
    guint asked, offers, candidates, gone;
    bool locked, answers;
    LecWhipSession *last;
} Fixture;

static LecWhipVerdict on_may(const char *bearer, const char *source, guint *ret_token,
                             guint *ret_retry_after_s, void *user) {
    Fixture *f = user;
    f->asked++;
    g_assert_cmpstr(source, ==, "127.0.0.1");
    if (f->locked) {
        *ret_retry_after_s = 31;
        return LEC_WHIP_LOCKED;
    }
    *ret_token = g_str_has_prefix(bearer, TOKEN) ? (guint)strlen(bearer) : 0;
    return *ret_token ? LEC_WHIP_ADMIT : LEC_WHIP_UNAUTHORIZED;
}

static void on_offer(LecWhipSession *session, const LecMediaParams *offer, void *user) {
    Fixture *f = user;
    f->offers++;
    f->last = session;
    g_assert_cmpstr(lec_whip_session_get_agent(session), ==, "OBS-Studio");
    g_assert_true(lec_whip_session_is_loopback(session));
    if (!f->answers)
        return;
    g_autoptr(LecMediaParams) answer = lec_media_params_copy(offer);
    answer->setup = LEC_SETUP_PASSIVE;
    lec_whip_session_answer(session, answer);
}

static void on_candidate(LecWhipSession *session, const LecCandidate *candidate, void *user) {
    ((Fixture *)user)->candidates++;
}

static void on_gone(LecWhipSession *session, void *user) {
    Fixture *f = user;
    g_assert_true(session == f->last);
    f->gone++;
}

static const LecDoorWhipEvents events = {
    .may = on_may, .offer = on_offer, .candidate = on_candidate, .gone = on_gone};

static void open_fixture(Fixture *f, gconstpointer data) {
    g_autoptr(GError) error = NULL;
    f->identity = lec_identity_new_ephemeral("Room 12", &error);
    g_assert_no_error(error);
    f->server = lec_https_server_new(f->identity, 0, &error);
    g_assert_no_error(error);
    f->door = lec_door_whip_new(f->server, &events, f);
    f->client = lec_https_client_new(lec_https_server_get_port(f->server));
    f->offer = sdp_corpus_load("chromium-offer");
    f->answers = true;
}

static void close_fixture(Fixture *f, gconstpointer data) {
    lec_https_client_free(f->client);
    lec_door_whip_free(f->door);
    lec_https_server_free(f->server);
    lec_identity_free(f->identity);
    g_free(f->offer);
}

static LecHttpsQuestion question(const char *method, const char *path, const char *token,
                                 const char *type, const char *body) {
    return (LecHttpsQuestion){
        .method = method,
        .path = path,
        .token = token,
        .type = type,
        .body = body,
        .headers = {"User-Agent", "OBS-Studio/30.1 (Linux)"},
    };
}

/* The status; *ret_header, where asked for, is to be freed. */
static guint ask(Fixture *f, const char *method, const char *path, const char *token,
                 const char *type, const char *body, const char *header, char **ret_header) {
    g_auto(LecHttpsReply) reply = {0};
    const LecHttpsQuestion asked = question(method, path, token, type, body);
    lec_https_client_ask(f->client, &asked, &reply);
    if (header)
        *ret_header = g_strdup(lec_https_reply_header(&reply, header));
    return reply.status;
}

/* The offer is under way, and the door has heard of it. */
static void begin_offer(Fixture *f, LecHttpsReply *reply) {
    const guint offers = f->offers;
    const LecHttpsQuestion asked = question("POST", "/whip", TOKEN, "application/sdp", f->offer);
    f->answers = false;
    lec_https_client_begin(f->client, &asked, reply);
    LEC_UNTIL(f->offers == offers + 1);
}

static char *post(Fixture *f) {
    char *location = NULL;
    g_assert_cmpuint(
        ask(f, "POST", "/whip", TOKEN, "application/sdp", f->offer, "Location", &location), ==,
        201);
    g_assert_true(g_str_has_prefix(location, "/whip/"));
    return location;
}

static void test_bearer(Fixture *f, gconstpointer data) {
    g_autofree char *how = NULL, *after = NULL;
    g_assert_cmpuint(
        ask(f, "POST", "/whip", NULL, "application/sdp", f->offer, "WWW-Authenticate", &how), ==,
        401);
    g_assert_cmpstr(how, ==, "Bearer");
    g_assert_cmpuint(f->asked, ==, 0); /* no attempt */
    g_assert_cmpuint(ask(f, "POST", "/whip", "wrong", "application/sdp", f->offer, NULL, NULL), ==,
                     401);
    f->locked = true;
    g_assert_cmpuint(
        ask(f, "POST", "/whip", TOKEN, "application/sdp", f->offer, "Retry-After", &after), ==,
        429);
    g_assert_cmpstr(after, ==, "31");
    g_assert_cmpuint(f->offers, ==, 0);
}

static void test_session(Fixture *f, gconstpointer data) {
    g_autofree char *path = post(f);
    g_assert_cmpuint(f->offers, ==, 1);
    g_autofree char *fragment =
        g_strdup("a=ice-pwd:0123456789012345678901\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
                 "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n"
                 "a=candidate:2 2 udp 2122260223 192.0.2.1 61765 typ host\r\n"
                 "a=end-of-candidates\r\n");
    g_assert_cmpuint(ask(f, "PATCH", path, TOKEN, FRAGMENT_TYPE, fragment, NULL, NULL), ==, 204);
    g_assert_cmpuint(f->candidates, ==, 1); /* the second is RTCP's */
    g_assert_cmpuint(ask(f, "PATCH", path, TOKEN, FRAGMENT_TYPE, "nonsense\r\n", NULL, NULL), ==,
                     400);
    g_assert_cmpuint(
        ask(f, "PATCH", path, TOKEN, FRAGMENT_TYPE, "a=ice-ufrag:other\r\n", NULL, NULL), ==, 422);
    g_assert_cmpuint(ask(f, "PATCH", path, TOKEN, "text/plain", fragment, NULL, NULL), ==, 415);
    /* Somebody else's token is good for their own sessions alone. */
    g_assert_cmpuint(ask(f, "DELETE", path, TOKEN "2", NULL, NULL, NULL, NULL), ==, 404);
    g_assert_cmpuint(ask(f, "DELETE", path, NULL, NULL, NULL, NULL, NULL), ==, 401);
    g_assert_cmpuint(ask(f, "DELETE", path, "wrong", NULL, NULL, NULL, NULL), ==, 401);
    f->locked = true;
    g_assert_cmpuint(ask(f, "DELETE", path, "wrong", NULL, NULL, NULL, NULL), ==, 429);
    f->locked = false;
    g_assert_cmpuint(f->gone, ==, 0);
    g_assert_cmpuint(ask(f, "DELETE", path, TOKEN, NULL, NULL, NULL, NULL), ==, 200);
    g_assert_cmpuint(f->gone, ==, 1);
    g_assert_cmpuint(ask(f, "DELETE", path, TOKEN, NULL, NULL, NULL, NULL), ==, 404);
}

static void test_bad_requests(Fixture *f, gconstpointer data) {
    g_autofree char *allowed = NULL, *accepted = NULL;
    g_assert_cmpuint(ask(f, "POST", "/whip", TOKEN, "text/plain", "v=0", NULL, NULL), ==, 415);
    g_assert_cmpuint(ask(f, "POST", "/whip", TOKEN, "application/sdp", "v=0", NULL, NULL), ==, 400);
    g_assert_cmpuint(ask(f, "GET", "/whip", TOKEN, NULL, NULL, "Allow", &allowed), ==, 405);
    g_assert_cmpstr(allowed, ==, "OPTIONS, POST");
    g_assert_cmpuint(ask(f, "OPTIONS", "/whip", TOKEN, NULL, NULL, "Accept-Post", &accepted), ==,
                     204);
    g_assert_cmpstr(accepted, ==, "application/sdp");
    g_assert_cmpuint(ask(f, "GET", "/whip/x", TOKEN, NULL, NULL, NULL, NULL), ==, 405);
    g_assert_cmpuint(ask(f, "DELETE", "/whip/x", TOKEN, NULL, NULL, NULL, NULL), ==, 404);
    g_assert_cmpuint(ask(f, "GET", "/whipped", TOKEN, NULL, NULL, NULL, NULL), ==, 404);
    g_assert_cmpuint(f->offers, ==, 0);
}

static void test_refused(Fixture *f, gconstpointer data) {
    g_auto(LecHttpsReply) reply = {0};
    begin_offer(f, &reply);
    lec_whip_session_refuse(f->last, 503, "There is no room for one more.");
    LEC_UNTIL(reply.done);
    g_assert_cmpuint(reply.status, ==, 503);
    g_assert_nonnull(strstr(reply.body, "no room"));
    g_assert_cmpuint(f->gone, ==, 0); /* our own doing */
}

/* libsoup looks at the connection again only to answer: then nobody is harmed, and the media link
 * that never connects ends it all. */
static void test_hangs_up_before_the_answer(Fixture *f, gconstpointer data) {
    g_auto(LecHttpsReply) reply = {0};
    begin_offer(f, &reply);
    g_cancellable_cancel(reply.cancellable);
    LEC_UNTIL(reply.done);
    g_clear_pointer(&f->client, lec_https_client_free); /* the connection, too */
    lec_whip_session_refuse(f->last, 503, "There is no room for one more.");
    LEC_UNTIL(lec_https_server_count_connections(f->server) == 0);
}

static void test_full_and_closed(Fixture *f, gconstpointer data) {
    for (guint i = 0; i < LEC_WHIP_MAX_SESSIONS; i++)
        g_free(post(f));
    g_assert_cmpuint(ask(f, "POST", "/whip", TOKEN, "application/sdp", f->offer, NULL, NULL), ==,
                     503);
    lec_whip_session_end(f->last);
    g_auto(LecHttpsReply) reply = {0};
    begin_offer(f, &reply);
    g_assert_cmpuint(f->offers, ==, LEC_WHIP_MAX_SESSIONS + 1);
    g_clear_pointer(&f->door, lec_door_whip_free); /* with one that waits */
    LEC_UNTIL(reply.done);
    g_assert_cmpuint(f->gone, ==, 0);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) \
    g_test_add("/whip/" name, Fixture, NULL, open_fixture, function, close_fixture)
    ADD("bearer", test_bearer);
    ADD("session", test_session);
    ADD("bad-requests", test_bad_requests);
    ADD("refused", test_refused);
    ADD("hangs-up-before-the-answer", test_hangs_up_before_the_answer);
    ADD("full-and-closed", test_full_and_closed);
    return g_test_run();
}
