/* Listens to the kernel's uevents for screens that come and go. */
#include "receiver/stage/kms-hotplug.h"

#include "common/base/log.h"

#include <errno.h>
#include <glib-unix.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX 8192
#define KERNEL_GROUP 1 /* of NETLINK_KOBJECT_UEVENT: what the kernel itself says */

typedef struct {
    int fd;
    void (*on_change)(void *user);
    void *user;
} Watch;

static void watch_free(gpointer data) {
    Watch *self = data;
    close(self->fd);
    g_free(self);
}

bool lec_kms_is_hotplug(const char *message, gsize length) {
    bool drm = false, hotplug = false;
    while (length > 0) {
        gsize line = strnlen(message, length);
        drm |= line == strlen("SUBSYSTEM=drm") && memcmp(message, "SUBSYSTEM=drm", line) == 0;
        hotplug |= line == strlen("HOTPLUG=1") && memcmp(message, "HOTPLUG=1", line) == 0;
        gsize step = MIN(line + 1, length);
        message += step;
        length -= step;
    }
    return drm && hotplug;
}

/* All that waits is read first: one plug makes several events. */
static gboolean on_readable(int fd, GIOCondition condition, gpointer user) {
    Watch *self = user;
    bool changed = false;
    for (;;) {
        char message[MESSAGE_MAX];
        struct sockaddr_nl from = {0};
        socklen_t from_length = sizeof from;
        ssize_t n = recvfrom(fd, message, sizeof message, MSG_DONTWAIT, (struct sockaddr *)&from,
                             &from_length);
        if (n <= 0) {
            /* ENOBUFS: some were lost, and one of those may have been ours. */
            changed |= n < 0 && errno == ENOBUFS;
            break;
        }
        /* Any program may send to the group; the kernel's number is 0. */
        changed |= from.nl_pid == 0 && lec_kms_is_hotplug(message, (gsize)n);
    }
    if (changed)
        self->on_change(self->user);
    return G_SOURCE_CONTINUE;
}

GSource *lec_kms_hotplug_watch(void (*on_change)(void *user), void *user) {
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP};
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        lec_warning("Screens that are plugged in later will not be noticed: %s.",
                    g_strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    Watch *self = g_new0(Watch, 1);
    *self = (Watch){fd, on_change, user};
    GSource *source = g_unix_fd_source_new(fd, G_IO_IN);
    g_source_set_callback(source, G_SOURCE_FUNC(on_readable), self, watch_free);
    g_source_attach(source, NULL);
    return source;
}
