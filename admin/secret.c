/* Reads the administrator's credentials and enrolment codes. */
#include "admin/secret.h"

#include "common/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

G_DEFINE_QUARK(lec_secret_error, lec_secret_error)

void lec_secret_free(char *secret) {
    if (secret)
        explicit_bzero(secret, strlen(secret));
    g_free(secret);
}

void lec_admin_account_free(LecAdminAccount *self) {
    if (!self)
        return;
    g_free(self->user);
    if (self->password)
        lec_log_remove_secret(self->password);
    lec_secret_free(self->password);
    g_free(self);
}

static void fail_file(const char *path, const char *why, GError **error) {
    g_set_error(error, LEC_SECRET_ERROR, LEC_SECRET_ERROR_FILE, "%s cannot be read: %s.", path,
                why);
}

/* All of fd, NUL-terminated; NULL with errno set, EFBIG where it is too long. */
static char *read_all(int fd, bool one_line) {
    char *text = g_malloc0(LEC_SECRET_MAX_BYTES + 1);
    gsize len = 0;
    gssize got = 0;
    while (len < LEC_SECRET_MAX_BYTES &&
           (got = read(fd, text + len, one_line ? 1 : LEC_SECRET_MAX_BYTES - len)) > 0) {
        len += (gsize)got;
        if (one_line && text[len - 1] == '\n')
            break;
    }
    if (got >= 0 && len < LEC_SECRET_MAX_BYTES)
        return text;
    errno = got < 0 ? errno : EFBIG;
    explicit_bzero(text, LEC_SECRET_MAX_BYTES);
    g_free(text);
    return NULL;
}

/* 1: read; 0: there is none; -1: error. */
static int read_private_file(const char *path, char **ret, GError **error) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat info;
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 || fstat(fd, &info) != 0) {
        fail_file(path, g_strerror(errno), error);
        return -1;
    }
    if ((info.st_mode & 077) != 0) {
        g_set_error(error, LEC_SECRET_ERROR, LEC_SECRET_ERROR_FILE,
                    "Others can read the password in %s: chmod 600 it.", path);
        close(fd);
        return -1;
    }
    *ret = read_all(fd, false);
    if (!*ret)
        fail_file(path, g_strerror(errno), error);
    close(fd);
    return *ret ? 1 : -1;
}

/* Without echo; what was typed before the question does not count. */
static char *ask(const char *prompt, bool echo) {
    const int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    struct termios before;
    if (fd < 0 || tcgetattr(fd, &before) != 0)
        return NULL;
    struct termios silent = before;
    if (!echo)
        silent.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(fd, TCSAFLUSH, &silent);
    (void)!write(fd, prompt, strlen(prompt));
    char *line = read_all(fd, true);
    tcsetattr(fd, TCSANOW, &before);
    if (!echo)
        (void)!write(fd, "\n", 1);
    close(fd);
    return line;
}

static char *read_source(const char *path, const char *prompt, bool echo, GError **error) {
    char *text = NULL;
    if (!path) {
        text = ask(prompt, echo);
        if (!text)
            g_set_error_literal(error, LEC_SECRET_ERROR, LEC_SECRET_ERROR_NO_TERMINAL,
                                "There is no terminal to ask at; --help says which files can stand "
                                "in for it.");
    } else if (strcmp(path, "-") == 0) {
        text = read_all(STDIN_FILENO, true);
        if (!text)
            fail_file("Standard input", g_strerror(errno), error);
    } else if (read_private_file(path, &text, error) == 0) {
        fail_file(path, g_strerror(ENOENT), error);
    }
    return text;
}

char *lec_secret_read_line(const char *path, const char *prompt, bool echo, GError **error) {
    char *text = read_source(path, prompt, echo, error);
    if (text)
        text[strcspn(text, "\r\n")] = '\0';
    return text;
}

static bool is_fit(const char *text) {
    for (const char *at = text; *at; at++)
        if ((guchar)*at < 0x20 || *at == 0x7f)
            return false;
    return *text && g_utf8_validate(text, -1, NULL);
}

/* Takes both. */
static LecAdminAccount *make_account(char *user, char *password, const char *cloud,
                                     GError **error) {
    g_autoptr(LecAdminAccount) account = g_new0(LecAdminAccount, 1);
    account->user = user;
    account->password = password;
    lec_log_add_secret(password);
    g_autofree char *host = g_strdup_printf("@boxes.%s", cloud);
    char *at = strchr(user, '@');
    if (at && g_ascii_strcasecmp(at, host) != 0) {
        g_set_error(error, LEC_SECRET_ERROR, LEC_SECRET_ERROR_INVALID,
                    "The credentials are for %s, not for the cloud %s.", at + 1, cloud);
        return NULL;
    }
    if (at)
        *at = '\0';
    if (is_fit(user) && is_fit(password) && !strchr(user, ':'))
        return g_steal_pointer(&account);
    g_set_error_literal(error, LEC_SECRET_ERROR, LEC_SECRET_ERROR_INVALID,
                        "The credentials are the administrator's name on the first line and the "
                        "password on the second.");
    return NULL;
}

static LecAdminAccount *from_text(char *text, const char *cloud, GError **error) {
    const gsize first = strcspn(text, "\r\n");
    const char *second = text + first;
    second += strspn(second, "\r\n");
    LecAdminAccount *account = make_account(
        g_strndup(text, first), g_strndup(second, strcspn(second, "\r\n")), cloud, error);
    lec_secret_free(text);
    return account;
}

static LecAdminAccount *from_terminal(const char *cloud, GError **error) {
    g_autofree char *prompt = g_strdup_printf("Administrator of %s [administrator]: ", cloud);
    g_autofree char *user = lec_secret_read_line(NULL, prompt, true, error);
    char *password = user ? lec_secret_read_line(NULL, "Password: ", false, error) : NULL;
    if (!password)
        return NULL;
    return make_account(g_strdup(*user ? user : "administrator"), password, cloud, error);
}

LecAdminAccount *lec_admin_account_get(const char *path, const char *cloud, GError **error) {
    g_autofree char *name = g_strdup_printf("cloud-%s.key", cloud);
    g_autofree char *usual = g_build_filename(g_get_user_config_dir(), "lectern", name, NULL);
    char *text = NULL;
    const int found = read_private_file(path ? path : usual, &text, error);
    if (found > 0)
        return from_text(text, cloud, error);
    if (found == 0 && !path)
        return from_terminal(cloud, error);
    if (found == 0)
        fail_file(path, g_strerror(ENOENT), error);
    return NULL;
}
