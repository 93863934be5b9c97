/* Writes the filter's program: one block a network, IPv4 and IPv6 apart, for sockets may take both.
 */
#include "common/net/own-networks-filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define ALL 0xffffffffu
#define IPV4_SOURCE ((guint32)SKF_NET_OFF + 12) /* RFC 791 §3.1 */
#define IPV6_SOURCE ((guint32)SKF_NET_OFF + 8)  /* RFC 8200 §3 */
#define WORD_BYTES 4
#define STEPS 3 /* instructions a word takes */

static void put(GArray *program, guint16 code, guint32 k, guint8 if_true, guint8 if_false) {
    const struct sock_filter step = {.code = code, .jt = if_true, .jf = if_false, .k = k};
    g_array_append_val(program, step);
}

static guint32 word_of(const guint8 *bytes) {
    return (guint32)bytes[0] << 24 | (guint32)bytes[1] << 16 | (guint32)bytes[2] << 8 | bytes[3];
}

/* The mask's bits in a word of the address. */
static guint32 mask_of(guint bits, guint word) {
    const guint before = word * 32;
    if (bits <= before)
        return 0;
    return bits - before >= 32 ? ALL : ALL << (32 - (bits - before));
}

/* Accepts where every word of the source is the network's; else goes on behind the block. */
static void put_network(GArray *program, GInetAddressMask *mask, guint32 source) {
    const guint bits = g_inet_address_mask_get_length(mask);
    const guint8 *network = g_inet_address_to_bytes(g_inet_address_mask_get_address(mask));
    const guint words = (bits + 31) / 32;
    for (guint i = 0; i < words; i++) {
        const guint8 behind = (guint8)((words - 1 - i) * STEPS + 1);
        put(program, BPF_LD | BPF_W | BPF_ABS, source + i * WORD_BYTES, 0, 0);
        put(program, BPF_ALU | BPF_AND | BPF_K, mask_of(bits, i), 0, 0);
        put(program, BPF_JMP | BPF_JEQ | BPF_K, word_of(network + (gsize)i * WORD_BYTES), 0,
            behind);
    }
    put(program, BPF_RET | BPF_K, ALL, 0, 0);
}

static void put_family(GArray *program, const GPtrArray *masks, GSocketFamily family) {
    for (guint i = 0; i < masks->len; i++)
        if (g_inet_address_mask_get_family(masks->pdata[i]) == family)
            put_network(program, masks->pdata[i],
                        family == G_SOCKET_FAMILY_IPV4 ? IPV4_SOURCE : IPV6_SOURCE);
    put(program, BPF_RET | BPF_K, 0, 0, 0);
}

static GArray *write_program(const GPtrArray *masks) {
    GArray *program = g_array_new(FALSE, FALSE, sizeof(struct sock_filter));
    g_autoptr(GArray) ipv4 = g_array_new(FALSE, FALSE, sizeof(struct sock_filter));
    put_family(ipv4, masks, G_SOCKET_FAMILY_IPV4);
    put(program, BPF_LD | BPF_B | BPF_ABS, (guint32)SKF_NET_OFF, 0, 0);
    put(program, BPF_ALU | BPF_RSH | BPF_K, 4, 0, 0); /* the version */
    put(program, BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 1);
    put(program, BPF_JMP | BPF_JA, ipv4->len, 0, 0);
    g_array_append_vals(program, ipv4->data, ipv4->len);
    put_family(program, masks, G_SOCKET_FAMILY_IPV6);
    return program;
}

bool lec_own_networks_filter_attach(const GPtrArray *masks, GSocket *socket, GError **error) {
    g_autoptr(GArray) program = write_program(masks);
    const struct sock_fprog filter = {.len = (unsigned short)program->len,
                                      .filter = (struct sock_filter *)(void *)program->data};
    if (setsockopt(g_socket_get_fd(socket), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) ==
        0)
        return true;
    const int cause = errno;
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(cause),
                "A socket cannot be kept to this network: %s.", g_strerror(cause));
    return false;
}
