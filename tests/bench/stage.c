/* Measures the stage: frames handed over to frames on the display, and what that costs, on a real X
 * server. */
#include "receiver/stage/stage.h"
#include "tests/support/pictures.h"
#include "tests/support/xvfb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define PICTURES 8 /* different ones in turn, so that nothing stays in the caches */
#define SAMPLES_MAX 100000

typedef struct {
    const char *name;
    guint tiles, width, height; /* 0 by 0: of each tile's own size, as senders send them */
    guint fps;
    bool moving;
    LecLayout layout;
} Case;

static const Case CASES[] = {
    {"1 x 1080p30 moving", 1, 1920, 1080, 30, true},
    {"1 x 1080p60 moving", 1, 1920, 1080, 60, true},
    {"1 x 1080p30 small change", 1, 1920, 1080, 30, false},
    {"1 x 720p30 moving, scaled up", 1, 1280, 720, 30, true},
    {"4 x 540p30 moving", 4, 960, 540, 30, true},
    {"4 x 540p30 small change", 4, 960, 540, 30, false},
    {"4 x 1080p30 moving, scaled down", 4, 1920, 1080, 30, true},
    {"9 x 30 of their size, moving", 9, 0, 0, 30, true},
    {"9 x 30 of their size, small change", 9, 0, 0, 30, false},
    {"9 x 720p30 moving, scaled down", 9, 1280, 720, 30, true},
    {"9 x 30 of their size, one large", 9, 0, 0, 30, true, LEC_LAYOUT_FOCUS},
};

typedef struct Run Run;
typedef struct {
    Run *run;
    LecTile *tile;
    LecFrame *pictures[PICTURES];
    guint next;
    guint source;
} Feed;

struct Run {
    const Case *what;
    GMainLoop *loop;
    Feed feeds[LEC_STAGE_MAX_TILES];
    guint32 *samples_us;
    guint n_samples, dropped;
};

static void draw(LecFrame *frame, bool moving, guint step) {
    guint8 *luma = (guint8 *)frame->planes[0];
    for (guint y = 0; y < frame->height; y++)
        for (guint x = 0; x < frame->width; x++)
            luma[y * frame->strides[0] + x] =
                (guint8)(40 + ((x + (moving ? step * 12 : 0)) * 7 ^ y * 5) % 180);
    if (!moving)
        lec_test_frame_fill(frame, (LecRect){step * 16, 96, 24, 32}, 235);
}

/* A frame is shown many times, each time as a new one around the same planes. */
static LecFrame *again(LecFrame *picture) {
    LecFrame *frame = lec_frame_new(lec_frame_ref(picture), (GDestroyNotify)lec_frame_unref);
    frame->matrix = picture->matrix;
    frame->width = picture->width;
    frame->height = picture->height;
    memcpy(frame->planes, picture->planes, sizeof frame->planes);
    memcpy(frame->strides, picture->strides, sizeof frame->strides);
    frame->arrival_us = g_get_monotonic_time();
    return frame;
}

static gboolean on_feed(gpointer user) {
    Feed *feed = user;
    Run *run = feed->run;
    LecTileStats stats;
    lec_tile_take_stats(feed->tile, &stats);
    run->dropped += stats.dropped;
    if (stats.display_us && run->n_samples < SAMPLES_MAX)
        run->samples_us[run->n_samples++] = stats.display_us;
    lec_tile_show(feed->tile, again(feed->pictures[feed->next++ % PICTURES]));
    return G_SOURCE_CONTINUE;
}

static gboolean on_start(gpointer user) {
    Feed *feed = user;
    feed->source = g_timeout_add(1000 / feed->run->what->fps, on_feed, feed);
    g_source_set_priority(g_main_context_find_source_by_id(NULL, feed->source), G_PRIORITY_HIGH);
    return G_SOURCE_REMOVE;
}

static void make_pictures(Feed *feed) {
    const Case *what = feed->run->what;
    guint width = what->width, height = what->height;
    if (!width)
        lec_tile_get_size(feed->tile, &width, &height);
    for (guint p = 0; p < PICTURES; p++) {
        feed->pictures[p] = lec_test_frame(LEC_FRAME_I420, width, height, 128, 120, 140);
        draw(feed->pictures[p], what->moving, p);
    }
    lec_tile_show(feed->tile, again(feed->pictures[0]));
}

static gboolean on_end(gpointer user) {
    g_main_loop_quit(((Run *)user)->loop);
    return G_SOURCE_REMOVE;
}

static int compare(const void *a, const void *b) {
    guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;
    return x < y ? -1 : x > y;
}

static double cpu_self(void) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)use.ru_utime.tv_sec + (double)use.ru_stime.tv_sec +
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

static void on_resized(guint width, guint height, void *user) {
}

static void on_closed(const GError *error, void *user) {
    g_error("The display went away.");
}

static const LecStageEvents EVENTS = {.resized = on_resized, .closed = on_closed};

static void run_case(const Case *what, LecStage *stage, const char *server_pid, guint seconds,
                     bool json) {
    Run run = {.what = what, .samples_us = g_new(guint32, SAMPLES_MAX)};
    run.loop = g_main_loop_new(NULL, FALSE);
    lec_stage_set_layout(stage, what->layout);
    for (guint i = 0; i < what->tiles; i++) {
        run.feeds[i].run = &run;
        run.feeds[i].tile = lec_stage_add_tile(stage, "Bench");
        lec_tile_show(run.feeds[i].tile, lec_test_frame(LEC_FRAME_I420, 640, 360, 128, 120, 140));
    }
    g_timeout_add(200, on_end, &run); /* then all are seen */
    g_main_loop_run(run.loop);
    for (guint i = 0; i < what->tiles; i++) {
        make_pictures(&run.feeds[i]);
        g_timeout_add(700 + i * 7, on_start, &run.feeds[i]); /* after the layout's movement, out of
                                                                step */
    }
    g_timeout_add(1000, on_end, &run);
    g_main_loop_run(run.loop);
    run.n_samples = run.dropped = 0;
    double own = cpu_self(), server = cpu_of(server_pid);
    gint64 start_us = g_get_monotonic_time();
    g_timeout_add_seconds(seconds, on_end, &run);
    g_main_loop_run(run.loop);
    double took = (double)(g_get_monotonic_time() - start_us) / 1e6;
    own = (cpu_self() - own) / took * 100;
    server = (cpu_of(server_pid) - server) / took * 100;
    qsort(run.samples_us, run.n_samples, sizeof run.samples_us[0], compare);
    double p50 = run.n_samples ? run.samples_us[run.n_samples / 2] / 1e3 : 0;
    double p95 = run.n_samples ? run.samples_us[run.n_samples * 95 / 100] / 1e3 : 0;
    double fps = run.n_samples / took / what->tiles;
    if (json)
        printf("{\"case\":\"%s\",\"p50_ms\":%.2f,\"p95_ms\":%.2f,\"fps\":%.1f,\"dropped\":%u,"
               "\"cpu_percent\":%.1f,\"server_cpu_percent\":%.1f}\n",
               what->name, p50, p95, fps, run.dropped, own, server);
    else
        printf("%-34s %7.2f %7.2f %7.1f %8u %7.1f %9.1f\n", what->name, p50, p95, fps, run.dropped,
               own, server);
    fflush(stdout);
    for (guint i = 0; i < what->tiles; i++) {
        g_source_remove(run.feeds[i].source);
        lec_tile_remove(run.feeds[i].tile);
        for (guint p = 0; p < PICTURES; p++)
            lec_frame_unref(run.feeds[i].pictures[p]);
    }
    g_main_loop_unref(run.loop);
    g_free(run.samples_us);
}

int main(int argc, char **argv) {
    gint seconds = 5, only = 0;
    gboolean json = FALSE;
    g_autofree char *display = g_strdup("x11");
    const GOptionEntry entries[] = {
        {"seconds", 's', 0, G_OPTION_ARG_INT, &seconds, "for each case", "N"},
        {"case", 'c', 0, G_OPTION_ARG_INT, &only, "only the Nth case", "N"},
        {"display", 'd', 0, G_OPTION_ARG_STRING, &display, "x11 (a server of its own) or none",
         "KIND"},
        {"json", 'j', 0, G_OPTION_ARG_NONE, &json, "one object a line", NULL},
        {NULL}};
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error) || seconds < 1) {
        fprintf(stderr, "%s\n", error ? error->message : "--seconds must be at least 1.");
        return 2;
    }
    g_autoptr(LecXvfb) server = NULL;
    if (strcmp(display, "x11") == 0) {
        server = lec_xvfb_start(1920, 1080, &error);
        if (!server) {
            fprintf(stderr, "%s\n", error->message);
            return 1;
        }
        g_setenv("DISPLAY", server->name, TRUE);
    }
    g_autoptr(LecStage) stage =
        lec_stage_new(display, &(LecOutputOptions){.fullscreen = true}, &EVENTS, NULL, &error);
    if (!stage) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    const char *pid = server ? g_subprocess_get_identifier(server->process) : "0";
    if (!json)
        printf("%-34s %7s %7s %7s %8s %7s %9s\n", "handed over -> displayed", "p50 ms", "p95 ms",
               "fps", "dropped", "CPU %", "server %");
    for (guint i = 0; i < G_N_ELEMENTS(CASES); i++)
        if (only == 0 || (guint)only == i + 1)
            run_case(&CASES[i], stage, pid ? pid : "0", (guint)seconds, json);
    return 0;
}
