/* Keeps an identity's two files on a POSIX file system. */
#include "common/base/identity-store.h"

#include "common/base/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Both new files are whole on the disk before the first is renamed, and the certificate is renamed
 * first. So a crash leaves either no final file, and what is new is thrown away, or the certificate
 * with its new key beside it, and the second rename is made up for. A key that went missing in any
 * other way is never replaced.
 */
#define MAX_FILE_BYTES (64 * 1024)

struct LecIdentityStore {
    char *folder;
    char *key, *certificate, *new_key, *new_certificate; /* names of files */
    int fd;
};

static bool fail(GError **error, int number, const char *doing, const LecIdentityStore *self,
                 const char *file) {
    g_set_error(error, LEC_IDENTITY_ERROR, LEC_IDENTITY_ERROR_STORAGE,
                "The identity's file %s/%s cannot be %s: %s.", self->folder, file, doing,
                g_strerror(number));
    return false;
}

static bool check_folder(const LecIdentityStore *self, GError **error) {
    struct stat folder;
    if (fstat(self->fd, &folder) != 0)
        return fail(error, errno, "found", self, "");
    if (folder.st_uid != geteuid() && folder.st_uid != 0) {
        g_set_error(error, LEC_IDENTITY_ERROR, LEC_IDENTITY_ERROR_STORAGE,
                    "The identity's folder %s belongs to another user (%u): choose a folder of "
                    "your own, or give this one to user %u.",
                    self->folder, (guint)folder.st_uid, (guint)geteuid());
        return false;
    }
    if (folder.st_mode & (S_IWGRP | S_IWOTH)) {
        g_set_error(error, LEC_IDENTITY_ERROR, LEC_IDENTITY_ERROR_STORAGE,
                    "Others may write to the identity's folder %s: take that away (chmod 700).",
                    self->folder);
        return false;
    }
    return true;
}

LecIdentityStore *lec_identity_store_open(const char *folder, const char *stem, GError **error) {
    g_autoptr(LecIdentityStore) self = g_new0(LecIdentityStore, 1);
    self->folder = g_strdup(folder);
    self->key = g_strconcat(stem, ".key", NULL);
    self->certificate = g_strconcat(stem, ".crt", NULL);
    self->new_key = g_strconcat(stem, ".key.new", NULL);
    self->new_certificate = g_strconcat(stem, ".crt.new", NULL);
    self->fd = -1;
    if (g_mkdir_with_parents(folder, 0700) == 0)
        self->fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (self->fd < 0) {
        g_set_error(error, LEC_IDENTITY_ERROR, LEC_IDENTITY_ERROR_STORAGE,
                    "The identity's folder %s cannot be made or opened: %s.", folder,
                    g_strerror(errno));
        return NULL;
    }
    if (!check_folder(self, error))
        return NULL;
    return g_steal_pointer(&self);
}

void lec_identity_store_close(LecIdentityStore *self) {
    if (self == NULL)
        return;
    if (self->fd >= 0)
        close(self->fd);
    g_free(self->folder);
    g_free(self->key);
    g_free(self->certificate);
    g_free(self->new_key);
    g_free(self->new_certificate);
    g_free(self);
}

bool lec_identity_store_lock(LecIdentityStore *self, GError **error) {
    if (TEMP_FAILURE_RETRY(flock(self->fd, LOCK_EX)) == 0)
        return true;
    g_set_error(error, LEC_IDENTITY_ERROR, LEC_IDENTITY_ERROR_STORAGE,
                "The identity's folder %s cannot be locked: %s.", self->folder, g_strerror(errno));
    return false;
}

static bool exists(const LecIdentityStore *self, const char *file) {
    return faccessat(self->fd, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool check_file(const LecIdentityStore *self, const char *file, const struct stat *found,
                       bool secret, GError **error) {
    if (!S_ISREG(found->st_mode) || found->st_size > MAX_FILE_BYTES) {
        g_set_error(error, LEC_IDENTITY_ERROR, LEC_IDENTITY_ERROR_INVALID,
                    "%s/%s is no plain file of at most %d bytes: put the right one back.",
                    self->folder, file, MAX_FILE_BYTES);
        return false;
    }
    if (secret && (found->st_mode & (S_IRWXG | S_IRWXO))) {
        g_set_error(error, LEC_IDENTITY_ERROR, LEC_IDENTITY_ERROR_STORAGE,
                    "Others may read the secret key %s/%s: take that away (chmod 600), and make a "
                    "new identity if somebody could have done so.",
                    self->folder, file);
        return false;
    }
    return true;
}

static gssize read_whole(int fd, char *buffer, gsize size) {
    gsize len = 0;
    while (len < size) {
        ssize_t n = TEMP_FAILURE_RETRY(read(fd, buffer + len, size - len));
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        len += (gsize)n;
    }
    return (gssize)len;
}

static char *read_file(const LecIdentityStore *self, const char *file, bool secret,
                       GError **error) {
    int fd = openat(self->fd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        fail(error, errno, "read", self, file);
        return NULL;
    }
    struct stat found;
    char *text = NULL;
    if (fstat(fd, &found) != 0) {
        fail(error, errno, "read", self, file);
    } else if (check_file(self, file, &found, secret, error)) {
        text = g_malloc0((gsize)found.st_size + 1);
        if (read_whole(fd, text, (gsize)found.st_size) < 0) {
            fail(error, errno, "read", self, file);
            g_clear_pointer(&text, g_free);
        }
    }
    close(fd);
    return text;
}

LecIdentityFiles lec_identity_store_read(LecIdentityStore *self, char **ret_key,
                                         char **ret_certificate, GError **error) {
    bool has_key = exists(self, self->key), has_certificate = exists(self, self->certificate);
    if (!has_key && !has_certificate)
        return LEC_IDENTITY_FILES_NONE;
    if (!has_key || !has_certificate) {
        g_set_error(error, LEC_IDENTITY_ERROR, LEC_IDENTITY_ERROR_INVALID,
                    "%s holds %s but not %s: put it back from a backup, or move the other away "
                    "too, which makes a new identity that must be trusted anew.",
                    self->folder, has_key ? self->key : self->certificate,
                    has_key ? self->certificate : self->key);
        return LEC_IDENTITY_FILES_FAILED;
    }
    g_autofree char *certificate = read_file(self, self->certificate, false, error);
    if (certificate == NULL)
        return LEC_IDENTITY_FILES_FAILED;
    char *key = read_file(self, self->key, true, error);
    if (key == NULL)
        return LEC_IDENTITY_FILES_FAILED;
    *ret_key = key;
    *ret_certificate = g_steal_pointer(&certificate);
    return LEC_IDENTITY_FILES_BOTH;
}

static bool write_new(const LecIdentityStore *self, const char *file, const char *text,
                      GError **error) {
    int fd = openat(self->fd, file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(error, errno, "written", self, file);
    gsize len = strlen(text);
    int number = 0;
    while (number == 0 && len > 0) {
        ssize_t n = TEMP_FAILURE_RETRY(write(fd, text, len));
        if (n <= 0) {
            number = n < 0 ? errno : ENOSPC;
        } else {
            text += n;
            len -= (gsize)n;
        }
    }
    if (number == 0 && fsync(fd) != 0)
        number = errno;
    if (close(fd) != 0 && number == 0)
        number = errno;
    return number == 0 || fail(error, number, "written", self, file);
}

static bool move(const LecIdentityStore *self, const char *from, const char *to, GError **error) {
    if (renameat(self->fd, from, self->fd, to) != 0 || fsync(self->fd) != 0)
        return fail(error, errno, "put in place", self, to);
    return true;
}

/* The folder's own entry, which may be new too. Who may not open what is above can do no more. */
static void sync_parent(const LecIdentityStore *self) {
    int parent = openat(self->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0)
        return;
    fsync(parent);
    close(parent);
}

static void remove_new(const LecIdentityStore *self) {
    unlinkat(self->fd, self->new_key, 0);
    unlinkat(self->fd, self->new_certificate, 0);
}

bool lec_identity_store_write(LecIdentityStore *self, const char *key, const char *certificate,
                              GError **error) {
    if (!write_new(self, self->new_key, key, error) ||
        !write_new(self, self->new_certificate, certificate, error) ||
        !move(self, self->new_certificate, self->certificate, error)) {
        remove_new(self);
        unlinkat(self->fd, self->certificate,
                 0); /* where the rename went well and the fsync did not */
        return false;
    }
    sync_parent(self);
    return move(self, self->new_key, self->key, error);
}

bool lec_identity_store_recover(LecIdentityStore *self, GError **error) {
    if (!exists(self, self->key) && exists(self, self->certificate) && exists(self, self->new_key))
        return move(self, self->new_key, self->key, error);
    remove_new(self);
    return true;
}
