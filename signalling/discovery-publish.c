/* Making the box known: one DNS-SD service, renamed where the network has that name already. */
#include "signalling/discovery.h"

#include "signalling/discovery-avahi.h"

#include <avahi-client/publish.h>
#include <avahi-common/alternative.h>
#include <avahi-common/error.h>
#include <avahi-common/malloc.h>
#include <avahi-common/strlst.h>
#include <string.h>

#define MAX_NAME_BYTES 63 /* RFC 6763 §4.1.1 */
#define MAX_RENAMES 32

struct LecPublisher {
    LecPublisherEvents events;
    void *user;
    LecAvahi *avahi;
    AvahiEntryGroup *group;
    char *name;
    guint16 port;
    AvahiStringList *txt;
    guint renames;
    bool complained; /* of being unavailable, since it last worked */
};

static void publisher_complain(LecPublisher *self, const char *why) {
    if (self->complained)
        return;
    self->complained = true;
    self->events.unavailable(why, self->user);
}

/* "Room 12" becomes "Room 12 #2", that "Room 12 #3". */
static bool publisher_rename(LecPublisher *self) {
    if (self->renames++ >= MAX_RENAMES)
        return false;
    char *next = avahi_alternative_service_name(self->name);
    g_free(self->name);
    self->name = g_strdup(next);
    avahi_free(next);
    return true;
}

static int publisher_announce_once(LecPublisher *self) {
    int error = avahi_entry_group_add_service_strlst(
        self->group, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC, 0, self->name, LEC_DISCOVERY_TYPE, NULL,
        NULL, self->port, self->txt);
    return error ? error : avahi_entry_group_commit(self->group);
}

static void publisher_announce(LecPublisher *self) {
    int error;
    while ((error = publisher_announce_once(self)) == AVAHI_ERR_COLLISION && publisher_rename(self))
        avahi_entry_group_reset(self->group);
    if (error) {
        g_autofree char *why = g_strdup_printf("The box cannot be announced on the network: %s.",
                                               avahi_strerror(error));
        publisher_complain(self, why);
    }
}

static void on_group(AvahiEntryGroup *group, AvahiEntryGroupState state, void *user) {
    LecPublisher *self = user;
    switch (state) {
    case AVAHI_ENTRY_GROUP_ESTABLISHED:
        self->complained = false;
        self->events.published(self->name, self->user);
        return;
    case AVAHI_ENTRY_GROUP_COLLISION:
        if (publisher_rename(self)) {
            avahi_entry_group_reset(group);
            publisher_announce(self);
        } else {
            publisher_complain(self, "Every name tried for this box is taken on the network.");
        }
        return;
    case AVAHI_ENTRY_GROUP_FAILURE:
        publisher_complain(self, "avahi-daemon does not announce the box.");
        return;
    case AVAHI_ENTRY_GROUP_UNCOMMITED:
    case AVAHI_ENTRY_GROUP_REGISTERING:
        return;
    }
}

static void on_up(AvahiClient *client, void *user) {
    LecPublisher *self = user;
    if (self->group)
        return;
    self->renames = 0;
    self->group = avahi_entry_group_new(client, on_group, self);
    if (self->group)
        publisher_announce(self);
    else
        publisher_complain(self, "avahi-daemon does not announce the box.");
}

static void on_down(const char *why, void *user) {
    LecPublisher *self = user;
    g_clear_pointer(&self->group, avahi_entry_group_free);
    if (why)
        publisher_complain(self, why);
}

/* The longest beginning of name that fits a DNS label and is whole UTF-8. */
static char *fit_name(const char *name) {
    g_autofree char *valid = g_utf8_make_valid(name, -1);
    gsize len = strlen(valid);
    if (len <= MAX_NAME_BYTES)
        return g_steal_pointer(&valid);
    const char *end = g_utf8_find_prev_char(valid, valid + MAX_NAME_BYTES + 1);
    return g_strndup(valid, (gsize)(end - valid));
}

static AvahiStringList *list_txt(const char *const *txt) {
    AvahiStringList *list = NULL;
    for (; txt && *txt; txt++)
        list = avahi_string_list_add(list, *txt);
    return list;
}

void lec_publisher_set_txt(LecPublisher *self, const char *const *txt) {
    avahi_string_list_free(self->txt);
    self->txt = list_txt(txt);
    /* Where nothing is announced yet, the announcement will say it. */
    if (self->group && !avahi_entry_group_is_empty(self->group))
        avahi_entry_group_update_service_txt_strlst(self->group, AVAHI_IF_UNSPEC,
                                                    AVAHI_PROTO_UNSPEC, 0, self->name,
                                                    LEC_DISCOVERY_TYPE, NULL, self->txt);
}

LecPublisher *lec_publisher_new(const char *name, guint16 port, const char *const *txt,
                                const LecPublisherEvents *events, void *user) {
    static const LecAvahiEvents avahi_events = {.up = on_up, .down = on_down};
    LecPublisher *self = g_new0(LecPublisher, 1);
    self->events = *events;
    self->user = user;
    self->name = fit_name(name);
    self->port = port;
    self->txt = list_txt(txt);
    self->avahi = lec_avahi_new(&avahi_events, self);
    return self;
}

const char *lec_publisher_get_host(const LecPublisher *self) {
    return self->group ? avahi_client_get_host_name_fqdn(avahi_entry_group_get_client(self->group))
                       : NULL;
}

void lec_publisher_free(LecPublisher *self) {
    if (!self)
        return;
    g_clear_pointer(&self->group, avahi_entry_group_free);
    lec_avahi_free(self->avahi);
    avahi_string_list_free(self->txt);
    g_free(self->name);
    g_free(self);
}
