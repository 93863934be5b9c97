/* Settings from arbitrary bytes: what was read, written out again, reads the same. */
#include "common/base/config.h"

#include <stddef.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

typedef struct {
    char *name;
    char *password;
    bool sound;
    int port;
    int pin;
} Settings;

static const char *const pins[] = {"none", "rotating", "file", NULL};

static const LecConfigField fields[] = {
    {"box", "name", LEC_CONFIG_STRING, offsetof(Settings, name), 0, 40, NULL, "Lectern", ""},
    {"box", "port", LEC_CONFIG_INT, offsetof(Settings, port), -5, 65535, NULL, "443", ""},
    {"box", "sound", LEC_CONFIG_BOOL, offsetof(Settings, sound), 0, 0, NULL, "true", ""},
    {"door", "pin", LEC_CONFIG_ENUM, offsetof(Settings, pin), 0, 0, pins, "rotating", ""},
    {"door", "password", LEC_CONFIG_STRING, offsetof(Settings, password), 2, 64, NULL, "", ""},
    {NULL},
};

static char *escape(const char *text) {
    g_autoptr(GString) out = g_string_new(NULL);
    for (; *text != '\0'; text++) {
        if (*text == ' ' || *text == '\\')
            g_string_append(out, *text == ' ' ? "\\s" : "\\\\");
        else
            g_string_append_c(out, *text);
    }
    return g_strdup(out->str);
}

static char *write_out(const Settings *settings) {
    g_autofree char *name = escape(settings->name);
    g_autofree char *password = escape(settings->password);
    bool has_password = *password != '\0';
    return g_strdup_printf("[box]\nname=%s\nport=%d\nsound=%s\n[door]\npin=%s\n%s%s\n", name,
                           settings->port, settings->sound ? "true" : "false", pins[settings->pin],
                           has_password ? "password=" : "", password);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size) {
    g_autoptr(GError) error = NULL;
    Settings settings = {0}, again = {0};
    lec_config_set_defaults(fields, &settings);
    lec_config_set_defaults(fields, &again);
    if (!lec_config_parse(fields, "fuzz", (const char *)data, size, &settings, &error)) {
        g_assert_true(g_utf8_validate(error->message, -1, NULL) && !strchr(error->message, '\n'));
        g_assert_cmpstr(settings.name, ==, "Lectern");
    } else {
        g_autofree char *text = write_out(&settings);
        g_assert_true(lec_config_parse(fields, "again", text, strlen(text), &again, &error));
        g_assert_cmpstr(settings.name, ==, again.name);
        g_assert_cmpstr(settings.password, ==, again.password);
        g_assert_true(settings.sound == again.sound && settings.port == again.port &&
                      settings.pin == again.pin);
    }
    lec_config_clear(fields, &settings);
    lec_config_clear(fields, &again);
    return 0;
}
