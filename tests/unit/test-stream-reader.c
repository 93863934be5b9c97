/* A stream over TCP, cut into elements: whole, byte by byte, and as nobody should send it. */
#include "signalling/stream-reader.h"
#include "signalling/xmpp.h"

#include <string.h>

#define HEADER                                                                                    \
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='" LEC_XMPP_NS_STREAM \
    "' id='7' from='boxes.example.org' version='1.0'>"

typedef struct {
    LecStreamReader *reader;
    GString *log;
    bool restarts; /* at each <success/> */
} Heard;

static void on_header(const LecStanza *header, void *user) {
    g_string_append_printf(((Heard *)user)->log, "[%s]", lec_stanza_get(header, "id"));
}

static void on_element(LecStanza *element, void *user) {
    Heard *heard = user;
    g_autofree char *text = lec_stanza_write(element);
    g_string_append(heard->log, text);
    if (heard->restarts && lec_stanza_is(element, "success", NULL))
        lec_stream_reader_restart(heard->reader);
    lec_stanza_free(element);
}

static void on_refused(const GError *error, void *user) {
    g_string_append(((Heard *)user)->log, "(refused)");
}

static void on_end(void *user) {
    g_string_append(((Heard *)user)->log, "[end]");
}

static void heard_init(Heard *heard) {
    static const LecStreamReaderEvents events = {on_header, on_element, on_refused, on_end};
    *heard = (Heard){.log = g_string_new(NULL)};
    heard->reader = lec_stream_reader_new(&events, heard);
}

static void heard_clear(Heard *heard) {
    lec_stream_reader_free(heard->reader);
    g_string_free(heard->log, TRUE);
}

static bool feed(Heard *heard, const char *text) {
    return lec_stream_reader_feed(heard->reader, text, strlen(text), NULL);
}

static const char stream[] = HEADER
    " \n<stream:features><bind xmlns='b'/></stream:features>"
    "<iq id='a&gt;b' type=\"result\"/> <message><body>a &lt; b</body></message></stream:stream>";
static const char stream_log[] =
    "[7]<features xmlns='" LEC_XMPP_NS_STREAM "'><bind xmlns='b'/></features>"
    "<iq xmlns='jabber:client' id='a&gt;b' type='result'/>"
    "<message xmlns='jabber:client'><body>a &lt; b</body></message>[end]";

static void test_whole(void) {
    Heard heard;
    heard_init(&heard);
    g_assert_true(feed(&heard, stream));
    g_test_message("%s", heard.log->str);
    g_assert_cmpstr(heard.log->str, ==, stream_log);
    heard_clear(&heard);
}

static void test_bytes(void) {
    Heard heard;
    heard_init(&heard);
    for (const char *at = stream; *at; at++)
        g_assert_true(lec_stream_reader_feed(heard.reader, at, 1, NULL));
    g_assert_cmpstr(heard.log->str, ==, stream_log);
    heard_clear(&heard);
}

static void test_restart(void) {
    Heard heard;
    heard_init(&heard);
    heard.restarts = true;
    g_assert_true(feed(&heard, HEADER "<success xmlns='s'/>" HEADER "<presence/>"));
    g_assert_cmpstr(heard.log->str, ==,
                    "[7]<success xmlns='s'/>[7]<presence xmlns='jabber:client'/>");
    heard_clear(&heard);
}

/* What a guest can have the server deliver costs that element, and nothing else. */
static void test_passed_over(void) {
    g_autoptr(GString) deep = g_string_new(HEADER);
    for (guint i = 0; i < 100; i++)
        g_string_append(deep, "<a>");
    for (guint i = 0; i < 100; i++)
        g_string_append(deep, "</a>");
    g_autofree char *filler = g_strnfill(100000, 'x');
    g_autofree char *large = g_strdup_printf(HEADER "<message><body>%s</body></message>", filler);
    const char *const streams[] = {deep->str,
                                   large,
                                   HEADER "<iq></presence>",
                                   HEADER "<p:iq/>",
                                   HEADER "<iq>&laugh;</iq>",
                                   HEADER "<iq a='1' a='2'/>",
                                   HEADER "<iq a='\xff'/>"};
    for (guint i = 0; i < G_N_ELEMENTS(streams); i++) {
        Heard heard;
        heard_init(&heard);
        g_assert_true(feed(&heard, streams[i]));
        g_assert_true(feed(&heard, "<presence/>"));
        g_assert_cmpstr(heard.log->str, ==, "[7](refused)<presence xmlns='jabber:client'/>");
        heard_clear(&heard);
    }
}

static void test_fatal(void) {
    static const char *const streams[] = {
        "HTTP/1.1 400 Bad Request",
        "<!DOCTYPE lolz [<!ENTITY lol 'lol'>]>" HEADER,
        "<?php system ?>" HEADER,
        "</stream:stream>",
        "<stream:stream/>",
        "<stream xmlns='jabber:client'>",
        HEADER "<!-- -->",
        HEADER "<iq><![CDATA[x]]></iq>",
        HEADER "<?xml version='1.0'?>",
        HEADER "text",
        HEADER "<<iq/>",
        HEADER "<iq><!DOCTYPE x></iq>",
    };
    for (guint i = 0; i < G_N_ELEMENTS(streams); i++) {
        Heard heard;
        heard_init(&heard);
        if (feed(&heard, streams[i]))
            g_error("accepted: %s", streams[i]);
        heard_clear(&heard);
    }
}

static void test_bounds(void) {
    Heard heard;
    g_autofree char *filler = g_strnfill(100000, 'x');
    heard_init(&heard);
    g_assert_true(feed(&heard, HEADER "<message>"));
    bool alive = true;
    for (guint i = 0; i < 20 && alive; i++)
        alive = feed(&heard, filler);
    g_assert_false(alive);
    heard_clear(&heard);
    heard_init(&heard);
    g_assert_true(feed(&heard, "<stream:stream a='"));
    g_assert_false(feed(&heard, filler));
    heard_clear(&heard);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stream-reader/whole", test_whole);
    g_test_add_func("/stream-reader/bytes", test_bytes);
    g_test_add_func("/stream-reader/restart", test_restart);
    g_test_add_func("/stream-reader/passed-over", test_passed_over);
    g_test_add_func("/stream-reader/fatal", test_fatal);
    g_test_add_func("/stream-reader/bounds", test_bounds);
    return g_test_run();
}
