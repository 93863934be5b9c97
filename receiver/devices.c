/* Reads fingerprints and looks devices up among them. */
#include "receiver/devices.h"

#include "common/base/config.h"

struct LecDevices {
    GArray *fingerprints;
};

LecDevices *lec_devices_parse(const char *text, const char *key, GError **error) {
    g_autoptr(LecDevices) self = g_new0(LecDevices, 1);
    self->fingerprints = g_array_new(FALSE, FALSE, sizeof(LecFingerprint));
    g_auto(GStrv) words = g_strsplit_set(text, " ,\t", -1);
    for (char **word = words; *word; word++) {
        LecFingerprint fingerprint;
        if (!**word)
            continue;
        if (!lec_fingerprint_parse(*word, &fingerprint)) {
            g_set_error(error, LEC_CONFIG_ERROR, LEC_CONFIG_ERROR_VALUE,
                        "%s: \"%.120s\" is no fingerprint; write 32 pairs of hexadecimal digits "
                        "with colons between, as --status shows them.",
                        key, *word);
            return NULL;
        }
        if (!lec_devices_contain(self, &fingerprint))
            g_array_append_val(self->fingerprints, fingerprint);
    }
    return g_steal_pointer(&self);
}

void lec_devices_free(LecDevices *self) {
    if (!self)
        return;
    g_array_unref(self->fingerprints);
    g_free(self);
}

bool lec_devices_contain(const LecDevices *self, const LecFingerprint *device) {
    bool found = false;
    for (guint i = 0; i < self->fingerprints->len; i++)
        found |=
            lec_fingerprint_equal(&g_array_index(self->fingerprints, LecFingerprint, i), device);
    return found;
}

guint lec_devices_count(const LecDevices *self) {
    return self->fingerprints->len;
}
