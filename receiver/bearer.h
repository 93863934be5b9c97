/* Whether who brings a bearer token may: the one rule for encoders and programs. */
#pragma once

#include "receiver/admission.h"
#include "receiver/tokens.h"

typedef enum {
    LEC_BEARER_ADMIT,
    LEC_BEARER_WRONG,       /* no token that holds */
    LEC_BEARER_OTHER_SCOPE, /* it holds, but not for this */
    LEC_BEARER_LOCKED,      /* wrong, after too many attempts: retry_after_s */
} LecBearerVerdict;

/*
 * A wrong token is a failed attempt, counted with wrong PINs and host codes. One that holds passes
 * whatever others have tried, and clears nobody's count: nobody guesses 256 bits, and a token is no
 * way to more guesses at a PIN. ret_token: its id, where it is admitted.
 */
LecBearerVerdict lec_bearer_check(LecAdmission *admission, const LecTokens *tokens,
                                  const char *text, LecTokenScope scope, const char *source,
                                  gint64 now_us, guint *ret_token, guint *ret_retry_after_s);
