/* Closing a WebSocket without cutting off its queue: libsoup drops what is unsent when the object
 * goes. */
#include "signalling/websocket-close.h"

#include <libsoup/soup.h>

typedef struct {
    SoupWebsocketConnection *websocket;
    guint timer;
} Farewell;

static void farewell_end(Farewell *self) {
    g_signal_handlers_disconnect_by_data(self->websocket, self);
    g_clear_handle_id(&self->timer, g_source_remove);
    g_object_unref(self->websocket);
    g_free(self);
}

static void on_closed(SoupWebsocketConnection *websocket, gpointer data) {
    farewell_end(data);
}

static gboolean on_overdue(gpointer data) {
    Farewell *self = data;
    self->timer = 0;
    farewell_end(self);
    return G_SOURCE_REMOVE;
}

void lec_websocket_close(SoupWebsocketConnection *websocket) {
    if (soup_websocket_connection_get_state(websocket) == SOUP_WEBSOCKET_STATE_CLOSED) {
        g_object_unref(websocket);
        return;
    }
    Farewell *self = g_new0(Farewell, 1);
    self->websocket = websocket;
    self->timer = g_timeout_add(LEC_WEBSOCKET_LINGER_MS, on_overdue, self);
    g_signal_connect(websocket, "closed", G_CALLBACK(on_closed), self);
    if (soup_websocket_connection_get_state(websocket) == SOUP_WEBSOCKET_STATE_OPEN)
        soup_websocket_connection_close(websocket, SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
}
