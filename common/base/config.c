/* Reads a key file line by line against one table of fields; nothing is set before everything was
 * understood. */
#include "common/base/config.h"

#include "common/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILE_BYTES (64 * 1024)

G_DEFINE_QUARK(lec_config_error, lec_config_error)

/* What the text says of one field. */
typedef struct {
    guint line; /* 0: nothing */
    int number;
    char *text;
} Value;

typedef struct {
    const LecConfigField *fields;
    const char *name;
    guint line;
    const char *group; /* borrowed from the table; NULL before the first group */
    Value *values;     /* one a field */
} Reader;

static guint count_fields(const LecConfigField *fields) {
    guint n = 0;
    while (fields[n].group != NULL)
        n++;
    return n;
}

static const LecConfigField *find_field(const LecConfigField *fields, const char *group,
                                        const char *key) {
    for (; fields->group != NULL; fields++) {
        if (g_str_equal(fields->group, group) && g_str_equal(fields->key, key))
            return fields;
    }
    return NULL;
}

static bool read_bool(const char *text, int *ret, GError **error) {
    bool is_true = g_str_equal(text, "true");
    if (!is_true && !g_str_equal(text, "false")) {
        g_autofree char *shown = lec_log_text(text);
        g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE,
                    "“%s” is neither “true” nor “false”", shown);
        return false;
    }
    *ret = is_true;
    return true;
}

static bool read_int(const LecConfigField *field, const char *text, int *ret, GError **error) {
    gint64 number = 0;
    if (!g_ascii_string_to_signed(text, 10, field->min, field->max, &number, NULL)) {
        g_autofree char *shown = lec_log_text(text);
        g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE,
                    "“%s” is not a whole number from %d to %d", shown, field->min, field->max);
        return false;
    }
    *ret = (int)number;
    return true;
}

static bool read_enum(const LecConfigField *field, const char *text, int *ret, GError **error) {
    for (int i = 0; field->choices[i] != NULL; i++) {
        if (g_str_equal(text, field->choices[i])) {
            *ret = i;
            return true;
        }
    }
    g_autofree char *shown = lec_log_text(text);
    g_autofree char *choices = g_strjoinv(", ", (char **)field->choices);
    g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE, "“%s” is none of: %s", shown,
                choices);
    return false;
}

/* The text itself stays out of the complaint, for it may be a password. */
static bool read_string(const LecConfigField *field, const char *text, char **ret, GError **error) {
    gsize len = strlen(text);
    if (len < (gsize)field->min || len > (gsize)field->max) {
        g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE,
                    "the text has %zu bytes and must have from %d to %d", len, field->min,
                    field->max);
        return false;
    }
    if (!g_utf8_validate(text, -1, NULL)) {
        g_set_error_literal(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE,
                            "the text is not UTF-8");
        return false;
    }
    for (const char *c = text; *c != '\0'; c = g_utf8_next_char(c)) {
        if (g_unichar_iscntrl(g_utf8_get_char(c))) {
            g_set_error_literal(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE,
                                "the text holds a control character");
            return false;
        }
    }
    *ret = g_strdup(text);
    return true;
}

static bool read_value(const LecConfigField *field, const char *text, Value *ret, GError **error) {
    switch (field->kind) {
    case LEC_CONFIG_STRING:
        return read_string(field, text, &ret->text, error);
    case LEC_CONFIG_BOOL:
        return read_bool(text, &ret->number, error);
    case LEC_CONFIG_INT:
        return read_int(field, text, &ret->number, error);
    case LEC_CONFIG_ENUM:
        return read_enum(field, text, &ret->number, error);
    }
    g_assert_not_reached();
}

static void free_text(char **text) {
    if (*text != NULL)
        explicit_bzero(*text, strlen(*text)); /* it may have been a password */
    g_clear_pointer(text, g_free);
}

/* Takes the value's text. */
static void store(const LecConfigField *field, Value *value, gpointer settings) {
    gpointer member = (guint8 *)settings + field->offset;
    switch (field->kind) {
    case LEC_CONFIG_STRING:
        free_text((char **)member);
        *(char **)member = g_steal_pointer(&value->text);
        return;
    case LEC_CONFIG_BOOL:
        *(bool *)member = value->number != 0;
        return;
    case LEC_CONFIG_INT:
    case LEC_CONFIG_ENUM:
        *(int *)member = value->number;
        return;
    }
    g_assert_not_reached();
}

static bool read_group(Reader *self, const char *line, GError **error) {
    gsize len = strlen(line);
    if (line[len - 1] != ']') {
        g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_SYNTAX,
                    "%s:%u: The group's name has no closing “]”.", self->name, self->line);
        return false;
    }
    g_autofree char *group = g_strndup(line + 1, len - 2);
    for (const LecConfigField *field = self->fields; field->group != NULL; field++) {
        if (g_str_equal(field->group, group)) {
            self->group = field->group;
            return true;
        }
    }
    g_autofree char *shown = lec_log_text(group);
    g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_UNKNOWN, "%s:%u: There is no group [%s].",
                self->name, self->line, shown);
    return false;
}

static void complain_of_key(const Reader *self, const char *key, GError **error) {
    g_autofree char *shown = lec_log_text(key);
    for (const LecConfigField *field = self->fields; field->group != NULL; field++) {
        if (g_str_equal(field->key, key)) {
            g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_UNKNOWN,
                        "%s:%u: There is no key “%s” in [%s]; it belongs into [%s].", self->name,
                        self->line, shown, self->group, field->group);
            return;
        }
    }
    g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_UNKNOWN,
                "%s:%u: There is no key “%s” in [%s].", self->name, self->line, shown, self->group);
}

/* In place: \s is a space (at an end, where a plain one would not count) and \\ a backslash. */
static bool unescape(char *text) {
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (*from != '\\') {
            *to++ = *from;
            continue;
        }
        from++;
        if (*from != 's' && *from != '\\')
            return false;
        *to++ = *from == 's' ? ' ' : '\\';
    }
    *to = '\0';
    return true;
}

static bool read_field(Reader *self, const LecConfigField *field, char *text, GError **error) {
    Value *value = &self->values[field - self->fields];
    if (value->line != 0) {
        g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_SYNTAX,
                    "%s:%u: “%s” is given again; it already stands in line %u.", self->name,
                    self->line, field->key, value->line);
        return false;
    }
    if (field->kind == LEC_CONFIG_STRING && !unescape(text)) {
        g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_SYNTAX,
                    "%s:%u: In “%s” a backslash stands before neither “s” nor a backslash.",
                    self->name, self->line, field->key);
        return false;
    }
    g_autoptr(GError) why = NULL;
    if (!read_value(field, text, value, &why)) {
        g_set_error(error, why->domain, why->code, "%s:%u: “%s” cannot be used: %s.", self->name,
                    self->line, field->key, why->message);
        return false;
    }
    value->line = self->line;
    return true;
}

/* line is writable and stripped. */
static bool read_line(Reader *self, char *line, GError **error) {
    if (*line == '\0' || *line == '#')
        return true;
    if (*line == '[')
        return read_group(self, line, error);

    char *equals = strchr(line, '=');
    if (equals == NULL || equals == line) {
        g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_SYNTAX,
                    "%s:%u: The line is neither “key=value” nor “[group]” nor a “#” comment.",
                    self->name, self->line);
        return false;
    }
    if (self->group == NULL) {
        g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_SYNTAX,
                    "%s:%u: A key stands before the first [group].", self->name, self->line);
        return false;
    }
    *equals = '\0';
    char *key = g_strchomp(line);
    const LecConfigField *field = find_field(self->fields, self->group, key);
    if (field == NULL) {
        complain_of_key(self, key, error);
        return false;
    }
    return read_field(self, field, g_strchug(equals + 1), error);
}

static bool read_lines(Reader *self, const char *text, gsize len, GError **error) {
    const char *end = text + len;
    while (text < end) {
        const char *newline = memchr(text, '\n', (gsize)(end - text));
        gsize line_len = (gsize)((newline != NULL ? newline : end) - text);
        self->line++;
        if (!g_utf8_validate_len(text, line_len, NULL)) { /* a NUL byte is not valid either */
            g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_SYNTAX,
                        "%s:%u: The line is not UTF-8 text.", self->name, self->line);
            return false;
        }
        g_autofree char *line = g_strndup(text, line_len);
        bool read = read_line(self, g_strstrip(line), error);
        explicit_bzero(line, line_len);
        if (!read)
            return false;
        text += line_len + (newline != NULL ? 1 : 0);
    }
    return true;
}

bool lec_config_parse(const LecConfigField *fields, const char *name, const char *text, gsize len,
                      gpointer settings, GError **error) {
    static const char mark[] = "\xef\xbb\xbf"; /* some editors begin UTF-8 with a byte order mark */
    if (len > MAX_FILE_BYTES) {
        g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_FILE,
                    "%s: The settings are longer than %d bytes.", name, MAX_FILE_BYTES);
        return false;
    }
    gsize skip = len >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;

    guint n_values = count_fields(fields);
    g_autofree Value *values = g_new0(Value, n_values);
    Reader reader = {.fields = fields, .name = name, .values = values};
    bool read = read_lines(&reader, text + skip, len - skip, error);
    for (guint i = 0; i < n_values; i++) {
        if (read && values[i].line != 0)
            store(&fields[i], &values[i], settings);
        free_text(&values[i].text);
    }
    return read;
}

/* Reads at most limit bytes of a plain file: never a pipe that blocks, nor a device that never
 * ends. */
static gssize read_file(const char *path, char *buffer, gsize limit) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -1;
    struct stat file;
    gsize len = 0;
    gssize n = 0;
    if (fstat(fd, &file) == 0 && !S_ISREG(file.st_mode)) {
        errno = S_ISDIR(file.st_mode) ? EISDIR : EINVAL;
        n = -1;
    }
    while (n >= 0 && len < limit) {
        n = TEMP_FAILURE_RETRY(read(fd, buffer + len, limit - len));
        if (n <= 0)
            break;
        len += (gsize)n;
    }
    int saved = errno;
    close(fd);
    errno = saved;
    return n < 0 ? -1 : (gssize)len;
}

bool lec_config_load(const LecConfigField *fields, const char *path, gpointer settings,
                     GError **error) {
    gsize limit = MAX_FILE_BYTES + 1;
    g_autofree char *buffer = g_malloc(limit);
    gssize len = read_file(path, buffer, limit);
    if (len < 0) {
        g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_FILE,
                    "The settings file %s cannot be read: %s.", path, g_strerror(errno));
        return false;
    }
    bool parsed = lec_config_parse(fields, path, buffer, (gsize)len, settings, error);
    explicit_bzero(buffer, limit);
    return parsed;
}

bool lec_config_set(const LecConfigField *fields, const char *group, const char *key,
                    const char *value, const char *where, gpointer settings, GError **error) {
    const LecConfigField *field = find_field(fields, group, key);
    if (field == NULL) {
        g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_UNKNOWN,
                    "%s: There is no key “%s” in [%s].", where, key, group);
        return false;
    }
    Value parsed = {0};
    g_autoptr(GError) why = NULL;
    if (!read_value(field, value, &parsed, &why)) {
        g_set_error(error, why->domain, why->code, "%s: %s.", where, why->message);
        return false;
    }
    store(field, &parsed, settings);
    return true;
}

void lec_config_set_defaults(const LecConfigField *fields, gpointer settings) {
    for (; fields->group != NULL; fields++) {
        Value value = {0};
        /* A string's preset may be shorter than what the file may say: "" stands for "not set". */
        if (fields->kind == LEC_CONFIG_STRING)
            value.text = g_strdup(fields->preset);
        else if (!read_value(fields, fields->preset, &value, NULL))
            g_error("the preset of %s/%s is not valid", fields->group, fields->key);
        store(fields, &value, settings);
    }
}

void lec_config_clear(const LecConfigField *fields, gpointer settings) {
    for (; fields->group != NULL; fields++) {
        if (fields->kind == LEC_CONFIG_STRING)
            free_text((char **)((guint8 *)settings + fields->offset));
    }
}
