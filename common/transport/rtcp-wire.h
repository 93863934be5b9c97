/* Numbers that the RTCP parser and the writers share (RFC 3550 §12.1, RFC 4585 §6, RFC 5104
 * §4.3.1). */
#pragma once

#define LEC_RTCP_SR 200
#define LEC_RTCP_RR 201
#define LEC_RTCP_SDES 202
#define LEC_RTCP_BYE 203
#define LEC_RTCP_RTPFB 205
#define LEC_RTCP_PSFB 206

#define LEC_RTCP_SDES_CNAME 1
#define LEC_RTCP_RTPFB_NACK 1
#define LEC_RTCP_RTPFB_TRANSPORT 15
#define LEC_RTCP_PSFB_PLI 1
#define LEC_RTCP_PSFB_FIR 4

#define LEC_RTCP_HEADER_BYTES 4
#define LEC_RTCP_SENDER_INFO_BYTES 24 /* the SSRC included */
#define LEC_RTCP_BLOCK_BYTES 24
#define LEC_RTCP_FEEDBACK_BYTES 8 /* the two SSRCs of a feedback packet */
#define LEC_RTCP_NACK_BYTES 4
#define LEC_RTCP_FIR_BYTES 8
