/* The PIN proof between two sides: agreement only where PIN, session and both fingerprints agree.
 */
#include "signalling/pake.h"
#include "signalling/sas.h"

#include <string.h>

static LecFingerprint fingerprint(guint8 fill) {
    LecFingerprint self;
    memset(self.bytes, fill, sizeof self.bytes);
    return self;
}

typedef struct {
    const char *pin;
    const char *session;
    guint8 caller, box;  /* fingerprints, by their fill; 0: none */
    const char *channel; /* NULL: the call's */
} Side;

static const Side SAME = {"123456", "0123456789abcdef0123456789abcdef", 1, 2};

static LecPake *side_new(LecPakeRole role, const Side *side) {
    const LecFingerprint caller = fingerprint(side->caller);
    const LecFingerprint box = fingerprint(side->box);
    return lec_pake_new(role, side->channel ? side->channel : LEC_PAKE_CALL, side->pin,
                        side->session, side->caller ? &caller : NULL, side->box ? &box : NULL);
}

static bool keys_agree(const LecPake *a, const LecPake *b) {
    guint8 one[LEC_PAKE_KEY_BYTES], two[LEC_PAKE_KEY_BYTES], other[LEC_PAKE_KEY_BYTES];
    lec_pake_derive(a, "one", one);
    lec_pake_derive(b, "one", two);
    lec_pake_derive(b, "other", other);
    g_assert_cmpint(memcmp(two, other, sizeof two), !=, 0);
    return memcmp(one, two, sizeof one) == 0;
}

/* True where both confirmations hold; they must hold or fail together. */
static bool agree(const Side *a, const Side *b) {
    g_autoptr(LecPake) caller = side_new(LEC_PAKE_CALLER, a);
    g_autoptr(LecPake) box = side_new(LEC_PAKE_BOX, b);
    g_assert_true(lec_pake_finish(caller, lec_pake_get_point(box)));
    g_assert_true(lec_pake_finish(box, lec_pake_get_point(caller)));
    guint8 caller_tag[LEC_PAKE_CONFIRM_BYTES];
    guint8 box_tag[LEC_PAKE_CONFIRM_BYTES];
    lec_pake_confirm(caller, caller_tag);
    lec_pake_confirm(box, box_tag);
    const bool box_content = lec_pake_verify(box, caller_tag);
    g_assert_cmpint(box_content, ==, lec_pake_verify(caller, box_tag));
    /* A tag sent back to its maker proves nothing. */
    g_assert_false(lec_pake_verify(caller, caller_tag));
    g_assert_false(lec_pake_verify(box, box_tag));
    g_assert_cmpint(box_content, ==, keys_agree(caller, box));
    return box_content;
}

static void test_agreement(void) {
    g_assert_true(agree(&SAME, &SAME));
    const Side no_pin = {"", SAME.session, 1, 2};
    g_assert_true(agree(&no_pin, &no_pin));
    g_assert_false(agree(&SAME, &no_pin));
    g_assert_false(agree(&SAME, &(Side){"123457", SAME.session, 1, 2}));
    g_assert_false(agree(&SAME, &(Side){"123456 ", SAME.session, 1, 2}));
    g_assert_false(agree(&SAME, &(Side){SAME.pin, "0123456789abcdef0123456789abcdee", 1, 2}));
    g_assert_false(agree(&SAME, &(Side){SAME.pin, SAME.session, 3, 2}));
    g_assert_false(agree(&SAME, &(Side){SAME.pin, SAME.session, 1, 3}));
    g_assert_false(agree(&SAME, &(Side){SAME.pin, SAME.session, 2, 1}));
    g_assert_false(agree(&SAME, &(Side){SAME.pin, SAME.session, 1, 2, LEC_PAKE_HOST}));
    const Side host = {SAME.pin, SAME.session, 0, 0, LEC_PAKE_HOST};
    g_assert_true(agree(&host, &host));
    g_assert_false(agree(&host, &(Side){SAME.pin, SAME.session, 0, 1, LEC_PAKE_HOST}));
    g_assert_false(agree(&host, &(Side){SAME.pin, SAME.session, 0, 0, LEC_PAKE_CALL}));
}

static void test_fresh(void) {
    g_autoptr(LecPake) one = side_new(LEC_PAKE_BOX, &SAME);
    g_autoptr(LecPake) two = side_new(LEC_PAKE_BOX, &SAME);
    g_assert_cmpint(memcmp(lec_pake_get_point(one), lec_pake_get_point(two), LEC_PAKE_POINT_BYTES),
                    !=, 0);
}

static void test_bad_points(void) {
    guint8 point[LEC_PAKE_POINT_BYTES] = {0};
    guint8 tag[LEC_PAKE_CONFIRM_BYTES] = {0};
    g_autoptr(LecPake) neutral = side_new(LEC_PAKE_BOX, &SAME);
    g_assert_false(lec_pake_finish(neutral, point));
    g_assert_false(lec_pake_verify(neutral, tag));
    memset(point, 0xff, sizeof point);
    g_autoptr(LecPake) not_canonical = side_new(LEC_PAKE_CALLER, &SAME);
    g_assert_false(lec_pake_finish(not_canonical, point));
    g_assert_false(lec_pake_verify(not_canonical, tag));
}

/* A peer that sends our own point back knows no more than before. */
static void test_reflected_point(void) {
    g_autoptr(LecPake) caller = side_new(LEC_PAKE_CALLER, &SAME);
    g_assert_true(lec_pake_finish(caller, lec_pake_get_point(caller)));
    guint8 tag[LEC_PAKE_CONFIRM_BYTES];
    lec_pake_confirm(caller, tag);
    g_assert_false(lec_pake_verify(caller, tag));
}

static void test_every_bit_of_the_tag(void) {
    g_autoptr(LecPake) caller = side_new(LEC_PAKE_CALLER, &SAME);
    g_autoptr(LecPake) box = side_new(LEC_PAKE_BOX, &SAME);
    g_assert_true(lec_pake_finish(caller, lec_pake_get_point(box)));
    g_assert_true(lec_pake_finish(box, lec_pake_get_point(caller)));
    guint8 tag[LEC_PAKE_CONFIRM_BYTES];
    lec_pake_confirm(caller, tag);
    for (guint bit = 0; bit < 8 * sizeof tag; bit++) {
        tag[bit / 8] ^= 1 << bit % 8;
        g_assert_false(lec_pake_verify(box, tag));
        tag[bit / 8] ^= 1 << bit % 8;
    }
    g_assert_true(lec_pake_verify(box, tag));
}

static void format_sas(guint8 caller, guint8 point_fill, guint8 nonce_fill, char *ret) {
    const LecFingerprint a = fingerprint(caller);
    const LecFingerprint b = fingerprint(2);
    guint8 point[32];
    guint8 nonce[LEC_SAS_NONCE_BYTES];
    memset(point, point_fill, sizeof point);
    memset(nonce, nonce_fill, sizeof nonce);
    lec_sas_format("session", &a, &b, point, nonce, ret);
}

static void test_sas(void) {
    char sas[LEC_SAS_DIGITS + 1];
    char other[LEC_SAS_DIGITS + 1];
    format_sas(1, 7, 9, sas);
    format_sas(1, 7, 9, other);
    g_assert_cmpstr(sas, ==, other);
    g_assert_cmpuint(strspn(sas, "0123456789"), ==, LEC_SAS_DIGITS);
    format_sas(3, 7, 9, other);
    g_assert_cmpstr(sas, !=, other);
    format_sas(1, 8, 9, other);
    g_assert_cmpstr(sas, !=, other);
    format_sas(1, 7, 10, other);
    g_assert_cmpstr(sas, !=, other);
}

/* Each leading digit is about as frequent as any other: 200 expected of 2,000, five sigmas are 67.
 */
static void test_sas_spread(void) {
    guint count[10] = {0};
    const LecFingerprint a = fingerprint(1);
    const LecFingerprint b = fingerprint(2);
    guint8 point[32] = {0};
    const guint8 nonce[LEC_SAS_NONCE_BYTES] = {0};
    for (guint i = 0; i < 2000; i++) {
        char sas[LEC_SAS_DIGITS + 1];
        point[0] = i;
        point[1] = i >> 8;
        lec_sas_format("session", &a, &b, point, nonce, sas);
        count[sas[0] - '0']++;
    }
    for (guint digit = 0; digit < 10; digit++) {
        g_assert_cmpuint(count[digit], >, 133);
        g_assert_cmpuint(count[digit], <, 267);
    }
}

static void test_commitment(void) {
    guint8 nonce[LEC_SAS_NONCE_BYTES];
    guint8 commit[LEC_SAS_COMMIT_BYTES];
    lec_sas_draw_nonce(nonce);
    lec_sas_commit(nonce, commit);
    g_assert_true(lec_sas_check(commit, nonce));
    nonce[31] ^= 1;
    g_assert_false(lec_sas_check(commit, nonce));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pake/agreement", test_agreement);
    g_test_add_func("/pake/fresh-points", test_fresh);
    g_test_add_func("/pake/bad-points", test_bad_points);
    g_test_add_func("/pake/reflected-point", test_reflected_point);
    g_test_add_func("/pake/every-bit-of-the-tag", test_every_bit_of_the_tag);
    g_test_add_func("/sas/depends-on-all", test_sas);
    g_test_add_func("/sas/spread", test_sas_spread);
    g_test_add_func("/sas/commitment", test_commitment);
    return g_test_run();
}
