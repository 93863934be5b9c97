/* The HTTPS server: libsoup behind the gate, with limits on requests and one rule for who may ask.
 */
#include "signalling/https-server.h"

#include "common/base/log.h"
#include "signalling/http-rules.h"

#include <errno.h>
#include <libsoup/soup.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

G_DEFINE_QUARK(lec_https_error_quark, lec_https_error)

struct LecHttpsServer {
    LecGate *gate;
    void (*take_plain)(GSocketConnection *socket, void *user); /* may be NULL */
    void *plain_user;
    SoupServer *soup;
    LecHttpNames *names;
    int mute_end; /* see pretend_to_listen() */
};

static LecGateConn *request_conn(SoupServerMessage *request) {
    GSocketAddress *remote = soup_server_message_get_remote_address(request);
    return remote ? lec_gate_conn_of(remote) : NULL;
}

LecMeter *lec_https_request_get_meter(SoupServerMessage *request) {
    LecGateConn *conn = request_conn(request);
    return conn ? lec_gate_conn_get_meter(conn) : NULL;
}

/* Programs are told why, as the interface itself would (RFC 9457). */
static const char *problem_of(guint status) {
    switch (status) {
    case SOUP_STATUS_UNAUTHORIZED:
        return "{\"type\":\"about:blank\",\"title\":\"Unauthorized\",\"status\":401,"
               "\"detail\":\"This takes a token, which a host of the room issues.\"}";
    case SOUP_STATUS_FORBIDDEN:
        return "{\"type\":\"about:blank\",\"title\":\"Forbidden\",\"status\":403,"
               "\"detail\":\"Pages from elsewhere may not do that.\"}";
    case SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE:
        return "{\"type\":\"about:blank\",\"title\":\"Content Too Large\",\"status\":413,"
               "\"detail\":\"The request is too large.\"}";
    case SOUP_STATUS_MISDIRECTED_REQUEST:
        return "{\"type\":\"about:blank\",\"title\":\"Misdirected Request\",\"status\":421,"
               "\"detail\":\"That name is not the box's; the setting host-names adds names.\"}";
    default:
        return NULL;
    }
}

static void request_refuse(SoupServerMessage *request, guint status) {
    const char *problem = problem_of(status);
    if (problem && g_str_has_prefix(g_uri_get_path(soup_server_message_get_uri(request)), "/api/"))
        soup_server_message_set_response(request, "application/problem+json", SOUP_MEMORY_STATIC,
                                         problem, strlen(problem));
    soup_server_message_set_status(request, status, NULL);
    soup_message_headers_replace(soup_server_message_get_response_headers(request), "Connection",
                                 "close");
    soup_message_body_set_accumulate(soup_server_message_get_request_body(request), FALSE);
}

static LecHttpRequest describe_request(SoupServerMessage *request) {
    SoupMessageHeaders *headers = soup_server_message_get_request_headers(request);
    return (LecHttpRequest){
        .method = soup_server_message_get_method(request),
        .host = soup_message_headers_get_list(headers, "Host"),
        .origin = soup_message_headers_get_list(headers, "Origin"),
        .authorization = soup_message_headers_get_list(headers, "Authorization"),
        .fetch_site = soup_message_headers_get_list(headers, "Sec-Fetch-Site"),
        .fetch_mode = soup_message_headers_get_list(headers, "Sec-Fetch-Mode"),
        .fetch_dest = soup_message_headers_get_list(headers, "Sec-Fetch-Dest"),
        .websocket = soup_message_headers_header_contains(headers, "Upgrade", "websocket"),
    };
}

static void request_refuse_by_rule(SoupServerMessage *request, const LecHttpRequest *facts,
                                   guint status) {
    request_refuse(request, status);
    if (status == SOUP_STATUS_UNAUTHORIZED)
        soup_message_headers_replace(soup_server_message_get_response_headers(request),
                                     "WWW-Authenticate", "Bearer");
    if (status == SOUP_STATUS_MISDIRECTED_REQUEST && facts->host)
        lec_debug("A request to \"%s\" was refused: that name is not the box's.", facts->host);
}

static void on_got_headers(SoupServerMessage *request, gpointer user) {
    LecHttpsServer *self = user;
    SoupMessageHeaders *headers = soup_server_message_get_request_headers(request);
    const LecHttpRequest facts = describe_request(request);
    guint refusal = lec_http_judge(&facts, self->names);
    if (refusal)
        request_refuse_by_rule(request, &facts, refusal);
    else if (soup_message_headers_get_content_length(headers) > LEC_HTTPS_MAX_BODY_BYTES)
        request_refuse(request, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE);
}

static void on_got_chunk(SoupServerMessage *request, GBytes *chunk, gpointer user) {
    SoupMessageBody *body = soup_server_message_get_request_body(request);
    if (body->length > LEC_HTTPS_MAX_BODY_BYTES)
        request_refuse(request, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE);
}

/* "Switching protocols" is on its way: a WebSocket from here on; request-finished does not come for
 * it. */
static void on_wrote_informational(SoupServerMessage *request, gpointer user) {
    LecGateConn *conn = request_conn(request);
    if (!conn || soup_server_message_get_status(request) != SOUP_STATUS_SWITCHING_PROTOCOLS)
        return;
    lec_gate_conn_set_phase(conn, LEC_GATE_UPGRADED);
    lec_meter_renew(lec_gate_conn_get_meter(conn));
}

static void on_request_started(SoupServer *soup, SoupServerMessage *request, gpointer user) {
    g_signal_connect(request, "got-headers", G_CALLBACK(on_got_headers), user);
    g_signal_connect(request, "got-chunk", G_CALLBACK(on_got_chunk), NULL);
    g_signal_connect(request, "wrote-informational", G_CALLBACK(on_wrote_informational), NULL);
}

static void on_request_read(SoupServer *soup, SoupServerMessage *request, gpointer user) {
    LecGateConn *conn = request_conn(request);
    if (conn)
        lec_gate_conn_set_phase(conn, LEC_GATE_BUSY);
}

static void on_request_finished(SoupServer *soup, SoupServerMessage *request, gpointer user) {
    LecGateConn *conn = request_conn(request);
    if (!conn)
        return;
    lec_gate_conn_set_phase(conn, LEC_GATE_IDLE);
    lec_meter_renew(lec_gate_conn_get_meter(conn));
}

static void on_secured(LecGateConn *conn, GIOStream *tls, GSocketAddress *local,
                       GSocketAddress *remote, void *user) {
    LecHttpsServer *self = user;
    g_autoptr(GError) error = NULL;
    if (!soup_server_accept_iostream(self->soup, tls, local, remote, &error))
        lec_warning("The web server did not take a connection: %s", error->message);
}

static GTlsCertificate *make_certificate(const char *certificate_pem, const char *key_pem,
                                         GError **error) {
    char *pem = g_strconcat(certificate_pem, "\n", key_pem, NULL);
    g_autoptr(GError) cause = NULL;
    GTlsCertificate *certificate = g_tls_certificate_new_from_pem(pem, -1, &cause);
    explicit_bzero(pem, strlen(pem));
    g_free(pem);
    if (!certificate)
        g_set_error(error, LEC_HTTPS_ERROR, LEC_HTTPS_ERROR_FAILED,
                    "The web server cannot use the certificate: %s.", cause->message);
    return certificate;
}

static void set_listen_error(guint16 port, const GError *cause, GError **error) {
    if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
        g_set_error(error, LEC_HTTPS_ERROR, LEC_HTTPS_ERROR_PORT_TAKEN,
                    "Port %u is taken by another program; stop it or choose another port.", port);
    else if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
        g_set_error(error, LEC_HTTPS_ERROR, LEC_HTTPS_ERROR_PORT_DENIED,
                    "Port %u may not be used without the right to ports below 1024 "
                    "(CAP_NET_BIND_SERVICE); grant it or choose another port.",
                    port);
    else
        g_set_error(error, LEC_HTTPS_ERROR, LEC_HTTPS_ERROR_FAILED,
                    "The web server cannot listen on port %u: %s.", port, cause->message);
}

/*
 * libsoup keeps a connection open for the next request only while the server listens somewhere. The
 * gate listens for it, so it gets one end of a pair whose other end says nothing.
 */
static bool pretend_to_listen(LecHttpsServer *self, GError **error) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        int saved = errno;
        g_set_error_literal(error, G_IO_ERROR, g_io_error_from_errno(saved), g_strerror(saved));
        return false;
    }
    self->mute_end = ends[1];
    g_autoptr(GSocket) socket = g_socket_new_from_fd(ends[0], error);
    if (!socket) {
        close(ends[0]);
        return false;
    }
    return soup_server_listen_socket(self->soup, socket, 0, error);
}

static SoupServer *make_soup(LecHttpsServer *self) {
    SoupServer *soup = soup_server_new("server-header", "lectern", NULL);
    /* Compressed messages would inflate past every limit; ours are small. */
    soup_server_remove_websocket_extension(soup, SOUP_TYPE_WEBSOCKET_EXTENSION_DEFLATE);
    g_signal_connect(soup, "request-started", G_CALLBACK(on_request_started), self);
    g_signal_connect(soup, "request-read", G_CALLBACK(on_request_read), self);
    g_signal_connect(soup, "request-finished", G_CALLBACK(on_request_finished), self);
    return soup;
}

static void on_plain(GSocketConnection *socket, void *user) {
    LecHttpsServer *self = user;
    if (self->take_plain)
        self->take_plain(socket, self->plain_user);
}

void lec_https_server_set_plain(LecHttpsServer *self,
                                void (*take)(GSocketConnection *socket, void *user), void *user) {
    self->take_plain = take;
    self->plain_user = user;
}

LecHttpsServer *lec_https_server_new_with_limits(const LecIdentity *identity, guint16 port,
                                                 const LecGateLimits *limits, GError **error) {
    static const LecGateEvents events = {.secured = on_secured, .plain = on_plain};
    g_autoptr(GError) cause = NULL;
    g_autoptr(GTlsCertificate) certificate = make_certificate(
        lec_identity_get_certificate_pem(identity), lec_identity_get_key_pem(identity), error);
    if (!certificate)
        return NULL;
    g_autoptr(LecHttpsServer) self = g_new0(LecHttpsServer, 1);
    self->mute_end = -1;
    self->names = lec_http_names_new();
    self->gate = lec_gate_new(certificate, port, limits, &events, self, &cause);
    if (!self->gate) {
        set_listen_error(port, cause, error);
        return NULL;
    }
    self->soup = make_soup(self);
    if (!pretend_to_listen(self, &cause)) {
        set_listen_error(port, cause, error);
        return NULL;
    }
    return g_steal_pointer(&self);
}

LecHttpsServer *lec_https_server_new(const LecIdentity *identity, guint16 port, GError **error) {
    return lec_https_server_new_with_limits(identity, port, &lec_gate_limits_default, error);
}

void lec_https_server_free(LecHttpsServer *self) {
    if (!self)
        return;
    g_clear_pointer(&self->gate, lec_gate_free);
    if (self->soup) {
        g_signal_handlers_disconnect_by_data(self->soup, self);
        soup_server_disconnect(self->soup);
        g_clear_object(&self->soup);
    }
    g_clear_pointer(&self->names, lec_http_names_free);
    if (self->mute_end >= 0)
        close(self->mute_end);
    g_free(self);
}

bool lec_https_server_set_certificate(LecHttpsServer *self, const char *certificate_pem,
                                      const char *key_pem, GError **error) {
    g_autoptr(GTlsCertificate) certificate = make_certificate(certificate_pem, key_pem, error);
    if (!certificate)
        return false;
    lec_gate_set_certificate(self->gate, certificate);
    return true;
}

guint16 lec_https_server_get_port(const LecHttpsServer *self) {
    return lec_gate_get_port(self->gate);
}

SoupServer *lec_https_server_get_soup(LecHttpsServer *self) {
    return self->soup;
}

LecHttpNames *lec_https_server_get_names(LecHttpsServer *self) {
    return self->names;
}

guint lec_https_server_count_connections(const LecHttpsServer *self) {
    return lec_gate_count(self->gate);
}
