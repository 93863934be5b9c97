/*
 * A box's ear for its cloud's news of revoked devices (XEP-0060), pure: stanzas and time in,
 * stanzas and events out. It subscribes, then reads the whole list, page by page (XEP-0059), at
 * each new session; then listens. A list that cannot be had is asked for again; what was known
 * before holds until then.
 */
#pragma once

#include "signalling/revocation.h"

#define LEC_NEWS_PAGE 60 /* well within what one stanza may hold */
#define LEC_NEWS_MAX 2000
#define LEC_NEWS_RETRY_US (30 * G_USEC_PER_SEC)

typedef struct {
    void (*send)(const LecStanza *stanza, void *user);
    void (*list)(const GArray *revocations, void *user); /* of LecRevocation: all there are */
    void (*revoked)(const LecRevocation *revocation, void *user);
    void (*restored)(const LecFingerprint *device, void *user);
} LecNewsEvents;

typedef struct LecNews LecNews;

/* service: "news.example.org"; jid: our own, with the resource. */
LecNews *lec_news_new(const char *service, const char *jid, const LecNewsEvents *events,
                      void *user);
void lec_news_free(LecNews *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecNews, lec_news_free)

void lec_news_connected(LecNews *self, gint64 now_us); /* a session that was not resumed */
/* True: the stanza was news, and is dealt with. */
bool lec_news_take(LecNews *self, const LecStanza *stanza, gint64 now_us);
void lec_news_tick(LecNews *self, gint64 now_us); /* while connected */
