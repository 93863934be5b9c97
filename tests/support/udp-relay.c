/* Forwards datagrams between two links, or does not. */
#include "tests/support/udp-relay.h"

static GSocket *make_socket(guint16 *ret_port) {
    g_autoptr(GError) error = NULL;
    GSocket *socket =
        g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, &error);
    g_assert_no_error(error);
    g_autoptr(GSocketAddress) any = g_inet_socket_address_new_from_string("127.0.0.1", 0);
    g_socket_bind(socket, any, FALSE, &error);
    g_assert_no_error(error);
    g_autoptr(GSocketAddress) bound = g_socket_get_local_address(socket, NULL);
    *ret_port = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
    g_socket_set_blocking(socket, FALSE);
    return socket;
}

static void send_to(GSocket *socket, guint16 port, const guint8 *data, gsize len) {
    if (port == 0)
        return;
    g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string("127.0.0.1", port);
    g_socket_send_to(socket, address, (const gchar *)data, len, NULL, NULL);
}

/* ---- paths: a queue, a rate, a delay ---- */

typedef struct {
    gint64 due_us;
    GBytes *datagram;
} Held;

static void free_held(gpointer data) {
    Held *held = data;
    g_bytes_unref(held->datagram);
    g_free(held);
}

static gint64 next_due_us(const UdpPath *path) {
    const Held *held = g_queue_peek_head((GQueue *)&path->waiting);
    return held != NULL ? held->due_us : G_MAXINT64;
}

static void reschedule(UdpRelay *self) {
    gint64 due_us = MIN(next_due_us(&self->to_a), next_due_us(&self->to_b));
    g_source_set_ready_time(self->clock, due_us == G_MAXINT64 ? -1 : due_us);
}

static void release(UdpRelay *self, bool to_a) {
    UdpPath *path = to_a ? &self->to_a : &self->to_b;
    while (next_due_us(path) <= g_get_monotonic_time()) {
        Held *held = g_queue_pop_head(&path->waiting);
        gsize len;
        const guint8 *data = g_bytes_get_data(held->datagram, &len);
        udp_relay_inject(self, to_a, data, len);
        free_held(held);
    }
}

static gboolean on_due(gpointer data) {
    UdpRelay *self = data;
    release(self, true);
    release(self, false);
    reschedule(self);
    return G_SOURCE_CONTINUE;
}

static gboolean dispatch_clock(GSource *source, GSourceFunc callback, gpointer data) {
    return callback(data);
}

static void carry_over(UdpRelay *self, bool to_a, const guint8 *data, gsize len) {
    UdpPath *path = to_a ? &self->to_a : &self->to_b;
    if (path->rate_kbps == 0 && path->delay_ms == 0) {
        udp_relay_inject(self, to_a, data, len);
        return;
    }
    gint64 now_us = g_get_monotonic_time(), start_us = MAX(now_us, path->free_us);
    if (path->rate_kbps > 0 && start_us - now_us > (gint64)path->queue_ms * 1000) {
        path->n_overflowed++;
        return;
    }
    path->free_us = start_us + (path->rate_kbps > 0 ? (gint64)len * 8000 / path->rate_kbps : 0);
    Held *held = g_new0(Held, 1);
    *held = (Held){path->free_us + (gint64)path->delay_ms * 1000, g_bytes_new(data, len)};
    g_queue_push_tail(&path->waiting, held);
    reschedule(self);
}

static bool is_dropped(UdpRelay *self, const guint8 *data, gsize len) {
    bool is_rtp = len > 12 && data[0] >> 6 == 2 && ((data[1] & 0x7f) < 64 || (data[1] & 0x7f) > 95);
    bool is_next = is_rtp && self->drop_next > 0;
    self->drop_next -= is_next;
    bool is_stun = len > 0 && data[0] < 4; /* RFC 7983 */
    bool dropped = self->cut || is_next || (self->cut_checks && is_stun) ||
                   (is_rtp && (guint)g_rand_int_range(self->rand, 0, 100) < self->drop_percent);
    self->n_dropped += dropped;
    return dropped;
}

static gboolean on_readable(GSocket *socket, GIOCondition condition, gpointer data) {
    UdpRelay *self = data;
    guint8 buffer[2048];
    gssize len;
    while ((len = g_socket_receive(socket, (gchar *)buffer, sizeof buffer, NULL, NULL)) > 0) {
        if (!is_dropped(self, buffer, (gsize)len))
            carry_over(self, socket == self->a, buffer, (gsize)len);
    }
    return G_SOURCE_CONTINUE;
}

void udp_relay_inject(UdpRelay *self, bool to_a, const guint8 *data, gsize len) {
    send_to(to_a ? self->b : self->a, to_a ? self->port_a : self->port_b, data, len);
}

static GSource *watch(UdpRelay *self, GSocket *socket) {
    GSource *source = g_socket_create_source(socket, G_IO_IN, NULL);
    g_source_set_callback(source, G_SOURCE_FUNC(on_readable), self, NULL);
    g_source_attach(source, NULL);
    return source;
}

void udp_relay_init(UdpRelay *self) {
    *self = (UdpRelay){.rand = g_rand_new_with_seed(42)};
    self->a = make_socket(&self->relay_a);
    self->b = make_socket(&self->relay_b);
    static GSourceFuncs clock = {.dispatch = dispatch_clock};
    self->clock = g_source_new(&clock, sizeof(GSource));
    g_source_set_callback(self->clock, on_due, self, NULL);
    g_source_set_ready_time(self->clock, -1);
    g_source_attach(self->clock, NULL);
    g_queue_init(&self->to_a.waiting);
    g_queue_init(&self->to_b.waiting);
    self->source_a = watch(self, self->a);
    self->source_b = watch(self, self->b);
}

void udp_relay_clear(UdpRelay *self) {
    g_source_destroy(self->clock);
    g_source_unref(self->clock);
    g_queue_clear_full(&self->to_a.waiting, free_held);
    g_queue_clear_full(&self->to_b.waiting, free_held);
    g_source_destroy(self->source_a);
    g_source_destroy(self->source_b);
    g_source_unref(self->source_a);
    g_source_unref(self->source_b);
    g_object_unref(self->a);
    g_object_unref(self->b);
    g_rand_free(self->rand);
}

bool udp_relay_carry(LinkSide *from, LecCandidate *candidate, gpointer data) {
    UdpRelay *self = data;
    if (candidate->transport != LEC_CANDIDATE_UDP)
        return false;
    bool from_a = from == &from->pair->a;
    *(from_a ? &self->port_a : &self->port_b) = candidate->port;
    candidate->port = from_a ? self->relay_a : self->relay_b;
    return true;
}
