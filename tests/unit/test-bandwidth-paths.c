/* The estimate on what real queues did to packets (data/paths): open loop, for what was sent is
 * sent. A queue is seen soon, and what is none is not taken for one. */
#include <glib.h>
#include <stdio.h>

#include "common/transport/bandwidth.h"

#define QUEUE_US 40000 /* one that lasts so long stands */
#define STANDS_US 200000
#define RTT_US 20000

typedef struct {
    gint64 onset_us;    /* when a queue began that stood, 0: none did */
    gint64 noticed_us;  /* when the estimate first went down after it; 0: it did not */
    guint32 least_kbps; /* of the estimate before the onset */
    guint32 after_kbps; /* of the estimate, a second after the onset */
} Outcome;

static GArray *read_path(const char *name) {
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "data", "paths", name, NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GArray *packets = g_array_new(FALSE, FALSE, sizeof(LecFeedbackResult));
    LecFeedbackResult packet = {.sent_us = G_USEC_PER_SEC, .arrival_us = G_USEC_PER_SEC};
    for (guint i = 0; lines[i] && *lines[i]; i++) {
        gint64 sent, arrived;
        g_assert_cmpint(sscanf(lines[i], "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %u", &sent,
                               &arrived, &packet.bytes),
                        ==, 3);
        packet.sequence = i;
        packet.sent_us += sent;
        packet.arrival_us += arrived;
        g_array_append_val(packets, packet);
    }
    g_assert_cmpuint(packets->len, >, 500);
    return packets;
}

static const LecFeedbackResult *nth(const GArray *packets, guint i) {
    return &g_array_index(packets, LecFeedbackResult, i);
}

static gint64 delay_us(const GArray *packets, guint i) {
    return nth(packets, i)->arrival_us - nth(packets, i)->sent_us;
}

/* The first packet from which on all waited, for STANDS_US. */
static gint64 find_onset(const GArray *packets) {
    gint64 least = G_MAXINT64, began = 0;
    for (guint i = 0; i < packets->len; i++)
        least = MIN(least, delay_us(packets, i));
    for (guint i = 0; i < packets->len; i++) {
        const gint64 now = nth(packets, i)->arrival_us;
        if (delay_us(packets, i) - least < QUEUE_US)
            began = 0;
        else if (!began)
            began = now;
        if (began && now - began > STANDS_US)
            return began;
    }
    return 0;
}

static Outcome replay(const GArray *packets) {
    g_autoptr(LecBandwidth) bandwidth = lec_bandwidth_new(&(LecBandwidthConfig){0});
    Outcome outcome = {.onset_us = find_onset(packets), .least_kbps = G_MAXUINT32};
    guint32 before = lec_bandwidth_get_kbps(bandwidth);
    for (guint first = 0, i = 1; i <= packets->len; i++) {
        const gint64 now = nth(packets, i - 1)->arrival_us;
        if (i < packets->len && nth(packets, i)->arrival_us - nth(packets, first)->arrival_us <
                                    LEC_FEEDBACK_INTERVAL_US)
            continue;
        lec_bandwidth_on_feedback(bandwidth, nth(packets, first), i - first, RTT_US, now);
        first = i;
        const guint32 kbps = lec_bandwidth_get_kbps(bandwidth);
        if (!outcome.onset_us || now < outcome.onset_us)
            outcome.least_kbps = MIN(outcome.least_kbps, kbps);
        else if (!outcome.noticed_us && kbps < before)
            outcome.noticed_us = now;
        if (outcome.onset_us && now < outcome.onset_us + G_USEC_PER_SEC)
            outcome.after_kbps = kbps;
        before = kbps;
    }
    g_test_message("queue at %.2f s, noticed %.0f ms later; before it at least %u kbit/s, a second "
                   "later %u",
                   outcome.onset_us / 1e6, (outcome.noticed_us - outcome.onset_us) / 1e3,
                   outcome.least_kbps, outcome.after_kbps);
    return outcome;
}

typedef struct {
    const char *name;
    bool queues;
    guint32 sent_kbps; /* before the queue */
    guint32 path_kbps; /* once there is one */
} Path;

static const Path paths[] = {
    {"steady", false, 3000, 0},     {"bursts", false, 2000, 0}, {"narrows", true, 3000, 1500},
    {"too-much", true, 2000, 3000}, {"tcp", true, 3000, 5000},
};

static void test_path(gconstpointer data) {
    const Path *path = data;
    g_autoptr(GArray) packets = read_path(path->name);
    const Outcome outcome = replay(packets);
    g_assert_cmpint(outcome.onset_us != 0, ==, path->queues);
    g_assert_cmpuint(outcome.least_kbps, >=, path->sent_kbps); /* what passed is not doubted */
    if (!path->queues)
        return;
    g_assert_cmpint(outcome.noticed_us, >, 0);
    g_assert_cmpint(outcome.noticed_us - outcome.onset_us, <=, 200000);
    g_assert_cmpuint(outcome.after_kbps, <=, path->path_kbps);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_autofree char *name = g_strdup_printf("/bandwidth-paths/%s", paths[i].name);
        g_test_add_data_func(name, &paths[i], test_path);
    }
    return g_test_run();
}
