/* WHIP's encoders in the room, over real HTTPS on loopback: their names, their places, and what
 * they do to the PIN. */
#include "receiver/seats.h"
#include "receiver/whip.h"
#include "tests/support/https-client.h"
#include "tests/support/sdp-corpus.h"
#include "tests/support/until.h"

#include <gst/gst.h>
#include <string.h>

typedef struct {
    LecIdentity *identity;
    LecHttpsServer *server;
    LecTransport *transport;
    LecAdmission *admission;
    LecStage *stage;
    LecSeats *seats;
    LecHouse house;
    LecTokens *tokens;
    LecWhip *whip;
    LecHttpsClient *client;
    char *offer;
    guint pin_seen; /* the number of the PIN when the screen last heard of a change */
    char token[LEC_TOKEN_TEXT_SIZE];
} Fixture;

static void on_changed(void *user) {
    Fixture *f = user;
    f->pin_seen = lec_admission_get_pin_number(f->admission);
}

static void on_say(const char *sentence, void *user) {
}

static void on_resized(guint width, guint height, void *user) {
}

static void on_closed(const GError *error, void *user) {
    g_error("The stage has closed: %s", error ? error->message : "");
}

static const LecSeatsEvents seats_events = {.changed = on_changed};
static const LecStageEvents stage_events = {.resized = on_resized, .closed = on_closed};

static void open_house(Fixture *f, guint places) {
    const LecOutputOptions options = {.width = 640, .height = 360, .title = "test"};
    g_autoptr(GError) error = NULL;
    f->stage = lec_stage_new("none", &options, &stage_events, f, &error);
    g_assert_no_error(error);
    f->admission = lec_admission_new(LEC_PIN_ROTATING, NULL, places);
    f->transport = lec_transport_new();
    f->seats = lec_seats_new(0, &seats_events, f);
    f->house = (LecHouse){
        .box_name = "Room 12",
        .identity = f->identity,
        .transport = f->transport,
        .admission = f->admission,
        .seats = f->seats,
        .stage = f->stage,
    };
}

static void open_fixture(Fixture *f, gconstpointer places) {
    g_autoptr(GError) error = NULL;
    f->identity = lec_identity_new_ephemeral("Room 12", &error);
    g_assert_no_error(error);
    f->server = lec_https_server_new(f->identity, 0, &error);
    g_assert_no_error(error);
    open_house(f, GPOINTER_TO_UINT(places));
    f->tokens = lec_tokens_new();
    lec_tokens_issue(f->tokens, LEC_TOKEN_WHIP, "encoder", 60, g_get_monotonic_time(), f->token);
    f->whip = lec_whip_new(&f->house, f->server, f->tokens, on_say, f);
    f->client = lec_https_client_new(lec_https_server_get_port(f->server));
    f->offer = sdp_corpus_load("chromium-offer");
}

static void close_fixture(Fixture *f, gconstpointer data) {
    lec_https_client_free(f->client);
    lec_whip_free(f->whip);
    lec_tokens_free(f->tokens);
    lec_seats_free(f->seats);
    lec_stage_free(f->stage);
    lec_https_server_free(f->server);
    lec_transport_free(f->transport);
    lec_admission_free(f->admission);
    lec_identity_free(f->identity);
    g_free(f->offer);
}

/* ---- an encoder ---- */

/* ret_location may be NULL. */
static guint ask(Fixture *f, const char *method, const char *path, const char *agent,
                 const char *offer, char **ret_location) {
    g_auto(LecHttpsReply) reply = {0};
    const LecHttpsQuestion question = {
        .method = method,
        .path = path,
        .token = f->token,
        .type = "application/sdp",
        .body = offer,
        .headers = {"User-Agent", agent},
    };
    lec_https_client_ask(f->client, &question, &reply);
    if (ret_location)
        *ret_location = g_strdup(lec_https_reply_header(&reply, "Location"));
    return reply.status;
}

/* An offer with another codec for its pictures is none that can be shown. */
static char *spoil(const char *offer) {
    g_autoptr(GString) text = g_string_new(offer);
    g_string_replace(text, "m=video", "m=application", 0);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* ---- tests ---- */

/* A name is shown to the whole room: nothing in it turns the text around, and it is never empty. */
static void test_name(Fixture *f, gconstpointer data) {
    static const char *const names[][2] = {
        {"OBS-Studio/30.1 (Linux)", "OBS-Studio"},
        {"\342\200\256anna", "\357\277\275anna"},
        {"/1.0", "encoder"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *location = NULL;
        g_assert_cmpuint(ask(f, "POST", "/whip", names[i][0], f->offer, &location), ==, 201);
        g_assert_cmpuint(lec_seats_count(f->seats), ==, 1);
        g_assert_cmpstr(lec_seat_get_name(lec_seats_get(f->seats, 0)), ==, names[i][1]);
        g_assert_cmpuint(ask(f, "DELETE", location, "x", NULL, NULL), ==, 200);
        LEC_UNTIL(lec_seats_count(f->seats) == 0);
    }
}

/* The PIN goes with the last who had a place, and the screen hears of it after that; who got none
 * leaves it as it is. */
static void test_pin(Fixture *f, gconstpointer data) {
    g_autofree char *location = NULL, *spoilt = spoil(f->offer);
    const guint before = lec_admission_get_pin_number(f->admission);
    g_assert_cmpuint(ask(f, "POST", "/whip", "x", spoilt, NULL), >=, 400);
    g_assert_cmpuint(lec_seats_count(f->seats), ==, 0);
    g_assert_cmpuint(lec_admission_get_pin_number(f->admission), ==, before);
    g_assert_cmpuint(ask(f, "POST", "/whip", "x", f->offer, &location), ==, 201);
    g_assert_cmpuint(ask(f, "DELETE", location, "x", NULL, NULL), ==, 200);
    LEC_UNTIL(lec_admission_get_pin_number(f->admission) != before);
    g_assert_cmpuint(f->pin_seen, ==, lec_admission_get_pin_number(f->admission));
}

static void test_places(Fixture *f, gconstpointer data) {
    g_autofree char *location = NULL;
    for (guint i = 0; i < 2; i++) {
        g_clear_pointer(&location, g_free);
        g_assert_cmpuint(ask(f, "POST", "/whip", "x", f->offer, &location), ==, 201);
        g_assert_cmpuint(ask(f, "POST", "/whip", "x", f->offer, NULL), ==, 503);
        g_assert_cmpuint(lec_seats_count(f->seats), ==, 1);
        g_assert_cmpuint(ask(f, "DELETE", location, "x", NULL, NULL), ==, 200);
        LEC_UNTIL(lec_seats_count(f->seats) == 0);
    }
}

/* A place is not for who sends nothing. */
static void test_idle(Fixture *f, gconstpointer data) {
    g_assert_cmpuint(ask(f, "POST", "/whip", "x", f->offer, NULL), ==, 201);
    LecSeat *seat = lec_seats_get(f->seats, 0);
    const gint64 now = g_get_monotonic_time();
    g_assert_false(lec_seat_is_idle(seat, now + LEC_SEAT_PICTURE_TIMEOUT_US / 2));
    g_assert_true(lec_seat_is_idle(seat, now + LEC_SEAT_PICTURE_TIMEOUT_US));
    lec_seat_pause(seat, LEC_PAUSED_BY_HOST, true);
    g_assert_false(lec_seat_is_idle(seat, now + LEC_SEAT_PICTURE_TIMEOUT_US));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    gst_init(NULL, NULL);
#define ADD(name, places, function)                                                          \
    g_test_add("/encoders/" name, Fixture, GUINT_TO_POINTER(places), open_fixture, function, \
               close_fixture)
    ADD("name", 9, test_name);
    ADD("pin", 9, test_pin);
    ADD("places", 1, test_places);
    ADD("idle", 9, test_idle);
    return g_test_run();
}
