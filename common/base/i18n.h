/* Marks what people read for translation, and translates it: the domain is "lectern". */
#pragma once

#include <glib.h>

#define LEC_TEXT_DOMAIN "lectern"
#define _(text) g_dgettext(LEC_TEXT_DOMAIN, text)
/* In a table; _() where it is used. */
#define N_(text) (text)
