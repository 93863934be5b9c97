/*
 * The cloud's REST interface (ejabberd's mod_http_api) as its administrator: a command's name and
 * its arguments in, JSON out, inside TLS with the server's chain and name checked. Calls block, up
 * to LEC_API_TIMEOUT_S: a command-line tool does one thing after the other.
 */
#pragma once

#include "admin/secret.h"
#include "common/net/proxy.h"

#include <json-glib/json-glib.h>

#define LEC_API_TIMEOUT_S 20

#define LEC_API_ERROR (lec_api_error_quark())
GQuark lec_api_error_quark(void);

typedef enum {
    LEC_API_ERROR_UNREACHABLE, /* nobody answers, or a certificate is not in order */
    LEC_API_ERROR_REFUSED,     /* name, password, or not allowed */
    LEC_API_ERROR_CONFLICT,    /* it is there already */
    LEC_API_ERROR_FAILED,      /* any other answer */
} LecApiError;

typedef struct LecAdminApi LecAdminApi;

/* account and proxy are borrowed, outlive it. ca_file: PEM, trusted besides the system's; NULL. */
LecAdminApi *lec_admin_api_new(const char *cloud, const LecAdminAccount *account,
                               const char *ca_file, const LecProxy *proxy, GError **error);
void lec_admin_api_free(LecAdminApi *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecAdminApi, lec_admin_api_free)

/*
 * Arguments as pairs of names and values, all texts, a NULL at the end. NULL: error; some commands
 * answer with nothing but a number.
 */
JsonNode *lec_admin_api_call(LecAdminApi *self, GError **error, const char *command,
                             ...) G_GNUC_NULL_TERMINATED;
