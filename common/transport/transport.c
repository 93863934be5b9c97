/* The transport thread: its context, its loop, and the one blocking call into it. */
#include "common/transport/transport.h"

#include "common/base/mailbox.h"
#include "common/transport/ice.h"

#define MAX_CALLS 1024 /* each waits for its end, so there is one a calling thread at most */

struct LecTransport {
    GMainContext *context;
    GMainLoop *loop;
    GThread *thread;
    LecMailbox *calls;
};

/*
 * A call in progress lives on the caller's stack; lock guards done. This is the second lock of the
 * product beside the mailbox's: the promise "no event after lec_link_free()" needs a wait, which a
 * mailbox cannot give.
 */
typedef struct {
    void (*func)(gpointer data);
    gpointer data;
    GMutex lock;
    GCond ended;
    bool done;
} Call;

static void run_call(gpointer message, void *user) {
    Call *call = message;
    call->func(call->data);
    g_mutex_lock(&call->lock);
    call->done = true;
    g_cond_signal(&call->ended);
    g_mutex_unlock(&call->lock);
}

static gpointer run_thread(gpointer data) {
    LecTransport *self = data;
    g_main_context_push_thread_default(self->context);
    g_main_loop_run(self->loop);
    lec_ice_linger(self->context);
    g_main_context_pop_thread_default(self->context);
    return NULL;
}

LecTransport *lec_transport_new(void) {
    LecTransport *self = g_new0(LecTransport, 1);
    self->context = g_main_context_new();
    self->loop = g_main_loop_new(self->context, FALSE);
    self->calls =
        lec_mailbox_new(self->context, G_PRIORITY_DEFAULT, MAX_CALLS, run_call, NULL, NULL);
    self->thread = g_thread_new("transport", run_thread, self);
    return self;
}

static void quit(gpointer data) {
    LecTransport *self = data;
    lec_mailbox_close(self->calls);
    g_main_loop_quit(self->loop);
}

void lec_transport_free(LecTransport *self) {
    if (self == NULL)
        return;
    lec_transport_call(self, quit, self);
    g_thread_join(self->thread);
    lec_mailbox_unref(self->calls);
    g_main_loop_unref(self->loop);
    g_main_context_unref(self->context);
    g_free(self);
}

GMainContext *lec_transport_get_context(LecTransport *self) {
    return self->context;
}

void lec_transport_call(LecTransport *self, void (*func)(gpointer data), gpointer data) {
    g_assert(!g_main_context_is_owner(self->context));
    Call call = {.func = func, .data = data};
    g_mutex_init(&call.lock);
    g_cond_init(&call.ended);
    bool posted = lec_mailbox_post(self->calls, &call);
    g_assert(posted);
    g_mutex_lock(&call.lock);
    while (!call.done)
        g_cond_wait(&call.ended, &call.lock);
    g_mutex_unlock(&call.lock);
    g_cond_clear(&call.ended);
    g_mutex_clear(&call.lock);
}
