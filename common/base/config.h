/*
 * Strict settings: a key file (g_key_file syntax) read against one table of fields. An unknown
 * group or key, a bad value or a key given twice is an error that names file and line.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_CONFIG_ERROR (lec_config_error_quark())
GQuark lec_config_error_quark(void);

typedef enum {
    LEC_CONFIG_ERROR_FILE,    /* cannot be read */
    LEC_CONFIG_ERROR_SYNTAX,  /* not a key file, or a key given twice */
    LEC_CONFIG_ERROR_UNKNOWN, /* no such group or key */
    LEC_CONFIG_ERROR_VALUE,   /* not of the field's kind or out of its range */
} LecConfigError;

typedef enum {
    LEC_CONFIG_STRING, /* char *, owned by the settings struct */
    LEC_CONFIG_BOOL,   /* bool: exactly "true" or "false" */
    LEC_CONFIG_INT,    /* int within min..max */
    LEC_CONFIG_ENUM,   /* int: the index in choices */
} LecConfigKind;

typedef struct {
    const char *group;
    const char *key;
    LecConfigKind kind;
    gsize offset;               /* of the member in the settings struct */
    int min, max;               /* INT: the range; STRING: the length in bytes */
    const char *const *choices; /* ENUM: NULL-terminated */
    const char *preset;         /* the default, as it would be written in the file */
    const char *about;          /* one sentence, for --help and the man page */
} LecConfigField;

/* The table ends with an entry whose group is NULL. */
void lec_config_set_defaults(const LecConfigField *fields, gpointer settings);

/* On failure settings is as it was. */
bool lec_config_load(const LecConfigField *fields, const char *path, gpointer settings,
                     GError **error);

/* The same from memory; name stands for the file in errors. */
bool lec_config_parse(const LecConfigField *fields, const char *name, const char *text, gsize len,
                      gpointer settings, GError **error);

/* One field from text: the value of a command line option. where is put before the complaint
 * ("--port"). */
bool lec_config_set(const LecConfigField *fields, const char *group, const char *key,
                    const char *value, const char *where, gpointer settings, GError **error);

void lec_config_clear(const LecConfigField *fields, gpointer settings); /* frees the strings */
