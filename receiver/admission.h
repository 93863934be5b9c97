/*
 * The one rule behind every door: who may present. Pure: time in, verdicts out. One counter of
 * failed attempts for the box, each source and each device, over all doors together; lock-out grows
 * and never touches those who are already on.
 */
#pragma once

#include "common/base/fingerprint.h"
#include "receiver/devices.h"
#include "receiver/revocations.h"

#define LEC_PIN_DIGITS 6 /* of a rotating PIN */

typedef enum { LEC_PIN_NONE, LEC_PIN_ROTATING, LEC_PIN_FIXED } LecPinMode;

/* Whether a person decides about each who comes. */
typedef enum {
    LEC_APPROVAL_NEVER,  /* the PIN is enough */
    LEC_APPROVAL_HOST,   /* while a host is on */
    LEC_APPROVAL_ALWAYS, /* a host, or whoever is at the display */
    LEC_APPROVALS,
} LecApproval;
extern const char *const lec_approval_names[]; /* "never", "host", "always", NULL */

#define LEC_MAX_UNDECIDED 4           /* callers about whom a person is still to decide */
#define LEC_MAX_UNDECIDED_OF_SOURCE 2 /* of them without a PIN */

typedef struct LecAdmission LecAdmission;

typedef enum {
    LEC_VERDICT_ADMIT, /* nothing is asked */
    LEC_VERDICT_ASK_PIN,
    LEC_VERDICT_ASK_APPROVAL, /* no PIN; a person decides */
    LEC_VERDICT_LOCKED,       /* retry_after_s */
    LEC_VERDICT_FULL,
} LecVerdict;

/* What may be a fixed PIN: 4 to 32 characters of UTF-8. */
bool lec_admission_is_pin(const char *text);

/* fixed_pin: for FIXED, one that lec_admission_is_pin(); copied. */
LecAdmission *lec_admission_new(LecPinMode mode, const char *fixed_pin, guint max_presenters);
void lec_admission_free(LecAdmission *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecAdmission, lec_admission_free)

/* NEVER at first. hosts: how many are on. */
void lec_admission_set_approval(LecAdmission *self, LecApproval approval);
LecApproval lec_admission_get_approval(const LecAdmission *self);
void lec_admission_set_hosts(LecAdmission *self, guint hosts);

/* A person decides now, also about those who prove the PIN. */
bool lec_admission_is_by_approval(const LecAdmission *self);

/*
 * A caller begins to wait for a person's word, and the wait ends. unproved: without a PIN; source:
 * as its door names it. False: too many do already.
 */
bool lec_admission_begin_wait(LecAdmission *self, const char *source, bool unproved);
void lec_admission_end_wait(LecAdmission *self, const char *source, bool unproved);

/*
 * Devices that may present from this network only. remote: it comes through the cloud. Who is shut
 * out is told so before anything is asked, and nothing is counted. Takes devices, NULL: none.
 */
void lec_admission_set_remote_denied(LecAdmission *self, LecDevices *devices);
/* Devices that may not present at all; borrowed, outlives self; NULL: none. Their dates are by the
 * wall clock, which is read here. */
void lec_admission_set_revocations(LecAdmission *self, const LecRevocations *revocations);
bool lec_admission_is_shut_out(const LecAdmission *self, const LecFingerprint *device, bool remote);

/* A caller says hello. While too many wrong PINs have locked the box, but not this very caller, and
 * a person can decide, one does. source: as its door names it, device: its fingerprint as
 * announced. */
LecVerdict lec_admission_ask(LecAdmission *self, const char *source, const LecFingerprint *device,
                             gint64 now_us, guint *ret_retry_after_s);

/*
 * Each proof is one attempt: counted before it is answered. begin: false while locked (even if it
 * was not at hello). end: with the outcome, false too where the caller went away; a success clears
 * the source's and the device's count, not the box's faster than it decays. A failure that trips
 * the box's lock draws the rotating PIN anew: get it again. is_locked: whether begin would refuse.
 */
bool lec_admission_is_locked(LecAdmission *self, const char *source, const LecFingerprint *device,
                             gint64 now_us, guint *ret_retry_after_s);
bool lec_admission_begin_proof(LecAdmission *self, const char *source, const LecFingerprint *device,
                               gint64 now_us, guint *ret_retry_after_s);
void lec_admission_end_proof(LecAdmission *self, const char *source, const LecFingerprint *device,
                             bool success, gint64 now_us);

/* The PIN to show and to prove; NULL where none is asked. A registered log secret. */
const char *lec_admission_get_pin(const LecAdmission *self);

/* Another one with each PIN: who was asked for one keeps it, and sees whether that PIN still holds.
 */
guint lec_admission_get_pin_number(const LecAdmission *self);
guint lec_admission_get_max_presenters(const LecAdmission *self);

/* Until when the box's own lock-out holds (µs, monotonic), 0: it is not locked. For the welcome
 * screen. */
gint64 lec_admission_get_locked_until_us(const LecAdmission *self, gint64 now_us);

/*
 * Presenters come and go. After the last one left the rotating PIN is drawn anew: at once, or,
 * where lost says that a connection broke, after LEC_PIN_GRACE_US, so that who was cut off can join
 * again with the PIN that let them in. True where it changed.
 */
#define LEC_PIN_GRACE_US (30 * G_USEC_PER_SEC)
/*
 * Who is on and has lost its connection keeps its place until somebody else needs it. yield: the
 * one who has been away longest gives its place up, that is, lec_admission_left() is called.
 */
typedef struct {
    guint (*count_away)(void *user);
    void (*yield)(void *user);
} LecAdmissionPlaces;
void lec_admission_set_places(LecAdmission *self, const LecAdmissionPlaces *places, void *user);

bool lec_admission_join(LecAdmission *self); /* false: no place is left, whatever ask() said */
bool lec_admission_left(LecAdmission *self, bool lost, gint64 now_us);

/* Once a second or so: ends the grace. True where the PIN changed. */
bool lec_admission_tick(LecAdmission *self, gint64 now_us);
