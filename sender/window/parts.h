/* The parts that the pages are put together from, each complete for eye, keyboard and screen
 * reader. */
#pragma once

#include <gtk/gtk.h>
#include <stdbool.h>

/* A column with a heading, which names the page to screen readers. */
GtkWidget *lec_parts_page(const char *heading);
void lec_parts_set_heading(GtkWidget *page, const char *heading);
const char *lec_parts_get_heading(GtkWidget *page);

/* Wrapped; class: "lead", "quiet" or NULL. */
GtkWidget *lec_parts_text(const char *text, const char *class);
/* Empty and hidden; what it is given is read out at once. */
GtkWidget *lec_parts_alert(void);
/* Changes are read out when there is nothing else to say. */
GtkWidget *lec_parts_status(const char *class);
/* Sets a text only where it is another, so that nothing is read out twice; NULL or "" hides. */
void lec_parts_say(GtkWidget *label, const char *text);

/* mnemonic: "_Share". class: "suggested-action", "destructive-action" or NULL. */
GtkWidget *lec_parts_button(const char *mnemonic, const char *class);
/* Of a button, also of one to tick; GTK 4.8 by itself reads the mnemonic's sign out. */
void lec_parts_set_label(GtkWidget *button, const char *mnemonic);
/* To tick, with its words. */
GtkWidget *lec_parts_check(const char *mnemonic);
/* One of a group, NULL: the first; it has no words yet. */
GtkWidget *lec_parts_radio(GtkWidget *group);
/* A line to type in, with its label above it, both in page; Return presses the default button. */
GtkWidget *lec_parts_entry(GtkWidget *page, const char *mnemonic, const char *hint);
void lec_parts_describe(GtkWidget *widget, GtkWidget *by);
/* A row at the foot of a page: what leads on stands last. */
GtkWidget *lec_parts_row(GtkWidget *first, GtkWidget *last);
