/*
 * The only hand-off between threads: messages posted from any thread, delivered in order on the
 * owner's context. Ownership of a message passes with it.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct LecMailbox LecMailbox;

/* on_message takes the message. Delivered on context (NULL: the default one) at the given GLib
 * priority. */
LecMailbox *lec_mailbox_new(GMainContext *context, int priority, guint max_messages,
                            void (*on_message)(gpointer message, void *user),
                            GDestroyNotify free_message, void *user);

/* A further owner for a posting thread. */
LecMailbox *lec_mailbox_ref(LecMailbox *self);
void lec_mailbox_unref(LecMailbox *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecMailbox, lec_mailbox_unref)

/*
 * Any thread. Takes the message. False, with the message freed, where the mailbox is closed or
 * already holds max_messages.
 */
bool lec_mailbox_post(LecMailbox *self, gpointer message);

/* On the owner's thread: frees what waits and promises that on_message is never called again. */
void lec_mailbox_close(LecMailbox *self);
