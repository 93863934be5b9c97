/* What the display says when nobody shares: gathers the facts of the welcome screen and draws it
 * when one has changed. */
#pragma once

#include "receiver/admission.h"
#include "receiver/settings.h"
#include "receiver/stage/stage.h"

typedef struct LecScreen LecScreen;

/* All borrowed, outlive it. announce: also print how to join on standard output, and each change of
 * it. */
LecScreen *lec_screen_new(const LecSettings *settings, const char *box_name, guint16 port,
                          const LecAdmission *admission, LecStage *stage, bool announce);
void lec_screen_free(LecScreen *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecScreen, lec_screen_free)

/* Something may have changed: draws if it has, unless presenters cover it all. */
void lec_screen_refresh(LecScreen *self);
void lec_screen_resized(LecScreen *self);
void lec_screen_set_discovery(LecScreen *self,
                              const char *trouble); /* NULL: the box can be found by name */
/* number: the meeting's in the cloud, NULL: none; notice: a sentence, NULL: all is well;
 * code: with which the box can be enrolled, NULL: none. */
void lec_screen_set_cloud(LecScreen *self, const char *number, const char *notice,
                          const char *code);

const char *lec_screen_get_meeting_id(const LecScreen *self); /* digits; "" where there is none */
const char *lec_screen_get_address(const LecScreen *self);    /* "" without a network */
