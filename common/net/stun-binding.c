/* Writes Binding requests and reads XOR-MAPPED-ADDRESS. */
#include "common/net/stun-binding.h"

#include <string.h>

#define HEADER_BYTES 20
#define ATTRIBUTE_BYTES 4
#define BINDING_REQUEST 0x0001
#define BINDING_SUCCESS 0x0101
#define XOR_MAPPED_ADDRESS 0x0020
#define IPV4 1
#define IPV6 2

static const guint8 cookie[] = {0x21, 0x12, 0xa4, 0x42};

static guint read_16(const guint8 *data) {
    return (guint)data[0] << 8 | data[1];
}

void lec_stun_write_request(const guint8 id[LEC_STUN_ID_BYTES],
                            guint8 ret[LEC_STUN_REQUEST_BYTES]) {
    memset(ret, 0, LEC_STUN_REQUEST_BYTES);
    ret[1] = BINDING_REQUEST;
    memcpy(ret + 4, cookie, sizeof cookie);
    memcpy(ret + 8, id, LEC_STUN_ID_BYTES);
}

/* value: family, port and address, XORed with the cookie and the id, which follow each other. */
static GSocketAddress *read_address(const guint8 *value, gsize len, const guint8 *key) {
    if (len < 4)
        return NULL;
    const gsize bytes = value[1] == IPV4 ? 4 : value[1] == IPV6 ? 16 : 0;
    if (bytes == 0 || len != 4 + bytes)
        return NULL;
    guint8 address[16];
    for (gsize i = 0; i < bytes; i++)
        address[i] = value[4 + i] ^ key[i];
    g_autoptr(GInetAddress) inet = g_inet_address_new_from_bytes(
        address, value[1] == IPV4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6);
    return g_inet_socket_address_new(inet, (guint16)(read_16(value + 2) ^ read_16(key)));
}

GSocketAddress *lec_stun_read_mapped(const guint8 *data, gsize len,
                                     const guint8 id[LEC_STUN_ID_BYTES]) {
    if (len < HEADER_BYTES || read_16(data) != BINDING_SUCCESS ||
        read_16(data + 2) != len - HEADER_BYTES || memcmp(data + 4, cookie, sizeof cookie) != 0 ||
        memcmp(data + 8, id, LEC_STUN_ID_BYTES) != 0)
        return NULL;
    for (gsize at = HEADER_BYTES; len - at >= ATTRIBUTE_BYTES;) {
        const guint type = read_16(data + at);
        const gsize value_len = read_16(data + at + 2), padded = (value_len + 3) & ~(gsize)3;
        at += ATTRIBUTE_BYTES;
        if (padded > len - at)
            return NULL;
        if (type == XOR_MAPPED_ADDRESS)
            return read_address(data + at, value_len, data + 4);
        at += padded;
    }
    return NULL;
}
