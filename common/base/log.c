/* Log lines to standard error, with every registered secret taken out first. */
#include "common/base/log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LINE_BYTES 4096
#define MAX_PEER_TEXT_BYTES 200
#define MIN_SECRET_BYTES 4
#define ELLIPSIS "…"

/*
 * The log is the process's own, as standard error is, and any thread writes to it, GLib's included:
 * hence the one piece of shared state outside the mailbox, with a lock that is held only to read or
 * change the list of secrets.
 */
static struct {
    GMutex lock;
    GPtrArray *secrets;
    gint level;   /* atomic: the LecLogLevel + 1, 0 before lec_log_init() */
    gint journal; /* atomic: standard error goes to the journal */
} the_log;

static LecLogLevel current_level(void) {
    gint level = g_atomic_int_get(&the_log.level);
    return level == 0 ? LEC_LOG_INFO : (LecLogLevel)(level - 1);
}

/* Marks the bytes of line that belong to a secret; overlapping ones too, so that no part of either
 * is left. */
static bool mark_secrets(const char *line, gsize len, guint8 *marks) {
    bool any = false;
    g_mutex_lock(&the_log.lock);
    for (guint i = 0; the_log.secrets != NULL && i < the_log.secrets->len; i++) {
        const char *secret = g_ptr_array_index(the_log.secrets, i);
        gsize secret_len = strlen(secret);
        if (secret_len < MIN_SECRET_BYTES)
            continue;
        const char *found = line;
        while ((found = memmem(found, len - (gsize)(found - line), secret, secret_len)) != NULL) {
            memset(marks + (found - line), 1, secret_len);
            any = true;
            found++;
        }
    }
    g_mutex_unlock(&the_log.lock);
    return any;
}

/* Takes text, wiping it where it held a secret. */
static char *redact(char *text) {
    gsize len = strlen(text);
    g_autofree guint8 *marks = g_malloc0(len + 1);
    if (!mark_secrets(text, len, marks))
        return text;

    GString *clean = g_string_sized_new(len);
    for (gsize i = 0; i < len; i++) {
        if (marks[i] == 0)
            g_string_append_c(clean, text[i]);
        else if (i == 0 || marks[i - 1] == 0)
            g_string_append(clean, "[secret]");
    }
    explicit_bzero(text, len);
    g_free(text);
    return g_string_free(clean, false);
}

static void write_all(const char *data, gsize len) {
    while (len > 0) {
        ssize_t n = write(STDERR_FILENO, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nowhere is left to complain */
        data += n;
        len -= (gsize)n;
    }
}

/* `<3>` is how the journal reads a level (sd-daemon(3)); it keeps the time itself. */
static void begin_line(GString *line, LecLogLevel level) {
    static const char *const prefixes[] = {"<3>", "<4>", "<6>", "<7>"};
    static const char *const names[] = {"error", "warning", "info", "debug"};
    if (g_atomic_int_get(&the_log.journal)) {
        g_string_append(line, prefixes[level]);
        return;
    }
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *time = g_date_time_format(now, "%Y-%m-%d %H:%M:%S");
    g_string_append_printf(line, "%s.%03d %s ", time, g_date_time_get_microsecond(now) / 1000,
                           names[level]);
}

/* Takes sentence. */
static void write_sentence(LecLogLevel level, const char *domain, char *sentence) {
    g_autofree char *clean = redact(sentence);
    g_autoptr(GString) line = g_string_sized_new(256);
    begin_line(line, level);
    if (domain != NULL)
        g_string_append_printf(line, "%s: ", domain);
    for (const char *c = clean; *c != '\0'; c++) {
        if (line->len >= MAX_LINE_BYTES) {
            g_string_append(line, ELLIPSIS);
            break;
        }
        if ((guchar)*c < 0x20 || *c == 0x7f) /* one entry stays one line */
            g_string_append_c(line, ' ');
        else
            g_string_append_c(line, *c);
    }
    g_string_append_c(line, '\n');
    write_all(line->str, line->len);
}

void lec_log(LecLogLevel level, const char *format, ...) {
    if (level > current_level())
        return;
    va_list args;
    va_start(args, format);
    char *sentence = g_strdup_vprintf(format, args);
    va_end(args);
    write_sentence(level, NULL, sentence);
}

static LecLogLevel level_of_glib(GLogLevelFlags flags) {
    if (flags & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
        return LEC_LOG_ERROR;
    if (flags & G_LOG_LEVEL_WARNING)
        return LEC_LOG_WARNING;
    if (flags & (G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO))
        return LEC_LOG_INFO;
    return LEC_LOG_DEBUG;
}

static char *field_text(const GLogField *field) {
    return field->length < 0 ? g_strdup(field->value)
                             : g_strndup(field->value, (gsize)field->length);
}

static GLogWriterOutput on_glib_line(GLogLevelFlags flags, const GLogField *fields, gsize n_fields,
                                     gpointer user) {
    g_autofree char *domain = NULL;
    g_autofree char *message = NULL;
    LecLogLevel level = level_of_glib(flags);
    if (level > current_level())
        return G_LOG_WRITER_HANDLED;
    for (gsize i = 0; i < n_fields; i++) {
        if (message == NULL && g_str_equal(fields[i].key, "MESSAGE"))
            message = field_text(&fields[i]);
        else if (domain == NULL && g_str_equal(fields[i].key, "GLIB_DOMAIN"))
            domain = field_text(&fields[i]);
    }
    if (message != NULL)
        write_sentence(level, g_strcmp0(domain, G_LOG_DOMAIN) == 0 ? NULL : domain,
                       g_steal_pointer(&message));
    return G_LOG_WRITER_HANDLED;
}

/* JOURNAL_STREAM is inherited by whatever the service starts: it counts only where it names our own
 * stream. */
static bool stderr_is_journal(void) {
    const char *stream = g_getenv("JOURNAL_STREAM");
    struct stat file;
    if (stream == NULL || fstat(STDERR_FILENO, &file) != 0)
        return false;
    g_autofree char *ours = g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT,
                                            (guint64)file.st_dev, (guint64)file.st_ino);
    return g_str_equal(stream, ours);
}

void lec_log_init(LecLogLevel level) {
    g_atomic_int_set(&the_log.journal, stderr_is_journal());
    if (g_atomic_int_exchange(&the_log.level, (gint)level + 1) == 0)
        g_log_set_writer_func(on_glib_line, NULL, NULL); /* GLib allows it once */
}

static void free_secret(gpointer secret) {
    explicit_bzero(secret, strlen(secret));
    g_free(secret);
}

void lec_log_add_secret(const char *secret) {
    if (secret == NULL)
        return;
    g_mutex_lock(&the_log.lock);
    if (the_log.secrets == NULL)
        the_log.secrets = g_ptr_array_new_with_free_func(free_secret);
    g_ptr_array_add(the_log.secrets, g_strdup(secret));
    g_mutex_unlock(&the_log.lock);
}

void lec_log_remove_secret(const char *secret) {
    if (secret == NULL)
        return;
    guint index = 0;
    g_mutex_lock(&the_log.lock);
    if (the_log.secrets != NULL &&
        g_ptr_array_find_with_equal_func(the_log.secrets, secret, g_str_equal, &index))
        g_ptr_array_remove_index_fast(the_log.secrets, index);
    if (the_log.secrets != NULL && the_log.secrets->len == 0)
        g_clear_pointer(&the_log.secrets, g_ptr_array_unref);
    g_mutex_unlock(&the_log.lock);
}

/* Format characters turn the reading direction about, so that a line reads as what it is not. */
static bool is_plain(gunichar c) {
    GUnicodeType type = g_unichar_type(c);
    return g_unichar_isprint(c) && type != G_UNICODE_LINE_SEPARATOR &&
           type != G_UNICODE_PARAGRAPH_SEPARATOR;
}

/* One character or bad byte of text, escaped where it must be; returns how many bytes it was. */
static gsize escape_one(const char *text, GString *piece) {
    gunichar c = g_utf8_get_char_validated(text, (gssize)strnlen(text, 6));
    g_string_truncate(piece, 0);
    if (c == (gunichar)-1 || c == (gunichar)-2) {
        g_string_append_printf(piece, "\\x%02x", (guchar)*text);
        return 1;
    }
    gsize len = (gsize)(g_utf8_next_char(text) - text);
    if (c == '\\')
        g_string_append(piece, "\\\\");
    else if (is_plain(c))
        g_string_append_len(piece, text, (gssize)len);
    else
        g_string_append_printf(piece, c < 0x80 ? "\\x%02x" : "\\u{%x}", c);
    return len;
}

char *lec_log_text(const char *peer_text) {
    if (peer_text == NULL)
        return g_strdup("(nothing)");
    GString *text = g_string_sized_new(64);
    g_autoptr(GString) piece = g_string_new(NULL);
    gsize room = MAX_PEER_TEXT_BYTES - strlen(ELLIPSIS);
    while (*peer_text != '\0') {
        peer_text += escape_one(peer_text, piece);
        if (text->len + piece->len > room) {
            g_string_append(text, ELLIPSIS);
            break;
        }
        g_string_append_len(text, piece->str, (gssize)piece->len);
    }
    return g_string_free(text, false);
}
