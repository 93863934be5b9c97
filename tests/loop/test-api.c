/* The interface for programs over real HTTPS on loopback: who may, what it says, what it refuses.
 */
#include "receiver/api.h"
#include "receiver/json-read.h"
#include "receiver/seats.h"
#include "tests/support/https-client.h"
#include "tests/support/tls-client.h"
#include "tests/support/until.h"

#include <stdlib.h>
#include <string.h>

#define ROOM "/api/v1/room"
#define ACTIONS "/api/v1/room/actions"
#define JSON "application/json"
#define PROBLEM "application/problem+json"
#define GRID "{\"do\": \"layout\", \"layout\": \"grid\"}"

typedef struct {
    LecIdentity *identity;
    LecHttpsServer *server;
    LecAdmission *admission;
    LecStage *stage;
    LecSeats *seats;
    LecHouse house;
    LecTokens *tokens;
    LecSteering *steering;
    LecHosts *hosts;
    LecApi *api;
    LecHttpsClient *client;
    guint changes;
    guint room_token_id;
    char room_token[LEC_TOKEN_TEXT_SIZE], whip_token[LEC_TOKEN_TEXT_SIZE];
} Fixture;

static void on_changed(void *user) {
    ((Fixture *)user)->changes++;
}

static void on_seats_changed(void *user) {
}

static void on_resized(guint width, guint height, void *user) {
}

static void on_closed(const GError *error, void *user) {
    g_error("The stage has closed: %s", error ? error->message : "");
}

static const LecSeatsEvents seats_events = {.changed = on_seats_changed};
static const LecHostsEvents hosts_events = {.changed = on_seats_changed};
static const LecStageEvents stage_events = {.resized = on_resized, .closed = on_closed};

static void open_house(Fixture *f) {
    const LecOutputOptions options = {.width = 640, .height = 360, .title = "test"};
    g_autoptr(GError) error = NULL;
    f->stage = lec_stage_new("none", &options, &stage_events, f, &error);
    g_assert_no_error(error);
    f->admission = lec_admission_new(LEC_PIN_ROTATING, NULL, 9);
    f->seats = lec_seats_new(0, &seats_events, f);
    f->house = (LecHouse){
        .box_name = "Room \"12\"",
        .identity = f->identity,
        .admission = f->admission,
        .seats = f->seats,
        .stage = f->stage,
    };
}

static void open_fixture(Fixture *f, gconstpointer data) {
    g_autoptr(GError) error = NULL;
    f->identity = lec_identity_new_ephemeral("Room 12", &error);
    g_assert_no_error(error);
    f->server = lec_https_server_new(f->identity, 0, &error);
    g_assert_no_error(error);
    open_house(f);
    f->tokens = lec_tokens_new();
    f->steering = lec_steering_new(&f->house, f->tokens, on_changed, f);
    f->hosts = lec_hosts_new(&f->house, f->steering, NULL, &hosts_events, f);
    f->api = lec_api_new(&f->house, f->server, f->tokens, f->steering, f->hosts);
    const gint64 now = g_get_monotonic_time();
    f->room_token_id = lec_tokens_issue(f->tokens, LEC_TOKEN_ROOM, "panel", 60, now, f->room_token);
    lec_tokens_issue(f->tokens, LEC_TOKEN_WHIP, "encoder", 60, now, f->whip_token);
    f->client = lec_https_client_new(lec_https_server_get_port(f->server));
}

static void close_fixture(Fixture *f, gconstpointer data) {
    lec_https_client_free(f->client);
    lec_api_free(f->api);
    lec_hosts_free(f->hosts);
    lec_steering_free(f->steering);
    lec_tokens_free(f->tokens);
    lec_seats_free(f->seats);
    lec_stage_free(f->stage);
    lec_admission_free(f->admission);
    lec_https_server_free(f->server);
    lec_identity_free(f->identity);
}

/* ---- a client ---- */

static void ask(Fixture *f, LecHttpsQuestion question, LecHttpsReply *reply) {
    lec_https_reply_clear(reply);
    lec_https_client_ask(f->client, &question, reply);
}

/* An error as RFC 9457 has it, with a sentence. */
static void expect_problem(Fixture *f, LecHttpsQuestion question, guint status,
                           LecHttpsReply *reply) {
    ask(f, question, reply);
    g_assert_cmpuint(reply->status, ==, status);
    g_assert_cmpstr(lec_https_reply_header(reply, "Content-Type"), ==, PROBLEM);
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) problem = lec_json_read(reply->body, strlen(reply->body), &error);
    g_assert_no_error(error);
    g_assert_cmpint(json_object_get_int_member(problem, "status"), ==, status);
    g_assert_cmpstr(json_object_get_string_member(problem, "type"), ==, "about:blank");
    g_assert_cmpuint(strlen(json_object_get_string_member(problem, "title")), >, 0);
    g_assert_true(g_str_has_suffix(json_object_get_string_member(problem, "detail"), "."));
}

static LecHttpsQuestion act_with(const Fixture *f, const char *body) {
    return (LecHttpsQuestion){
        .method = "POST", .path = ACTIONS, .token = f->room_token, .type = JSON, .body = body};
}

/* ---- tests ---- */

static void test_every_route_wants_its_token(Fixture *f, gconstpointer data) {
    for (const LecApiRoute *route = lec_api_routes; route->method; route++) {
        g_auto(LecHttpsReply) reply = {0};
        const bool reads = strcmp(route->method, "GET") == 0;
        LecHttpsQuestion question = {.method = route->method,
                                     .path = route->path,
                                     .type = JSON,
                                     .body = reads ? NULL : GRID};
        expect_problem(f, question, 401, &reply);
        g_assert_cmpstr(lec_https_reply_header(&reply, "WWW-Authenticate"), ==, "Bearer");
        question.token = "wrong";
        expect_problem(f, question, 401, &reply);
        g_assert_cmpstr(lec_https_reply_header(&reply, "WWW-Authenticate"), ==,
                        "Bearer error=\"invalid_token\"");
        question.token = route->scope == LEC_TOKEN_ROOM ? f->whip_token : f->room_token;
        expect_problem(f, question, 403, &reply);
        g_assert_cmpuint(f->changes, ==, 0);
    }
    g_assert_cmpint(lec_stage_get_layout(f->stage), ==, LEC_LAYOUT_AUTOMATIC);
}

static void test_room(Fixture *f, gconstpointer data) {
    g_auto(LecHttpsReply) reply = {0};
    LecHttpsQuestion question = {.method = "GET", .path = ROOM, .token = f->room_token};
    ask(f, question, &reply);
    g_assert_cmpuint(reply.status, ==, 200);
    g_assert_cmpstr(lec_https_reply_header(&reply, "Content-Type"), ==, JSON);
    g_assert_cmpstr(lec_https_reply_header(&reply, "Cache-Control"), ==, "no-store");
    g_assert_null(strstr(reply.body, f->room_token));
    g_autoptr(JsonObject) room = lec_json_read(reply.body, strlen(reply.body), NULL);
    g_assert_nonnull(room);
    g_assert_cmpstr(json_object_get_string_member(room, "name"), ==, "Room \"12\"");
    g_assert_cmpint(json_object_get_int_member(room, "hosts"), ==, 0);
    g_assert_false(json_object_get_boolean_member(room, "whip"));
    g_assert_cmpuint(json_array_get_length(json_object_get_array_member(room, "tokens")), ==, 2);

    g_autofree char *etag = g_strdup(lec_https_reply_header(&reply, "ETag"));
    question.headers[0] = "If-None-Match";
    question.headers[1] = etag;
    ask(f, question, &reply);
    g_assert_cmpuint(reply.status, ==, 304);
    g_assert_cmpstr(reply.body, ==, "");
    g_assert_cmpstr(lec_https_reply_header(&reply, "ETag"), ==, etag);
    lec_stage_set_layout(f->stage, LEC_LAYOUT_GRID);
    ask(f, question, &reply);
    g_assert_cmpuint(reply.status, ==, 200);
    g_assert_cmpstr(lec_https_reply_header(&reply, "ETag"), !=, etag);
    question.method = "HEAD";
    ask(f, question, &reply);
    g_assert_cmpuint(reply.status, ==, 200);
    g_assert_cmpstr(reply.body, ==, "");
}

static void test_actions(Fixture *f, gconstpointer data) {
    g_auto(LecHttpsReply) reply = {0};
    ask(f, act_with(f, GRID), &reply);
    g_assert_cmpuint(reply.status, ==, 200);
    g_assert_cmpstr(reply.body, ==, "{\"done\":true}");
    g_assert_cmpint(lec_stage_get_layout(f->stage), ==, LEC_LAYOUT_GRID);
    g_assert_cmpuint(f->changes, ==, 1);
    LecHttpsQuestion question = act_with(f, "{\"do\":\"approval\",\"approval\":\"always\"}");
    question.type = "application/json; charset=utf-8";
    ask(f, question, &reply);
    g_assert_cmpuint(reply.status, ==, 200);
    g_assert_cmpint(lec_admission_get_approval(f->admission), ==, LEC_APPROVAL_ALWAYS);
}

static void test_bad_actions(Fixture *f, gconstpointer data) {
    static const struct {
        guint status;
        const char *reason; /* NULL: the status says it */
        const char *body;
    } cases[] = {
        {400, "malformed", ""},
        {400, "malformed", "[]"},
        {400, "malformed", "{\"do\":\"layout\""},
        {400, "malformed", "{\"a\":[[[[[[[[[[]]]]]]]]]]}"},
        {400, "unknown", "{\"do\":\"dance\"}"},
        {400, "malformed", "{\"do\":\"layout\",\"layout\":\"spiral\"}"},
        {400, "malformed", "{\"do\":\"remove\",\"presenter\":\"1\"}"},
        {400, "unknown", "{\"do\":\"here\"}"},
        {409, "no-presenter", "{\"do\":\"remove\",\"presenter\":7}"},
        {409, "no-token", "{\"do\":\"revoke-token\",\"token\":9}"},
        {403, NULL,
         "{\"do\":\"token\",\"scope\":\"room\",\"minutes\":43200,\"label\":\"for ever\"}"},
    };
    g_auto(LecHttpsReply) reply = {0};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        expect_problem(f, act_with(f, cases[i].body), cases[i].status, &reply);
        g_autoptr(JsonObject) problem = lec_json_read(reply.body, strlen(reply.body), NULL);
        g_assert_cmpstr(json_object_get_string_member_with_default(problem, "reason", NULL), ==,
                        cases[i].reason);
    }
    g_assert_cmpuint(f->changes, ==, 0);
    LecTokenInfo left[LEC_TOKENS_MAX];
    g_assert_cmpuint(lec_tokens_list(f->tokens, g_get_monotonic_time(), left), ==, 2);
}

static void test_bad_requests(Fixture *f, gconstpointer data) {
    g_auto(LecHttpsReply) reply = {0};
    LecHttpsQuestion question = act_with(f, GRID);
    question.type = "text/plain";
    expect_problem(f, question, 415, &reply);
    question = act_with(f, GRID);
    question.path = ROOM;
    expect_problem(f, question, 405, &reply);
    g_assert_cmpstr(lec_https_reply_header(&reply, "Allow"), ==, "GET, HEAD");
    question = (LecHttpsQuestion){.method = "GET", .path = ACTIONS, .token = f->room_token};
    expect_problem(f, question, 405, &reply);
    g_assert_cmpstr(lec_https_reply_header(&reply, "Allow"), ==, "POST");
    for (const char *const *path =
             (const char *const[]){"/api", "/api/", "/api/v1/rooms", "/api/v2/room", NULL};
         *path; path++) {
        question.path = *path;
        expect_problem(f, question, 404, &reply);
    }
    question.path = "/apis"; /* not under the interface */
    ask(f, question, &reply);
    g_assert_cmpuint(reply.status, ==, 404);
    question = (LecHttpsQuestion){.method = "GET",
                                  .path = ROOM,
                                  .token = f->room_token,
                                  .headers = {"Sec-Fetch-Site", "cross-site"}};
    expect_problem(f, question, 403, &reply);
}

static void test_too_large(Fixture *f, gconstpointer data) {
    g_auto(LecHttpsReply) reply = {0};
    g_autofree char *long_one = g_strnfill(LEC_JSON_MAX_BYTES + 1, ' ');
    expect_problem(f, act_with(f, long_one), 413, &reply);
    g_autofree char *longer = g_strnfill(LEC_HTTPS_MAX_BODY_BYTES + 1, ' ');
    expect_problem(f, act_with(f, longer), 413, &reply);
}

/* On one connection: a handshake for each would not be fast everywhere. */
static void test_too_fast(Fixture *f, gconstpointer data) {
    LecTlsClient client;
    g_autofree char *request = g_strdup_printf(
        "POST " ACTIONS " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
        "Content-Type: " JSON "\r\nContent-Length: %zu\r\n\r\n%s",
        f->room_token, strlen(GRID), GRID);
    lec_tls_client_connect(&client, lec_https_server_get_port(f->server));
    /* A machine that others use too may need more than one second to ask twenty times in one. */
    const gint64 too_late_us = g_get_monotonic_time() + 15 * G_USEC_PER_SEC;
    while (!g_str_has_prefix(client.heard->str, "HTTP/1.1 429 ") &&
           g_get_monotonic_time() < too_late_us) {
        g_string_truncate(client.heard, 0);
        lec_tls_client_say(&client, request);
        LEC_UNTIL(strstr(client.heard->str, "\r\n\r\n{") &&
                  g_str_has_suffix(client.heard->str, "}"));
    }
    g_assert_true(g_str_has_prefix(client.heard->str, "HTTP/1.1 429 "));
    g_assert_nonnull(strstr(client.heard->str, "\r\nRetry-After: 1\r\n"));
    lec_tls_client_clear(&client);
}

/* Wrong ones lock their source; one that holds passes all the same, and clears nothing. */
static void test_locked(Fixture *f, gconstpointer data) {
    g_auto(LecHttpsReply) reply = {0};
    LecHttpsQuestion question = {.method = "GET", .path = ROOM, .token = "wrong"};
    for (guint i = 0; i < 5; i++)
        expect_problem(f, question, 401, &reply);
    expect_problem(f, question, 429, &reply);
    g_assert_cmpint(atoi(lec_https_reply_header(&reply, "Retry-After")), >=, 1);
    question.token = f->room_token;
    ask(f, question, &reply);
    g_assert_cmpuint(reply.status, ==, 200);
    question.token = "wrong";
    expect_problem(f, question, 429, &reply);
    guint retry_after_s = 0;
    g_assert_false(lec_admission_begin_proof(f->admission, "127.0.0.1", NULL,
                                             g_get_monotonic_time(), &retry_after_s));
}

static void test_revoked(Fixture *f, gconstpointer data) {
    g_auto(LecHttpsReply) reply = {0};
    g_assert_true(lec_tokens_revoke(f->tokens, f->room_token_id));
    expect_problem(f, act_with(f, GRID), 401, &reply);
    g_assert_cmpuint(f->changes, ==, 0);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) \
    g_test_add("/api/" name, Fixture, NULL, open_fixture, function, close_fixture)
    ADD("every-route-wants-its-token", test_every_route_wants_its_token);
    ADD("room", test_room);
    ADD("actions", test_actions);
    ADD("bad-actions", test_bad_actions);
    ADD("bad-requests", test_bad_requests);
    ADD("too-large", test_too_large);
    ADD("too-fast", test_too_fast);
    ADD("locked", test_locked);
    ADD("revoked", test_revoked);
    return g_test_run();
}
