/* The dialler to a box far away, through a stand-in for proxies that demand NTLM and the like. */
#include "common/base/identity.h"
#include "signalling/dial-soup.h"
#include "signalling/door-local.h"
#include "signalling/xmpp.h"
#include "tests/support/proxies.h"
#include "tests/support/until.h"

#include <libsoup/soup.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#define FAR "192.0.2.7" /* RFC 5737: nowhere; only the proxy leads there */

/* ---- the box ---- */

typedef struct {
    LecIdentity *identity;
    LecHttpsServer *server;
    LecDoorLocal *door;
} Box;

static void box_on_payload(LecDoorPeer *peer, const LecStanza *payload, void *user) {
}

static void box_on_gone(LecDoorPeer *peer, void *user) {
}

static void box_open(Box *box) {
    static const LecDoorEvents events = {.payload = box_on_payload, .gone = box_on_gone};
    g_autoptr(GError) error = NULL;
    box->identity = lec_identity_new_ephemeral("Room 12", &error);
    box->server = lec_https_server_new(box->identity, 0, &error);
    g_assert_no_error(error);
    box->door = lec_door_local_new(box->server, &events, box);
}

static void box_close(Box *box) {
    lec_door_local_free(box->door);
    lec_https_server_free(box->server);
    lec_identity_free(box->identity);
}

/* ---- the proxy ---- */

typedef struct {
    GSubprocess *process;
    GDataInputStream *output;
    char *url;
} StandIn;

static void die_with_parent(gpointer unused) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void stand_in_open(StandIn *self, const char *scheme, guint16 target) {
    g_autoptr(GError) error = NULL;
    g_autofree char *number = g_strdup_printf("%u", target);
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
    g_subprocess_launcher_set_child_setup(launcher, die_with_parent, NULL, NULL);
    self->process = g_subprocess_launcher_spawn(launcher, &error, "python3", LEC_TEST_STAND_IN,
                                                scheme, number, "ann", "se cret", NULL);
    g_assert_no_error(error);
    self->output = g_data_input_stream_new(g_subprocess_get_stdout_pipe(self->process));
    g_autofree char *port = g_data_input_stream_read_line(self->output, NULL, NULL, &error);
    g_assert_nonnull(port);
    self->url = g_strconcat("http://127.0.0.1:", port, NULL);
}

static void stand_in_close(StandIn *self) {
    g_subprocess_force_exit(self->process);
    g_subprocess_wait(self->process, NULL, NULL);
    g_object_unref(self->output);
    g_object_unref(self->process);
    g_free(self->url);
}

/* ---- the sender ---- */

typedef struct {
    bool ready;
    GError *error;
} Sender;

static void on_ready(void *user) {
    ((Sender *)user)->ready = true;
}

static void on_payload(const LecStanza *payload, void *user) {
}

static void on_failed(const GError *error, void *user) {
    ((Sender *)user)->error = g_error_copy(error);
}

static void dial(Sender *sender, guint16 port, const LecProxy *proxy) {
    static const LecDialEvents events = {
        .ready = on_ready, .payload = on_payload, .failed = on_failed};
    *sender = (Sender){0};
    const LecPlace place = {.host = FAR, .port = port, .proxy = proxy};
    LecDial *dial = lec_dial_new(&lec_carrier_soup, &place, 15000, &events, sender);
    LEC_UNTIL(sender->ready || sender->error);
    lec_dial_free(dial);
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

/* trouble NULL: it is to come through. */
static void try(const char *scheme, const char *credentials, const char *trouble) {
    Box box;
    StandIn stand_in;
    Sender sender;
    g_autoptr(GError) error = NULL;
    box_open(&box);
    const guint16 port = lec_https_server_get_port(box.server);
    stand_in_open(&stand_in, scheme, port);
    char *file = credentials ? lec_test_file_make(credentials) : NULL;
    g_autoptr(LecProxy) proxy = lec_proxy_new(stand_in.url, file, &error);
    g_assert_no_error(error);
    if (file)
        lec_test_file_remove(file);
    dial(&sender, port, proxy);
    if (trouble) {
        g_assert_error(sender.error, LEC_DIAL_ERROR, LEC_DIAL_ERROR_UNREACHABLE);
        if (!strstr(sender.error->message, trouble))
            g_error("\"%s\" says nothing of \"%s\"", sender.error->message, trouble);
        g_assert_null(strstr(sender.error->message, "cret"));
    } else {
        g_assert_no_error(sender.error);
        g_autofree char *expected = g_strdup_printf("%s:%u", FAR, port);
        g_autofree char *asked = g_data_input_stream_read_line(stand_in.output, NULL, NULL, NULL);
        g_assert_cmpstr(asked, ==, expected);
    }
    g_clear_error(&sender.error);
    stand_in_close(&stand_in);
    box_close(&box);
}

static void test_basic(void) {
    try("basic", "ann\nse cret\n", NULL);
}

static void test_basic_wrong(void) {
    try("basic", "ann\nwrong one\n", "does not accept");
}

static void test_basic_missing(void) {
    try("basic", NULL, "asks for");
}

static void test_ntlm(void) {
    try("ntlm", "ann\nse cret\n", NULL);
}

static void test_ntlm_wrong_user(void) {
    try("ntlm", "eve\nse cret\n", "does not accept");
}

/* There is no ticket here, and the password is of no use to it: a sentence, and no hanging. */
static void test_negotiate_without_ticket(void) {
    g_test_expect_message("libsoup", G_LOG_LEVEL_WARNING, "*gssapi*");
    try("negotiate", "ann\nse cret\n", "does not accept");
}

static void test_no_proxy_there(void) {
    g_autoptr(GError) error = NULL;
    g_autoptr(LecProxy) proxy = lec_proxy_new("http://127.0.0.1:1", NULL, &error);
    Sender sender;
    dial(&sender, 443, proxy);
    g_assert_error(sender.error, LEC_DIAL_ERROR, LEC_DIAL_ERROR_UNREACHABLE);
    g_clear_error(&sender.error);
}

/* ---- redirections ---- */

static void on_redirect(SoupServer *soup, SoupServerMessage *request, const char *path,
                        GHashTable *query, gpointer user) {
    soup_server_message_set_redirect(request, SOUP_STATUS_TEMPORARY_REDIRECT, user);
}

/* Something that answers in a box's place does not choose where else the sender goes. */
static void test_redirect(void) {
    Box box, trap;
    Sender sender = {0};
    static const LecDialEvents events = {
        .ready = on_ready, .payload = on_payload, .failed = on_failed};
    box_open(&box);
    box_open(&trap);
    g_autofree char *elsewhere = g_strdup_printf("https://127.0.0.1:%u" LEC_XMPP_PATH,
                                                 lec_https_server_get_port(box.server));
    lec_door_local_free(g_steal_pointer(&trap.door));
    soup_server_add_handler(lec_https_server_get_soup(trap.server), LEC_XMPP_PATH, on_redirect,
                            elsewhere, NULL);
    const LecPlace place = {.host = "127.0.0.1", .port = lec_https_server_get_port(trap.server)};
    LecDial *dial = lec_dial_new(&lec_carrier_soup, &place, 15000, &events, &sender);
    LEC_UNTIL(sender.ready || sender.error);
    g_assert_false(sender.ready);
    g_assert_error(sender.error, LEC_DIAL_ERROR, LEC_DIAL_ERROR_NOT_A_BOX);
    lec_dial_free(dial);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_clear_error(&sender.error);
    box_close(&trap);
    box_close(&box);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dial-proxy/basic", test_basic);
    g_test_add_func("/dial-proxy/basic-wrong", test_basic_wrong);
    g_test_add_func("/dial-proxy/basic-missing", test_basic_missing);
    g_test_add_func("/dial-proxy/ntlm", test_ntlm);
    g_test_add_func("/dial-proxy/ntlm-wrong-user", test_ntlm_wrong_user);
    g_test_add_func("/dial-proxy/negotiate-without-ticket", test_negotiate_without_ticket);
    g_test_add_func("/dial-proxy/no-proxy-there", test_no_proxy_there);
    g_test_add_func("/dial/redirect", test_redirect);
    return g_test_run();
}
