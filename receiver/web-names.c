/* Gathers the box's names. */
#include "receiver/web-names.h"

#include "common/base/config.h"
#include "signalling/http-host.h"

#include <string.h>

char **lec_web_names_read(const char *host_names, GError **error) {
    g_autoptr(LecHttpNames) probe = lec_http_names_new();
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    g_auto(GStrv) words = g_strsplit_set(host_names, " ,\t", -1);
    for (char **word = words; *word; word++) {
        if (!**word)
            continue;
        if (**word == '*' || !lec_http_names_add(probe, *word)) {
            g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE,
                        "host-names: \"%s\" is no host name; write names such as "
                        "room12.example.org, with spaces between them.",
                        *word);
            return NULL;
        }
        g_strv_builder_add(names, *word);
    }
    return g_strv_builder_end(names);
}

typedef struct {
    GHashTable *seen;
    GStrvBuilder *names;
} Gathering;

static void add(Gathering *self, const char *name) {
    LecHttpHost host;
    if (lec_http_host_parse(name, &host) && !host.is_address && !host.port &&
        g_hash_table_add(self->seen, g_strdup(host.name)))
        g_strv_builder_add(self->names, host.name);
}

static void add_machine(Gathering *self, const char *machine) {
    g_autofree char *label = g_strndup(machine, strcspn(machine, "."));
    g_autofree char *local = g_strconcat(label, ".local", NULL);
    add(self, label);
    add(self, local);
    add(self, machine);
}

char **lec_web_names_list(const char *host_names, const char *machine, const char *published) {
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Gathering gathering = {seen, names};
    g_auto(GStrv) words = lec_web_names_read(host_names, NULL);
    for (char **word = words; word && *word; word++)
        add(&gathering, *word);
    add_machine(&gathering, machine);
    if (published)
        add(&gathering, published);
    return g_strv_builder_end(names);
}
