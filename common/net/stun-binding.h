/* The STUN request "how do you see me?" and its answer (RFC 8489 §5, §14.2). Pure. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#define LEC_STUN_ID_BYTES 12
#define LEC_STUN_REQUEST_BYTES 20

void lec_stun_write_request(const guint8 id[LEC_STUN_ID_BYTES], guint8 ret[LEC_STUN_REQUEST_BYTES]);
/* The address that the answer to that request names; NULL: it is none. */
GSocketAddress *lec_stun_read_mapped(const guint8 *data, gsize len,
                                     const guint8 id[LEC_STUN_ID_BYTES]);
