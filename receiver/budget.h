/*
 * What each sender is asked for, so that no one's coming takes from the others: what its tile can
 * show and no more, a share of what the box may receive, and fewer pictures where decoding them all
 * is too much. Pure: figures of the last second in, wishes out.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LEC_BUDGET_MIN_KBPS 150
#define LEC_BUDGET_MIN_FPS 5
#define LEC_BUDGET_HELD_WIDTH 640
#define LEC_BUDGET_HELD_HEIGHT 360

/* One sender, over the last second. */
typedef struct {
    guint id;
    bool held;           /* only small pictures of it are seen, by a host */
    bool paused;         /* what comes is not shown for now */
    guint width, height; /* of its tile at rest, pixels; 0: it has none yet */
    double of_display;   /* the tile's area, 1: all of it */
    guint pictures;      /* decoded */
    guint dropped;       /* of them, those that the display never showed */
    guint32 decode_us;   /* how long its decoder was at work */
    guint32 waiting_us;  /* how old the oldest packet is that waits for its decoder */
    guint32 kbps;        /* received */
} LecBudgetSeat;

typedef struct {
    guint max_kbps;    /* for all together; 0: no bound */
    guint cpu_percent; /* what this program used, of all processors, in the last second */
} LecBudgetBox;

/* 0: no wish. */
typedef struct {
    guint width, height;
    guint32 max_kbps, max_fps;
} LecBudgetShare;

typedef struct LecBudget LecBudget;

LecBudget *lec_budget_new(void);
void lec_budget_free(LecBudget *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LecBudget, lec_budget_free)

/* Once a second: looks at what decoding costs. Restrictions come within 2 s of too much load, one
 * at a time, and go slowly; of seats that are not given any more nothing is kept. */
void lec_budget_tick(LecBudget *self, const LecBudgetBox *box, const LecBudgetSeat *seats, guint n);

/* At any time: ret has room for n. */
void lec_budget_divide(const LecBudget *self, const LecBudgetBox *box, const LecBudgetSeat *seats,
                       guint n, LecBudgetShare *ret);
