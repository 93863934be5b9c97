/* The end of a libsoup WebSocket: what was sent still goes out, and then it closes, whoever has
 * lost interest by then. */
#pragma once

typedef struct _SoupWebsocketConnection SoupWebsocketConnection;

/* Takes websocket, whose signals the caller has disconnected. It is gone within
 * LEC_WEBSOCKET_LINGER_MS at the latest. */
#define LEC_WEBSOCKET_LINGER_MS 2000
void lec_websocket_close(SoupWebsocketConnection *websocket);
