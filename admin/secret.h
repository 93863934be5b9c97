/* Secrets as they come in: from a file that only its owner can read, or from the terminal without
 * echo; never from the command line. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_SECRET_MAX_BYTES 1024

#define LEC_SECRET_ERROR (lec_secret_error_quark())
GQuark lec_secret_error_quark(void);

typedef enum {
    LEC_SECRET_ERROR_FILE,    /* cannot be read, or others can */
    LEC_SECRET_ERROR_INVALID, /* is not what it is to be */
    LEC_SECRET_ERROR_NO_TERMINAL,
} LecSecretError;

typedef struct {
    char *user;     /* "administrator": of boxes.HOST */
    char *password; /* a registered log secret */
} LecAdminAccount;

void lec_admin_account_free(LecAdminAccount *self); /* wipes */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecAdminAccount, lec_admin_account_free)

/* path: NULL: the usual place, and where nothing is there the terminal. "name@boxes.HOST" counts as
 * name, and is an error for another host. */
LecAdminAccount *lec_admin_account_get(const char *path, const char *cloud, GError **error);

/* One line. path: NULL: the terminal, "-": standard input. Wipe and free it. */
char *lec_secret_read_line(const char *path, const char *prompt, bool echo, GError **error);
void lec_secret_free(char *secret); /* wipes */
