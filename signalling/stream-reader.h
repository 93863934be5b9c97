/*
 * Cuts an XMPP stream as it comes over TCP (RFC 6120 §4) into its elements, each of them read by
 * the strict reader of stanza.h; pure. What that reader refuses never gets any further. An element
 * that is too large, too deep or too odd is passed over, for any guest can have the server deliver
 * one; a DTD, a comment or a processing instruction, which no server sends, ends the stream.
 */
#pragma once

#include "signalling/stanza.h"

#define LEC_STREAM_MAX_ELEMENT_BYTES (LEC_STANZA_MAX_BYTES - 256)
#define LEC_STREAM_MAX_SKIPPED_BYTES (1024 * 1024) /* of one that is passed over */

typedef struct {
    /* <stream:stream …>: an element without children. */
    void (*header)(const LecStanza *header, void *user);
    void (*element)(LecStanza *element, void *user);  /* takes */
    void (*refused)(const GError *error, void *user); /* an element that was passed over */
    void (*end)(void *user);                          /* </stream:stream> */
} LecStreamReaderEvents;

typedef struct LecStreamReader LecStreamReader;

LecStreamReader *lec_stream_reader_new(const LecStreamReaderEvents *events, void *user);
void lec_stream_reader_free(LecStreamReader *self); /* not from within an event */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecStreamReader, lec_stream_reader_free)

/* False: the stream is broken (LEC_STANZA_ERROR), and nothing more may be fed. */
bool lec_stream_reader_feed(LecStreamReader *self, const char *data, gsize len, GError **error);

/* What follows is a new stream with a header of its own (RFC 6120 §6.4.6); also within an event. */
void lec_stream_reader_restart(LecStreamReader *self);

/* One element as it stands within a stream, whose namespaces it may rely on. */
LecStanza *lec_stream_read_element(const char *text, gsize len, GError **error);
