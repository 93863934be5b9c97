/* A headless Wayland session of its own for a test: the real compositor sway, and grim to look at
 * it. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

typedef struct {
    GSubprocess *process;
    char *runtime_dir;
} LecSway;

/*
 * Sets XDG_RUNTIME_DIR and WAYLAND_DISPLAY of this process to the new session. NULL, with a
 * sentence for g_test_skip(), where sway or grim is missing or the session does not come up.
 */
LecSway *lec_sway_start(guint width, guint height, GError **error);
void lec_sway_kill(LecSway *self); /* at once, as a crash would */
void lec_sway_free(LecSway *self);

/* The session's screen as 24-bit RGB rows without padding; NULL where it could not be taken. Free
 * it. */
guint8 *lec_sway_look(LecSway *self, guint *ret_width, guint *ret_height);

/* Gives the session a command ("output HEADLESS-1 resolution 800x600"). */
bool lec_sway_command(LecSway *self, const char *command);
