/*
 * Bearer tokens that a host or administrator issues for a time: for encoders (WHIP) and programs
 * (API). Pure: time comes in. Only hashes are kept, and only in memory: they end with the process.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_TOKENS_MAX 32      /* at once */
#define LEC_TOKEN_TEXT_SIZE 44 /* 32 random bytes in base64url, and NUL */
#define LEC_TOKEN_MIN_LIFETIME_S 60
#define LEC_TOKEN_MAX_LIFETIME_S (30 * 24 * 3600)
#define LEC_TOKEN_MAX_LABEL_BYTES 64

typedef enum {
    LEC_TOKEN_WHIP, /* may present through the WHIP door */
    LEC_TOKEN_ROOM, /* may do what a host may, through the API */
    LEC_TOKEN_N_SCOPES,
} LecTokenScope;

extern const char *const lec_token_scopes[]; /* "whip", "room", NULL */

typedef struct LecTokens LecTokens;

LecTokens *lec_tokens_new(void);
void lec_tokens_free(LecTokens *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecTokens, lec_tokens_free)

/* Its id, from 1; 0: LEC_TOKENS_MAX are there. label: what it is for, in the issuer's words; cut to
 * size. The text is told this once; wipe it. */
guint lec_tokens_issue(LecTokens *self, LecTokenScope scope, const char *label, guint lifetime_s,
                       gint64 now_us, char ret_text[LEC_TOKEN_TEXT_SIZE]);

/* The id of the token with this text, if it holds for scope now; 0: none does. */
guint lec_tokens_check(const LecTokens *self, const char *text, LecTokenScope scope, gint64 now_us);

bool lec_tokens_holds(const LecTokens *self, guint id, gint64 now_us);
bool lec_tokens_revoke(LecTokens *self, guint id); /* false: there is none */

typedef struct {
    guint id;
    LecTokenScope scope;
    char label[LEC_TOKEN_MAX_LABEL_BYTES + 1];
    gint64 expires_us; /* monotonic */
} LecTokenInfo;

/* Those that hold now, oldest first; at most LEC_TOKENS_MAX into ret; returns how many. */
guint lec_tokens_list(const LecTokens *self, gint64 now_us, LecTokenInfo *ret);
