/* A bounded queue between threads, drained by a GSource on the owner's context. */
#include "common/base/mailbox.h"

typedef struct {
    GSource base;
    LecMailbox *mailbox; /* borrowed: the mailbox destroys its source before it goes */
} MailboxSource;

struct LecMailbox {
    gatomicrefcount refs;
    GSource *source;
    guint max_messages;
    void (*on_message)(gpointer message, void *user);
    GDestroyNotify free_message;
    void *user;

    GMutex lock; /* guards the queue and closed; no callback is called under it */
    GQueue queue;
    bool closed;
};

static bool take_next(LecMailbox *self, gpointer *ret_message) {
    g_mutex_lock(&self->lock);
    bool any = !self->closed && !g_queue_is_empty(&self->queue);
    if (any)
        *ret_message = g_queue_pop_head(&self->queue);
    g_mutex_unlock(&self->lock);
    return any;
}

static guint count_waiting(LecMailbox *self) {
    g_mutex_lock(&self->lock);
    guint waiting = self->queue.length;
    g_mutex_unlock(&self->lock);
    return waiting;
}

/* Sleeps until the next post, or comes again at once where messages are left. */
static void rearm(LecMailbox *self) {
    g_mutex_lock(&self->lock);
    g_source_set_ready_time(self->source, self->queue.length > 0 ? 0 : -1);
    g_mutex_unlock(&self->lock);
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer data) {
    /* on_message may close the mailbox and drop the owner's reference. */
    g_autoptr(LecMailbox) self = lec_mailbox_ref(((MailboxSource *)source)->mailbox);

    /* Only what waits now: a handler that posts to itself must not starve the context's other
     * sources. */
    gpointer message = NULL;
    for (guint left = count_waiting(self); left > 0 && take_next(self, &message); left--)
        self->on_message(message, self->user);
    rearm(self);
    return G_SOURCE_CONTINUE;
}

LecMailbox *lec_mailbox_new(GMainContext *context, int priority, guint max_messages,
                            void (*on_message)(gpointer message, void *user),
                            GDestroyNotify free_message, void *user) {
    static GSourceFuncs funcs = {.dispatch = dispatch};
    LecMailbox *self = g_new0(LecMailbox, 1);
    g_atomic_ref_count_init(&self->refs);
    self->max_messages = max_messages;
    self->on_message = on_message;
    self->free_message = free_message;
    self->user = user;
    g_mutex_init(&self->lock);
    g_queue_init(&self->queue);

    self->source = g_source_new(&funcs, sizeof(MailboxSource));
    ((MailboxSource *)self->source)->mailbox = self;
    g_source_set_static_name(self->source, "lectern mailbox");
    g_source_set_priority(self->source, priority);
    g_source_set_ready_time(self->source, -1);
    g_source_attach(self->source, context);
    return self;
}

LecMailbox *lec_mailbox_ref(LecMailbox *self) {
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void lec_mailbox_unref(LecMailbox *self) {
    if (self == NULL || !g_atomic_ref_count_dec(&self->refs))
        return;
    lec_mailbox_close(self);
    g_source_unref(self->source);
    g_mutex_clear(&self->lock);
    g_free(self);
}

bool lec_mailbox_post(LecMailbox *self, gpointer message) {
    g_mutex_lock(&self->lock);
    bool accepted = !self->closed && self->queue.length < self->max_messages;
    if (accepted) {
        g_queue_push_tail(&self->queue, message);
        if (self->queue.length == 1)
            g_source_set_ready_time(self->source, 0); /* wakes the owner's context */
    }
    g_mutex_unlock(&self->lock);

    if (!accepted && self->free_message != NULL)
        self->free_message(message);
    return accepted;
}

void lec_mailbox_close(LecMailbox *self) {
    g_mutex_lock(&self->lock);
    GQueue waiting = self->queue;
    g_queue_init(&self->queue);
    self->closed = true;
    g_mutex_unlock(&self->lock);

    g_source_destroy(self->source);
    if (self->free_message != NULL)
        g_queue_clear_full(&waiting, self->free_message);
    else
        g_queue_clear(&waiting);
}
