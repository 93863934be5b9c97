/*
 * A stream between a socket and TLS that counts what comes in and fails once a peer has sent more
 * than its allowance; the reader above pays back what it has made use of. So nothing above it can
 * be made to collect without end, whatever the library there limits or does not: request heads,
 * bodies, WebSocket fragments and pings.
 */
#pragma once

#include <gio/gio.h>

#define LEC_TYPE_METER (lec_meter_get_type())
G_DECLARE_FINAL_TYPE(LecMeter, lec_meter, LEC, METER, GIOStream)

/* Refs base, whose streams must be pollable. */
LecMeter *lec_meter_new(GIOStream *base, gsize allowance_bytes);

/* len bytes were read to the end and dealt with: the allowance grows by them and a little for
 * framing, never above its start. */
void lec_meter_pay(LecMeter *self, gsize len);

/* A request is done: the allowance is whole again. */
void lec_meter_renew(LecMeter *self);
