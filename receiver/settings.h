/* The receiver's settings: defaults that need no file, a key file, options on the command line;
 * later ones win. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "common/base/config.h"
#include "receiver/admission.h"

typedef enum {
    LEC_TLS_OWN,
    LEC_TLS_CA,
    LEC_TLS_FILES,
} LecTlsMode;

/* Media over TURN servers. */
typedef enum {
    LEC_RELAYS_ALLOW,
    LEC_RELAYS_NEVER,
} LecRelaysPolicy;

typedef struct {
    char *name;    /* empty: the machine's host name */
    int port;      /* 0: 443, else 8443 */
    int pin;       /* LecPinMode */
    int http_port; /* 0: none */
    char *acme_challenges;
    int tls; /* LecTlsMode */
    char *tls_certificate, *tls_key;
    char *host_names; /* see receiver/web-names.h */
    char *pin_file;
    int host_code; /* LecHostCodeMode */
    char *host_code_file;
    int approval; /* LecApproval */
    int max_presenters;
    bool allow_aes_128;
    bool whip;
    bool local_only;
    int relays;              /* LecRelaysPolicy */
    char *remote_denied;     /* see receiver/devices.h */
    char *cloud_server;      /* empty: none */
    int cloud_trust;         /* LecCloudTrust */
    char *cloud_ca;          /* empty: the system's authorities alone */
    char *cloud_certificate; /* with its key, in one file; empty: none */
    char *proxy;             /* as lec_proxy_new() takes it */
    char *proxy_credentials; /* empty: none */
    int max_receive_kbps;    /* from all together; 0: no bound */
    int display;             /* index into lec_settings_displays */
    int width, height;       /* of a window; 0: the whole display */
    int layout;              /* LecLayout, at the start */
    int language;            /* index into lec_settings_languages */
    bool dark;
    bool reduced_motion;
    bool sound;
    char *sound_sink;
    char *state_folder; /* empty: $STATE_DIRECTORY, else the user's own */
} LecSettings;

extern const LecConfigField lec_settings_fields[];
extern const char *const lec_settings_displays[];
extern const char *const lec_settings_tls[];
extern const char *const lec_settings_relays[];
extern const char *const lec_settings_languages[]; /* the first: as the environment says */

void lec_settings_clear(LecSettings *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LecSettings, lec_settings_clear)

/* What is to be done, besides running. */
typedef enum {
    LEC_START_RUN,
    LEC_START_STATUS,
    LEC_START_HOST_CODE,
    LEC_START_FORGET_CLOUD,
    LEC_START_NETCHECK,
    LEC_START_VERSION,
} LecStart;

typedef struct {
    LecStart start;
    bool announce; /* print ID, PIN and address, and each change of them, on standard output */
    bool verbose;
    bool json;     /* of --netcheck */
    char peer[64]; /* of --netcheck: an address; empty: none */
} LecOptions;

/* Reads the command line and the file that it names. settings is set in any case; clear it. */
bool lec_settings_read(int argc, char **argv, LecSettings *settings, LecOptions *options,
                       GError **error);

/* Where identity and state live; free it. */
char *lec_settings_get_state_folder(const LecSettings *self);
