/* Writes netcheck's results, for people and for programs, and runs it as a command. */
#include "common/net/netcheck.h"

#include <json-glib/json-glib.h>
#include <stdio.h>

static const char *const states[] = {"ok", "unknown", "warn", "fail"};
static const char *const marks[] = {"ok     ", "unknown", "warning", "FAILED "};

LecNetcheckState lec_netcheck_get_worst(const GPtrArray *results) {
    LecNetcheckState worst = LEC_NETCHECK_OK;
    for (guint i = 0; i < results->len; i++)
        worst = MAX(worst, ((const LecNetcheckResult *)results->pdata[i])->state);
    return worst;
}

char *lec_netcheck_write_text(const GPtrArray *results) {
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < results->len; i++) {
        const LecNetcheckResult *result = results->pdata[i];
        g_string_append_printf(text, "%s  %-11s  %s\n", marks[result->state], result->name,
                               result->sentence);
        if (result->advice)
            g_string_append_printf(text, "%22s→ %s\n", "", result->advice);
        if (result->firewall)
            g_string_append_printf(text, "%22sFirewall: %s\n", "", result->firewall);
    }
    return g_string_free(text, FALSE);
}

static void add_text(JsonBuilder *json, const char *name, const char *value) {
    if (!value)
        return;
    json_builder_set_member_name(json, name);
    json_builder_add_string_value(json, value);
}

char *lec_netcheck_write_json(const GPtrArray *results) {
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    add_text(json, "worst", states[lec_netcheck_get_worst(results)]);
    json_builder_set_member_name(json, "checks");
    json_builder_begin_array(json);
    for (guint i = 0; i < results->len; i++) {
        const LecNetcheckResult *result = results->pdata[i];
        json_builder_begin_object(json);
        add_text(json, "name", result->name);
        add_text(json, "state", states[result->state]);
        add_text(json, "sentence", result->sentence);
        add_text(json, "advice", result->advice);
        add_text(json, "firewall", result->firewall);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
    json_builder_end_object(json);
    g_autoptr(JsonNode) root = json_builder_get_root(json);
    return json_to_string(root, TRUE);
}

/* ---- as a command ---- */

typedef struct {
    GMainLoop *loop;
    bool json;
    LecNetcheckState worst;
} Run;

static void on_results(const GPtrArray *results, void *user) {
    Run *self = user;
    g_autofree char *text =
        self->json ? lec_netcheck_write_json(results) : lec_netcheck_write_text(results);
    fputs(text, stdout);
    if (self->json)
        fputc('\n', stdout);
    self->worst = lec_netcheck_get_worst(results);
    g_main_loop_quit(self->loop);
}

int lec_netcheck_run(const LecNetcheckConfig *config, bool json) {
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    Run self = {.loop = loop, .json = json};
    g_autoptr(LecNetcheck) check G_GNUC_UNUSED = lec_netcheck_new(config, on_results, &self);
    g_main_loop_run(loop);
    return self.worst == LEC_NETCHECK_FAIL ? 1 : 0;
}
