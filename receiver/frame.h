/* A decoded picture, shared by reference between a decoder's thread and the stage. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum { LEC_FRAME_I420, LEC_FRAME_NV12 } LecFrameFormat;
typedef enum { LEC_MATRIX_BT601, LEC_MATRIX_BT709 } LecFrameMatrix;

typedef struct {
    LecFrameFormat format;
    LecFrameMatrix matrix;
    bool full_range;
    guint width, height; /* of the visible picture, pixels */
    const guint8 *planes[3];
    gsize strides[3];  /* bytes */
    gint64 arrival_us; /* monotonic: when its last packet arrived; 0: not known (a still, a test) */
    gint64 sender_us;  /* the sender's clock at capture, 0: unknown */
    gpointer owner;    /* what keeps the planes alive; freed by release */
    GDestroyNotify release;
    gatomicrefcount refs;
} LecFrame;

LecFrame *lec_frame_new(gpointer owner,
                        GDestroyNotify release); /* zeroed but for these, one reference */
LecFrame *lec_frame_ref(LecFrame *self);
void lec_frame_unref(LecFrame *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecFrame, lec_frame_unref)
