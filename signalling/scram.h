/* The client's side of SCRAM-SHA-512 (RFC 5802, RFC 7677's scheme with SHA-512), pure: proves a
 * password without sending it, and makes the server prove that it knows it, too. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_SCRAM_MECHANISM "SCRAM-SHA-512"
#define LEC_SCRAM_MIN_ROUNDS 4096 /* RFC 7677 §4 */
#define LEC_SCRAM_MAX_ROUNDS 1000000

typedef struct LecScram LecScram;

/* nonce: NULL: one is drawn. Copies; the password is wiped. */
LecScram *lec_scram_new(const char *user, const char *password, const char *nonce);
void lec_scram_free(LecScram *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecScram, lec_scram_free)

/* All texts are in base64, as SASL wants them; free them. */
char *lec_scram_first(LecScram *self);
/* NULL: the server's challenge is none, or not one that is safe to answer. Once only. */
char *lec_scram_answer(LecScram *self, const char *challenge);
/* After answer: the server's last message proves that it knows the password. */
bool lec_scram_check(const LecScram *self, const char *last);

/* For a challenge that another implementation is to answer: one that costs it no more than seconds,
 * and gives away no cheaper proof than ours. */
bool lec_scram_is_safe(const char *challenge);
