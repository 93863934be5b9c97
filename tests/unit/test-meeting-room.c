/* Claiming a number as a room, keeping it, and losing it: with a room service of ten lines, which
 * is as easily in two minds as a cluster. */
#include "signalling/meeting-room.h"
#include "signalling/xmpp.h"

#include <string.h>

#define SERVICE "meet.example.org"
#define MUC_USER "http://jabber.org/protocol/muc#user"

typedef struct {
    LecMeetingRoom *room;
    GQueue sent;  /* of LecStanza */
    char *number; /* as told; NULL: none */
    GString *log; /* "meeting:123456 in:anna out:anna emptied " */
    const guint32 *draws;
    guint drawn;
} Box;

static void on_send(const LecStanza *stanza, void *user) {
    g_queue_push_tail(&((Box *)user)->sent, lec_stanza_copy(stanza));
}

static void on_meeting(const char *number, void *user) {
    Box *box = user;
    g_free(box->number);
    box->number = g_strdup(number);
    g_string_append_printf(box->log, "meeting:%s ", number ? number : "none");
}

static void on_occupant(const char *nick, bool present, void *user) {
    g_string_append_printf(((Box *)user)->log, "%s:%s ", present ? "in" : "out", nick);
}

static void on_emptied(void *user) {
    g_string_append(((Box *)user)->log, "emptied ");
}

/* Numbers as the test says, waiting times nought. */
static guint32 on_random(guint32 below, void *user) {
    Box *box = user;
    return below == LEC_ROOM_NUMBERS ? box->draws[box->drawn++] : 0;
}

static void box_init(Box *box, const guint32 *draws) {
    static const LecMeetingRoomEvents events = {on_send, on_meeting, on_occupant, on_emptied,
                                                on_random};
    *box = (Box){.log = g_string_new(NULL), .draws = draws};
    box->room = lec_meeting_room_new(SERVICE, &events, box);
}

static void box_clear(Box *box) {
    lec_meeting_room_free(box->room);
    g_queue_clear_full(&box->sent, (GDestroyNotify)lec_stanza_free);
    g_free(box->number);
    g_string_free(box->log, TRUE);
}

static LecStanza *pop(Box *box, const char *name, const char *to) {
    LecStanza *stanza = g_queue_pop_head(&box->sent);
    g_assert_nonnull(stanza);
    g_assert_cmpstr(lec_stanza_get_name(stanza), ==, name);
    g_assert_cmpstr(lec_stanza_get(stanza, "to"), ==, to);
    return stanza;
}

static void drop(Box *box, const char *name, const char *to) {
    lec_stanza_free(pop(box, name, to));
}

static bool give(Box *box, gint64 now_us, const char *text) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecStanza) stanza = lec_stanza_parse(text, strlen(text), &error);
    g_assert_no_error(error);
    return lec_meeting_room_take(box->room, stanza, now_us);
}

#define PRESENCE(from, attributes, inner)                                                          \
    "<presence xmlns='jabber:client' from='" from "'" attributes "><x xmlns='" MUC_USER "'>" inner \
    "</x></presence>"
#define MINE "<item affiliation='owner' role='moderator'/><status code='110'/>"
#define MADE "<status code='201'/>" MINE
#define NOT_MINE "<item affiliation='none' role='participant'/><status code='110'/>"
#define CONFLICT(from)                                                                             \
    "<presence xmlns='jabber:client' type='error' from='" from "'><error type='cancel'><conflict " \
    "xmlns='" LEC_XMPP_NS_STANZA_ERRORS "'/></error></presence>"

/* Answers the question that the box has asked: condition NULL: yes. */
static void answer(Box *box, gint64 now_us, const char *own, const char *condition) {
    g_autoptr(LecStanza) asked = pop(box, "iq", own);
    g_autoptr(LecStanza) iq = lec_stanza_new("iq", LEC_XMPP_NS_CLIENT);
    lec_stanza_set(iq, "type", condition ? "error" : "result");
    lec_stanza_set(iq, "id", lec_stanza_get(asked, "id"));
    lec_stanza_set(iq, "from", own);
    if (condition)
        lec_stanza_add_new(lec_stanza_add_new(iq, "error", NULL, NULL), condition,
                           LEC_XMPP_NS_STANZA_ERRORS, NULL);
    g_assert_true(lec_meeting_room_take(box->room, iq, now_us));
}

#define FIRST "000042@" SERVICE
#define SECOND "765432@" SERVICE

static const guint32 draws[] = {42, 765432, 7};

/* The whole way to a number that may be shown; returns the time. */
static gint64 claim(Box *box) {
    lec_meeting_room_connected(box->room, false, 0);
    drop(box, "presence", FIRST "/box");
    g_assert_true(give(box, 100, PRESENCE(FIRST "/box", "", MADE)));
    g_assert_null(box->number); /* not before it is sure */
    lec_meeting_room_tick(box->room, 100 + LEC_ROOM_SETTLE_US - 1);
    g_assert_cmpuint(box->sent.length, ==, 0);
    lec_meeting_room_tick(box->room, 100 + LEC_ROOM_SETTLE_US);
    answer(box, G_USEC_PER_SEC, FIRST "/box", NULL);
    g_assert_cmpstr(box->number, ==, "000042");
    return G_USEC_PER_SEC;
}

static void test_claim(void) {
    Box box;
    box_init(&box, draws);
    g_assert_cmpstr(lec_meeting_room_get_jid(box.room), ==, "");
    gint64 now = claim(&box);
    g_assert_cmpstr(lec_meeting_room_get_jid(box.room), ==, FIRST);
    /* Asked again every minute. */
    now += LEC_ROOM_CHECK_US;
    lec_meeting_room_tick(box.room, now);
    answer(&box, now, FIRST "/box", "service-unavailable"); /* XEP-0410: inside all the same */
    lec_meeting_room_tick(box.room, now + LEC_ROOM_CHECK_US - 1);
    g_assert_cmpuint(box.sent.length, ==, 0);
    lec_meeting_room_tick(box.room, now + LEC_ROOM_CHECK_US);
    drop(&box, "iq", FIRST "/box");
    g_assert_cmpstr(box.log->str, ==, "emptied meeting:000042 ");
    box_clear(&box);
}

static void test_taken(void) {
    Box box;
    box_init(&box, draws);
    lec_meeting_room_connected(box.room, false, 0);
    drop(&box, "presence", FIRST "/box");
    give(&box, 1, CONFLICT(FIRST "/box"));
    lec_meeting_room_tick(box.room, 1);
    drop(&box, "presence", SECOND "/box");
    /* Guests wait in a room whose box has gone: we got in, but it is not ours. */
    give(&box, 2, PRESENCE(SECOND "/box", "", NOT_MINE));
    g_autoptr(LecStanza) left = pop(&box, "presence", SECOND "/box");
    g_assert_cmpstr(lec_stanza_get(left, "type"), ==, "unavailable");
    lec_meeting_room_tick(box.room, 2);
    drop(&box, "presence", "000007@" SERVICE "/box");
    g_assert_null(box.number);
    box_clear(&box);
}

/* Two boxes draw one number on two nodes that do not know of each other yet: both are told that
 * they have made the room, one of them is in it. */
static void test_race(void) {
    static const guint32 others[] = {42, 99};
    Box winner, loser;
    box_init(&winner, draws);
    box_init(&loser, others);
    claim(&winner);
    lec_meeting_room_connected(loser.room, false, 0);
    drop(&loser, "presence", FIRST "/box");
    give(&loser, 100, PRESENCE(FIRST "/box", "", MADE));
    lec_meeting_room_tick(loser.room, 100 + LEC_ROOM_SETTLE_US);
    answer(&loser, G_USEC_PER_SEC, FIRST "/box", "not-acceptable");
    drop(&loser, "presence", FIRST "/box"); /* is it nobody's, perhaps? */
    give(&loser, G_USEC_PER_SEC, CONFLICT(FIRST "/box"));
    lec_meeting_room_tick(loser.room, G_USEC_PER_SEC);
    drop(&loser, "presence", "000099@" SERVICE "/box");
    g_assert_null(loser.number);
    g_assert_false(strstr(loser.log->str, "meeting") != NULL); /* nobody was ever shown it */
    g_assert_cmpstr(winner.number, ==, "000042");
    box_clear(&winner);
    box_clear(&loser);
}

static void test_reconnect(void) {
    Box box;
    box_init(&box, draws);
    gint64 now = claim(&box);
    lec_meeting_room_disconnected(box.room);
    lec_meeting_room_tick(box.room, now + LEC_ROOM_CHECK_US);
    g_assert_cmpuint(box.sent.length, ==, 0);
    g_assert_cmpstr(box.number, ==, "000042");
    /* The same session: only asked. */
    lec_meeting_room_connected(box.room, true, now);
    answer(&box, now, FIRST "/box", NULL);
    /* A new one, the server having been started again: the same number, made anew. */
    lec_meeting_room_disconnected(box.room);
    lec_meeting_room_connected(box.room, false, now);
    drop(&box, "presence", FIRST "/box");
    give(&box, now, PRESENCE(FIRST "/box", "", MADE));
    lec_meeting_room_tick(box.room, now + LEC_ROOM_SETTLE_US);
    answer(&box, now, FIRST "/box", NULL);
    g_assert_cmpstr(box.log->str, ==, "emptied meeting:000042 emptied ");
    g_assert_cmpuint(box.drawn, ==, 1);
    /* Taken by another while we were away: then a new one. */
    lec_meeting_room_disconnected(box.room);
    lec_meeting_room_connected(box.room, false, now);
    drop(&box, "presence", FIRST "/box");
    give(&box, now, CONFLICT(FIRST "/box"));
    g_assert_null(box.number);
    lec_meeting_room_tick(box.room, now);
    drop(&box, "presence", SECOND "/box");
    box_clear(&box);
}

static void test_room_ends(void) {
    Box box;
    box_init(&box, draws);
    gint64 now = claim(&box);
    give(&box, now, PRESENCE(FIRST "/anna", "", ""));
    give(&box, now, PRESENCE(FIRST "/box", " type='unavailable'", "<status code='332'/>"));
    lec_meeting_room_tick(box.room, now + LEC_ROOM_SETTLE_US);
    drop(&box, "presence", FIRST "/box");
    g_assert_cmpstr(box.number, ==, "000042");
    g_assert_cmpstr(box.log->str, ==, "emptied meeting:000042 in:anna emptied emptied ");
    box_clear(&box);
}

static void test_occupants(void) {
    Box box;
    box_init(&box, draws);
    gint64 now = claim(&box);
    g_string_truncate(box.log, 0);
    g_assert_true(give(&box, now, PRESENCE(FIRST "/anna", "", "")));
    g_assert_true(give(&box, now, PRESENCE(FIRST "/anna", " type='unavailable'", "")));
    g_assert_true(give(&box, now, PRESENCE(FIRST "/anna", " type='subscribe'", "")));
    /* Not of our room. */
    g_assert_false(give(&box, now, PRESENCE(SECOND "/eve", "", "")));
    g_assert_false(give(&box, now, PRESENCE(FIRST, "", "")));
    g_assert_false(give(&box, now, PRESENCE(FIRST "/", "", "")));
    g_assert_false(give(&box, now, PRESENCE("eve@guests.example.org/x", "", "")));
    g_assert_false(give(&box, now, PRESENCE(FIRST ".evil.example/anna", "", "")));
    g_assert_false(give(&box, now, "<presence xmlns='jabber:client'/>"));
    /* An occupant's request is not the room's business. */
    g_assert_false(give(&box, now,
                        "<iq xmlns='jabber:client' type='get' id='1' from='" FIRST
                        "/anna'><ping xmlns='urn:xmpp:ping'/></iq>"));
    g_assert_cmpstr(box.log->str, ==, "in:anna out:anna ");
    box_clear(&box);
}

/* A room service that hands our own question to us. */
static void test_own_ping(void) {
    Box box;
    box_init(&box, draws);
    gint64 now = claim(&box);
    g_assert_true(give(&box, now,
                       "<iq xmlns='jabber:client' type='get' id='room-9' from='" FIRST
                       "/box'><ping xmlns='urn:xmpp:ping'/></iq>"));
    g_autoptr(LecStanza) pong = pop(&box, "iq", FIRST "/box");
    g_assert_cmpstr(lec_stanza_get(pong, "type"), ==, "result");
    g_assert_cmpstr(lec_stanza_get(pong, "id"), ==, "room-9");
    box_clear(&box);
}

static void test_silence(void) {
    Box box;
    box_init(&box, draws);
    lec_meeting_room_connected(box.room, false, 0);
    drop(&box, "presence", FIRST "/box");
    lec_meeting_room_tick(box.room, LEC_ROOM_ANSWER_US);
    lec_meeting_room_tick(box.room, LEC_ROOM_ANSWER_US + LEC_ROOM_RETRY_US);
    drop(&box, "presence", FIRST "/box"); /* the same number, for nobody has said no */
    box_clear(&box);
}

static void test_redraw(void) {
    Box box;
    box_init(&box, draws);
    gint64 now = claim(&box);
    lec_meeting_room_redraw(box.room, now);
    g_autoptr(LecStanza) left = pop(&box, "presence", FIRST "/box");
    g_assert_cmpstr(lec_stanza_get(left, "type"), ==, "unavailable");
    drop(&box, "presence", SECOND "/box");
    g_assert_null(box.number);
    box_clear(&box);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/meeting-room/claim", test_claim);
    g_test_add_func("/meeting-room/taken", test_taken);
    g_test_add_func("/meeting-room/race", test_race);
    g_test_add_func("/meeting-room/reconnect", test_reconnect);
    g_test_add_func("/meeting-room/room-ends", test_room_ends);
    g_test_add_func("/meeting-room/occupants", test_occupants);
    g_test_add_func("/meeting-room/own-ping", test_own_ping);
    g_test_add_func("/meeting-room/silence", test_silence);
    g_test_add_func("/meeting-room/redraw", test_redraw);
    return g_test_run();
}
