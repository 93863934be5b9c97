/* The box's ear for revoked devices, against answers as ejabberd gives them and some that it does
 * not. */
#include "signalling/news.h"

#include <string.h>

#define SERVICE "news.example.org"
#define AB                                                                                       \
    "AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:" \
    "AB:AB"
#define EVENT(inner)                                                                              \
    "<message xmlns='jabber:client' from='" SERVICE "'><event xmlns='http://jabber.org/protocol/" \
    "pubsub#event'><items node='revoked-devices'>" inner "</items></event></message>"
#define ITEM \
    "<item id='" AB "'><revoked xmlns='urn:lectern:revoked:1' until='99' reason='lost'/></item>"

typedef struct {
    LecNews *news;
    GString *log, *sent;
    guint n_sent;
} Ear;

static void on_send(const LecStanza *stanza, void *user) {
    Ear *ear = user;
    g_autofree char *text = lec_stanza_write(stanza);
    g_string_assign(ear->sent, text);
    ear->n_sent++;
}

static void on_list(const GArray *revocations, void *user) {
    g_string_append_printf(((Ear *)user)->log, "list:%u ", revocations->len);
}

static void on_revoked(const LecRevocation *revocation, void *user) {
    g_assert_cmpuint(revocation->device.bytes[0], ==, 0xab);
    g_string_append_printf(((Ear *)user)->log, "revoked:%d:%s ", (int)revocation->until_s,
                           revocation->reason);
}

static void on_restored(const LecFingerprint *device, void *user) {
    g_assert_cmpuint(device->bytes[31], ==, 0xab);
    g_string_append(((Ear *)user)->log, "restored ");
}

static const LecNewsEvents events = {on_send, on_list, on_revoked, on_restored};

static Ear ear_new(void) {
    return (Ear){.log = g_string_new(NULL), .sent = g_string_new(NULL)};
}

static void ear_open(Ear *ear) {
    ear->news = lec_news_new(SERVICE, "lobby@boxes.example.org/box", &events, ear);
}

static void ear_close(Ear *ear) {
    lec_news_free(ear->news);
    g_string_free(ear->log, TRUE);
    g_string_free(ear->sent, TRUE);
}

static bool feed(Ear *ear, const char *xml) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecStanza) stanza = lec_stanza_parse(xml, strlen(xml), &error);
    g_assert_no_error(error);
    return lec_news_take(ear->news, stanza, 1);
}

static void answer(Ear *ear, guint number, const char *type, const char *inner) {
    g_autofree char *xml = g_strdup_printf("<iq xmlns='jabber:client' from='" SERVICE
                                           "' type='%s' id='news-%u'>%s</iq>",
                                           type, number, inner);
    g_assert_true(feed(ear, xml));
}

static char *page(guint items, const char *last) {
    g_autoptr(GString) text =
        g_string_new("<pubsub xmlns='http://jabber.org/protocol/pubsub'><items "
                     "node='revoked-devices'>");
    for (guint i = 0; i < items; i++)
        g_string_append(text, ITEM);
    g_string_append(text, "</items>");
    if (last)
        g_string_append_printf(
            text, "<set xmlns='http://jabber.org/protocol/rsm'><last>%s</last></set>", last);
    g_string_append(text, "</pubsub>");
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void test_list(void) {
    Ear ear = ear_new();
    ear_open(&ear);
    lec_news_connected(ear.news, 0);
    g_assert_nonnull(strstr(ear.sent->str, "<subscribe"));
    g_assert_nonnull(strstr(ear.sent->str, "lobby@boxes.example.org/box"));
    answer(&ear, 1, "result", "");
    g_assert_nonnull(strstr(ear.sent->str, "<max>60</max>"));
    g_autofree char *full = page(60, "stamp-60");
    answer(&ear, 2, "result", full);
    g_assert_nonnull(strstr(ear.sent->str, "<after>stamp-60</after>"));
    g_assert_cmpstr(ear.log->str, ==, "");
    g_autofree char *rest = page(7, "stamp-67");
    answer(&ear, 3, "result", rest);
    g_assert_cmpstr(ear.log->str, ==, "list:67 ");
    g_assert_cmpuint(ear.n_sent, ==, 3);
    ear_close(&ear);
}

/* Pages that hold nothing, each with another after it. */
static void test_endless(void) {
    Ear ear = ear_new();
    ear_open(&ear);
    lec_news_connected(ear.news, 0);
    answer(&ear, 1, "result", "");
    g_autoptr(GString) text =
        g_string_new("<pubsub xmlns='http://jabber.org/protocol/pubsub'><items "
                     "node='revoked-devices'>");
    for (guint i = 0; i < LEC_NEWS_PAGE; i++)
        g_string_append(text, "<item id='12'/>");
    g_string_append(text, "</items><set xmlns='http://jabber.org/protocol/rsm'><last>x</last></set>"
                          "</pubsub>");
    guint asked = 2;
    for (; asked == ear.n_sent && asked < 1000; asked++)
        answer(&ear, asked, "result", text->str);
    g_assert_cmpuint(ear.n_sent, <, 100);
    g_assert_cmpstr(ear.log->str, ==, "");
    lec_news_tick(ear.news, 1 + LEC_NEWS_RETRY_US);
    g_assert_cmpuint(ear.n_sent, ==, asked); /* another time, from the beginning */
    ear_close(&ear);
}

static void test_events(void) {
    Ear ear = ear_new();
    ear_open(&ear);
    g_assert_true(feed(&ear, EVENT(ITEM)));
    g_assert_true(feed(&ear, EVENT("<retract id='" AB "'/>")));
    g_assert_true(feed(&ear, EVENT("<item id='12'/><retract id='12'/><item id='" AB "'/>")));
    g_assert_cmpstr(ear.log->str, ==, "revoked:99:lost restored ");
    ear_close(&ear);
}

/* Somebody else's word is no news, whatever it looks like. */
static void test_strangers(void) {
    Ear ear = ear_new();
    ear_open(&ear);
    lec_news_connected(ear.news, 0);
    static const char *const foreign[] = {"guests.example.org", "news.example.com",
                                          "boxes.example.org", "news.example.org/x"};
    for (guint i = 0; i < G_N_ELEMENTS(foreign); i++) {
        g_auto(GStrv) parts = g_strsplit(EVENT(ITEM), SERVICE, -1);
        g_autofree char *xml = g_strjoinv(foreign[i], parts);
        g_assert_false(feed(&ear, xml));
    }
    g_assert_false(feed(&ear, "<message xmlns='jabber:client'/>"));
    answer(&ear, 7, "result", "");
    g_assert_cmpstr(ear.log->str, ==, "");
    g_assert_cmpuint(ear.n_sent, ==, 1);
    ear_close(&ear);
}

/* A change while the list is read: the list may be older than it. */
static void test_race(void) {
    Ear ear = ear_new();
    ear_open(&ear);
    lec_news_connected(ear.news, 0);
    answer(&ear, 1, "result", "");
    feed(&ear, EVENT(ITEM));
    g_autofree char *empty = page(0, NULL);
    answer(&ear, 2, "result", empty);
    g_assert_cmpstr(ear.log->str, ==, "revoked:99:lost list:0 revoked:99:lost ");
    ear_close(&ear);
}

static void test_retry(void) {
    Ear ear = ear_new();
    ear_open(&ear);
    lec_news_connected(ear.news, 0);
    answer(&ear, 1, "error", "<error xmlns='jabber:client' type='cancel'/>");
    lec_news_tick(ear.news, LEC_NEWS_RETRY_US - 1);
    g_assert_cmpuint(ear.n_sent, ==, 1);
    lec_news_tick(ear.news, LEC_NEWS_RETRY_US);
    g_assert_cmpuint(ear.n_sent, ==, 2);
    answer(&ear, 1, "result", ""); /* too late */
    g_assert_cmpuint(ear.n_sent, ==, 2);
    answer(&ear, 2, "result", "");
    g_autofree char *empty = page(0, NULL);
    answer(&ear, 3, "result", empty);
    g_assert_cmpstr(ear.log->str, ==, "list:0 ");
    lec_news_tick(ear.news, (gint64)1000 * LEC_NEWS_RETRY_US);
    g_assert_cmpuint(ear.n_sent, ==, 3);
    ear_close(&ear);
}

/* Whatever a server sends: bounded, and what cannot be read as a time is for good. */
static void test_items(void) {
    static const struct {
        const char *revoked;
        gint64 until_s;
        const char *reason;
    } cases[] = {
        {"<revoked xmlns='urn:lectern:revoked:1'/>", 0, ""},
        {"<revoked xmlns='urn:lectern:revoked:1' until='-5' reason='a&#10;b'/>", 0, "a b"},
        {"<revoked xmlns='urn:lectern:revoked:1' until='99999999999999999999'/>", 0, ""},
        {"<revoked xmlns='urn:lectern:revoked:1' until='1800000000'/>", 1800000000, ""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *xml = g_strdup_printf("<item id='" AB "'>%s</item>", cases[i].revoked);
        g_autoptr(LecStanza) item = lec_stanza_parse(xml, strlen(xml), NULL);
        LecRevocation revocation;
        g_assert_true(lec_revocation_read(item, &revocation));
        g_assert_cmpint(revocation.until_s, ==, cases[i].until_s);
        g_assert_cmpstr(revocation.reason, ==, cases[i].reason);
    }
    LecRevocation long_one = {.until_s = 5};
    g_autofree char *text = g_strnfill(500, 'x');
    lec_revocation_set_reason(&long_one, text);
    g_assert_cmpuint(strlen(long_one.reason), ==, LEC_REVOCATION_MAX_REASON_BYTES);
    for (guint i = 0; i < 3; i++)
        memcpy(text + 2 * i + LEC_REVOCATION_MAX_REASON_BYTES - 1, "\xc3\xa4", 2);
    lec_revocation_set_reason(&long_one, text);
    g_assert_true(g_utf8_validate(long_one.reason, -1, NULL));
    g_autoptr(LecStanza) written =
        lec_revocation_write(&long_one, "jabber:client", "administrator");
    LecRevocation again;
    g_assert_true(lec_revocation_read(written, &again));
    g_assert_cmpstr(again.reason, ==, long_one.reason);
    g_assert_cmpint(again.until_s, ==, 5);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/news/list", test_list);
    g_test_add_func("/news/endless", test_endless);
    g_test_add_func("/news/events", test_events);
    g_test_add_func("/news/strangers", test_strangers);
    g_test_add_func("/news/race", test_race);
    g_test_add_func("/news/retry", test_retry);
    g_test_add_func("/news/items", test_items);
    return g_test_run();
}
