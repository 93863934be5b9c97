/* The key in the user's data folder. */
#include "sender/own-identity.h"

#include "common/base/log.h"

/* A device that has no place to keep a key can share all the same; nobody will know it again. */
LecIdentity *lec_own_identity_get(const LecShareOptions *options, GError **error) {
    g_autofree char *folder = options->state_folder
                                  ? g_strdup(options->state_folder)
                                  : g_build_filename(g_get_user_data_dir(), "lectern-share", NULL);
    g_autoptr(GError) why = NULL;
    LecIdentity *identity = lec_identity_load_or_make(folder, options->name, &why);
    if (identity)
        return identity;
    lec_warning("This device's identity cannot be kept (%s); one for this sharing alone is used.",
                why->message);
    return lec_identity_new_ephemeral(options->name, error);
}
