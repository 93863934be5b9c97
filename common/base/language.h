/* The process's language and character set, from the environment. */
#pragma once

/*
 * First thing in main(). Where the environment names no character set, as in most services, names
 * in arguments are taken as UTF-8. Numbers keep their English form: JSON and logs are written with
 * printf.
 */
void lec_language_init(void);
