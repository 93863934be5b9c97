/* Links over real relays: TURN over UDP and inside TLS, what is preferred, policies, and moving on
 * to a direct path. */
#include "tests/support/link-pair.h"
#include "tests/support/turn.h"

typedef struct {
    LinkPair pair;
    TestTurn *turn;
    LecRelays *relays;
} Rig;

/* False: coturn is not here, and the test is skipped. */
static bool rig_init(Rig *rig, const LecRelayKind *kinds, guint count, const char *password) {
    *rig = (Rig){0};
    g_autoptr(GError) error = NULL;
    rig->turn = test_turn_start(&error);
    if (rig->turn == NULL) {
        g_test_skip(error->message);
        return false;
    }
    rig->relays = test_turn_list(rig->turn, kinds, count, password);
    link_pair_init(&rig->pair);
    LinkSide *const sides[] = {&rig->pair.a, &rig->pair.b};
    for (guint i = 0; i < G_N_ELEMENTS(sides); i++) {
        sides[i]->config.relays = rig->relays;
        sides[i]->config.anchors = test_turn_get_anchors(rig->turn);
    }
    return true;
}

static void rig_clear(Rig *rig) {
    link_pair_clear(&rig->pair);
    lec_relays_unref(rig->relays);
    test_turn_free(rig->turn);
}

static bool has_stats(gpointer data) {
    const Rig *rig = data;
    return rig->pair.a.n_stats > 0 && rig->pair.b.n_stats > 0;
}

static bool have_received(gpointer data) {
    return link_count_received(&((Rig *)data)->pair.b) >= 200;
}

static void send_some(Rig *rig) {
    for (guint i = 0; i < 100; i++)
        link_send(&rig->pair.a, LINK_VIDEO, 2, 900);
    link_wait(have_received, rig, 10);
    link_wait(has_stats, rig, 5);
}

static void check_both_by(Rig *rig, const char *way) {
    g_assert_true(g_str_has_prefix(rig->pair.a.stats.local_candidate, way) ||
                  g_str_has_prefix(rig->pair.b.stats.local_candidate, way));
}

/* ---- which way ---- */

static void check_relayed(LecRelayKind kind, const char *way) {
    Rig rig;
    if (!rig_init(&rig, &kind, 1, NULL))
        return;
    rig.pair.a.config.relays_only = rig.pair.b.config.relays_only = true;
    link_pair_connect(&rig.pair);
    send_some(&rig);
    check_both_by(&rig, way);
    g_assert_cmpstr(rig.pair.a.stats.srtp_profile, ==, "AEAD_AES_256_GCM");
    rig_clear(&rig);
}

static void test_udp(void) {
    check_relayed(LEC_RELAY_TURN_UDP, "udp relay");
}

static void test_tls(void) {
    check_relayed(LEC_RELAY_TURN_TLS, "tls relay");
}

static void test_udp_before_tls(void) {
    Rig rig;
    const LecRelayKind kinds[] = {LEC_RELAY_TURN_TLS, LEC_RELAY_TURN_UDP};
    if (!rig_init(&rig, kinds, 2, NULL))
        return;
    rig.pair.a.config.relays_only = rig.pair.b.config.relays_only = true;
    link_pair_connect(&rig.pair);
    send_some(&rig);
    check_both_by(&rig, "udp relay");
    rig_clear(&rig);
}

static void test_direct_before_relays(void) {
    Rig rig;
    const LecRelayKind kinds[] = {LEC_RELAY_STUN, LEC_RELAY_TURN_UDP, LEC_RELAY_TURN_TLS};
    if (!rig_init(&rig, kinds, 3, NULL))
        return;
    link_pair_connect(&rig.pair);
    send_some(&rig);
    check_both_by(&rig, "udp host");
    rig_clear(&rig);
}

/* ---- what is refused ---- */

static bool both_gathered(gpointer data) {
    const Rig *rig = data;
    return rig->pair.a.gathered && rig->pair.b.gathered;
}

static bool hides_relays(LinkSide *from, LecCandidate *candidate, gpointer data) {
    *(guint *)data += candidate->type == LEC_CANDIDATE_RELAY;
    return true;
}

/* The relays that a refuses to be used are never asked; the call goes on without. */
static void check_no_relay(Rig *rig) {
    guint relayed = 0;
    rig->pair.carry = hides_relays;
    rig->pair.carry_data = &relayed;
    link_pair_connect(&rig->pair);
    send_some(rig);
    link_wait(both_gathered, rig, 30);
    g_assert_cmpuint(relayed, ==, 0);
    check_both_by(rig, "udp host");
}

static void test_wrong_password(void) {
    Rig rig;
    const LecRelayKind kinds[] = {LEC_RELAY_TURN_UDP, LEC_RELAY_TURN_TLS};
    if (!rig_init(&rig, kinds, 2, "another password"))
        return;
    check_no_relay(&rig);
    rig_clear(&rig);
}

static void test_unknown_authority(void) {
    Rig rig;
    const LecRelayKind kind = LEC_RELAY_TURN_TLS;
    if (!rig_init(&rig, &kind, 1, NULL))
        return;
    rig.pair.a.config.anchors = rig.pair.b.config.anchors = NULL;
    check_no_relay(&rig);
    rig_clear(&rig);
}

static void test_policy(void) {
    Rig rig;
    const LecRelayKind kinds[] = {LEC_RELAY_STUN, LEC_RELAY_TURN_UDP, LEC_RELAY_TURN_TLS};
    if (!rig_init(&rig, kinds, 3, NULL))
        return;
    rig.pair.a.config.no_relays = rig.pair.b.config.no_relays = true;
    check_no_relay(&rig);
    rig_clear(&rig);
}

static bool has_failed(gpointer data) {
    return ((Rig *)data)->pair.a.state == LEC_LINK_FAILED;
}

/* One side's policy holds, though the other has nothing but a relay. */
static void test_policy_of_one(void) {
    Rig rig;
    const LecRelayKind kind = LEC_RELAY_TURN_UDP;
    if (!rig_init(&rig, &kind, 1, NULL))
        return;
    rig.pair.a.config.no_relays = true;
    rig.pair.b.config.relays_only = true;
    link_pair_open(&rig.pair);
    link_pair_start(&rig.pair);
    link_wait(has_failed, &rig, 40);
    g_assert_cmpuint(link_count_received(&rig.pair.b), ==, 0);
    rig_clear(&rig);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/relay/over-udp", test_udp);
    g_test_add_func("/relay/inside-tls", test_tls);
    g_test_add_func("/relay/udp-before-tls", test_udp_before_tls);
    g_test_add_func("/relay/direct-before-relays", test_direct_before_relays);
    g_test_add_func("/relay/wrong-password", test_wrong_password);
    g_test_add_func("/relay/unknown-authority", test_unknown_authority);
    g_test_add_func("/relay/policy", test_policy);
    g_test_add_func("/relay/policy-of-one", test_policy_of_one);
    return g_test_run();
}
