/* Subscribes to the node, pages through it, and tells what comes. */
#include "signalling/news.h"

#include "signalling/xmpp.h"

#include <string.h>

#define NS_EVENT "http://jabber.org/protocol/pubsub#event"
#define NS_RSM "http://jabber.org/protocol/rsm"
#define MAX_PAGES (2 * LEC_NEWS_MAX / LEC_NEWS_PAGE)

struct LecNews {
    LecNewsEvents events;
    void *user;
    char *service, *jid;
    guint asked;       /* the number in our request's id; an answer to another is not ours */
    bool subscribing;  /* of the request that is under way */
    bool waiting;      /* for an answer */
    guint pages;       /* read since */
    GArray *list;      /* of LecRevocation, as it grows */
    GPtrArray *missed; /* events while the list was being read: owned LecStanza, in order */
    gint64 retry_us;   /* G_MAXINT64: not due */
};

static void ask(LecNews *self, const char *type, LecStanza *pubsub, gint64 now_us) {
    g_autoptr(LecStanza) iq = lec_stanza_new("iq", LEC_XMPP_NS_CLIENT);
    g_autofree char *id = g_strdup_printf("news-%u", ++self->asked);
    lec_stanza_set(iq, "type", type);
    lec_stanza_set(iq, "id", id);
    lec_stanza_set(iq, "to", self->service);
    lec_stanza_add(iq, pubsub);
    self->waiting = true;
    self->retry_us = now_us + LEC_NEWS_RETRY_US;
    self->events.send(iq, self->user);
}

static void subscribe(LecNews *self, gint64 now_us) {
    LecStanza *pubsub = lec_stanza_new("pubsub", LEC_REVOCATION_NS_PUBSUB);
    LecStanza *subscription = lec_stanza_add_new(pubsub, "subscribe", NULL, NULL);
    lec_stanza_set(subscription, "node", LEC_REVOCATION_NODE);
    lec_stanza_set(subscription, "jid", self->jid);
    self->subscribing = true;
    self->pages = 0;
    g_array_set_size(self->list, 0);
    g_ptr_array_set_size(self->missed, 0);
    ask(self, "set", pubsub, now_us);
}

static void ask_for_page(LecNews *self, const char *after, gint64 now_us) {
    LecStanza *pubsub = lec_stanza_new("pubsub", LEC_REVOCATION_NS_PUBSUB);
    LecStanza *items = lec_stanza_add_new(pubsub, "items", NULL, NULL);
    lec_stanza_set(items, "node", LEC_REVOCATION_NODE);
    LecStanza *set = lec_stanza_add_new(pubsub, "set", NS_RSM, NULL);
    g_autofree char *max = g_strdup_printf("%d", LEC_NEWS_PAGE);
    lec_stanza_add_new(set, "max", NULL, max);
    if (after)
        lec_stanza_add_new(set, "after", NULL, after);
    self->subscribing = false;
    ask(self, "get", pubsub, now_us);
}

/* ---- what comes ---- */

static void tell_event(LecNews *self, const LecStanza *items) {
    for (const LecStanza *each = lec_stanza_first(items); each; each = lec_stanza_next(each)) {
        LecRevocation revocation;
        const char *id = lec_stanza_get(each, "id");
        if (lec_stanza_is(each, "item", NS_EVENT) && lec_revocation_read(each, &revocation))
            self->events.revoked(&revocation, self->user);
        else if (lec_stanza_is(each, "retract", NS_EVENT) && id &&
                 lec_fingerprint_parse(id, &revocation.device))
            self->events.restored(&revocation.device, self->user);
    }
}

static void take_event(LecNews *self, const LecStanza *message) {
    const LecStanza *event = lec_stanza_child(message, "event", NS_EVENT);
    const LecStanza *items = event ? lec_stanza_child(event, "items", NS_EVENT) : NULL;
    if (!items || g_strcmp0(lec_stanza_get(items, "node"), LEC_REVOCATION_NODE) != 0)
        return;
    tell_event(self, items);
    /* Told at once, and once more after a list that may have been read before it. */
    if (self->waiting && self->missed->len < LEC_NEWS_MAX)
        g_ptr_array_add(self->missed, lec_stanza_copy(items));
}

static void finish_list(LecNews *self) {
    self->retry_us = G_MAXINT64;
    self->events.list(self->list, self->user);
    for (guint i = 0; i < self->missed->len; i++)
        tell_event(self, self->missed->pdata[i]);
    g_ptr_array_set_size(self->missed, 0);
    g_array_set_size(self->list, 0);
}

static void take_page(LecNews *self, const LecStanza *pubsub, gint64 now_us) {
    const LecStanza *items = lec_stanza_child(pubsub, "items", NULL);
    const LecStanza *set = lec_stanza_child(pubsub, "set", NS_RSM);
    const LecStanza *last = set ? lec_stanza_child(set, "last", NULL) : NULL;
    guint count = 0;
    for (const LecStanza *item = items ? lec_stanza_first(items) : NULL; item;
         item = lec_stanza_next(item), count++) {
        LecRevocation revocation;
        if (self->list->len < LEC_NEWS_MAX && lec_revocation_read(item, &revocation))
            g_array_append_val(self->list, revocation);
    }
    if (count < LEC_NEWS_PAGE || !last || self->list->len >= LEC_NEWS_MAX)
        finish_list(self);
    else if (++self->pages < MAX_PAGES) /* else it is endless, and the list of before holds */
        ask_for_page(self, lec_stanza_get_text(last), now_us);
}

static void take_answer(LecNews *self, const LecStanza *iq, gint64 now_us) {
    g_autofree char *id = g_strdup_printf("news-%u", self->asked);
    if (!self->waiting || g_strcmp0(lec_stanza_get(iq, "id"), id) != 0)
        return;
    self->waiting = false;
    if (g_strcmp0(lec_stanza_get(iq, "type"), "result") != 0)
        return; /* the cloud has no such node yet, or no time: asked again later */
    const LecStanza *pubsub = lec_stanza_child(iq, "pubsub", LEC_REVOCATION_NS_PUBSUB);
    if (self->subscribing)
        ask_for_page(self, NULL, now_us);
    else if (pubsub)
        take_page(self, pubsub, now_us);
}

bool lec_news_take(LecNews *self, const LecStanza *stanza, gint64 now_us) {
    if (g_strcmp0(lec_stanza_get(stanza, "from"), self->service) != 0)
        return false;
    if (lec_stanza_is(stanza, "message", LEC_XMPP_NS_CLIENT))
        take_event(self, stanza);
    else if (lec_stanza_is(stanza, "iq", LEC_XMPP_NS_CLIENT))
        take_answer(self, stanza, now_us);
    return true;
}

void lec_news_connected(LecNews *self, gint64 now_us) {
    subscribe(self, now_us);
}

void lec_news_tick(LecNews *self, gint64 now_us) {
    if (now_us >= self->retry_us)
        subscribe(self, now_us);
}

LecNews *lec_news_new(const char *service, const char *jid, const LecNewsEvents *events,
                      void *user) {
    LecNews *self = g_new0(LecNews, 1);
    self->events = *events;
    self->user = user;
    self->service = g_strdup(service);
    self->jid = g_strdup(jid);
    self->list = g_array_new(FALSE, FALSE, sizeof(LecRevocation));
    self->missed = g_ptr_array_new_with_free_func((GDestroyNotify)lec_stanza_free);
    self->retry_us = G_MAXINT64;
    return self;
}

void lec_news_free(LecNews *self) {
    if (!self)
        return;
    g_free(self->service);
    g_free(self->jid);
    g_array_unref(self->list);
    g_ptr_array_unref(self->missed);
    g_free(self);
}
