/* The sharing as the terminal knows it: it asks for the PIN there and says what happens on standard
 * error. */
#pragma once

#include "sender/options.h"
#include "sender/share.h"

typedef struct LecTerminal LecTerminal;

/* ended is called once, from the main loop; sentence NULL where there is nothing to say. options
 * and identity are borrowed. */
LecTerminal *lec_terminal_new(const LecShareOptions *options, const LecIdentity *identity,
                              void (*ended)(LecShareStatus status, const char *sentence,
                                            void *user),
                              void *user);
void lec_terminal_free(LecTerminal *self); /* says goodbye to the box */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecTerminal, lec_terminal_free)
