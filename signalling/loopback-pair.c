/* Makes a connection of this process to itself, and makes sure that it is one. */
#include "signalling/loopback-pair.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 8

struct LecLoopbackPair {
    int listener;
    guint16 port; /* network order */
    int near, far;
};

static bool fail(const char *what, GError **error) {
    const int code = errno;
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code),
                "A connection within this machine cannot be made: %s (%s).", what,
                g_strerror(code));
    return false;
}

static bool open_listener(LecLoopbackPair *self, GError **error) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (self->listener < 0)
        return fail("no socket", error);
    if (bind(self->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(self->listener, BACKLOG) != 0 ||
        getsockname(self->listener, (struct sockaddr *)&address, &len) != 0)
        return fail("no port", error);
    self->port = address.sin_port;
    return true;
}

static bool has_port(int fd, int (*get)(int, struct sockaddr *, socklen_t *), guint16 port) {
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    return get(fd, (struct sockaddr *)&address, &len) == 0 && len == sizeof address &&
           address.sin_family == AF_INET && address.sin_port == port &&
           address.sin_addr.s_addr == htonl(INADDR_LOOPBACK);
}

/* The descriptor of ours that is connected from port to the listener; -1: none, a stranger's. */
static int find_far(const LecLoopbackPair *self, guint16 port) {
    for (int fd = 0; fd < FD_SETSIZE; fd++) {
        if (has_port(fd, getsockname, port) && has_port(fd, getpeername, self->port))
            return fd;
    }
    return -1;
}

bool lec_loopback_pair_accept(LecLoopbackPair *self, GError **error) {
    while (self->near < 0) {
        struct sockaddr_in peer = {0};
        socklen_t len = sizeof peer;
        const int fd =
            accept4(self->listener, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return fail("nobody came", error);
        self->far = find_far(self, peer.sin_port);
        if (self->far >= 0)
            self->near = fd;
        else
            close(fd);
    }
    const int on = 1;
    setsockopt(self->near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(self->far, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    close(self->listener);
    self->listener = -1;
    return true;
}

guint16 lec_loopback_pair_get_port(const LecLoopbackPair *self) {
    return ntohs(self->port);
}

int lec_loopback_pair_get_near(const LecLoopbackPair *self) {
    return self->near;
}

int lec_loopback_pair_get_far(const LecLoopbackPair *self) {
    return self->far;
}

LecLoopbackPair *lec_loopback_pair_new(GError **error) {
    g_autoptr(LecLoopbackPair) self = g_new0(LecLoopbackPair, 1);
    self->near = self->far = -1;
    return open_listener(self, error) ? g_steal_pointer(&self) : NULL;
}

void lec_loopback_pair_free(LecLoopbackPair *self) {
    if (!self)
        return;
    if (self->listener >= 0)
        close(self->listener);
    if (self->near >= 0)
        close(self->near);
    g_free(self);
}
