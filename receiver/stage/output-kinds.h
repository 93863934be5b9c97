/* The outputs there are, for lec_output_open() alone. */
#pragma once

#include "receiver/stage/output.h"

#include <string.h>

typedef LecOutput *(*LecOutputOpen)(const LecOutputOptions *options, const LecOutputEvents *events,
                                    void *user, GError **error);

LecOutput *lec_output_wayland_open(const LecOutputOptions *options, const LecOutputEvents *events,
                                   void *user, GError **error);
LecOutput *lec_output_x11_open(const LecOutputOptions *options, const LecOutputEvents *events,
                               void *user, GError **error);
LecOutput *lec_output_kms_open(const LecOutputOptions *options, const LecOutputEvents *events,
                               void *user, GError **error);
LecOutput *lec_output_none_open(const LecOutputOptions *options, const LecOutputEvents *events,
                                void *user, GError **error);
