/* The status socket, both ends. */
#include "receiver/status.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

#include "signalling/acceptor.h"

#define MAX_ANSWER_BYTES (256 * 1024)
#define ASK_TIMEOUT_S 3

struct LecStatus {
    LecAcceptor *acceptor;
    char *path;
    char *(*describe)(void *user);
    void *user;
};

static GSocketAddress *make_address(const char *state_folder, char **ret_path, GError **error) {
    g_autofree char *path = g_build_filename(state_folder, "status.socket", NULL);
    if (strlen(path) >= 108) { /* sizeof sockaddr_un.sun_path */
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG,
                    "The state folder's name is too long for a socket: %s.", state_folder);
        return NULL;
    }
    GSocketAddress *address = g_unix_socket_address_new(path);
    *ret_path = g_steal_pointer(&path);
    return address;
}

static void on_written(GObject *source, GAsyncResult *result, gpointer user) {
    g_autoptr(GSocketConnection) connection = user;
    g_output_stream_write_all_finish(G_OUTPUT_STREAM(source), result, NULL, NULL);
    g_io_stream_close_async(G_IO_STREAM(connection), G_PRIORITY_DEFAULT, NULL, NULL, NULL);
}

static void on_accepted(GSocketConnection *connection, void *user) {
    LecStatus *self = user;
    char *text = self->describe(self->user);
    g_object_set_data_full(G_OBJECT(connection), "text", text, g_free);
    g_output_stream_write_all_async(g_io_stream_get_output_stream(G_IO_STREAM(connection)), text,
                                    strlen(text), G_PRIORITY_DEFAULT, NULL, on_written,
                                    g_object_ref(connection));
}

/* Connecting to a local socket is answered at once: by a listener, or by the kernel for one that
 * was killed. */
static bool somebody_listens(GSocketAddress *address) {
    g_autoptr(GSocket) socket =
        g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
    if (!socket)
        return false;
    g_socket_set_blocking(socket, FALSE);
    g_autoptr(GError) error = NULL;
    return g_socket_connect(socket, address, NULL, &error) ||
           g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

LecStatus *lec_status_new(const char *state_folder, char *(*describe)(void *user), void *user,
                          GError **error) {
    g_autoptr(LecStatus) self = g_new0(LecStatus, 1);
    self->describe = describe;
    self->user = user;
    g_autoptr(GSocketAddress) address = make_address(state_folder, &self->path, error);
    if (!address)
        return NULL;
    if (somebody_listens(address)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
                    "Another receiver already runs with the state folder %s.", state_folder);
        return NULL;
    }
    g_unlink(self->path); /* of a receiver that was killed */
    static const LecAcceptorEvents events = {.accepted = on_accepted};
    g_autoptr(GSocketListener) listener = g_socket_listener_new();
    if (!g_socket_listener_add_address(listener, address, G_SOCKET_TYPE_STREAM,
                                       G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, error))
        return NULL;
    g_chmod(self->path, 0600); /* the folder is 0700 already */
    self->acceptor = lec_acceptor_new(listener, &events, self);
    return g_steal_pointer(&self);
}

void lec_status_free(LecStatus *self) {
    if (!self)
        return;
    if (self->acceptor)
        g_unlink(self->path);
    g_clear_pointer(&self->acceptor, lec_acceptor_free);
    g_free(self->path);
    g_free(self);
}

char *lec_status_ask(const char *state_folder, GError **error) {
    g_autofree char *path = NULL;
    g_autoptr(GSocketAddress) address = make_address(state_folder, &path, error);
    if (!address)
        return NULL;
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_socket_client_set_timeout(client, ASK_TIMEOUT_S);
    g_autoptr(GError) why = NULL;
    g_autoptr(GSocketConnection) connection =
        g_socket_client_connect(client, G_SOCKET_CONNECTABLE(address), NULL, &why);
    if (!connection) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    "No receiver of this user answers at %s (%s). Is it running?", path,
                    why->message);
        return NULL;
    }
    g_autofree char *text = g_malloc(MAX_ANSWER_BYTES + 1);
    gsize len = 0;
    if (!g_input_stream_read_all(g_io_stream_get_input_stream(G_IO_STREAM(connection)), text,
                                 MAX_ANSWER_BYTES, &len, NULL, error))
        return NULL;
    text[len] = '\0';
    return g_steal_pointer(&text);
}
