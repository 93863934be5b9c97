/* The decoders that this machine has, best first, as pipeline fragments. */
#pragma once

#include <gst/gst.h>

#include "common/base/media-params.h"

/* The nth decoder for codec that is installed, NULL past the last. */
const char *lec_decoders_name(LecCodec codec, guint n);

/* The name of the depayloader in what describe() gives: its source pad carries whole frames. */
#define LEC_DECODERS_DEPAYLOADER "depayloader"

/* "depayloader ! decoder" with the settings for low delay. Free it; NULL with error where there is
 * no nth. */
char *lec_decoders_describe(LecCodec codec, guint n, GError **error);

/* Answers at the sink what memory a decoder may put its pictures into. */
void lec_decoders_give_memory(GstPad *sink);

/* Loads what the first presenter will need, so that nobody waits for it: call at start-up. */
void lec_decoders_warm_up(void);
