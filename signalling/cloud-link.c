/* The cloud link's two mailboxes and its thread. */
#include "signalling/cloud-link.h"

#include "common/base/log.h"
#include "common/base/mailbox.h"
#include "signalling/cloud-engine.h"

#include <string.h>

#define MAX_STANZAS 512   /* each way, in the mailbox; a peer's doing */
#define MAX_MESSAGES 1024 /* so that there always is room for ours */

typedef enum { SEND, HURRY, STOP, READY, STANZA, STATE, LEARNED } What;

typedef struct {
    What what;
    char *text;        /* SEND: the stanza; STATE: the sentence, or NULL */
    LecStanza *stanza; /* STANZA */
    bool resumed;
    LecCloudState state;
    LecFingerprint key;
} Message;

struct LecCloudLink {
    LecCloudLinkConfig config; /* its own copy; the thread reads it, nobody changes it */
    LecCloudLinkEvents events;
    void *user;
    GThread *thread;
    GMainContext *context; /* the thread's */
    LecMailbox *to_thread, *to_owner;
    gint sent_waiting, come_waiting; /* stanzas in the mailboxes; atomic */
    GMainLoop *loop;                 /* the thread's */
    LecCloudEngine *engine;          /* touched by the thread alone */
};

static void message_free(gpointer data) {
    Message *self = data;
    g_free(self->text);
    lec_stanza_free(self->stanza);
    g_free(self);
}

static void post(LecMailbox *mailbox, Message message) {
    lec_mailbox_post(mailbox, g_memdup2(&message, sizeof message));
}

/* ---- on the thread ---- */

static void on_engine_ready(bool resumed, void *user) {
    post(((LecCloudLink *)user)->to_owner, (Message){.what = READY, .resumed = resumed});
}

static void on_engine_stanza(LecStanza *stanza, void *user) {
    LecCloudLink *self = user;
    if (g_atomic_int_add(&self->come_waiting, 1) < MAX_STANZAS) {
        post(self->to_owner, (Message){.what = STANZA, .stanza = stanza});
        return;
    }
    g_atomic_int_add(&self->come_waiting, -1);
    lec_debug("A stanza from the cloud was dropped: too many wait.");
    lec_stanza_free(stanza);
}

static void on_engine_state(LecCloudState state, const char *sentence, void *user) {
    post(((LecCloudLink *)user)->to_owner,
         (Message){.what = STATE, .state = state, .text = g_strdup(sentence)});
}

static void on_engine_learned(const LecFingerprint *key, void *user) {
    post(((LecCloudLink *)user)->to_owner, (Message){.what = LEARNED, .key = *key});
}

static void on_engine_over(void *user) {
    g_main_loop_quit(((LecCloudLink *)user)->loop);
}

static void on_message_to_thread(gpointer data, void *user) {
    LecCloudLink *self = user;
    Message *message = data;
    if (message->what == SEND) {
        g_atomic_int_add(&self->sent_waiting, -1);
        lec_cloud_engine_send(self->engine, message->text);
    } else if (message->what == HURRY) {
        lec_cloud_engine_hurry(self->engine);
    } else if (message->what == STOP) {
        lec_cloud_engine_stop(self->engine);
    }
    message_free(message);
}

static gpointer run_thread(gpointer user) {
    static const LecCloudEngineEvents events = {on_engine_ready, on_engine_stanza, on_engine_state,
                                                on_engine_learned, on_engine_over};
    LecCloudLink *self = user;
    g_main_context_push_thread_default(self->context);
    self->engine = lec_cloud_engine_new(&self->config, &events, self);
    g_main_loop_run(self->loop);
    g_clear_pointer(&self->engine, lec_cloud_engine_free);
    g_main_context_pop_thread_default(self->context);
    return NULL;
}

/* ---- on the owner's ---- */

static void on_message_to_owner(gpointer data, void *user) {
    LecCloudLink *self = user;
    g_autofree Message *message = data;
    g_autofree char *text = g_steal_pointer(&message->text);
    g_autoptr(LecStanza) stanza = g_steal_pointer(&message->stanza);
    if (message->what == READY) {
        self->events.ready(message->resumed, self->user);
    } else if (message->what == STANZA) {
        g_atomic_int_add(&self->come_waiting, -1);
        self->events.stanza(stanza, self->user);
    } else if (message->what == STATE) {
        self->events.state(message->state, text, self->user);
    } else if (message->what == LEARNED) {
        self->events.learned(&message->key, self->user);
    }
}

void lec_cloud_link_send(LecCloudLink *self, const char *text) {
    if (g_atomic_int_add(&self->sent_waiting, 1) < MAX_STANZAS) {
        post(self->to_thread, (Message){.what = SEND, .text = g_strdup(text)});
        return;
    }
    g_atomic_int_add(&self->sent_waiting, -1);
    lec_debug("A stanza to the cloud was dropped: too many wait.");
}

void lec_cloud_link_hurry(LecCloudLink *self) {
    post(self->to_thread, (Message){.what = HURRY});
}

static void copy_config(LecCloudLinkConfig *to, const LecCloudLinkConfig *from) {
    *to = *from;
    to->server.name = g_strdup(from->server.name);
    to->server.address = g_strdup(from->server.address);
    to->server.ca_file = g_strdup(from->server.ca_file);
    to->jid = g_strdup(from->jid);
    to->password = g_strdup(from->password);
    to->certificate_file = g_strdup(from->certificate_file);
    lec_log_add_secret(to->password);
    if (to->server.certificate)
        g_object_ref(to->server.certificate);
    if (to->server.resolver)
        g_object_ref(to->server.resolver);
}

static void clear_config(LecCloudLinkConfig *self) {
    lec_log_remove_secret(self->password);
    explicit_bzero((char *)self->password, strlen(self->password));
    g_free((char *)self->password);
    g_free((char *)self->jid);
    g_free((char *)self->certificate_file);
    g_free((char *)self->server.name);
    g_free((char *)self->server.address);
    g_free((char *)self->server.ca_file);
    g_clear_object(&self->server.certificate);
    g_clear_object(&self->server.resolver);
}

LecCloudLink *lec_cloud_link_new(const LecCloudLinkConfig *config, const LecCloudLinkEvents *events,
                                 void *user) {
    g_return_val_if_fail(strchr(config->jid, '@') != NULL, NULL);
    LecCloudLink *self = g_new0(LecCloudLink, 1);
    copy_config(&self->config, config);
    self->events = *events;
    self->user = user;
    self->context = g_main_context_new();
    self->loop = g_main_loop_new(self->context, FALSE);
    self->to_thread = lec_mailbox_new(self->context, G_PRIORITY_DEFAULT, MAX_MESSAGES,
                                      on_message_to_thread, message_free, self);
    self->to_owner = lec_mailbox_new(g_main_context_get_thread_default(), G_PRIORITY_DEFAULT,
                                     MAX_MESSAGES, on_message_to_owner, message_free, self);
    self->thread = g_thread_new("cloud", run_thread, self);
    return self;
}

void lec_cloud_link_free(LecCloudLink *self) {
    if (!self)
        return;
    lec_mailbox_close(self->to_owner);
    post(self->to_thread, (Message){.what = STOP});
    g_thread_join(self->thread);
    lec_mailbox_unref(self->to_owner);
    lec_mailbox_unref(self->to_thread);
    g_main_loop_unref(self->loop);
    g_main_context_unref(self->context);
    clear_config(&self->config);
    g_free(self);
}
