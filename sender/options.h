/* lectern-share's command line. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "common/net/proxy.h"
#include "sender/encode.h"

typedef struct {
    char *target;   /* meeting ID, host or address with or without port, or a box's name; NULL: the
                       window asks */
    char *pin_file; /* NULL: ask at the terminal; "-": standard input */
    char *source;   /* "screen", "window:ID", "test" */
    char *name;     /* how the display shall call us */
    char *state_folder;
    char *proxy, *proxy_credentials; /* as lec_proxy_new() takes them */
    LecProxy *way;                   /* made of those; NULL with version */
    char *cloud, *cloud_ca; /* where six-digit IDs lead to besides this network; NULL: nowhere */
    GTlsDatabase *anchors;  /* made of the latter; NULL: the system's */
    bool audio, stats, verbose, version, local_only;
    bool window; /* no target, or one that only a click named */
    LecProfile profile;
    guint max_fps;
} LecShareOptions;

/* options is set in any case; clear it. argv stays as it is. */
bool lec_share_options_read(int argc, char **argv, LecShareOptions *options, GError **error);
void lec_share_options_clear(LecShareOptions *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LecShareOptions, lec_share_options_clear)
