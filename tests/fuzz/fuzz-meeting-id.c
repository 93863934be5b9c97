/* Whatever is typed: an ID that is accepted keeps its meaning when it is written and read again. */
#include "signalling/meeting-id.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autofree char *text = g_strndup((const char *)data, size);
    guint32 ipv4 = 0, again_ipv4 = 0;
    guint16 port = 0, again_port = 0;
    char digits[LEC_MEETING_ID_SIZE], again[LEC_MEETING_ID_SIZE];
    LecMeetingIdKind kind = lec_meeting_id_parse(text, &ipv4, &port, digits);
    if (kind == LEC_MEETING_ID_INVALID)
        return 0;
    g_autofree char *grouped = lec_meeting_id_group(digits);
    g_assert_cmpint(lec_meeting_id_parse(grouped, &again_ipv4, &again_port, again), ==, kind);
    g_assert_cmpstr(again, ==, digits);
    g_assert_true(again_ipv4 == ipv4 && again_port == port);
    if (kind == LEC_MEETING_ID_ADDRESS) {
        g_assert_true(lec_meeting_id_from_address(ipv4, port, again));
        g_assert_cmpstr(again, ==, digits);
    }
    return 0;
}
