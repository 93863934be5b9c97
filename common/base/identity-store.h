/*
 * The two files of an identity, or of another key with its certificate, so written that no crash
 * and no full disk leaves half of one. Nothing here knows what the files hold.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct LecIdentityStore LecIdentityStore;

typedef enum {
    LEC_IDENTITY_FILES_NONE,
    LEC_IDENTITY_FILES_BOTH,
    LEC_IDENTITY_FILES_FAILED, /* error is set: LEC_IDENTITY_ERROR */
} LecIdentityFiles;

/* stem: "identity" for identity.key and identity.crt. Opens folder, making it (0700) where there is
 * none. Refuses one that others may write to. */
LecIdentityStore *lec_identity_store_open(const char *folder, const char *stem, GError **error);
void lec_identity_store_close(LecIdentityStore *self); /* also unlocks */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecIdentityStore, lec_identity_store_close)

/* Against another process that makes the same identity now: waits until it is done. */
bool lec_identity_store_lock(LecIdentityStore *self, GError **error);

/* Reads the pair, NUL-terminated. key is a secret: wipe it. */
LecIdentityFiles lec_identity_store_read(LecIdentityStore *self, char **ret_key,
                                         char **ret_certificate, GError **error);

/* Under the lock, where read() found none: writes both, or neither. */
bool lec_identity_store_write(LecIdentityStore *self, const char *key, const char *certificate,
                              GError **error);

/*
 * Under the lock: finishes or clears away what a crash in write() left behind, so that read() can
 * be believed.
 */
bool lec_identity_store_recover(LecIdentityStore *self, GError **error);
