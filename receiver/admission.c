/* Decides who may present: the PIN that is asked, the attempts that are left, the places that are
 * free. */
#include "receiver/admission.h"

#include "common/base/log.h"
#include "receiver/attempts.h"

#include <sodium.h>
#include <string.h>

#define MIN_FIXED_PIN 4
#define MAX_FIXED_PIN 32
#define MAX_UTF8_BYTES 4 /* of a character */

struct LecAdmission {
    LecPinMode mode;
    char pin[MAX_FIXED_PIN * MAX_UTF8_BYTES + 1]; /* empty for NONE */
    guint pin_number;
    guint max_presenters;
    guint presenters;
    const LecAdmissionPlaces *places; /* NULL: nobody yields */
    void *places_user;
    gint64 rotate_at_us; /* when the PIN is drawn anew after a meeting; 0: not due */
    LecAttempts *attempts;
    LecApproval approval;
    guint hosts;
    LecDevices *remote_denied;         /* NULL: none */
    const LecRevocations *revocations; /* NULL: none */
    guint undecided;
    char *unproved[LEC_MAX_UNDECIDED]; /* the sources of those without a PIN; NULL: free */
};

const char *const lec_approval_names[] = {"never", "host", "always", NULL};

static void set_pin(LecAdmission *self, const char *pin) {
    if (*self->pin != '\0')
        lec_log_remove_secret(self->pin);
    sodium_memzero(self->pin, sizeof self->pin);
    g_strlcpy(self->pin, pin, sizeof self->pin);
    self->pin_number++;
    if (*pin != '\0')
        lec_log_add_secret(pin);
}

/* Never the same twice running: who saw the old one must not get in with it. */
static void draw_pin(LecAdmission *self) {
    char pin[LEC_PIN_DIGITS + 1] = "";
    do {
        for (guint i = 0; i < LEC_PIN_DIGITS; i++)
            pin[i] = (char)('0' + randombytes_uniform(10));
    } while (strcmp(pin, self->pin) == 0);
    set_pin(self, pin);
    sodium_memzero(pin, sizeof pin);
}

bool lec_admission_is_pin(const char *text) {
    if (!g_utf8_validate(text, -1, NULL))
        return false;
    const glong characters = g_utf8_strlen(text, -1);
    return characters >= MIN_FIXED_PIN && characters <= MAX_FIXED_PIN;
}

LecAdmission *lec_admission_new(LecPinMode mode, const char *fixed_pin, guint max_presenters) {
    if (sodium_init() < 0)
        g_error("libsodium found no source of random numbers");
    LecAdmission *self = g_new0(LecAdmission, 1);
    self->mode = mode;
    self->max_presenters = max_presenters;
    self->attempts = lec_attempts_new();
    switch (mode) {
    case LEC_PIN_NONE:
        break;
    case LEC_PIN_ROTATING:
        draw_pin(self);
        break;
    case LEC_PIN_FIXED:
        g_assert(fixed_pin != NULL && lec_admission_is_pin(fixed_pin));
        set_pin(self, fixed_pin);
        break;
    }
    return self;
}

void lec_admission_free(LecAdmission *self) {
    if (self == NULL)
        return;
    set_pin(self, "");
    g_clear_pointer(&self->attempts, lec_attempts_free);
    g_clear_pointer(&self->remote_denied, lec_devices_free);
    for (guint i = 0; i < LEC_MAX_UNDECIDED; i++)
        g_free(self->unproved[i]);
    g_free(self);
}

void lec_admission_set_approval(LecAdmission *self, LecApproval approval) {
    self->approval = approval;
}

LecApproval lec_admission_get_approval(const LecAdmission *self) {
    return self->approval;
}

void lec_admission_set_hosts(LecAdmission *self, guint hosts) {
    self->hosts = hosts;
}

void lec_admission_set_remote_denied(LecAdmission *self, LecDevices *devices) {
    g_clear_pointer(&self->remote_denied, lec_devices_free);
    self->remote_denied = devices;
}

void lec_admission_set_revocations(LecAdmission *self, const LecRevocations *revocations) {
    self->revocations = revocations;
}

bool lec_admission_is_shut_out(const LecAdmission *self, const LecFingerprint *device,
                               bool remote) {
    if (self->revocations &&
        lec_revocations_contain(self->revocations, device, g_get_real_time() / G_USEC_PER_SEC))
        return true;
    return remote && self->remote_denied && lec_devices_contain(self->remote_denied, device);
}

bool lec_admission_is_by_approval(const LecAdmission *self) {
    switch (self->approval) {
    case LEC_APPROVAL_HOST:
        return self->hosts > 0;
    case LEC_APPROVAL_ALWAYS:
        return true;
    case LEC_APPROVAL_NEVER:
    case LEC_APPROVALS:
        break;
    }
    return false;
}

static guint count_unproved(const LecAdmission *self, const char *source) {
    guint count = 0;
    for (guint i = 0; i < LEC_MAX_UNDECIDED; i++)
        count += g_strcmp0(self->unproved[i], source) == 0;
    return count;
}

bool lec_admission_begin_wait(LecAdmission *self, const char *source, bool unproved) {
    if (self->undecided >= LEC_MAX_UNDECIDED ||
        (unproved && count_unproved(self, source) >= LEC_MAX_UNDECIDED_OF_SOURCE))
        return false;
    self->undecided++;
    for (guint i = 0; unproved && i < LEC_MAX_UNDECIDED; i++) {
        if (!self->unproved[i]) {
            self->unproved[i] = g_strdup(source);
            break;
        }
    }
    return true;
}

void lec_admission_end_wait(LecAdmission *self, const char *source, bool unproved) {
    g_assert(self->undecided > 0);
    self->undecided--;
    for (guint i = 0; unproved && i < LEC_MAX_UNDECIDED; i++) {
        if (g_strcmp0(self->unproved[i], source) == 0) {
            g_clear_pointer(&self->unproved[i], g_free);
            break;
        }
    }
}

/* Rounded up, so that who waits as long as told is not told to wait again. */
bool lec_admission_is_locked(LecAdmission *self, const char *source, const LecFingerprint *device,
                             gint64 now_us, guint *ret_retry_after_s) {
    gint64 until = lec_attempts_locked_until_us(self->attempts, source, device, now_us);
    if (until == 0)
        return false;
    if (ret_retry_after_s != NULL)
        *ret_retry_after_s = (guint)((until - now_us + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
    return true;
}

/* Others' wrong PINs have locked the box, and there is somebody who can let this one in. */
static bool may_ask_person(const LecAdmission *self, const char *source,
                           const LecFingerprint *device, gint64 now_us) {
    return (self->hosts > 0 || self->approval == LEC_APPROVAL_ALWAYS) &&
           lec_attempts_own_locked_until_us(self->attempts, source, device, now_us) == 0;
}

static guint count_away(const LecAdmission *self) {
    return self->places ? self->places->count_away(self->places_user) : 0;
}

LecVerdict lec_admission_ask(LecAdmission *self, const char *source, const LecFingerprint *device,
                             gint64 now_us, guint *ret_retry_after_s) {
    const bool locked = self->mode != LEC_PIN_NONE &&
                        lec_admission_is_locked(self, source, device, now_us, ret_retry_after_s);
    /* Before the places: who is locked out learns nothing of what goes on inside. */
    if (locked && !may_ask_person(self, source, device, now_us))
        return LEC_VERDICT_LOCKED;
    if (self->presenters - count_away(self) >= self->max_presenters)
        return LEC_VERDICT_FULL;
    if (locked)
        return LEC_VERDICT_ASK_APPROVAL;
    if (self->mode != LEC_PIN_NONE)
        return LEC_VERDICT_ASK_PIN;
    return lec_admission_is_by_approval(self) ? LEC_VERDICT_ASK_APPROVAL : LEC_VERDICT_ADMIT;
}

bool lec_admission_begin_proof(LecAdmission *self, const char *source, const LecFingerprint *device,
                               gint64 now_us, guint *ret_retry_after_s) {
    if (lec_admission_is_locked(self, source, device, now_us, ret_retry_after_s))
        return false;
    lec_attempts_begin(self->attempts, source, device, now_us);
    return true;
}

void lec_admission_end_proof(LecAdmission *self, const char *source, const LecFingerprint *device,
                             bool success, gint64 now_us) {
    if (success)
        lec_attempts_succeeded(self->attempts, source, device, now_us);
    else if (lec_attempts_failed(self->attempts) && self->mode == LEC_PIN_ROTATING)
        draw_pin(self);
}

const char *lec_admission_get_pin(const LecAdmission *self) {
    return self->mode == LEC_PIN_NONE ? NULL : self->pin;
}

guint lec_admission_get_max_presenters(const LecAdmission *self) {
    return self->max_presenters;
}

guint lec_admission_get_pin_number(const LecAdmission *self) {
    return self->pin_number;
}

gint64 lec_admission_get_locked_until_us(const LecAdmission *self, gint64 now_us) {
    return lec_attempts_box_locked_until_us(self->attempts, now_us);
}

void lec_admission_set_places(LecAdmission *self, const LecAdmissionPlaces *places, void *user) {
    self->places = places;
    self->places_user = user;
}

bool lec_admission_join(LecAdmission *self) {
    if (self->presenters >= self->max_presenters && count_away(self) > 0)
        self->places->yield(self->places_user);
    if (self->presenters >= self->max_presenters)
        return false;
    self->presenters++;
    self->rotate_at_us = 0;
    return true;
}

bool lec_admission_left(LecAdmission *self, bool lost, gint64 now_us) {
    g_assert(self->presenters > 0);
    self->presenters--;
    if (self->presenters > 0 || self->mode != LEC_PIN_ROTATING)
        return false;
    self->rotate_at_us = lost ? now_us + LEC_PIN_GRACE_US : now_us;
    return lec_admission_tick(self, now_us);
}

bool lec_admission_tick(LecAdmission *self, gint64 now_us) {
    if (self->rotate_at_us == 0 || now_us < self->rotate_at_us)
        return false;
    self->rotate_at_us = 0;
    draw_pin(self);
    return true;
}
