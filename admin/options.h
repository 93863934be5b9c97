/* lectern-admin's command line. */
#pragma once

#include "common/base/fingerprint.h"

#include <glib.h>
#include <stdbool.h>

typedef enum {
    LEC_ADMIN_ENROL,
    LEC_ADMIN_BOXES,
    LEC_ADMIN_REVOKE,
    LEC_ADMIN_RESTORE,
    LEC_ADMIN_REMOVE,
    LEC_ADMIN_STATUS,
    LEC_ADMIN_NETCHECK,
} LecAdminCommand;

typedef enum {
    LEC_ADMIN_DONE = 0,
    LEC_ADMIN_FAILED = 1, /* this machine's own fault: files, memory */
    LEC_ADMIN_USAGE = 2,
    LEC_ADMIN_UNREACHABLE = 3,
    LEC_ADMIN_REFUSED = 4, /* the cloud or the display said no */
} LecAdminStatus;

/* Strings are owned; NULL where not given. */
typedef struct {
    LecAdminCommand command;
    char *cloud;
    char *credentials, *ca, *proxy, *proxy_credentials, *state_folder;
    char *name, *code_file, *spare_key; /* enrol */
    char *box;                          /* revoke, restore, remove */
    char *peer;                         /* netcheck: an address */
    bool has_device;                    /* revoke, restore: a device, not a box */
    LecFingerprint device;
    char *reason;
    gint64 until_s; /* Unix time; 0: for good */
    bool json, verbose, version;
} LecAdminOptions;

/* now_s: Unix time, from which --for counts. */
bool lec_admin_options_read(int argc, char **argv, gint64 now_s, LecAdminOptions *options,
                            GError **error);
void lec_admin_options_clear(LecAdminOptions *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LecAdminOptions, lec_admin_options_clear)

/* What a box may be called in its cloud: the name of an account. */
bool lec_admin_is_box_name(const char *text);

/* "90m", "2h", "3d": seconds; 0: none of these. */
gint64 lec_admin_read_duration(const char *text);
/* "2026-12-24" (its end, local time) or "2026-12-24T18:00": Unix time; 0: neither. */
gint64 lec_admin_read_date(const char *text);
