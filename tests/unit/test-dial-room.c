/* A meeting's room, played stanza by stanza: who is the box in it, and who only says so. */
#include "signalling/dial-room.h"

#include <string.h>

#define CLOUD "cloud.example.org"
#define ROOM "123456@meet." CLOUD
#define BOX ROOM "/box"
#define ME ROOM "/me"
#define NOW 1700000000

typedef struct {
    LecDialRoom *room;
} Fixture;

static void set_up(Fixture *self, gconstpointer unused) {
    self->room = lec_dial_room_new("Cloud.Example.ORG", "123456", "me");
}

static void tear_down(Fixture *self, gconstpointer unused) {
    lec_dial_room_free(self->room);
}

static LecDialRoomNews take(Fixture *self, const char *text) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecStanza) stanza = lec_stanza_parse(text, strlen(text), &error);
    g_assert_no_error(error);
    return lec_dial_room_take(self->room, stanza, NOW);
}

static LecDialRoomNews take_presence(Fixture *self, const char *from, const char *type,
                                     const char *affiliation) {
    g_autofree char *text = g_strdup_printf(
        "<presence xmlns='jabber:client' from='%s'%s>"
        "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='%s' role='none'/></x>"
        "</presence>",
        from, type, affiliation);
    return take(self, text);
}

#define GONE " type='unavailable'"

static LecDialRoomNews take_relays(Fixture *self) {
    return take(self, "<iq xmlns='jabber:client' type='result' id='relays' from='guests." CLOUD "'>"
                      "<services xmlns='urn:xmpp:extdisco:2'>"
                      "<service type='turn' host='turn." CLOUD "' port='3478' transport='udp'"
                      " username='u' password='p' expires='2023-11-14T22:23:20Z'/>"
                      "</services></iq>");
}

static void join(Fixture *self) {
    g_assert_cmpint(take_presence(self, BOX, "", "owner"), ==, LEC_DIAL_ROOM_WAIT);
    g_assert_cmpint(take_relays(self), ==, LEC_DIAL_ROOM_WAIT);
    g_assert_cmpint(take_presence(self, ME, "", "none"), ==, LEC_DIAL_ROOM_READY);
}

static void test_words(Fixture *self, gconstpointer unused) {
    g_assert_cmpstr(lec_dial_room_get_domain(self->room), ==, "guests." CLOUD);
    g_assert_cmpstr(lec_dial_room_get_box(self->room), ==, BOX);
    g_autoptr(LecStanza) join = lec_dial_room_join(self->room);
    g_assert_cmpstr(lec_stanza_get(join, "to"), ==, ME);
    g_assert_nonnull(lec_stanza_child(join, "x", "http://jabber.org/protocol/muc"));
    g_autoptr(LecStanza) ask = lec_dial_room_ask(self->room);
    g_assert_cmpstr(lec_stanza_get(ask, "to"), ==, "guests." CLOUD);
    g_assert_nonnull(lec_stanza_child(ask, "services", "urn:xmpp:extdisco:2"));
    g_autoptr(LecDialRoom) other = lec_dial_room_new(CLOUD, "123456", NULL);
    g_autoptr(LecStanza) drawn = lec_dial_room_join(other);
    g_assert_cmpuint(strlen(lec_stanza_get(drawn, "to")), ==, strlen(ROOM "/") + 16);
}

static void test_joins(Fixture *self, gconstpointer unused) {
    join(self);
    const LecRelays *relays = lec_dial_room_get_relays(self->room);
    g_assert_cmpuint(lec_relays_count(relays), ==, 1);
    g_assert_cmpstr(lec_relays_get(relays, 0)->host, ==, "turn." CLOUD);
    g_assert_cmpuint(lec_dial_room_get_lifetime_s(self->room), ==, 600);
    g_assert_cmpint(take_relays(self), ==, LEC_DIAL_ROOM_RELAYS);
    g_assert_cmpint(take_presence(self, BOX, "", "owner"), ==, LEC_DIAL_ROOM_WAIT);
    g_assert_cmpint(take_presence(self, BOX, GONE, "owner"), ==, LEC_DIAL_ROOM_LEFT);
}

/* Whatever comes last of the three makes it ready. */
static void test_any_order(Fixture *self, gconstpointer unused) {
    g_assert_cmpint(take_presence(self, ME, "", "none"), ==, LEC_DIAL_ROOM_WAIT);
    g_assert_cmpint(take(self, "<iq xmlns='jabber:client' type='error' id='relays'/>"), ==,
                    LEC_DIAL_ROOM_WAIT);
    g_assert_null(lec_dial_room_get_relays(self->room));
    g_assert_cmpint(take_presence(self, BOX, "", "owner"), ==, LEC_DIAL_ROOM_READY);
}

static void test_impostors(Fixture *self, gconstpointer unused) {
    g_assert_cmpint(take_relays(self), ==, LEC_DIAL_ROOM_WAIT);
    g_assert_cmpint(take_presence(self, ME, "", "none"), ==, LEC_DIAL_ROOM_WAIT);
    g_assert_cmpint(take_presence(self, BOX, "", "none"), ==, LEC_DIAL_ROOM_WAIT);
    g_assert_cmpint(take_presence(self, ROOM "/other", "", "owner"), ==, LEC_DIAL_ROOM_NOTHING);
    g_assert_cmpint(take_presence(self, "999999@meet." CLOUD "/box", "", "owner"), ==,
                    LEC_DIAL_ROOM_NOTHING);
    g_assert_cmpint(take_presence(self, BOX, "", "owner"), ==, LEC_DIAL_ROOM_READY);
    g_assert_cmpint(take_presence(self, BOX, "", "member"), ==, LEC_DIAL_ROOM_LEFT);
}

static void test_from(Fixture *self, gconstpointer unused) {
    join(self);
    const struct {
        const char *from;
        LecDialRoomNews news;
    } cases[] = {
        {BOX, LEC_DIAL_ROOM_BOX},
        {ROOM "/box2", LEC_DIAL_ROOM_NOTHING},
        {ROOM "/other", LEC_DIAL_ROOM_NOTHING},
        {ROOM, LEC_DIAL_ROOM_NOTHING},
        {"box@boxes." CLOUD "/box", LEC_DIAL_ROOM_NOTHING},
        {"guests." CLOUD, LEC_DIAL_ROOM_NOTHING},
        {"", LEC_DIAL_ROOM_NOTHING},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(
            "<iq xmlns='jabber:client' type='set' id='1' from='%s'><a xmlns='u'/></iq>",
            cases[i].from);
        g_assert_cmpint(take(self, text), ==, cases[i].news);
    }
    g_assert_cmpint(take(self, "<iq xmlns='jabber:client' type='get' id='p' from='guests." CLOUD
                               "'><ping xmlns='urn:xmpp:ping'/></iq>"),
                    ==, LEC_DIAL_ROOM_SERVER);
    /* Relays of somebody else's. */
    g_assert_cmpint(take(self, "<iq xmlns='jabber:client' type='result' id='relays' from='" ROOM
                               "/other'><services xmlns='urn:xmpp:extdisco:2'/></iq>"),
                    ==, LEC_DIAL_ROOM_NOTHING);
    g_assert_cmpuint(lec_relays_count(lec_dial_room_get_relays(self->room)), ==, 1);
    g_assert_cmpint(take(self, "<message xmlns='jabber:client' from='" BOX "'/>"), ==,
                    LEC_DIAL_ROOM_NOTHING);
    g_assert_cmpint(take_presence(self, ROOM "/other", " type='error'", "none"), ==,
                    LEC_DIAL_ROOM_NOTHING);
    g_assert_cmpint(take_presence(self, ME, GONE, "none"), ==, LEC_DIAL_ROOM_LEFT);
}

/* Before the box is there, nothing of it counts. */
static void test_early(Fixture *self, gconstpointer unused) {
    g_assert_cmpint(take(self, "<iq xmlns='jabber:client' type='set' id='1' from='" BOX
                               "'><a xmlns='u'/></iq>"),
                    ==, LEC_DIAL_ROOM_NOTHING);
}

static void test_refusals(void) {
    const struct {
        const char *condition;
        LecDialRoomNews news;
    } cases[] = {
        {"item-not-found", LEC_DIAL_ROOM_NOBODY},
        {"not-allowed", LEC_DIAL_ROOM_NOBODY},
        {"service-unavailable", LEC_DIAL_ROOM_FULL},
        {"resource-constraint", LEC_DIAL_ROOM_TOO_MANY},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture fixture;
        set_up(&fixture, NULL);
        g_autofree char *text = g_strdup_printf(
            "<presence xmlns='jabber:client' type='error' from='" ME "'><error type='cancel'>"
            "<%s xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>",
            cases[i].condition);
        g_assert_cmpint(take(&fixture, text), ==, cases[i].news);
        tear_down(&fixture, NULL);
    }
}

#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    ADD("/dial-room/words", test_words);
    ADD("/dial-room/joins", test_joins);
    ADD("/dial-room/any-order", test_any_order);
    ADD("/dial-room/impostors", test_impostors);
    ADD("/dial-room/from", test_from);
    ADD("/dial-room/early", test_early);
    g_test_add_func("/dial-room/refusals", test_refusals);
    return g_test_run();
}
