/*
 * Meeting IDs: 10 digits are an IPv4 address as a decimal number, plus 2^32 where the port is 8443
 * in place of 443; 6 digits name a meeting that must be looked up. An ID is an address, never a
 * permission.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_MEETING_ID_SIZE 11 /* ten digits and the NUL */

typedef enum {
    LEC_MEETING_ID_INVALID,
    LEC_MEETING_ID_ADDRESS, /* 10 digits */
    LEC_MEETING_ID_NUMBER,  /* 6 digits */
} LecMeetingIdKind;

/*
 * ret_id holds LEC_MEETING_ID_SIZE bytes. False, untouched, where port is neither 443 nor 8443 or
 * no box can have the address (0/8, multicast, broadcast). ipv4 in host order.
 */
bool lec_meeting_id_from_address(guint32 ipv4, guint16 port, char *ret_id);

/*
 * Reads what a person types: digits of any script with spaces, dots, dashes or no-break spaces
 * anywhere; a dotted IPv4 address is not an ID. For ADDRESS also fills address (host order) and
 * port; ret_digits, which may be NULL, gets the digits alone in ASCII. Outputs stay untouched
 * otherwise.
 */
LecMeetingIdKind lec_meeting_id_parse(const char *text, guint32 *ret_ipv4, guint16 *ret_port,
                                      char *ret_digits);

/* Grouped for reading: "312 223 5777", "123 456". Free it. */
char *lec_meeting_id_group(const char *digits);
