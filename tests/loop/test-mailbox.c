/* The hand-off between threads: order, limits, wake-up, and silence after close. */
#include "common/base/mailbox.h"

typedef struct {
    LecMailbox *mailbox;
    GArray *seen;   /* of gsize */
    guint close_at; /* 0: never */
    bool drop;      /* with the close, the last reference */
    guint echo;     /* posts to itself so many times */
} Owner;

static gint freed; /* atomic */

static gpointer message_of(gsize number) {
    return g_memdup2(&number, sizeof number);
}

static void free_message(gpointer message) {
    g_atomic_int_inc(&freed);
    g_free(message);
}

static void on_message(gpointer message, void *user) {
    Owner *self = user;
    g_array_append_val(self->seen, *(gsize *)message);
    g_free(message);
    if (self->echo > 0) {
        self->echo--;
        lec_mailbox_post(self->mailbox, message_of(self->echo));
    }
    if (self->close_at != 0 && self->seen->len == self->close_at) {
        lec_mailbox_close(self->mailbox);
        if (self->drop)
            g_clear_pointer(&self->mailbox, lec_mailbox_unref);
    }
}

static void setup(Owner *self, guint max_messages) {
    *self = (Owner){.seen = g_array_new(false, false, sizeof(gsize))};
    self->mailbox =
        lec_mailbox_new(NULL, G_PRIORITY_DEFAULT, max_messages, on_message, free_message, self);
    g_atomic_int_set(&freed, 0);
}

static void teardown(Owner *self) {
    if (self->mailbox != NULL)
        lec_mailbox_close(self->mailbox);
    g_clear_pointer(&self->mailbox, lec_mailbox_unref);
    g_array_unref(self->seen);
}

static void drain(void) {
    while (g_main_context_iteration(NULL, false))
        ;
}

static void test_order_and_batch(void) {
    Owner owner;
    setup(&owner, 1000);
    for (gsize i = 0; i < 100; i++)
        g_assert_true(lec_mailbox_post(owner.mailbox, message_of(i)));
    g_assert_true(g_main_context_iteration(NULL, false));
    g_assert_cmpuint(owner.seen->len, ==, 100); /* in one dispatch */
    for (gsize i = 0; i < 100; i++)
        g_assert_cmpuint(g_array_index(owner.seen, gsize, i), ==, i);
    g_assert_false(g_main_context_iteration(NULL, false)); /* and then it sleeps */
    teardown(&owner);
}

static void test_limit(void) {
    Owner owner;
    setup(&owner, 3);
    for (gsize i = 0; i < 3; i++)
        g_assert_true(lec_mailbox_post(owner.mailbox, message_of(i)));
    g_assert_false(lec_mailbox_post(owner.mailbox, message_of(3)));
    g_assert_cmpint(g_atomic_int_get(&freed), ==, 1);
    drain();
    g_assert_cmpuint(owner.seen->len, ==, 3);
    g_assert_true(lec_mailbox_post(owner.mailbox, message_of(4)));
    drain();
    g_assert_cmpuint(owner.seen->len, ==, 4);
    teardown(&owner);
}

static void test_close(void) {
    Owner owner;
    setup(&owner, 10);
    for (gsize i = 0; i < 5; i++)
        lec_mailbox_post(owner.mailbox, message_of(i));
    lec_mailbox_close(owner.mailbox);
    g_assert_cmpint(g_atomic_int_get(&freed), ==, 5);
    g_assert_false(lec_mailbox_post(owner.mailbox, message_of(9)));
    g_assert_cmpint(g_atomic_int_get(&freed), ==, 6);
    drain();
    g_assert_cmpuint(owner.seen->len, ==, 0);
    lec_mailbox_close(owner.mailbox); /* twice is fine */
    teardown(&owner);
}

static void test_close_within(void) {
    for (guint drop = 0; drop < 2; drop++) {
        Owner owner;
        setup(&owner, 10);
        owner.close_at = 2;
        owner.drop = drop;
        for (gsize i = 0; i < 5; i++)
            lec_mailbox_post(owner.mailbox, message_of(i));
        drain();
        g_assert_cmpuint(owner.seen->len, ==, 2);
        g_assert_cmpint(g_atomic_int_get(&freed), ==, 3);
        teardown(&owner);
    }
}

static gboolean on_other_source(gpointer user) {
    *(guint *)user += 1;
    return G_SOURCE_CONTINUE;
}

static void test_no_starving(void) {
    Owner owner;
    guint others = 0;
    setup(&owner, 10);
    owner.echo = 50;
    guint source = g_idle_add_full(G_PRIORITY_DEFAULT, on_other_source, &others, NULL);
    lec_mailbox_post(owner.mailbox, message_of(1));
    while (owner.seen->len < 51)
        g_main_context_iteration(NULL, true);
    g_assert_cmpuint(others, >=, 49);
    g_source_remove(source);
    teardown(&owner);
}

#define POSTS 2000

static gpointer post_many(gpointer user) {
    g_autoptr(LecMailbox) mailbox = user;
    for (gsize i = 0; i < POSTS; i++) {
        while (!lec_mailbox_post(mailbox, message_of(i)))
            g_thread_yield(); /* full */
    }
    return NULL;
}

static gboolean on_watchdog(gpointer user) {
    g_error("the messages did not come within 60 s");
    return G_SOURCE_REMOVE;
}

static void test_threads(void) {
    Owner owner;
    GThread *threads[4];
    setup(&owner, 64);
    guint watchdog = g_timeout_add_seconds(60, on_watchdog, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("poster", post_many, lec_mailbox_ref(owner.mailbox));
    while (owner.seen->len < POSTS * G_N_ELEMENTS(threads))
        g_main_context_iteration(NULL, true); /* blocks, so it must be woken */
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    g_source_remove(watchdog);
    gsize sum = 0;
    for (guint i = 0; i < owner.seen->len; i++)
        sum += g_array_index(owner.seen, gsize, i);
    g_assert_cmpuint(sum, ==, (gsize)POSTS * (POSTS - 1) / 2 * G_N_ELEMENTS(threads));
    teardown(&owner);
}

static gpointer post_until_closed(gpointer user) {
    g_autoptr(LecMailbox) mailbox = user;
    guint posted = 0;
    while (posted < 100 || lec_mailbox_post(mailbox, message_of(1)))
        posted++;
    return NULL;
}

static void test_close_under_fire(void) {
    for (guint round = 0; round < 50; round++) {
        Owner owner;
        setup(&owner, G_MAXUINT);
        GThread *thread = g_thread_new("poster", post_until_closed, lec_mailbox_ref(owner.mailbox));
        while (owner.seen->len < round)
            g_main_context_iteration(NULL, true);
        lec_mailbox_close(owner.mailbox);
        guint seen = owner.seen->len;
        g_clear_pointer(&owner.mailbox, lec_mailbox_unref);
        drain();
        g_assert_cmpuint(owner.seen->len, ==, seen);
        g_thread_join(thread); /* it held the last reference */
        teardown(&owner);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mailbox/order-and-batch", test_order_and_batch);
    g_test_add_func("/mailbox/limit", test_limit);
    g_test_add_func("/mailbox/close", test_close);
    g_test_add_func("/mailbox/close-within", test_close_within);
    g_test_add_func("/mailbox/no-starving", test_no_starving);
    g_test_add_func("/mailbox/threads", test_threads);
    g_test_add_func("/mailbox/close-under-fire", test_close_under_fire);
    return g_test_run();
}
