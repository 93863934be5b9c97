/* Meeting IDs: every address there and back, and what people type. */
#include "signalling/meeting-id.h"

static void test_from_address(void) {
    char id[LEC_MEETING_ID_SIZE] = "untouched";
    g_assert_false(lec_meeting_id_from_address(0xc0a80001, 80, id));
    g_assert_false(lec_meeting_id_from_address(0x00000001, 443, id));
    g_assert_false(lec_meeting_id_from_address(0xe0000001, 443, id));
    g_assert_false(lec_meeting_id_from_address(0xffffffff, 8443, id));
    g_assert_cmpstr(id, ==, "untouched");
    g_assert_true(lec_meeting_id_from_address(0xc0a80001, 443, id));
    g_assert_cmpstr(id, ==, "3232235521");
    g_assert_true(lec_meeting_id_from_address(0xc0a80001, 8443, id));
    g_assert_cmpstr(id, ==, "7527202817");
    g_assert_true(lec_meeting_id_from_address(0x0a000001, 443, id));
    g_assert_cmpstr(id, ==, "0167772161");
}

static void test_round_trip(void) {
    for (int i = 0; i < 20000; i++) {
        guint32 ipv4 = g_test_rand_int_range(0x01000000, G_MAXINT32);
        ipv4 += i & 1 ? 0x60000000 : 0; /* up to 223.255.255.255 */
        if (ipv4 >= 0xe0000000)
            continue;
        guint16 port = i & 2 ? 443 : 8443;
        char id[LEC_MEETING_ID_SIZE], digits[LEC_MEETING_ID_SIZE];
        g_assert_true(lec_meeting_id_from_address(ipv4, port, id));
        g_autofree char *typed = lec_meeting_id_group(id);
        guint32 got_ipv4 = 0;
        guint16 got_port = 0;
        g_assert_cmpint(lec_meeting_id_parse(typed, &got_ipv4, &got_port, digits), ==,
                        LEC_MEETING_ID_ADDRESS);
        g_assert_cmpuint(got_ipv4, ==, ipv4);
        g_assert_cmpuint(got_port, ==, port);
        g_assert_cmpstr(digits, ==, id);
    }
}

static void test_typed(void) {
    static const struct {
        const char *text;
        LecMeetingIdKind kind;
        const char *digits;
    } cases[] = {
        {"123456", LEC_MEETING_ID_NUMBER, "123456"},
        {" 123 456\n", LEC_MEETING_ID_NUMBER, "123456"},
        {"123-456", LEC_MEETING_ID_NUMBER, "123456"},
        {"123.456", LEC_MEETING_ID_NUMBER, "123456"},
        {"123\u00a0456", LEC_MEETING_ID_NUMBER, "123456"},
        {"123\u202f456", LEC_MEETING_ID_NUMBER, "123456"},
        {"123\u2011456", LEC_MEETING_ID_NUMBER, "123456"},
        {"\u0661\u0662\u0663 \u0664\u0665\u0666", LEC_MEETING_ID_NUMBER, "123456"},
        {"\uff11\uff12\uff13\uff14\uff15\uff16", LEC_MEETING_ID_NUMBER, "123456"},
        {"323 223 5521", LEC_MEETING_ID_ADDRESS, "3232235521"},
        {"323.223.5521", LEC_MEETING_ID_ADDRESS, "3232235521"},
        {"", LEC_MEETING_ID_INVALID, NULL},
        {"12345", LEC_MEETING_ID_INVALID, NULL},
        {"1234567", LEC_MEETING_ID_INVALID, NULL},
        {"32322355211", LEC_MEETING_ID_INVALID, NULL},
        {"8589934592", LEC_MEETING_ID_INVALID, NULL}, /* 2^33 */
        {"0000000001", LEC_MEETING_ID_INVALID, NULL}, /* 0.0.0.1 */
        {"4294967295", LEC_MEETING_ID_INVALID, NULL}, /* broadcast */
        {"192.168.10.10", LEC_MEETING_ID_INVALID, NULL},
        {" 10.0.0.12 ", LEC_MEETING_ID_INVALID, NULL},
        {"123456a", LEC_MEETING_ID_INVALID, NULL},
        {"+123456", LEC_MEETING_ID_INVALID, NULL},
        {"room 123456", LEC_MEETING_ID_INVALID, NULL},
        {"123\xff"
         "456",
         LEC_MEETING_ID_INVALID, NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint32 ipv4 = 7;
        guint16 port = 7;
        char digits[LEC_MEETING_ID_SIZE] = "untouched";
        LecMeetingIdKind kind = lec_meeting_id_parse(cases[i].text, &ipv4, &port, digits);
        g_autofree char *shown = g_strescape(cases[i].text, NULL);
        g_test_message("%s", shown);
        g_assert_cmpint(kind, ==, cases[i].kind);
        g_assert_cmpstr(digits, ==, cases[i].digits ? cases[i].digits : "untouched");
        g_assert_cmpint(ipv4 == 7 && port == 7, ==, kind != LEC_MEETING_ID_ADDRESS);
    }
}

static void test_group(void) {
    static const char *const cases[][2] = {
        {"3232235521", "323 223 5521"}, {"123456", "123 456"}, {"12", "12"}, {"", ""}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *grouped = lec_meeting_id_group(cases[i][0]);
        g_assert_cmpstr(grouped, ==, cases[i][1]);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/meeting-id/from-address", test_from_address);
    g_test_add_func("/meeting-id/round-trip", test_round_trip);
    g_test_add_func("/meeting-id/typed", test_typed);
    g_test_add_func("/meeting-id/group", test_group);
    return g_test_run();
}
