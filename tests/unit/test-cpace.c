/* CPace against draft-irtf-cfrg-cpace-21, appendix B.3 (ristretto255 with SHA-512), value by value.
 */
#include "signalling/cpace.h"

#include <string.h>

static const char PRS[] = "Password";
static const char CI_HEX[] = "0b415f696e69746961746f720b425f726573706f6e646572";
static const char SID_HEX[] = "7e4b4791d6a8ef019b936c79fb7f2c57";
static const char GENERATOR_STRING_HEX[] =
    "11435061636552697374726574746f3235350850617373776f726464"
    "00000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000180b415f696e69746961746f"
    "720b425f726573706f6e646572107e4b4791d6a8ef019b936c79fb7f"
    "2c57";
static const char GENERATOR_HEX[] =
    "222b6b195fe84b1652badb6f6a3ae3d24341e7306967f0b8115b40d5698c7e56";
static const char SCALAR_A_HEX[] =
    "da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08";
static const char POINT_A_HEX[] =
    "d6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157";
static const char SCALAR_B_HEX[] =
    "d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d";
static const char POINT_B_HEX[] =
    "3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258";
static const char K_HEX[] = "80b69a8a76457ab6a4d7f887a4bf6b55a2f80ac19c333f917a05fc9887c8b40f";
static const char TRANSCRIPT_HEX[] = "20d6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0e"
                                     "ec482b915703414461203ea7e0b19560d7c0b0f5734f63b955286dfa"
                                     "8232b5ebe63324e2d9e7433f725803414462";
static const char ISK_HEX[] = "b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dc"
                              "ae7b35cd2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c"
                              "3fa2068af7900447";
static const char VALID_SCALAR_HEX[] =
    "7cd0e075fa7955ba52c02759a6c90dbbfc10e6d40aea8d283e407d88cf538a05";
static const char VALID_POINT_HEX[] =
    "2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c";
static const char VALID_PRODUCT_HEX[] =
    "7c13645fe790a468f62c39beb7388e541d8405d1ade69d1778c5fe3e7f6b600e";
static const char INVALID_POINT_1_HEX[] =
    "2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c";
static const char INVALID_POINT_2_HEX[] =
    "0000000000000000000000000000000000000000000000000000000000000000";

static GByteArray *unhex(const char *hex) {
    GByteArray *out = g_byte_array_new();
    for (; hex[0] && hex[1]; hex += 2) {
        const guint8 byte = g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]);
        g_byte_array_append(out, &byte, 1);
    }
    return out;
}

static LecCpaceString string(const GByteArray *bytes) {
    return (LecCpaceString){bytes->data, bytes->len};
}

static void assert_hex(const void *data, gsize len, const char *hex) {
    g_autoptr(GByteArray) expected = unhex(hex);
    g_assert_cmpmem(data, len, expected->data, expected->len);
}

static void test_generator(void) {
    g_autoptr(GByteArray) ci = unhex(CI_HEX);
    g_autoptr(GByteArray) sid = unhex(SID_HEX);
    const LecCpaceString prs = {PRS, strlen(PRS)};
    GByteArray *made = lec_cpace_generator_string(prs, string(ci), string(sid));
    assert_hex(made->data, made->len, GENERATOR_STRING_HEX);
    lec_cpace_wipe(made);

    guint8 generator[LEC_CPACE_POINT_BYTES];
    lec_cpace_generator(prs, string(ci), string(sid), generator);
    assert_hex(generator, sizeof generator, GENERATOR_HEX);
}

static void assert_product(const char *scalar_hex, const char *point_hex, const char *product_hex) {
    g_autoptr(GByteArray) scalar = unhex(scalar_hex);
    g_autoptr(GByteArray) point = unhex(point_hex);
    guint8 product[LEC_CPACE_POINT_BYTES];
    g_assert_true(lec_cpace_multiply(scalar->data, point->data, product));
    assert_hex(product, sizeof product, product_hex);
}

static void test_points(void) {
    assert_product(SCALAR_A_HEX, GENERATOR_HEX, POINT_A_HEX);
    assert_product(SCALAR_B_HEX, GENERATOR_HEX, POINT_B_HEX);
    assert_product(SCALAR_A_HEX, POINT_B_HEX, K_HEX);
    assert_product(SCALAR_B_HEX, POINT_A_HEX, K_HEX);
    assert_product(VALID_SCALAR_HEX, VALID_POINT_HEX, VALID_PRODUCT_HEX);
}

static void test_isk(void) {
    g_autoptr(GByteArray) sid = unhex(SID_HEX);
    g_autoptr(GByteArray) ya = unhex(POINT_A_HEX);
    g_autoptr(GByteArray) yb = unhex(POINT_B_HEX);
    g_autoptr(GByteArray) k = unhex(K_HEX);
    g_autoptr(GByteArray) transcript = lec_cpace_transcript(ya->data, (LecCpaceString){"ADa", 3},
                                                            yb->data, (LecCpaceString){"ADb", 3});
    assert_hex(transcript->data, transcript->len, TRANSCRIPT_HEX);
    guint8 isk[LEC_CPACE_ISK_BYTES];
    lec_cpace_isk(string(sid), k->data, transcript, isk);
    assert_hex(isk, sizeof isk, ISK_HEX);
}

static void assert_refused(const char *point_hex) {
    g_autoptr(GByteArray) scalar = unhex(VALID_SCALAR_HEX);
    g_autoptr(GByteArray) point = unhex(point_hex);
    guint8 product[LEC_CPACE_POINT_BYTES];
    guint8 before[LEC_CPACE_POINT_BYTES];
    memset(product, 0x5a, sizeof product);
    memcpy(before, product, sizeof product);
    g_assert_false(lec_cpace_multiply(scalar->data, point->data, product));
    g_assert_cmpmem(product, sizeof product, before, sizeof before);
}

static void test_invalid(void) {
    assert_refused(INVALID_POINT_1_HEX);
    assert_refused(INVALID_POINT_2_HEX);
    /* RFC 9496 appendix A.2: not canonical field elements, and negative ones. */
    assert_refused("00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
    assert_refused("f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
    assert_refused("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
    assert_refused("0100000000000000000000000000000000000000000000000000000000000000");
    assert_refused("01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
}

/* Every flipped bit of a point is either refused or gives another product. */
static void test_flipped(void) {
    g_autoptr(GByteArray) scalar = unhex(VALID_SCALAR_HEX);
    g_autoptr(GByteArray) point = unhex(VALID_POINT_HEX);
    g_autoptr(GByteArray) expected = unhex(VALID_PRODUCT_HEX);
    for (guint bit = 0; bit < 256; bit++) {
        guint8 product[LEC_CPACE_POINT_BYTES];
        point->data[bit / 8] ^= 1 << bit % 8;
        if (lec_cpace_multiply(scalar->data, point->data, product))
            g_assert_cmpint(memcmp(product, expected->data, sizeof product), !=, 0);
        point->data[bit / 8] ^= 1 << bit % 8;
    }
}

/* Draft-21 appendix A.1: lv_cat(b"1234", b"5", b"", b"678"), and prepend_len() of 127 and 128
 * bytes. */
static void test_lengths(void) {
    guint8 counting[128];
    for (guint i = 0; i < sizeof counting; i++)
        counting[i] = i;
    g_autoptr(GByteArray) out = g_byte_array_new();
    lec_cpace_append_lv(out, (LecCpaceString){"1234", 4});
    lec_cpace_append_lv(out, (LecCpaceString){"5", 1});
    lec_cpace_append_lv(out, (LecCpaceString){"", 0});
    lec_cpace_append_lv(out, (LecCpaceString){"678", 3});
    assert_hex(out->data, out->len, "043132333401350003363738");
    g_byte_array_set_size(out, 0);
    lec_cpace_append_lv(out, (LecCpaceString){counting, 127});
    g_assert_cmpuint(out->len, ==, 128);
    g_assert_cmphex(out->data[0], ==, 0x7f);
    g_byte_array_set_size(out, 0);
    lec_cpace_append_lv(out, (LecCpaceString){counting, 128});
    g_assert_cmpuint(out->len, ==, 130);
    assert_hex(out->data, 3, "800100");
}

/* A password longer than the hash's block leaves no room for padding and still works. */
static void test_long_password(void) {
    char prs[200];
    memset(prs, 'p', sizeof prs);
    GByteArray *made = lec_cpace_generator_string(
        (LecCpaceString){prs, sizeof prs}, (LecCpaceString){"c", 1}, (LecCpaceString){"s", 1});
    /* DSI, two bytes of length, the password, no padding, CI, sid */
    g_assert_cmpuint(made->len, ==, 18 + 2 + 200 + 1 + 2 + 2);
    lec_cpace_wipe(made);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpace/lengths", test_lengths);
    g_test_add_func("/cpace/generator", test_generator);
    g_test_add_func("/cpace/points", test_points);
    g_test_add_func("/cpace/isk", test_isk);
    g_test_add_func("/cpace/invalid-points", test_invalid);
    g_test_add_func("/cpace/flipped-bits", test_flipped);
    g_test_add_func("/cpace/long-password", test_long_password);
    return g_test_run();
}
