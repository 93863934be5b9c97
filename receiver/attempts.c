/* Counters of failed attempts with decay and growing locks, in two bounded tables and one for the
 * box. */
#include "receiver/attempts.h"

#include <string.h>

/* Counts past the limit only as far as the lock still grows, so that decay opens it again in
 * foreseeable time. */
#define MAX_DOUBLINGS 5

typedef struct {
    guint misses;
    gint64 decayed_us; /* up to when decay has been reckoned */
    gint64 locked_until_us;
} Counter;

typedef struct {
    char *name;
    GList *link; /* in the table's order */
    Counter counter;
} Entry;

typedef struct {
    GHashTable *entries; /* name -> Entry, owned */
    GQueue order;        /* of Entry, the most recently seen first */
} Table;

struct LecAttempts {
    Counter box;
    bool box_tripped; /* since the last call of lec_attempts_failed() */
    Table sources;
    Table devices;
};

static void decay(Counter *self, gint64 now_us) {
    gint64 steps = (now_us - self->decayed_us) / LEC_ATTEMPTS_DECAY_US;
    if (self->misses == 0) {
        self->decayed_us = now_us;
    } else if (steps > 0) {
        self->misses -= (guint)MIN(steps, (gint64)self->misses);
        self->decayed_us += steps * LEC_ATTEMPTS_DECAY_US;
    }
}

static gint64 locked_until(const Counter *self, gint64 now_us) {
    return self->locked_until_us > now_us ? self->locked_until_us : 0;
}

/* True where the counter is locked now. */
static bool miss(Counter *self, guint limit, gint64 now_us) {
    decay(self, now_us);
    self->misses = MIN(self->misses + 1, limit + MAX_DOUBLINGS);
    if (self->misses < limit)
        return false;
    gint64 lock_us = MIN((gint64)LEC_ATTEMPTS_FIRST_LOCK_US << (self->misses - limit),
                         (gint64)LEC_ATTEMPTS_MAX_LOCK_US);
    self->locked_until_us = MAX(self->locked_until_us, now_us + lock_us);
    self->decayed_us =
        self->locked_until_us; /* sitting a lock out is no merit: it only then decays */
    return true;
}

/* The attempt was none: neither is the lock that it alone brought about. */
static void take_back(Counter *self, guint limit, gint64 now_us) {
    decay(self, now_us);
    if (self->misses > 0)
        self->misses--;
    if (self->misses < limit) {
        self->locked_until_us = 0;
        self->decayed_us = MIN(self->decayed_us, now_us);
    }
}

static void free_entry(gpointer data) {
    Entry *entry = data;
    g_free(entry->name);
    g_free(entry);
}

static void table_init(Table *self) {
    self->entries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_entry);
    g_queue_init(&self->order);
}

static void table_clear(Table *self) {
    g_queue_clear(&self->order);
    g_clear_pointer(&self->entries, g_hash_table_unref);
}

static void table_remove(Table *self, const char *name) {
    Entry *entry = g_hash_table_lookup(self->entries, name);
    if (entry == NULL)
        return;
    g_queue_delete_link(&self->order, entry->link);
    g_hash_table_remove(self->entries, entry->name);
}

/*
 * Entries are made by attempts alone, which the box's counter holds to a few an hour once it has
 * tripped: pushing one's own lock out of a full table takes far longer than the lock lasts.
 */
static Counter *table_get(Table *self, const char *name) {
    Entry *entry = g_hash_table_lookup(self->entries, name);
    if (entry != NULL) {
        g_queue_unlink(&self->order, entry->link);
        g_queue_push_head_link(&self->order, entry->link);
        return &entry->counter;
    }
    if (self->order.length >= LEC_ATTEMPTS_MAX_ENTRIES)
        table_remove(self, ((Entry *)g_queue_peek_tail(&self->order))->name);
    entry = g_new0(Entry, 1);
    entry->name = g_strdup(name);
    g_queue_push_head(&self->order, entry);
    entry->link = self->order.head;
    g_hash_table_insert(self->entries, entry->name, entry);
    return &entry->counter;
}

static gint64 table_locked_until(const Table *self, const char *name, gint64 now_us) {
    const Entry *entry = g_hash_table_lookup(self->entries, name);
    return entry != NULL ? locked_until(&entry->counter, now_us) : 0;
}

LecAttempts *lec_attempts_new(void) {
    LecAttempts *self = g_new0(LecAttempts, 1);
    table_init(&self->sources);
    table_init(&self->devices);
    return self;
}

void lec_attempts_free(LecAttempts *self) {
    if (self == NULL)
        return;
    table_clear(&self->sources);
    table_clear(&self->devices);
    g_free(self);
}

gint64 lec_attempts_box_locked_until_us(const LecAttempts *self, gint64 now_us) {
    return locked_until(&self->box, now_us);
}

gint64 lec_attempts_locked_until_us(LecAttempts *self, const char *source,
                                    const LecFingerprint *device, gint64 now_us) {
    return MAX(locked_until(&self->box, now_us),
               lec_attempts_own_locked_until_us(self, source, device, now_us));
}

gint64 lec_attempts_own_locked_until_us(const LecAttempts *self, const char *source,
                                        const LecFingerprint *device, gint64 now_us) {
    gint64 until = table_locked_until(&self->sources, source, now_us);
    if (device != NULL) {
        char text[LEC_FINGERPRINT_TEXT_SIZE];
        lec_fingerprint_format(device, text);
        until = MAX(until, table_locked_until(&self->devices, text, now_us));
    }
    return until;
}

void lec_attempts_begin(LecAttempts *self, const char *source, const LecFingerprint *device,
                        gint64 now_us) {
    if (miss(&self->box, LEC_ATTEMPTS_BOX_LIMIT, now_us))
        self->box_tripped = true;
    miss(table_get(&self->sources, source), LEC_ATTEMPTS_LIMIT, now_us);
    if (device != NULL) {
        char text[LEC_FINGERPRINT_TEXT_SIZE];
        lec_fingerprint_format(device, text);
        miss(table_get(&self->devices, text), LEC_ATTEMPTS_LIMIT, now_us);
    }
}

void lec_attempts_succeeded(LecAttempts *self, const char *source, const LecFingerprint *device,
                            gint64 now_us) {
    table_remove(&self->sources, source);
    if (device != NULL) {
        char text[LEC_FINGERPRINT_TEXT_SIZE];
        lec_fingerprint_format(device, text);
        table_remove(&self->devices, text);
    }
    take_back(&self->box, LEC_ATTEMPTS_BOX_LIMIT, now_us);
    if (self->box.locked_until_us == 0)
        self->box_tripped = false;
}

bool lec_attempts_failed(LecAttempts *self) {
    bool tripped = self->box_tripped;
    self->box_tripped = false;
    return tripped;
}
