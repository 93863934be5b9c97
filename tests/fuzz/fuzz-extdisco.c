/* Whatever a server says about its relays, what comes of it is bounded and usable. */
#include "signalling/extdisco.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autoptr(LecStanza) services = lec_stanza_parse((const char *)data, size, NULL);
    guint lifetime_s = 0;
    g_autoptr(LecRelays) relays =
        services ? lec_extdisco_read(services, 1795214000, &lifetime_s) : NULL;
    if (!relays)
        return 0;
    g_assert_cmpuint(lifetime_s, >=, 60);
    g_assert_cmpuint(lifetime_s, <=, 3600);
    g_assert_cmpuint(lec_relays_count(relays), <=, LEC_RELAYS_MAX);
    for (guint i = 0; i < lec_relays_count(relays); i++) {
        const LecRelay *relay = lec_relays_get(relays, i);
        g_assert_true(*relay->host && strlen(relay->host) < 254 && relay->port != 0);
        g_assert_true(!strpbrk(relay->host, "/ \n\"'<>@"));
        g_assert_true(relay->kind == LEC_RELAY_STUN || (relay->username && relay->password));
    }
    return 0;
}
