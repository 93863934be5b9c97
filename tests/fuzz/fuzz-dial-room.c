/* What a server and the strangers in a room may send: a line a stanza. Nothing but the box's own
 * presence makes the room ready, and nothing counts as the box's that does not come from it. */
#include "signalling/dial-room.h"

#include <string.h>

#define BOX "123456@meet.cloud.example.org/box"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize len);

static void look(LecDialRoom *room, const LecStanza *stanza, bool *ready) {
    const char *from = lec_stanza_get(stanza, "from");
    switch (lec_dial_room_take(room, stanza, 1700000000)) {
    case LEC_DIAL_ROOM_READY:
        g_assert_false(*ready);
        *ready = true;
        break;
    case LEC_DIAL_ROOM_BOX:
        g_assert_true(*ready);
        g_assert_cmpstr(from, ==, BOX);
        break;
    case LEC_DIAL_ROOM_RELAYS:
        g_assert_nonnull(lec_dial_room_get_relays(room));
        g_assert_cmpuint(lec_relays_count(lec_dial_room_get_relays(room)), <=, LEC_RELAYS_MAX);
        g_assert_cmpuint(lec_dial_room_get_lifetime_s(room), >=, 60);
        break;
    case LEC_DIAL_ROOM_NOTHING:
    case LEC_DIAL_ROOM_WAIT:
    case LEC_DIAL_ROOM_SERVER:
    case LEC_DIAL_ROOM_NOBODY:
    case LEC_DIAL_ROOM_FULL:
    case LEC_DIAL_ROOM_TOO_MANY:
    case LEC_DIAL_ROOM_LEFT:
        break;
    }
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize len) {
    g_autoptr(LecDialRoom) room = lec_dial_room_new("cloud.example.org", "123456", "me");
    bool ready = false;
    while (len > 0) {
        const guint8 *end = memchr(data, '\n', len);
        const gsize line = end ? (gsize)(end - data) : len;
        g_autoptr(LecStanza) stanza = lec_stanza_parse((const char *)data, line, NULL);
        if (stanza)
            look(room, stanza, &ready);
        const gsize used = MIN(line + 1, len);
        data += used;
        len -= used;
    }
    return 0;
}
