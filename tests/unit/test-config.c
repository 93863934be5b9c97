/* Strict settings: what is read, what is refused and in which words. */
#include "common/base/config.h"

#include <glib/gstdio.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    char *name;
    char *password;
    bool sound;
    int port;
    int pin;
} Settings;

static const char *const pins[] = {"none", "rotating", "file", NULL};

static const LecConfigField fields[] = {
    {"box", "name", LEC_CONFIG_STRING, offsetof(Settings, name), 1, 20, NULL, "Lectern",
     "The name."},
    {"box", "port", LEC_CONFIG_INT, offsetof(Settings, port), 1, 65535, NULL, "443", "The port."},
    {"box", "sound", LEC_CONFIG_BOOL, offsetof(Settings, sound), 0, 0, NULL, "true", "Sound."},
    {"door", "pin", LEC_CONFIG_ENUM, offsetof(Settings, pin), 0, 0, pins, "rotating", "The PIN."},
    {"door", "password", LEC_CONFIG_STRING, offsetof(Settings, password), 8, 64, NULL, NULL,
     "Secret."},
    {NULL},
};

static bool parse(const char *text, Settings *settings, GError **error) {
    return lec_config_parse(fields, "lectern.conf", text, strlen(text), settings, error);
}

static void test_defaults(void) {
    Settings settings = {0};
    lec_config_set_defaults(fields, &settings);
    g_assert_cmpstr(settings.name, ==, "Lectern");
    g_assert_null(settings.password);
    g_assert_true(settings.sound);
    g_assert_cmpint(settings.port, ==, 443);
    g_assert_cmpint(settings.pin, ==, 1);
    lec_config_set_defaults(fields, &settings); /* again: nothing leaks */
    lec_config_clear(fields, &settings);
    g_assert_null(settings.name);
}

static void test_good(void) {
    static const char text[] =
        "\xef\xbb\xbf# Room 1\r\n[box]\r\n name = Räum=1\\s\r\nport=8443\r\nsound=false\r\n\r\n"
        "[door]\npin=none\n[box]\n[door]\npassword=a\\\\b cdefg";
    g_autoptr(GError) error = NULL;
    Settings settings = {0};
    lec_config_set_defaults(fields, &settings);
    g_assert_true(parse(text, &settings, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(settings.name, ==, "Räum=1 ");
    g_assert_cmpstr(settings.password, ==, "a\\b cdefg");
    g_assert_false(settings.sound);
    g_assert_cmpint(settings.port, ==, 8443);
    g_assert_cmpint(settings.pin, ==, 0);
    g_assert_true(parse("", &settings, &error)); /* says nothing, so all stays */
    g_assert_cmpint(settings.port, ==, 8443);
    lec_config_clear(fields, &settings);
}

static void test_refused(void) {
    static const struct {
        const char *text;
        LecConfigError code;
        const char *message;
    } cases[] = {
        {"[box]\nport=1\nport=2\n", LEC_CONFIG_ERROR_SYNTAX,
         "lectern.conf:3: “port” is given again; it already stands in line 2."},
        {"[box]\nport=1\n[door]\n[box]\nport=1", LEC_CONFIG_ERROR_SYNTAX,
         "lectern.conf:5: “port” is given again; it already stands in line 2."},
        {"[box]\n\nport=0\n", LEC_CONFIG_ERROR_VALUE,
         "lectern.conf:3: “port” cannot be used: “0” is not a whole number from 1 to 65535."},
        {"[box]\nport=1x\n", LEC_CONFIG_ERROR_VALUE,
         "lectern.conf:2: “port” cannot be used: “1x” is not a whole number from 1 to 65535."},
        {"[box]\nport=99999999999999999999\n", LEC_CONFIG_ERROR_VALUE,
         "lectern.conf:2: “port” cannot be used: “99999999999999999999” is not a whole number from "
         "1 to 65535."},
        {"[box]\nport=\n", LEC_CONFIG_ERROR_VALUE,
         "lectern.conf:2: “port” cannot be used: “” is not a whole number from 1 to 65535."},
        {"[box]\nsound=no\n", LEC_CONFIG_ERROR_VALUE,
         "lectern.conf:2: “sound” cannot be used: “no” is neither “true” nor “false”."},
        {"[door]\npin=maybe\n", LEC_CONFIG_ERROR_VALUE,
         "lectern.conf:2: “pin” cannot be used: “maybe” is none of: none, rotating, file."},
        {"[door]\npassword=short\n", LEC_CONFIG_ERROR_VALUE,
         "lectern.conf:2: “password” cannot be used: the text has 5 bytes and must have from 8 to "
         "64."},
        {"[door]\npassword=hunter2\thunter2\n", LEC_CONFIG_ERROR_VALUE,
         "lectern.conf:2: “password” cannot be used: the text holds a control character."},
        {"[box]\nname=a\\n\n", LEC_CONFIG_ERROR_SYNTAX,
         "lectern.conf:2: In “name” a backslash stands before neither “s” nor a backslash."},
        {"[box]\nname=a\\", LEC_CONFIG_ERROR_SYNTAX,
         "lectern.conf:2: In “name” a backslash stands before neither “s” nor a backslash."},
        {"[box]\npin=none\n", LEC_CONFIG_ERROR_UNKNOWN,
         "lectern.conf:2: There is no key “pin” in [box]; it belongs into [door]."},
        {"[box]\nprot=1\n", LEC_CONFIG_ERROR_UNKNOWN,
         "lectern.conf:2: There is no key “prot” in [box]."},
        {"# c\n[bux]\n", LEC_CONFIG_ERROR_UNKNOWN, "lectern.conf:2: There is no group [bux]."},
        {"[box\n", LEC_CONFIG_ERROR_SYNTAX, "lectern.conf:1: The group's name has no closing “]”."},
        {"[\n", LEC_CONFIG_ERROR_SYNTAX, "lectern.conf:1: The group's name has no closing “]”."},
        {"[]\n", LEC_CONFIG_ERROR_UNKNOWN, "lectern.conf:1: There is no group []."},
        {"port=1\n", LEC_CONFIG_ERROR_SYNTAX,
         "lectern.conf:1: A key stands before the first [group]."},
        {"[box]\nport\n", LEC_CONFIG_ERROR_SYNTAX,
         "lectern.conf:2: The line is neither “key=value” nor “[group]” nor a “#” comment."},
        {"[box]\n=1\n", LEC_CONFIG_ERROR_SYNTAX,
         "lectern.conf:2: The line is neither “key=value” nor “[group]” nor a “#” comment."},
        {"[box]\nname=\xff\n", LEC_CONFIG_ERROR_SYNTAX,
         "lectern.conf:2: The line is not UTF-8 text."},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        Settings settings = {0}, before;
        lec_config_set_defaults(fields, &settings);
        before = settings;
        g_autofree char *text = g_strconcat("", cases[i].text, NULL);
        g_assert_false(parse(text, &settings, &error));
        g_assert_error(error, LEC_CONFIG_ERROR, (int)cases[i].code);
        g_assert_cmpstr(error->message, ==, cases[i].message);
        g_assert_cmpmem(&settings, sizeof settings, &before, sizeof before);
        lec_config_clear(fields, &settings);
    }
}

static void test_all_or_nothing(void) {
    g_autoptr(GError) error = NULL;
    Settings settings = {0};
    lec_config_set_defaults(fields, &settings);
    g_assert_false(parse("[box]\nname=Other\nport=80\nsound=false\nbad=1\n", &settings, &error));
    g_assert_cmpstr(settings.name, ==, "Lectern");
    g_assert_cmpint(settings.port, ==, 443);
    g_assert_true(settings.sound);
    lec_config_clear(fields, &settings);
}

static void test_nul_and_size(void) {
    g_autoptr(GError) error = NULL;
    Settings settings = {0};
    g_assert_false(lec_config_parse(fields, "f", "[box]\nname=a\0b\n", 15, &settings, &error));
    g_assert_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_SYNTAX);
    g_clear_error(&error);
    g_autofree char *flood = g_strnfill(70000, '\n');
    g_assert_false(parse(flood, &settings, &error));
    g_assert_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_FILE);
    g_assert_null(settings.name);
}

static void test_files(void) {
    g_autoptr(GError) error = NULL;
    Settings settings = {0};
    g_assert_false(lec_config_load(fields, "/nonexistent/lectern.conf", &settings, &error));
    g_assert_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_FILE);
    g_clear_error(&error);
    g_assert_false(lec_config_load(fields, "/", &settings, &error));
    g_assert_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_FILE);
    g_clear_error(&error);
    g_assert_false(lec_config_load(fields, "/dev/zero", &settings, &error));
    g_assert_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_FILE);
    g_clear_error(&error);

    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("lectern-config-XXXXXX", &path, &error);
    g_assert_no_error(error);
    close(fd);
    g_assert_true(g_file_set_contents(path, "[box]\nport=80\n", -1, NULL));
    g_assert_true(lec_config_load(fields, path, &settings, &error));
    g_assert_cmpint(settings.port, ==, 80);
    g_assert_true(g_file_set_contents(path, "[box]\nport=x\n", -1, NULL));
    g_assert_false(lec_config_load(fields, path, &settings, &error));
    g_assert_true(g_str_has_prefix(error->message, path));
    g_unlink(path);
}

static void test_option(void) {
    g_autoptr(GError) error = NULL;
    Settings settings = {0};
    g_assert_true(lec_config_set(fields, "box", "port", "8443", "--port", &settings, &error));
    g_assert_cmpint(settings.port, ==, 8443);
    g_assert_false(lec_config_set(fields, "box", "port", "-1", "--port", &settings, &error));
    g_assert_cmpstr(error->message, ==, "--port: “-1” is not a whole number from 1 to 65535.");
    g_clear_error(&error);
    g_assert_true(lec_config_set(fields, "box", "name", "A\\s", "--name", &settings,
                                 &error)); /* no escapes here */
    g_assert_cmpstr(settings.name, ==, "A\\s");
    g_assert_false(lec_config_set(fields, "box", "name", "\xff", "--name", &settings, &error));
    g_assert_cmpstr(settings.name, ==, "A\\s");
    lec_config_clear(fields, &settings);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/config/defaults", test_defaults);
    g_test_add_func("/config/good", test_good);
    g_test_add_func("/config/refused", test_refused);
    g_test_add_func("/config/all-or-nothing", test_all_or_nothing);
    g_test_add_func("/config/nul-and-size", test_nul_and_size);
    g_test_add_func("/config/files", test_files);
    g_test_add_func("/config/option", test_option);
    return g_test_run();
}
