/*
 * Publishing and browsing through a real avahi-daemon on a message bus of its own, in a network
 * namespace of its own, so that neither the machine's daemon nor its network is touched. That needs
 * root.
 */
#include "signalling/discovery.h"
#include "tests/support/until.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUN_FOLDER "/run/avahi-daemon" /* avahi's own, fixed when it is built */

static const char bus_config[] =
    "<!DOCTYPE busconfig PUBLIC '-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN' "
    "'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'>"
    "<busconfig><type>session</type><listen>unix:path=%s/bus</listen><auth>EXTERNAL</auth>"
    "<policy context='default'><allow user='*'/><allow own='*'/><allow send_type='method_call'/>"
    "<allow send_destination='*'/><allow receive_sender='*'/></policy></busconfig>";
static const char avahi_config[] = "[server]\nhost-name=lectern-test\nuse-ipv4=yes\nuse-ipv6=no\n"
                                   "[publish]\npublish-workstation=no\n";

typedef struct {
    char *folder, *bus_config, *avahi_config;
    GSubprocess *bus, *avahi;
    GPtrArray *found; /* "name host port txt…", one for each time */
    GPtrArray *lost;
    guint settled, browser_unavailable, publisher_unavailable, published;
    char *published_name;
} Net;

static void on_found(const LecBox *box, void *user) {
    Net *net = user;
    g_autofree char *txt = g_strjoinv(",", (char **)box->txt);
    g_ptr_array_add(net->found,
                    g_strdup_printf("%s|%s|%u|%s", box->name, box->host, box->port, txt));
}

static void on_lost(const char *name, void *user) {
    g_ptr_array_add(((Net *)user)->lost, g_strdup(name));
}

static void on_settled(void *user) {
    ((Net *)user)->settled++;
}

static void on_browser_unavailable(const char *why, void *user) {
    g_test_message("%s", why);
    ((Net *)user)->browser_unavailable++;
}

static void on_publisher_unavailable(const char *why, void *user) {
    g_test_message("%s", why);
    ((Net *)user)->publisher_unavailable++;
}

static void on_published(const char *name, void *user) {
    Net *net = user;
    net->published++;
    g_free(net->published_name);
    net->published_name = g_strdup(name);
}

static bool has(GPtrArray *array, const char *text) {
    return g_ptr_array_find_with_equal_func(array, text, g_str_equal, NULL);
}

/* NULL, or why the test cannot run. */
static const char *enter_namespace(void) {
    g_autofree char *bus = g_find_program_in_path("dbus-daemon");
    g_autofree char *avahi = g_find_program_in_path("avahi-daemon");
    if (!bus || !avahi)
        return "dbus-daemon or avahi-daemon is not installed";
    if (geteuid() != 0)
        return "it takes root to make a network namespace";
    if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("tmpfs", "/run", "tmpfs", 0, NULL) || mkdir(RUN_FOLDER, 0755))
        return "this machine allows no network namespace";
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int failed = ioctl(fd, SIOCSIFFLAGS, &request);
    close(fd);
    return failed ? "loopback cannot be brought up in a namespace" : NULL;
}

static char *write_file(const char *folder, const char *name, const char *text) {
    g_autoptr(GError) error = NULL;
    char *path = g_build_filename(folder, name, NULL);
    g_file_set_contents(path, text, -1, &error);
    g_assert_no_error(error);
    return path;
}

static void net_init(Net *net) {
    *net = (Net){.folder = g_dir_make_tmp("lectern-XXXXXX", NULL),
                 .found = g_ptr_array_new_with_free_func(g_free),
                 .lost = g_ptr_array_new_with_free_func(g_free)};
    g_autofree char *text = g_strdup_printf(bus_config, net->folder);
    net->bus_config = write_file(net->folder, "bus.conf", text);
    net->avahi_config = write_file(net->folder, "avahi.conf", avahi_config);
    g_autofree char *address = g_strdup_printf("unix:path=%s/bus", net->folder);
    g_setenv("DBUS_SYSTEM_BUS_ADDRESS", address, TRUE);
}

/* A test that fails must leave no daemon behind. */
static void die_with_parent(gpointer data) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static GSubprocess *start(const char *const *argv) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
    g_subprocess_launcher_set_child_setup(launcher, die_with_parent, NULL, NULL);
    GSubprocess *process = g_subprocess_launcher_spawnv(launcher, argv, &error);
    g_assert_no_error(error);
    return process;
}

static void stop(GSubprocess **process) {
    g_subprocess_send_signal(*process, SIGTERM);
    g_subprocess_wait(*process, NULL, NULL);
    g_clear_object(process);
}

static bool answers(const char *path) {
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
    g_autoptr(GSocketConnection) connection =
        g_socket_client_connect(client, G_SOCKET_CONNECTABLE(address), NULL, NULL);
    return connection != NULL;
}

static void net_start_bus(Net *net) {
    g_autofree char *config = g_strconcat("--config-file=", net->bus_config, NULL);
    const char *const argv[] = {"dbus-daemon", config, "--nofork", NULL};
    g_autofree char *socket = g_build_filename(net->folder, "bus", NULL);
    net->bus = start(argv);
    LEC_UNTIL(answers(socket)); /* avahi-daemon does not wait for it */
}

static void net_start_avahi(Net *net) {
    const char *const argv[] = {
        "avahi-daemon", "-f", net->avahi_config, "--no-chroot", "--no-drop-root",
        "--no-rlimits", NULL};
    net->avahi = start(argv);
}

static void net_clear(Net *net) {
    stop(&net->avahi);
    stop(&net->bus);
    g_autofree char *socket = g_build_filename(net->folder, "bus", NULL);
    g_unlink(socket);
    g_unlink(net->bus_config);
    g_unlink(net->avahi_config);
    g_rmdir(net->folder);
    g_free(net->bus_config);
    g_free(net->avahi_config);
    g_free(net->folder);
    g_free(net->published_name);
    g_ptr_array_unref(net->found);
    g_ptr_array_unref(net->lost);
}

static const LecPublisherEvents publisher_events = {
    .published = on_published,
    .unavailable = on_publisher_unavailable,
};
static const LecBrowserEvents browser_events = {
    .found = on_found,
    .lost = on_lost,
    .settled = on_settled,
    .unavailable = on_browser_unavailable,
};

/* One long test: starting daemons is what takes the time. */
static void test_discovery(void) {
    const char *const txt[] = {"v=1", "id=123456", NULL};
    const char *obstacle = enter_namespace();
    if (obstacle) {
        g_test_skip(obstacle);
        return;
    }
    Net net;
    net_init(&net);
    g_autoptr(LecPublisher) publisher =
        lec_publisher_new("Room 12", 8443, txt, &publisher_events, &net);
    g_autoptr(LecBrowser) browser = lec_browser_new(&browser_events, &net);
    g_assert_cmpuint(net.publisher_unavailable + net.browser_unavailable, ==, 0);

    /* No bus; then a bus and no daemon; then all: said once, and it recovers. */
    LEC_UNTIL(net.publisher_unavailable && net.browser_unavailable);
    net_start_bus(&net);
    net_start_avahi(&net);
    LEC_UNTIL(net.published && net.found->len && net.settled);
    g_assert_cmpuint(net.publisher_unavailable, ==, 1);
    g_assert_cmpuint(net.browser_unavailable, ==, 1);
    g_assert_cmpstr(net.published_name, ==, "Room 12");
    g_test_message("%s", (char *)net.found->pdata[0]);
    g_assert_true(has(net.found, "Room 12|127.0.0.1|8443|v=1,id=123456"));

    /* The same name again is renamed, and goes when its publisher does. */
    Net other = {0};
    LecPublisher *twin = lec_publisher_new("Room 12", 443, txt, &publisher_events, &other);
    LEC_UNTIL(other.published);
    g_assert_cmpstr(other.published_name, ==, "Room 12 #2");
    LEC_UNTIL(net.found->len >= 2);
    lec_publisher_free(twin);
    LEC_UNTIL(has(net.lost, "Room 12 #2"));
    g_free(other.published_name);

    /* The daemon goes and comes back. */
    stop(&net.avahi);
    LEC_UNTIL(net.publisher_unavailable == 2 && net.browser_unavailable == 2);
    g_assert_true(has(net.lost, "Room 12"));
    g_ptr_array_set_size(net.found, 0);
    net.published = 0;
    net_start_avahi(&net);
    LEC_UNTIL(net.published && net.found->len);
    g_assert_cmpstr(net.published_name, ==, "Room 12");

    g_clear_pointer(&publisher, lec_publisher_free);
    g_clear_pointer(&browser, lec_browser_free);
    net_clear(&net);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/discovery/avahi", test_discovery);
    return g_test_run();
}
