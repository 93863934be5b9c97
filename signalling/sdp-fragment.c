/* Reads candidates out of an SDP fragment, line by line. */
#include "signalling/sdp-fragment.h"

#include <string.h>

#include "signalling/sdp-internal.h"

static bool fail(GError **error, const char *what) {
    g_set_error(error, LEC_SDP_ERROR, LEC_SDP_ERROR_SYNTAX, "The SDP fragment %s.", what);
    return false;
}

static bool read_ufrag(LecSdpFragment *fragment, const char *value, GError **error) {
    if (!lec_sdp_is_ice_word(value, 4, sizeof fragment->ice_ufrag - 1))
        return fail(error, "has no proper ICE user name");
    if (*fragment->ice_ufrag != '\0' && strcmp(fragment->ice_ufrag, value) != 0)
        return fail(error, "has two ICE user names");
    g_strlcpy(fragment->ice_ufrag, value, sizeof fragment->ice_ufrag);
    return true;
}

static bool read_candidate(LecSdpFragment *fragment, const char *line, GError **error) {
    g_autoptr(GError) cause = NULL;
    LecCandidate candidate;
    if (!lec_sdp_parse_candidate(line, &candidate, &cause)) {
        if (g_error_matches(cause, LEC_SDP_ERROR, LEC_SDP_ERROR_UNSUPPORTED))
            return true;
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
    if (fragment->n_candidates < LEC_MEDIA_MAX_CANDIDATES)
        fragment->candidates[fragment->n_candidates++] = candidate;
    return true;
}

static bool read_line(LecSdpFragment *fragment, const char *line, GError **error) {
    const char *value;
    if (*line == '\0')
        return true;
    if (strlen(line) < 2 || line[1] != '=')
        return fail(error, "has a line that is none of SDP's");
    if ((value = lec_sdp_after(line, "a=ice-ufrag:")))
        return read_ufrag(fragment, value, error);
    if (lec_sdp_after(line, "a=candidate:"))
        return read_candidate(fragment, line + strlen("a="), error);
    if (strcmp(line, "a=end-of-candidates") == 0)
        fragment->end_of_candidates = true;
    return true;
}

bool lec_sdp_parse_fragment(const char *text, gsize len, LecSdpFragment *ret, GError **error) {
    if (len > LEC_SDP_FRAGMENT_MAX_BYTES || memchr(text, '\0', len) ||
        !g_utf8_validate(text, (gssize)len, NULL))
        return fail(error, "is too long, or no text");
    LecSdpFragment fragment = {0};
    g_autofree char *copy = g_strndup(text, len);
    g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        gsize end = strlen(lines[i]);
        if (end > 0 && lines[i][end - 1] == '\r')
            lines[i][end - 1] = '\0';
        if (!read_line(&fragment, lines[i], error))
            return false;
    }
    *ret = fragment;
    return true;
}
