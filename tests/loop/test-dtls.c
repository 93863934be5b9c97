/* Two DTLS ends face to face, with what a path and a wrong peer may do between them. */
#include "common/transport/dtls.h"
#include "common/transport/link.h"

#include <string.h>

typedef struct End End;
struct End {
    LecIdentity *identity;
    LecDtls *dtls;
    End *peer;
    LecSrtpKeys keys;
    bool secured;
    GError *error;
    guint n_sent;
    guint drop_until; /* the first so many datagrams are lost */
    bool twice;       /* every datagram comes twice */
    GQueue inbox;     /* of GBytes */
};

typedef struct {
    End a, b; /* a is active */
} Pair;

static gboolean on_watchdog(gpointer data) {
    g_error("The condition did not come true in time");
    return G_SOURCE_REMOVE;
}

static void on_send(const guint8 *datagram, gsize len, void *user) {
    End *end = user;
    g_assert_cmpuint(len, <=, 1200);
    if (end->n_sent++ < end->drop_until)
        return;
    g_queue_push_tail(&end->peer->inbox, g_bytes_new(datagram, len));
    if (end->twice)
        g_queue_push_tail(&end->peer->inbox, g_bytes_new(datagram, len));
}

static void on_secured(const LecSrtpKeys *keys, void *user) {
    End *end = user;
    g_assert_false(end->secured);
    end->secured = true;
    end->keys = *keys;
}

static void on_failed(const GError *error, void *user) {
    End *end = user;
    g_assert_null(end->error);
    end->error = g_error_copy(error);
}

static void end_init(End *end, End *peer, const char *name) {
    g_autoptr(GError) error = NULL;
    end->peer = peer;
    g_queue_init(&end->inbox);
    end->identity = lec_identity_new_ephemeral(name, &error);
    g_assert_no_error(error);
}

static void end_open(End *end, const LecFingerprint *remote, bool active, bool allow_aes_128) {
    static const LecDtlsEvents events = {
        .send = on_send, .secured = on_secured, .failed = on_failed};
    g_autoptr(GError) error = NULL;
    LecDtlsConfig config = {.context = g_main_context_default(),
                            .identity = end->identity,
                            .remote = *remote,
                            .active = active,
                            .allow_aes_128 = allow_aes_128};
    end->dtls = lec_dtls_new(&config, &events, end, &error);
    g_assert_no_error(error);
}

static void end_clear(End *end) {
    lec_dtls_free(end->dtls);
    lec_identity_free(end->identity);
    g_clear_error(&end->error);
    g_queue_clear_full(&end->inbox, (GDestroyNotify)g_bytes_unref);
}

static void pair_init(Pair *pair, bool a_allows_128, bool b_allows_128) {
    *pair = (Pair){0};
    end_init(&pair->a, &pair->b, "active");
    end_init(&pair->b, &pair->a, "passive");
    end_open(&pair->a, lec_identity_get_fingerprint(pair->b.identity), true, a_allows_128);
    end_open(&pair->b, lec_identity_get_fingerprint(pair->a.identity), false, b_allows_128);
}

static void pair_clear(Pair *pair) {
    end_clear(&pair->a);
    end_clear(&pair->b);
}

static void deliver(End *end) {
    GBytes *datagram = g_queue_pop_head(&end->inbox);
    if (datagram == NULL)
        return;
    gsize len;
    const guint8 *data = g_bytes_get_data(datagram, &len);
    lec_dtls_receive(end->dtls, data, len);
    g_bytes_unref(datagram);
}

static bool is_settled(const End *end) {
    return end->secured || end->error != NULL;
}

static void run_until(Pair *pair, bool (*done)(const Pair *pair)) {
    guint watchdog = g_timeout_add_seconds(15, on_watchdog, NULL);
    while (!done(pair)) {
        deliver(&pair->a);
        deliver(&pair->b);
        bool idle = pair->a.inbox.length == 0 && pair->b.inbox.length == 0;
        if (!done(pair))
            g_main_context_iteration(NULL, idle);
    }
    g_source_remove(watchdog);
}

static bool both_settled(const Pair *pair) {
    return is_settled(&pair->a) && is_settled(&pair->b);
}

static bool both_failed(const Pair *pair) {
    return pair->a.error != NULL && pair->b.error != NULL;
}

static bool b_failed(const Pair *pair) {
    return pair->b.error != NULL;
}

static void start(Pair *pair) {
    lec_dtls_start(pair->b.dtls);
    lec_dtls_start(pair->a.dtls);
}

static void assert_same_keys(const Pair *pair) {
    g_assert_true(pair->a.secured && pair->b.secured);
    g_assert_cmpint(pair->a.keys.profile, ==, pair->b.keys.profile);
    g_assert_cmpmem(pair->a.keys.send, sizeof pair->a.keys.send, pair->b.keys.receive,
                    sizeof pair->b.keys.receive);
    g_assert_cmpmem(pair->a.keys.receive, sizeof pair->a.keys.send, pair->b.keys.send,
                    sizeof pair->b.keys.receive);
    g_assert_cmpint(memcmp(pair->a.keys.send, pair->a.keys.receive, sizeof pair->a.keys.send), !=,
                    0);
}

static void test_keys(void) {
    Pair pair;
    pair_init(&pair, false, false);
    start(&pair);
    run_until(&pair, both_settled);
    assert_same_keys(&pair);
    g_assert_cmpint(lec_dtls_get_rtt_us(pair.a.dtls), >, 0);
    g_assert_cmpint(lec_dtls_get_rtt_us(pair.b.dtls), >, 0);
    g_assert_cmpint(pair.a.keys.profile, ==, LEC_SRTP_AEAD_AES_256_GCM);
    pair_clear(&pair);
}

/* A peer that would take AES-128 does not get it from one that does not, and both prefer 256 bits.
 */
static void test_profiles(void) {
    for (int i = 1; i < 4; i++) {
        Pair pair;
        pair_init(&pair, i & 1, i & 2);
        start(&pair);
        run_until(&pair, both_settled);
        assert_same_keys(&pair);
        g_assert_cmpint(pair.a.keys.profile, ==, LEC_SRTP_AEAD_AES_256_GCM);
        pair_clear(&pair);
    }
}

/* The wrong one fails for the fingerprint, the other for the alert; neither has keys. wrong: who is
 * told falsely. */
static void check_wrong_fingerprint(bool active_is_told) {
    Pair pair = {0};
    end_init(&pair.a, &pair.b, "active");
    end_init(&pair.b, &pair.a, "passive");
    LecFingerprint of_a = *lec_identity_get_fingerprint(pair.a.identity);
    LecFingerprint of_b = *lec_identity_get_fingerprint(pair.b.identity);
    if (active_is_told)
        of_b.bytes[31] ^= 1;
    else
        of_a.bytes[0] ^= 0x80;
    end_open(&pair.a, &of_b, true, false);
    end_open(&pair.b, &of_a, false, false);
    start(&pair);
    run_until(&pair, both_failed);
    const End *told = active_is_told ? &pair.a : &pair.b,
              *other = active_is_told ? &pair.b : &pair.a;
    g_assert_error(told->error, LEC_LINK_ERROR, LEC_LINK_ERROR_FINGERPRINT);
    g_assert_true(g_error_matches(other->error, LEC_LINK_ERROR, LEC_LINK_ERROR_DTLS) ||
                  g_error_matches(other->error, LEC_LINK_ERROR, LEC_LINK_ERROR_CLOSED));
    g_assert_false(told->secured || other->secured);
    pair_clear(&pair);
}

static void test_wrong_fingerprint_active(void) {
    check_wrong_fingerprint(true);
}

static void test_wrong_fingerprint_passive(void) {
    check_wrong_fingerprint(false);
}

static void test_loss(void) {
    for (guint lost = 1; lost <= 3; lost++) {
        Pair pair;
        pair_init(&pair, false, false);
        pair.a.drop_until = lost;
        pair.b.drop_until = lost;
        gint64 before = g_get_monotonic_time();
        start(&pair);
        run_until(&pair, both_settled);
        assert_same_keys(&pair);
        g_assert_cmpint(g_get_monotonic_time() - before, <, 5 * G_USEC_PER_SEC);
        pair_clear(&pair);
    }
}

static void test_duplicates(void) {
    Pair pair;
    pair_init(&pair, false, false);
    pair.a.twice = pair.b.twice = true;
    start(&pair);
    run_until(&pair, both_settled);
    assert_same_keys(&pair);
    pair_clear(&pair);
}

/* Records of rubbish before, within and after the handshake; first bytes as the demultiplexer lets
 * them through. */
static void spray_rubbish(End *end, GRand *rand) {
    guint8 rubbish[300];
    for (int i = 0; i < 40; i++) {
        gsize len = (gsize)g_rand_int_range(rand, 1, sizeof rubbish);
        for (gsize j = 0; j < len; j++)
            rubbish[j] = (guint8)g_rand_int(rand);
        rubbish[0] = (guint8)g_rand_int_range(rand, 20, 64);
        if (i % 2 && len > 13) { /* a plausible record header: version, epoch 1, its length */
            memcpy(rubbish + 1, "\xfe\xfd\x00\x01", 4);
            rubbish[11] = (guint8)((len - 13) >> 8);
            rubbish[12] = (guint8)(len - 13);
        }
        lec_dtls_receive(end->dtls, rubbish, len);
    }
}

static void test_rubbish(void) {
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    Pair pair;
    pair_init(&pair, false, false);
    spray_rubbish(&pair.a, rand);
    spray_rubbish(&pair.b, rand);
    start(&pair);
    for (int i = 0; i < 3; i++) {
        deliver(&pair.a);
        deliver(&pair.b);
        spray_rubbish(&pair.a, rand);
        spray_rubbish(&pair.b, rand);
    }
    run_until(&pair, both_settled);
    assert_same_keys(&pair);
    spray_rubbish(&pair.a, rand);
    spray_rubbish(&pair.b, rand);
    g_assert_no_error(pair.a.error);
    g_assert_no_error(pair.b.error);
    pair_clear(&pair);
}

static void test_close(void) {
    Pair pair;
    pair_init(&pair, false, false);
    start(&pair);
    run_until(&pair, both_settled);
    lec_dtls_close(pair.a.dtls);
    run_until(&pair, b_failed);
    g_assert_error(pair.b.error, LEC_LINK_ERROR, LEC_LINK_ERROR_CLOSED);
    pair_clear(&pair);
}

static void test_silence(void) {
    Pair pair;
    pair_init(&pair, false, false);
    pair.a.drop_until = pair.b.drop_until = G_MAXUINT;
    start(&pair);
    run_until(&pair, both_failed);
    g_assert_error(pair.a.error, LEC_LINK_ERROR, LEC_LINK_ERROR_DTLS);
    g_assert_error(pair.b.error, LEC_LINK_ERROR, LEC_LINK_ERROR_DTLS);
    pair_clear(&pair);
}

/* ---- SRTP with the keys of a real handshake ---- */

static gsize make_packet(guint8 *packet, guint16 sequence, guint32 ssrc) {
    memset(packet, 0, 100);
    packet[0] = 0x80;
    packet[1] = 96;
    packet[2] = (guint8)(sequence >> 8);
    packet[3] = (guint8)sequence;
    packet[8] = (guint8)(ssrc >> 24);
    packet[9] = (guint8)(ssrc >> 16);
    packet[10] = (guint8)(ssrc >> 8);
    packet[11] = (guint8)ssrc;
    return 100;
}

static void check_profile(LecSrtpProfile profile) {
    LecSrtpKeys keys = {.profile = profile};
    for (gsize i = 0; i < LEC_SRTP_MAX_KEY_BYTES; i++) {
        keys.send[i] = (guint8)i;
        keys.receive[i] = (guint8)(i * 7 + 1);
    }
    LecSrtpKeys mirrored = {.profile = profile};
    memcpy(mirrored.send, keys.receive, sizeof keys.receive);
    memcpy(mirrored.receive, keys.send, sizeof keys.send);
    g_autoptr(GError) error = NULL;
    g_autoptr(LecSrtp) a = lec_srtp_new(&keys, &error);
    g_assert_no_error(error);
    g_autoptr(LecSrtp) b = lec_srtp_new(&mirrored, &error);
    g_assert_no_error(error);

    guint8 plain[200], wire[200], copy[200];
    for (guint16 sequence = 1; sequence < 1500; sequence++) {
        gsize len = make_packet(plain, sequence, 0x1234);
        memcpy(wire, plain, len);
        g_assert_true(lec_srtp_protect_rtp(a, wire, sizeof wire, &len));
        g_assert_cmpint(memcmp(wire + 12, plain + 12, 88), !=, 0);
        memcpy(copy, wire, len);
        gsize copy_len = len, spoilt_len = len;
        wire[50] ^= 1;
        g_assert_false(lec_srtp_unprotect_rtp(b, wire, &spoilt_len));
        g_assert_true(lec_srtp_unprotect_rtp(b, copy, &copy_len));
        g_assert_cmpmem(copy, copy_len, plain, 100);
        copy_len = len;
        wire[50] ^= 1;
        g_assert_false(
            lec_srtp_unprotect_rtp(b, wire, &len)); /* replayed, and spoilt by the try above */
    }
    gsize short_len = 11;
    g_assert_false(lec_srtp_unprotect_rtp(b, wire, &short_len));
    gsize no_room = 90;
    g_assert_false(lec_srtp_protect_rtp(a, wire, 100, &no_room));
}

static void test_srtp(void) {
    check_profile(LEC_SRTP_AEAD_AES_256_GCM);
    check_profile(LEC_SRTP_AEAD_AES_128_GCM);
    check_profile(LEC_SRTP_AES128_CM_SHA1_80);
}

static void test_srtp_sources(void) {
    LecSrtpKeys keys = {.profile = LEC_SRTP_AEAD_AES_256_GCM};
    g_autoptr(LecSrtp) a = lec_srtp_new(&keys, NULL);
    g_autoptr(LecSrtp) b = lec_srtp_new(&keys, NULL);
    guint8 packet[200];
    for (guint32 ssrc = 1; ssrc <= LEC_SRTP_MAX_SOURCES + 5; ssrc++) {
        gsize len = make_packet(packet, 1, ssrc);
        g_assert_true(lec_srtp_protect_rtp(a, packet, sizeof packet, &len));
        g_assert_cmpint(lec_srtp_unprotect_rtp(b, packet, &len), ==, ssrc <= LEC_SRTP_MAX_SOURCES);
    }
    gsize len = make_packet(packet, 2, 1); /* the first still work */
    g_assert_true(lec_srtp_protect_rtp(a, packet, sizeof packet, &len));
    g_assert_true(lec_srtp_unprotect_rtp(b, packet, &len));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dtls/keys", test_keys);
    g_test_add_func("/dtls/profiles", test_profiles);
    g_test_add_func("/dtls/wrong-fingerprint/active", test_wrong_fingerprint_active);
    g_test_add_func("/dtls/wrong-fingerprint/passive", test_wrong_fingerprint_passive);
    g_test_add_func("/dtls/loss", test_loss);
    g_test_add_func("/dtls/duplicates", test_duplicates);
    g_test_add_func("/dtls/rubbish", test_rubbish);
    g_test_add_func("/dtls/close", test_close);
    g_test_add_func("/dtls/silence", test_silence);
    g_test_add_func("/srtp/profiles", test_srtp);
    g_test_add_func("/srtp/sources", test_srtp_sources);
    return g_test_run();
}
