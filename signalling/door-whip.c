/* WHIP over the box's HTTPS server: requests to sessions and back. */
#include "signalling/door-whip.h"

#include <libsoup/soup.h>
#include <sodium.h>
#include <string.h>

#include "common/base/log.h"
#include "signalling/call-messages.h"
#include "signalling/http-bearer.h"
#include "signalling/sdp-fragment.h"
#include "signalling/source.h"

#define SDP_TYPE "application/sdp"
#define FRAGMENT_TYPE "application/trickle-ice-sdpfrag"
#define ID_BYTES 16

struct LecWhipSession {
    LecDoorWhip *door;
    char id[2 * ID_BYTES + 1];
    char *source, *agent;
    bool own;
    guint token;
    char *ice_ufrag;            /* of the offer: candidates with another are of a restart */
    SoupServerMessage *request; /* unanswered POST, owned; NULL: answered */
    void *data;
};

struct LecDoorWhip {
    SoupServer *soup;
    LecDoorWhipEvents events;
    void *user;
    GPtrArray *sessions; /* owned */
};

/* ---- answers ---- */

static SoupMessageHeaders *answer_headers(SoupServerMessage *request) {
    return soup_server_message_get_response_headers(request);
}

/* problem+json would need an escaper; a sentence in plain text is what encoders show. */
static void say(SoupServerMessage *request, guint status, const char *why) {
    g_autofree char *text = g_strconcat(why, "\n", NULL);
    soup_server_message_set_status(request, status, NULL);
    soup_message_headers_replace(answer_headers(request), "Cache-Control", "no-store");
    soup_server_message_set_response(request, "text/plain; charset=utf-8", SOUP_MEMORY_COPY, text,
                                     strlen(text));
}

static void say_unauthorized(SoupServerMessage *request) {
    soup_message_headers_replace(answer_headers(request), "WWW-Authenticate", "Bearer");
    say(request, SOUP_STATUS_UNAUTHORIZED,
        "The token is missing, wrong or has run out. Ask the host of the room for one.");
}

static void say_locked(SoupServerMessage *request, guint retry_after_s) {
    g_autofree char *seconds = g_strdup_printf("%u", retry_after_s);
    soup_message_headers_replace(answer_headers(request), "Retry-After", seconds);
    say(request, 429, "Too many wrong tokens or PINs. Try again later.");
}

/* ---- sessions ---- */

static void session_free(gpointer data) {
    LecWhipSession *self = data;
    if (self->request) {
        say(self->request, SOUP_STATUS_SERVICE_UNAVAILABLE, "The box is closing.");
        soup_server_message_unpause(self->request);
        g_object_unref(self->request);
    }
    g_free(self->ice_ufrag);
    g_free(self->source);
    g_free(self->agent);
    g_free(self);
}

/* A name for people, so what could make it read as something else is taken out of it. */
static char *agent_of(SoupServerMessage *request) {
    const char *agent = soup_message_headers_get_one(
        soup_server_message_get_request_headers(request), "User-Agent");
    /* "OBS-Studio/30.1 (…)": what stands before the version is the name */
    g_autofree char *name = g_strndup(agent ? agent : "", agent ? strcspn(agent, "/(") : 0);
    char clean[LEC_CALL_MAX_NAME_BYTES + 1];
    lec_call_clean_name(g_strstrip(name), clean);
    return g_strdup(*clean ? clean : "encoder");
}

static LecWhipSession *session_new(LecDoorWhip *door, SoupServerMessage *request, guint token) {
    GSocketAddress *remote = soup_server_message_get_remote_address(request);
    LecWhipSession *self = g_new0(LecWhipSession, 1);
    guint8 id[ID_BYTES];
    randombytes_buf(id, sizeof id);
    sodium_bin2hex(self->id, sizeof self->id, id, sizeof id);
    self->door = door;
    self->source = lec_source_key(remote);
    self->own = lec_source_is_own(soup_server_message_get_local_address(request), remote);
    self->agent = agent_of(request);
    self->token = token;
    self->request = g_object_ref(request);
    g_ptr_array_add(door->sessions, self);
    return self;
}

static LecWhipSession *find_session(const LecDoorWhip *self, const char *id) {
    for (guint i = 0; i < self->sessions->len; i++) {
        LecWhipSession *session = g_ptr_array_index(self->sessions, i);
        if (strcmp(session->id, id) == 0)
            return session;
    }
    return NULL;
}

/* The POST waits no more; what was set is sent. */
static void session_release(LecWhipSession *self) {
    g_autoptr(SoupServerMessage) request = g_steal_pointer(&self->request);
    soup_server_message_unpause(request);
}

void lec_whip_session_answer(LecWhipSession *self, const LecMediaParams *answer) {
    if (!self->request)
        return;
    g_autofree char *location = g_strdup_printf(LEC_WHIP_PATH "/%s", self->id);
    SoupMessageHeaders *headers = answer_headers(self->request);
    soup_message_headers_replace(headers, "Location", location);
    soup_message_headers_replace(headers, "Accept-Patch", FRAGMENT_TYPE);
    soup_message_headers_replace(headers, "Cache-Control", "no-store");
    char *sdp = lec_sdp_write(LEC_SDP_ANSWER, answer);
    soup_server_message_set_status(self->request, SOUP_STATUS_CREATED, NULL);
    soup_server_message_set_response(self->request, SDP_TYPE, SOUP_MEMORY_TAKE, sdp, strlen(sdp));
    session_release(self);
}

void lec_whip_session_refuse(LecWhipSession *self, guint status, const char *why) {
    if (self->request) {
        say(self->request, status, why);
        session_release(self);
    }
    lec_whip_session_end(self);
}

void lec_whip_session_end(LecWhipSession *self) {
    g_ptr_array_remove(self->door->sessions, self);
}

const char *lec_whip_session_get_source(const LecWhipSession *self) {
    return self->source;
}

bool lec_whip_session_is_loopback(const LecWhipSession *self) {
    return self->own;
}

guint lec_whip_session_get_token(const LecWhipSession *self) {
    return self->token;
}

const char *lec_whip_session_get_agent(const LecWhipSession *self) {
    return self->agent;
}

void lec_whip_session_set_data(LecWhipSession *self, void *data) {
    self->data = data;
}

void *lec_whip_session_get_data(const LecWhipSession *self) {
    return self->data;
}

/* ---- requests ---- */

/* False: the request has been answered. */
static bool authorize(LecDoorWhip *self, SoupServerMessage *request, guint *ret_token) {
    const char *bearer = lec_http_bearer_find(soup_message_headers_get_one(
        soup_server_message_get_request_headers(request), "Authorization"));
    guint retry_after_s = 0;
    if (!bearer) { /* asks how to: not an attempt */
        say_unauthorized(request);
        return false;
    }
    g_autofree char *source = lec_source_key(soup_server_message_get_remote_address(request));
    switch (self->events.may(bearer, source, ret_token, &retry_after_s, self->user)) {
    case LEC_WHIP_ADMIT:
        return true;
    case LEC_WHIP_UNAUTHORIZED:
        say_unauthorized(request);
        return false;
    case LEC_WHIP_LOCKED:
        break;
    }
    say_locked(request, retry_after_s);
    return false;
}

static bool has_type(SoupServerMessage *request, const char *type) {
    const char *given = soup_message_headers_get_content_type(
        soup_server_message_get_request_headers(request), NULL);
    return given && g_ascii_strcasecmp(given, type) == 0;
}

static void on_post(LecDoorWhip *self, SoupServerMessage *request, guint token) {
    if (!has_type(request, SDP_TYPE)) {
        say(request, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, "The body is to be " SDP_TYPE ".");
        return;
    }
    if (self->sessions->len >= LEC_WHIP_MAX_SESSIONS) {
        say(request, SOUP_STATUS_SERVICE_UNAVAILABLE, "There is no room for one more.");
        return;
    }
    SoupMessageBody *body = soup_server_message_get_request_body(request);
    g_autoptr(GError) error = NULL;
    g_autoptr(LecMediaParams) offer =
        lec_sdp_parse(LEC_SDP_OFFER, body->data ? body->data : "", (gsize)body->length, &error);
    if (!offer) {
        say(request, SOUP_STATUS_BAD_REQUEST, error->message);
        return;
    }
    LecWhipSession *session = session_new(self, request, token);
    session->ice_ufrag = g_strdup(offer->ice_ufrag);
    soup_server_message_pause(request);
    self->events.offer(session, offer, self->user);
}

static void on_patch(LecDoorWhip *self, SoupServerMessage *request, LecWhipSession *session) {
    if (!has_type(request, FRAGMENT_TYPE)) {
        say(request, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, "The body is to be " FRAGMENT_TYPE ".");
        return;
    }
    SoupMessageBody *body = soup_server_message_get_request_body(request);
    g_autoptr(GError) error = NULL;
    g_autofree LecSdpFragment *fragment = g_new(LecSdpFragment, 1);
    if (!lec_sdp_parse_fragment(body->data ? body->data : "", (gsize)body->length, fragment,
                                &error)) {
        say(request, SOUP_STATUS_BAD_REQUEST, error->message);
        return;
    }
    if (*fragment->ice_ufrag != '\0' && strcmp(fragment->ice_ufrag, session->ice_ufrag) != 0) {
        say(request, SOUP_STATUS_UNPROCESSABLE_ENTITY,
            "ICE is not restarted here: DELETE this and POST anew."); /* RFC 9725 §4.3.3 */
        return;
    }
    for (guint i = 0; i < fragment->n_candidates; i++)
        self->events.candidate(session, &fragment->candidates[i], self->user);
    soup_server_message_set_status(request, SOUP_STATUS_NO_CONTENT, NULL);
}

static void on_delete(LecDoorWhip *self, SoupServerMessage *request, LecWhipSession *session) {
    self->events.gone(session, self->user);
    g_ptr_array_remove(self->sessions, session);
    soup_server_message_set_status(request, SOUP_STATUS_OK, NULL);
}

static void say_method(SoupServerMessage *request, const char *allowed) {
    soup_message_headers_replace(answer_headers(request), "Allow", allowed);
    say(request, SOUP_STATUS_METHOD_NOT_ALLOWED, "This is for WHIP encoders (RFC 9725).");
}

static void on_endpoint(LecDoorWhip *self, SoupServerMessage *request) {
    const char *method = soup_server_message_get_method(request);
    guint token;
    if (strcmp(method, SOUP_METHOD_OPTIONS) == 0) {
        soup_message_headers_replace(answer_headers(request), "Accept-Post", SDP_TYPE);
        soup_server_message_set_status(request, SOUP_STATUS_NO_CONTENT, NULL);
    } else if (strcmp(method, SOUP_METHOD_POST) != 0) {
        say_method(request, "OPTIONS, POST");
    } else if (authorize(self, request, &token)) {
        on_post(self, request, token);
    }
}

static void on_resource(LecDoorWhip *self, SoupServerMessage *request, const char *id) {
    const char *method = soup_server_message_get_method(request);
    const bool is_patch = strcmp(method, "PATCH") == 0;
    guint token;
    if (!is_patch && strcmp(method, SOUP_METHOD_DELETE) != 0) {
        say_method(request, "DELETE, PATCH");
        return;
    }
    if (!authorize(self, request, &token))
        return;
    LecWhipSession *session = find_session(self, id);
    if (!session || session->token != token)
        say(request, SOUP_STATUS_NOT_FOUND, "There is no such session.");
    else if (is_patch)
        on_patch(self, request, session);
    else
        on_delete(self, request, session);
}

static void on_request(SoupServer *soup, SoupServerMessage *request, const char *path,
                       GHashTable *query, gpointer user) {
    if (strcmp(path, LEC_WHIP_PATH) == 0)
        on_endpoint(user, request);
    else if (g_str_has_prefix(path, LEC_WHIP_PATH "/"))
        on_resource(user, request, path + strlen(LEC_WHIP_PATH "/"));
    else
        soup_server_message_set_status(request, SOUP_STATUS_NOT_FOUND, NULL);
}

LecDoorWhip *lec_door_whip_new(LecHttpsServer *server, const LecDoorWhipEvents *events,
                               void *user) {
    LecDoorWhip *self = g_new0(LecDoorWhip, 1);
    self->soup = g_object_ref(lec_https_server_get_soup(server));
    self->events = *events;
    self->user = user;
    self->sessions = g_ptr_array_new_with_free_func(session_free);
    soup_server_add_handler(self->soup, LEC_WHIP_PATH, on_request, self, NULL);
    return self;
}

void lec_door_whip_free(LecDoorWhip *self) {
    if (!self)
        return;
    soup_server_remove_handler(self->soup, LEC_WHIP_PATH);
    g_ptr_array_unref(self->sessions);
    g_object_unref(self->soup);
    g_free(self);
}
