/*
 * How large the pictures are that a whole encoded frame announces, read before any decoder sees it:
 * decoders allocate for what a header says, and what it says is the peer's.
 */
#pragma once

#include "common/base/media-params.h"

/* What we agree to: level 5.2 of H.264 (table A-1), 4096 × 2304 in any shape. */
#define LEC_PICTURE_MAX_BLOCKS 36864      /* of 16 × 16 */
#define LEC_PICTURE_MAX_DPB_BLOCKS 184320 /* in all pictures that are kept for reference */
#define LEC_PICTURE_MAX_SIDE 8192

#define LEC_PICTURE_ERROR (lec_picture_error_quark())
GQuark lec_picture_error_quark(void);

typedef enum {
    LEC_PICTURE_ERROR_UNREADABLE, /* no decoder needs to see it */
    LEC_PICTURE_ERROR_REFUSED,    /* larger than agreed, or of a kind that was not agreed */
} LecPictureError;

typedef struct {
    guint width, height; /* as coded, before cropping; 0: the frame announces none */
} LecPictureSize;

/*
 * frame: H.264 with 4 bytes of length before each NAL unit, one VP8 frame, or one VP9 frame or
 * superframe. ret_size: the largest that it announces; may be NULL. Other codecs are refused.
 */
bool lec_picture_size_read(LecCodec codec, const guint8 *frame, gsize len, LecPictureSize *ret_size,
                           GError **error);

/* The same of H.264's parameter sets that stand apart from the frames, in an AVC decoder
 * configuration record (ISO/IEC 14496-15 §5.2.4.1). */
bool lec_picture_size_read_avc(const guint8 *config, gsize len, LecPictureSize *ret_size,
                               GError **error);

/*
 * What to put behind a VP9 frame so that it is a superframe of one (bitstream specification, annex
 * B): without an index a decoder looks behind the frame for the next one, which has not been read
 * here. Returns its length, 0: the frame has an index.
 */
#define LEC_PICTURE_VP9_INDEX_BYTES 6
guint lec_picture_make_vp9_index(const guint8 *frame, gsize len,
                                 guint8 ret_index[LEC_PICTURE_VP9_INDEX_BYTES]);
