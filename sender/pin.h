/* Gets the PIN: from a file, from standard input, or from the person at the terminal, who does not
 * see it typed. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/* pin is borrowed and wiped after the call; NULL with error where there is none to be had. Called
 * once, from the main loop. */
typedef void (*LecPinReady)(const char *pin, const GError *error, void *user);

typedef struct LecPinSource LecPinSource;

/* file: a name, "-", or NULL for the terminal. prompt is shown there. */
LecPinSource *lec_pin_source_ask(const char *file, const char *prompt, LecPinReady ready,
                                 void *user);
void lec_pin_source_free(
    LecPinSource *self); /* gives the terminal back as it was; no call follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecPinSource, lec_pin_source_free)

/* Whether a person could be asked. */
bool lec_pin_source_has_terminal(void);
