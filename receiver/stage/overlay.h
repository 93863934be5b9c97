/* What the stage writes over pictures: name labels, notice bands, marks, questions and passing
 * sentences, drawn by Pango and Cairo. */
#pragma once

#include "receiver/stage/compose.h"

/*
 * display_side: the shorter side of the display, pixels; all measures follow from it, so that a
 * sentence is readable from the same distance on any display. Texts may come from a peer: they are
 * cut to one or two lines of max_width, and bad UTF-8 is replaced. NULL where Cairo could not or
 * the text is empty.
 */
LecOverlay *lec_overlay_label(const char *name, guint display_side, guint max_width);
LecOverlay *lec_overlay_notice(const char *sentence, guint display_side, guint width);
LecOverlay *lec_overlay_toast(const char *sentence, guint display_side, guint max_width);

/* Two bars, and the word where it fits, for a picture of this size. */
LecOverlay *lec_overlay_paused(const char *word, guint display_side, guint width, guint height);

/* A bar as wide as the display with a question to the room. */
LecOverlay *lec_overlay_question(const char *sentence, guint display_side, guint width);

void lec_overlay_free(LecOverlay *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecOverlay, lec_overlay_free)
