/* Conclusions from facts, and the STUN answer. */
#include "common/net/netcheck-judge.h"
#include "common/net/stun-binding.h"

#include <string.h>

static const LecNetcheckResult *find(const GPtrArray *results, const char *name) {
    for (guint i = 0; i < results->len; i++) {
        const LecNetcheckResult *result = results->pdata[i];
        if (strcmp(result->name, name) == 0)
            return result;
    }
    g_error("there is no result for %s", name);
}

static LecNetFacts good(void) {
    static char cloud[] = "cloud.example.org", mapped[] = "192.0.2.1:5000";
    const LecNetHttps fine = {
        .host = cloud, .connected = true, .secured = true, .date_s = 1000, .own_s = 1001};
    return (LecNetFacts){
        .cloud = cloud,
        .lookup = LEC_NET_FOUND,
        .direct = fine,
        .box = fine,
        .relay = fine,
        .stun = {.asked = 2, .answered = 2, .mapped = {mapped, mapped}},
        .multicast = {.others = 1},
    };
}

static void expect(const LecNetFacts *facts, const char *name, LecNetcheckState state,
                   const char *word) {
    g_autoptr(GPtrArray) results = lec_netcheck_judge(facts);
    const LecNetcheckResult *result = find(results, name);
    if (result->state != state || !strstr(result->sentence, word))
        g_error("%s: state %d, \"%s\"", name, (int)result->state, result->sentence);
}

static void test_good(void) {
    const LecNetFacts facts = good();
    g_autoptr(GPtrArray) results = lec_netcheck_judge(&facts);
    g_assert_cmpuint(results->len, ==, 10);
    for (guint i = 0; i < results->len; i++) {
        const LecNetcheckResult *result = results->pdata[i];
        const bool unknown = strcmp(result->name, "isolation") == 0; /* no peer was named */
        g_assert_cmpint(result->state, ==, unknown ? LEC_NETCHECK_UNKNOWN : LEC_NETCHECK_OK);
        g_assert_null(result->firewall);
    }
}

static void test_clock(void) {
    static const struct {
        gint64 own_s;
        LecNetcheckState state;
        const char *word;
    } cases[] = {{1090, LEC_NETCHECK_OK, "right"},
                 {1091, LEC_NETCHECK_FAIL, "91 s ahead"},
                 {910, LEC_NETCHECK_OK, "right"},
                 {909, LEC_NETCHECK_FAIL, "91 s behind"}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        LecNetFacts facts = good();
        facts.direct.own_s = cases[i].own_s;
        expect(&facts, "clock", cases[i].state, cases[i].word);
    }
    LecNetFacts facts = good();
    facts.direct.date_s = 0;
    expect(&facts, "clock", LEC_NETCHECK_UNKNOWN, "could not be compared");
}

static void test_certificate(void) {
    static char issuer[] = "CN=Inspection", relay[] = "turn.cloud.example.org";
    LecNetFacts facts = good();
    facts.direct.issuer = facts.relay.issuer = issuer;
    facts.direct.flaws = G_TLS_CERTIFICATE_UNKNOWN_CA;
    expect(&facts, "certificate", LEC_NETCHECK_FAIL, "CN=Inspection");
    facts.first_use = true;
    expect(&facts, "certificate", LEC_NETCHECK_UNKNOWN, "not known yet");
    facts.box.pinned = true;
    expect(&facts, "certificate", LEC_NETCHECK_OK, "the one that is known");
    facts.box.pin_differs = true;
    expect(&facts, "certificate", LEC_NETCHECK_FAIL, "another key");
    facts = good();
    facts.relay.host = relay;
    facts.relay.flaws = G_TLS_CERTIFICATE_BAD_IDENTITY;
    expect(&facts, "certificate", LEC_NETCHECK_FAIL, relay);
    facts = good();
    facts.direct.flaws = G_TLS_CERTIFICATE_NOT_ACTIVATED;
    expect(&facts, "certificate", LEC_NETCHECK_FAIL, "clock");
}

/* A proxy that looks names up makes do without a name service here. */
static void test_proxy(void) {
    static char missing[] = "boxes.cloud.example.org";
    LecNetFacts facts = good();
    facts.proxy = "HTTP proxy proxy.example:3128";
    facts.proxied = facts.direct;
    facts.proxied.via_proxy = true;
    facts.direct = (LecNetHttps){.host = facts.proxied.host};
    facts.lookup = LEC_NET_SILENT;
    facts.missing = missing;
    expect(&facts, "proxy", LEC_NETCHECK_OK, "needed");
    expect(&facts, "dns", LEC_NETCHECK_WARN, missing);
    expect(&facts, "https", LEC_NETCHECK_OK, "through a proxy");
    expect(&facts, "clock", LEC_NETCHECK_OK, "right");
    facts.proxied.secured = facts.proxied.connected = false;
    expect(&facts, "proxy", LEC_NETCHECK_FAIL, "does not help");
    expect(&facts, "dns", LEC_NETCHECK_FAIL, missing);
    facts.proxied.via_proxy = false;
    expect(&facts, "proxy", LEC_NETCHECK_UNKNOWN, "no proxy");
}

static void test_udp(void) {
    static char other[] = "192.0.2.1:5001";
    LecNetFacts facts = good();
    facts.stun.mapped[1] = other;
    expect(&facts, "nat", LEC_NETCHECK_WARN, other);
    facts.stun.answered = 1;
    expect(&facts, "nat", LEC_NETCHECK_UNKNOWN, "one server");
    facts.stun.own_address = true;
    expect(&facts, "nat", LEC_NETCHECK_OK, "not translated");
    facts.stun.answered = 0;
    expect(&facts, "udp", LEC_NETCHECK_WARN, "10 ms");
    facts.relay.secured = false;
    expect(&facts, "udp", LEC_NETCHECK_FAIL, "no way out");
    expect(&facts, "relay", LEC_NETCHECK_FAIL, "cannot be used");
    facts.stun.asked = 0;
    expect(&facts, "udp", LEC_NETCHECK_UNKNOWN, "could not be tried");
    expect(&facts, "relay", LEC_NETCHECK_WARN, "cannot be used");
}

static void test_near(void) {
    static char why[] = "Network is unreachable";
    LecNetFacts facts = {.peer = "192.0.2.9",
                         .gateway_reach = LEC_NET_REACHES,
                         .peer_reach = LEC_NET_SILENCE,
                         .multicast = {.why = why}};
    g_autoptr(GPtrArray) results = lec_netcheck_judge(&facts);
    g_assert_cmpuint(results->len, ==, 2);
    expect(&facts, "isolation", LEC_NETCHECK_WARN, "isolation");
    expect(&facts, "multicast", LEC_NETCHECK_WARN, why);
    facts.gateway_reach = LEC_NET_REACH_UNTRIED;
    expect(&facts, "isolation", LEC_NETCHECK_UNKNOWN, "Neither");
    facts.peer_reach = LEC_NET_REACHES;
    expect(&facts, "isolation", LEC_NETCHECK_OK, "reached");
}

/* RFC 5769 §2.2: the sample answer's address, with nothing but what we read around it. */
static void test_stun(void) {
    static const guint8 id[] = {0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34,
                                0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};
    guint8 answer[44] = {0x01, 0x01, 0x00, 0x18, 0x21, 0x12, 0xa4, 0x42};
    static const guint8 attributes[] = {0x80, 0x22, 0x00, 0x05, 'l',  'e',  'c',  't',
                                        'e',  0,    0,    0,    0x00, 0x20, 0x00, 0x08,
                                        0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43};
    memcpy(answer + 8, id, sizeof id);
    memcpy(answer + 20, attributes, sizeof attributes);
    g_autoptr(GSocketAddress) mapped = lec_stun_read_mapped(answer, sizeof answer, id);
    g_assert_nonnull(mapped);
    g_autofree char *text = g_socket_connectable_to_string(G_SOCKET_CONNECTABLE(mapped));
    g_assert_cmpstr(text, ==, "192.0.2.1:32853");
    for (gsize len = 0; len < sizeof answer; len++)
        g_assert_null(lec_stun_read_mapped(answer, len, id));
    for (guint at = 0; at < 20; at++) { /* type, length, cookie and id all count */
        answer[at] ^= 1;
        g_assert_null(lec_stun_read_mapped(answer, sizeof answer, id));
        answer[at] ^= 1;
    }
    answer[37] = 3; /* no such family */
    g_assert_null(lec_stun_read_mapped(answer, sizeof answer, id));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/netcheck/good", test_good);
    g_test_add_func("/netcheck/clock", test_clock);
    g_test_add_func("/netcheck/certificate", test_certificate);
    g_test_add_func("/netcheck/proxy", test_proxy);
    g_test_add_func("/netcheck/udp", test_udp);
    g_test_add_func("/netcheck/near", test_near);
    g_test_add_func("/netcheck/stun", test_stun);
    return g_test_run();
}
