/* Chooses and opens the output. */
#include "receiver/stage/output-kinds.h"

G_DEFINE_QUARK(lec_output_error_quark, lec_output_error)

/* One that is there is better than the next: inside a session its compositor owns the display. */
static LecOutput *open_auto(const LecOutputOptions *options, const LecOutputEvents *events,
                            void *user, GError **error) {
    const char *wayland = g_getenv("WAYLAND_DISPLAY"), *x11 = g_getenv("DISPLAY");
    if (wayland && *wayland)
        return lec_output_wayland_open(options, events, user, error);
    if (x11 && *x11)
        return lec_output_x11_open(options, events, user, error);
    return lec_output_kms_open(options, events, user, error);
}

LecOutput *lec_output_open(const char *kind, const LecOutputOptions *options,
                           const LecOutputEvents *events, void *user, GError **error) {
    static const struct {
        const char *name;
        LecOutputOpen open;
    } kinds[] = {{"auto", open_auto},
                 {"wayland", lec_output_wayland_open},
                 {"x11", lec_output_x11_open},
                 {"kms", lec_output_kms_open},
                 {"none", lec_output_none_open}};
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kind, kinds[i].name) == 0)
            return kinds[i].open(options, events, user, error);
    g_set_error(error, LEC_OUTPUT_ERROR, LEC_OUTPUT_ERROR_MISSING,
                "There is no display of the kind \"%s\": use auto, wayland, x11, kms or none.",
                kind);
    return NULL;
}

void lec_output_free(LecOutput *self) {
    if (self)
        self->klass->free(self);
}
