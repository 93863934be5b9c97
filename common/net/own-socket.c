/*
 * Tells connections of our own from those of others on this machine: the other end of ours is
 * among our own descriptors. The kernel says which, so nothing has to be announced, guessed or
 * raced for: no other process can own the same pair of addresses and ports at the same time.
 */
#include "common/net/own-socket.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

typedef struct {
    struct sockaddr_storage here, there;
    socklen_t here_len, there_len;
} Ends;

static bool read_ends(int descriptor, Ends *ret) {
    Ends ends = {.here_len = sizeof ends.here, .there_len = sizeof ends.there};
    if (getsockname(descriptor, (struct sockaddr *)&ends.here, &ends.here_len) != 0 ||
        getpeername(descriptor, (struct sockaddr *)&ends.there, &ends.there_len) != 0)
        return false;
    *ret = ends;
    return true;
}

static bool equal(const struct sockaddr_storage *a, const struct sockaddr_storage *b) {
    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET) {
        const struct sockaddr_in *x = (const void *)a, *y = (const void *)b;
        return x->sin_port == y->sin_port && x->sin_addr.s_addr == y->sin_addr.s_addr;
    }
    if (a->ss_family == AF_INET6) {
        const struct sockaddr_in6 *x = (const void *)a, *y = (const void *)b;
        return x->sin6_port == y->sin6_port &&
               memcmp(&x->sin6_addr, &y->sin6_addr, sizeof x->sin6_addr) == 0;
    }
    return false;
}

static bool is_other_end(int descriptor, const Ends *ours) {
    struct stat what;
    Ends ends;
    return fstat(descriptor, &what) == 0 && S_ISSOCK(what.st_mode) &&
           read_ends(descriptor, &ends) && equal(&ends.here, &ours->there) &&
           equal(&ends.there, &ours->here);
}

bool lec_own_socket_is_peer(GSocket *connection) {
    Ends ours;
    g_autoptr(GDir) descriptors = g_dir_open("/proc/self/fd", 0, NULL);
    if (!descriptors || !read_ends(g_socket_get_fd(connection), &ours))
        return false;
    const char *name;
    guint64 descriptor;
    while ((name = g_dir_read_name(descriptors)))
        if (g_ascii_string_to_unsigned(name, 10, 0, G_MAXINT, &descriptor, NULL) &&
            is_other_end((int)descriptor, &ours))
            return true;
    return false;
}
