/* Encoders that present through the WHIP door with a token that a host issued: each gets a seat. */
#pragma once

#include "receiver/house.h"
#include "receiver/tokens.h"
#include "signalling/https-server.h"

typedef struct LecWhip LecWhip;

/* All borrowed, outlive it. say: a sentence for the display. */
LecWhip *lec_whip_new(const LecHouse *house, LecHttpsServer *server, const LecTokens *tokens,
                      void (*say)(const char *sentence, void *user), void *user);
void lec_whip_free(LecWhip *self); /* with its seats */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecWhip, lec_whip_free)
