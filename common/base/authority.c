/* Makes, keeps and uses the authority's key, with OpenSSL. */
#include "common/base/authority.h"

#include "common/base/identity-store.h"
#include "common/base/identity.h"
#include "common/base/x509.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#define DAY_S (24 * 3600)
#define LIFETIME_S ((gint64)(10 * 365 + 2) * DAY_S)
#define EARLIEST_S 1767225600 /* 2026-01-01: a clock before that has not been set */
#define IPV4_BYTES 4
#define IPV6_BYTES 16

G_DEFINE_QUARK(lec_authority_error, lec_authority_error)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NAME_CONSTRAINTS, NAME_CONSTRAINTS_free)

struct LecAuthority {
    EVP_PKEY *key;
    X509 *certificate;
    NAME_CONSTRAINTS *may; /* from the certificate */
    char *pem;
    LecFingerprint fingerprint;
};

/* RFC 1918, RFC 6598, RFC 3927, loopback; RFC 4193, RFC 4291 §2.5.6. */
static const char private_addresses[] =
    "permitted;IP:10.0.0.0/255.0.0.0,permitted;IP:172.16.0.0/255.240.0.0,"
    "permitted;IP:192.168.0.0/255.255.0.0,permitted;IP:100.64.0.0/255.192.0.0,"
    "permitted;IP:169.254.0.0/255.255.0.0,permitted;IP:127.0.0.0/255.0.0.0,"
    "permitted;IP:fc00::/fe00::,permitted;IP:fe80::/ffc0::,"
    "permitted;IP:::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

static bool set_failed(GError **error) {
    g_set_error_literal(error, LEC_AUTHORITY_ERROR, LEC_AUTHORITY_ERROR_FAILED,
                        "OpenSSL could not make a certificate for the box.");
    return false;
}

/* Bytes of an address, 0 where text is none. */
static gsize address_bytes(const char *text, guint8 ret[IPV6_BYTES]) {
    if (inet_pton(AF_INET, text, ret) == 1)
        return IPV4_BYTES;
    return inet_pton(AF_INET6, text, ret) == 1 ? IPV6_BYTES : 0;
}

static bool subtree_holds_name(const ASN1_STRING *base, const char *name) {
    const char *text = (const char *)ASN1_STRING_get0_data(base);
    const gsize len = (gsize)ASN1_STRING_length(base), name_len = strlen(name);
    return name_len >= len && memcmp(name + name_len - len, text, len) == 0 &&
           (name_len == len || name[name_len - len - 1] == '.');
}

/* base: an address and, as long, a mask. */
static bool subtree_holds_address(const ASN1_STRING *base, const guint8 *address, gsize len) {
    const guint8 *bytes = ASN1_STRING_get0_data(base);
    if ((gsize)ASN1_STRING_length(base) != 2 * len)
        return false;
    for (gsize i = 0; i < len; i++) {
        if ((address[i] & bytes[len + i]) != bytes[i])
            return false;
    }
    return true;
}

bool lec_authority_may_vouch(const LecAuthority *self, const char *name) {
    guint8 address[IPV6_BYTES];
    const gsize len = address_bytes(name, address);
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(self->may->permittedSubtrees); i++) {
        const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(self->may->permittedSubtrees, i)->base;
        if (len > 0
                ? base->type == GEN_IPADD && subtree_holds_address(base->d.iPAddress, address, len)
                : base->type == GEN_DNS && subtree_holds_name(base->d.dNSName, name))
            return true;
    }
    return false;
}

static LecAuthority *authority_of(EVP_PKEY *key, X509 *certificate) {
    g_autoptr(LecAuthority) self = g_new0(LecAuthority, 1);
    self->may = X509_get_ext_d2i(certificate, NID_name_constraints, NULL, NULL);
    self->pem = lec_x509_certificate_to_pem(certificate);
    if (self->may == NULL || self->pem == NULL ||
        !X509_digest(certificate, EVP_sha256(), self->fingerprint.bytes, NULL))
        return NULL;
    EVP_PKEY_up_ref(key);
    X509_up_ref(certificate);
    self->key = key;
    self->certificate = certificate;
    return g_steal_pointer(&self);
}

/* names hold letters, digits, dots, hyphens and underscores alone: the caller's promise. */
static char *make_constraints(const char *const *names, const char *const *addresses) {
    GString *text = g_string_new("critical,");
    g_string_append(text, private_addresses);
    for (; names != NULL && *names != NULL; names++)
        g_string_append_printf(text, ",permitted;DNS:%s", *names);
    for (; addresses != NULL && *addresses != NULL; addresses++) {
        guint8 bytes[IPV6_BYTES];
        const gsize len = address_bytes(*addresses, bytes);
        if (len > 0)
            g_string_append_printf(text, ",permitted;IP:%s/%s", *addresses,
                                   len == IPV4_BYTES ? "255.255.255.255"
                                                     : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    }
    return g_string_free(text, FALSE);
}

/* The name tells the boxes of a building apart in a device's list of authorities. */
static char *make_name(const char *box_name) {
    return g_strdup_printf("Lectern %.40s %08x", box_name, g_random_int());
}

static LecAuthority *make(const char *box_name, const char *const *names,
                          const char *const *addresses, gint64 now_s) {
    g_autofree char *name = make_name(box_name);
    g_autofree char *constraints = make_constraints(names, addresses);
    const LecX509Extension extensions[] = {
        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign"},
        {NID_ext_key_usage, "serverAuth"},
        {NID_subject_key_identifier, "hash"},
        {NID_name_constraints, constraints},
    };
    g_autoptr(EVP_PKEY) key = EVP_EC_gen("P-256");
    const LecX509Plan plan = {
        .key = key,
        .name = name,
        .from_s = now_s - DAY_S,
        .until_s = now_s + LIFETIME_S,
        .extensions = extensions,
        .n_extensions = G_N_ELEMENTS(extensions),
    };
    g_autoptr(X509) certificate = key != NULL ? lec_x509_make(&plan) : NULL;
    return certificate != NULL ? authority_of(key, certificate) : NULL;
}

static LecAuthority *parse(const char *key_pem, const char *certificate_pem) {
    g_autoptr(EVP_PKEY) key = lec_x509_key_from_pem(key_pem);
    g_autoptr(X509) certificate = lec_x509_certificate_from_pem(certificate_pem);
    if (key == NULL || certificate == NULL || !X509_check_private_key(certificate, key) ||
        !X509_check_ca(certificate))
        return NULL;
    return authority_of(key, certificate);
}

/* *ret stays NULL, and true is returned, where there is none yet. */
static bool load(LecIdentityStore *store, const char *folder, LecAuthority **ret, GError **error) {
    char *key_pem = NULL;
    g_autofree char *certificate_pem = NULL;
    LecIdentityFiles files = lec_identity_store_read(store, &key_pem, &certificate_pem, error);
    if (files != LEC_IDENTITY_FILES_BOTH)
        return files == LEC_IDENTITY_FILES_NONE;
    *ret = parse(key_pem, certificate_pem);
    lec_x509_wipe(&key_pem);
    if (*ret != NULL)
        return true;
    g_set_error(error, LEC_IDENTITY_ERROR, LEC_IDENTITY_ERROR_INVALID,
                "authority.key and authority.crt in %s are not one readable pair: put them back "
                "from a backup, or move both away, which makes a new authority that must be "
                "installed anew.",
                folder);
    return false;
}

static bool keep(LecIdentityStore *store, const LecAuthority *self, GError **error) {
    char *key_pem = lec_x509_key_to_pem(self->key);
    const bool kept = key_pem != NULL ? lec_identity_store_write(store, key_pem, self->pem, error)
                                      : set_failed(error);
    lec_x509_wipe(&key_pem);
    return kept;
}

static bool check_clock(gint64 now_s, GError **error) {
    if (now_s >= EARLIEST_S)
        return true;
    g_autofree char *day = lec_certificate_format_day(now_s);
    g_set_error(error, LEC_AUTHORITY_ERROR, LEC_AUTHORITY_ERROR_CLOCK,
                "The clock stands at %s, so no authority is made by it: set it.", day);
    return false;
}

LecAuthority *lec_authority_load_or_make(const char *folder, const char *box_name,
                                         const char *const *names, const char *const *addresses,
                                         gint64 now_s, GError **error) {
    g_autoptr(LecIdentityStore) store = lec_identity_store_open(folder, "authority", error);
    g_autoptr(LecAuthority) self = NULL;
    if (store == NULL || !lec_identity_store_lock(store, error) ||
        !lec_identity_store_recover(store, error) || !load(store, folder, &self, error))
        return NULL;
    if (self != NULL)
        return g_steal_pointer(&self);
    if (!check_clock(now_s, error))
        return NULL;
    self = make(box_name, names, addresses, now_s);
    if (self == NULL)
        set_failed(error);
    ERR_clear_error();
    return self != NULL && keep(store, self, error) ? g_steal_pointer(&self) : NULL;
}

void lec_authority_free(LecAuthority *self) {
    if (self == NULL)
        return;
    EVP_PKEY_free(self->key);
    X509_free(self->certificate);
    NAME_CONSTRAINTS_free(self->may);
    g_free(self->pem);
    g_free(self);
}

const char *lec_authority_get_pem(const LecAuthority *self) {
    return self->pem;
}

const LecFingerprint *lec_authority_get_fingerprint(const LecAuthority *self) {
    return &self->fingerprint;
}

/* NULL: there is none that it may vouch for. */
static char *make_alternative_names(const LecAuthority *self, const char *const *names) {
    GString *text = g_string_new(NULL);
    for (; names != NULL && *names != NULL; names++) {
        guint8 bytes[IPV6_BYTES];
        if (lec_authority_may_vouch(self, *names))
            g_string_append_printf(text, "%s%s:%s", text->len ? "," : "",
                                   address_bytes(*names, bytes) ? "IP" : "DNS", *names);
    }
    return g_string_free(text, text->len == 0);
}

static X509 *make_leaf(const LecAuthority *self, EVP_PKEY *key, const char *names, gint64 now_s) {
    const LecX509Extension extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "serverAuth"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {NID_subject_alt_name, names},
    };
    const LecX509Plan plan = {
        .key = key,
        .name = "Lectern",
        .from_s = now_s - DAY_S,
        .until_s = now_s + (gint64)LEC_AUTHORITY_LEAF_DAYS * DAY_S,
        .extensions = extensions,
        .n_extensions = G_N_ELEMENTS(extensions),
        .issuer = self->certificate,
        .issuer_key = self->key,
    };
    return lec_x509_make(&plan);
}

LecCertificate *lec_authority_issue(const LecAuthority *self, const char *const *names,
                                    gint64 now_s, GError **error) {
    g_autofree char *alternative_names = make_alternative_names(self, names);
    g_autoptr(EVP_PKEY) key = EVP_EC_gen("P-256");
    g_autoptr(X509) certificate = key != NULL && alternative_names != NULL
                                      ? make_leaf(self, key, alternative_names, now_s)
                                      : NULL;
    g_autofree char *pem = certificate != NULL ? lec_x509_certificate_to_pem(certificate) : NULL;
    char *key_pem = pem != NULL ? lec_x509_key_to_pem(key) : NULL;
    ERR_clear_error();
    if (key_pem == NULL) {
        set_failed(error);
        return NULL;
    }
    LecCertificate *leaf = lec_certificate_new(pem, key_pem, now_s, error);
    lec_x509_wipe(&key_pem);
    return leaf;
}
