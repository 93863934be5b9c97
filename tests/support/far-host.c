/* A server that sends back what it gets, with or without TLS, on threads of its own. */
#include "tests/support/far-host.h"

#include <glib/gstdio.h>

#include "common/base/authority.h"

struct LecFarHost {
    LecFarHostConfig config;
    GSocketService *service;
    guint16 port;
    gint count, listening;
    char *folder;
    GTlsCertificate *certificate;
    GTlsDatabase *anchors;
};

static void echo(GIOStream *stream) {
    char buffer[4096];
    gssize n;
    while ((n = g_input_stream_read(g_io_stream_get_input_stream(stream), buffer, sizeof buffer,
                                    NULL, NULL)) > 0)
        if (!g_output_stream_write_all(g_io_stream_get_output_stream(stream), buffer, (gsize)n,
                                       NULL, NULL, NULL))
            break;
    g_io_stream_close(stream, NULL, NULL);
}

static gboolean on_run(GThreadedSocketService *service, GSocketConnection *connection,
                       GObject *source, gpointer user) {
    LecFarHost *self = user;
    g_atomic_int_inc(&self->count);
    g_socket_set_option(g_socket_connection_get_socket(connection), 6, 1 /* TCP_NODELAY */, 1,
                        NULL);
    while (self->config.deaf && !g_atomic_int_get(&self->listening))
        g_usleep(1000);
    if (!self->config.tls) {
        echo(G_IO_STREAM(connection));
        return TRUE;
    }
    g_autoptr(GIOStream) tls =
        g_tls_server_connection_new(G_IO_STREAM(connection), self->certificate, NULL);
    echo(tls);
    return TRUE;
}

static void make_certificate(LecFarHost *self) {
    const char *const names[] = {LEC_FAR_NAME, NULL}, *const none[] = {NULL};
    g_autoptr(GError) error = NULL;
    const gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
    self->folder = g_dir_make_tmp("lectern-XXXXXX", NULL);
    g_autoptr(LecAuthority) authority =
        lec_authority_load_or_make(self->folder, "Far", names, none, now_s, &error);
    g_assert_no_error(error);
    g_autoptr(LecCertificate) leaf = lec_authority_issue(authority, names, now_s, &error);
    g_assert_no_error(error);
    g_autofree char *pem =
        g_strconcat(lec_certificate_get_pem(leaf), lec_certificate_get_key_pem(leaf), NULL);
    self->certificate = g_tls_certificate_new_from_pem(pem, -1, &error);
    g_assert_no_error(error);
    g_autofree char *path = g_build_filename(self->folder, "authority.crt", NULL);
    self->anchors = g_tls_file_database_new(path, &error);
    g_assert_no_error(error);
}

LecFarHost *lec_far_host_new(const LecFarHostConfig *config) {
    LecFarHost *self = g_new0(LecFarHost, 1);
    g_autoptr(GSocketAddress) bound = NULL;
    g_autoptr(GSocketAddress) any =
        g_inet_socket_address_new_from_string(config->ipv6 ? "::1" : "127.0.0.1", 0);
    self->config = *config;
    if (config->tls)
        make_certificate(self);
    self->service = g_threaded_socket_service_new(32);
    g_signal_connect(self->service, "run", G_CALLBACK(on_run), self);
    if (!g_socket_listener_add_address(G_SOCKET_LISTENER(self->service), any, G_SOCKET_TYPE_STREAM,
                                       G_SOCKET_PROTOCOL_TCP, NULL, &bound, NULL)) {
        lec_far_host_free(self);
        return NULL; /* no IPv6 here */
    }
    self->port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
    return self;
}

static void on_gone(gpointer data, GObject *gone) {
    g_atomic_int_set((gint *)data, 1);
}

/* Each thread that serves a connection holds the service. */
void lec_far_host_service_end(GSocketService *service) {
    gint gone = 0;
    g_socket_service_stop(service);
    g_socket_listener_close(G_SOCKET_LISTENER(service));
    g_object_weak_ref(G_OBJECT(service), on_gone, &gone);
    g_object_unref(service);
    while (!g_atomic_int_get(&gone)) {
        g_main_context_iteration(NULL, FALSE);
        g_thread_yield();
    }
}

void lec_far_host_free(LecFarHost *self) {
    if (!self)
        return;
    lec_far_host_listen(self);
    lec_far_host_service_end(self->service);
    g_clear_object(&self->certificate);
    g_clear_object(&self->anchors);
    if (self->folder) {
        static const char *const files[] = {"authority.key", "authority.crt"};
        for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
            g_autofree char *path = g_build_filename(self->folder, files[i], NULL);
            g_unlink(path);
        }
        g_rmdir(self->folder);
    }
    g_free(self->folder);
    g_free(self);
}

guint16 lec_far_host_get_port(const LecFarHost *self) {
    return self->port;
}

GTlsDatabase *lec_far_host_get_anchors(const LecFarHost *self) {
    return self->anchors;
}

guint lec_far_host_count(LecFarHost *self) {
    return (guint)g_atomic_int_get(&self->count);
}

void lec_far_host_listen(LecFarHost *self) {
    g_atomic_int_set(&self->listening, 1);
}
