/* Gets a PAC file from a disk or a web server, within limits of size and time. */
#include "common/net/pac-fetch.h"

#include <libsoup/soup.h>
#include <stdbool.h>

#include "common/base/i18n.h"
#include "common/net/proxy.h"

static GBytes *refuse(GError **error, const char *place, const char *reason) {
    g_set_error(error, LEC_PROXY_ERROR, LEC_PROXY_ERROR_PAC,
                _("The PAC file %s cannot be had: %s."), place, reason);
    return NULL;
}

static GBytes *read_all(GInputStream *stream, const char *place, gint64 give_up_us,
                        GCancellable *cancellable, GError **error) {
    g_autoptr(GByteArray) text = g_byte_array_new();
    g_autoptr(GError) cause = NULL;
    guint8 buffer[16384];
    gssize n;
    while ((n = g_input_stream_read(stream, buffer, sizeof buffer, cancellable, &cause)) > 0) {
        g_byte_array_append(text, buffer, (guint)n);
        if (text->len > LEC_PAC_MAX_BYTES)
            return refuse(error, place, _("it has over 1 MiB"));
        if (g_get_monotonic_time() > give_up_us)
            return refuse(error, place, _("it comes too slowly"));
    }
    if (n < 0)
        return refuse(error, place, cause->message);
    return g_byte_array_free_to_bytes(g_steal_pointer(&text));
}

/* A redirection: whatever http leads to, anybody on the way could have written. */
static void on_restarted(SoupMessage *message, gpointer user) {
    bool *insecure = user;
    *insecure |= !g_str_equal(g_uri_get_scheme(soup_message_get_uri(message)), "https");
}

static GBytes *fetch_url(const char *place, GCancellable *cancellable, GError **error) {
    const gint64 give_up_us = g_get_monotonic_time() + LEC_PAC_FETCH_S * G_USEC_PER_SEC;
    g_autoptr(SoupMessage) message = soup_message_new(SOUP_METHOD_GET, place);
    if (!message)
        return refuse(error, place, _("that is not a URL"));
    g_autoptr(SoupSession) session = soup_session_new_with_options(
        "proxy-resolver", NULL, "timeout", LEC_PAC_FETCH_S, "user-agent", "Lectern", NULL);
    g_autoptr(GError) cause = NULL;
    bool insecure = false;
    if (g_str_has_prefix(place, "https:"))
        g_signal_connect(message, "restarted", G_CALLBACK(on_restarted), &insecure);
    g_autoptr(GInputStream) stream = soup_session_send(session, message, cancellable, &cause);
    if (!stream)
        return refuse(error, place, cause->message);
    if (soup_message_get_status(message) != SOUP_STATUS_OK)
        return refuse(error, place, soup_status_get_phrase(soup_message_get_status(message)));
    if (insecure)
        return refuse(error, place, _("it leads away from https"));
    return read_all(stream, place, give_up_us, cancellable, error);
}

static GBytes *fetch_file(const char *place, GCancellable *cancellable, GError **error) {
    g_autoptr(GFile) file = g_file_new_for_path(place);
    g_autoptr(GError) cause = NULL;
    if (g_file_query_file_type(file, G_FILE_QUERY_INFO_NONE, cancellable) != G_FILE_TYPE_REGULAR)
        return refuse(error, place, _("there is no such file"));
    g_autoptr(GFileInputStream) stream = g_file_read(file, cancellable, &cause);
    if (!stream)
        return refuse(error, place, cause->message);
    return read_all(G_INPUT_STREAM(stream), place, G_MAXINT64, cancellable, error);
}

GBytes *lec_pac_fetch(const char *place, GCancellable *cancellable, GError **error) {
    if (g_str_has_prefix(place, "http://") || g_str_has_prefix(place, "https://"))
        return fetch_url(place, cancellable, error);
    return fetch_file(place, cancellable, error);
}
