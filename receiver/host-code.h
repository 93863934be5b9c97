/* The host code: who knows it steers the room. Made once, or the administrator's. */
#pragma once

#include <glib.h>

#define LEC_HOST_CODE_DIGITS 8

typedef enum { LEC_HOST_CODE_OFF, LEC_HOST_CODE_MADE, LEC_HOST_CODE_FILE } LecHostCodeMode;

/*
 * The code; NULL without error where the mode is OFF. MADE: from the state folder, where it is made
 * if make says so and there is none yet. FILE: the first line of path, 6 to 32 characters. Free it
 * with lec_host_code_free().
 */
char *lec_host_code_load(LecHostCodeMode mode, const char *state_folder, const char *path,
                         gboolean make, GError **error);
void lec_host_code_free(char *code); /* wipes */
