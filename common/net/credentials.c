/* Reads a proxy's user name and password. */
#include "common/net/credentials.h"

#include "common/base/i18n.h"
#include "common/base/log.h"
#include "common/net/proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool refuse(GError **error, const char *sentence) {
    g_set_error_literal(error, LEC_PROXY_ERROR, LEC_PROXY_ERROR_CREDENTIALS, sentence);
    return false;
}

/* The length of the line at text, without its end; *ret_next: what is after it. */
static gsize line_len(const char *text, gsize len, gsize *ret_next) {
    const char *end = memchr(text, '\n', len);
    gsize n = end ? (gsize)(end - text) : len;
    *ret_next = end ? n + 1 : n;
    return n > 0 && text[n - 1] == '\r' ? n - 1 : n;
}

static bool has_control(const char *text, gsize len) {
    for (gsize i = 0; i < len; i++)
        if ((guchar)text[i] < 0x20 || text[i] == 0x7f)
            return true;
    return false;
}

/* RFC 7617 §2: a user name has no colon; RFC 1929 §2: either has at most 255 bytes. */
static bool check(const char *user, gsize user_len, const char *password, gsize password_len,
                  GError **error) {
    if (user_len == 0 || password_len == 0)
        return refuse(error, _("The proxy's credentials are a user name on the first line and a "
                               "password on the second."));
    if (user_len > 255 || password_len > 255)
        return refuse(error, _("The proxy's user name and password have at most 255 bytes each."));
    if (memchr(user, ':', user_len) || has_control(user, user_len) ||
        has_control(password, password_len) || !g_utf8_validate_len(user, user_len, NULL) ||
        !g_utf8_validate_len(password, password_len, NULL))
        return refuse(error, _("The proxy's user name and password are UTF-8 text without control "
                               "characters, the name without a colon."));
    return true;
}

LecCredentials *lec_credentials_new(const char *user, const char *password) {
    LecCredentials *self = g_new0(LecCredentials, 1);
    self->user = g_strdup(user);
    self->password = g_strdup(password);
    lec_log_add_secret(self->password);
    return self;
}

LecCredentials *lec_credentials_parse(const char *text, gsize len, GError **error) {
    gsize second, third;
    const gsize user_len = line_len(text, len, &second);
    const gsize password_len = line_len(text + second, len - second, &third);
    if (!check(text, user_len, text + second, password_len, error))
        return NULL;
    if (second + third != len) {
        refuse(error, _("There is something after the second line of the proxy's credentials."));
        return NULL;
    }
    g_autofree char *user = g_strndup(text, user_len);
    char *password = g_strndup(text + second, password_len);
    LecCredentials *self = lec_credentials_new(user, password);
    explicit_bzero(password, password_len);
    g_free(password);
    return self;
}

static bool is_private(int descriptor, const char *path, GError **error) {
    struct stat what;
    if (fstat(descriptor, &what) != 0 || !S_ISREG(what.st_mode)) {
        g_set_error(error, LEC_PROXY_ERROR, LEC_PROXY_ERROR_CREDENTIALS, _("%s is not a file."),
                    path);
        return false;
    }
    if (what.st_mode & 077) {
        g_set_error(
            error, LEC_PROXY_ERROR, LEC_PROXY_ERROR_CREDENTIALS,
            _("Others can read %s: a password's file belongs to its owner alone (chmod 600)."),
            path);
        return false;
    }
    return true;
}

static LecCredentials *read_from(int descriptor, const char *path, GError **error) {
    char text[LEC_CREDENTIALS_MAX_BYTES + 1];
    gsize len = 0;
    gssize n;
    while (len < sizeof text &&
           (n = TEMP_FAILURE_RETRY(read(descriptor, text + len, sizeof text - len))) > 0)
        len += (gsize)n;
    LecCredentials *self = NULL;
    if (len > LEC_CREDENTIALS_MAX_BYTES)
        g_set_error(error, LEC_PROXY_ERROR, LEC_PROXY_ERROR_CREDENTIALS,
                    _("%s is too long for a user name and a password."), path);
    else
        self = lec_credentials_parse(text, len, error);
    explicit_bzero(text, sizeof text);
    return self;
}

LecCredentials *lec_credentials_read(const char *path, GError **error) {
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor < 0) {
        g_set_error(error, LEC_PROXY_ERROR, LEC_PROXY_ERROR_CREDENTIALS,
                    _("The proxy's credentials in %s cannot be read: %s."), path,
                    g_strerror(errno));
        return NULL;
    }
    LecCredentials *self =
        is_private(descriptor, path, error) ? read_from(descriptor, path, error) : NULL;
    close(descriptor);
    return self;
}

void lec_credentials_free(LecCredentials *self) {
    if (!self)
        return;
    lec_log_remove_secret(self->password);
    explicit_bzero(self->password, strlen(self->password));
    g_free(self->user);
    g_free(self->password);
    g_free(self);
}
