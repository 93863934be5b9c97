/* Reads and writes the box's account in a cloud. */
#include "receiver/cloud-account.h"

#include "common/base/log.h"
#include "receiver/json-read.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define FILE_NAME "cloud.json"
#define MAX_TEXT_BYTES 1023 /* RFC 7622 §3.3 */

G_DEFINE_QUARK(lec_cloud_account_error, lec_cloud_account_error)

static char *path_of(const char *state_folder) {
    return g_build_filename(state_folder, FILE_NAME, NULL);
}

static void wipe(char *secret) {
    if (secret)
        explicit_bzero(secret, strlen(secret));
    g_free(secret);
}

void lec_cloud_account_free(LecCloudAccount *self) {
    if (!self)
        return;
    g_free(self->host);
    g_free(self->jid);
    wipe(self->password);
    g_free(self);
}

static bool fail_invalid(const char *what, GError **error) {
    g_set_error(error, LEC_CLOUD_ACCOUNT_ERROR, LEC_CLOUD_ACCOUNT_ERROR_INVALID, "%s", what);
    return false;
}

static bool is_host(const char *text) {
    const gsize len = strlen(text);
    return len > 0 && len <= 253 &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == len;
}

/* A bare address: one @, nothing that would end an attribute or begin a resource. */
static bool is_jid(const char *text) {
    const char *at = strchr(text, '@');
    return at && at > text && is_host(at + 1) && !strpbrk(text, LEC_CLOUD_ACCOUNT_NOT_IN_JID);
}

static bool read_pins(JsonObject *object, LecCloudAccount *account, GError **error) {
    JsonNode *node = json_object_get_member(object, "pins");
    if (!node || !JSON_NODE_HOLDS_ARRAY(node))
        return fail_invalid("\"pins\" is to be a list.", error);
    JsonArray *pins = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(pins); i++) {
        JsonNode *pin = json_array_get_element(pins, i);
        if (i >= LEC_CLOUD_ACCOUNT_PINS_MAX || json_node_get_value_type(pin) != G_TYPE_STRING ||
            !lec_fingerprint_parse(json_node_get_string(pin), &account->pins[i]))
            return fail_invalid("\"pins\" is to hold up to four SHA-256 fingerprints.", error);
        account->n_pins++;
    }
    return true;
}

static bool read_administrator(JsonObject *object, LecCloudAccount *account, GError **error) {
    if (!json_object_has_member(object, "administrator"))
        return true;
    const char *text = lec_json_get_text(object, "administrator", LEC_FINGERPRINT_TEXT_SIZE, error);
    if (!text)
        return false;
    account->has_administrator = lec_fingerprint_parse(text, &account->administrator);
    return account->has_administrator ||
           fail_invalid("\"administrator\" is to be a SHA-256 fingerprint.", error);
}

static LecCloudAccount *read_account(const char *text, gsize len, GError **error) {
    g_autoptr(JsonObject) object = lec_json_read(text, len, error);
    const char *host = object ? lec_json_get_text(object, "host", MAX_TEXT_BYTES, error) : NULL;
    const char *jid = host ? lec_json_get_text(object, "jid", MAX_TEXT_BYTES, error) : NULL;
    const char *password =
        jid ? lec_json_get_text(object, "password", MAX_TEXT_BYTES, error) : NULL;
    if (!password)
        return NULL;
    g_autoptr(LecCloudAccount) account = g_new0(LecCloudAccount, 1);
    account->host = g_strdup(host);
    account->jid = g_strdup(jid);
    account->password = g_strdup(password);
    if (!is_host(host) || !is_jid(jid) || !*password) {
        fail_invalid("host, jid or password is not usable.", error);
        return NULL;
    }
    return read_pins(object, account, error) && read_administrator(object, account, error)
               ? g_steal_pointer(&account)
               : NULL;
}

LecCloudAccount *lec_cloud_account_load(const char *state_folder, GError **error) {
    g_autofree char *path = path_of(state_folder);
    g_autoptr(GError) why = NULL;
    GStatBuf info;
    char *text = NULL;
    gsize len = 0;
    if (g_stat(path, &info) != 0 && errno == ENOENT)
        return NULL;
    if (g_stat(path, &info) == 0 && (info.st_mode & 077) != 0)
        lec_warning("Others can read the cloud's password in %s: chmod 600 it.", path);
    if (!g_file_get_contents(path, &text, &len, &why)) {
        g_set_error_literal(error, LEC_CLOUD_ACCOUNT_ERROR, LEC_CLOUD_ACCOUNT_ERROR_FILE,
                            why->message);
        return NULL;
    }
    LecCloudAccount *account = read_account(text, len, &why);
    wipe(text);
    if (!account)
        g_set_error(error, LEC_CLOUD_ACCOUNT_ERROR, LEC_CLOUD_ACCOUNT_ERROR_INVALID,
                    "%s is not a cloud account: %s", path, why->message);
    return account;
}

static void add_text(JsonBuilder *json, const char *name, const char *value) {
    json_builder_set_member_name(json, name);
    json_builder_add_string_value(json, value);
}

static char *write_account(const LecCloudAccount *self) {
    char text[LEC_FINGERPRINT_TEXT_SIZE];
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    add_text(json, "host", self->host);
    add_text(json, "jid", self->jid);
    add_text(json, "password", self->password);
    json_builder_set_member_name(json, "pins");
    json_builder_begin_array(json);
    for (guint i = 0; i < self->n_pins; i++) {
        lec_fingerprint_format(&self->pins[i], text);
        json_builder_add_string_value(json, text);
    }
    json_builder_end_array(json);
    if (self->has_administrator) {
        lec_fingerprint_format(&self->administrator, text);
        add_text(json, "administrator", text);
    }
    json_builder_end_object(json);
    g_autoptr(JsonNode) root = json_builder_get_root(json);
    return json_to_string(root, TRUE);
}

bool lec_cloud_account_save(const LecCloudAccount *self, const char *state_folder, GError **error) {
    g_autofree char *path = path_of(state_folder);
    g_autoptr(GError) why = NULL;
    char *text = write_account(self);
    const bool written = g_file_set_contents_full(
        path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &why);
    wipe(text);
    if (!written)
        g_set_error_literal(error, LEC_CLOUD_ACCOUNT_ERROR, LEC_CLOUD_ACCOUNT_ERROR_FILE,
                            why->message);
    return written;
}

bool lec_cloud_account_forget(const char *state_folder, GError **error) {
    g_autofree char *path = path_of(state_folder);
    if (g_unlink(path) == 0 || errno == ENOENT)
        return true;
    g_set_error(error, LEC_CLOUD_ACCOUNT_ERROR, LEC_CLOUD_ACCOUNT_ERROR_FILE,
                "%s cannot be removed: %s.", path, g_strerror(errno));
    return false;
}
