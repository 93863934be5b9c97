/* A server on loopback that stands for a host far away: it sends back what it gets. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#define LEC_FAR_NAME "far.example.org" /* in its certificate */

typedef struct {
    bool tls;
    bool ipv6;
    bool deaf; /* takes connections and reads nothing until lec_far_host_listen() */
} LecFarHostConfig;

typedef struct LecFarHost LecFarHost;
LecFarHost *lec_far_host_new(const LecFarHostConfig *config);
void lec_far_host_free(LecFarHost *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecFarHost, lec_far_host_free)

guint16 lec_far_host_get_port(const LecFarHost *self);
GTlsDatabase *lec_far_host_get_anchors(const LecFarHost *self); /* who signed its certificate */
guint lec_far_host_count(LecFarHost *self);                     /* connections that came */
void lec_far_host_listen(LecFarHost *self);

/* Takes a service on threads, and waits until the last of them is done. */
void lec_far_host_service_end(GSocketService *service);
