/*
 * News of devices that are thrown out, as a cloud tells all its boxes: an item each in the node
 * "revoked-devices" (XEP-0060), whose id is the device's fingerprint. Pure: reading and writing.
 */
#pragma once

#include "common/base/fingerprint.h"
#include "signalling/stanza.h"

#define LEC_REVOCATION_NS "urn:lectern:revoked:1"
#define LEC_REVOCATION_NODE "revoked-devices"
#define LEC_REVOCATION_MAX_REASON_BYTES 120
#define LEC_REVOCATION_NS_PUBSUB "http://jabber.org/protocol/pubsub"

typedef struct {
    LecFingerprint device;
    gint64 until_s; /* Unix time; 0: for good */
    char reason[LEC_REVOCATION_MAX_REASON_BYTES + 1];
} LecRevocation;

/* <item id='AB:CD:…'><revoked until='…' reason='…' author='…'/></item>, in the namespace of the
 * element that it is added to. author: who throws out, for people. */
LecStanza *lec_revocation_write(const LecRevocation *self, const char *ns, const char *author);
/* False, with ret untouched, where it is none. */
bool lec_revocation_read(const LecStanza *item, LecRevocation *ret);
/* Text of any origin, cut to what a reason may be. */
void lec_revocation_set_reason(LecRevocation *self, const char *text);
