/*
 * How long a change on the screen takes to become RTP packets, and what that costs: a display of
 * its own, a painter in a process of its own, and the sender's capture and encoder in this one.
 */
#include "sender/encode.h"
#include "tests/bench/painter.h"
#include "tests/support/xvfb.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define WIDTH 1920
#define HEIGHT 1080
#define WARM_UP_US G_USEC_PER_SEC
#define MAX_SAMPLES 100000

typedef struct {
    GMainLoop *loop;
    GstElement *source;
    BenchPaint *paint;
    /* The streaming thread's until the encoder is gone. */
    gint64 first_us, from_us;
    GArray *capture_ms, *paint_ms; /* of double */
    guint64 bytes;
    guint n_keyframes;
} Bench;

static void on_ready(GstElement *element, const GError *error, void *user) {
    Bench *self = user;
    if (error != NULL)
        g_error("%s", error->message);
    self->source = element;
}

static void on_packets(LecMediaKind kind, GPtrArray *packets, gint64 capture_us, void *user) {
    Bench *self = user;
    const gint64 now_us = g_get_monotonic_time();
    if (self->first_us == 0)
        self->first_us = now_us;
    if (now_us >= self->from_us && self->capture_ms->len < MAX_SAMPLES) {
        const double capture_ms = (double)(now_us - capture_us) / 1000;
        g_array_append_val(self->capture_ms, capture_ms);
        const gint64 painted_us = bench_paint_take(self->paint);
        if (painted_us != 0) {
            const double paint_ms = (double)(now_us - painted_us) / 1000;
            g_array_append_val(self->paint_ms, paint_ms);
        }
        for (guint i = 0; i < packets->len; i++)
            self->bytes += g_bytes_get_size(packets->pdata[i]);
    }
    g_ptr_array_unref(packets);
}

static void on_failed(const GError *error, void *user) {
    g_error("%s", error->message);
}

static void on_ended(void *user) {
    g_main_loop_quit(((Bench *)user)->loop);
}

static gboolean on_time(gpointer user) {
    g_main_loop_quit(((Bench *)user)->loop);
    return G_SOURCE_REMOVE;
}

static void run_for(Bench *self, gint64 us) {
    g_timeout_add((guint)(us / 1000), on_time, self);
    g_main_loop_run(self->loop);
}

static double cpu_s(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int compare(gconstpointer a, gconstpointer b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(GArray *values, guint percent) {
    if (values->len == 0)
        return 0;
    g_array_sort(values, compare);
    return g_array_index(values, double, (values->len - 1) * percent / 100);
}

static void report(Bench *self, const char *content, double seconds, double cpu, gint64 join_us) {
    printf("%-7s capture-to-packets p50 %5.2f p95 %5.2f ms | paint-to-packets p50 %5.2f p95 %5.2f "
           "ms | %4.1f pictures/s | "
           "%6.0f kbit/s | CPU %4.1f %% | first packets %3d ms\n",
           content, percentile(self->capture_ms, 50), percentile(self->capture_ms, 95),
           percentile(self->paint_ms, 50), percentile(self->paint_ms, 95),
           self->capture_ms->len / seconds, (double)self->bytes * 8 / 1000 / seconds,
           cpu * 100 / seconds, (int)(join_us / 1000));
}

static void measure(const char *content, int seconds, guint max_fps) {
    Bench self = {.loop = g_main_loop_new(NULL, FALSE), .from_us = G_MAXINT64};
    self.capture_ms = g_array_new(FALSE, FALSE, sizeof(double));
    self.paint_ms = g_array_new(FALSE, FALSE, sizeof(double));
    self.paint = bench_paint_start(content, WIDTH, HEIGHT);
    const gint64 start_us = g_get_monotonic_time();
    LecCapture *capture = lec_capture_open(strcmp(content, "test") == 0 ? "test" : "screen",
                                           max_fps, on_ready, &self);
    while (self.source == NULL)
        g_main_context_iteration(NULL, TRUE);
    const LecMediaSection video = {
        .codecs = {{.codec = LEC_CODEC_H264, .payload_type = 102, .clock_rate = 90000}},
        .n_codecs = 1,
        .ssrc = 1};
    const LecEncodeEvents events = {.packets = on_packets, .failed = on_failed, .ended = on_ended};
    g_autoptr(GError) error = NULL;
    LecEncode *encode =
        lec_encode_new(self.source, &video, NULL, LEC_PROFILE_AUTO, &events, &self, &error);
    if (encode == NULL)
        g_error("%s", error->message);
    run_for(&self, WARM_UP_US);
    const gint64 join_us = self.first_us - start_us;
    bench_paint_take(self.paint);
    const double cpu_before = cpu_s();
    const gint64 from_us = g_get_monotonic_time();
    self.from_us = from_us;
    run_for(&self, seconds * G_USEC_PER_SEC);
    const double cpu = cpu_s() - cpu_before;
    const double took_s = (double)(g_get_monotonic_time() - from_us) / G_USEC_PER_SEC;
    lec_encode_free(encode);
    lec_capture_free(capture);
    bench_paint_stop(self.paint);
    report(&self, content, took_s, cpu, join_us);
    g_array_unref(self.capture_ms);
    g_array_unref(self.paint_ms);
    g_main_loop_unref(self.loop);
}

int main(int argc, char **argv) {
    int seconds = 8, max_fps = 60;
    g_autofree char *only = NULL;
    const GOptionEntry entries[] = {
        {"seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "How long to measure each content", "N"},
        {"fps", 0, 0, G_OPTION_ARG_INT, &max_fps, "Pictures a second at most", "N"},
        {"content", 0, 0, G_OPTION_ARG_STRING, &only, "moving, text, still or test; else all",
         "NAME"},
        {0},
    };
    g_autoptr(GOptionContext) options = g_option_context_new(NULL);
    g_option_context_add_main_entries(options, entries, NULL);
    g_autoptr(GError) error = NULL;
    if (!g_option_context_parse(options, &argc, &argv, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 2;
    }
    gst_registry_fork_set_enabled(FALSE);
    gst_init(NULL, NULL);
    g_autoptr(LecXvfb) display = lec_xvfb_start(WIDTH, HEIGHT, &error);
    if (display == NULL) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    g_setenv("DISPLAY", display->name, TRUE);
    static const char *const contents[] = {"moving", "text", "still", "test"};
    for (gsize i = 0; i < G_N_ELEMENTS(contents); i++)
        if (only == NULL || strcmp(only, contents[i]) == 0)
            measure(contents[i], seconds, (guint)max_fps);
    return 0;
}
