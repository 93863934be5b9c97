/* Carries out what a key asks for. */
#include "receiver/keyboard.h"

#include "common/base/i18n.h"
#include "receiver/keys.h"
#include "receiver/seats.h"

#define SAY_MS 5000

struct LecKeyboard {
    const LecHouse *house;
    LecAsking *asking;
    bool muted;
    void (*changed)(void *user);
    void *user;
};

static void toggle_sound(LecKeyboard *self) {
    if (!self->house->mixer)
        return;
    self->muted = !self->muted;
    lec_mixer_set_muted(self->house->mixer, self->muted);
    lec_stage_say(self->house->stage, self->muted ? _("Sound is off.") : _("Sound is on."), SAY_MS);
}

static void next_layout(LecKeyboard *self) {
    const char *const names[LEC_LAYOUTS] = {_("Layout: automatic"), _("Layout: grid"),
                                            _("Layout: one large"), _("Layout: side by side")};
    const LecLayout next = (lec_stage_get_layout(self->house->stage) + 1) % LEC_LAYOUTS;
    lec_stage_set_layout(self->house->stage, next);
    self->changed(self->user);
    lec_stage_say(self->house->stage, names[next], SAY_MS);
}

/* The same number once more, or 0, ends it. */
static void focus(LecKeyboard *self, guint number) {
    LecTile *tile = number ? lec_stage_get_tile(self->house->stage, number - 1) : NULL;
    if (number && !tile)
        return;
    const bool again = tile && lec_stage_get_layout(self->house->stage) == LEC_LAYOUT_FOCUS &&
                       lec_stage_get_focus(self->house->stage) == tile;
    lec_stage_set_focus(self->house->stage, again ? NULL : tile);
    lec_stage_set_layout(self->house->stage,
                         tile && !again ? LEC_LAYOUT_FOCUS : LEC_LAYOUT_AUTOMATIC);
    self->changed(self->user);
}

/* Everybody, or once all are paused: nobody. */
static void toggle_pause(LecKeyboard *self) {
    bool all = true;
    for (guint i = 0; i < lec_seats_count(self->house->seats); i++) {
        const LecSeat *seat = lec_seats_get(self->house->seats, i);
        all &= lec_seat_get_state(seat) != LEC_SEAT_SHOWN ||
               (lec_seat_get_pauses(seat) & LEC_PAUSED_BY_HOST);
    }
    for (guint i = 0; i < lec_seats_count(self->house->seats); i++)
        if (lec_seat_get_state(lec_seats_get(self->house->seats, i)) == LEC_SEAT_SHOWN)
            lec_seat_pause(lec_seats_get(self->house->seats, i), LEC_PAUSED_BY_HOST, !all);
}

void lec_keyboard_press(LecKeyboard *self, guint keysym) {
    const LecKey key = lec_key_find(keysym);
    switch (key.action) {
    case LEC_KEY_LAYOUT:
        next_layout(self);
        break;
    case LEC_KEY_FOCUS:
        focus(self, key.tile);
        break;
    case LEC_KEY_MUTE:
        toggle_sound(self);
        break;
    case LEC_KEY_APPROVE:
    case LEC_KEY_DECLINE:
        lec_asking_answer(self->asking, key.action == LEC_KEY_APPROVE);
        break;
    case LEC_KEY_PAUSE:
        toggle_pause(self);
        break;
    case LEC_KEY_NUMBER: /* the cloud's business */
    case LEC_KEY_NONE:
        break;
    }
}

LecKeyboard *lec_keyboard_new(const LecHouse *house, LecAsking *asking, void (*changed)(void *user),
                              void *user) {
    LecKeyboard *self = g_new0(LecKeyboard, 1);
    self->house = house;
    self->asking = asking;
    self->changed = changed;
    self->user = user;
    return self;
}

void lec_keyboard_free(LecKeyboard *self) {
    g_free(self);
}

bool lec_keyboard_has_muted(const LecKeyboard *self) {
    return self->muted;
}
