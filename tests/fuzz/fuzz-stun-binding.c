/* Whatever comes to netcheck's socket, what is taken for an answer has the request's id and names
 * an address of IPv4 or IPv6. */
#include "common/net/stun-binding.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    guint8 id[LEC_STUN_ID_BYTES] = {0};
    if (size >= 20)
        memcpy(id, data + 8, sizeof id);
    g_autoptr(GSocketAddress) mapped = lec_stun_read_mapped(data, size, id);
    if (!mapped)
        return 0;
    g_assert_true(G_IS_INET_SOCKET_ADDRESS(mapped));
    id[0] ^= 1;
    g_assert_null(lec_stun_read_mapped(data, size, id));
    return 0;
}
