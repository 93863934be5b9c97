/*
 * Files of the box's HTTPS server, out of memory: with entity tags, compressed where the browser
 * takes it, and under a policy that lets a page load nothing from elsewhere and be framed by
 * nobody. Paths that are not among them get a small page that says so.
 */
#pragma once

#include "signalling/https-server.h"

typedef struct {
    const char *type;
    const char *etag; /* changes with body; letters, digits, hyphens */
    bool immutable;   /* the path has a hash of the body in it */
    GBytes *body;
    GBytes *gzip; /* the same compressed; NULL: only as it is */
} LecHttpsFile;

typedef struct LecHttpsFiles LecHttpsFiles;

/* Takes every path of server that no other handler takes; lives as long as server does. */
LecHttpsFiles *lec_https_files_serve(LecHttpsServer *server);

/* At path, exactly; what was there before is replaced. file is copied. */
void lec_https_files_put(LecHttpsFiles *self, const char *path, const LecHttpsFile *file);
