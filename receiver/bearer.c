/* Looks a token up, and counts the attempt where there is none. */
#include "receiver/bearer.h"

#include "common/base/log.h"

static bool holds_for_another(const LecTokens *tokens, const char *text, gint64 now_us) {
    for (guint scope = 0; scope < LEC_TOKEN_N_SCOPES; scope++)
        if (lec_tokens_check(tokens, text, (LecTokenScope)scope, now_us))
            return true;
    return false;
}

LecBearerVerdict lec_bearer_check(LecAdmission *admission, const LecTokens *tokens,
                                  const char *text, LecTokenScope scope, const char *source,
                                  gint64 now_us, guint *ret_token, guint *ret_retry_after_s) {
    const guint token = lec_tokens_check(tokens, text, scope, now_us);
    if (token) {
        *ret_token = token;
        return LEC_BEARER_ADMIT;
    }
    if (holds_for_another(tokens, text, now_us))
        return LEC_BEARER_OTHER_SCOPE;
    if (!lec_admission_begin_proof(admission, source, NULL, now_us, ret_retry_after_s))
        return LEC_BEARER_LOCKED;
    lec_admission_end_proof(admission, source, NULL, false, now_us);
    lec_warning("A wrong token came from %s.", source);
    return LEC_BEARER_WRONG;
}
