/* Meeting IDs: what a person types, read into an address or a number, and written back grouped for
 * reading. */
#include "signalling/meeting-id.h"

#include <string.h>

#define ADDRESS_DIGITS 10
#define NUMBER_DIGITS 6
#define SECOND_PORT_OFFSET (G_GUINT64_CONSTANT(1) << 32)

static bool is_box_address(guint32 ipv4) {
    /* RFC 1122 §3.2.1.3: 0/8 and class D and E name no single host. */
    return ipv4 >> 24 != 0 && ipv4 >> 28 < 0xe;
}

bool lec_meeting_id_from_address(guint32 ipv4, guint16 port, char *ret_id) {
    if ((port != 443 && port != 8443) || !is_box_address(ipv4))
        return false;
    guint64 number = ipv4 + (port == 8443 ? SECOND_PORT_OFFSET : 0);
    g_snprintf(ret_id, LEC_MEETING_ID_SIZE, "%010" G_GUINT64_FORMAT, number);
    return true;
}

/* Spaces of any kind (the no-break and the thin ones of typeset numbers too), full stops and
 * dashes. */
static bool is_separator(gunichar c) {
    return c == '.' || g_unichar_isspace(c) || g_unichar_type(c) == G_UNICODE_DASH_PUNCTUATION;
}

/* "192.168.10.10" has ten digits and "10.0.0.12" six, yet either is an address and not an ID. */
static bool is_dotted_quad(const char *text) {
    g_autofree char *bare = g_strstrip(g_strdup(text));
    return g_hostname_is_ip_address(bare);
}

/* The number of digits, 0 where anything else is among them or there are more than an ID holds. */
static gsize collect_digits(const char *text, char digits[LEC_MEETING_ID_SIZE]) {
    gsize n = 0;
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (is_separator(c))
            continue;
        int value = g_unichar_digit_value(c); /* digits of any script, as its keyboards type them */
        if (value < 0 || n == ADDRESS_DIGITS)
            return 0;
        digits[n++] = (char)('0' + value);
    }
    digits[n] = '\0';
    return n;
}

LecMeetingIdKind lec_meeting_id_parse(const char *text, guint32 *ret_ipv4, guint16 *ret_port,
                                      char *ret_digits) {
    char digits[LEC_MEETING_ID_SIZE];
    if (!g_utf8_validate(text, -1, NULL) || is_dotted_quad(text))
        return LEC_MEETING_ID_INVALID;
    gsize n = collect_digits(text, digits);
    if (n != NUMBER_DIGITS && n != ADDRESS_DIGITS)
        return LEC_MEETING_ID_INVALID;
    if (n == ADDRESS_DIGITS) {
        guint64 number = g_ascii_strtoull(digits, NULL, 10);
        if (number >> 33 || !is_box_address((guint32)number))
            return LEC_MEETING_ID_INVALID;
        *ret_ipv4 = (guint32)number;
        *ret_port = number >= SECOND_PORT_OFFSET ? 8443 : 443;
    }
    if (ret_digits)
        memcpy(ret_digits, digits, n + 1);
    return n == ADDRESS_DIGITS ? LEC_MEETING_ID_ADDRESS : LEC_MEETING_ID_NUMBER;
}

char *lec_meeting_id_group(const char *digits) {
    if (strlen(digits) == ADDRESS_DIGITS)
        return g_strdup_printf("%.3s %.3s %s", digits, digits + 3, digits + 6);
    if (strlen(digits) == NUMBER_DIGITS)
        return g_strdup_printf("%.3s %s", digits, digits + 3);
    return g_strdup(digits);
}
