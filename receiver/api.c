/* Routes programs' requests, holds them against their tokens, and answers in JSON. */
#include "receiver/api.h"

#include <string.h>

#include "receiver/bearer.h"
#include "receiver/json-read.h"
#include "receiver/json-write.h"

#define JSON_TYPE "application/json"
#define PROBLEM_TYPE "application/problem+json" /* RFC 9457 */
#define ACTIONS_A_SECOND 20                     /* of all programs together */

struct LecApi {
    const LecHouse *house;
    const LecTokens *tokens;
    LecSteering *steering;
    const LecHosts *hosts;
    LecHttpApi *door;
    gint64 second; /* in which so many actions were asked for */
    guint actions;
};

/* ---- answers ---- */

/* reason: a word for programs; NULL: the status says it. */
static void refuse_for(LecApiAnswer *ret, guint status, const char *title, const char *reason,
                       const char *detail) {
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    lec_json_add_text(json, "type", "about:blank");
    lec_json_add_text(json, "title", title);
    lec_json_add_count(json, "status", status);
    if (reason)
        lec_json_add_text(json, "reason", reason);
    lec_json_add_text(json, "detail", detail);
    json_builder_end_object(json);
    ret->status = status;
    ret->type = PROBLEM_TYPE;
    ret->body = lec_json_print(json, false);
}

static void refuse(LecApiAnswer *ret, guint status, const char *title, const char *detail) {
    refuse_for(ret, status, title, NULL, detail);
}

/* An unknown or malformed action is the program's fault, any other the room's. */
static void refuse_action(LecApiAnswer *ret, const GError *error) {
    const bool clash =
        error->domain == LEC_STEERING_ERROR && error->code != LEC_STEERING_ERROR_UNKNOWN;
    refuse_for(ret, clash ? 409 : 400, clash ? "Conflict" : "Bad Request",
               lec_steering_error_word(error), error->message);
}

/* ---- what is there ---- */

/* RFC 9110 §13.1.2: compared weakly. */
static bool has_already(const LecApiRequest *request, const char *etag) {
    return request->if_none_match &&
           (strcmp(request->if_none_match, "*") == 0 || strstr(request->if_none_match, etag));
}

static void get_room(LecApi *self, const LecApiRequest *request, LecApiAnswer *ret) {
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    lec_steering_describe(self->steering, lec_hosts_count(self->hosts), json);
    json_builder_end_object(json);
    g_autofree char *body = lec_json_print(json, false);
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, body, -1);
    ret->etag = g_strdup_printf("\"%.32s\"", hash);
    if (has_already(request, ret->etag)) {
        ret->status = 304;
        return;
    }
    ret->status = 200;
    ret->type = JSON_TYPE;
    ret->body = g_steal_pointer(&body);
}

static bool is_too_fast(LecApi *self) {
    const gint64 second = g_get_monotonic_time() / G_USEC_PER_SEC;
    if (second != self->second)
        self->actions = 0;
    self->second = second;
    return ++self->actions > ACTIONS_A_SECOND;
}

/* A token lasts for a time: it does not get to make others that last longer. */
static bool is_for_hosts(JsonObject *action) {
    const char *name = lec_json_get_text(action, "do", 32, NULL);
    return name && strcmp(name, "token") == 0;
}

static void act(LecApi *self, JsonObject *action, LecApiAnswer *ret) {
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonBuilder) done = json_builder_new();
    json_builder_begin_object(done);
    lec_json_add_bool(done, "done", true);
    if (is_for_hosts(action)) {
        refuse(ret, 403, "Forbidden", "Only a host issues tokens.");
    } else if (lec_steering_do(self->steering, action, done, &error)) {
        json_builder_end_object(done);
        ret->status = 200;
        ret->type = JSON_TYPE;
        ret->body = lec_json_print(done, false);
    } else {
        refuse_action(ret, error);
    }
}

static void post_action(LecApi *self, const LecApiRequest *request, LecApiAnswer *ret) {
    if (!request->type || g_ascii_strcasecmp(request->type, JSON_TYPE) != 0) {
        refuse(ret, 415, "Unsupported Media Type", "The body is to be " JSON_TYPE ".");
        return;
    }
    if (request->len > LEC_JSON_MAX_BYTES) {
        refuse(ret, 413, "Content Too Large", "An action is at most 32 KiB.");
        return;
    }
    if (is_too_fast(self)) {
        ret->retry_after_s = 1;
        refuse(ret, 429, "Too Many Requests", "That was too much at once; try again.");
        return;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) action = lec_json_read(request->body, request->len, &error);
    if (action)
        act(self, action, ret);
    else
        refuse_action(ret, error);
}

const LecApiRoute lec_api_routes[] = {
    {"GET", LEC_API_PATH "/v1/room", LEC_TOKEN_ROOM, get_room},
    {"POST", LEC_API_PATH "/v1/room/actions", LEC_TOKEN_ROOM, post_action},
    {NULL},
};

/* ---- who may ---- */

static bool authorize(LecApi *self, const LecApiRequest *request, LecTokenScope scope,
                      LecApiAnswer *ret) {
    guint token;
    ret->challenge = "Bearer";
    if (!request->bearer) { /* asks how to: not an attempt */
        refuse(ret, 401, "Unauthorized", "This takes a token, which a host of the room issues.");
        return false;
    }
    switch (lec_bearer_check(self->house->admission, self->tokens, request->bearer, scope,
                             request->source, g_get_monotonic_time(), &token,
                             &ret->retry_after_s)) {
    case LEC_BEARER_ADMIT:
        ret->challenge = NULL;
        return true;
    case LEC_BEARER_WRONG:
        ret->challenge = "Bearer error=\"invalid_token\"";
        refuse(ret, 401, "Unauthorized", "The token is wrong or has run out.");
        return false;
    case LEC_BEARER_OTHER_SCOPE:
        ret->challenge = "Bearer error=\"insufficient_scope\"";
        refuse(ret, 403, "Forbidden", "The token is for something else.");
        return false;
    case LEC_BEARER_LOCKED:
        break;
    }
    ret->challenge = NULL;
    refuse(ret, 429, "Too Many Requests", "Too many wrong tokens or PINs. Try again later.");
    return false;
}

static bool matches(const LecApiRoute *route, const LecApiRequest *request) {
    return strcmp(route->method, request->method) == 0 ||
           (strcmp(route->method, "GET") == 0 && strcmp(request->method, "HEAD") == 0);
}

static void on_request(const LecApiRequest *request, LecApiAnswer *ret, void *user) {
    LecApi *self = user;
    g_autoptr(GString) allowed = g_string_new(NULL);
    for (const LecApiRoute *route = lec_api_routes; route->method; route++) {
        if (strcmp(route->path, request->path) != 0)
            continue;
        if (matches(route, request)) {
            if (authorize(self, request, route->scope, ret))
                route->handle(self, request, ret);
            return;
        }
        g_string_append_printf(allowed, "%s%s", allowed->len ? ", " : "",
                               strcmp(route->method, "GET") == 0 ? "GET, HEAD" : route->method);
    }
    if (!allowed->len) {
        refuse(ret, 404, "Not Found", "There is nothing at this address.");
        return;
    }
    ret->allow = g_strdup(allowed->str);
    refuse(ret, 405, "Method Not Allowed", "This address does not take that method.");
}

LecApi *lec_api_new(const LecHouse *house, LecHttpsServer *server, const LecTokens *tokens,
                    LecSteering *steering, const LecHosts *hosts) {
    LecApi *self = g_new0(LecApi, 1);
    self->house = house;
    self->tokens = tokens;
    self->steering = steering;
    self->hosts = hosts;
    self->door = lec_http_api_new(server, on_request, self);
    return self;
}

void lec_api_free(LecApi *self) {
    if (!self)
        return;
    lec_http_api_free(self->door);
    g_free(self);
}
