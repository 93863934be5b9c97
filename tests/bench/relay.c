/* Measures links on loopback: straight, over a real TURN relay by UDP, and inside TLS; how old a
 * packet is when it is delivered, and what that costs. */
#include "tests/support/link-pair.h"
#include "tests/support/turn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define FPS 30
#define PACKET 1150 /* bytes of payload */
#define PACKETS_A_SECOND_MAX 450
#define SETTLE_MS 3000 /* the rate finds its level */
#define PATIENCE_MS 500
#define SECONDS_MAX (LINK_MAX_RECEIVED / PACKETS_A_SECOND_MAX - SETTLE_MS / 1000 - 1)

typedef struct {
    const char *name, *way; /* way: how the candidate in use has to begin */
    LecRelayKind kind;
    guint ends; /* so many of the two use the relay */
} Case;

static const Case CASES[] = {
    {"straight", "udp host", LEC_RELAY_STUN, 0},
    {"one end by UDP relay", "udp relay", LEC_RELAY_TURN_UDP, 1},
    {"one end by relay in TLS", "tls relay", LEC_RELAY_TURN_TLS, 1},
    {"both ends by UDP relay", "udp relay", LEC_RELAY_TURN_UDP, 2},
    {"both ends by relay in TLS", "tls relay", LEC_RELAY_TURN_TLS, 2},
};

typedef struct {
    LinkPair pair;
    guint packets; /* a picture's */
    GArray *last;  /* guint32: the number of each picture's last packet */
} Run;

static gboolean on_picture(gpointer user) {
    Run *run = user;
    link_send(&run->pair.a, LINK_VIDEO, run->packets, PACKET);
    const guint32 last = run->pair.a.n_sent[LINK_VIDEO] - 1;
    g_array_append_val(run->last, last);
    return G_SOURCE_CONTINUE;
}

static double cpu_self(void) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

/* Of another process, by /proc/PID/stat, fields 14 and 15. */
static double cpu_of(const char *pid) {
    g_autofree char *path = g_strdup_printf("/proc/%s/stat", pid), *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    const char *after = strrchr(text, ')');
    g_auto(GStrv) fields = g_strsplit(after ? after + 2 : "", " ", 16);
    if (g_strv_length(fields) < 14)
        return 0;
    return (g_ascii_strtod(fields[11], NULL) + g_ascii_strtod(fields[12], NULL)) /
           (double)sysconf(_SC_CLK_TCK);
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double percentile(GArray *values, double share) {
    if (values->len == 0)
        return -1;
    g_array_sort(values, compare);
    return g_array_index(values, double, MIN((guint)(share * values->len), values->len - 1));
}

/* Of the packets and pictures from number first on: ages in ms. */
static void collect(Run *run, guint32 first, GArray *packets, GArray *pictures) {
    LinkSide *side = &run->pair.b;
    g_autoptr(GHashTable) last = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < run->last->len; i++)
        g_hash_table_add(last, GUINT_TO_POINTER(g_array_index(run->last, guint32, i)));
    for (guint i = 0; i < link_count_received(side); i++) {
        const LinkReceived *one = &side->received[i];
        const double ms = (double)(one->delivered_us - one->sent_us) / 1000;
        if (one->section != LINK_VIDEO || one->number < first)
            continue;
        g_array_append_val(packets, ms);
        if (g_hash_table_contains(last, GUINT_TO_POINTER(one->number)))
            g_array_append_val(pictures, ms);
    }
}

static void connect_by(Run *run, const Case *what, TestTurn *turn, LecRelays *relays) {
    link_pair_init(&run->pair);
    LinkSide *const sides[] = {&run->pair.a, &run->pair.b};
    for (guint i = 0; i < MIN(what->ends, G_N_ELEMENTS(sides)); i++) {
        sides[i]->config.relays = relays;
        sides[i]->config.anchors = test_turn_get_anchors(turn);
        sides[i]->config.relays_only = true;
    }
    link_pair_connect(&run->pair);
}

static void print(const Case *what, Run *run, guint32 first, double own, double relay) {
    g_autoptr(GArray) packets = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(GArray) pictures = g_array_new(FALSE, FALSE, sizeof(double));
    collect(run, first, packets, pictures);
    const LecLinkStats *stats = &run->pair.a.stats;
    if (!g_str_has_prefix(stats->local_candidate, what->way)) {
        fprintf(stderr, "%s: the link goes by %s.\n", what->name, stats->local_candidate);
        exit(1);
    }
    printf(
        "{\"case\":\"%s\",\"p50_ms\":%.2f,\"p95_ms\":%.2f,\"picture_p50_ms\":%.2f,"
        "\"picture_p95_ms\":%.2f,\"connect_ms\":%.1f,\"cpu_percent\":%.1f,"
        "\"relay_cpu_percent\":%.1f,\"mbit_s\":%.2f,\"lost_percent\":%.3f}\n",
        what->name, percentile(packets, 0.5), percentile(packets, 0.95), percentile(pictures, 0.5),
        percentile(pictures, 0.95),
        (double)(MAX(run->pair.a.connected_us, run->pair.b.connected_us) - run->pair.started_us) /
            1000,
        own, relay, stats->sending_kbps / 1000.0,
        100 - 100.0 * packets->len / (run->pair.a.n_sent[LINK_VIDEO] - first));
    fflush(stdout);
}

static void run_case(const Case *what, TestTurn *turn, guint seconds, guint kbps) {
    Run run = {.last = g_array_new(FALSE, FALSE, sizeof(guint32)),
               .packets = MAX(1, kbps * 1000 / 8 / FPS / PACKET)};
    g_autoptr(LecRelays) relays = test_turn_list(turn, &what->kind, 1, NULL);
    connect_by(&run, what, turn, relays);
    const guint painter = g_timeout_add(1000 / FPS, on_picture, &run);
    link_run_for(SETTLE_MS);
    const guint32 first = run.pair.a.n_sent[LINK_VIDEO];
    const char *pid = test_turn_get_pid(turn);
    double own = cpu_self(), relay = cpu_of(pid);
    const gint64 start_us = g_get_monotonic_time();
    link_run_for(seconds * 1000);
    const double took = (double)(g_get_monotonic_time() - start_us) / 1e6;
    own = (cpu_self() - own) / took * 100;
    relay = (cpu_of(pid) - relay) / took * 100;
    g_source_remove(painter);
    link_run_for(PATIENCE_MS);
    print(what, &run, first, own, relay);
    link_pair_clear(&run.pair);
    g_array_unref(run.last);
}

int main(int argc, char **argv) {
    gint seconds = 5, only = 0, kbps = 4000;
    const GOptionEntry entries[] = {
        {"seconds", 's', 0, G_OPTION_ARG_INT, &seconds, "for each case", "N"},
        {"case", 'c', 0, G_OPTION_ARG_INT, &only, "only the Nth case", "N"},
        {"kbps", 'k', 0, G_OPTION_ARG_INT, &kbps, "that are sent (4000)", "N"},
        {NULL}};
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    const gint kbps_max = PACKETS_A_SECOND_MAX * PACKET * 8 / 1000;
    if (!g_option_context_parse(context, &argc, &argv, &error) || seconds < 1 ||
        seconds > SECONDS_MAX || kbps < 1 || kbps > kbps_max) {
        fprintf(stderr, "%s\n", error ? error->message : "--seconds or --kbps is out of range.");
        return 2;
    }
    g_autoptr(TestTurn) turn = test_turn_start(&error);
    if (!turn) {
        fprintf(stderr, "%s.\n", error->message);
        return 1;
    }
    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++)
        if (only == 0 || (guint)only == i + 1)
            run_case(&CASES[i], turn, (guint)seconds, (guint)kbps);
    return 0;
}
