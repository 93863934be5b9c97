/* What senders are asked for: by the size of their tiles, by what the box may receive, by what it
 * can decode. */
#include <glib.h>

#include "receiver/budget.h"

#define MAX_SEATS 9

typedef struct {
    LecBudget *budget;
    LecBudgetBox box;
    LecBudgetSeat seats[MAX_SEATS];
    guint n;
    LecBudgetShare shares[MAX_SEATS];
} Room;

static void room_clear(Room *room) {
    lec_budget_free(room->budget);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Room, room_clear)

/* n tiles of one size on a display of 1920 × 1080. */
static void room_init(Room *room, guint n, guint width, guint height) {
    *room = (Room){.budget = lec_budget_new(), .n = n, .box = {.cpu_percent = 20}};
    for (guint i = 0; i < n; i++)
        room->seats[i] = (LecBudgetSeat){.id = i + 1,
                                         .width = width,
                                         .height = height,
                                         .of_display = width * height / (1920. * 1080),
                                         .pictures = 30,
                                         .decode_us = 60000,
                                         .kbps = 3000};
}

static void divide(Room *room) {
    lec_budget_divide(room->budget, &room->box, room->seats, room->n, room->shares);
}

static void seconds(Room *room, guint count) {
    for (guint i = 0; i < count; i++)
        lec_budget_tick(room->budget, &room->box, room->seats, room->n);
    divide(room);
}

static guint64 sum_kbps(const Room *room) {
    guint64 sum = 0;
    for (guint i = 0; i < room->n; i++)
        sum += room->shares[i].max_kbps;
    return sum;
}

static void test_alone(void) {
    g_auto(Room) room;
    room_init(&room, 1, 1920, 1080);
    seconds(&room, 3);
    g_assert_cmpuint(room.shares[0].width, ==, 1920);
    g_assert_cmpuint(room.shares[0].height, ==, 1080);
    g_assert_cmpuint(room.shares[0].max_fps, ==, 0);
    g_assert_cmpuint(room.shares[0].max_kbps, ==, 0);
}

static void test_sizes(void) {
    g_auto(Room) room;
    room_init(&room, 9, 640, 360);
    room.seats[0].width = 1536; /* one large, the others in a strip */
    room.seats[0].height = 864;
    room.seats[0].of_display = 0.64;
    for (guint i = 1; i < 9; i++) {
        room.seats[i].width = 240;
        room.seats[i].height = 134;
        room.seats[i].of_display = 0.0155;
    }
    divide(&room);
    g_assert_cmpuint(room.shares[0].max_fps, ==, 0);
    for (guint i = 1; i < 9; i++) {
        g_assert_cmpuint(room.shares[i].max_fps, ==, 15);
        g_assert_cmpuint(room.shares[i].width, ==, 240);
        g_assert_cmpuint(room.shares[i].max_kbps, >=, 500);
        g_assert_cmpuint(room.shares[i].max_kbps, <=, 1500);
    }
    /* Nine equal ones have pictures for a film, and together no more pixels than one alone has. */
    g_auto(Room) grid;
    room_init(&grid, 9, 640, 360);
    divide(&grid);
    for (guint i = 0; i < 9; i++)
        g_assert_cmpuint(grid.shares[i].max_fps, ==, 30);
}

static void test_held_and_paused(void) {
    g_auto(Room) room;
    room_init(&room, 3, 960, 540);
    room.seats[0] = (LecBudgetSeat){.id = 1, .held = true};
    room.seats[1].paused = true;
    divide(&room);
    g_assert_cmpuint(room.shares[0].width, ==, 640);
    g_assert_cmpuint(room.shares[0].height, ==, 360);
    g_assert_cmpuint(room.shares[0].max_fps, ==, 5);
    g_assert_cmpuint(room.shares[0].max_kbps, ==, 500);
    g_assert_cmpuint(room.shares[1].width, ==, 960); /* it goes on as it was */
    g_assert_cmpuint(room.shares[1].max_fps, ==, 5);
    g_assert_cmpuint(room.shares[2].max_fps, ==, 0);
}

static void test_bound(void) {
    g_auto(Room) room;
    room_init(&room, 3, 960, 540);
    room.box.max_kbps = 6000;
    divide(&room);
    g_assert_cmpuint(sum_kbps(&room), <=, 6000);
    g_assert_cmpuint(sum_kbps(&room), >=, 5990);
    for (guint i = 0; i < 3; i++)
        g_assert_cmpuint(room.shares[i].max_kbps, >=, 1990);
    /* A page that stands still leaves its part to films, and keeps enough to turn. */
    room.seats[0].kbps = 10;
    divide(&room);
    g_assert_cmpuint(sum_kbps(&room), <=, 6000);
    g_assert_cmpuint(room.shares[0].max_kbps, >=, 500);
    g_assert_cmpuint(room.shares[0].max_kbps, <, 1000);
    g_assert_cmpuint(room.shares[1].max_kbps, >, 2500);
    g_assert_cmpuint(ABS((gint)room.shares[1].max_kbps - (gint)room.shares[2].max_kbps), <=, 1);
    /* Much more than is wanted is not given out. */
    room.box.max_kbps = 1000000;
    divide(&room);
    g_assert_cmpuint(sum_kbps(&room), <, 60000);
    /* Nobody goes under the least, even where the bound does not reach. */
    g_auto(Room) tight;
    room_init(&tight, 9, 640, 360);
    tight.box.max_kbps = 500;
    divide(&tight);
    for (guint i = 0; i < 9; i++)
        g_assert_cmpuint(tight.shares[i].max_kbps, ==, LEC_BUDGET_MIN_KBPS);
}

/* The larger tile gets the larger part. */
static void test_weights(void) {
    g_auto(Room) room;
    room_init(&room, 2, 1536, 864);
    room.seats[1].width = 384;
    room.seats[1].height = 216;
    room.seats[1].of_display = 0.04;
    room.box.max_kbps = 4000;
    divide(&room);
    g_assert_cmpuint(room.shares[0].max_kbps, >, 3 * room.shares[1].max_kbps);
    g_assert_cmpuint(sum_kbps(&room), <=, 4000);
}

static void test_saturated(void) {
    g_auto(Room) room;
    room_init(&room, 3, 960, 540);
    room.seats[1].decode_us = 500000; /* the most expensive */
    room.seats[1].pictures = 60;
    room.box.cpu_percent = 90;
    seconds(&room, 1);
    g_assert_cmpuint(room.shares[1].max_fps, ==, 0); /* a second alone is none */
    seconds(&room, 1);
    g_assert_cmpuint(room.shares[1].max_fps, ==, 40);
    g_assert_cmpuint(room.shares[0].max_fps, ==, 0);
    g_assert_cmpuint(room.shares[2].max_fps, ==, 0);
    /* It obeys and is still the dearest; then others. Nobody goes under five. */
    for (guint i = 0; i < 200; i++) {
        seconds(&room, 1);
        for (guint k = 0; k < 3; k++) {
            if (room.shares[k].max_fps == 0)
                continue;
            room.seats[k].decode_us =
                room.seats[k].decode_us * room.shares[k].max_fps / MAX(room.seats[k].pictures, 1);
            room.seats[k].pictures = room.shares[k].max_fps;
            g_assert_cmpuint(room.shares[k].max_fps, >=, LEC_BUDGET_MIN_FPS);
            g_assert_cmpuint(room.shares[k].max_kbps, >=, LEC_BUDGET_MIN_KBPS);
        }
    }
    for (guint k = 0; k < 3; k++)
        g_assert_cmpuint(room.shares[k].max_fps, ==, LEC_BUDGET_MIN_FPS);
}

static void test_recovers_slowly(void) {
    g_auto(Room) room;
    room_init(&room, 2, 960, 540);
    room.box.cpu_percent = 90;
    seconds(&room, 2);
    const guint slowed = MAX(room.shares[0].max_fps, room.shares[1].max_fps);
    g_assert_cmpuint(slowed, ==, 20);
    const guint who = room.shares[0].max_fps ? 0 : 1;
    room.box.cpu_percent = 70; /* neither too much nor calm: it stays */
    seconds(&room, 60);
    g_assert_cmpuint(room.shares[who].max_fps, ==, 20);
    room.box.cpu_percent = 40;
    seconds(&room, 7);
    g_assert_cmpuint(room.shares[who].max_fps, ==, 20);
    seconds(&room, 1);
    g_assert_cmpuint(room.shares[who].max_fps, ==, 31);
    /* That was too much again: the next try comes twice as late. */
    room.seats[who].pictures = 31;
    room.seats[who].decode_us = 100000;
    room.box.cpu_percent = 90;
    seconds(&room, 2);
    g_assert_cmpuint(room.shares[who].max_fps, ==, 20);
    room.box.cpu_percent = 40;
    seconds(&room, 15);
    g_assert_cmpuint(room.shares[who].max_fps, ==, 20);
    seconds(&room, 1);
    g_assert_cmpuint(room.shares[who].max_fps, ==, 31);
    seconds(&room, 60);
    g_assert_cmpuint(room.shares[who].max_fps, ==, 0);
}

/* A single decoder that does not keep up is slowed, and not the one that costs more and does. */
static void test_held_up(void) {
    g_auto(Room) room;
    room_init(&room, 2, 960, 540);
    room.seats[0].decode_us = 300000;
    room.seats[1].waiting_us = 400000;
    seconds(&room, 2);
    g_assert_cmpuint(room.shares[0].max_fps, ==, 0);
    g_assert_cmpuint(room.shares[1].max_fps, ==, 20);
    g_auto(Room) unseen;
    room_init(&unseen, 2, 960, 540);
    unseen.seats[1].pictures = 60;
    unseen.seats[1].dropped = 30;
    seconds(&unseen, 2);
    g_assert_cmpuint(unseen.shares[0].max_fps, ==, 0);
    g_assert_cmpuint(unseen.shares[1].max_fps, ==, 40);
}

/* Of who has left nothing is kept: with its number nobody else would be slowed. */
static void test_gone(void) {
    g_auto(Room) room;
    room_init(&room, 1, 1920, 1080);
    room.box.cpu_percent = 95;
    seconds(&room, 2);
    g_assert_cmpuint(room.shares[0].max_fps, ==, 20);
    room.n = 0;
    room.box.cpu_percent = 5;
    seconds(&room, 1);
    room.n = 1;
    seconds(&room, 1);
    g_assert_cmpuint(room.shares[0].max_fps, ==, 0);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/budget/alone", test_alone);
    g_test_add_func("/budget/sizes", test_sizes);
    g_test_add_func("/budget/held-and-paused", test_held_and_paused);
    g_test_add_func("/budget/bound", test_bound);
    g_test_add_func("/budget/weights", test_weights);
    g_test_add_func("/budget/saturated", test_saturated);
    g_test_add_func("/budget/recovers-slowly", test_recovers_slowly);
    g_test_add_func("/budget/held-up", test_held_up);
    g_test_add_func("/budget/gone", test_gone);
    return g_test_run();
}
