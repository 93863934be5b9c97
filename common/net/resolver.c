/* A GProxyResolver around one function. */
#include "common/net/resolver.h"

#define LEC_TYPE_RESOLVER (lec_resolver_get_type())
G_DECLARE_FINAL_TYPE(LecResolver, lec_resolver, LEC, RESOLVER, GObject)

struct _LecResolver {
    GObject parent;
    LecResolverFind find;
    bool blocks;
    gpointer data;
    GDestroyNotify free_data;
};

static void resolver_interface_init(GProxyResolverInterface *interface);

G_DEFINE_TYPE_WITH_CODE(LecResolver, lec_resolver, G_TYPE_OBJECT,
                        G_IMPLEMENT_INTERFACE(G_TYPE_PROXY_RESOLVER, resolver_interface_init))

static char **lookup(GProxyResolver *resolver, const char *uri, GCancellable *cancellable,
                     GError **error) {
    LecResolver *self = LEC_RESOLVER(resolver);
    return self->find(uri, cancellable, self->data, error);
}

static void look_up_now(GTask *task, gpointer source, gpointer data, GCancellable *cancellable) {
    GError *error = NULL;
    char **found = lookup(source, data, cancellable, &error);
    if (found)
        g_task_return_pointer(task, found, (GDestroyNotify)g_strfreev);
    else
        g_task_return_error(task, error);
}

static void lookup_async(GProxyResolver *resolver, const char *uri, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user) {
    g_autoptr(GTask) task = g_task_new(resolver, cancellable, callback, user);
    g_task_set_task_data(task, g_strdup(uri), g_free);
    if (!LEC_RESOLVER(resolver)->blocks) {
        look_up_now(task, resolver, (gpointer)uri, cancellable);
        return;
    }
    g_task_set_return_on_cancel(task, TRUE);
    g_task_run_in_thread(task, look_up_now);
}

static char **lookup_finish(GProxyResolver *resolver, GAsyncResult *result, GError **error) {
    return g_task_propagate_pointer(G_TASK(result), error);
}

static void resolver_interface_init(GProxyResolverInterface *interface) {
    interface->lookup = lookup;
    interface->lookup_async = lookup_async;
    interface->lookup_finish = lookup_finish;
}

static void resolver_finalize(GObject *object) {
    LecResolver *self = LEC_RESOLVER(object);
    if (self->free_data)
        self->free_data(self->data);
    G_OBJECT_CLASS(lec_resolver_parent_class)->finalize(object);
}

static void lec_resolver_class_init(LecResolverClass *klass) {
    G_OBJECT_CLASS(klass)->finalize = resolver_finalize;
}

static void lec_resolver_init(LecResolver *self) {
}

GProxyResolver *lec_resolver_new(LecResolverFind find, bool blocks, gpointer data,
                                 GDestroyNotify free_data) {
    LecResolver *self = g_object_new(LEC_TYPE_RESOLVER, NULL);
    self->find = find;
    self->blocks = blocks;
    self->data = data;
    self->free_data = free_data;
    return G_PROXY_RESOLVER(self);
}
