/*
 * Looks on while another implementation signs in with SCRAM-SHA-512, and tells whether the server
 * has proved that it knows the password, too (RFC 5802 §3), which that implementation does not
 * check; pure.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct LecScramWitness LecScramWitness;

/* jid: "room12@boxes.example.org/box". */
LecScramWitness *lec_scram_witness_new(const char *jid, const char *password);
void lec_scram_witness_free(LecScramWitness *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecScramWitness, lec_scram_witness_free)

/* What goes to the server, as it goes, up to the end of the sign-in. */
void lec_scram_witness_see_sent(LecScramWitness *self, const char *data, gsize len);

/* False: not one that is safe to answer (scram.h), or not an answer to what was sent. */
bool lec_scram_witness_see_challenge(LecScramWitness *self, const char *base64);

/* What came with the success. A sign-in by a certificate (EXTERNAL) asks for no proof. */
bool lec_scram_witness_check(const LecScramWitness *self, const char *base64);
