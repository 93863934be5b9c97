/* Who may present: guesses are few, locks grow and end, and nobody who is on notices. */
#include "receiver/admission.h"
#include "receiver/attempts.h"

#include <string.h>

#define SECOND ((gint64)G_USEC_PER_SEC)
#define START (1000 * SECOND)

static LecFingerprint device_of(guint number) {
    LecFingerprint device = {0};
    memcpy(device.bytes, &number, sizeof number);
    return device;
}

/* One guess. True where it was evaluated. */
static bool guess(LecAdmission *admission, const char *source, guint device, bool right,
                  gint64 now_us) {
    LecFingerprint fingerprint = device_of(device);
    if (!lec_admission_begin_proof(admission, source, &fingerprint, now_us, NULL))
        return false;
    lec_admission_end_proof(admission, source, &fingerprint, right, now_us);
    return true;
}

static guint retry_after(LecAdmission *admission, const char *source, guint device, gint64 now_us) {
    LecFingerprint fingerprint = device_of(device);
    guint seconds = 0;
    LecVerdict verdict = lec_admission_ask(admission, source, &fingerprint, now_us, &seconds);
    g_assert_true((verdict == LEC_VERDICT_LOCKED) == (seconds > 0));
    return seconds;
}

static void test_verdicts(void) {
    LecFingerprint device = device_of(1);
    g_autoptr(LecAdmission) none = lec_admission_new(LEC_PIN_NONE, NULL, 2);
    g_assert_null(lec_admission_get_pin(none));
    g_assert_cmpint(lec_admission_ask(none, "192.0.2.1", &device, START, NULL), ==,
                    LEC_VERDICT_ADMIT);
    g_assert_true(lec_admission_join(none));
    g_assert_true(lec_admission_join(none));
    g_assert_cmpint(lec_admission_ask(none, "192.0.2.1", &device, START, NULL), ==,
                    LEC_VERDICT_FULL);
    g_assert_false(lec_admission_left(none, false, START));
    g_assert_cmpint(lec_admission_ask(none, "192.0.2.1", &device, START, NULL), ==,
                    LEC_VERDICT_ADMIT);
    g_assert_false(lec_admission_left(none, false, START));

    g_autoptr(LecAdmission) fixed = lec_admission_new(LEC_PIN_FIXED, "s3cret", 1);
    g_assert_cmpstr(lec_admission_get_pin(fixed), ==, "s3cret");
    g_assert_cmpint(lec_admission_ask(fixed, "192.0.2.1", &device, START, NULL), ==,
                    LEC_VERDICT_ASK_PIN);
    g_assert_true(lec_admission_join(fixed));
    g_assert_cmpint(lec_admission_ask(fixed, "192.0.2.1", &device, START, NULL), ==,
                    LEC_VERDICT_FULL);
    g_assert_false(lec_admission_left(fixed, false, START));
    g_assert_cmpstr(lec_admission_get_pin(fixed), ==, "s3cret");
}

/* The longest PIN is counted in characters, not in bytes. */
static void test_fixed_pins(void) {
    g_autoptr(GString) pin = g_string_new(NULL);
    for (guint characters = 1; characters <= 40; characters++) {
        g_string_append(pin, "𝟙"); /* four bytes */
        const bool fits = characters >= 4 && characters <= 32;
        g_assert_true(lec_admission_is_pin(pin->str) == fits);
        if (!fits)
            continue;
        g_autoptr(LecAdmission) admission = lec_admission_new(LEC_PIN_FIXED, pin->str, 1);
        g_assert_cmpstr(lec_admission_get_pin(admission), ==, pin->str);
    }
    g_assert_false(lec_admission_is_pin("\xc3\x28\xc3\x28"));
}

/* Many may be asked for the PIN while there is still a place; as many as there are places get in.
 */
static void test_places(void) {
    g_autoptr(LecAdmission) admission = lec_admission_new(LEC_PIN_NONE, NULL, 2);
    for (guint i = 0; i < 3; i++) {
        LecFingerprint device = device_of(i);
        g_assert_cmpint(lec_admission_ask(admission, "192.0.2.1", &device, START, NULL), ==,
                        LEC_VERDICT_ADMIT);
    }
    g_assert_true(lec_admission_join(admission));
    g_assert_true(lec_admission_join(admission));
    g_assert_false(lec_admission_join(admission));
    lec_admission_left(admission, false, START);
    g_assert_true(lec_admission_join(admission)); /* the one turned away was not counted */
    g_assert_false(lec_admission_join(admission));
}

static void test_rotation(void) {
    g_autoptr(LecAdmission) admission = lec_admission_new(LEC_PIN_ROTATING, NULL, 4);
    guint digits_seen = 0;
    for (guint i = 0; i < 200; i++) {
        g_autofree char *before = g_strdup(lec_admission_get_pin(admission));
        g_assert_cmpuint(strlen(before), ==, LEC_PIN_DIGITS);
        g_assert_cmpuint(strspn(before, "0123456789"), ==, LEC_PIN_DIGITS);
        digits_seen |= 1u << (before[0] - '0');
        g_assert_true(lec_admission_join(admission));
        g_assert_true(lec_admission_join(admission));
        g_assert_false(lec_admission_left(admission, false, START)); /* one is still on */
        g_assert_cmpstr(lec_admission_get_pin(admission), ==, before);
        const guint number = lec_admission_get_pin_number(admission);
        g_assert_true(lec_admission_left(admission, false, START));
        g_assert_cmpuint(lec_admission_get_pin_number(admission), !=, number);
        g_assert_cmpstr(lec_admission_get_pin(admission), !=, before);
    }
    g_assert_cmphex(digits_seen, ==, 0x3ff); /* missing one in 200 draws: 1 in 10^8 */
}

static void test_source_lock_doubles(void) {
    g_autoptr(LecAdmission) admission = lec_admission_new(LEC_PIN_FIXED, "123456", 4);
    gint64 now = START;
    for (guint i = 0; i < 5; i++)
        g_assert_true(guess(admission, "192.0.2.1", i, false, now));
    static const guint locks[] = {30, 60, 120, 240, 480, 900, 900};
    for (guint i = 0; i < G_N_ELEMENTS(locks); i++) {
        g_assert_cmpuint(retry_after(admission, "192.0.2.1", 99, now), ==, locks[i]);
        g_assert_false(guess(admission, "192.0.2.1", 99, true, now)); /* not even the right one */
        g_assert_cmpuint(retry_after(admission, "192.0.2.2", 98, now), ==, 0); /* others may */
        now += locks[i] * SECOND;
        g_assert_true(guess(admission, "192.0.2.1", 100 + i, false, now));
    }
}

static void test_device_lock(void) {
    g_autoptr(LecAdmission) admission = lec_admission_new(LEC_PIN_FIXED, "123456", 4);
    for (guint i = 0; i < 5; i++) {
        g_autofree char *source = g_strdup_printf("192.0.2.%u", i);
        g_assert_true(guess(admission, source, 7, false, START));
    }
    g_assert_cmpuint(retry_after(admission, "198.51.100.1", 7, START), ==, 30);
    g_assert_cmpuint(retry_after(admission, "198.51.100.1", 8, START), ==, 0);
}

static void test_success_clears(void) {
    g_autoptr(LecAdmission) admission = lec_admission_new(LEC_PIN_FIXED, "123456", 4);
    for (guint round = 0; round < 3; round++) {
        for (guint i = 0; i < 4; i++)
            g_assert_true(guess(admission, "192.0.2.1", 1, false, START));
        g_assert_true(
            guess(admission, "192.0.2.1", 1, true, START)); /* the fifth is right: no lock */
        g_assert_cmpuint(retry_after(admission, "192.0.2.1", 1, START), ==, 0);
    }
    /* The box forgot nothing: 12 misses, and the 20th trips it. */
    for (guint i = 0; i < 7; i++) {
        g_autofree char *source = g_strdup_printf("198.51.100.%u", i);
        g_assert_true(guess(admission, source, 50 + i, false, START));
    }
    g_assert_cmpint(lec_admission_get_locked_until_us(admission, START), ==, 0);
    g_assert_true(guess(admission, "192.0.2.77", 77, false, START + 200 * SECOND));
    g_assert_cmpint(lec_admission_get_locked_until_us(admission, START + 200 * SECOND), ==,
                    START + 230 * SECOND);
}

static void test_box_trips_and_rotates(void) {
    g_autoptr(LecAdmission) admission = lec_admission_new(LEC_PIN_ROTATING, NULL, 4);
    g_autofree char *pin = g_strdup(lec_admission_get_pin(admission));
    g_assert_true(lec_admission_join(admission));
    guint evaluated = 0;
    for (guint i = 0; i < 10000; i++) { /* each from another address and device */
        g_autofree char *source = g_strdup_printf("10.0.%u.%u", i / 256, i % 256);
        evaluated += guess(admission, source, i, false, START + i);
        if (evaluated < 20)
            g_assert_cmpstr(lec_admission_get_pin(admission), ==, pin);
    }
    g_assert_cmpuint(evaluated, ==, 20);
    g_assert_cmpstr(lec_admission_get_pin(admission), !=, pin);
    g_assert_cmpuint(retry_after(admission, "198.51.100.1", 12345, START + 30 * SECOND), ==, 1);
    g_assert_cmpint(lec_admission_get_locked_until_us(admission, START + 31 * SECOND), ==, 0);

    /* Afterwards one at a time, each locking for twice as long. */
    gint64 now = START + 31 * SECOND;
    g_assert_true(guess(admission, "198.51.100.1", 1, false, now));
    g_assert_cmpuint(retry_after(admission, "198.51.100.2", 2, now), ==, 60);
    g_assert_false(guess(admission, "198.51.100.2", 2, true, now));
    g_assert_true(
        lec_admission_left(admission, false, START)); /* who was on stayed on, until now */
}

/* Who was cut off gets back in with the same PIN for a while; a meeting that really ended does not
 * keep it. */
static void test_grace_after_a_loss(void) {
    g_autoptr(LecAdmission) admission = lec_admission_new(LEC_PIN_ROTATING, NULL, 4);
    g_autofree char *pin = g_strdup(lec_admission_get_pin(admission));
    g_assert_true(lec_admission_join(admission));
    g_assert_false(lec_admission_left(admission, true, START));
    g_assert_false(lec_admission_tick(admission, START + LEC_PIN_GRACE_US - 1));
    g_assert_cmpstr(lec_admission_get_pin(admission), ==, pin);
    g_assert_true(lec_admission_join(admission)); /* back in time: the meeting goes on */
    g_assert_false(lec_admission_tick(admission, START + 2 * LEC_PIN_GRACE_US));
    g_assert_cmpstr(lec_admission_get_pin(admission), ==, pin);
    g_assert_false(lec_admission_left(admission, true, START + 2 * LEC_PIN_GRACE_US));
    g_assert_true(lec_admission_tick(admission, START + 3 * LEC_PIN_GRACE_US));
    g_assert_cmpstr(lec_admission_get_pin(admission), !=, pin);
    g_assert_false(lec_admission_tick(admission, START + 4 * LEC_PIN_GRACE_US)); /* once */
}

static void test_parallel_guesses(void) {
    g_autoptr(LecAdmission) admission = lec_admission_new(LEC_PIN_FIXED, "123456", 4);
    LecFingerprint device = device_of(1);
    guint begun = 0;
    for (guint i = 0; i < 100; i++) /* none is answered before all have begun */
        begun += lec_admission_begin_proof(admission, "192.0.2.1", &device, START, NULL);
    g_assert_cmpuint(begun, ==, 5);
    for (guint i = 0; i < begun; i++)
        lec_admission_end_proof(admission, "192.0.2.1", &device, false, START);
    g_assert_cmpuint(retry_after(admission, "192.0.2.1", 1, START), ==, 30);
}

static void test_right_twentieth(void) {
    g_autoptr(LecAdmission) admission = lec_admission_new(LEC_PIN_ROTATING, NULL, 4);
    g_autofree char *pin = g_strdup(lec_admission_get_pin(admission));
    for (guint i = 0; i < 19; i++) {
        g_autofree char *source = g_strdup_printf("10.0.0.%u", i);
        g_assert_true(guess(admission, source, i, false, START));
    }
    g_assert_true(guess(admission, "10.0.1.1", 100, true, START));
    g_assert_cmpint(lec_admission_get_locked_until_us(admission, START), ==, 0);
    g_assert_cmpstr(lec_admission_get_pin(admission), ==, pin);
    g_assert_true(guess(admission, "10.0.1.2", 101, false, START)); /* now it trips */
    g_assert_cmpint(lec_admission_get_locked_until_us(admission, START), >, 0);
    g_assert_cmpstr(lec_admission_get_pin(admission), !=, pin);
}

static void test_decay(void) {
    g_autoptr(LecAdmission) admission = lec_admission_new(LEC_PIN_FIXED, "123456", 4);
    gint64 now = START;
    for (guint i = 0; i < 50; i++) { /* one in ten minutes never locks */
        g_assert_true(guess(admission, "192.0.2.1", 1, false, now));
        now += LEC_ATTEMPTS_DECAY_US;
    }
    for (guint i = 0; i < 5; i++)
        guess(admission, "192.0.2.1", 1, false, now);
    g_assert_cmpuint(retry_after(admission, "192.0.2.1", 1, now), >, 0);
    now += 24 * 3600 * SECOND;
    for (guint i = 0; i < 4; i++)
        g_assert_true(guess(admission, "192.0.2.1", 1, false, now));
    g_assert_cmpuint(retry_after(admission, "192.0.2.1", 1, now), ==, 0);
}

static void test_bounded_tables(void) {
    g_autoptr(LecAttempts) attempts = lec_attempts_new();
    for (guint i = 0; i < 5; i++)
        lec_attempts_begin(attempts, "first", NULL, START);
    g_assert_cmpint(lec_attempts_locked_until_us(attempts, "first", NULL, START), !=, 0);
    for (guint i = 0; i < 5000; i++) { /* which admission would never let happen */
        g_autofree char *source = g_strdup_printf("host-%u", i);
        lec_attempts_begin(attempts, source, NULL, START);
    }
    /* The entry was pushed out; the box still holds, and for longer. */
    g_assert_cmpint(lec_attempts_locked_until_us(attempts, "first", NULL, START), ==,
                    START + LEC_ATTEMPTS_MAX_LOCK_US);
}

static LecVerdict ask(LecAdmission *admission, const char *source) {
    guint retry_after_s = 0;
    const LecFingerprint device = device_of(9999);
    return lec_admission_ask(admission, source, &device, START, &retry_after_s);
}

static void test_approval(void) {
    g_autoptr(LecAdmission) none = lec_admission_new(LEC_PIN_NONE, NULL, 9);
    lec_admission_set_approval(none, LEC_APPROVAL_HOST);
    g_assert_cmpint(ask(none, "a"), ==, LEC_VERDICT_ADMIT);
    lec_admission_set_hosts(none, 1);
    g_assert_cmpint(ask(none, "a"), ==, LEC_VERDICT_ASK_APPROVAL);
    lec_admission_set_approval(none, LEC_APPROVAL_NEVER);
    g_assert_cmpint(ask(none, "a"), ==, LEC_VERDICT_ADMIT);

    g_autoptr(LecAdmission) fixed = lec_admission_new(LEC_PIN_FIXED, "123456", 9);
    g_assert_false(lec_admission_is_by_approval(fixed));
    lec_admission_set_approval(fixed, LEC_APPROVAL_ALWAYS);
    g_assert_true(lec_admission_is_by_approval(fixed));
    g_assert_cmpint(ask(fixed, "a"), ==, LEC_VERDICT_ASK_PIN); /* both are wanted */
}

typedef struct {
    LecAdmission *admission;
    guint away;
} Room;

static guint on_count_away(void *user) {
    return ((Room *)user)->away;
}

static void on_yield(void *user) {
    Room *room = user;
    g_assert_cmpuint(room->away, >, 0);
    room->away--;
    lec_admission_left(room->admission, true, START);
}

/* Who has lost its connection keeps its place until somebody who may come in needs it. */
static void test_yielding(void) {
    static const LecAdmissionPlaces places = {.count_away = on_count_away, .yield = on_yield};
    g_autoptr(LecAdmission) admission = lec_admission_new(LEC_PIN_ROTATING, NULL, 2);
    g_autofree char *pin = g_strdup(lec_admission_get_pin(admission));
    Room room = {.admission = admission};
    lec_admission_set_places(admission, &places, &room);
    g_assert_true(lec_admission_join(admission));
    room.away = 1;
    g_assert_true(lec_admission_join(admission)); /* there is another place */
    g_assert_cmpuint(room.away, ==, 1);
    g_assert_cmpint(ask(admission, "a"), ==, LEC_VERDICT_ASK_PIN); /* asking alone ends nobody */
    g_assert_cmpuint(room.away, ==, 1);
    g_assert_true(lec_admission_join(admission));
    g_assert_cmpuint(room.away, ==, 0);
    g_assert_cmpint(ask(admission, "a"), ==, LEC_VERDICT_FULL);
    g_assert_false(lec_admission_join(admission));
    room.away = 2;
    g_assert_true(lec_admission_join(admission));
    g_assert_true(lec_admission_join(admission));
    g_assert_false(lec_admission_join(admission));
    lec_admission_tick(admission, START + 2 * LEC_PIN_GRACE_US);
    g_assert_cmpstr(lec_admission_get_pin(admission), ==, pin); /* somebody was on all the time */
}

/* Others' wrong PINs shut nobody out whom a person can let in; one's own do. */
static void test_way_round_the_lock(void) {
    g_autoptr(LecAdmission) admission = lec_admission_new(LEC_PIN_FIXED, "123456", 9);
    for (guint i = 0; i < LEC_ATTEMPTS_BOX_LIMIT; i++) {
        g_autofree char *source = g_strdup_printf("192.0.2.%u", i / (LEC_ATTEMPTS_LIMIT - 1));
        guess(admission, source, i, false, START);
    }
    g_assert_cmpint(ask(admission, "a"), ==, LEC_VERDICT_LOCKED);
    lec_admission_set_hosts(admission, 1);
    g_assert_cmpint(ask(admission, "a"), ==, LEC_VERDICT_ASK_APPROVAL);
    lec_admission_set_hosts(admission, 0);
    lec_admission_set_approval(admission, LEC_APPROVAL_HOST);
    g_assert_cmpint(ask(admission, "a"), ==, LEC_VERDICT_LOCKED);
    lec_admission_set_approval(admission, LEC_APPROVAL_ALWAYS);
    g_assert_cmpint(ask(admission, "a"), ==, LEC_VERDICT_ASK_APPROVAL);

    g_autoptr(LecAdmission) other = lec_admission_new(LEC_PIN_FIXED, "123456", 9);
    lec_admission_set_hosts(other, 1);
    for (guint i = 0; i < LEC_ATTEMPTS_LIMIT; i++)
        guess(other, "192.0.2.1", i, false, START);
    g_assert_cmpint(ask(other, "192.0.2.1"), ==, LEC_VERDICT_LOCKED);
    g_assert_cmpint(ask(other, "a"), ==, LEC_VERDICT_ASK_PIN);
}

static void test_undecided(void) {
    g_autoptr(LecAdmission) admission = lec_admission_new(LEC_PIN_NONE, NULL, 9);
    for (guint i = 0; i < LEC_MAX_UNDECIDED_OF_SOURCE; i++)
        g_assert_true(lec_admission_begin_wait(admission, "a", true));
    g_assert_false(lec_admission_begin_wait(admission, "a", true));
    g_assert_true(lec_admission_begin_wait(admission, "a", false));
    g_assert_true(lec_admission_begin_wait(admission, "b", true));
    g_assert_false(lec_admission_begin_wait(admission, "b", true));
    g_assert_false(lec_admission_begin_wait(admission, "c", false));
    lec_admission_end_wait(admission, "a", true);
    g_assert_true(lec_admission_begin_wait(admission, "a", true));
}

/* On the list: from this network as ever, through the cloud not at all, and nothing is counted. */
static void test_remote_denied(void) {
    char text[LEC_FINGERPRINT_TEXT_SIZE];
    const LecFingerprint listed = device_of(1), other = device_of(2);
    lec_fingerprint_format(&listed, text);
    g_autoptr(LecAdmission) admission = lec_admission_new(LEC_PIN_FIXED, "s3cret", 1);
    g_assert_false(lec_admission_is_shut_out(admission, &listed, true));
    lec_admission_set_remote_denied(admission, lec_devices_parse(text, "remote-denied", NULL));
    for (guint i = 0; i < 100; i++)
        g_assert_true(lec_admission_is_shut_out(admission, &listed, true));
    g_assert_false(lec_admission_is_shut_out(admission, &listed, false));
    g_assert_false(lec_admission_is_shut_out(admission, &other, true));
    g_assert_cmpint(lec_admission_ask(admission, "192.0.2.1", &listed, START, NULL), ==,
                    LEC_VERDICT_ASK_PIN);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/admission/grace-after-a-loss", test_grace_after_a_loss);
    g_test_add_func("/admission/verdicts", test_verdicts);
    g_test_add_func("/admission/fixed-pins", test_fixed_pins);
    g_test_add_func("/admission/places", test_places);
    g_test_add_func("/admission/yielding", test_yielding);
    g_test_add_func("/admission/rotation", test_rotation);
    g_test_add_func("/admission/source-lock-doubles", test_source_lock_doubles);
    g_test_add_func("/admission/device-lock", test_device_lock);
    g_test_add_func("/admission/success-clears", test_success_clears);
    g_test_add_func("/admission/box-trips-and-rotates", test_box_trips_and_rotates);
    g_test_add_func("/admission/parallel-guesses", test_parallel_guesses);
    g_test_add_func("/admission/right-twentieth", test_right_twentieth);
    g_test_add_func("/admission/decay", test_decay);
    g_test_add_func("/admission/approval", test_approval);
    g_test_add_func("/admission/way-round-the-lock", test_way_round_the_lock);
    g_test_add_func("/admission/undecided", test_undecided);
    g_test_add_func("/admission/remote-denied", test_remote_denied);
    g_test_add_func("/admission/bounded-tables", test_bounded_tables);
    return g_test_run();
}
