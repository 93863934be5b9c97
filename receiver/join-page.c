/* One small page at /. */
#include "receiver/join-page.h"

#include "signalling/https-page.h"

static const char page[] =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\"><title>Lectern</title>"
    "<h1>Share your screen here</h1>"
    "<p>On Linux, run <code>lectern-share</code> with the meeting ID that the display shows, and "
    "type the PIN "
    "beside it.</p></html>";

void lec_join_page_serve(LecHttpsServer *server) {
    lec_https_page_serve(server, "/", "text/html; charset=utf-8", page);
}
