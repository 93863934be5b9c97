/* The table of actions, and the room as JSON. */
#include "receiver/steering.h"

#include <string.h>

#include "receiver/json-read.h"
#include "receiver/json-write.h"
#include "receiver/seats.h"

#define MAX_MINUTES (LEC_TOKEN_MAX_LIFETIME_S / 60)

G_DEFINE_QUARK(lec_steering_error, lec_steering_error)

static const char *const ERROR_WORDS[] = {
    [LEC_STEERING_ERROR_UNKNOWN] = "unknown",
    [LEC_STEERING_ERROR_NO_PRESENTER] = "no-presenter",
    [LEC_STEERING_ERROR_NO_TOKEN] = "no-token",
    [LEC_STEERING_ERROR_LET_IN] = "let-in",
    [LEC_STEERING_ERROR_NOT_LET_IN] = "not-let-in",
    [LEC_STEERING_ERROR_NO_PICTURE] = "no-picture",
    [LEC_STEERING_ERROR_MANY_TOKENS] = "many-tokens",
    [LEC_STEERING_ERROR_MANY_PREVIEWS] = "many-previews",
    [LEC_STEERING_ERROR_TOO_FAST] = "too-fast",
};

const char *lec_steering_error_word(const GError *error) {
    return error->domain == LEC_STEERING_ERROR ? ERROR_WORDS[error->code] : "malformed";
}

struct LecSteering {
    const LecHouse *house;
    LecTokens *tokens;
    void (*changed)(void *user);
    void *user;
};

typedef bool (*Act)(LecSteering *self, JsonObject *action, JsonBuilder *result, GError **error);

static bool complain(GError **error, LecSteeringError code, const char *sentence) {
    g_set_error_literal(error, LEC_STEERING_ERROR, code, sentence);
    return false;
}

static LecSeat *find_seat(const LecSteering *self, JsonObject *action, GError **error) {
    gint64 id = 0;
    if (!lec_json_get_int(action, "presenter", 1, G_MAXUINT, &id, error))
        return NULL;
    LecSeat *seat = lec_seats_find(self->house->seats, (guint)id);
    if (!seat)
        complain(error, LEC_STEERING_ERROR_NO_PRESENTER, "That presenter is not here any more.");
    return seat;
}

/* ---- presenters ---- */

static LecSeat *find_undecided(const LecSteering *self, JsonObject *action, GError **error) {
    LecSeat *seat = find_seat(self, action, error);
    if (seat && lec_seat_get_state(seat) == LEC_SEAT_SHOWN) {
        complain(error, LEC_STEERING_ERROR_LET_IN, "That presenter has been let in already.");
        return NULL;
    }
    return seat;
}

static bool approve(LecSteering *self, JsonObject *action, JsonBuilder *result, GError **error) {
    LecSeat *seat = find_undecided(self, action, error);
    if (seat)
        lec_seat_let_in(seat);
    return seat != NULL;
}

static bool decline(LecSteering *self, JsonObject *action, JsonBuilder *result, GError **error) {
    LecSeat *seat = find_undecided(self, action, error);
    if (seat)
        lec_seat_dismiss(seat, LEC_CALL_END_DECLINED);
    return seat != NULL;
}

static bool set_pause(LecSteering *self, JsonObject *action, bool on, GError **error) {
    LecSeat *seat = find_seat(self, action, error);
    if (seat && lec_seat_get_state(seat) != LEC_SEAT_SHOWN)
        return complain(error, LEC_STEERING_ERROR_NOT_LET_IN,
                        "That presenter has not been let in yet.");
    if (seat)
        lec_seat_pause(seat, LEC_PAUSED_BY_HOST, on);
    return seat != NULL;
}

static bool pause_one(LecSteering *self, JsonObject *action, JsonBuilder *result, GError **error) {
    return set_pause(self, action, true, error);
}

static bool unpause(LecSteering *self, JsonObject *action, JsonBuilder *result, GError **error) {
    return set_pause(self, action, false, error);
}

static bool remove_one(LecSteering *self, JsonObject *action, JsonBuilder *result, GError **error) {
    LecSeat *seat = find_seat(self, action, error);
    if (seat)
        lec_seat_dismiss(seat, LEC_CALL_END_BYE);
    return seat != NULL;
}

static bool move(LecSteering *self, JsonObject *action, JsonBuilder *result, GError **error) {
    gint64 to = 0;
    LecSeat *seat = find_seat(self, action, error);
    if (!seat || !lec_json_get_int(action, "to", 0, G_MAXUINT16, &to, error))
        return false;
    lec_seats_move(self->house->seats, seat, (guint)to);
    lec_steering_arrange(self);
    return true;
}

/* ---- the stage ---- */

static bool focus(LecSteering *self, JsonObject *action, JsonBuilder *result, GError **error) {
    gint64 id = 0;
    if (!lec_json_get_int(action, "presenter", 0, G_MAXUINT, &id, error))
        return false;
    LecSeat *seat = id ? find_seat(self, action, error) : NULL;
    if (id && !seat)
        return false;
    LecTile *tile = seat ? lec_seat_get_tile(seat) : NULL;
    if (id && !tile)
        return complain(error, LEC_STEERING_ERROR_NO_PICTURE, "That presenter shows nothing now.");
    lec_stage_set_focus(self->house->stage, tile);
    return true;
}

static bool layout(LecSteering *self, JsonObject *action, JsonBuilder *result, GError **error) {
    guint chosen = 0;
    if (!lec_json_get_choice(action, "layout", lec_layout_names, &chosen, error))
        return false;
    lec_stage_set_layout(self->house->stage, (LecLayout)chosen);
    return true;
}

/* ---- admission ---- */

static bool approval(LecSteering *self, JsonObject *action, JsonBuilder *result, GError **error) {
    guint chosen = 0;
    if (!lec_json_get_choice(action, "approval", lec_approval_names, &chosen, error))
        return false;
    lec_admission_set_approval(self->house->admission, (LecApproval)chosen);
    return true;
}

static bool token(LecSteering *self, JsonObject *action, JsonBuilder *result, GError **error) {
    guint scope = 0;
    gint64 minutes = 0;
    const char *label = NULL;
    if (!lec_json_get_choice(action, "scope", lec_token_scopes, &scope, error) ||
        !lec_json_get_int(action, "minutes", 1, MAX_MINUTES, &minutes, error) ||
        !(label = lec_json_get_text(action, "label", LEC_TOKEN_MAX_LABEL_BYTES, error)))
        return false;
    char text[LEC_TOKEN_TEXT_SIZE];
    const guint id = lec_tokens_issue(self->tokens, (LecTokenScope)scope, label,
                                      (guint)minutes * 60, g_get_monotonic_time(), text);
    if (!id)
        return complain(error, LEC_STEERING_ERROR_MANY_TOKENS,
                        "There are too many tokens. Take one back first.");
    lec_json_add_count(result, "id", id);
    lec_json_add_text(result, "token", text);
    explicit_bzero(text, sizeof text);
    return true;
}

static bool revoke_token(LecSteering *self, JsonObject *action, JsonBuilder *result,
                         GError **error) {
    gint64 id = 0;
    if (!lec_json_get_int(action, "token", 1, G_MAXUINT, &id, error))
        return false;
    if (!lec_tokens_revoke(self->tokens, (guint)id))
        return complain(error, LEC_STEERING_ERROR_NO_TOKEN, "That token does not hold any more.");
    return true;
}

static const struct {
    const char *name;
    Act act;
} ACTIONS[] = {
    {"approve", approve},
    {"decline", decline},
    {"pause", pause_one},
    {"unpause", unpause},
    {"remove", remove_one},
    {"move", move},
    {"focus", focus},
    {"layout", layout},
    {"approval", approval},
    {"token", token},
    {"revoke-token", revoke_token},
};

bool lec_steering_do(LecSteering *self, JsonObject *action, JsonBuilder *result, GError **error) {
    const char *name = lec_json_get_text(action, "do", 32, error);
    if (!name)
        return false;
    for (guint i = 0; i < G_N_ELEMENTS(ACTIONS); i++) {
        if (strcmp(ACTIONS[i].name, name) != 0)
            continue;
        if (!ACTIONS[i].act(self, action, result, error))
            return false;
        self->changed(self->user);
        return true;
    }
    return complain(error, LEC_STEERING_ERROR_UNKNOWN, "This action is not known here.");
}

void lec_steering_arrange(LecSteering *self) {
    guint place = 0;
    for (guint i = 0; i < lec_seats_count(self->house->seats); i++) {
        LecTile *tile = lec_seat_get_tile(lec_seats_get(self->house->seats, i));
        if (tile && lec_tile_get_position(tile) != place)
            lec_tile_set_position(tile, place);
        place += tile != NULL;
    }
}

/* ---- the room as it is ---- */

static const char *state_of(const LecSeat *seat) {
    switch (lec_seat_get_state(seat)) {
    case LEC_SEAT_WAITING:
        return "waiting";
    case LEC_SEAT_HELD:
        return "held";
    case LEC_SEAT_SHOWN:
        break;
    }
    const guint pauses = lec_seat_get_pauses(seat);
    if (pauses & LEC_PAUSED_BY_HOST)
        return "paused";
    if (pauses & LEC_PAUSED_BY_SENDER)
        return "resting";
    return lec_seat_get_picture(seat) ? "shown" : "joined";
}

/* Nothing in it changes by time alone: who waits for changes would never rest. */
static void describe_seat(const LecSeat *seat, JsonBuilder *json) {
    const LecFrame *picture = lec_seat_get_picture(seat);
    json_builder_begin_object(json);
    lec_json_add_count(json, "id", lec_seat_get_id(seat));
    lec_json_add_text(json, "name", lec_seat_get_name(seat));
    lec_json_add_text(json, "state", state_of(seat));
    lec_json_add_text(json, "door", lec_seat_get_door(seat));
    lec_json_add_text(json, "address", lec_seat_get_source(seat));
    lec_json_add_text(json, "sas", lec_seat_get_sas(seat));
    lec_json_add_text(json, "codec", lec_seat_get_codec(seat));
    lec_json_add_count(json, "width", picture ? picture->width : 0);
    lec_json_add_count(json, "height", picture ? picture->height : 0);
    json_builder_end_object(json);
}

static void describe_tokens(const LecSteering *self, gint64 now_us, JsonBuilder *json) {
    LecTokenInfo tokens[LEC_TOKENS_MAX];
    const guint count = lec_tokens_list(self->tokens, now_us, tokens);
    lec_json_begin_list(json, "tokens");
    for (guint i = 0; i < count; i++) {
        json_builder_begin_object(json);
        lec_json_add_count(json, "id", tokens[i].id);
        lec_json_add_text(json, "scope", lec_token_scopes[tokens[i].scope]);
        lec_json_add_text(json, "label", tokens[i].label);
        lec_json_add_count(json, "minutes",
                           (tokens[i].expires_us - now_us) / (60 * G_USEC_PER_SEC) + 1); /* begun */
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

static guint focused_id(const LecSteering *self) {
    const LecTile *tile = lec_stage_get_focus(self->house->stage);
    for (guint i = 0; tile && i < lec_seats_count(self->house->seats); i++) {
        const LecSeat *seat = lec_seats_get(self->house->seats, i);
        if (lec_seat_get_tile(seat) == tile)
            return lec_seat_get_id(seat);
    }
    return 0;
}

void lec_steering_describe(const LecSteering *self, guint hosts, JsonBuilder *json) {
    const LecHouse *house = self->house;
    const gint64 now_us = g_get_monotonic_time();
    lec_json_add_text(json, "name", house->box_name);
    lec_json_add_text(json, "layout", lec_layout_names[lec_stage_get_layout(house->stage)]);
    lec_json_add_count(json, "focus", focused_id(self));
    lec_json_add_text(json, "approval",
                      lec_approval_names[lec_admission_get_approval(house->admission)]);
    lec_json_add_bool(json, "locked",
                      lec_admission_get_locked_until_us(house->admission, now_us) > 0);
    lec_json_add_bool(json, "whip", house->whip);
    lec_json_add_count(json, "hosts", hosts);
    lec_json_add_count(json, "max_presenters", lec_admission_get_max_presenters(house->admission));
    lec_json_begin_list(json, "presenters");
    for (guint i = 0; i < lec_seats_count(house->seats); i++)
        describe_seat(lec_seats_get(house->seats, i), json);
    json_builder_end_array(json);
    describe_tokens(self, now_us, json);
}

/* ---- life ---- */

LecSteering *lec_steering_new(const LecHouse *house, LecTokens *tokens, void (*changed)(void *user),
                              void *user) {
    LecSteering *self = g_new0(LecSteering, 1);
    self->house = house;
    self->tokens = tokens;
    self->changed = changed;
    self->user = user;
    return self;
}

void lec_steering_free(LecSteering *self) {
    g_free(self);
}
