/* Calls ejabberd's commands over HTTPS. */
#include "admin/api.h"

#include <libsoup/soup.h>
#include <string.h>

#define MAX_ANSWER_BYTES (8 * 1024 * 1024)

G_DEFINE_QUARK(lec_api_error, lec_api_error)

struct LecAdminApi {
    char *cloud;
    const LecAdminAccount *account;
    SoupSession *session;
    GTlsDatabase *own; /* NULL: the system's alone */
};

LecAdminApi *lec_admin_api_new(const char *cloud, const LecAdminAccount *account,
                               const char *ca_file, const LecProxy *proxy, GError **error) {
    g_autoptr(LecAdminApi) self = g_new0(LecAdminApi, 1);
    if (ca_file && !(self->own = g_tls_file_database_new(ca_file, error))) {
        g_prefix_error(error, "The authority cannot be read from %s. ", ca_file);
        return NULL;
    }
    self->cloud = g_strdup(cloud);
    self->account = account;
    self->session = soup_session_new_with_options("timeout", LEC_API_TIMEOUT_S, "proxy-resolver",
                                                  lec_proxy_get_resolver(proxy), NULL);
    return g_steal_pointer(&self);
}

void lec_admin_api_free(LecAdminApi *self) {
    if (!self)
        return;
    g_clear_object(&self->session);
    g_clear_object(&self->own);
    g_free(self->cloud);
    g_free(self);
}

/* An own authority counts besides those of the system; all that it says must be in order. */
static gboolean on_accept_certificate(SoupMessage *message, GTlsCertificate *certificate,
                                      GTlsCertificateFlags found, gpointer user) {
    LecAdminApi *self = user;
    if (!self->own)
        return FALSE;
    g_autoptr(GSocketConnectable) identity = g_network_address_new(self->cloud, 443);
    return g_tls_database_verify_chain(self->own, certificate,
                                       G_TLS_DATABASE_PURPOSE_AUTHENTICATE_SERVER, identity, NULL,
                                       G_TLS_DATABASE_VERIFY_NONE, NULL, NULL) == 0;
}

static char *write_json(JsonBuilder *json) {
    g_autoptr(JsonNode) root = json_builder_get_root(json);
    return json_to_string(root, FALSE);
}

static void sign(const LecAdminApi *self, SoupMessage *message) {
    char *pair = g_strdup_printf("%s@boxes.%s:%s", self->account->user, self->cloud,
                                 self->account->password);
    char *base64 = g_base64_encode((const guint8 *)pair, strlen(pair));
    char *value = g_strconcat("Basic ", base64, NULL);
    soup_message_headers_replace(soup_message_get_request_headers(message), "Authorization", value);
    lec_secret_free(pair);
    lec_secret_free(base64);
    lec_secret_free(value);
}

static void explain(const LecAdminApi *self, const char *command, guint status, GError **error) {
    if (status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_FORBIDDEN)
        g_set_error(error, LEC_API_ERROR, LEC_API_ERROR_REFUSED,
                    "The cloud %s does not let this account do that (%s): the name or the password "
                    "is not right, or it is not its administrator's.",
                    self->cloud, command);
    else if (status == SOUP_STATUS_CONFLICT)
        g_set_error(error, LEC_API_ERROR, LEC_API_ERROR_CONFLICT, "It is there already.");
    else
        g_set_error(error, LEC_API_ERROR, LEC_API_ERROR_FAILED,
                    "The cloud %s could not do that (%s: status %u); its log says more.",
                    self->cloud, command, status);
}

static GBytes *post(LecAdminApi *self, const char *command, const char *body, GError **error) {
    g_autofree char *url = g_strdup_printf("https://%s/api/%s", self->cloud, command);
    g_autoptr(SoupMessage) message = soup_message_new(SOUP_METHOD_POST, url);
    if (!message) {
        g_set_error(error, LEC_API_ERROR, LEC_API_ERROR_UNREACHABLE, "%s is no name of a cloud.",
                    self->cloud);
        return NULL;
    }
    soup_message_add_flags(message, SOUP_MESSAGE_NO_REDIRECT);
    g_autoptr(GBytes) bytes = g_bytes_new(body, strlen(body));
    soup_message_set_request_body_from_bytes(message, "application/json", bytes);
    sign(self, message);
    g_signal_connect(message, "accept-certificate", G_CALLBACK(on_accept_certificate), self);
    g_autoptr(GError) why = NULL;
    g_autoptr(GBytes) answer = soup_session_send_and_read(self->session, message, NULL, &why);
    if (!answer)
        g_set_error(error, LEC_API_ERROR, LEC_API_ERROR_UNREACHABLE,
                    "The cloud %s cannot be reached: %s", self->cloud, why->message);
    else if (soup_message_get_status(message) != SOUP_STATUS_OK)
        explain(self, command, soup_message_get_status(message), error);
    else
        return g_steal_pointer(&answer);
    return NULL;
}

JsonNode *lec_admin_api_call(LecAdminApi *self, GError **error, const char *command, ...) {
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    va_list arguments;
    va_start(arguments, command);
    for (const char *name = va_arg(arguments, const char *); name;
         name = va_arg(arguments, const char *)) {
        json_builder_set_member_name(json, name);
        json_builder_add_string_value(json, va_arg(arguments, const char *));
    }
    va_end(arguments);
    json_builder_end_object(json);
    char *body = write_json(json);
    g_autoptr(GBytes) answer = post(self, command, body, error);
    lec_secret_free(body);
    if (!answer)
        return NULL;
    gsize len = 0;
    const char *text = g_bytes_get_data(answer, &len);
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    if (len > 0 && len <= MAX_ANSWER_BYTES &&
        json_parser_load_from_data(parser, text, (gssize)len, NULL) && json_parser_get_root(parser))
        return json_node_ref(json_parser_get_root(parser));
    g_set_error(error, LEC_API_ERROR, LEC_API_ERROR_FAILED,
                "The cloud %s answers with something that is no JSON (%s).", self->cloud, command);
    return NULL;
}
