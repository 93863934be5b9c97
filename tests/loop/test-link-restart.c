/* Links that move to other paths: while the old one lives, after it has died, before there was one;
 * floods, wrong passwords, and a grace that ends. */
#include "tests/support/link-pair.h"
#include "tests/support/udp-relay.h"

#include <string.h>

#define FRAME_MS 10

/* Two networks between the links, one at a time; a sends all the while. */
typedef struct {
    LinkPair pair;
    UdpRelay first, second;
    guint source;
    guint mark; /* packets that b had when last looked at */
} Move;

static gboolean on_frame(gpointer data) {
    Move *move = data;
    link_send(&move->pair.a, LINK_VIDEO, 2, 500);
    return G_SOURCE_CONTINUE;
}

static void move_init(Move *move, guint grace_ms) {
    *move = (Move){0};
    link_pair_init(&move->pair);
    udp_relay_init(&move->first);
    udp_relay_init(&move->second);
    move->pair.carry = udp_relay_carry;
    move->pair.carry_data = &move->first;
    move->pair.a.config.grace_ms = move->pair.b.config.grace_ms = grace_ms;
}

static void move_start(Move *move) {
    link_pair_connect(&move->pair);
    move->source = g_timeout_add(FRAME_MS, on_frame, move);
}

static void move_clear(Move *move) {
    g_clear_handle_id(&move->source, g_source_remove);
    link_pair_clear(&move->pair);
    udp_relay_clear(&move->first);
    udp_relay_clear(&move->second);
}

static void change_network(Move *move) {
    move->pair.carry_data = &move->second;
}

static bool receives(gpointer data) {
    Move *move = data;
    return link_count_received(&move->pair.b) > move->mark + 20;
}

/* Milliseconds until b has had twenty packets more. */
static double wait_media(Move *move, guint seconds) {
    const gint64 start_us = g_get_monotonic_time();
    move->mark = link_count_received(&move->pair.b);
    link_wait(receives, move, seconds);
    return (double)(g_get_monotonic_time() - start_us) / 1000;
}

static bool uses_second(const Move *move) {
    g_autofree char *port = g_strdup_printf(":%u", move->second.relay_b);
    return g_str_has_suffix(move->pair.a.stats.remote_candidate, port);
}

static bool a_uses_second(gpointer data) {
    return uses_second(data);
}

static bool is_disconnected(gpointer data) {
    return ((LinkSide *)data)->state == LEC_LINK_DISCONNECTED;
}

/* ---- while the old path lives: nothing is lost ---- */

static void check_alive(bool by_a) {
    Move move;
    move_init(&move, 0);
    move_start(&move);
    wait_media(&move, 5);
    const guint states = move.pair.a.n_states + move.pair.b.n_states;
    change_network(&move);
    link_pair_restart(&move.pair, by_a ? &move.pair.a : &move.pair.b, NULL);
    link_wait(a_uses_second, &move, 5);
    wait_media(&move, 5);
    const guint received = link_count_received(&move.pair.b);
    for (guint i = 0; i < received; i++)
        g_assert_cmpuint(move.pair.b.received[i].number, ==, i);
    /* The same keys: no handshake, and nothing that does not decrypt. */
    g_assert_cmpuint(move.pair.a.n_states + move.pair.b.n_states, ==, states);
    link_run_for(1100);
    g_assert_cmpuint(move.pair.a.stats.dropped_srtp + move.pair.b.stats.dropped_srtp, ==, 0);
    /* And a while later, without the old path. */
    move.first.cut = true;
    link_run_for(3500);
    wait_media(&move, 5);
    move_clear(&move);
}

static void test_alive_by_offerer(void) {
    check_alive(true);
}

static void test_alive_by_answerer(void) {
    check_alive(false);
}

/* ---- after it has died ---- */

static void check_dead(bool by_a) {
    Move move;
    move_init(&move, 30000);
    move_start(&move);
    wait_media(&move, 5);
    const guint states = move.pair.a.n_states + move.pair.b.n_states;
    move.first.cut = true;
    link_run_for(300);
    change_network(&move);
    link_pair_restart(&move.pair, by_a ? &move.pair.a : &move.pair.b, NULL);
    const double ms = wait_media(&move, 5);
    g_test_message("path dead, restarted by the %s: media after %.0f ms",
                   by_a ? "offerer" : "answerer", ms);
    g_assert_cmpfloat(ms, <, 1500);
    g_assert_cmpuint(move.pair.a.n_states + move.pair.b.n_states, ==, states);
    g_assert_cmpuint(move.pair.a.n_keyframe_requests, >=, 1);
    move_clear(&move);
}

static void test_dead_by_offerer(void) {
    check_dead(true);
}

static void test_dead_by_answerer(void) {
    check_dead(false);
}

/* The loss has been noticed by both, by silence and by consent: the link waits, and comes back. */
static void test_disconnected(void) {
    Move move;
    move_init(&move, 30000);
    move_start(&move);
    link_run_for(1500);
    move.first.cut = true;
    link_wait(is_disconnected, &move.pair.a, 11);
    link_wait(is_disconnected, &move.pair.b, 11);
    g_assert_null(move.pair.a.error);
    link_run_for(5000); /* consent has run out by now */
    change_network(&move);
    link_pair_restart(&move.pair, &move.pair.a, NULL);
    const double ms = wait_media(&move, 5);
    g_test_message("disconnected, restarted: media after %.0f ms", ms);
    g_assert_cmpfloat(ms, <, 1500);
    g_assert_true(link_pair_is_connected(&move.pair));
    move_clear(&move);
}

/* Silent for longer than a peer may be, and then there again, by itself. */
static void test_back_by_itself(void) {
    Move move;
    move_init(&move, 30000);
    move_start(&move);
    link_run_for(1500);
    move.first.drop_percent = 100;
    move.first.cut_checks = false;
    move.first.cut = true;
    link_run_for(2500);
    move.first.cut = false;
    move.first.drop_percent = 0;
    wait_media(&move, 5);
    link_wait(link_pair_is_connected, &move.pair, 5);
    move_clear(&move);
}

static void test_grace_over(void) {
    Move move;
    move_init(&move, 1500);
    move_start(&move);
    link_run_for(1500);
    move.first.cut = true;
    link_wait(is_disconnected, &move.pair.b, 11);
    const gint64 since_us = g_get_monotonic_time();
    link_wait(link_side_has_failed, &move.pair.b, 4);
    g_assert_cmpint(g_get_monotonic_time() - since_us, >, 1400 * 1000);
    g_assert_error(move.pair.b.error, LEC_LINK_ERROR, LEC_LINK_ERROR_LOST);
    link_wait(link_side_has_failed, &move.pair.a, 11);
    move_clear(&move);
}

/* ---- before there was one ---- */

static void test_connecting(void) {
    Move move;
    move_init(&move, 0);
    move.first.cut = true;
    link_pair_open(&move.pair);
    link_pair_start(&move.pair);
    link_run_for(500);
    g_assert_cmpint(move.pair.a.state, ==, LEC_LINK_CONNECTING);
    change_network(&move);
    link_pair_restart(&move.pair, &move.pair.a, NULL);
    link_wait(link_pair_is_connected, &move.pair, 5);
    move.source = g_timeout_add(FRAME_MS, on_frame, &move);
    wait_media(&move, 5);
    move_clear(&move);
}

/* ---- abuse ---- */

static void test_flood(void) {
    Move move;
    move_init(&move, 0);
    move_start(&move);
    wait_media(&move, 5);
    for (guint i = 0; i < 30; i++) {
        link_pair_restart(&move.pair, i & 1 ? &move.pair.a : &move.pair.b, NULL);
        if (i % 3 == 0)
            link_run_for(5);
    }
    change_network(&move);
    link_pair_restart(&move.pair, &move.pair.a, NULL);
    link_wait(a_uses_second, &move, 5);
    wait_media(&move, 5);
    g_assert_true(link_pair_is_connected(&move.pair));
    move_clear(&move);
}

/* Who does not know the password gets no path; the old one goes on, and a right restart works. */
static void test_wrong_password(void) {
    Move move;
    move_init(&move, 0);
    move_start(&move);
    wait_media(&move, 5);
    change_network(&move);
    link_pair_restart(&move.pair, &move.pair.a, "0123456789abcdefghijklmnopqrstuv");
    link_run_for(3000);
    wait_media(&move, 5);
    g_assert_true(link_pair_is_connected(&move.pair));
    g_assert_false(uses_second(&move));
    link_pair_restart(&move.pair, &move.pair.a, NULL);
    link_wait(a_uses_second, &move, 5);
    wait_media(&move, 5);
    move_clear(&move);
}

static void test_bad_credentials(void) {
    Move move;
    move_init(&move, 0);
    move_start(&move);
    link_run_for(300);
    change_network(&move);
    move.pair.b.gathered = false;
    lec_link_restart(move.pair.b.link);
    static const char *const BAD[] = {"", "short", "0123456789abcdefghijk\n", NULL};
    for (const char *const *pwd = BAD; *pwd; pwd++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(LecMediaParams) remote = lec_media_params_copy(move.pair.a.local);
        g_strlcpy(remote->ice_pwd, *pwd, sizeof remote->ice_pwd);
        g_assert_false(lec_link_restart_remote(move.pair.b.link, remote, &error));
        g_assert_error(error, LEC_LINK_ERROR, LEC_LINK_ERROR_PARAMS);
    }
    wait_media(&move, 5);
    move_clear(&move);
}

/* Nothing of the description before is told once a restart has begun, and nothing of it is taken.
 */
static void test_generations(void) {
    LinkPair pair;
    link_pair_init(&pair);
    pair.b.peer = NULL; /* b's candidates go nowhere by themselves */
    pair.b.config.controlling = false;
    link_side_open(&pair.a, pair.transport);
    link_side_open(&pair.b, pair.transport);
    pair.a.peer = NULL;
    g_autofree char *before = g_strdup(pair.a.local->ice_ufrag);
    lec_link_restart(pair.a.link); /* not started: nothing happens */
    lec_link_describe(pair.a.link, pair.a.local);
    g_assert_cmpstr(pair.a.local->ice_ufrag, ==, before);

    g_autoptr(GError) error = NULL;
    lec_link_start(pair.a.link, pair.a.local, pair.b.local, &error);
    g_assert_no_error(error);
    link_run_for(300);
    g_assert_true(pair.a.gathered);
    const guint once = pair.a.n_candidates;
    pair.a.gathered = false;
    lec_link_restart(pair.a.link);
    lec_link_describe(pair.a.link, pair.a.local);
    g_assert_cmpstr(pair.a.local->ice_ufrag, !=, before);
    g_assert_cmpuint(pair.a.local->candidates->len, ==, 0);
    g_assert_false(pair.a.local->end_of_candidates);
    link_run_for(300);
    g_assert_true(pair.a.gathered);
    g_assert_cmpuint(pair.a.n_candidates, ==, 2 * once);
    lec_link_describe(pair.a.link, pair.a.local);
    g_assert_cmpuint(pair.a.local->candidates->len, ==, once);
    link_pair_clear(&pair);
}

/* Freed while a restart is under way, at several moments of it. */
static void test_free(void) {
    for (guint ms = 0; ms < 60; ms += 6) {
        Move move;
        move_init(&move, 30000);
        move_start(&move);
        change_network(&move);
        link_pair_restart(&move.pair, &move.pair.a, NULL);
        if (ms > 0)
            link_run_for(ms);
        move_clear(&move);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/link-restart/alive/offerer", test_alive_by_offerer);
    g_test_add_func("/link-restart/alive/answerer", test_alive_by_answerer);
    g_test_add_func("/link-restart/dead/offerer", test_dead_by_offerer);
    g_test_add_func("/link-restart/dead/answerer", test_dead_by_answerer);
    g_test_add_func("/link-restart/disconnected", test_disconnected);
    g_test_add_func("/link-restart/back-by-itself", test_back_by_itself);
    g_test_add_func("/link-restart/grace-over", test_grace_over);
    g_test_add_func("/link-restart/connecting", test_connecting);
    g_test_add_func("/link-restart/flood", test_flood);
    g_test_add_func("/link-restart/wrong-password", test_wrong_password);
    g_test_add_func("/link-restart/bad-credentials", test_bad_credentials);
    g_test_add_func("/link-restart/generations", test_generations);
    g_test_add_func("/link-restart/free", test_free);
    return g_test_run();
}
