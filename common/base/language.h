/* The process's language and character set, from the environment. */
#pragma once

/*
 * First thing in main(), before there are threads. Where the environment names no character set, as
 * in most services, names in arguments are taken as UTF-8; where it names a language whose locale
 * is not installed, as on most appliances, the texts are in that language all the same. Numbers
 * keep their English form: JSON and logs are written with printf.
 */
void lec_language_init(void);

/* Right after it: "de" and so on in place of what the environment says. */
void lec_language_set(const char *language);
