/* The window's pages: each is made once, and draws the view whenever it has changed. */
#pragma once

#include <gtk/gtk.h>

#include "sender/window/steps.h"

typedef struct LecPage LecPage;

struct LecPage {
    GtkWidget *root;
    GtkWidget *button; /* pressed by Return */
    GtkWidget *focus;  /* where a person begins; the page may move it */
    void (*update)(LecPage *self, const LecView *view);
    /* The page is shown from now on, or no more. May be NULL. */
    void (*entered)(LecPage *self, const LecView *view);
    void (*left)(LecPage *self);
    void (*free)(LecPage *self);
};

LecPage *lec_page_find_new(LecSteps *steps);
LecPage *lec_page_connecting_new(LecSteps *steps);
LecPage *lec_page_pin_new(LecSteps *steps);
LecPage *lec_page_waiting_new(LecSteps *steps);
LecPage *lec_page_choose_new(LecSteps *steps);
LecPage *lec_page_sharing_new(LecSteps *steps);
LecPage *lec_page_ended_new(LecSteps *steps);

/* What a lectern: address or the command line named; the person still has to go on. */
void lec_page_find_set_target(LecPage *self, const char *target);
