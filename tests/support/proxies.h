/* Real proxies for tests, each a program of its own on a loopback port. */
#pragma once

#include <gio/gio.h>

typedef struct {
    GSubprocess *process;
    guint16 port;
    char *folder, *url; /* "http://127.0.0.1:PORT" or "socks5://…" */
} LecTestProxy;

/* user NULL: none is asked for. NULL, with a sentence for g_test_skip(), where there is none. */
LecTestProxy *lec_test_proxy_http(const char *user, const char *password, GError **error);
LecTestProxy *lec_test_proxy_socks5(const char *user, const char *password, GError **error);
void lec_test_proxy_free(LecTestProxy *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecTestProxy, lec_test_proxy_free)

/* A file with text that only its owner can read; path and folder are for lec_test_file_remove(). */
char *lec_test_file_make(const char *text);
void lec_test_file_remove(char *path); /* takes */
