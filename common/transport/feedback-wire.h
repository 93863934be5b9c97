/* Numbers of the transport-wide feedback format (draft-holmer-rmcat-transport-wide-cc-extensions-01
 * §3.1). */
#pragma once

#define FEEDBACK_HEADER_BYTES 8
#define FEEDBACK_REFERENCE_US (64 * 1000)
#define FEEDBACK_TICK_US 250
#define FEEDBACK_MAX_RUN 8191 /* 13 bits */
#define FEEDBACK_ONE_BIT_SYMBOLS 14
#define FEEDBACK_TWO_BIT_SYMBOLS 7

/* Packet status symbols; each is also the number of bytes that its delta takes. */
#define FEEDBACK_NOT_RECEIVED 0
#define FEEDBACK_SMALL_DELTA 1
#define FEEDBACK_LARGE_DELTA 2
