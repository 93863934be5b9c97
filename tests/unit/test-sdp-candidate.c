/* ICE candidates: what browsers send, and what is refused as wrong or passed over as useless. */
#include "signalling/sdp.h"

#include <string.h>

static void test_read(void) {
    LecCandidate c;
    g_assert_true(
        lec_sdp_parse_candidate("candidate:842163049 1 udp 1677729535 203.0.113.7 52340 typ "
                                "srflx raddr 192.168.0.7 rport 50001 generation 0 "
                                "ufrag Xk3d network-cost 999",
                                &c, NULL));
    g_assert_cmpstr(c.foundation, ==, "842163049");
    g_assert_cmpint(c.transport, ==, LEC_CANDIDATE_UDP);
    g_assert_cmpint(c.type, ==, LEC_CANDIDATE_SRFLX);
    g_assert_cmpuint(c.priority, ==, 1677729535);
    g_assert_cmpstr(c.address, ==, "203.0.113.7");
    g_assert_cmpuint(c.port, ==, 52340);
    g_assert_cmpstr(c.related_address, ==, "192.168.0.7");
    g_assert_cmpuint(c.related_port, ==, 50001);
    g_assert_true(
        lec_sdp_parse_candidate("2 1 TCP 2105524479 fe80::1 9 typ host tcptype passive", &c, NULL));
    g_assert_cmpint(c.transport, ==, LEC_CANDIDATE_TCP_PASSIVE);
    g_assert_cmpstr(c.related_address, ==, "");
    g_autofree char *written = lec_sdp_write_candidate(&c);
    g_assert_cmpstr(written, ==, "candidate:2 1 tcp 2105524479 fe80::1 9 typ host tcptype passive");
}

static void test_addresses(void) {
    static const struct {
        const char *address;
        bool ok;
    } cases[] = {
        {"10.0.0.1", true},
        {"127.0.0.1", true},
        {"2001:db8::7", true},
        {"::1", true},
        {"6b6e1f9a-52a6-4a0c-a1b4-52ab0de0a2f6.local", true},
        {"Room-12.local", true},
        {"0.0.0.0", false},
        {"::", false},
        {"224.0.0.251", false},
        {"ff02::fb", false},
        {"::ffff:10.0.0.1", false},
        {"10.0.0", false},
        {"10.0.0.256", false},
        {"fe80::1%eth0", false},
        {"[::1]", false},
        {"example.com", false},
        {"a.b.local", false},
        {".local", false},
        {"a_b.local", false},
        {"a.local.", false},
        {"a.locals", false},
        {"0123456789012345678901234567890123456789012345678901234567890123.local", false},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        LecCandidate c = {.port = 7};
        g_autofree char *text =
            g_strdup_printf("candidate:1 1 udp 1 %s 1 typ host", cases[i].address);
        g_test_message("%s", text);
        g_assert_cmpint(lec_sdp_parse_candidate(text, &c, &error), ==, cases[i].ok);
        if (cases[i].ok)
            continue;
        g_assert_error(error, LEC_SDP_ERROR, LEC_SDP_ERROR_UNSUPPORTED);
        g_assert_cmpuint(c.port, ==, 7); /* untouched */
    }
}

static void refuse(const char *text, LecSdpError code) {
    g_autoptr(GError) error = NULL;
    LecCandidate c;
    g_test_message("%.80s", text);
    g_assert_false(lec_sdp_parse_candidate(text, &c, &error));
    g_assert_error(error, LEC_SDP_ERROR, (gint)code);
}

static void test_refused(void) {
    static const char *const wrong[] = {
        "",
        "candidate:",
        "candidate:1 1 udp 1 10.0.0.1 1 typ",
        "candidate: 1 udp 1 10.0.0.1 1 typ host",
        "candidate:a-b 1 udp 1 10.0.0.1 1 typ host",
        "candidate:012345678901234567890123456789012 1 udp 1 10.0.0.1 1 typ host",
        "candidate:1 0 udp 1 10.0.0.1 1 typ host",
        "candidate:1 x udp 1 10.0.0.1 1 typ host",
        "candidate:1 1 udp 0 10.0.0.1 1 typ host",
        "candidate:1 1 udp 2147483648 10.0.0.1 1 typ host",
        "candidate:1 1 udp -1 10.0.0.1 1 typ host",
        "candidate:1 1 udp 1 10.0.0.1 0 typ host",
        "candidate:1 1 udp 1 10.0.0.1 65536 typ host",
        "candidate:1 1 udp 1 10.0.0.1 1x typ host",
        "candidate:1 1 udp 1 10.0.0.1 00000000001 typ host",
        "candidate:1 1 udp 1 10.0.0.1 1 type host",
        "candidate:1  1 udp 1 10.0.0.1 1 typ host",
        "candidate:1 1 udp 1 10.0.0.1 1 typ srflx raddr",
        "candidate:1 1 udp 1 10.0.0.1 1 typ srflx raddr x rport 1",
        "candidate:1 1 udp 1 10.0.0.1 1 typ srflx raddr 10.0.0.2 rport 65536",
    };
    static const char *const useless[] = {
        "candidate:1 2 udp 1 10.0.0.1 1 typ host",
        "candidate:1 1 sctp 1 10.0.0.1 1 typ host",
        "candidate:1 1 udp 1 10.0.0.1 1 typ nat64",
        "candidate:1 1 tcp 1 10.0.0.1 9 typ host",
        "candidate:1 1 tcp 1 10.0.0.1 9 typ host tcptype sideways",
        "candidate:1 1 ssltcp 1 10.0.0.1 443 typ host tcptype passive",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
        refuse(wrong[i], LEC_SDP_ERROR_SYNTAX);
    for (gsize i = 0; i < G_N_ELEMENTS(useless); i++)
        refuse(useless[i], LEC_SDP_ERROR_UNSUPPORTED);
    g_autofree char *spaces = g_strnfill(100000, ' ');
    refuse(spaces, LEC_SDP_ERROR_LIMIT);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdp-candidate/read", test_read);
    g_test_add_func("/sdp-candidate/addresses", test_addresses);
    g_test_add_func("/sdp-candidate/refused", test_refused);
    return g_test_run();
}
