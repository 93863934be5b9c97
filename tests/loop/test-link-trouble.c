/* Links in a bad world: loss, liars, strangers, rubbish, a peer that dies, one that closes, a
 * network that comes back. */
#include "tests/support/link-pair.h"
#include "tests/support/udp-relay.h"

#include "common/transport/dtls.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    LinkSide *side;
    guint n;
} Expectation;

static bool has_received(gpointer data) {
    Expectation *expected = data;
    return link_count_received(expected->side) >= expected->n;
}

static void wait_received(LinkSide *side, guint n, guint seconds) {
    Expectation expected = {side, n};
    link_wait(has_received, &expected, seconds);
}

/* ---- liars ---- */

static void check_lie(bool to_a) {
    LinkPair pair;
    link_pair_init(&pair);
    LecFingerprint lie = *lec_identity_get_fingerprint(to_a ? pair.b.identity : pair.a.identity);
    lie.bytes[7] ^= 1;
    *(to_a ? &pair.lie_to_a : &pair.lie_to_b) = &lie;
    link_pair_open(&pair);
    link_pair_start(&pair);
    link_wait(link_pair_has_failed, &pair, 14);
    LinkSide *told = to_a ? &pair.a : &pair.b, *other = to_a ? &pair.b : &pair.a;
    g_assert_error(told->error, LEC_LINK_ERROR, LEC_LINK_ERROR_FINGERPRINT);
    g_assert_true(g_error_matches(other->error, LEC_LINK_ERROR, LEC_LINK_ERROR_DTLS) ||
                  g_error_matches(other->error, LEC_LINK_ERROR, LEC_LINK_ERROR_CLOSED));
    g_assert_cmpint(pair.a.connected_us, ==, 0);
    g_assert_cmpint(pair.b.connected_us, ==, 0);
    link_send(&pair.a, LINK_VIDEO, 5, 100);
    link_run_for(200);
    g_assert_cmpuint(link_count_received(&pair.b), ==, 0);
    link_pair_clear(&pair);
}

static void test_lie_to_offerer(void) {
    check_lie(true);
}

static void test_lie_to_answerer(void) {
    check_lie(false);
}

/* ---- loss ---- */

static void test_loss(void) {
    LinkPair pair;
    UdpRelay relay;
    link_pair_init(&pair);
    udp_relay_init(&relay);
    pair.carry = udp_relay_carry;
    pair.carry_data = &relay;
    link_pair_connect(&pair);
    relay.drop_percent = 10;
    for (guint i = 0; i < 100; i++) {
        link_send(&pair.a, LINK_VIDEO, 10, 1000);
        link_run_for(10);
    }
    relay.drop_percent = 0;
    link_send(&pair.a, LINK_VIDEO, 1, 1000); /* shows a loss at the very end */
    link_run_for(1500);
    guint received = link_count_received(&pair.b);
    guint lost = 0;
    for (guint i = 1; i < received; i++) {
        g_assert_cmpuint(pair.b.received[i].number, >, pair.b.received[i - 1].number);
        guint gap = pair.b.received[i].number - pair.b.received[i - 1].number - 1;
        g_assert_cmpint(pair.b.received[i].discontinuity, ==, gap > 0);
        lost += gap;
    }
    g_test_message("%u of 1001 packets arrived, %u dropped on the way, %u sent again, %u recovered",
                   received, relay.n_dropped, (guint)pair.a.stats.retransmitted_packets,
                   (guint)pair.b.stats.recovered_packets);
    g_assert_cmpuint(relay.n_dropped, >, 50);
    g_assert_cmpuint(received, >=, 1001 - 10);
    g_assert_cmpuint(received + lost, ==, 1001);
    g_assert_cmpuint(pair.b.stats.recovered_packets, >, 50);
    g_assert_cmpuint(pair.b.stats.nacks_sent, >, 50);
    g_assert_cmpuint(pair.a.stats.retransmitted_packets, >=, pair.b.stats.recovered_packets);
    g_assert_cmpuint(pair.b.stats.dropped_srtp, ==, 0);
    link_pair_clear(&pair);
    udp_relay_clear(&relay);
}

/* The last packets before a screen falls still are lost, and nothing follows that would show it. */
static void test_lost_tail(void) {
    LinkPair pair;
    UdpRelay relay;
    link_pair_init(&pair);
    udp_relay_init(&relay);
    pair.carry = udp_relay_carry;
    pair.carry_data = &relay;
    link_pair_connect(&pair);
    link_send(&pair.a, LINK_VIDEO, 3, 1000);
    wait_received(&pair.b, 3, 5);
    relay.drop_next = 4;
    link_send(&pair.a, LINK_VIDEO, 4, 1000);
    wait_received(&pair.b, 7, 5);
    for (guint i = 1; i < 7; i++)
        g_assert_false(pair.b.received[i].discontinuity);
    g_assert_cmpuint(relay.n_dropped, ==, 4);
    link_pair_clear(&pair);
    udp_relay_clear(&relay);
}

/* Nothing passes for 3 s, then all does: the same link goes on. */
static void test_network_back(void) {
    LinkPair pair;
    UdpRelay relay;
    link_pair_init(&pair);
    udp_relay_init(&relay);
    pair.carry = udp_relay_carry;
    pair.carry_data = &relay;
    link_pair_connect(&pair);
    link_send(&pair.a, LINK_VIDEO, 1, 100);
    wait_received(&pair.b, 1, 5);
    relay.cut = true;
    link_send(&pair.a, LINK_VIDEO, 3, 100);
    link_run_for(3000);
    g_assert_cmpuint(link_count_received(&pair.b), ==, 1);
    relay.cut = false;
    link_send(&pair.a, LINK_VIDEO, 1, 100);
    wait_received(&pair.b, 2, 5);
    g_assert_true(link_pair_is_connected(&pair));
    link_pair_clear(&pair);
    udp_relay_clear(&relay);
}

/* RFC 7675: what comes from the peer is no consent to what goes there; only its answers are. */
static void test_no_consent(void) {
    LinkPair pair;
    UdpRelay relay;
    link_pair_init(&pair);
    udp_relay_init(&relay);
    pair.carry = udp_relay_carry;
    pair.carry_data = &relay;
    link_pair_connect(&pair);
    relay.cut_checks = true;
    gint64 cut_us = g_get_monotonic_time();
    link_wait(link_pair_has_failed, &pair, 31);
    g_test_message("noticed after %.1f s: %s",
                   (double)(g_get_monotonic_time() - cut_us) / G_USEC_PER_SEC,
                   pair.a.error->message);
    g_assert_cmpint(g_get_monotonic_time() - cut_us, <, 15 * G_USEC_PER_SEC);
    g_assert_error(pair.a.error, LEC_LINK_ERROR, LEC_LINK_ERROR_LOST);
    link_pair_clear(&pair);
    udp_relay_clear(&relay);
}

static void test_network_gone(void) {
    LinkPair pair;
    UdpRelay relay;
    link_pair_init(&pair);
    udp_relay_init(&relay);
    pair.carry = udp_relay_carry;
    pair.carry_data = &relay;
    link_pair_connect(&pair);
    link_run_for(1200);
    relay.cut = true;
    gint64 cut_us = g_get_monotonic_time();
    link_wait(link_pair_has_failed, &pair, 11);
    g_test_message("noticed after %.1f s",
                   (double)(g_get_monotonic_time() - cut_us) / G_USEC_PER_SEC);
    g_assert_cmpint(g_get_monotonic_time() - cut_us, <, 10 * G_USEC_PER_SEC);
    g_assert_cmpint(g_get_monotonic_time() - cut_us, >, 4 * G_USEC_PER_SEC);
    g_assert_error(pair.a.error, LEC_LINK_ERROR, LEC_LINK_ERROR_LOST);
    g_assert_error(pair.b.error, LEC_LINK_ERROR, LEC_LINK_ERROR_LOST);
    link_pair_clear(&pair);
    udp_relay_clear(&relay);
}

/* ---- strangers: a socket of another's that knows where the link is ---- */

typedef struct {
    GSocket *socket;
    GArray *ports; /* guint16: where the links listen */
    GBytes *hello; /* a genuine ClientHello */
    guint n_sent;
} Stranger;

static bool note_ports(LinkSide *from, LecCandidate *candidate, gpointer data) {
    Stranger *stranger = data;
    if (candidate->transport == LEC_CANDIDATE_UDP)
        g_array_append_val(stranger->ports, candidate->port);
    return candidate->transport == LEC_CANDIDATE_UDP;
}

static void keep_hello(const guint8 *datagram, gsize len, void *user) {
    Stranger *stranger = user;
    if (stranger->hello == NULL)
        stranger->hello = g_bytes_new(datagram, len);
}

static void ignore_secured(const LecSrtpKeys *keys, void *user) {
}

static void ignore_failed(const GError *error, void *user) {
}

static void make_hello(Stranger *stranger) {
    static const LecDtlsEvents events = {
        .send = keep_hello, .secured = ignore_secured, .failed = ignore_failed};
    g_autoptr(LecIdentity) identity = lec_identity_new_ephemeral("stranger", NULL);
    LecDtlsConfig config = {
        .context = g_main_context_default(), .identity = identity, .active = true};
    g_autoptr(LecDtls) dtls = lec_dtls_new(&config, &events, stranger, NULL);
    lec_dtls_start(dtls);
    g_assert_nonnull(stranger->hello);
}

static void spray(Stranger *stranger) {
    guint8 rtp[112] = {0x80, LINK_VIDEO_PT, 0, 1, 0, 0, 0, 0, 0, 0, 0x03, 0xe8};
    guint8 alert[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0,
                      0,  0,    99,   0, 2, 2, 40}; /* fatal, handshake_failure */
    for (guint i = 0; i < stranger->ports->len; i++) {
        g_autoptr(GSocketAddress) to = g_inet_socket_address_new_from_string(
            "127.0.0.1", g_array_index(stranger->ports, guint16, i));
        gsize len;
        const char *hello = g_bytes_get_data(stranger->hello, &len);
        g_socket_send_to(stranger->socket, to, hello, len, NULL, NULL);
        g_socket_send_to(stranger->socket, to, (const char *)rtp, sizeof rtp, NULL, NULL);
        g_socket_send_to(stranger->socket, to, (const char *)alert, sizeof alert, NULL, NULL);
        stranger->n_sent += 3;
    }
}

static gboolean on_spray(gpointer data) {
    spray(data);
    return G_SOURCE_CONTINUE;
}

static void check_strangers(LecSetup answerer) {
    LinkPair pair;
    Stranger stranger = {.ports = g_array_new(FALSE, FALSE, sizeof(guint16))};
    stranger.socket =
        g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
    g_socket_set_blocking(stranger.socket, FALSE);
    make_hello(&stranger);
    link_pair_init(&pair);
    pair.b.config.setup = answerer;
    pair.carry = note_ports;
    pair.carry_data = &stranger;
    guint source = g_timeout_add(1, on_spray, &stranger);
    link_pair_connect(&pair);
    link_send(&pair.a, LINK_VIDEO, 20, 500);
    link_send(&pair.b, LINK_VIDEO, 20, 500);
    wait_received(&pair.a, 20, 5);
    wait_received(&pair.b, 20, 5);
    link_run_for(1200);
    g_source_remove(source);
    g_assert_true(link_pair_is_connected(&pair));
    g_assert_cmpuint(stranger.n_sent, >, 300);
    g_assert_cmpuint(pair.a.stats.received_packets, >=, 20);
    g_assert_cmpuint(pair.a.stats.received_packets, <=, 21); /* the last comes twice */
    /* Forged RTP that came through ICE would be counted here, and a ClientHello would be answered.
     */
    g_assert_cmpuint(pair.a.stats.dropped_srtp + pair.b.stats.dropped_srtp, ==, 0);
    char answer[1500];
    g_assert_cmpint(g_socket_receive(stranger.socket, answer, sizeof answer, NULL, NULL), <=, 0);
    g_test_message("%u datagrams sprayed", stranger.n_sent);
    link_pair_clear(&pair);
    g_object_unref(stranger.socket);
    g_array_unref(stranger.ports);
    g_bytes_unref(stranger.hello);
}

static void test_strangers(void) {
    check_strangers(LEC_SETUP_ACTIVE);
    check_strangers(LEC_SETUP_PASSIVE);
}

/* ---- rubbish from the validated address itself ---- */

static void test_rubbish(void) {
    LinkPair pair;
    UdpRelay relay;
    link_pair_init(&pair);
    udp_relay_init(&relay);
    pair.carry = udp_relay_carry;
    pair.carry_data = &relay;
    link_pair_connect(&pair);
    for (guint i = 0; i < 3000; i++) {
        guint8 rubbish[1400];
        gsize len = (gsize)g_rand_int_range(relay.rand, 1, i % 10 ? 200 : sizeof rubbish);
        for (gsize j = 0; j < len; j++)
            rubbish[j] = (guint8)g_rand_int(relay.rand);
        if (i % 4 == 1)
            rubbish[0] = (guint8)(0x80 | (rubbish[0] & 0x3f));
        else if (i % 4 == 2)
            rubbish[0] = (guint8)g_rand_int_range(relay.rand, 20, 64);
        udp_relay_inject(&relay, i & 1, rubbish, len);
        if (i % 100 == 0)
            g_main_context_iteration(NULL, FALSE);
    }
    link_send(&pair.a, LINK_VIDEO, 20, 500);
    link_send(&pair.b, LINK_VIDEO, 20, 500);
    wait_received(&pair.a, 20, 5);
    wait_received(&pair.b, 20, 5);
    link_run_for(1100);
    g_assert_true(link_pair_is_connected(&pair));
    g_assert_cmpuint(pair.a.stats.dropped_srtp, >, 100);
    g_assert_cmpuint(link_count_received(&pair.a), ==, 20);
    link_pair_clear(&pair);
    udp_relay_clear(&relay);
}

/* ---- endings ---- */

static void test_close(void) {
    LinkPair pair;
    link_pair_init(&pair);
    link_pair_connect(&pair);
    gint64 start_us = g_get_monotonic_time();
    g_clear_pointer(&pair.a.link, lec_link_free);
    link_wait(link_side_has_failed, &pair.b, 5);
    g_assert_error(pair.b.error, LEC_LINK_ERROR, LEC_LINK_ERROR_CLOSED);
    g_assert_cmpint(g_get_monotonic_time() - start_us, <, 2 * G_USEC_PER_SEC);
    link_pair_clear(&pair);
}

static bool keep_none(LinkSide *from, LecCandidate *candidate, gpointer data) {
    return false;
}

static void test_no_path(void) {
    LinkPair pair;
    link_pair_init(&pair);
    pair.carry = keep_none;
    link_pair_open(&pair);
    link_pair_start(&pair);
    link_wait(link_pair_has_failed, &pair, 20);
    g_assert_error(pair.a.error, LEC_LINK_ERROR, LEC_LINK_ERROR_CONNECT);
    g_assert_error(pair.b.error, LEC_LINK_ERROR, LEC_LINK_ERROR_CONNECT);
    g_assert_cmpint(g_get_monotonic_time() - pair.started_us, >, 14 * G_USEC_PER_SEC);
    link_pair_clear(&pair);
}

/* ---- a peer in a process of its own, killed ---- */

static void write_all(int fd, const void *data, gsize len) {
    for (gsize done = 0; done < len;) {
        gssize n = write(fd, (const char *)data + done, len - done);
        g_assert_cmpint(n, >, 0);
        done += (gsize)n;
    }
}

static void read_all(int fd, void *data, gsize len) {
    for (gsize done = 0; done < len;) {
        gssize n = read(fd, (char *)data + done, len - done);
        g_assert_cmpint(n, >, 0);
        done += (gsize)n;
    }
}

/* The same program at both ends, so the structs are the same too. */
static void write_params(int fd, LecMediaParams *params) {
    guint n = params->candidates->len;
    write_all(fd, params, sizeof *params);
    write_all(fd, &n, sizeof n);
    write_all(fd, params->candidates->data, n * sizeof(LecCandidate));
}

static LecMediaParams *read_params(int fd) {
    LecMediaParams *params = lec_media_params_new();
    GArray *candidates = params->candidates;
    guint n;
    read_all(fd, params, sizeof *params);
    params->candidates = candidates;
    read_all(fd, &n, sizeof n);
    g_array_set_size(candidates, n);
    read_all(fd, candidates->data, n * sizeof(LecCandidate));
    return params;
}

static bool has_gathered(gpointer data) {
    return ((LinkSide *)data)->gathered;
}

static bool is_connected(gpointer data) {
    LinkSide *side = data;
    g_assert_no_error(side->error);
    return side->state == LEC_LINK_CONNECTED;
}

/* Opens one side alone and connects it to whatever is behind the descriptors. */
static void connect_over(LinkSide *side, LecTransport *transport, int in, int out) {
    g_autoptr(GError) error = NULL;
    side->peer = NULL;
    link_side_open(side, transport);
    link_wait(has_gathered, side, 5);
    LecMediaParams *full = side->local;
    lec_link_describe(side->link, full);
    write_params(out, full);
    g_autoptr(LecMediaParams) remote = read_params(in);
    lec_link_start(side->link, side->local, remote, &error);
    g_assert_no_error(error);
    link_wait(is_connected, side, 10);
}

static G_GNUC_NORETURN void be_peer(void) {
    LinkPair pair;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* never outlives the test */
    link_pair_init(&pair);
    connect_over(&pair.b, pair.transport, STDIN_FILENO, STDOUT_FILENO);
    char done = 'c';
    write_all(STDOUT_FILENO, &done, 1);
    for (;;) /* until killed */
        g_main_context_iteration(NULL, TRUE);
}

static void check_killed(const char *self) {
    LinkPair pair;
    int in, out;
    GPid child;
    g_autoptr(GError) error = NULL;
    const char *argv[] = {self, "--peer", NULL};
    g_spawn_async_with_pipes(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                             &child, &in, &out, NULL, &error);
    g_assert_no_error(error);
    link_pair_init(&pair);
    connect_over(&pair.a, pair.transport, out, in);
    char done;
    read_all(out, &done, 1);
    link_send(&pair.a, LINK_VIDEO, 5, 500);
    link_run_for(1300);
    kill(child, SIGKILL);
    gint64 killed_us = g_get_monotonic_time();
    waitpid(child, NULL, 0);
    link_wait(link_side_has_failed, &pair.a, 12);
    gint64 took_us = g_get_monotonic_time() - killed_us;
    g_test_message("kill noticed after %.1f s", (double)took_us / G_USEC_PER_SEC);
    g_assert_error(pair.a.error, LEC_LINK_ERROR, LEC_LINK_ERROR_LOST);
    g_assert_cmpint(took_us, <, 10 * G_USEC_PER_SEC);
    close(in);
    close(out);
    link_pair_clear(&pair);
}

static void test_killed(gconstpointer self) {
    check_killed(self);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--peer") == 0)
        be_peer();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/link/lie-to-offerer", test_lie_to_offerer);
    g_test_add_func("/link/lie-to-answerer", test_lie_to_answerer);
    g_test_add_func("/link/loss", test_loss);
    g_test_add_func("/link/lost-tail", test_lost_tail);
    g_test_add_func("/link/network-back", test_network_back);
    g_test_add_func("/link/no-consent", test_no_consent);
    g_test_add_func("/link/network-gone", test_network_gone);
    g_test_add_func("/link/strangers", test_strangers);
    g_test_add_func("/link/rubbish", test_rubbish);
    g_test_add_func("/link/close", test_close);
    g_test_add_func("/link/no-path", test_no_path);
    g_test_add_data_func("/link/killed", argv[0], test_killed);
    return g_test_run();
}
