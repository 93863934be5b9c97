/* An HTTPS client for tests of a server on loopback: any certificate will do, and no proxy is
 * asked.
 */
#pragma once

#include <libsoup/soup.h>
#include <stdbool.h>

typedef struct {
    SoupSession *session;
    char *base; /* "https://127.0.0.1:443" */
} LecHttpsClient;

typedef struct {
    const char *method, *path;
    const char *token;      /* bearer's; NULL: none */
    const char *type;       /* body's */
    const char *body;       /* NULL: none */
    const char *headers[4]; /* name, value, name, value */
} LecHttpsQuestion;

typedef struct {
    bool done;
    SoupMessage *message;
    GCancellable *cancellable;
    GError *error; /* NULL where an answer came */
    guint status;
    char *body; /* ends with a null byte that len does not count */
    gsize len;
} LecHttpsReply;

LecHttpsClient *lec_https_client_new(guint16 port);
void lec_https_client_free(LecHttpsClient *self); /* its connections are cut */

/* The request alone, for who sends it in a way of their own. */
SoupMessage *lec_https_client_prepare(const LecHttpsClient *self, const LecHttpsQuestion *question);
/* Sends it; *reply is not looked at before, stays where it is until it is done, and is to be
 * cleared. */
void lec_https_client_begin(LecHttpsClient *self, const LecHttpsQuestion *question,
                            LecHttpsReply *reply);
/* The same, and waits: an answer has to come. */
void lec_https_client_ask(LecHttpsClient *self, const LecHttpsQuestion *question,
                          LecHttpsReply *reply);
/* All values of a header of the answer; NULL: it has none. */
const char *lec_https_reply_header(const LecHttpsReply *self, const char *name);
void lec_https_reply_clear(LecHttpsReply *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LecHttpsReply, lec_https_reply_clear)
