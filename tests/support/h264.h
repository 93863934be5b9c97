/* Decodes RTP packets of H.264 back to pictures, for tests of what the sender makes. */
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>
#include <stdbool.h>

typedef struct TestDecoder TestDecoder;

TestDecoder *test_decoder_new(void);
void test_decoder_free(TestDecoder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestDecoder, test_decoder_free)

/* Feeds the packets (GBytes) of one picture and waits for that picture; NULL where none comes at
 * once. */
GstSample *test_decoder_decode(TestDecoder *self, GPtrArray *packets);

/* The red, green and blue at a place, 0xrrggbb, of a sample with I420 pictures in BT.601. */
guint32 test_sample_colour(GstSample *sample, int x, int y);
int test_sample_width(GstSample *sample);
int test_sample_height(GstSample *sample);

/* Whether each channel is within tolerance. */
bool test_colour_near(guint32 a, guint32 b, int tolerance);

/* Whether a picture is a keyframe: some packet carries an IDR slice (RFC 6184 §5: type 5, alone, in
 * an FU-A or STAP-A). */
bool test_packets_have_idr(GPtrArray *packets);
