/* Agents that are on their way out, each with a mark on its context, by which it is found. */
#include "common/transport/ice-close.h"

#define LINGER_MS 500

typedef struct {
    LecIceServers *servers;
    GSource *mark;
} Closing;

static gboolean never(GSource *source, gint *timeout_ms) {
    *timeout_ms = -1;
    return FALSE;
}

static gboolean nothing(gpointer unused) {
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs mark_funcs = {.prepare = never};

static void on_closed(GObject *agent, GAsyncResult *result, gpointer data) {
    g_autofree Closing *closing = data;
    g_source_destroy(closing->mark);
    g_source_unref(closing->mark);
    g_object_unref(agent);
    lec_ice_servers_free(closing->servers);
}

void lec_ice_close(NiceAgent *agent, guint stream, LecIceServers *servers, GMainContext *context) {
    nice_agent_attach_recv(agent, stream, NICE_COMPONENT_TYPE_RTP, NULL, NULL, NULL);
    nice_agent_remove_stream(agent, stream);
    Closing *closing = g_new(Closing, 1);
    closing->servers = servers;
    closing->mark = g_source_new(&mark_funcs, sizeof(GSource));
    g_source_set_callback(closing->mark, nothing, NULL, NULL);
    g_source_attach(closing->mark, context);
    nice_agent_close_async(agent, on_closed, closing);
}

static gboolean on_expired(gpointer data) {
    *(bool *)data = true;
    return G_SOURCE_REMOVE;
}

void lec_ice_linger(GMainContext *context) {
    bool expired = false;
    GSource *deadline = g_timeout_source_new(LINGER_MS);
    g_source_set_callback(deadline, on_expired, &expired, NULL);
    g_source_attach(deadline, context);
    while (!expired && g_main_context_find_source_by_funcs_user_data(context, &mark_funcs, NULL))
        g_main_context_iteration(context, TRUE);
    g_source_destroy(deadline);
    g_source_unref(deadline);
}
