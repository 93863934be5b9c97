/* Issues, checks and forgets bearer tokens. */
#include "receiver/tokens.h"

#include <sodium.h>
#include <string.h>

#define RANDOM_BYTES 32

typedef struct {
    LecTokenInfo info;
    guint8 hash[crypto_generichash_BYTES];
} Token;

struct LecTokens {
    GArray *tokens; /* of Token, oldest first */
    guint last_id;
};

const char *const lec_token_scopes[] = {"whip", "room", NULL};

LecTokens *lec_tokens_new(void) {
    LecTokens *self = g_new0(LecTokens, 1);
    self->tokens = g_array_new(FALSE, FALSE, sizeof(Token));
    return self;
}

void lec_tokens_free(LecTokens *self) {
    if (!self)
        return;
    g_array_unref(self->tokens);
    g_free(self);
}

static void hash_text(const char *text, guint8 ret[crypto_generichash_BYTES]) {
    crypto_generichash(ret, crypto_generichash_BYTES, (const guint8 *)text, strlen(text), NULL, 0);
}

static void forget_expired(LecTokens *self, gint64 now_us) {
    for (guint i = self->tokens->len; i-- > 0;)
        if (g_array_index(self->tokens, Token, i).info.expires_us <= now_us)
            g_array_remove_index(self->tokens, i);
}

static void copy_label(char *to, const char *label) {
    g_autofree char *valid = g_utf8_make_valid(label, -1);
    g_strlcpy(to, valid, LEC_TOKEN_MAX_LABEL_BYTES + 1);
    const char *end;
    if (!g_utf8_validate(to, -1, &end)) /* cut within a character */
        to[end - to] = '\0';
}

guint lec_tokens_issue(LecTokens *self, LecTokenScope scope, const char *label, guint lifetime_s,
                       gint64 now_us, char ret_text[LEC_TOKEN_TEXT_SIZE]) {
    forget_expired(self, now_us);
    if (self->tokens->len >= LEC_TOKENS_MAX)
        return 0;
    guint8 random[RANDOM_BYTES];
    randombytes_buf(random, sizeof random);
    sodium_bin2base64(ret_text, LEC_TOKEN_TEXT_SIZE, random, sizeof random,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(random, sizeof random);
    Token token = {
        .info = {.id = ++self->last_id,
                 .scope = scope,
                 .expires_us = now_us + (gint64)CLAMP(lifetime_s, LEC_TOKEN_MIN_LIFETIME_S,
                                                      LEC_TOKEN_MAX_LIFETIME_S) *
                                            G_USEC_PER_SEC},
    };
    copy_label(token.info.label, label);
    hash_text(ret_text, token.hash);
    g_array_append_val(self->tokens, token);
    return token.info.id;
}

guint lec_tokens_check(const LecTokens *self, const char *text, LecTokenScope scope,
                       gint64 now_us) {
    guint8 hash[crypto_generichash_BYTES];
    guint id = 0;
    hash_text(text, hash);
    for (guint i = 0; i < self->tokens->len; i++) {
        const Token *token = &g_array_index(self->tokens, Token, i);
        if (sodium_memcmp(token->hash, hash, sizeof hash) == 0 && token->info.scope == scope &&
            token->info.expires_us > now_us)
            id = token->info.id;
    }
    return id;
}

bool lec_tokens_holds(const LecTokens *self, guint id, gint64 now_us) {
    for (guint i = 0; i < self->tokens->len; i++) {
        const LecTokenInfo *info = &g_array_index(self->tokens, Token, i).info;
        if (info->id == id)
            return info->expires_us > now_us;
    }
    return false;
}

bool lec_tokens_revoke(LecTokens *self, guint id) {
    for (guint i = 0; i < self->tokens->len; i++)
        if (g_array_index(self->tokens, Token, i).info.id == id) {
            g_array_remove_index(self->tokens, i);
            return true;
        }
    return false;
}

guint lec_tokens_list(const LecTokens *self, gint64 now_us, LecTokenInfo *ret) {
    guint n = 0;
    for (guint i = 0; i < self->tokens->len; i++) {
        const LecTokenInfo *info = &g_array_index(self->tokens, Token, i).info;
        if (info->expires_us > now_us)
            ret[n++] = *info;
    }
    return n;
}
