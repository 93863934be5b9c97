/* Which way is dialled, and what is said when none is left; without a daemon that knows who is on
 * this network. */
#include "sender/approach.h"

#include "tests/support/until.h"

typedef struct {
    LecApproach *approach;
    GString *dialled;
    guint failed;
    bool usage;
    char *sentence;
} Caller;

static void on_dial(const LecPlace *place, void *user) {
    Caller *self = user;
    g_assert_true(place == lec_approach_get_place(self->approach));
    g_string_append_printf(self->dialled, "%s:%u/%s ", place->host, place->port,
                           place->number ? place->number : "");
}

static void on_failed(bool usage, const char *sentence, void *user) {
    Caller *self = user;
    self->failed++;
    self->usage = usage;
    self->sentence = g_strdup(sentence);
}

static void begin(Caller *self, const char *target, const char *cloud) {
    static const LecApproachEvents events = {.dial = on_dial, .failed = on_failed};
    const LecApproachConfig config = {.target = target, .cloud = cloud};
    *self = (Caller){.dialled = g_string_new(NULL)};
    self->approach = lec_approach_new(&config, &events, self);
    g_assert_null(lec_approach_get_place(self->approach));
}

static void finish(Caller *self) {
    lec_approach_free(self->approach);
    g_string_free(self->dialled, TRUE);
    g_free(self->sentence);
}

static void test_box(void) {
    Caller caller;
    begin(&caller, "192.0.2.7:8443", "cloud.example.org");
    LEC_UNTIL(caller.dialled->len > 0);
    g_assert_cmpstr(caller.dialled->str, ==, "192.0.2.7:8443/ ");
    g_assert_cmpuint(lec_approach_get_head_start_ms(caller.approach), ==, 0);
    lec_approach_give_up(caller.approach, "Nobody is there.");
    LEC_UNTIL(caller.failed);
    g_assert_cmpstr(caller.sentence, ==, "Nobody is there.");
    g_assert_false(caller.usage);
    finish(&caller);
}

static void test_cloud(void) {
    Caller caller;
    begin(&caller, "123 456", "cloud.example.org");
    LEC_UNTIL(caller.dialled->len > 0);
    g_assert_cmpstr(caller.dialled->str, ==, "cloud.example.org:443/123456 ");
    lec_approach_give_up(caller.approach, "No meeting answers.");
    LEC_UNTIL(caller.failed);
    g_assert_cmpstr(caller.sentence, ==, "No meeting answers.");
    g_assert_cmpuint(caller.failed, ==, 1);
    finish(&caller);
}

static void test_page(void) {
    Caller caller;
    begin(&caller, "https://other.example.org/#123456", "cloud.example.org");
    LEC_UNTIL(caller.dialled->len > 0);
    g_assert_cmpstr(caller.dialled->str, ==, "other.example.org:443/123456 ");
    finish(&caller);
    begin(&caller, "https://room12.example.org/", "cloud.example.org");
    LEC_UNTIL(caller.dialled->len > 0);
    g_assert_cmpstr(caller.dialled->str, ==, "room12.example.org:443/ ");
    finish(&caller);
}

static void test_settled(void) {
    Caller caller;
    begin(&caller, "123456", "cloud.example.org");
    LEC_UNTIL(caller.dialled->len > 0);
    lec_approach_settle(caller.approach);
    g_assert_true(lec_approach_is_settled(caller.approach));
    g_assert_cmpuint(lec_approach_get_head_start_ms(caller.approach), ==, 0);
    lec_approach_give_up(caller.approach, "Lost."); /* which is the caller's affair now */
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_assert_cmpuint(caller.failed, ==, 0);
    finish(&caller);
}

static void test_no_cloud(void) {
    Caller caller;
    begin(&caller, "123456", NULL);
    LEC_UNTIL(caller.failed);
    g_assert_cmpstr(caller.dialled->str, ==, "");
    g_assert_nonnull(caller.sentence);
    finish(&caller);
}

static void test_usage(void) {
    Caller caller;
    begin(&caller, " ", "cloud.example.org");
    LEC_UNTIL(caller.failed);
    g_assert_true(caller.usage);
    finish(&caller);
}

int main(int argc, char **argv) {
    g_setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", TRUE);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/approach/box", test_box);
    g_test_add_func("/approach/cloud", test_cloud);
    g_test_add_func("/approach/page", test_page);
    g_test_add_func("/approach/settled", test_settled);
    g_test_add_func("/approach/no-cloud", test_no_cloud);
    g_test_add_func("/approach/usage", test_usage);
    return g_test_run();
}
