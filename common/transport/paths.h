/*
 * The network paths of a link: the ICE agent in use, the one that a restart brings up (RFC 8445
 * §9), and the one that it has replaced, which listens a little longer. Each is an agent of its
 * own, so a restart takes up the addresses that this machine has now, and media go on over the old
 * path until the new one is there.
 */
#pragma once

#include "common/transport/ice.h"

/* None of them may free the LecPaths. */
typedef struct {
    /* generation: 0, and one more with each restart. NULL: no more. */
    void (*candidate)(guint generation, const LecCandidate *candidate, void *user);
    /* There is a path; moved: another agent's than before. Again where it changes. */
    void (*connected)(bool moved, void *user);
    void (*lost)(void *user); /* the path in use; every pair failed, or consent ran out */
    void (*packet)(guint8 *data, gsize len, void *user); /* data may be written to, for the call */
} LecPathsEvents;

typedef struct LecPaths LecPaths;

/* config without credentials: borrowed, as is what it points to. */
LecPaths *lec_paths_new(const LecIceConfig *config, const LecPathsEvents *events, void *user);
void lec_paths_free(LecPaths *self); /* no event follows */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecPaths, lec_paths_free)

/* Gathers at once, first for the path that will be in use, then for a restart. False with
 * LEC_LINK_ERROR_CONNECT where this machine has no usable address now. */
bool lec_paths_open(LecPaths *self, const char *ufrag, const char *pwd, GError **error);

/* Of the generation that was opened last. */
bool lec_paths_set_remote(LecPaths *self, const char *ufrag, const char *pwd);
void lec_paths_add_candidate(LecPaths *self, const LecCandidate *candidate);

bool lec_paths_send(LecPaths *self, const guint8 *data, gsize len);
bool lec_paths_is_alive(const LecPaths *self); /* the path in use is there, and not lost */
void lec_paths_describe_pair(LecPaths *self, char *ret_local, char *ret_remote);
