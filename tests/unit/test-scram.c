/* SCRAM-SHA-512 against messages computed with Python's hashlib, and servers that mean ill; the
 * login around it. */
#include "signalling/login.h"
#include "signalling/scram.h"

#include <string.h>

#define NONCE "rOprNGfwEbeRWgbNEkqO"
#define FIRST "biwsbj11c2VyLHI9ck9wck5HZndFYmVSV2diTkVrcU8="
#define CHALLENGE                                                                                  \
    "cj1yT3ByTkdmd0ViZVJXZ2JORWtxTyVodllEcFdVYTJSYVRDQWZ1eEZJbGopaE5sRiRrMCxzPVcyMlphSjBTTlk3c29F" \
    "c1VFamI2Z1E9PSxpPTQwOTY="
#define ANSWER                                                                                     \
    "Yz1iaXdzLHI9ck9wck5HZndFYmVSV2diTkVrcU8laHZZRHBXVWEyUmFUQ0FmdXhGSWxqKWhObEYkazAscD1nTUdYUmNl" \
    "dlNjTnR4WjYvOGxRWXBHdG5zTkFjM21HY21Ob212K3hub09NdyszUjJ4TkpkTU5uek1sVE44UFBDNndkcDZkeWJFbURZ" \
    "WFlUeHduWVBKUT09"
#define LAST                                                                                       \
    "dj1aUW5ZRWdXUU1GbW1zTThhUU1GMG5EREN5L0FnQ3prd2s4Q21NWlljTWcwdlNWbEtEYW5la0x0aWZEU2VWR1Q0KzVa" \
    "eFhuSnExOTlSVkcyclI3Tjdadz09"

static void test_messages(void) {
    g_autoptr(LecScram) scram = lec_scram_new("user", "pencil", NONCE);
    g_autofree char *first = lec_scram_first(scram);
    g_assert_cmpstr(first, ==, FIRST);
    g_assert_false(lec_scram_check(scram, LAST));
    g_autofree char *answer = lec_scram_answer(scram, CHALLENGE);
    g_assert_cmpstr(answer, ==, ANSWER);
    g_assert_true(lec_scram_check(scram, LAST));
    g_assert_false(lec_scram_check(scram, ANSWER));
    g_assert_false(lec_scram_check(scram, ""));
    g_assert_null(lec_scram_answer(scram, CHALLENGE));
}

static void test_bad_challenges(void) {
    static const char *const bad[] = {
        "",
        "r=" NONCE "abc,s=QQ==",
        "r=" NONCE "abc,s=QQ==,i=4095",
        "r=" NONCE "abc,s=QQ==,i=1000001",
        "r=" NONCE "abc,s=QQ==,i=-1",
        "r=" NONCE "abc,s=,i=4096",
        "r=" NONCE ",s=QQ==,i=4096",
        "r=other,s=QQ==,i=4096",
        "m=x,r=" NONCE "abc,s=QQ==,i=4096",
    };
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(LecScram) scram = lec_scram_new("user", "pencil", NONCE);
        g_autofree char *base64 = g_base64_encode((const guint8 *)bad[i], strlen(bad[i]));
        g_autofree char *answer = lec_scram_answer(scram, base64);
        g_assert_null(answer);
    }
}

/* What is handed to another implementation, which may read base64 and lists in ways of its own. */
static void test_safe_challenges(void) {
    static const char *const bad[] = {
        "r=abc,s=QQ==,i=1000001",    "r=abc,s=QQ==,i=2147483647",
        "r=abc,s=QQ==,i=1",          "r=abc,s=QQ==,i=4096,i=2147483647",
        "r=abc,s=QQ==,i=4096,x=1",   "r=abc,s=QQ==,i=0x7fffffff",
        "i=2147483647,r=abc,s=QQ==", "r=abc,s=QQ==,i= 4096",
    };
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *base64 = g_base64_encode((const guint8 *)bad[i], strlen(bad[i]));
        if (lec_scram_is_safe(base64))
            g_error("taken for safe: %s", bad[i]);
    }
    g_assert_true(lec_scram_is_safe(CHALLENGE));
    g_assert_false(lec_scram_is_safe(CHALLENGE "="));
    g_assert_false(lec_scram_is_safe(" " CHALLENGE));
    g_assert_false(lec_scram_is_safe(""));
}

static void test_names(void) {
    g_autoptr(LecScram) scram = lec_scram_new("a,b=c", "x", "n");
    g_autofree char *first = lec_scram_first(scram);
    gsize len;
    g_autofree char *text = (char *)g_base64_decode(first, &len);
    g_assert_cmpmem(text, len, "n,,n=a=2Cb=3Dc,r=n", 18);
}

/* ---- login ---- */

typedef struct {
    GString *sent;
    char *jid;
    GError *error;
    guint restarts;
} Side;

static void on_send(const char *text, void *user) {
    g_string_append(((Side *)user)->sent, text);
}

static void on_restart(void *user) {
    ((Side *)user)->restarts++;
}

static void on_bound(const char *jid, void *user) {
    ((Side *)user)->jid = g_strdup(jid);
}

static void on_failed(const GError *error, void *user) {
    Side *side = user;
    g_assert_no_error(side->error);
    side->error = g_error_copy(error);
}

static const LecLoginEvents events = {on_send, on_restart, on_bound, on_failed};

static void side_clear(Side *side) {
    g_string_free(side->sent, TRUE);
    g_free(side->jid);
    g_clear_error(&side->error);
}

static void feed(LecLogin *login, const char *xml) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecStanza) element = lec_stanza_parse(xml, strlen(xml), &error);
    g_assert_no_error(error);
    lec_login_take(login, element);
}

#define FEATURES(inner) "<features xmlns='http://etherx.jabber.org/streams'>" inner "</features>"
#define MECHANISMS(list) \
    FEATURES("<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" list "</mechanisms>")
#define SUCCESS(text) "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" text "</success>"
#define BIND FEATURES("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>")
#define BOUND                                                                                     \
    "<iq xmlns='jabber:client' type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-" \
    "bind'><jid>x@guests.example.org/1</jid></bind></iq>"

static void test_anonymous(void) {
    Side side = {.sent = g_string_new(NULL)};
    g_autoptr(LecLogin) login = lec_login_new("guests.example.org", NULL, NULL, &events, &side);
    lec_login_start(login);
    g_assert_nonnull(strstr(side.sent->str, "to='guests.example.org'"));
    feed(login, MECHANISMS("<mechanism>SCRAM-SHA-512</mechanism><mechanism>ANONYMOUS</mechanism>"));
    feed(login, SUCCESS(""));
    g_assert_cmpuint(side.restarts, ==, 1);
    feed(login, BIND);
    feed(login, BOUND);
    g_assert_cmpstr(side.jid, ==, "x@guests.example.org/1");
    feed(login, BOUND);
    g_assert_no_error(side.error);
    side_clear(&side);
}

/* A server that never asked for a proof, or offers weaker ones alone, is not believed. */
static void test_impostors(void) {
    static const struct {
        const char *messages[3];
        LecLoginError code;
    } cases[] = {
        {{MECHANISMS("<mechanism>PLAIN</mechanism><mechanism>SCRAM-SHA-1</mechanism>")},
         LEC_LOGIN_ERROR_PROTOCOL},
        {{MECHANISMS("<mechanism>SCRAM-SHA-512</mechanism>"), SUCCESS("")},
         LEC_LOGIN_ERROR_PROTOCOL},
        {{MECHANISMS("<mechanism>SCRAM-SHA-512</mechanism>"),
          "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>AAAA</challenge>"},
         LEC_LOGIN_ERROR_PROTOCOL},
        {{MECHANISMS("<mechanism>SCRAM-SHA-512</mechanism>"),
          "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>"},
         LEC_LOGIN_ERROR_DENIED},
        {{"<iq xmlns='jabber:client'/>"}, LEC_LOGIN_ERROR_PROTOCOL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Side side = {.sent = g_string_new(NULL)};
        g_autoptr(LecLogin) login =
            lec_login_new("boxes.example.org", "user", "pencil", &events, &side);
        lec_login_start(login);
        for (guint k = 0; k < 3 && cases[i].messages[k]; k++)
            feed(login, cases[i].messages[k]);
        g_assert_error(side.error, LEC_LOGIN_ERROR, (gint)cases[i].code);
        g_assert_null(strstr(side.sent->str, "pencil"));
        side_clear(&side);
    }
}

/* It lets us in without knowing the password. */
static void test_unproved_server(void) {
    Side side = {.sent = g_string_new(NULL)};
    g_autoptr(LecLogin) login =
        lec_login_new("boxes.example.org", "user", "pencil", &events, &side);
    lec_login_start(login);
    feed(login, MECHANISMS("<mechanism>SCRAM-SHA-512</mechanism>"));
    const char *auth = strstr(side.sent->str, "SHA-512");
    g_assert_nonnull(auth);
    g_autofree char *first = g_strndup(auth + 9, strcspn(auth + 9, "<"));
    gsize len;
    g_autofree char *bare = (char *)g_base64_decode(first, &len);
    g_autofree char *nonce = g_strndup(strstr(bare, "r=") + 2, len - 12);
    g_autofree char *text = g_strdup_printf("r=%sserver,s=QQ==,i=4096", nonce);
    g_autofree char *base64 = g_base64_encode((const guint8 *)text, strlen(text));
    g_autofree char *challenge = g_strdup_printf(
        "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>%s</challenge>", base64);
    feed(login, challenge);
    g_assert_no_error(side.error);
    feed(login, SUCCESS("dj1BQUFB"));
    g_assert_error(side.error, LEC_LOGIN_ERROR, LEC_LOGIN_ERROR_IMPOSTOR);
    side_clear(&side);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/scram/messages", test_messages);
    g_test_add_func("/scram/bad-challenges", test_bad_challenges);
    g_test_add_func("/scram/safe-challenges", test_safe_challenges);
    g_test_add_func("/scram/names", test_names);
    g_test_add_func("/login/anonymous", test_anonymous);
    g_test_add_func("/login/impostors", test_impostors);
    g_test_add_func("/login/unproved-server", test_unproved_server);
    return g_test_run();
}
