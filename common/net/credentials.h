/* A user name and a password for proxies, out of a file that only its owner can read. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_CREDENTIALS_MAX_BYTES 1024

typedef struct {
    char *user;
    char *password; /* known to the log as a secret for as long as it lives */
} LecCredentials;

/* First line user, second line password, nothing after it. */
LecCredentials *lec_credentials_read(const char *path, GError **error);
LecCredentials *lec_credentials_parse(const char *text, gsize len, GError **error);
LecCredentials *lec_credentials_new(const char *user, const char *password); /* copies */
void lec_credentials_free(LecCredentials *self);                             /* wipes */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecCredentials, lec_credentials_free)
