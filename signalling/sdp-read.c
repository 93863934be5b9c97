/* Reads an SDP description line by line into drafts, and then makes of these one link with one
 * transport. */
#include "signalling/sdp-internal.h"

#include <string.h>

typedef struct {
    LecSdpType type;
    LecSdpDraft *session;
    GPtrArray *drafts; /* of LecSdpDraft, the sections */
    GStrv bundle;      /* mids of the first BUNDLE group */
    guint n_lines;
    bool has_time;
} Reader;

static void clear_reader(Reader *self) {
    lec_sdp_draft_free(self->session);
    g_clear_pointer(&self->drafts, g_ptr_array_unref);
    g_strfreev(self->bundle);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reader, clear_reader)

static bool fail(GError **error, LecSdpError code, const char *what) {
    g_set_error_literal(error, LEC_SDP_ERROR, (gint)code, what);
    return false;
}

static bool read_media(Reader *self, const char *value, GError **error) {
    if (!self->has_time)
        return fail(error, LEC_SDP_ERROR_SYNTAX, "A section begins before t=");
    if (self->drafts->len == LEC_MEDIA_MAX_SECTIONS)
        return fail(error, LEC_SDP_ERROR_LIMIT, "There are too many sections");
    LecSdpDraft *draft = lec_sdp_draft_new();
    g_ptr_array_add(self->drafts, draft);
    return lec_sdp_draft_read_media(draft, value, error);
}

static bool read_attribute(Reader *self, const char *line, GError **error) {
    const char *colon = strchr(line, ':');
    const char *value = colon ? colon + 1 : NULL;
    g_autofree char *name = colon ? g_strndup(line, (gsize)(colon - line)) : g_strdup(line);
    bool in_session = self->drafts->len == 0;
    if (in_session && value && strcmp(name, "group") == 0) {
        const char *mids = lec_sdp_after(value, "BUNDLE ");
        if (mids && !self->bundle)
            self->bundle = g_strsplit(mids, " ", -1);
        return true;
    }
    if (in_session && strcmp(name, "candidate") == 0)
        return fail(error, LEC_SDP_ERROR_SYNTAX, "A candidate belongs to a section");
    LecSdpDraft *draft =
        in_session ? self->session : g_ptr_array_index(self->drafts, self->drafts->len - 1);
    return lec_sdp_draft_read_attribute(draft, name, value, error);
}

/* RFC 8866 §5: v=, o= and s= come first, in this order. */
static bool read_line(Reader *self, const char *line, GError **error) {
    static const char *const opening[] = {"v=0", "o=", "s="};
    if (!g_ascii_islower(line[0]) || line[1] != '=')
        return fail(error, LEC_SDP_ERROR_SYNTAX, "It is not a letter, = and a value");
    guint index = self->n_lines - 1;
    if (index == 0)
        return strcmp(line, opening[0]) == 0 || fail(error, LEC_SDP_ERROR_SYNTAX, "It is not v=0");
    if (index < G_N_ELEMENTS(opening))
        return g_str_has_prefix(line, opening[index]) ||
               fail(error, LEC_SDP_ERROR_SYNTAX, "v=, o= and s= must come first");
    switch (line[0]) {
    case 't':
        self->has_time = true;
        return true;
    case 'm':
        return read_media(self, line + 2, error);
    case 'a':
        return read_attribute(self, line + 2, error);
    default:
        return true;
    }
}

static bool check_bytes(const char *text, gsize len, GError **error) {
    if (len > LEC_SDP_MAX_BYTES) {
        g_set_error(error, LEC_SDP_ERROR, LEC_SDP_ERROR_LIMIT,
                    "The description has %zu bytes, where %d are allowed.", len, LEC_SDP_MAX_BYTES);
        return false;
    }
    if (!g_utf8_validate_len(text, len, NULL))
        return fail(error, LEC_SDP_ERROR_SYNTAX, "The description is not valid UTF-8.");
    for (gsize i = 0; i < len; i++)
        if (((guint8)text[i] < ' ' && text[i] != '\r' && text[i] != '\n') || text[i] == 0x7f)
            return fail(error, LEC_SDP_ERROR_SYNTAX, "The description has control characters.");
    return true;
}

/* RFC 8866 §5: CRLF ends a line, and a bare LF is to be taken too. */
static bool read_lines(Reader *self, const char *text, gsize len, GError **error) {
    const char *end = text + len;
    while (text < end) {
        const char *newline = memchr(text, '\n', (gsize)(end - text));
        const char *stop = newline ? newline : end;
        if (stop > text && newline && stop[-1] == '\r')
            stop--;
        self->n_lines++;
        g_autofree char *line = g_strndup(text, (gsize)(stop - text));
        bool ok = stop - text > LEC_SDP_MAX_LINE_BYTES
                      ? fail(error, LEC_SDP_ERROR_LIMIT, "It is too long")
                  : strchr(line, '\r')
                      ? fail(error, LEC_SDP_ERROR_SYNTAX, "A carriage return stands alone")
                      : read_line(self, line, error);
        if (!ok) {
            g_prefix_error(error, "Line %u of the description cannot be taken. ", self->n_lines);
            return false;
        }
        text = newline ? newline + 1 : end;
    }
    return self->n_lines >= 3 ||
           fail(error, LEC_SDP_ERROR_SYNTAX, "The description ends before it has begun.");
}

static bool is_bundled(const Reader *self, const LecSdpDraft *draft) {
    return self->bundle && *draft->section.mid &&
           g_strv_contains((const char *const *)self->bundle, draft->section.mid);
}

static bool check_section(const Reader *self, const LecSdpDraft *draft, GError **error) {
    if (!draft->is_secure)
        return fail(error, LEC_SDP_ERROR_INSECURE, "A section is not protected by DTLS-SRTP.");
    if (!is_bundled(self, draft))
        return fail(error, LEC_SDP_ERROR_UNSUPPORTED, "A section stands outside the BUNDLE group.");
    if (!draft->rtcp_mux)
        return fail(error, LEC_SDP_ERROR_UNSUPPORTED, "A section lacks a=rtcp-mux.");
    if (draft->section.mid_id && draft->section.mid_id == draft->section.transport_cc_id)
        return fail(error, LEC_SDP_ERROR_SYNTAX, "Two header extensions have the same id.");
    return true;
}

static void reject(LecMediaSection *section) {
    LecMediaSection rejected = {
        .kind = section->kind, .rejected = true, .direction = LEC_MEDIA_INACTIVE};
    g_strlcpy(rejected.mid, section->mid, sizeof rejected.mid);
    g_strlcpy(rejected.other, section->other, sizeof rejected.other);
    *section = rejected;
}

/* What a section does not say for itself it has from the session (RFC 8866 §6). */
static void inherit(LecSdpDraft *draft, const LecSdpDraft *session) {
    if (!draft->has_direction)
        draft->section.direction = session->section.direction;
    if (!draft->section.transport_cc_id)
        draft->section.transport_cc_id = session->section.transport_cc_id;
    if (!draft->section.mid_id)
        draft->section.mid_id = session->section.mid_id;
    if (!*draft->ice_ufrag && !*draft->ice_pwd) {
        memcpy(draft->ice_ufrag, session->ice_ufrag, sizeof draft->ice_ufrag);
        memcpy(draft->ice_pwd, session->ice_pwd, sizeof draft->ice_pwd);
    }
    if (!draft->has_fingerprint) {
        draft->has_fingerprint = session->has_fingerprint;
        draft->fingerprint = session->fingerprint;
    }
    if (!draft->has_setup) {
        draft->has_setup = session->has_setup;
        draft->setup = session->setup;
    }
}

/* RFC 8843 §6: port 0 with a=bundle-only in an offer is not a rejection. A section without a codec
 * that we know is one. */
static bool settle_section(Reader *self, LecSdpDraft *draft, GError **error) {
    bool bundle_only = draft->bundle_only && self->type == LEC_SDP_OFFER;
    if (draft->section.kind == LEC_MEDIA_OTHER || (draft->port_zero && !bundle_only)) {
        reject(&draft->section);
        return true;
    }
    inherit(draft, self->session);
    if (!check_section(self, draft, error))
        return false;
    lec_sdp_draft_collect_codecs(draft);
    if (draft->section.n_codecs > 0)
        return true;
    if (self->type == LEC_SDP_ANSWER)
        return fail(error, LEC_SDP_ERROR_UNSUPPORTED,
                    "The answer takes a codec that we do not know.");
    reject(&draft->section);
    return true;
}

static bool check_mids(const Reader *self, GError **error) {
    for (guint i = 0; i < self->drafts->len; i++) {
        const LecSdpDraft *a = g_ptr_array_index(self->drafts, i);
        for (guint j = 0; j < i && *a->section.mid; j++) {
            const LecSdpDraft *b = g_ptr_array_index(self->drafts, j);
            if (strcmp(a->section.mid, b->section.mid) == 0)
                return fail(error, LEC_SDP_ERROR_SYNTAX, "Two sections have the same mid.");
        }
    }
    return true;
}

/* RFC 8843 §9.1: in one bundle a payload type means one thing. */
static bool check_payload_types(const Reader *self, GError **error) {
    enum { IS_RTX = 0x80 };
    guint8 meaning[LEC_SDP_N_PAYLOADS] = {0};
    for (guint i = 0; i < self->drafts->len; i++) {
        const LecMediaSection *section =
            &((LecSdpDraft *)g_ptr_array_index(self->drafts, i))->section;
        for (guint j = 0; j < section->n_codecs; j++) {
            const LecCodecParams *codec = &section->codecs[j];
            guint8 mine = (guint8)codec->codec, rtx = (guint8)(mine | IS_RTX);
            guint8 *type = &meaning[codec->payload_type],
                   *rtx_type = &meaning[codec->rtx_payload_type];
            bool clash = (*type && *type != mine) ||
                         (codec->rtx_payload_type && *rtx_type && *rtx_type != rtx);
            if (clash)
                return fail(error, LEC_SDP_ERROR_SYNTAX, "A payload type has two meanings.");
            *type = mine;
            if (codec->rtx_payload_type)
                *rtx_type = rtx;
        }
    }
    return true;
}

/* RFC 8843 §7.2: the first accepted section of the group; its transport is everyone's. */
static LecSdpDraft *find_tagged(const Reader *self) {
    for (guint i = 0; self->bundle && self->bundle[i]; i++) {
        for (guint j = 0; j < self->drafts->len; j++) {
            LecSdpDraft *draft = g_ptr_array_index(self->drafts, j);
            if (!draft->section.rejected && strcmp(draft->section.mid, self->bundle[i]) == 0)
                return draft;
        }
    }
    return NULL;
}

static bool check_transport(const Reader *self, const LecSdpDraft *tagged, GError **error) {
    if (!tagged->has_fingerprint)
        return fail(error, LEC_SDP_ERROR_INSECURE, "There is no SHA-256 fingerprint.");
    if (!*tagged->ice_ufrag || !*tagged->ice_pwd)
        return fail(error, LEC_SDP_ERROR_SYNTAX, "There are no ICE credentials.");
    if (!tagged->has_setup)
        return fail(error, LEC_SDP_ERROR_SYNTAX, "There is no a=setup.");
    if (self->type == LEC_SDP_ANSWER && tagged->setup == LEC_SETUP_ACTPASS)
        return fail(error, LEC_SDP_ERROR_SYNTAX, "An answer must choose its a=setup.");
    for (guint i = 0; i < self->drafts->len; i++) {
        const LecSdpDraft *draft = g_ptr_array_index(self->drafts, i);
        if (draft->section.rejected)
            continue;
        if (draft->has_fingerprint &&
            !lec_fingerprint_equal(&draft->fingerprint, &tagged->fingerprint))
            return fail(error, LEC_SDP_ERROR_INSECURE, "Bundled sections differ in fingerprint.");
        if (draft->has_setup && draft->setup != tagged->setup)
            return fail(error, LEC_SDP_ERROR_SYNTAX, "Bundled sections differ in a=setup.");
    }
    return true;
}

static bool is_same_candidate(const LecCandidate *a, const LecCandidate *b) {
    return a->transport == b->transport && a->type == b->type && a->priority == b->priority &&
           a->port == b->port && strcmp(a->foundation, b->foundation) == 0 &&
           strcmp(a->address, b->address) == 0;
}

static bool has_candidate(const GArray *candidates, const LecCandidate *wanted) {
    for (guint i = 0; i < candidates->len; i++)
        if (is_same_candidate(&g_array_index(candidates, LecCandidate, i), wanted))
            return true;
    return false;
}

/* Sections of the same ICE credentials may repeat candidates; those of other credentials belong to
 * ports that are let go. */
static void collect_candidates(const Reader *self, const LecSdpDraft *tagged,
                               LecMediaParams *params) {
    for (guint i = 0; i < self->drafts->len; i++) {
        const LecSdpDraft *draft = g_ptr_array_index(self->drafts, i);
        if (draft->section.rejected || strcmp(draft->ice_ufrag, tagged->ice_ufrag) != 0)
            continue;
        for (guint j = 0; j < draft->candidates->len; j++) {
            const LecCandidate *candidate = &g_array_index(draft->candidates, LecCandidate, j);
            if (params->candidates->len < LEC_MEDIA_MAX_CANDIDATES &&
                !has_candidate(params->candidates, candidate))
                g_array_append_val(params->candidates, *candidate);
        }
    }
    params->end_of_candidates = tagged->end_of_candidates || self->session->end_of_candidates;
}

static LecMediaParams *make_params(const Reader *self, const LecSdpDraft *tagged) {
    LecMediaParams *params = lec_media_params_new();
    memcpy(params->ice_ufrag, tagged->ice_ufrag, sizeof params->ice_ufrag);
    memcpy(params->ice_pwd, tagged->ice_pwd, sizeof params->ice_pwd);
    params->fingerprint = tagged->fingerprint;
    params->setup = tagged->setup;
    params->n_sections = self->drafts->len;
    for (guint i = 0; i < self->drafts->len; i++) {
        const LecSdpDraft *draft = g_ptr_array_index(self->drafts, i);
        params->sections[i] = draft->section;
    }
    collect_candidates(self, tagged, params);
    return params;
}

static LecMediaParams *settle(Reader *self, GError **error) {
    for (guint i = 0; i < self->drafts->len; i++)
        if (!settle_section(self, g_ptr_array_index(self->drafts, i), error))
            return NULL;
    if (!check_mids(self, error) || !check_payload_types(self, error))
        return NULL;
    const LecSdpDraft *tagged = find_tagged(self);
    if (!tagged) {
        fail(error, LEC_SDP_ERROR_UNSUPPORTED,
             "The description has no audio or video that we know.");
        return NULL;
    }
    return check_transport(self, tagged, error) ? make_params(self, tagged) : NULL;
}

LecMediaParams *lec_sdp_parse(LecSdpType type, const char *text, gsize len, GError **error) {
    g_auto(Reader) reader = {
        .type = type,
        .session = lec_sdp_draft_new(),
        .drafts = g_ptr_array_new_with_free_func((GDestroyNotify)lec_sdp_draft_free),
    };
    if (!check_bytes(text, len, error) || !read_lines(&reader, text, len, error))
        return NULL;
    return settle(&reader, error);
}
