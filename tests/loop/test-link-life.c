/* A link's life: freed in every state, candidates late, by name and by the thousand, bad
 * descriptions, nothing left behind. */
#include "tests/support/link-pair.h"
#include "tests/support/udp-relay.h"

#include <gio/gio.h>
#include <string.h>

/* ---- freed in every state ---- */

static void test_free_new(void) {
    LinkPair pair;
    link_pair_init(&pair);
    link_pair_open(&pair); /* and freed before the thread may have opened it */
    link_pair_clear(&pair);
    link_pair_init(&pair);
    link_pair_open(&pair);
    link_run_for(30);
    link_pair_clear(&pair);
    lec_link_free(NULL);
    lec_transport_free(NULL);
}

typedef struct {
    LinkSide *side;
    LecLinkState state;
} Awaited;

static bool has_reached(gpointer data) {
    Awaited *awaited = data;
    return awaited->side->state >= awaited->state; /* one that passes quickly may not be seen */
}

static void check_free_in(LecLinkState state) {
    LinkPair pair;
    link_pair_init(&pair);
    link_pair_open(&pair);
    link_pair_start(&pair);
    Awaited awaited = {&pair.a, state};
    link_wait(has_reached, &awaited, 10);
    link_send(&pair.a, LINK_VIDEO, 100, 1000);
    g_clear_pointer(&pair.a.link, lec_link_free);
    link_pair_clear(&pair);
}

static bool is_cut(LinkSide *from, LecCandidate *candidate, gpointer data) {
    return false;
}

static void test_free_started(void) {
    check_free_in(LEC_LINK_CONNECTING);
    check_free_in(LEC_LINK_SECURING);
    check_free_in(LEC_LINK_CONNECTED);
    LinkPair pair; /* checks under way that nobody answers */
    link_pair_init(&pair);
    pair.carry = is_cut;
    link_pair_open(&pair);
    link_pair_start(&pair);
    link_run_for(100);
    link_pair_clear(&pair);
}

/* In on_rtp's stream: packets are on their way on the transport thread while the owner frees. */
static void test_free_under_load(void) {
    for (int i = 0; i < 20; i++) {
        LinkPair pair;
        link_pair_init(&pair);
        link_pair_connect(&pair);
        link_send(&pair.a, LINK_VIDEO, 200, 1000);
        link_send(&pair.b, LINK_VIDEO, 200, 1000);
        link_run_for((guint)i / 4);
        g_clear_pointer(&pair.b.link, lec_link_free);
        guint received = link_count_received(&pair.b);
        link_run_for(5);
        g_assert_cmpuint(link_count_received(&pair.b), ==, received);
        link_pair_clear(&pair);
    }
}

/* The owner may free the link inside of its events. */
typedef struct {
    LecLink *link;
    bool freed;
} Suicide;

static void free_on_candidate(const LecCandidate *candidate, void *user) {
    Suicide *suicide = user;
    g_assert_false(suicide->freed);
    suicide->freed = true;
    lec_link_free(suicide->link);
}

static bool is_freed(gpointer data) {
    return ((Suicide *)data)->freed;
}

static void test_free_in_event(void) {
    g_autoptr(LecTransport) transport = lec_transport_new();
    g_autoptr(LecIdentity) identity = lec_identity_new_ephemeral("x", NULL);
    LecLinkConfig config = {.identity = identity, .loopback = true};
    LecLinkEvents events = {.on_candidate = free_on_candidate};
    Suicide suicide = {0};
    suicide.link = lec_link_new(transport, &config, &events, &suicide);
    link_wait(is_freed, &suicide, 5);
    link_run_for(20);
}

/* ---- nothing left behind ---- */

static guint count_entries(const char *path) {
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    g_assert_nonnull(dir);
    guint n = 0;
    while (g_dir_read_name(dir) != NULL)
        n++;
    return n;
}

static void make_pairs(LecTransport *transport, guint n) {
    for (guint i = 0; i < n; i++) {
        LinkPair pair;
        link_pair_init(&pair);
        lec_transport_free(pair.transport);
        pair.transport = transport;
        link_pair_connect(&pair);
        link_side_clear(&pair.a);
        link_side_clear(&pair.b);
        g_ptr_array_unref(pair.denied);
    }
}

static void test_hundred_links(void) {
    g_autoptr(LecTransport) transport = lec_transport_new();
    make_pairs(transport, 1); /* what libraries keep for good */
    guint descriptors = count_entries("/proc/self/fd"), threads = count_entries("/proc/self/task");
    make_pairs(transport, 50);
    g_assert_cmpuint(count_entries("/proc/self/fd"), ==, descriptors);
    g_assert_cmpuint(count_entries("/proc/self/task"), ==, threads);
    g_test_message("%u descriptors, %u threads before and after", descriptors, threads);
}

/* Eight links at once on the one thread. */
static void test_many_at_once(void) {
    enum { N = 4 };
    LinkPair pairs[N];
    LecTransport *transport = lec_transport_new();
    for (int i = 0; i < N; i++) {
        link_pair_init(&pairs[i]);
        lec_transport_free(pairs[i].transport);
        pairs[i].transport = transport;
        link_pair_open(&pairs[i]);
        link_pair_start(&pairs[i]);
    }
    for (int i = 0; i < N; i++)
        link_wait(link_pair_is_connected, &pairs[i], 10);
    g_test_message("%u threads with %d links", count_entries("/proc/self/task"), 2 * N);
    for (int i = 0; i < N; i++) {
        link_side_clear(&pairs[i].a);
        link_side_clear(&pairs[i].b);
        g_ptr_array_unref(pairs[i].denied);
    }
    lec_transport_free(transport);
}

/* ---- candidates ---- */

static bool has_gathered(gpointer data) {
    LinkPair *pair = data;
    g_autoptr(LecMediaParams) params = lec_media_params_new();
    lec_link_describe(pair->a.link, params);
    return params->end_of_candidates && pair->b.state == LEC_LINK_CONNECTING;
}

static void check_late(guint wait_ms) {
    LinkPair pair;
    link_pair_init(&pair);
    link_pair_open(&pair);
    link_pair_start(&pair);
    pair.a.peer = pair.b.peer =
        NULL; /* candidates go nowhere; none has been told yet, for the loop has not run */
    link_wait(has_gathered, &pair, 10);
    link_run_for(wait_ms);
    g_assert_cmpint(pair.b.state, ==, LEC_LINK_CONNECTING);
    g_autoptr(LecMediaParams) params = lec_media_params_new();
    lec_link_describe(pair.a.link, params);
    g_assert_cmpuint(params->candidates->len, ==, 3);
    g_assert_true(params->end_of_candidates);
    for (guint i = 0; i < params->candidates->len; i++)
        lec_link_add_candidate(pair.b.link, &g_array_index(params->candidates, LecCandidate, i));
    link_wait(link_pair_is_connected, &pair, 10); /* a learns of b by b's checks alone */
    link_pair_clear(&pair);
}

static void test_late_candidates(void) {
    check_late(50);
    check_late(2500);
}

/* Thousands, useless, and of kinds that must be filtered; the good one among the first still works.
 */
static void test_thousands(void) {
    static const char *const addresses[] = {
        "224.0.0.1",   "0.0.0.0",   "255.255.255.255",  "::",
        "ff02::1",     "fe80::1",   "not an address",   "",
        "example.com", "127.0.0.1", "::ffff:127.0.0.1", "192.0.2.300"};
    LinkPair pair;
    link_pair_init(&pair);
    link_pair_open(&pair);
    for (guint i = 0; i < 5000; i++) {
        LecCandidate bad = {.foundation = "f",
                            .transport = (LecCandidateTransport)(i % 5), /* 4 is no transport */
                            .type = (LecCandidateType)(i % 4),
                            .priority = i,
                            .port = (guint16)(i % 3 ? 9 : 0)};
        g_strlcpy(bad.address, addresses[i % G_N_ELEMENTS(addresses)], sizeof bad.address);
        if (i < 40) /* before the start: both sides */
            lec_link_add_candidate(pair.b.link, &bad);
        if (i == 40)
            link_pair_start(&pair);
        if (i == 41)
            link_wait(link_pair_is_connected, &pair, 10);
        lec_link_add_candidate(i < 20 ? pair.a.link : pair.b.link, &bad);
    }
    link_send(&pair.a, LINK_VIDEO, 1, 100);
    link_run_for(300);
    g_assert_cmpuint(link_count_received(&pair.b), ==, 1);
    g_assert_true(link_pair_is_connected(&pair));
    link_pair_clear(&pair);
}

/* ---- names ending in .local ---- */

typedef struct {
    GResolver parent;
} SlowResolver;
typedef struct {
    GResolverClass parent;
} SlowResolverClass;
static GType slow_resolver_get_type(void);
G_DEFINE_TYPE(SlowResolver, slow_resolver, G_TYPE_RESOLVER)

static void look_up_slowly(GTask *task, gpointer source, gpointer data, GCancellable *cancellable) {
    g_usleep(300000); /* a resolver that is slow, not a test that waits */
    g_autolist(GInetAddress) found = NULL;
    if (strcmp(data, "peer.local") == 0)
        found = g_list_prepend(NULL, g_inet_address_new_from_string("127.0.0.1"));
    if (found != NULL)
        g_task_return_pointer(task, g_steal_pointer(&found),
                              (GDestroyNotify)g_resolver_free_addresses);
    else
        g_task_return_new_error(task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "no such name");
}

static void slow_async(GResolver *resolver, const gchar *name, GCancellable *cancellable,
                       GAsyncReadyCallback callback, gpointer data) {
    g_autoptr(GTask) task = g_task_new(resolver, cancellable, callback, data);
    g_task_set_task_data(task, g_strdup(name), g_free);
    g_task_run_in_thread(task, look_up_slowly);
}

static GList *slow_finish(GResolver *resolver, GAsyncResult *result, GError **error) {
    return g_task_propagate_pointer(G_TASK(result), error);
}

static void slow_resolver_class_init(SlowResolverClass *class) {
    G_RESOLVER_CLASS(class)->lookup_by_name_async = slow_async;
    G_RESOLVER_CLASS(class)->lookup_by_name_finish = slow_finish;
}

static void slow_resolver_init(SlowResolver *self) {
}

static bool hide_a(LinkSide *from, LecCandidate *candidate, gpointer data) {
    if (from == &from->pair->a)
        g_strlcpy(candidate->address, data, sizeof candidate->address);
    return from == &from->pair->a; /* b's stay at home, so a depends on b's finding the name */
}

static void test_names(void) {
    g_autoptr(GResolver) before = g_resolver_get_default();
    g_autoptr(GResolver) slow = g_object_new(slow_resolver_get_type(), NULL);
    g_resolver_set_default(slow);
    LinkPair pair;
    link_pair_init(&pair);
    pair.carry = hide_a;
    pair.carry_data = (gpointer) "peer.local";
    link_pair_connect(&pair);
    g_assert_cmpint(pair.a.connected_us - pair.started_us, >, 200000);
    link_pair_clear(&pair);

    link_pair_init(&pair); /* freed with the look-up under way */
    pair.carry = hide_a;
    pair.carry_data = (gpointer) "nobody.local";
    link_pair_open(&pair);
    link_pair_start(&pair);
    link_run_for(100);
    link_side_clear(&pair.a);
    link_side_clear(&pair.b);
    link_run_for(400); /* the answer comes to nobody */
    link_pair_clear(&pair);
    g_resolver_set_default(before);
}

/* ---- descriptions that cannot be used ---- */

static void expect_refused(LinkPair *pair, const LecMediaParams *local,
                           const LecMediaParams *remote) {
    g_autoptr(GError) error = NULL;
    g_assert_false(lec_link_start(pair->a.link, local, remote, &error));
    g_assert_error(error, LEC_LINK_ERROR, LEC_LINK_ERROR_PARAMS);
}

static void test_bad_params(void) {
    LinkPair pair;
    link_pair_init(&pair);
    link_pair_open(&pair);
    const LecMediaParams *local = pair.a.local;
    g_autoptr(LecMediaParams) remote = lec_media_params_copy(pair.b.local);
    remote->n_sections = 1;
    expect_refused(&pair, local, remote);
    remote->n_sections = 2;
    remote->setup = LEC_SETUP_ACTPASS;
    expect_refused(&pair, local, remote);
    remote->setup = LEC_SETUP_ACTIVE;
    g_strlcpy(remote->ice_pwd, "short", sizeof remote->ice_pwd);
    expect_refused(&pair, local, remote);
    g_strlcpy(remote->ice_pwd, "with a space and quite long enough", sizeof remote->ice_pwd);
    expect_refused(&pair, local, remote);
    g_strlcpy(remote->ice_pwd, pair.b.local->ice_pwd, sizeof remote->ice_pwd);
    remote->ice_ufrag[0] = '\0';
    expect_refused(&pair, local, remote);
    link_pair_start(&pair);                     /* the good one is taken after all that */
    expect_refused(&pair, local, pair.b.local); /* once */
    link_wait(link_pair_is_connected, &pair, 10);
    link_pair_clear(&pair);
}

static void test_no_address(void) {
    LinkPair pair;
    link_pair_init(&pair);
    pair.a.config.loopback = false;
    link_pair_open(&pair);
    link_wait(link_side_has_failed, &pair.a, 5);
    g_assert_error(pair.a.error, LEC_LINK_ERROR, LEC_LINK_ERROR_CONNECT);
    link_pair_clear(&pair);
}

static void test_credentials_differ(void) {
    LinkPair pair;
    link_pair_init(&pair);
    link_pair_open(&pair);
    g_assert_cmpuint(strlen(pair.a.local->ice_ufrag), ==, 8);
    g_assert_cmpuint(strlen(pair.a.local->ice_pwd), ==, 32);
    g_assert_cmpstr(pair.a.local->ice_ufrag, !=, pair.b.local->ice_ufrag);
    g_assert_cmpstr(pair.a.local->ice_pwd, !=, pair.b.local->ice_pwd);
    g_assert_true(lec_fingerprint_equal(&pair.a.local->fingerprint,
                                        lec_identity_get_fingerprint(pair.a.identity)));
    link_pair_clear(&pair);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/link/free/new", test_free_new);
    g_test_add_func("/link/free/started", test_free_started);
    g_test_add_func("/link/free/under-load", test_free_under_load);
    g_test_add_func("/link/free/in-event", test_free_in_event);
    g_test_add_func("/link/hundred", test_hundred_links);
    g_test_add_func("/link/many-at-once", test_many_at_once);
    g_test_add_func("/link/candidates/late", test_late_candidates);
    g_test_add_func("/link/candidates/thousands", test_thousands);
    g_test_add_func("/link/candidates/names", test_names);
    g_test_add_func("/link/bad-params", test_bad_params);
    g_test_add_func("/link/no-address", test_no_address);
    g_test_add_func("/link/credentials", test_credentials_differ);
    return g_test_run();
}
