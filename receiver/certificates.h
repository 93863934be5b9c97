/*
 * Which certificate the box shows to browsers: its identity's own, one that its own authority made,
 * or the administrator's. The media's certificate is the identity's in every case. A new one is for
 * connections that come; those that are there go on.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "receiver/settings.h"
#include "signalling/https-server.h"

typedef struct LecCertificates LecCertificates;

typedef struct {
    void (*changed)(void *user); /* another certificate is shown, maybe with other names */
} LecCertificatesEvents;

/*
 * settings and server are borrowed; server shows the identity's certificate until there is a better
 * one. What cannot be had is logged, and tried again: nobody is kept from sharing by it. host_names
 * are the box's (see lec_web_names_list()). No event before this returns.
 */
LecCertificates *lec_certificates_new(const LecSettings *settings, LecHttpsServer *server,
                                      const char *box_name, const char *const *host_names,
                                      const LecCertificatesEvents *events, void *user);
void lec_certificates_free(LecCertificates *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecCertificates, lec_certificates_free)

/* The box's names, or its addresses, may be others now. */
void lec_certificates_set_names(LecCertificates *self, const char *const *host_names);

/* Reads the administrator's files again, or has the authority make what is due. now_s: Unix time.
 * It does so by itself each hour, and whenever there is reason to. */
void lec_certificates_renew(LecCertificates *self, gint64 now_s);

/* The authority's certificate, PEM, borrowed; NULL: there is none. */
GBytes *lec_certificates_get_authority(const LecCertificates *self);

/* The names in the administrator's certificate; empty with any other. Borrowed until the next
 * event. */
const char *const *lec_certificates_get_names(const LecCertificates *self);

/* Adds members to the object that json is in. */
void lec_certificates_describe(const LecCertificates *self, JsonBuilder *json);
