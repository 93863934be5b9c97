/*
 * Log lines: sentences on standard error, one a line, with a level and a time; under systemd the
 * journal's prefixes. A log line never holds a secret: what is one is registered with
 * lec_log_add_secret(), what a peer sent goes through lec_log_text().
 */
#pragma once

#include <glib.h>

typedef enum { LEC_LOG_ERROR, LEC_LOG_WARNING, LEC_LOG_INFO, LEC_LOG_DEBUG } LecLogLevel;

/*
 * Lines above level are not written; the start is LEC_LOG_INFO. GLib's own log goes the same way.
 * In main(), before there are other threads; a further call changes the level.
 */
void lec_log_init(LecLogLevel level);

void lec_log(LecLogLevel level, const char *format, ...) G_GNUC_PRINTF(2, 3);

#define lec_error(...) lec_log(LEC_LOG_ERROR, __VA_ARGS__)
#define lec_warning(...) lec_log(LEC_LOG_WARNING, __VA_ARGS__)
#define lec_info(...) lec_log(LEC_LOG_INFO, __VA_ARGS__)
#define lec_debug(...) lec_log(LEC_LOG_DEBUG, __VA_ARGS__)

/*
 * Registers a secret (a PIN, a password) for as long as it lives: wherever it would stand in a
 * line, "[secret]" stands instead. The same string may be registered several times. Strings under 4
 * bytes are not looked for.
 */
void lec_log_add_secret(const char *secret);
void lec_log_remove_secret(const char *secret);

/* What a peer sent, made fit for a log line: control characters and bad UTF-8 escaped, cut at 200
 * bytes. Free it. */
char *lec_log_text(const char *peer_text);
