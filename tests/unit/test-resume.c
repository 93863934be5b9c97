/* The proof that resumes a call, against vectors that another implementation made. */
#include "signalling/resume.h"

#include <json-glib/json-glib.h>
#include <sodium.h>
#include <string.h>

static void read_hex(JsonObject *vector, const char *member, guint8 *ret, gsize len) {
    const char *text = json_object_get_string_member(vector, member);
    gsize got = 0;
    g_assert_cmpint(sodium_hex2bin(ret, len, text, strlen(text), NULL, &got, NULL), ==, 0);
    g_assert_cmpuint(got, ==, len);
}

/* As lec_pake_derive() does it. */
static void derive(const guint8 isk[64], guint8 ret_key[LEC_PAKE_KEY_BYTES]) {
    guint8 hash[crypto_auth_hmacsha512_BYTES];
    crypto_auth_hmacsha512_state mac;
    crypto_auth_hmacsha512_init(&mac, isk, 64);
    crypto_auth_hmacsha512_update(&mac, (const guint8 *)LEC_RESUME_LABEL, strlen(LEC_RESUME_LABEL));
    crypto_auth_hmacsha512_final(&mac, hash);
    memcpy(ret_key, hash, LEC_PAKE_KEY_BYTES);
}

static void check_prover(JsonObject *vector, LecPakeRole prover, const char *member,
                         const guint8 key[LEC_PAKE_KEY_BYTES]) {
    const char *sid = json_object_get_string_member(vector, "sid");
    const guint32 count = (guint32)json_object_get_int_member(vector, "count");
    guint8 wanted[LEC_RESUME_PROOF_BYTES], proof[LEC_RESUME_PROOF_BYTES];
    read_hex(vector, member, wanted, sizeof wanted);
    lec_resume_prove(key, prover, sid, count, proof);
    g_assert_cmpmem(proof, sizeof proof, wanted, sizeof wanted);
    g_assert_true(lec_resume_verify(key, prover, sid, count, proof));
    g_assert_false(lec_resume_verify(key, prover, sid, count + 1, proof));
    g_assert_false(lec_resume_verify(key, !prover, sid, count, proof));
    for (guint bit = 0; bit < 8 * sizeof proof; bit++) {
        proof[bit / 8] ^= 1 << bit % 8;
        g_assert_false(lec_resume_verify(key, prover, sid, count, proof));
        proof[bit / 8] ^= 1 << bit % 8;
    }
}

static void test_vectors(void) {
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "data", "resume.json", NULL);
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;
    json_parser_load_from_file(parser, path, &error);
    g_assert_no_error(error);
    JsonArray *vectors = json_node_get_array(json_parser_get_root(parser));
    g_assert_cmpuint(json_array_get_length(vectors), >=, 4);
    for (guint i = 0; i < json_array_get_length(vectors); i++) {
        JsonObject *vector = json_array_get_object_element(vectors, i);
        guint8 isk[64], wanted[LEC_PAKE_KEY_BYTES], key[LEC_PAKE_KEY_BYTES];
        read_hex(vector, "isk", isk, sizeof isk);
        read_hex(vector, "key", wanted, sizeof wanted);
        derive(isk, key);
        g_assert_cmpmem(key, sizeof key, wanted, sizeof wanted);
        check_prover(vector, LEC_PAKE_CALLER, "caller", key);
        check_prover(vector, LEC_PAKE_BOX, "box", key);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(sodium_init(), >=, 0);
    g_test_add_func("/resume/vectors", test_vectors);
    return g_test_run();
}
