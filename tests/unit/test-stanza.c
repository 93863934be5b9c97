/* The stanza reader and writer: what is read, what is refused and why, and that writing keeps
 * everything. */
#include "tests/support/stanza-equal.h"

#include <string.h>

#define NS "urn:lectern:call:1"

static LecStanza *parse(const char *text) {
    g_autoptr(GError) error = NULL;
    g_autofree char *exact = g_memdup2(text, strlen(text)); /* no NUL for an over-read to stop at */
    LecStanza *stanza = lec_stanza_parse(exact, strlen(text), &error);
    g_assert_no_error(error);
    return stanza;
}

static void refuse(const char *text, gsize len, LecStanzaError code) {
    g_autoptr(GError) error = NULL;
    g_autofree char *exact = len > 0 ? g_memdup2(text, len) : g_strdup("");
    g_autoptr(LecStanza) stanza = lec_stanza_parse(exact, len, &error);
    g_autofree char *shown = g_strescape(text, NULL);
    g_test_message("%.60s", shown);
    g_assert_null(stanza);
    g_assert_error(error, LEC_STANZA_ERROR, (gint)code);
}

static void test_message(void) {
    g_autoptr(LecStanza) iq = parse(
        "<iq xmlns='jabber:client' type=\"set\" id='a1' xml:lang='de'>\n"
        "<hello xmlns='" NS "' name='Ann &amp; Bob&#x2019;s'>one<point>q83v</point>two</hello>"
        "<c:other xmlns:c='urn:c' c:x='1' x='2'/></iq>");
    g_assert_true(lec_stanza_is(iq, "iq", "jabber:client"));
    g_assert_true(lec_stanza_is(iq, "iq", NULL));
    g_assert_false(lec_stanza_is(iq, "iq", NS));
    g_assert_false(lec_stanza_is(iq, "message", NULL));
    g_assert_cmpstr(lec_stanza_get(iq, "type"), ==, "set");
    g_assert_cmpstr(lec_stanza_get(iq, "xml:lang"), ==, "de");
    g_assert_null(lec_stanza_get(iq, "xmlns"));
    g_assert_null(lec_stanza_get(iq, "to"));
    g_assert_null(lec_stanza_child(iq, "hello", NULL)); /* not in jabber:client */
    const LecStanza *hello = lec_stanza_child(iq, "hello", NS);
    g_assert_nonnull(hello);
    g_assert_true(hello == lec_stanza_first(iq));
    g_assert_cmpstr(lec_stanza_get(hello, "name"), ==, "Ann & Bob\u2019s");
    g_assert_cmpstr(lec_stanza_get_text(hello), ==, "onetwo");
    g_assert_cmpstr(lec_stanza_get_text(lec_stanza_child(hello, "point", NULL)), ==, "q83v");
    const LecStanza *other = lec_stanza_next(hello);
    g_assert_cmpstr(lec_stanza_get_name(other), ==, "other");
    g_assert_cmpstr(lec_stanza_get_ns(other), ==, "urn:c");
    g_assert_cmpstr(lec_stanza_get(other, "x"), ==, "2"); /* never the foreign one */
    g_assert_null(lec_stanza_next(other));
}

static void test_namespaces(void) {
    g_autoptr(LecStanza) root =
        parse("<p:a xmlns:p='urn:1' xmlns='urn:2'><b/><p:b xmlns:p='urn:3'/>"
              "<p:c/><d xmlns=''><e/></d><f/></p:a>");
    static const char *const expected[] = {"urn:2", "urn:3", "urn:1", "", "urn:2"};
    g_assert_cmpstr(lec_stanza_get_ns(root), ==, "urn:1");
    guint i = 0;
    for (const LecStanza *child = lec_stanza_first(root); child; child = lec_stanza_next(child))
        g_assert_cmpstr(lec_stanza_get_ns(child), ==, expected[i++]);
    g_assert_cmpuint(i, ==, G_N_ELEMENTS(expected));
    g_autoptr(LecStanza) late = parse("<p:a xml:lang='x' xmlns:p='urn:1' p:t='1'/>");
    g_assert_cmpstr(lec_stanza_get_ns(late), ==, "urn:1");
    g_autoptr(LecStanza) bare = parse("<a xmlns:xml='" LEC_XML_NS "'/>");
    g_assert_cmpstr(lec_stanza_get_ns(bare), ==, "");
}

static void test_text(void) {
    static const char *const cases[][2] = {
        {"<a>&lt;&gt;&amp;&apos;&quot;</a>", "<>&'\""},
        {"<a>&#65;&#x42;&#x1F44D;&#x10FFFF;</a>", "AB\U0001F44D\U0010FFFF"},
        {"<a>one\r\ntwo\rthree&#13;</a>", "one\ntwo\nthree\r"},
        {"<a>x<![CDATA[<b>&amp;]]]]><![CDATA[>\r\n]]>y</a>", "x<b>&amp;]]>\ny"},
        {"<a>]] ></a >", "]] >"},
        {"<a\n></a\t>", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(LecStanza) a = parse(cases[i][0]);
        g_assert_cmpstr(lec_stanza_get_text(a), ==, cases[i][1]);
    }
    g_autoptr(LecStanza) a = parse("<a t = 'a\tb\r\nc\rd&#9;&#10;&#13;\"' u=\"'>\" />");
    g_assert_cmpstr(lec_stanza_get(a, "t"), ==, "a b c d\t\n\r\"");
    g_assert_cmpstr(lec_stanza_get(a, "u"), ==, "'>");
}

static void test_malformed(void) {
    static const char *const cases[] = {
        "",
        " ",
        "x",
        "<",
        "<a",
        "<a>",
        "<a/",
        "<a/ >",
        "<a></b>",
        "<a></a",
        "<a></ a>",
        "</a>",
        " <a/>",
        "\n<a/>",
        "\ufeff<a/>",
        "<a/>\n",
        "<a/> ",
        "<a/>x",
        "<a/><b/>",
        "<a/><!",
        "<1/>",
        "<-a/>",
        "<a:/>",
        "<:a/>",
        "<a:b:c xmlns:a='x'/>",
        "< a/>",
        "<a b/>",
        "<a b=/>",
        "<a b=c/>",
        "<a b='1'c='2'/>",
        "<a b='1' b='1'/>",
        "<a b='<'/>",
        "<a b='x/>",
        "<a b='&'/>",
        "<a b='\"/>",
        "<a>]]></a>",
        "<a>&</a>",
        "<a>&amp</a>",
        "<a>& amp;</a>",
        "<a>&#;</a>",
        "<a>&#x;</a>",
        "<a>&#0;</a>",
        "<a>&#1;</a>",
        "<a>&#x1f;</a>",
        "<a b='&#8;'/>",
        "<a>&#xd800;</a>",
        "<a>&#xfffe;</a>",
        "<a>&#x110000;</a>",
        "<a>&#4294967361;</a>",
        "<a>&#-65;</a>",
        "<a>&# 65;</a>",
        "<a>&#X41;</a>",
        "<a>&#65</a>",
        "<a>\x01</a>",
        "<a b='\x1f'/>",
        "<a>\x0c</a>",
        "<a>\uffff</a>",
        "<a>\xff</a>",
        "<a>\xc0\xbc</a>",
        "<a>\xed\xa0\x80</a>",
        "<a>\xe2\x82</a>",
        "<p:a/>",
        "<a p:x='1'/>",
        "<a><b xmlns:p='u'/><p:c/></a>",
        "<a xmlns:p=''/>",
        "<xml:a/>",
        "<xmlns:a/>",
        "<a xmlns:xml='urn:x'/>",
        "<a xmlns:xmlns='urn:x'/>",
        "<a xmlns='" LEC_XML_NS "'/>",
        "<a xmlns:p='" LEC_XMLNS_NS "'/>",
        "<a xmlns:p='u' xmlns:q='u' p:x='1' q:x='2'/>",
        "<a xmlns='u' xmlns='u'/>",
        "<p:a xmlns:p='u' xmlns:q='u'></q:a>",
        "<a><![CDATA[</a>",
        "<a><![CDATA[x]]</a>",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        refuse(cases[i], strlen(cases[i]), LEC_STANZA_ERROR_MALFORMED);
    refuse("<a>\0</a>", 8, LEC_STANZA_ERROR_MALFORMED);
    refuse("<a/>\0", 5, LEC_STANZA_ERROR_MALFORMED);
}

static void test_restricted(void) {
    static const char *const cases[] = {
        "<?xml version='1.0'?><a/>",
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a [<!ENTITY l 'lol'><!ENTITY m '&l;&l;'>]><a>&m;</a>",
        "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        "<!-- x --><a/>",
        "<a><!-- x --></a>",
        "<a><?php x ?></a>",
        "<a><!DOCTYPE b></a>",
        "<a>&nbsp;</a>",
        "<a b='&file;'/>",
        "<a><![cdata[x]]></a>",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        refuse(cases[i], strlen(cases[i]), LEC_STANZA_ERROR_RESTRICTED);
}

static char *nested(guint depth) {
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < depth; i++)
        g_string_append(text, "<a>");
    for (guint i = 0; i < depth; i++)
        g_string_append(text, "</a>");
    return g_string_free(text, FALSE);
}

static char *repeated(const char *before, const char *what, guint times, const char *after) {
    GString *text = g_string_new(before);
    for (guint i = 0; i < times; i++)
        g_string_append(text, what);
    g_string_append(text, after);
    return g_string_free(text, FALSE);
}

static char *with_attributes(guint n) {
    GString *text = g_string_new("<a");
    for (guint i = 0; i < n; i++)
        g_string_append_printf(text, " x%u=''", i);
    g_string_append(text, "/>");
    return g_string_free(text, FALSE);
}

/* ok is just within the limit, over just beyond. Both are freed. */
static void check_limit(char *ok, char *over) {
    g_autoptr(LecStanza) stanza = parse(ok);
    g_assert_nonnull(stanza);
    refuse(over, strlen(over), LEC_STANZA_ERROR_LIMIT);
    g_free(ok);
    g_free(over);
}

static void test_limits(void) {
    check_limit(nested(LEC_STANZA_MAX_DEPTH), nested(LEC_STANZA_MAX_DEPTH + 1));
    check_limit(repeated("<a>", "<b/>", LEC_STANZA_MAX_ELEMENTS - 1, "</a>"),
                repeated("<a>", "<b/>", LEC_STANZA_MAX_ELEMENTS, "</a>"));
    check_limit(with_attributes(LEC_STANZA_MAX_ATTRIBUTES),
                with_attributes(LEC_STANZA_MAX_ATTRIBUTES + 1));
    check_limit(repeated("<a>", "x", LEC_STANZA_MAX_BYTES - 7, "</a>"),
                repeated("<a>", "x", LEC_STANZA_MAX_BYTES - 6, "</a>"));
    check_limit(repeated("<a xmlns='", "x", LEC_STANZA_MAX_NS_BYTES, "'/>"),
                repeated("<a xmlns='", "x", LEC_STANZA_MAX_NS_BYTES + 1, "'/>"));
}

static void test_write(void) {
    g_autoptr(LecStanza) iq = lec_stanza_new("iq", "jabber:client");
    lec_stanza_set(iq, "id", "1");
    lec_stanza_set(iq, "id", "a'\"<>&\t\r\n");
    lec_stanza_set(iq, "gone", "x");
    lec_stanza_set(iq, "gone", NULL);
    lec_stanza_set(iq, "never", NULL);
    lec_stanza_set(iq, "xml:lang", "en");
    LecStanza *hello = lec_stanza_add_new(iq, "hello", NS, NULL);
    lec_stanza_add_new(hello, "point", NULL, "]]>&\r\n\t'\"");
    lec_stanza_add_new(iq, "plain", NULL, NULL);
    lec_stanza_add_new(iq, "none", "", "x");
    g_autofree char *written = lec_stanza_write(iq);
    g_assert_cmpstr(written, ==,
                    "<iq xmlns='jabber:client' id='a&apos;&quot;&lt;&gt;&amp;&#9;&#13;&#10;' "
                    "xml:lang='en'><hello xmlns='" NS "'><point>]]&gt;&amp;&#13;\n\t'\"</point>"
                    "</hello><plain/><none xmlns=''>x</none></iq>");
    g_autoptr(LecStanza) again = parse(written);
    g_assert_true(stanza_equal(iq, again));
}

/* Whatever a program is handed by a peer and puts in a stanza: what leaves is always legal. */
static void test_write_illegal(void) {
    g_autoptr(LecStanza) a = lec_stanza_new("a", NULL);
    lec_stanza_set(a, "x",
                   "1\x01\x1b\x7f\xff\xef\xbf\xbf"
                   "2");
    lec_stanza_set_text(a, "\x0b\xed\xa0\x80"
                           "\U0001F44D");
    g_autofree char *written = lec_stanza_write(a);
    g_autoptr(LecStanza) again = parse(written);
    g_assert_true(stanza_equal(a, again));
    g_assert_cmpstr(lec_stanza_get(again, "x"), ==,
                    "1\ufffd\ufffd\x7f\ufffd\ufffd"
                    "2");
    g_assert_true(g_str_has_suffix(lec_stanza_get_text(again), "\ufffd\U0001F44D"));
}

static void test_namespaces_written(void) {
    g_autoptr(LecStanza) root = lec_stanza_new("a", "urn:a");
    LecStanza *middle = lec_stanza_add_new(root, "b", NULL, "text");
    lec_stanza_set(middle, "x", "1");
    lec_stanza_add_new(middle, "c", NULL, NULL);
    lec_stanza_add_new(middle, "d", "urn:d", NULL);
    g_autofree char *written = lec_stanza_write(root);
    g_assert_cmpstr(written, ==, "<a xmlns='urn:a'><b x='1'>text<c/><d xmlns='urn:d'/></b></a>");
    lec_stanza_free(NULL);
}

/* A reader with work that grows as the square of the input would take seconds for these. */
static void test_bounded_work(void) {
    static const char *const bodies[] = {"&#9;", "\r", "]]", "&gt;", "<![CDATA[x]]>"};
    gint64 before_us = g_get_monotonic_time();
    for (guint round = 0; round < 20; round++) {
        for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
            g_autoptr(GString) text = g_string_new("<a>");
            while (text->len < LEC_STANZA_MAX_BYTES - 32)
                g_string_append(text, bodies[i]);
            g_string_append(text, "</a>");
            g_autoptr(LecStanza) stanza = parse(text->str);
            g_autofree char *written = lec_stanza_write(stanza);
            g_assert_cmpuint(strlen(written), <, 6 * LEC_STANZA_MAX_BYTES);
        }
    }
    g_assert_cmpint(g_get_monotonic_time() - before_us, <, 20 * G_USEC_PER_SEC);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stanza/message", test_message);
    g_test_add_func("/stanza/namespaces", test_namespaces);
    g_test_add_func("/stanza/text", test_text);
    g_test_add_func("/stanza/malformed", test_malformed);
    g_test_add_func("/stanza/restricted", test_restricted);
    g_test_add_func("/stanza/limits", test_limits);
    g_test_add_func("/stanza/write", test_write);
    g_test_add_func("/stanza/write-illegal", test_write_illegal);
    g_test_add_func("/stanza/namespaces-written", test_namespaces_written);
    g_test_add_func("/stanza/bounded-work", test_bounded_work);
    return g_test_run();
}
