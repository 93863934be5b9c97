/* The arithmetic of what each sender is asked for. */
#include "receiver/budget.h"

/* Of the display: from this area on a tile is shown at the display's own rate, and under the other
 * one it stands in a strip, where nobody follows a film. */
#define LARGE 0.2
#define SMALL (1 / 16.)
#define DISPLAY_FPS 60 /* what "no wish" comes to */
#define MIDDLE_FPS 30
#define SMALL_FPS 15
#define HELD_FPS 5
#define HELD_KBPS 500
#define PAUSED_KBPS 500
/* A fifth of a bit a pixel: twice what a conference's encoders use, so that text comes sharp. */
#define BITS_A_PIXEL 0.2
/* Under this a small tile would take long to become sharp after a change. */
#define TILE_MIN_KBPS 1000
/* Fewer pictures are asked for, not worse ones: the rate goes down with them only so far. */
#define SLOWED_MIN_KBPS 500

/* What sends little keeps a part, and the rest is of use to others for that second. */
#define SPARE_FACTOR 3
#define SPARE_KBPS 500

#define BUSY_CPU_PERCENT 80
#define CALM_CPU_PERCENT 60
#define BUSY_DECODER_US 900000
#define CALM_DECODER_US 600000
#define BUSY_WAITING_US 200000
#define CALM_WAITING_US 50000
/* Of pictures as fast as a display's a few are replaced unseen, by chance. */
#define BUSY_DROPPED_PERCENT 40
#define BUSY_DROPPED_LEAST 10
#define BUSY_TICKS 2
#define STEP_DOWN(fps) ((fps)*2 / 3)
#define STEP_UP(fps) ((fps)*3 / 2 + 1)
#define CALM_TICKS_LEAST 8
#define CALM_TICKS_MOST 120

typedef struct {
    guint id;
    guint max_fps; /* 0: none */
} Slowed;

struct LecBudget {
    GArray *slowed; /* of Slowed */
    guint busy, calm;
    guint calm_ticks; /* so many before a restriction is eased */
    bool eased;       /* the last change was for more */
};

LecBudget *lec_budget_new(void) {
    LecBudget *self = g_new0(LecBudget, 1);
    self->slowed = g_array_new(FALSE, FALSE, sizeof(Slowed));
    self->calm_ticks = CALM_TICKS_LEAST;
    return self;
}

void lec_budget_free(LecBudget *self) {
    if (!self)
        return;
    g_array_unref(self->slowed);
    g_free(self);
}

static Slowed *find(const LecBudget *self, guint id) {
    for (guint i = 0; i < self->slowed->len; i++)
        if (g_array_index(self->slowed, Slowed, i).id == id)
            return &g_array_index(self->slowed, Slowed, i);
    return NULL;
}

/* ---- what the tile can show ---- */

static guint tile_fps(const LecBudgetSeat *seat) {
    if (seat->held)
        return HELD_FPS;
    if (seat->paused)
        return LEC_BUDGET_MIN_FPS;
    if (seat->width == 0 || seat->of_display >= LARGE)
        return DISPLAY_FPS;
    return seat->of_display >= SMALL ? MIDDLE_FPS : SMALL_FPS;
}

static guint wanted_fps(const LecBudget *self, const LecBudgetSeat *seat) {
    const Slowed *slowed = find(self, seat->id);
    return slowed ? MIN(slowed->max_fps, tile_fps(seat)) : tile_fps(seat);
}

static guint32 wanted_kbps(const LecBudget *self, const LecBudgetSeat *seat) {
    if (seat->held)
        return HELD_KBPS;
    if (seat->paused)
        return PAUSED_KBPS;
    const guint full_fps = tile_fps(seat);
    const double kbps =
        MAX((double)seat->width * seat->height * full_fps * BITS_A_PIXEL / 1000, TILE_MIN_KBPS);
    return (guint32)MAX(kbps * wanted_fps(self, seat) / full_fps, SLOWED_MIN_KBPS);
}

/* ---- what the box may receive ---- */

static double weight(const LecBudgetSeat *seat) {
    return seat->held || seat->paused ? LEC_BUDGET_HELD_WIDTH * LEC_BUDGET_HELD_HEIGHT
                                      : MAX((double)seat->width * seat->height, 1);
}

/* Fills each share up to its limit, in proportion to the weights; returns what is left over. */
static double pour(double kbps, const LecBudgetSeat *seats, const double *limits, guint n,
                   double *shares) {
    for (guint round = 0; round < n && kbps > 0.5; round++) {
        double thirsty = 0, poured = 0;
        for (guint i = 0; i < n; i++)
            thirsty += shares[i] < limits[i] ? weight(&seats[i]) : 0;
        if (thirsty <= 0)
            break;
        for (guint i = 0; i < n; i++) {
            if (shares[i] >= limits[i])
                continue;
            const double more = MIN(kbps * weight(&seats[i]) / thirsty, limits[i] - shares[i]);
            shares[i] += more;
            poured += more;
        }
        kbps -= poured;
    }
    return kbps;
}

/* First what each needs that sends now as it did, then the rest for whoever begins to. */
static void share_out(const LecBudgetBox *box, const LecBudgetSeat *seats, guint n,
                      LecBudgetShare *ret) {
    g_autofree double *shares = g_new0(double, n);
    g_autofree double *needs = g_new0(double, n);
    g_autofree double *wants = g_new0(double, n);
    double kbps = box->max_kbps;
    for (guint i = 0; i < n; i++) {
        wants[i] = ret[i].max_kbps;
        needs[i] = MIN(wants[i], (double)seats[i].kbps * SPARE_FACTOR + SPARE_KBPS);
        shares[i] = LEC_BUDGET_MIN_KBPS;
        kbps -= LEC_BUDGET_MIN_KBPS;
    }
    kbps = pour(kbps, seats, needs, n, shares);
    pour(kbps, seats, wants, n, shares);
    for (guint i = 0; i < n; i++)
        ret[i].max_kbps = (guint32)shares[i];
}

void lec_budget_divide(const LecBudget *self, const LecBudgetBox *box, const LecBudgetSeat *seats,
                       guint n, LecBudgetShare *ret) {
    for (guint i = 0; i < n; i++)
        ret[i] = (LecBudgetShare){
            .width = seats[i].held ? LEC_BUDGET_HELD_WIDTH : seats[i].width,
            .height = seats[i].held ? LEC_BUDGET_HELD_HEIGHT : seats[i].height,
            .max_kbps = wanted_kbps(self, &seats[i]),
            .max_fps = wanted_fps(self, &seats[i]),
        };
    if (box->max_kbps > 0)
        share_out(box, seats, n, ret);
    for (guint i = 0; i < n; i++) {
        const bool free_rate = box->max_kbps == 0 && ret[i].max_fps >= DISPLAY_FPS;
        if (free_rate)
            ret[i].max_kbps = 0;
        if (ret[i].max_fps >= DISPLAY_FPS)
            ret[i].max_fps = 0;
    }
}

/* ---- what can be decoded ---- */

static bool is_held_up(const LecBudgetSeat *seat) {
    return seat->decode_us > BUSY_DECODER_US || seat->waiting_us > BUSY_WAITING_US ||
           (!seat->paused && !seat->held && seat->dropped >= BUSY_DROPPED_LEAST &&
            seat->dropped * 100 > seat->pictures * BUSY_DROPPED_PERCENT);
}

static bool is_busy(const LecBudgetBox *box, const LecBudgetSeat *seats, guint n) {
    bool busy = box->cpu_percent > BUSY_CPU_PERCENT;
    for (guint i = 0; i < n; i++)
        busy |= is_held_up(&seats[i]);
    return busy;
}

static bool is_calm(const LecBudgetBox *box, const LecBudgetSeat *seats, guint n) {
    bool calm = box->cpu_percent < CALM_CPU_PERCENT;
    for (guint i = 0; i < n; i++)
        calm &= !is_held_up(&seats[i]) && seats[i].decode_us < CALM_DECODER_US &&
                seats[i].waiting_us < CALM_WAITING_US;
    return calm;
}

/* The most expensive of those that can do with less; where the processors have time left, of those
 * that are held up themselves. NULL: nobody can. */
static const LecBudgetSeat *find_dearest(const LecBudget *self, const LecBudgetBox *box,
                                         const LecBudgetSeat *seats, guint n) {
    const bool anybody = box->cpu_percent > BUSY_CPU_PERCENT;
    const LecBudgetSeat *dearest = NULL;
    for (guint i = 0; i < n; i++) {
        const guint fps = MIN(wanted_fps(self, &seats[i]), seats[i].pictures);
        if (fps > LEC_BUDGET_MIN_FPS && (anybody || is_held_up(&seats[i])) &&
            (!dearest || seats[i].decode_us > dearest->decode_us))
            dearest = &seats[i];
    }
    return dearest;
}

static void slow_one(LecBudget *self, const LecBudgetBox *box, const LecBudgetSeat *seats,
                     guint n) {
    const LecBudgetSeat *dearest = find_dearest(self, box, seats, n);
    if (!dearest)
        return;
    const guint now = MIN(wanted_fps(self, dearest), dearest->pictures);
    const guint fps = MAX(STEP_DOWN(now), LEC_BUDGET_MIN_FPS);
    Slowed *slowed = find(self, dearest->id);
    if (slowed)
        slowed->max_fps = fps;
    else
        g_array_append_val(self->slowed, ((Slowed){dearest->id, fps}));
    /* What was too much a moment ago is not tried again so soon. */
    if (self->eased)
        self->calm_ticks = MIN(self->calm_ticks * 2, CALM_TICKS_MOST);
    self->eased = false;
}

/* Whoever is slowed most gets more. */
static void ease_one(LecBudget *self) {
    Slowed *most = NULL;
    guint at = 0;
    for (guint i = 0; i < self->slowed->len; i++) {
        Slowed *one = &g_array_index(self->slowed, Slowed, i);
        if (!most || one->max_fps < most->max_fps) {
            most = one;
            at = i;
        }
    }
    if (!most)
        return;
    most->max_fps = STEP_UP(most->max_fps);
    if (most->max_fps >= DISPLAY_FPS)
        g_array_remove_index_fast(self->slowed, at);
    self->eased = true;
}

static void forget_gone(LecBudget *self, const LecBudgetSeat *seats, guint n) {
    for (guint i = self->slowed->len; i-- > 0;) {
        bool there = false;
        for (guint k = 0; k < n; k++)
            there |= seats[k].id == g_array_index(self->slowed, Slowed, i).id;
        if (!there)
            g_array_remove_index_fast(self->slowed, i);
    }
    if (self->slowed->len == 0 && n == 0)
        self->calm_ticks = CALM_TICKS_LEAST;
}

void lec_budget_tick(LecBudget *self, const LecBudgetBox *box, const LecBudgetSeat *seats,
                     guint n) {
    forget_gone(self, seats, n);
    self->busy = is_busy(box, seats, n) ? self->busy + 1 : 0;
    self->calm = is_calm(box, seats, n) ? self->calm + 1 : 0;
    if (self->busy >= BUSY_TICKS) {
        slow_one(self, box, seats, n);
        self->busy = 0;
    } else if (self->calm >= self->calm_ticks) {
        ease_one(self);
        self->calm = 0;
    }
}
