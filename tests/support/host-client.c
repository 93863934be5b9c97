/*
 * A host at the command line, for tests: the code is the first line of standard input, each further
 * line is a text to send; what the box says goes to standard output, a line each: "open", the JSON
 * texts, and "ended WORD SECONDS". The end of the input is a goodbye.
 */
#include "common/base/log.h"
#include "signalling/dial-soup.h"
#include "signalling/dial.h"
#include "signalling/steer.h"

#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    GMainLoop *loop;
    LecDial *dial;
    LecSteer *steer;
    char *code;
    GDataInputStream *input;
} Client;

static void say(const char *line) {
    puts(line);
    fflush(stdout);
}

static void on_line(GObject *source, GAsyncResult *result, gpointer user);

static void read_on(Client *self) {
    g_data_input_stream_read_line_async(self->input, G_PRIORITY_DEFAULT, NULL, on_line, self);
}

static void on_line(GObject *source, GAsyncResult *result, gpointer user) {
    Client *self = user;
    gsize len = 0;
    g_autofree char *line = g_data_input_stream_read_line_finish(self->input, result, &len, NULL);
    if (!line) {
        lec_steer_hang_up(self->steer, LEC_STEER_END_BYE);
        return;
    }
    lec_steer_send(self->steer, line, len);
    read_on(self);
}

static void on_send(LecStanza *payload, void *user) {
    Client *self = user;
    lec_dial_send(self->dial, payload);
}

static void on_challenge(const char *box_name, void *user) {
    Client *self = user;
    lec_steer_prove(self->steer, self->code, g_get_monotonic_time());
}

static void on_open(void *user) {
    say("open");
    read_on(user);
}

static void on_text(const char *text, gsize len, void *user) {
    say(text);
}

static gboolean on_quit(gpointer user) {
    g_main_loop_quit(((Client *)user)->loop);
    return G_SOURCE_REMOVE;
}

static void on_ended(LecSteerEnd end, guint retry_after_s, void *user) {
    g_autofree char *line = g_strdup_printf("ended %s %u", lec_steer_end_word(end), retry_after_s);
    say(line);
    /* A goodbye is still to be sent. */
    g_timeout_add(100, on_quit, user);
}

static const LecSteerEvents steer_events = {
    .send = on_send,
    .challenge = on_challenge,
    .open = on_open,
    .text = on_text,
    .ended = on_ended,
};

static void on_ready(void *user) {
    Client *self = user;
    lec_steer_dial(self->steer, g_get_monotonic_time());
}

static void on_payload(const LecStanza *payload, void *user) {
    Client *self = user;
    lec_steer_receive(self->steer, payload, g_get_monotonic_time());
}

static void on_failed(const GError *error, void *user) {
    Client *self = user;
    fprintf(stderr, "%s\n", error->message);
    lec_steer_hang_up(self->steer, LEC_STEER_END_GONE);
    on_quit(self);
}

static const LecDialEvents dial_events = {
    .ready = on_ready,
    .payload = on_payload,
    .failed = on_failed,
};

static gboolean on_tick(gpointer user) {
    Client *self = user;
    lec_steer_tick(self->steer, g_get_monotonic_time());
    if (lec_steer_is_open(self->steer))
        lec_steer_send(self->steer, "{\"n\":0,\"do\":\"here\"}",
                       strlen("{\"n\":0,\"do\":\"here\"}"));
    return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "Usage: %s HOST PORT\n", argv[0]);
        return 2;
    }
    lec_log_init(LEC_LOG_WARNING);
    g_autoptr(GInputStream) stdin_stream = g_unix_input_stream_new(0, FALSE);
    Client self = {.loop = g_main_loop_new(NULL, FALSE),
                   .input = g_data_input_stream_new(stdin_stream)};
    self.code = g_data_input_stream_read_line(self.input, NULL, NULL, NULL);
    if (!self.code)
        return 2;
    self.steer = lec_steer_new_host(&steer_events, &self, g_get_monotonic_time());
    const LecPlace place = {.host = argv[1], .port = (guint16)atoi(argv[2])};
    self.dial = lec_dial_new(&lec_carrier_soup, &place, 10000, &dial_events, &self);
    const guint tick = g_timeout_add_seconds(10, on_tick, &self);
    g_main_loop_run(self.loop);
    g_source_remove(tick);
    lec_dial_free(self.dial);
    lec_steer_free(self.steer);
    g_object_unref(self.input);
    g_free(self.code);
    g_main_loop_unref(self.loop);
    return 0;
}
