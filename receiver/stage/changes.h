/* What differs between two frames: the rectangles worth drawing again. Pure. */
#pragma once

#include "receiver/frame.h"

#include <cairo.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(cairo_region_t, cairo_region_destroy)

/* Never more than this many rectangles come out; where there would be more, they grow together. */
#define LEC_CHANGES_MAX 32

/*
 * In the frame's pixels, even coordinates but at the right and lower edge of an odd frame, and in
 * blocks of 64 by 32. Frames of different size, format or colours differ everywhere. Free it.
 */
cairo_region_t *lec_changes_between(const LecFrame *before, const LecFrame *after);

/*
 * Where those stand once the frame is scaled to width by height, with what the filter reaches
 * beyond them. Even coordinates, inside. Free it.
 */
cairo_region_t *lec_changes_scale(const cairo_region_t *changes, guint frame_width,
                                  guint frame_height, guint width, guint height);

/* The same area or a little more, in at most LEC_CHANGES_MAX rectangles. Takes and gives. */
cairo_region_t *lec_changes_simplify(cairo_region_t *changes);

/*
 * The same area or a little more, simplified, on even coordinates for the chroma's sake, inside
 * width by height. Takes and gives.
 */
cairo_region_t *lec_changes_align(cairo_region_t *changes, guint width, guint height);
