/* The box's own keyboard: what its keys do to the room. */
#pragma once

#include "receiver/asking.h"
#include "receiver/house.h"

typedef struct LecKeyboard LecKeyboard;

/* All borrowed, outlive it. changed: a layout or a focus is another now. */
LecKeyboard *lec_keyboard_new(const LecHouse *house, LecAsking *asking, void (*changed)(void *user),
                              void *user);
void lec_keyboard_free(LecKeyboard *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecKeyboard, lec_keyboard_free)

void lec_keyboard_press(LecKeyboard *self, guint keysym); /* X's keysyms */
bool lec_keyboard_has_muted(const LecKeyboard *self);     /* the sound is off by a key */
