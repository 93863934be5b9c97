/* Choosing a connector and a mode: what is connected, its own shape, within what the processor can
 * fill. */
#include "receiver/stage/kms-choose.h"
#include "receiver/stage/kms-hotplug.h"

#define FULL_HD \
    { .width = 1920, .height = 1080, .refresh_mhz = 60000 }

static LecKmsMode chosen(const LecKmsConnector *connector, guint width, guint height) {
    LecKmsChoice choice;
    g_assert_true(lec_kms_choose(connector, 1, width, height, &choice));
    return connector->modes[choice.mode];
}

static void test_connector(void) {
    const LecKmsConnector connectors[] = {
        {.connected = false, .crtcs = 1, .modes = {FULL_HD}, .n_modes = 1},
        {.connected = true, .crtcs = 1, .n_modes = 0},
        {.connected = true, .crtcs = 0, .modes = {FULL_HD}, .n_modes = 1},
        {.connected = true, .crtcs = 6, .modes = {FULL_HD}, .n_modes = 1}};
    LecKmsChoice choice;
    g_assert_true(lec_kms_choose(connectors, 4, 0, 0, &choice));
    g_assert_cmpuint(choice.connector, ==, 3);
    g_assert_cmpuint(choice.crtc, ==, 1);
    g_assert_false(lec_kms_choose(connectors, 3, 0, 0, &choice));
    g_assert_false(lec_kms_choose(NULL, 0, 0, 0, &choice));
}

static void test_mode(void) {
    const LecKmsConnector monitor = {.connected = true,
                                     .crtcs = 1,
                                     .modes = {{1280, 720, 60000},
                                               {1920, 1080, 60000, .preferred = true},
                                               {1920, 1080, 75000},
                                               {1920, 1200, 60000},
                                               {1920, 1080, 60000, .interlaced = true}},
                                     .n_modes = 5};
    LecKmsMode mode = chosen(&monitor, 0, 0);
    g_assert_true(mode.preferred);
    mode = chosen(&monitor, 1280, 720);
    g_assert_cmpuint(mode.width, ==, 1280);
    mode = chosen(&monitor, 1234, 567); /* it has no such mode */
    g_assert_true(mode.preferred);
}

static void test_native(void) {
    const LecKmsConnector projector = {
        .connected = true,
        .crtcs = 1,
        .modes = {{1280, 800, 60000, .preferred = true}, {1920, 1200, 60000}, {1280, 800, 75000}},
        .n_modes = 3};
    LecKmsMode mode = chosen(&projector, 0, 0);
    g_assert_true(mode.preferred);
    g_assert_cmpuint(chosen(&projector, 1920, 1200).width, ==, 1920);
}

static void test_large(void) {
    const LecKmsConnector television = {.connected = true,
                                        .crtcs = 1,
                                        .modes = {{3840, 2160, 60000, .preferred = true},
                                                  {4096, 2160, 60000},
                                                  {1920, 1080, 120000},
                                                  {1920, 1080, 60000},
                                                  {1920, 1080, 24000},
                                                  {1920, 1080, 60000, .interlaced = true},
                                                  {1280, 1024, 60000}},
                                        .n_modes = 7};
    LecKmsMode mode = chosen(&television, 0, 0);
    g_assert_cmpuint(mode.width, ==, 1920);
    g_assert_cmpuint(mode.refresh_mhz, ==, 60000);
    g_assert_false(mode.interlaced);
    mode = chosen(&television, 3840, 2160);
    g_assert_cmpuint(mode.width, ==, 3840);
    const LecKmsConnector only = {.connected = true,
                                  .crtcs = 1,
                                  .modes = {{5120, 2880, 60000}, {3840, 2160, 30000}},
                                  .n_modes = 2};
    g_assert_cmpuint(chosen(&only, 0, 0).width, ==,
                     3840); /* the smaller of two that are too large */
}

#define IS_HOTPLUG(text) lec_kms_is_hotplug(text, sizeof(text) - 1)

static void test_hotplug(void) {
    g_assert_true(IS_HOTPLUG("change@/devices/pci0000:00/0000:00:02.0/drm/card0\0ACTION=change\0"
                             "DEVPATH=/devices/pci0000:00/0000:00:02.0/drm/card0\0SUBSYSTEM=drm\0"
                             "HOTPLUG=1\0CONNECTOR=95\0DEVNAME=dri/card0\0SEQNUM=3210\0"));
    g_assert_true(IS_HOTPLUG("HOTPLUG=1\0SUBSYSTEM=drm")); /* the last NUL cut off */
    g_assert_false(IS_HOTPLUG("change@/x\0SUBSYSTEM=drm\0LEASE=1\0"));
    g_assert_false(IS_HOTPLUG("change@/x\0SUBSYSTEM=usb\0HOTPLUG=1\0"));
    g_assert_false(IS_HOTPLUG("SUBSYSTEM=drmHOTPLUG=1\0HOTPLUG=10\0"));
    g_assert_false(lec_kms_is_hotplug("", 0));
    g_assert_false(IS_HOTPLUG("\0\0\0"));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kms-choose/connector", test_connector);
    g_test_add_func("/kms-choose/mode", test_mode);
    g_test_add_func("/kms-choose/native", test_native);
    g_test_add_func("/kms-choose/large", test_large);
    g_test_add_func("/kms-choose/hotplug", test_hotplug);
    return g_test_run();
}
