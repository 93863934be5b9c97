/* Devices by their fingerprints, as the settings list them. */
#include "common/base/config.h"
#include "receiver/devices.h"

#include <string.h>

static LecFingerprint device_of(guint8 number) {
    LecFingerprint device = {0};
    device.bytes[31] = number;
    return device;
}

static void test_list(void) {
    char a[LEC_FINGERPRINT_TEXT_SIZE], b[LEC_FINGERPRINT_TEXT_SIZE];
    const LecFingerprint first = device_of(1), second = device_of(2), third = device_of(3);
    lec_fingerprint_format(&first, a);
    lec_fingerprint_format(&second, b);
    g_autofree char *text = g_strdup_printf("  %s, %s\t%s ", a, b, a);
    g_autoptr(GError) error = NULL;
    g_autoptr(LecDevices) devices = lec_devices_parse(text, "remote-denied", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(lec_devices_count(devices), ==, 2);
    g_assert_true(lec_devices_contain(devices, &first));
    g_assert_true(lec_devices_contain(devices, &second));
    g_assert_false(lec_devices_contain(devices, &third));
}

static void test_nobody(void) {
    const LecFingerprint device = device_of(0);
    g_autoptr(LecDevices) devices = lec_devices_parse("", "remote-denied", NULL);
    g_assert_cmpuint(lec_devices_count(devices), ==, 0);
    g_assert_false(lec_devices_contain(devices, &device));
}

static void test_no_fingerprint(void) {
    char text[LEC_FINGERPRINT_TEXT_SIZE];
    const LecFingerprint device = device_of(1);
    lec_fingerprint_format(&device, text);
    text[sizeof text - 2] = '\0'; /* one digit short */
    g_autoptr(GError) error = NULL;
    g_assert_null(lec_devices_parse(text, "remote-denied", &error));
    g_assert_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE);
    g_assert_nonnull(strstr(error->message, "remote-denied"));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/devices/list", test_list);
    g_test_add_func("/devices/nobody", test_nobody);
    g_test_add_func("/devices/no-fingerprint", test_no_fingerprint);
    return g_test_run();
}
