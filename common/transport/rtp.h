/* RTP packets as bytes: strict parsing, header extensions, writing with ours, and retransmission
 * payloads. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_RTP_ERROR (lec_rtp_error_quark())
GQuark lec_rtp_error_quark(void);

typedef enum {
    LEC_RTP_ERROR_TRUNCATED, /* shorter than its header says */
    LEC_RTP_ERROR_VERSION,   /* not RTP version 2 */
    LEC_RTP_ERROR_PADDING,   /* a padding length that cannot be */
    LEC_RTP_ERROR_SPACE,     /* the result does not fit in the caller's buffer */
} LecRtpError;

#define LEC_RTP_FIXED_HEADER_BYTES 12
#define LEC_RTP_MAX_MID 16
/*
 * What lec_rtp_write_rtx() adds at most (lec_rtp_write() less): the extension's header,
 * transport-wide sequence and mid with a byte each before them, padding to whole words, and the
 * original sequence number.
 */
#define LEC_RTP_MAX_ADDED_BYTES (4 + (1 + 2) + (1 + LEC_RTP_MAX_MID) + 3 + 2)

/* Views into the packet that was parsed; they live as long as it does. */
typedef struct {
    bool marker;
    guint8 payload_type; /* 0 to 127 */
    guint16 sequence;
    guint32 timestamp;
    guint32 ssrc;
    guint8 n_csrcs;
    guint16
        extension_profile;   /* 0xBEDE, 0x100x or something else; of meaning only with extension */
    const guint8 *extension; /* what follows the extension's length field; NULL: none */
    gsize extension_len;
    gsize header_len; /* fixed header, CSRCs and extension */
    const guint8 *payload;
    gsize payload_len; /* without padding; 0 for a packet of padding alone */
} LecRtpPacket;

/* RFC 3550 §5.1, every length checked. ret_packet untouched on failure. error may be NULL, which
 * costs nothing. */
bool lec_rtp_parse(const guint8 *data, gsize len, LecRtpPacket *ret_packet, GError **error);

/*
 * The element with this id (1 to 14 in one-byte form, 1 to 255 in two-byte form: RFC 8285 §4.2,
 * §4.3), the first if there are several. False where there is none; a malformed element ends the
 * search.
 */
bool lec_rtp_find_extension(const LecRtpPacket *packet, guint8 id, const guint8 **ret_data,
                            gsize *ret_len);

/* The extensions that we write. An id of 0 leaves that one out; both 0: the packet gets no
 * extension. */
typedef struct {
    guint8 transport_cc_id; /* 1 to 14 */
    guint16 transport_sequence;
    guint8 mid_id;   /* 1 to 14 */
    const char *mid; /* 1 to LEC_RTP_MAX_MID bytes */
} LecRtpExtensions;

/*
 * Writes packet (as a payloader made it; an extension it has and its padding are left out, its
 * CSRCs kept) with our extensions in one-byte form. The members of packet are what is written, so a
 * caller may change SSRC, sequence and such before. Returns the length, 0 with error set where out
 * is too small. data is what packet was parsed from.
 */
gsize lec_rtp_write(const LecRtpPacket *packet, const guint8 *data,
                    const LecRtpExtensions *extensions, guint8 *out, gsize size, GError **error);

/* As lec_rtp_write(), but packed for retransmission: OSN first in the payload (RFC 4588 §4). */
typedef struct {
    guint8 payload_type; /* of the retransmission format */
    guint32 ssrc;        /* of the retransmission stream */
    guint16 sequence;    /* in the retransmission stream */
} LecRtpRtx;
gsize lec_rtp_write_rtx(const LecRtpPacket *packet, const guint8 *data, const LecRtpRtx *rtx,
                        const LecRtpExtensions *extensions, guint8 *out, gsize size,
                        GError **error);

/*
 * The original packet out of a retransmission: sequence from its OSN, payload type and SSRC as
 * given, extension kept, padding gone. Returns the length, at most that of the retransmission. 0
 * without error where it carries nothing (peers probe the path with retransmission packets of
 * padding alone), 0 with error where it cannot be one.
 */
gsize lec_rtp_read_rtx(const LecRtpPacket *rtx, const guint8 *data, guint8 payload_type,
                       guint32 ssrc, guint8 *out, gsize size, GError **error);
