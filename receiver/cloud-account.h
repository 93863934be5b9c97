/* The box's account in a cloud, as enrolment left it: cloud.json in the state folder, for its
 * owner's eyes only. */
#pragma once

#include "common/base/fingerprint.h"

#include <stdbool.h>

#define LEC_CLOUD_ACCOUNT_ERROR (lec_cloud_account_error_quark())
GQuark lec_cloud_account_error_quark(void);

typedef enum {
    LEC_CLOUD_ACCOUNT_ERROR_FILE,    /* cannot be read or written */
    LEC_CLOUD_ACCOUNT_ERROR_INVALID, /* there, and not an account */
} LecCloudAccountError;

#define LEC_CLOUD_ACCOUNT_PINS_MAX 4
/* What would end an attribute or begin a resource. */
#define LEC_CLOUD_ACCOUNT_NOT_IN_JID "/<>&'\" "

typedef struct {
    char *host; /* "example.org" */
    char *jid;  /* "room12@boxes.example.org" */
    char *password;
    LecFingerprint pins[LEC_CLOUD_ACCOUNT_PINS_MAX]; /* of the server's key and of a spare */
    guint n_pins;
    LecFingerprint administrator; /* who enrolled the box */
    bool has_administrator;
} LecCloudAccount;

/* NULL without error where the box has none. */
LecCloudAccount *lec_cloud_account_load(const char *state_folder, GError **error);
bool lec_cloud_account_save(const LecCloudAccount *self, const char *state_folder, GError **error);
/* True also where there is none. */
bool lec_cloud_account_forget(const char *state_folder, GError **error);
void lec_cloud_account_free(LecCloudAccount *self); /* wipes the password */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecCloudAccount, lec_cloud_account_free)
